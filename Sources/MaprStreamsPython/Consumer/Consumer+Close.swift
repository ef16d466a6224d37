import CPython
import PythonBridge
import Streams

/// Ending.
let consumerCloseMethods: [Method] = [
    .none(
        "close", consumerClose,
        """
        close($self, /)
        --

        Commits stored offsets, unless ``enable.auto.commit`` is false, leaves the group, and ends the consumer.

        Runs the last rebalance and commit callbacks. Closing again does nothing; every other call after it raises
        RuntimeError. Inside a callback of the same consumer it takes effect when the callback has returned. While another
        thread is inside on_assign, on_revoke or on_lost, it waits for that to return, or to assign or unassign.

        What a callback raises comes out of this call. ``rd_kafka_consumer_close_queue``.
        """),
    .none(
        "__enter__", { object, _ in object.unsafelyUnwrapped.retained },
        "__enter__($self, /)\n--\n\nThe consumer itself."),
    .fast("__exit__", consumerExit, "__exit__($self, exc_type, exc_value, traceback, /)\n--\n\nCloses the consumer."),
]

@_cdecl("mapr_Consumer_close")
func consumerClose(_ object: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        guard let consumer = fields.pointee.consumer else {
            // Made by __new__ alone, closed before, or another process's: there is nothing to close.
            return python.none.take()
        }
        fields.pointee.consumer = nil
        fields.pointee.base.state = .closed
        if CallFrame.isInsideCallback(of: UnsafeMutableRawPointer(fields)) {
            // librdkafka waits for this callback: the call that runs it closes when it returns.
            fields.pointee.mustClose = true
            return python.none.take()
        }
        fields.base.enter()
        let succeeded = fields.closeProtocol(&python, consumer, ownUsers: 1)
        let pending = PendingException(fetching: python)
        fields.leave(&python, propagating: succeeded)
        if !succeeded { pending.restore(python) }
        let isPending = PendingException(fetching: python)
        fields.clearRebalanceCallbacks()
        let hasFailed = !isPending.isEmpty
        isPending.restore(python)
        guard !hasFailed else {
            fields.reportDelayed(python)
            throw PythonError()
        }
        try fields.raiseDelayed(python)
        return python.none.take()
    }
}

@_cdecl("mapr_Consumer_exit")
func consumerExit(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    consumerClose(object, nil)
}

extension UnsafeMutablePointer where Pointee == ConsumerFields {
    /// Drops those of the subscription.
    func clearRebalanceCallbacks() {
        address(of: &pointee.owned.onAssign).clear()
        address(of: &pointee.owned.onRevoke).clear()
        address(of: &pointee.owned.onLost).clear()
    }

    /// Tells librdkafka to close, if it must still be told, and destroys the handle. No call uses it any more.
    @inline(never)
    func finishClose(_ python: inout Python, propagating: Bool = false) {
        guard let client = base.pointee.client else { return }
        let pending = PendingException(fetching: python)
        let isPropagating = propagating && pending.isEmpty
        finishClose(&python, client, propagating: isPropagating)
        if !isPropagating { pending.restore(python) }
    }

    private func finishClose(_ python: inout Python, _ client: Unmanaged<Client>, propagating: Bool) {
        let consumer = Unmanaged<Consumer>.fromOpaque(client.toOpaque())
        if pointee.mustClose && !closeProtocol(&python, consumer, ownUsers: 0) && !propagating {
            python.reportUnraisable(object)
        }
        guard base.pointee.client != nil, base.pointee.users == 0 else { return }
        base.pointee.client = nil
        // librdkafka 2.0.2 does not end while one of its messages is held.
        materialiseAll(python)
        pointee.batch = nil
        pointee.hasPutOff = pointee.owned.delayed != nil
        // librdkafka's threads may take a session's time where an answer is outstanding, after Ctrl-C say: then they end by
        // themselves, in the background.
        let patience: Int32 = pointee.wasInterrupted ? 0 : Interpreter.isFinalizing ? 2000 : 10000
        if !python.destroy(client, waitingAtMost: patience) && !propagating { python.reportUnraisable(Types.consumer) }
    }

    /// Leaves the group, and serves the last callbacks.
    ///
    /// - Parameter ownUsers: for how many calls this thread is counted in `users`.
    /// - Returns: false where an exception is pending.
    func closeProtocol(_ python: inout Python, _ consumer: Unmanaged<Consumer>, ownUsers: Int32) -> Bool {
        pointee.mustClose = false
        pointee.isClosing = true
        base.enter()
        defer {
            pointee.isClosing = false
            base.pointee.users &-= 1
        }
        return CallFrame.with(context: UnsafeMutableRawPointer(self)) { frame in
            var isWaiting = true
            do throws(PythonError) {
                // What the last callbacks raise waits until the group is left.
                try letOthersLeave(&python, consumer, frame, besides: ownUsers &+ 1)
                _ = try python.wait(
                    frame, until: Deadline(milliseconds: -1), endsWhenRaised: false,
                    // No other thread comes to the end of its callback then.
                    unless: { Interpreter.isFinalizing && consumer.use { $0.isRebalanceHeldElsewhere } }
                ) { milliseconds in
                    consumer.use { $0.settleGroup(milliseconds: milliseconds) }
                }
                isWaiting = false
                let begun = try python.raisingDetached(prefix: "Failed to close consumer") { () throws(StreamsError) in
                    try consumer.use { consumer throws(StreamsError) in try consumer.beginClose() }
                }
                if begun {
                    isWaiting = true
                    _ = try python.wait(
                        frame, until: Deadline(milliseconds: -1), endsWhenRaised: false, unless: { false }
                    ) { milliseconds in
                        consumer.use { $0.serveClose(milliseconds: milliseconds) }
                    }
                    isWaiting = false
                }
                try frame.raiseRecorded(python)
                return true
            } catch {
                pointee.wasInterrupted = isWaiting
                frame.takeException(python)?.report(python, object)
                return false
            }
        }
    }

    /// Announces the close, and lets the calls of other threads end, which is soon: the consumer is a closed one for them.
    ///
    /// One of them may have a rebalance in its hands that nobody knows of yet, or a message that comes after some that the
    /// close drops. Who is in a callback may wait for this very close, so it is not waited for longer than a moment.
    private func letOthersLeave(
        _ python: inout Python, _ consumer: Unmanaged<Consumer>, _ frame: UnsafeMutablePointer<CallFrame>,
        besides own: Int32
    ) throws(PythonError) {
        let isAlone = {
            Interpreter.isFinalizing || Int(base.pointee.users &- own) <= consumer.use { $0.answeredRebalances }
        }
        var isAnnounced = false
        _ = try python.wait(frame, until: Deadline(milliseconds: 1000), endsWhenRaised: false, unless: isAlone) { _ in
            consumer.use { $0.announceClose() }
            if isAnnounced { usleep(1000) }
            isAnnounced = true
            return false
        }
    }
}
