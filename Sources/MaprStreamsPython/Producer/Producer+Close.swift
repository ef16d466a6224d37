import CPython
import CSystem
import PythonBridge
import Streams

/// Giving messages up, and ending.
let producerCloseMethods: [Method] = [
    .fast(
        "purge", producerPurge,
        """
        purge($self, /, in_queue=True, in_flight=True, blocking=True)
        --

        Gives up messages: their callbacks get _PURGE_QUEUE or _PURGE_INFLIGHT, from poll() or flush().

        :param bool in_queue: those that were not sent yet
        :param bool in_flight: those that were sent and not acknowledged; they may have arrived
        :param bool blocking: wait until librdkafka's threads have taken note
        :raises RuntimeError: the producer is closed

        ``rd_kafka_purge``.
        """),
    .fast(
        "close", producerClose,
        """
        close($self, /, timeout=None)
        --

        Flushes and ends the producer. Every other call after it raises RuntimeError; closing again does nothing.

        ``stats_cb`` and ``throttle_cb`` are not called any more: what waits for them is dropped. ``error_cb`` and a logger are
        called until that has taken a second in all, or ``timeout``.

        :param float timeout: seconds to wait for messages to be delivered; what is left then gets _PURGE_QUEUE or
            _PURGE_INFLIGHT
        :returns: whether every message was delivered or had failed by itself; beside another thread's close, when that is done,
            and inside of a callback at once. So it is where the reports are in the hands of a callback, on another thread, that
            waits for the callback that this call is made in
        :rtype: bool

        ``rd_kafka_flush``, ``rd_kafka_purge``, ``rd_kafka_destroy_flags``.
        """),
    .none(
        "__enter__", { object, _ in object.unsafelyUnwrapped.retained },
        "__enter__($self, /)\n--\n\nThe producer itself."),
    .fast("__exit__", producerExit, "__exit__($self, exc_type, exc_value, traceback, /)\n--\n\nCloses the producer."),
]

nonisolated(unsafe) private let purgeSignature = Signature("purge", ["in_queue", "in_flight", "blocking"])

@_cdecl("mapr_Producer_purge")
func producerPurge(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = producerFields(object)
        let call = try fields.open(&python) { python throws(PythonError) in
            try withSlots(3) { slots throws(PythonError) in
                try purgeSignature.parse(python, arguments, count, keywords, into: slots)
                return (
                    queued: try python.truth(slots[0], default: true),
                    inFlight: try python.truth(slots[1], default: true),
                    waiting: try python.truth(slots[2], default: true)
                )
            }
        }
        let (queued, inFlight, waiting) = call.arguments
        fields.base.enter()
        defer { fields.leave(&python) }
        try python.raisingDetached(prefix: "Failed to purge messages") { () throws(StreamsError) in
            try call.client.use { producer throws(StreamsError) in
                try producer.purge(queued: queued, inFlight: inFlight, waiting: waiting)
            }
        }
        return python.none.take()
    }
}

nonisolated(unsafe) private let closeSignature = Signature("close", ["timeout"])

@_cdecl("mapr_Producer_close")
func producerClose(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = producerFields(object)
        let timeout = try timeoutArgument(python, closeSignature, arguments, count, keywords)
        let milliseconds = try python.milliseconds(timeout)
        let deadline = Deadline(milliseconds: milliseconds)
        // Made by __new__ alone, closed before, or another process's: there is nothing to close. What another thread is
        // closing may come back into service where its flush is broken off. Who is inside of a callback, of whichever client, is
        // not let wait: the other thread may be inside of one that waits for this one. Nor is the handler of a signal that has
        // interrupted this very close.
        let here: pthread_t = pthread_self()
        while fields.pointee.producer == nil {
            guard let client = fields.pointee.base.client else {
                return python.boolean(!fields.pointee.hasLeftMessages).take()
            }
            let left = Unmanaged<Producer>.fromOpaque(client.toOpaque()).use { $0.undelivered }
            let isHere = fields.pointee.closer.map { pthread_equal($0, here) != 0 } ?? false
            if deadline.hasPassed || isHere || CallFrame.current != nil {
                return python.boolean(left == 0).take()
            }
            _ = try python.wait(until: OneSlice(Swift.min(deadline.nextSlice, 10)), unless: { false }) { slice in
                usleep(UInt32(slice) * 1000)
                return false
            }
        }
        let producer = fields.pointee.producer.unsafelyUnwrapped
        // From now on nobody adds messages, so that the flush comes to an end.
        fields.pointee.producer = nil
        fields.pointee.closer = here
        fields.pointee.base.state = .closed
        fields.base.enter()
        producer.use { $0.beginEnding(milliseconds: deadline.milliseconds) }
        var left = 0
        if milliseconds < 0 && CallFrame.isInsideCallback(of: UnsafeMutableRawPointer(fields)) {
            // The reports behind this one cannot come while the callback waits; the call that runs it destroys the
            // handle.
            left = producer.use { $0.undelivered }
        } else {
            do throws(PythonError) {
                let patience = milliseconds < 0 ? -1 : deadline.remaining
                left = try fields.flush(&python, producer, patience, isClosing: true)
            } catch {
                // A callback or a signal's handler raised: the producer is as it was, but not in the child of a fork.
                if fields.pointee.base.state == .closed {
                    fields.pointee.producer = producer
                    fields.pointee.base.state = .open
                    producer.use { $0.endNotYet() }
                }
                fields.base.pointee.users &-= 1
                throw error
            }
        }
        fields.pointee.hasLeftMessages = left > 0
        fields.base.pointee.users &-= 1
        if fields.base.pointee.users == 0 { try fields.destroy(&python).raise(python) }
        return python.boolean(left == 0).take()
    }
}

