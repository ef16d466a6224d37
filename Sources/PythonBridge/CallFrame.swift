import CPython

/// A call of a C library that may call back into Python, on the stack of the thread that makes it.
///
/// A C callback needs to know three things that the library cannot tell it: whether its thread has released the GIL on
/// the way in, which Python call an exception should come out of, and which clients' calls it is inside. The frames of
/// a thread form a list through `previous`; the innermost is found by `current`.
public struct CallFrame {
    /// The client that the call belongs to.
    public let context: UnsafeMutableRawPointer?
    /// The call that this one is made in.
    @usableFromInline var previous: UnsafeMutablePointer<CallFrame>?
    // From here on all is zero in a new frame, and stands together: a few stores for every call.
    /// Set while the thread has released the GIL for this call.
    public var detachedState: OpaquePointer?
    /// The first exception that was raised during this call, owned; `Outcome` takes it.
    public internal(set) var exception: Object?
    /// See `drop`.
    @usableFromInline var dropped: UnsafeMutablePointer<[Object]>?
    @usableFromInline var marks: Marks = []
    /// When the library's function is to return though more callbacks wait, on the clock of the limits of waits; 0 before the
    /// first callback for an event, unless the call waits.
    public var servesUntil: Int64 = 0
    /// Where a callback leaves the library's function in the child of a fork; the library's side sets it.
    public var place: UnsafeMutableRawPointer?

    @usableFromInline
    struct Marks: OptionSet, Sendable {
        @usableFromInline let rawValue: UInt
        @usableFromInline init(rawValue: UInt) { self.rawValue = rawValue }

        static let abandoned = Self(rawValue: 1)
        static let mustNotYield = Self(rawValue: 2)
        static let outsideLibrary = Self(rawValue: 4)
        @usableFromInline static let inherited = Self(rawValue: 8)
        @usableFromInline static let goesOn = Self(rawValue: 16)
        static let onLibrarysThread = Self(rawValue: 32)
        @usableFromInline static let unusualEnd = Self(rawValue: 8 | 16)
    }

    @usableFromInline
    init(context: UnsafeMutableRawPointer?, previous: UnsafeMutablePointer<CallFrame>?) {
        self.context = context
        self.previous = previous
    }

    /// `exception` says that the process was forked inside a callback of this call, and this is the child.
    var isAbandoned: Bool {
        get { marks.contains(.abandoned) }
        set { mark(.abandoned, newValue) }
    }

    /// The process was forked inside a callback of this call, and this is the child: no callback returns into the library.
    @inlinable @inline(__always)
    public var isInherited: Bool { marks.contains(.inherited) }

    /// The library's function goes on waiting after its callbacks: each of them is to release the GIL that it has taken.
    public var goesOn: Bool {
        get { marks.contains(.goesOn) }
        set { mark(.goesOn, newValue) }
    }

    /// Whether a callback has something to see to when it ends: one question for `isInherited` and `goesOn`.
    @inlinable @inline(__always)
    public var hasUnusualEnd: Bool { !marks.isDisjoint(with: .unusualEnd) }

    /// The library's function must not be stopped half-way: it would lose what it has in hand.
    public var mustNotYield: Bool {
        get { marks.contains(.mustNotYield) }
        set { mark(.mustNotYield, newValue) }
    }

    /// The library's function is not running, and what runs Python now, a signal's handler, may use the client at will.
    ///
    /// Otherwise all that runs Python while the frame is on the stack counts as a callback, finalizers included: to
    /// mark the exception costs callbacks nothing, and forgets none.
    public var isOutsideLibrary: Bool {
        get { marks.contains(.outsideLibrary) }
        set { mark(.outsideLibrary, newValue) }
    }

    /// The thread is the library's own, and all that Python runs there is inside this frame.
    public var isOnLibrarysThread: Bool {
        get { marks.contains(.onLibrarysThread) }
        set { mark(.onLibrarysThread, newValue) }
    }

    private mutating func mark(_ mark: Marks, _ isSet: Bool) {
        if isSet { marks.insert(mark) } else { marks.remove(mark) }
    }

    /// Where this thread's innermost frame is kept.
    ///
    /// Never inlined: the word would be another one in every module (`cpy_thread_word`).
    @usableFromInline @inline(never)
    static var slot: UnsafeMutablePointer<UnsafeMutablePointer<CallFrame>?> {
        UnsafeMutableRawPointer(cpy_thread_word()!).assumingMemoryBound(to: UnsafeMutablePointer<CallFrame>?.self)
    }

    /// This thread's innermost frame.
    @inlinable @inline(__always)
    public static var current: UnsafeMutablePointer<CallFrame>? { slot.pointee }

    /// Makes a frame, runs `body` with it, and takes the frame off again; see `outcome`.
    @inlinable @inline(__always)
    static func with<Result>(
        context: UnsafeMutableRawPointer?, _ body: (UnsafeMutablePointer<CallFrame>) -> Result
    ) -> Result {
        let slot = slot
        let previous = slot.pointee
        var frame = CallFrame(context: context, previous: previous)
        return withUnsafeMutablePointer(to: &frame) { pointer in
            slot.pointee = pointer
            let result = body(pointer)
            slot.pointee = previous
            return result
        }
    }

