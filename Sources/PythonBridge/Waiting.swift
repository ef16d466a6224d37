import CPython

/// How long a call may wait: what calls the library has the clock.
public protocol WaitLimit {
    /// Milliseconds to wait before looking around again.
    var nextSlice: Int32 { get }
    var hasPassed: Bool { get }
}

extension Python {
    /// The one loop of the calls that wait: the library waits for a slice of the time with the GIL released, then signals
    /// have their handlers run, and it is asked whether the wait still has a point.
    ///
    /// - Parameters:
    ///   - frame: of the call, where the library may call back; what a callback raises ends the wait.
    ///   - endsWhenRaised: false for what goes on to its end, and raises then.
    ///   - isOver: whether there is nothing to wait for any more, a client that another thread has closed above all.
    ///     Asked with the GIL, after what may have run Python and before the library is called again.
    ///   - attempt: waits for so many milliseconds, without the GIL. - Returns: whether what is waited for is there.
    /// - Returns: false where the time has passed, it is over, or a callback has raised, which the frame knows.
    /// - Throws: what a signal's handler raised; in the child of a fork, which has no thread that it could wait for, unless
    ///   the frame knows that too.
    public mutating func wait(
        _ frame: UnsafeMutablePointer<CallFrame>? = nil, until limit: some WaitLimit, endsWhenRaised: Bool = true,
        unless isOver: () -> Bool, _ attempt: (_ milliseconds: Int32) -> Bool
    ) throws(PythonError) -> Bool {
        let process = CallFrame.forks
        while true {
            let isThere = detached(frame) { () -> Bool in attempt(limit.nextSlice) }
            if isThere { return true }
            if let frame, frame.pointee.exception != nil && endsWhenRaised { return false }
            if CallFrame.forks == process { try checkSignals(frame) }
            if CallFrame.forks != process {
                if let frame, frame.pointee.exception != nil { return false }
                throw abandoned()
            }
            if limit.hasPassed || isOver() { return false }
        }
    }

    private func abandoned() -> PythonError {
        error(.runtimeError, "this process was forked while the call was waiting: make a new client in the child")
    }
}
