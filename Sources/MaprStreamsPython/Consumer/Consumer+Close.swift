import CPython
import PythonBridge
import Streams

/// Ending.
let consumerCloseMethods: [Method] = [
    .fast(
        "close", consumerClose,
        """
        close($self, /, timeout=None)
        --

        Commits stored offsets, unless ``enable.auto.commit`` is false, leaves the group, and ends the consumer. Every other
        call after it raises RuntimeError; closing again does nothing.

        Runs the last rebalance and commit callbacks. Inside a callback of the same consumer it takes effect when the callback
        has returned. While another thread is inside on_assign, on_revoke or on_lost, it waits for that to return, or to
        assign or unassign. Where that waits for a callback that this call is made in, the close takes effect when the other
        thread's callback has returned.

        ``stats_cb`` and ``throttle_cb`` are not called any more: what waits for them is dropped. ``error_cb`` and a logger are
        called until that has taken a second in all, or ``timeout``.

        :param float timeout: seconds to wait for the brokers; what is left then is given up, and the consumer ends by itself, in
            the background: offsets may not be committed, and the group may not hear of it before ``session.timeout.ms``. None
            or a negative number waits for the end. What a callback does takes its own time.
        :returns: None, or, with a timeout of 0 or more, whether the offsets were answered for and the group was left; False
            inside a callback
        :rtype: bool or None

        What a callback raises comes out of this call. ``rd_kafka_consumer_close_queue``.
        """),
    .none(
        "__enter__", { object, _ in object.unsafelyUnwrapped.retained },
        "__enter__($self, /)\n--\n\nThe consumer itself."),
    .fast("__exit__", consumerExit, "__exit__($self, exc_type, exc_value, traceback, /)\n--\n\nCloses the consumer."),
]

nonisolated(unsafe) private let closeSignature = Signature("close", ["timeout"])

@_cdecl("mapr_Consumer_close")
func consumerClose(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        let timeout = try timeoutArgument(python, closeSignature, arguments, count, keywords)
        let milliseconds = try python.milliseconds(timeout)
        func result(_ python: borrowing Python, _ hasLeft: Bool) -> Object {
            (milliseconds < 0 ? python.none : python.boolean(hasLeft)).take()
        }
        guard let consumer = fields.pointee.consumer else {
            // Made by __new__ alone, closed before, or another process's: there is nothing to close. Or another call is about
            // it, whose end is not known yet.
            let isUnderWay = fields.pointee.mustClose || fields.pointee.isClosing
            return result(python, !fields.pointee.wasBrokenOff && !isUnderWay)
        }
        fields.pointee.consumer = nil
        fields.pointee.base.state = .closed
        fields.pointee.closesWithin = milliseconds
        if CallFrame.isInsideCallback(of: UnsafeMutableRawPointer(fields)) {
            // librdkafka waits for this callback: the call that runs it closes when it returns.
            fields.pointee.mustClose = true
            consumer.use { $0.beginEnding(milliseconds: milliseconds) }
            return result(python, false)
        }
        fields.base.enter()
        var raised = fields.closeProtocol(&python, consumer, ownUsers: 1)
        fields.base.pointee.users &-= 1
        if fields.base.pointee.users == 0 { raised.add(fields.finishClose(&python), python, object) }
        if !fields.pointee.mustClose { fields.clearRebalanceCallbacks() }
        raised.add(fields.takeDelayed(), python, Types.consumer)
        try raised.raise(python)
        return result(python, !fields.pointee.wasBrokenOff)
    }
}

@_cdecl("mapr_Consumer_exit")
func consumerExit(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    consumerClose(object, nil, 0, nil)
}

extension UnsafeMutablePointer where Pointee == ConsumerFields {
    /// Drops those of the subscription.
    func clearRebalanceCallbacks() {
        address(of: &pointee.owned.onAssign).clear()
        address(of: &pointee.owned.onRevoke).clear()
        address(of: &pointee.owned.onLost).clear()
    }

    /// Tells librdkafka to close, if it must still be told, and destroys the handle. No call uses it any more.
    ///
    /// - Returns: what was raised by that. The exception that is pending stays.
    @inline(never)
    func finishClose(_ python: inout Python) -> PendingException {
        guard let client = base.pointee.client else { return PendingException() }
        // The call that ends may be raising: callbacks must not find its exception pending.
        let pending = PendingException(fetching: python)
        let raised = finishClose(&python, client)
        pending.restore(python)
        return raised
    }

