import CPython
import PythonBridge
import Streams

/// Serving events.
let producerServeMethods: [Method] = [
    .fast(
        "poll", producerPoll,
        """
        poll($self, /, timeout=None)
        --

        Serves events: runs the callbacks of messages that were delivered or failed, and those of the configuration.

        :param float timeout: seconds to wait for events at the most; None or a negative number waits for the first one
        :returns: how many events were served (``rd_kafka_poll``); one event may hold many reports
        :rtype: int
        :raises RuntimeError: the producer is closed

        What a callback raises comes out of this call.
        """),
    .fast(
        "flush", producerFlush,
        """
        flush($self, /, timeout=None)
        --

        Waits until all messages are delivered or have failed, and runs their callbacks; ``linger.ms`` does not hold.

        :param float timeout: seconds to wait at the most; None or a negative number waits for all
        :returns: how many messages are left; with ``streams.compatibility`` set to ``kafka`` events that wait count too, as
            they do in ``len()``
        :rtype: int
        :raises RuntimeError: the producer is closed, or the call is made without a timeout inside one of its own
            callbacks, where it could not end

        ``rd_kafka_flush``. What a callback raises comes out of this call.
        """),
]

nonisolated(unsafe) private let pollSignature = Signature("poll", ["timeout"])

@_cdecl("mapr_Producer_poll")
func producerPoll(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = producerFields(object)
        let call = try fields.open(&python) { python throws(PythonError) in
            let timeout = try timeoutArgument(python, pollSignature, arguments, count, keywords)
            return try fields.base.milliseconds(python, timeout)
        }
        fields.base.enter()
        let outcome = fields.serve(&python, call.client, call.arguments)
        fields.leave(&python)
        return try OwnedObject(PyLong_FromLong(outcome.get(python))).take()
    }
}

/// The one argument of `poll` and its kin.
@inline(__always)
func timeoutArgument(
    _ python: borrowing Python, _ signature: @autoclosure () -> Signature, _ arguments: UnsafePointer<Object?>?,
    _ count: Int, _ keywords: Object?
) throws(PythonError) -> Object? {
    if keywords == nil && count <= 1 { return count == 1 ? arguments.unsafelyUnwrapped[0] : nil }
    return try withSlots(1) { slots throws(PythonError) in
        try signature().parse(python, arguments, count, keywords, into: slots)
        return slots[0]
    }
}

extension UnsafeMutablePointer where Pointee == ProducerFields {
    /// Serves events, waiting for the first one. - Returns: how many.
    @inline(__always)
    func serve(_ python: inout Python, _ producer: Unmanaged<Producer>, _ milliseconds: Int32) -> Outcome<Int> {
        CallFrame.outcome(of: UnsafeMutableRawPointer(self)) { frame in
            var served = 0
            if producer.use({ $0.hasRejected }) { served = serveRejected(producer, frame) }
            if frame.pointee.exception == nil {
                served &+= Int(producer.use { $0.poll(milliseconds: 0, leftAt: frame.place) })
            }
            if served == 0 && milliseconds != 0 && frame.pointee.exception == nil {
                served = wait(&python, producer, frame, milliseconds)
            }
            return served
        }
    }

    @inline(never)
    private func serveRejected(_ producer: Unmanaged<Producer>, _ frame: UnsafeMutablePointer<CallFrame>) -> Int {
        var served = 0
        // Those that the callbacks add are for the next call.
        for _ in 0..<producer.use({ $0.undelivered }) {
            guard frame.pointee.exception == nil, producer.use({ $0.serveRejected() }) else { break }
            served += 1
        }
        return served
    }

    @inline(never)
    private func wait(
        _ python: inout Python, _ producer: Unmanaged<Producer>, _ frame: UnsafeMutablePointer<CallFrame>,
        _ milliseconds: Int32
    ) -> Int {
        var served = 0
        let isOver = { pointee.producer == nil || producer.use { $0.hasRejected } }
        _ = python.wait(frame, until: frame.deadline(milliseconds), unless: isOver) { slice in
            served = Int(producer.use { $0.poll(milliseconds: slice, leftAt: frame.place) })
            return served > 0
        }
        if served > 0 || frame.pointee.exception != nil || pointee.producer == nil { return served }
        return serveRejected(producer, frame)
    }
}

