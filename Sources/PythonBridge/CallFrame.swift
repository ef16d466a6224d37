import CPython

/// A call of a C library that may call back into Python, on the stack of the thread that makes it.
///
/// A C callback needs to know three things that the library cannot tell it: whether its thread has released the GIL on
/// the way in, which Python call an exception should come out of, and which clients' calls it is inside. The frames of
/// a thread form a list through `previous`; the innermost is found by `current`.
public struct CallFrame {
    /// The client that the call belongs to.
    public let context: UnsafeMutableRawPointer?
    /// Set while the thread has released the GIL for this call.
    public var detachedState: OpaquePointer?
    /// The first exception that a callback raised during this call, owned; see `takeException`.
    public internal(set) var exception: Object?
    /// `exception` says that the process was forked inside a callback of this call, and this is the child.
    var isAbandoned = false
    /// The library's function must not be stopped half-way: it would lose what it has in hand.
    public var mustNotYield = false
    /// See `drop`.
    @usableFromInline var dropped: UnsafeMutablePointer<[Object]>?
    /// How many callbacks of this call are running, with all that may run Python beside them: what the library's call
    /// lets go of may have a finalizer.
    public var callbackDepth: Int32 = 0
    @usableFromInline var previous: UnsafeMutablePointer<CallFrame>?

    @usableFromInline
    init(context: UnsafeMutableRawPointer?, previous: UnsafeMutablePointer<CallFrame>?) {
        self.context = context
        self.previous = previous
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

    /// Makes a frame, runs `body` with it, and takes the frame off again.
    @inlinable @inline(__always)
    public static func with<Result>(
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
    /// meanwhile, and run no callbacks any more.
    public static func abandonAll(raising note: Object) {
        var frame = current
        while let here = frame {
            if here.pointee.exception == nil {
                here.pointee.exception = note.retained
                here.pointee.isAbandoned = true
            }
            frame = here.pointee.previous
        }
        slot.pointee = nil
    }

    /// Whether this thread is inside a callback of a call on `context`.
    public static func isInsideCallback(of context: UnsafeMutableRawPointer) -> Bool {
        var frame = current
        while let here = frame {
            if here.pointee.context == context && here.pointee.callbackDepth > 0 { return true }
            frame = here.pointee.previous
        }
        return false
    }

    /// From a callback: takes the GIL where the call had released it, and keeps it until the call returns.
    ///
    /// For libraries' functions that return soon after their callbacks; see `detachAgain` for the others.
    @inlinable @inline(__always)
    public mutating func attach() {
        if let state = detachedState {
            Interpreter.reattachFromCallback(state)
            detachedState = nil
        }
    }

    /// From a callback: releases the GIL again, so that a function that goes on waiting does not hold it.
    public mutating func detachAgain() {
        detachedState = PyEval_SaveThread()
    }

    /// Lets go of what `drop` was given. Called with the GIL.
    @inlinable @inline(__always)
    mutating func releaseDropped() {
        if dropped != nil { releaseAllDropped() }
    }

    @usableFromInline @inline(never)
    mutating func releaseAllDropped() {
        guard let list = dropped else { return }
        dropped = nil
        for object in list.pointee { object.release() }
        list.deinitialize(count: 1)
        list.deallocate()
    }

    /// Notes the pending exception: the first comes out of the Python call, a later one goes to `sys.unraisablehook`.
    public mutating func record(_ python: borrowing Python, from callable: Object?) {
        if exception == nil || isAbandoned {
            // What says that the process is another one is of less interest; it is kept alive elsewhere.
            if let note = exception { note.release() }
            isAbandoned = false
            exception = PendingException(fetching: python).instance(python).take()
        } else {
            python.reportUnraisable(callable)
        }
    }

    /// Raises what `record` noted.
    @inlinable @inline(__always)
    public mutating func raiseRecorded(_ python: borrowing Python) throws(PythonError) {
        if exception != nil { throw restoreRecorded(python) }
    }

    @inline(never)
    public mutating func restoreRecorded(_ python: borrowing Python) -> PythonError {
        takeException(python)?.restored(python) ?? PythonError()
    }

    /// What `record` noted, for the caller to raise or report; nil where it noted nothing.
    public mutating func takeException(_ python: borrowing Python) -> PendingException? {
        guard let instance = exception else { return nil }
        exception = nil
        return PendingException(OwnedObject(owning: instance), python)
    }
}

extension UnsafeMutablePointer where Pointee == CallFrame {
    /// From a callback that has nothing to do with Python but to let go of an object: at once where the thread has the
    /// GIL, otherwise as soon as the call takes it back. To take it for that would stop every other thread.
    ///
    /// Through the address: the object's finalizer may look at the frame.
    public func drop(_ object: Object) {
        guard pointee.detachedState != nil else {
            pointee.callbackDepth &+= 1
            object.release()
            pointee.callbackDepth &-= 1
            return
        }
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
