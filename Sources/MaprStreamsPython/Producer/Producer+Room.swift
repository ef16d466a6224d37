import CPython
import PythonBridge
import Streams

/// What waits for room in a full queue: `block=` of the calls that produce.
extension UnsafeMutablePointer where Pointee == ProducerFields {
    /// Until when a call waits; nil where it does not.
    ///
    /// - Throws: where the argument is none, or asks to wait for ever inside a callback of the same producer.
    func roomDeadline(
        _ python: borrowing Python, _ block: Object?, of function: StaticString
    ) throws(PythonError) -> Deadline? {
        guard let block, !block.isNone, block != cpy_false() else { return nil }
        if block == cpy_true() {
            if CallFrame.isInsideCallback(of: UnsafeMutableRawPointer(self)) {
                throw python.error(
                    .runtimeError,
                    "\(function)() with block=True may never end inside a callback of the same Producer: the reports behind"
                        + " this one come after it; give a number of seconds")
            }
            return Deadline(milliseconds: -1)
        }
        let seconds = PyFloat_AsDouble(block)
        if seconds == -1 && PyErr_Occurred() != nil {
            guard python.errorIs(.typeError) else { throw PythonError() }
            PyErr_Clear()
            throw python.error(
                .typeError, "block must be a number of seconds, True, False or None, not \(block.typeName)")
        }
        if seconds.isNaN { throw python.error(.valueError, "block must not be NaN") }
        if seconds < 0 {
            throw python.error(.valueError, "block must not be negative: True waits without an end")
        }
        if seconds == 0 { return nil }
        let milliseconds = (seconds * 1000).rounded(.up)
        return Deadline(milliseconds: milliseconds > Double(Int32.max) ? Int32.max : Int32(milliseconds))
    }

    /// Calls `attempt` until the queue has room for it, the time is over, or it fails for another reason; serves the
    /// producer meanwhile, as `poll` does.
    ///
    /// The caller has counted itself (`base.enter`), so that the handle stays though another thread closes the producer.
    /// - Parameter size: of the value: what is more than the whole queue may hold is not waited for.
    /// - Returns: the last error, `_QUEUE_FULL` where the time is over.
    /// - Throws: what a callback or a signal's handler raised, or where the producer was closed meanwhile.
    func waitingForRoom(
        _ python: inout Python, _ producer: Unmanaged<Producer>, until deadline: Deadline, size: Int,
        _ attempt: () throws(StreamsError) -> Void
    ) throws(PythonError) -> StreamsError? {
        let client = UnsafeMutableRawPointer(self)
        return try CallbackWait.noting(for: client, isEndless: deadline.milliseconds < 0, inside: CallFrame.current) {
            isInCircle throws(PythonError) in
            try waitingForRoom(&python, producer, until: deadline, size: size, unless: isInCircle, attempt)
        }
    }

    private func waitingForRoom(
        _ python: inout Python, _ producer: Unmanaged<Producer>, until deadline: Deadline, size: Int,
        unless isInCircle: () -> Bool, _ attempt: () throws(StreamsError) -> Void
    ) throws(PythonError) -> StreamsError? {
        var isIdle = false
        var largest: Int?
        while true {
            do throws(StreamsError) {
                try attempt()
                return nil
            } catch {
                guard error.code == .queueFull else { return error }
                // Asked once, and by those alone that find no room.
                if largest == nil { largest = producer.use { $0.largestValue } }
                if let largest, size > largest { return producer.use { $0.neverFits(valueCount: size) } }
                if deadline.hasPassed { return error }
                if isIdle && isInCircle() {
                    throw python.error(
                        .runtimeError,
                        "block=True may never end here: a callback of the Producer, on another thread, waits for the callback"
                            + " that it is called in; give a number of seconds")
                }
            }
            isIdle = try serveForRoom(&python, producer, until: deadline, hurrying: isIdle) == 0
        }
    }

    /// One step of the wait: serves what is there, or waits for a moment. - Returns: how many events were served.
    private func serveForRoom(
        _ python: inout Python, _ producer: Unmanaged<Producer>, until deadline: Deadline, hurrying: Bool
    ) throws(PythonError) -> Int {
        // Another thread may be served the reports that make room, so it is looked for again soon.
        let slice = Swift.min(deadline.remaining, 10)
        let served = try serve(&python, producer, hurrying ? 0 : slice).get(python)
        if served == 0 && hurrying {
            // What waits for `linger.ms` goes now: nothing can be added to its batch.
            try CallFrame.outcome(of: UnsafeMutableRawPointer(self)) { frame in
                _ = python.wait(frame, until: OneSlice(slice), unless: { false }) { slice in
                    _ = producer.use { $0.flush(milliseconds: slice, leftAt: frame.place) }
                    return false
                }
            }.get(python)
        }
        try checkSignals(python)
        _ = try open(python)
        return served
    }
}