@_cdecl("mapr_Producer_exit")
func producerExit(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    guard let wasDelivered = producerClose(object, nil, 0, nil) else { return nil }
    // A true value would swallow the exception that ended the block.
    wasDelivered.release()
    return cpy_none().unsafelyUnwrapped.retained
}

extension UnsafeMutablePointer where Pointee == ProducerFields {
    /// Destroys a closed producer, once no call uses it any more.
    ///
    /// Messages that are left fail, and their callbacks are told: without it they would never be let go.
    /// - Returns: the exception of a signal's handler. The one that is pending stays.
    @inline(never)
    func destroy(_ python: inout Python) -> PendingException {
        guard let client = base.pointee.client else { return PendingException() }
        let producer = Unmanaged<Producer>.fromOpaque(client.toOpaque())
        // The call that ends may be raising: callbacks must not find its exception pending.
        let pending = PendingException(fetching: python)
        var raised = PendingException()
        purgeAndReport(&python, producer)
        if base.pointee.client != nil && base.pointee.users == 0 {
            base.pointee.client = nil
            if !python.destroy(client, waitingAtMost: -1) { raised = PendingException(fetching: python) }
        }
        pending.restore(python)
        return raised
    }

    private func purgeAndReport(_ python: inout Python, _ producer: Unmanaged<Producer>) {
        pointee.discardsReports = Interpreter.isFinalizing
        pointee.purged = 0
        base.enter()
        let deadline = Deadline(milliseconds: 2000)
        producer.use { producer in
            if producer.undelivered > 0 { try? producer.purge(waiting: false) }
            // In the child of a fork nothing is served any more.
            while base.pointee.state != .forked && producer.undelivered > 0 && !deadline.hasPassed {
                let outcome = CallFrame.outcome(of: UnsafeMutableRawPointer(self)) { frame in
                    while producer.hasRejected { _ = producer.serveRejected() }
                    return python.wait(frame, until: OneSlice(10), unless: { false }) { slice in
                        producer.poll(milliseconds: slice, leftAt: frame.place) > 0
                    }
                }
                let end = outcome.value
                outcome.exception.report(python, Types.producer)
                if end == .interrupted { return }
            }
        }
        base.pointee.users &-= 1
    }

    /// Ends a producer that the program has dropped: tells of messages that are lost, and lets their callbacks know.
    @inline(never)
    func giveUp(_ python: inout Python) {
        pointee.producer = nil
        base.pointee.state = .closed
        // Events that are not about a message have nobody to hear them any more.
        base.clearCallbacks(keepingReport: true)
        destroy(&python).report(python, Types.producer)
        UndeliveredMessages.noteDropped(pointee.purged)
        if pointee.purged > 0 && !Interpreter.isFinalizing {
            let words =
                "a Producer was dropped with \(pointee.purged) message\(pointee.purged == 1 ? "" : "s") undelivered:"
                + " call flush() before"
            if PyErr_WarnEx(cpy_exc_ResourceWarning(), words, 1) != 0 { python.reportUnraisable(nil) }
        }
    }
}
