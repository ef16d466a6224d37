import CPython

/// How long a call may wait: what calls the library has the clock.
public protocol WaitLimit {
    /// Milliseconds to wait before looking around again.
    var nextSlice: Int32 { get }
    var hasPassed: Bool { get }
    /// Milliseconds on the clock.
    var clock: Int64 { get }
}

/// How a wait has ended.
public enum WaitEnd {
    /// What was waited for is there.
    case arrived
    /// The time has passed, there is nothing to wait for any more, or a callback has raised.
    case over
    /// A signal's handler has raised; or the process is the child of a fork, which has no thread that it could wait for.
    case interrupted
}

extension Python {
    /// Waits in a call that the library calls back in. What is raised meanwhile is noted in the call's frame.
    ///
    /// - Parameters:
    ///   - endsWhenRaised: false for what goes on to its end though a callback raises.
    ///   - isOver: whether there is nothing to wait for any more, a client that another thread has closed above all.
    ///     Asked with the GIL, after what may have run Python and before the library is called again.
    ///   - attempt: waits for so many milliseconds, without the GIL. - Returns: whether what is waited for is there.
    public mutating func wait(
        _ frame: UnsafeMutablePointer<CallFrame>, until limit: some WaitLimit, endsWhenRaised: Bool = true,
        unless isOver: () -> Bool, _ attempt: (_ milliseconds: Int32) -> Bool
    ) -> WaitEnd {
        do throws(PythonError) {
            return try wait(in: frame, until: limit, endsWhenRaised: endsWhenRaised, unless: isOver, attempt)
        } catch {
            frame.recordLast(self, from: nil)
            return .interrupted
        }
    }

    /// Waits in a call that the library does not call back in.
    ///
    /// - Returns: whether what is waited for is there.
    /// - Throws: where the wait is interrupted.
    public mutating func wait(
        until limit: some WaitLimit, unless isOver: () -> Bool, _ attempt: (_ milliseconds: Int32) -> Bool
    ) throws(PythonError) -> Bool {
        try wait(in: nil, until: limit, endsWhenRaised: true, unless: isOver, attempt) == .arrived
    }

    /// The one loop of the calls that wait: the library waits for a slice of the time with the GIL released, then signals
    /// have their handlers run, and it is asked whether the wait still has a point.
    ///
    /// - Throws: what a signal's handler raised; in the child of a fork, unless the frame knows that too.
    private mutating func wait(
        in frame: UnsafeMutablePointer<CallFrame>?, until limit: some WaitLimit, endsWhenRaised: Bool,
        unless isOver: () -> Bool, _ attempt: (_ milliseconds: Int32) -> Bool
    ) throws(PythonError) -> WaitEnd {
        let process = ProcessState.forks
        while true {
            let slice = limit.nextSlice
            frame?.pointee.servesUntil = limit.clock &+ Int64(slice)
            let isThere = detached(frame) { () -> Bool in attempt(slice) }
            if isThere { return .arrived }
            if let frame, frame.pointee.exception != nil && endsWhenRaised { return .over }
            if ProcessState.forks == process { try checkSignals(frame) }
            if ProcessState.forks != process {
                if let frame, frame.pointee.exception != nil { return .interrupted }
                throw abandoned()
            }
            if limit.hasPassed || isOver() { return .over }
        }
    }

    private func abandoned() -> PythonError {
        error(.runtimeError, "this process was forked while the call was waiting: make a new client in the child")
    }
}