    /// In the child of a fork: the calls that this thread is in raise `note` when they return, unless a callback raises
    /// meanwhile, and are left by the callbacks that they run.
    public static func abandonAll(raising note: Object) {
        ProcessState.forks += 1
        FieldTable.forgetOtherThreads()
        var frame = current
        while let here = frame {
            here.pointee.marks.insert(.inherited)
            if here.pointee.exception == nil {
                here.pointee.exception = note.retained
                here.pointee.isAbandoned = true
            }
            frame = here.pointee.previous
        }
    }

    /// Whether this thread is the library's own, which whoever ends a client may wait for: so it waits for no such end itself.
    public static var isThreadTheLibrarys: Bool {
        var frame = current
        while let here = frame {
            if here.pointee.isOnLibrarysThread { return true }
            frame = here.pointee.previous
        }
        return false
    }

    /// Whether this thread is inside a call on `context`: in one of its callbacks, or in a finalizer that it runs.
    public static func isInsideCallback(of context: UnsafeMutableRawPointer) -> Bool {
        isInsideCallback(of: context, from: current)
    }

    /// The same for the thread whose innermost frame is given. What it does meanwhile must not take that frame off.
    public static func isInsideCallback(
        of context: UnsafeMutableRawPointer, from innermost: UnsafeMutablePointer<CallFrame>?
    ) -> Bool {
        var frame = innermost
        while let here = frame {
            if here.pointee.context == context && !here.pointee.isOutsideLibrary { return true }
            frame = here.pointee.previous
        }
        return false
    }
}

/// What changes a frame. Through its address: whatever they let go of may have a finalizer that looks at the frame.
extension UnsafeMutablePointer where Pointee == CallFrame {
    /// For the library's functions that a callback may leave.
    @inlinable @inline(__always)
    public var place: UnsafeMutablePointer<UnsafeMutableRawPointer?> {
        withUnsafeMutablePointer(to: &pointee.place) { $0 }
    }

    /// The call that this one is made in.
    public var outer: UnsafeMutablePointer<CallFrame>? { pointee.previous }

    /// From a callback: takes the GIL where the call had released it, and keeps it until the call returns.
    ///
    /// For libraries' functions that return soon after their callbacks; see `detachAgain` for the others.
    @inlinable @inline(__always)
    public func attach() {
        if let state = pointee.detachedState {
            Interpreter.reattachFromCallback(state)
            pointee.detachedState = nil
        }
    }

    /// From a callback: releases the GIL again, so that a function that goes on waiting does not hold it.
    public func detachAgain() {
        pointee.detachedState = PyEval_SaveThread()
    }

    /// Lets go of what `drop` was given. Called with the GIL.
    @inlinable @inline(__always)
    func releaseDropped() {
        if pointee.dropped != nil { releaseAllDropped() }
    }

    @usableFromInline @inline(never)
    func releaseAllDropped() {
        guard let list = pointee.dropped else { return }
        pointee.dropped = nil
        for object in list.pointee { object.release() }
        list.deinitialize(count: 1)
        list.deallocate()
    }

    /// Notes the pending exception: the first comes out of the Python call, a later one goes to `sys.unraisablehook`.
    @inline(never)
    public func record(_ python: borrowing Python, from callable: Object?) {
        if pointee.exception == nil || pointee.isAbandoned {
            // What says that the process is another one is of less interest; it is kept alive elsewhere.
            recordFirst(python)
        } else {
            python.reportUnraisable(callable)
        }
    }

    /// The same for an exception that ends the call: it is the one that comes out, and what was noted before is reported.
    @inline(never)
    public func recordLast(_ python: borrowing Python, from callable: Object?) {
        let last = PendingException(fetching: python)
        if let before = pointee.exception, !pointee.isAbandoned {
            pointee.exception = nil
            PendingException(owning: before).report(python, callable)
        }
        last.restore(python)
        recordFirst(python)
    }

    private func recordFirst(_ python: borrowing Python) {
        let before = pointee.exception
        pointee.isAbandoned = false
        pointee.exception = PendingException(fetching: python).take()
        before?.release()
    }

    /// From a callback that has nothing to do with Python but to let go of an object: at once where the thread has the
    /// GIL, otherwise as soon as the call takes it back. To take it for that would stop every other thread.
    public func drop(_ object: Object) {
        guard pointee.detachedState != nil else { return object.release() }
        if pointee.dropped == nil {
            pointee.dropped = .allocate(capacity: 1)
            pointee.dropped?.initialize(to: [])
        }
        pointee.dropped?.pointee.append(object)
    }
}

extension Interpreter {
    @usableFromInline
    static func reattachFromCallback(_ state: OpaquePointer) { reattach(state) }
}
