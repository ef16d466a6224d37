import CPython

/// Proof that this thread is attached to the interpreter: that it holds the GIL.
///
/// The token can be made in this file alone and cannot be copied or stored. A function that touches Python objects
/// takes it `borrowing`; one that detaches takes it `inout`, and with that the compiler rejects every use of Python
/// inside the detached body.
public struct Python: ~Copyable {
    @usableFromInline
    init() {}

    /// For the entry points that CPython itself calls with the GIL held: slots, methods and module functions.
    ///
    /// - Returns: what `body` returns, or `failure` where `body` threw, in which case the error indicator is set.
    @inlinable @inline(__always)
    public static func entered<Result>(
        failure: Result, _ body: (inout Python) throws(PythonError) -> Result
    ) -> Result {
        var python = Python()
        do throws(PythonError) {
            return try body(&python)
        } catch {
            return failure
        }
    }

    /// For C callbacks that cannot fail, in a thread that holds the GIL.
    @inlinable @inline(__always)
    public static func attached<Result>(_ body: (inout Python) -> Result) -> Result {
        assertAttached()
        var python = Python()
        return body(&python)
    }

    /// For threads that Python has not made. Attaches, runs `body`, detaches.
    ///
    /// The child of a fork that Python makes meanwhile, in `body` or as what the thread has kept for itself goes, has this
    /// thread alone, and ends with it: see `endChild`.
    ///
    /// - Returns: nil, without running `body`, where the interpreter is finalizing.
    /// - Note: `PyGILState_Ensure`.
    public static func attachingForeignThread<Result>(_ body: (inout Python) -> Result) -> Result? {
        if Interpreter.isFinalizing { return nil }
        var result: Result?
        withoutActuallyEscaping({
            let process = ProcessState.forks
            let state = PyGILState_Ensure()
            var python = Python()
            result = body(&python)
            python.endChild(of: nil, ifForkedSince: process)
            PyGILState_Release(state)
            // A finalizer of what the thread has kept for itself has forked: the child has no state of the interpreter's now.
            if ProcessState.forks != process { _exit(0) }
        }) { attached in
            // Where the thread is not to go on, it does not come back from here.
            withUnsafePointer(to: attached) { attached in
                cpy_call_on_foreign_thread(
                    { $0.unsafelyUnwrapped.assumingMemoryBound(to: (() -> Void).self).pointee() },
                    UnsafeMutableRawPointer(mutating: attached))
            }
        }
        return result
    }

    /// Releases the GIL, runs `body`, and takes the GIL again.
    ///
    /// `body` may run C callbacks that attach this thread again (`CallFrame.attach`); the frame says so, and is nil
    /// where the call runs none.
    /// - Note: `PyEval_SaveThread`, `PyEval_RestoreThread`.
    @inline(never)
    public mutating func detached<Result, Failure: Error>(
        _ frame: UnsafeMutablePointer<CallFrame>? = nil, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let state = PyEval_SaveThread()
        frame?.pointee.detachedState = state
        defer {
            if let frame {
                if let state = frame.pointee.detachedState {
                    Interpreter.reattach(state)
                    frame.pointee.detachedState = nil
                }
                frame.releaseDropped()
            } else {
                Interpreter.reattach(state)
            }
        }
        return try body()
    }

    /// Runs the handlers of the signals that have arrived.
    ///
    /// - Parameter frame: of the call that looks; the library's function is not running meanwhile.
    /// - Throws: where a handler raised, as the one for SIGINT does.
    /// - Note: `PyErr_CheckSignals`.
    public func checkSignals(_ frame: UnsafeMutablePointer<CallFrame>? = nil) throws(PythonError) {
        frame?.pointee.isOutsideLibrary = true
        defer { frame?.pointee.isOutsideLibrary = false }
        if PyErr_CheckSignals() != 0 { throw PythonError() }
    }
}

/// In debug builds, stops where the GIL is not held.
@inlinable @inline(__always)
public func assertAttached() {
    assert(PyGILState_Check() == 1, "a Python object was touched without the GIL")
}