    private func finishClose(_ python: inout Python, _ client: Unmanaged<Client>) -> PendingException {
        let consumer = Unmanaged<Consumer>.fromOpaque(client.toOpaque())
        var raised = PendingException()
        if pointee.mustClose { raised.add(closeProtocol(&python, consumer, ownUsers: 0), python, Types.consumer) }
        guard base.pointee.client != nil, base.pointee.users == 0 else { return raised }
        base.pointee.client = nil
        // librdkafka 2.0.2 does not end while one of its messages is held.
        materialiseAll(python)
        pointee.batch = nil
        pointee.hasPutOff = pointee.notesBeginnings || pointee.owned.delayed != nil
        // librdkafka's threads may take a session's time where an answer is outstanding, after Ctrl-C say: then they end by
        // themselves, in the background.
        let patience: Int32 = pointee.wasBrokenOff ? 0 : 10000
        let most = Swift.min(patience, pointee.closesUntil.remaining)
        if !python.destroy(client, waitingAtMost: most) {
            raised.add(PendingException(fetching: python), python, Types.consumer)
        }
        return raised
    }

    /// Leaves the group, and serves the last callbacks.
    ///
    /// - Parameter ownUsers: for how many calls this thread is counted in `users`.
    /// - Returns: what was raised meanwhile.
    func closeProtocol(
        _ python: inout Python, _ consumer: Unmanaged<Consumer>, ownUsers: Int32
    ) -> PendingException {
        pointee.mustClose = false
        pointee.isClosing = true
        // A callback that has closed may have gone on for long.
        pointee.closesUntil = Deadline(milliseconds: pointee.closesWithin)
        base.enter()
        defer {
            pointee.isClosing = false
            base.pointee.users &-= 1
        }
        return CallFrame.outcome(of: UnsafeMutableRawPointer(self)) { frame in
            // What the last callbacks raise waits until the group is left.
            guard letOthersLeave(&python, consumer, frame, besides: ownUsers &+ 1) else { return }
            let isSettled = CallbackWait.noting(
                for: UnsafeMutableRawPointer(self), isEndless: pointee.closesWithin < 0, inside: frame.outer
            ) { isInCircle in
                wait(
                    &python, frame,
                    unless: {
                        guard consumer.use({ $0.isRebalanceHeldElsewhere }) else { return false }
                        pointee.mustClose = isInCircle()
                        // No other thread comes to the end of its callback then.
                        return pointee.mustClose || Interpreter.isFinalizing
                    }
                ) { milliseconds in
                    consumer.use { $0.settleGroup(milliseconds: milliseconds) }
                }
            }
            // The child of a fork has left a callback. Or the call that runs the callback closes when that returns.
            guard isSettled, base.pointee.state != .forked, !pointee.mustClose else { return }
            do throws(PythonError) {
                let isLeaving = try python.raisingDetached(prefix: "Failed to close consumer") {
                    () throws(StreamsError) in
                    try consumer.use { consumer throws(StreamsError) in try consumer.beginClose() }
                }
                guard isLeaving else { return }
            } catch {
                return frame.recordLast(python, from: object)
            }
            _ = wait(&python, frame, unless: { false }) { milliseconds in
                consumer.use { $0.serveClose(milliseconds: milliseconds) }
            }
        }.exception
    }

    /// Announces the close, and lets the calls of other threads end, which is soon: the consumer is a closed one for them.
    ///
    /// One of them may have a rebalance in its hands that nobody knows of yet, or a message that comes after some that the
    /// close drops. Who is in a callback may wait for this very close, so it is not waited for longer than a moment.
    /// - Returns: false where the wait was interrupted.
    private func letOthersLeave(
        _ python: inout Python, _ consumer: Unmanaged<Consumer>, _ frame: UnsafeMutablePointer<CallFrame>,
        besides own: Int32
    ) -> Bool {
        let isAlone = {
            Interpreter.isFinalizing || Int(base.pointee.users &- own) <= consumer.use { $0.answeredRebalances }
        }
        var isAnnounced = false
        let patience = Deadline(milliseconds: Swift.min(1000, pointee.closesUntil.remaining))
        return wait(&python, frame, until: patience, unless: isAlone) { _ in
            consumer.use { $0.announceClose(milliseconds: pointee.closesUntil.milliseconds) }
            if isAnnounced { usleep(1000) }
            isAnnounced = true
            return false
        }
    }

    /// Waits though a callback raises.
    ///
    /// - Parameter deadline: nil for that of the close.
    /// - Returns: false where the close is to be broken off: the wait was interrupted, or its time is over.
    private func wait(
        _ python: inout Python, _ frame: UnsafeMutablePointer<CallFrame>, until deadline: Deadline? = nil,
        unless isOver: () -> Bool, _ attempt: (_ milliseconds: Int32) -> Bool
    ) -> Bool {
        let limit = deadline ?? pointee.closesUntil
        let end = python.wait(frame, until: limit, endsWhenRaised: false, unless: isOver, attempt)
        let isTooLate = deadline == nil && end == .over && limit.hasPassed && !isOver()
        if end == .interrupted || isTooLate { pointee.wasBrokenOff = true }
        return end != .interrupted && !isTooLate
    }
}