// MARK: flush

nonisolated(unsafe) private let flushSignature = Signature("flush", ["timeout"])

@_cdecl("mapr_Producer_flush")
func producerFlush(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = producerFields(object)
        let call = try fields.open(&python) { python throws(PythonError) in
            let timeout = try timeoutArgument(python, flushSignature, arguments, count, keywords)
            return try fields.base.milliseconds(python, timeout)
        }
        // Counted inside: the call that ends last on a closed producer frees it.
        let left = try fields.flush(&python, call.client, call.arguments)
        return try python.integer(left).take()
    }
}

extension UnsafeMutablePointer where Pointee == ProducerFields {
    /// Runs the handlers of signals; a handler may leave in the child of a fork, where nothing goes on.
    func checkSignals(_ python: borrowing Python) throws(PythonError) {
        try python.checkSignals()
        if base.pointee.state == .forked { throw base.notOpen(python, .producer) }
    }

    /// Waits until everything is delivered. - Returns: how many messages are left.
    func flush(
        _ python: inout Python, _ producer: Unmanaged<Producer>, _ milliseconds: Int32, isClosing: Bool = false
    ) throws(PythonError) -> Int {
        if milliseconds < 0 && CallFrame.isInsideCallback(of: UnsafeMutableRawPointer(self)) {
            throw python.error(
                .runtimeError,
                "flush() without a timeout cannot end inside a callback of the same Producer: the reports behind this one"
                    + " come after it; give a timeout")
        }
        base.enter()
        defer { leave(&python) }
        let client = UnsafeMutableRawPointer(self)
        return try CallbackWait.noting(for: client, isEndless: milliseconds < 0, inside: CallFrame.current) {
            isInCircle throws(PythonError) in
            try flush(&python, producer, milliseconds, isClosing: isClosing, isInCircle)
        }
    }

    private func flush(
        _ python: inout Python, _ producer: Unmanaged<Producer>, _ milliseconds: Int32, isClosing: Bool,
        _ isInCircle: () -> Bool
    ) throws(PythonError) -> Int {
        let deadline = Deadline(milliseconds: milliseconds)
        var standstill = Standstill()
        while true {
            // What is ready, and what was rejected.
            while true {
                let served = try serve(&python, producer, 0).get(python)
                // Events may come faster than they are served.
                if served == 0 || deadline.hasPassed || producer.use({ $0.undelivered }) == 0 { break }
                try checkSignals(python)
            }
            // librdkafka's flush waits for events too. Where they come faster than they are served it would not end without
            // a timeout; and a close asks for the messages alone.
            let left = producer.use { milliseconds < 0 || isClosing ? $0.undelivered : $0.outstanding }
            if left == 0 || (deadline.hasPassed && milliseconds >= 0) { return left }
            if standstill.lasts(left: left, isInCircle: isInCircle()) {
                if isClosing { return left }
                throw python.error(
                    .runtimeError,
                    "to wait for the messages without a timeout cannot end here: a callback of the Producer, on another"
                        + " thread, waits for the callback that it is called in; give a timeout")
            }
            // rd_kafka_flush goes on though a callback has taken the GIL.
            let slice = OneSlice(Swift.min(deadline.remaining, 10))
            try CallFrame.outcome(of: UnsafeMutableRawPointer(self)) { frame in
                _ = python.wait(frame, until: slice, unless: { false }) { slice in
                    _ = producer.use { $0.flush(milliseconds: slice, leftAt: frame.place) }
                    return false
                }
            }.get(python)
            // Another thread may have closed the producer.
            if pointee.producer == nil && !isClosing { return producer.use { $0.outstanding } }
        }
    }
}
