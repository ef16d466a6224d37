import CRdkafka
import CSystem

extension Consumer {
    /// Asks the group something that librdkafka answers by itself, however long that takes.
    ///
    /// Such questions go to its main thread, and one that arrives at the end of a close is dropped there without an
    /// answer (seen with 2.0.2 to 2.16.0): who asks would wait for ever. So none is asked once a close ends the subscription,
    /// and none is under way when it begins. Who is told of the partitions that a close revokes may ask until it has answered: the
    /// close waits for that.
    ///
    /// - Parameters:
    ///   - beforeCloseOnly: not even by those, and not once a close is announced.
    ///   - thread: whom the question is asked for.
    func withOpenGroup<Answer>(
        beforeCloseOnly: Bool = false, for thread: pthread_t = pthread_self(), _ ask: () -> Answer
    ) throws(StreamsError) -> Answer {
        let answer: Answer? = closing.withLock { closing in
            switch closing {
            case .notYet: ask()
            case .announced: beforeCloseOnly ? nil : ask()
            case .leaving, .begun: beforeCloseOnly || !isRebalanceHeld(by: thread) ? nil : ask()
            }
        }
        guard let answer else { throw StreamsError(.state, reason: "the consumer is being closed") }
        return answer
    }

    /// The same, where the answer is an error code.
    func checkWithOpenGroup(
        beforeCloseOnly: Bool = false, for thread: pthread_t = pthread_self(), _ ask: () -> rd_kafka_resp_err_t
    ) throws(StreamsError) {
        let code = try withOpenGroup(beforeCloseOnly: beforeCloseOnly, for: thread, ask)
        if code == RD_KAFKA_RESP_ERR__UNKNOWN_GROUP && queue == nil {
            throw StreamsError(.unknownGroup, reason: "the consumer has no group: set \"group.id\"")
        }
        try check(code)
    }

    /// Waits until librdkafka's main thread has come to what it was asked so far: it takes that in order.
    ///
    /// Inside `withOpenGroup`, or while a rebalance waits for its answer.
    /// - Note: `rd_kafka_rebalance_protocol`.
    func waitForMainThread() { _ = rd_kafka_rebalance_protocol(handle) }

    /// Ends the subscription before the group ends.
    ///
    /// One that was made during a rebalance waits in librdkafka for the end of that rebalance. A close does not drop it:
    /// it comes into force while the group ends, and librdkafka aborts (`rd_kafka_cgrp_destroy_final`, 2.0.2 to 2.16.1).
    /// - Note: `rd_kafka_unsubscribe`, which does what a close does first where nothing waits.
    func dropSubscription() {
        _ = rd_kafka_unsubscribe(handle)
        if Librdkafka.isAtLeast(2, 3) || group.withLock({ $0.hasBeenAssigned }) { return }
        // From here on no answer of the group's makes it cooperative.
        let isCooperative = isCooperative
        group.withLock { $0.cannotBeFreed = isCooperative }
    }

    /// Announces a close: from now on nothing is subscribed to, and the application is told of neither statistics nor throttling.
    ///
    /// - Parameter milliseconds: how long the close may take; negative for ever.
    public func announceClose(milliseconds: Int32) {
        closing.withLock { if $0 == .notYet { $0 = .announced } }
        beginEnding(milliseconds: milliseconds)
    }

    /// Ends the subscription, and tells the application of the rebalances that the group waits with.
    ///
    /// A close begins when its group waits for nothing but what the end of the subscription takes away. librdkafka does not
    /// wait for the answer to a rebalance that was handed over before (2.0.2 to 2.16.1): the partitions were gone before the
    /// application is told, what it asks then might never be answered, and a cooperative member might not come to its end
    /// at all (before 2.4.0, its issue 4527). Nor does it wait where another thread is told of one just now.
    ///
    /// - Returns: whether the close may begin.
    /// - Note: `rd_kafka_unsubscribe`, `rd_kafka_queue_poll`.
    public func settleGroup(milliseconds: Int32) -> Bool {
        guard let queue else { return true }
        if isRebalanceHeldElsewhere {
            usleep(UInt32(max(0, min(milliseconds, 5))) * 1000)
            return false
        }
        closing.withLock { closing in
            if closing != .leaving && closing != .begun { noteStrayJoin() }
            if closing != .begun { closing = .leaving }
            dropSubscription()
        }
        // What was handed over before the subscription has ended is in the queue by now, unless another thread has taken it.
        // Not all that is fetched meanwhile.
        var hasTold = false
        var left = queue.count
        while left > 0 {
            guard let event = queue.poll(milliseconds: 0) else {
                // A callback of librdkafka's own, for throttling, ends its look at the queue.
                if queue.count == 0 { break }
                left -= 1
                continue
            }
            if rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE { hasTold = true }
            if !informs(event) { left -= 1 }
            context.dispatch(event, of: handle)
            if isAbandoned { return true }
            rd_kafka_event_destroy(event)
        }
        return !hasTold && !isRebalanceHeldElsewhere
    }

    /// Begins to close: commits stored offsets unless `enable.auto.commit` is false, and leaves the group.
    ///
    /// - Returns: false where there is nothing to wait for.
    /// - Note: `rd_kafka_consumer_close_queue`.
    public func beginClose() throws(StreamsError) -> Bool {
        guard queue != nil else { return false }
        let own = EventQueue(of: handle)
        closeQueue.withLock { $0 = own }
        try closing.withLock { closing throws(StreamsError) in
            if closing != .leaving && closing != .begun { noteStrayJoin() }
            if closing != .begun { dropSubscription() }
            try check(rd_kafka_consumer_close_queue(handle, own.raw))
            closing = .begun
        }
        return true
    }

    /// Serves the last events of a close. - Returns: whether the consumer is closed.
    ///
    /// As events, not through librdkafka's callbacks: messages that were fetched and not asked for are in the same
    /// queue, and only a message that is taken from an event counts as consumed.
    /// - Note: `rd_kafka_queue_poll`, `rd_kafka_consumer_closed`.
    public func serveClose(milliseconds: Int32) -> Bool {
        guard let queue = closeQueue.withLock({ $0 }) else { return true }
        guard var event = nextEvent(of: queue, milliseconds: milliseconds) else { return isClosed }
        // What the group has told until its end is there by now; other events may go on coming.
        let wasClosed = isClosed
        var left = queue.count
        while true {
            context.dispatch(event, of: handle)
            if isAbandoned { return false }
            rd_kafka_event_destroy(event)
            guard left > 0, let next = queue.poll(milliseconds: 0) else { return wasClosed }
            event = next
            if !informs(event) { left -= 1 }
        }
    }

    /// Whether an event is one of those that come before all others, however long these have waited.
    ///
    /// So a look at the queue that has counted what is there does not count them: those that have come since would be in the place
    /// of what it looks for. It comes to its end, since they are dropped quicker than they are made (`beginEnding`).
    func informs(_ event: OpaquePointer) -> Bool {
        let type = rd_kafka_event_type(event)
        return type == RD_KAFKA_EVENT_STATS || type == RD_KAFKA_EVENT_LOG
    }

    /// Whether the group has come to its end: what it was asked before is answered, what it is asked from now on fails.
    ///
    /// - Note: `rd_kafka_consumer_closed`.
    var isClosed: Bool { rd_kafka_consumer_closed(handle) != 0 }

    /// Waits for an event of a commit or a close, until the group has come to its end at most.
    ///
    /// librdkafka's main thread looks whether the group's coordinator is there when it has anything else to do, and
    /// otherwise once a second: it gets something to do after 1, 2, 4 and so on milliseconds.
    /// - Note: `rd_kafka_queue_poll`.
    func nextEvent(of queue: EventQueue, milliseconds: Int32) -> OpaquePointer? {
        var left = milliseconds
        var step: Int32 = 1
        while true {
            if let event = queue.poll(milliseconds: min(step, left)) { return event }
            // An answer may have come between the two; none comes after.
            if isClosed { return queue.poll(milliseconds: 0) }
            left -= step
            if left <= 0 { return nil }
            step = min(2 * step, Deadline.slice)
            wakeMainThread()
        }
    }

    /// Asks after the committed offsets of no partitions, with no time to wait.
    ///
    /// - Note: `rd_kafka_committed`, which since it came (0.9.0) puts its question into the main thread's queue before it
    ///   looks at the time. For no partitions nothing is sent, and unlike the questions of `withOpenGroup` it waits for
    ///   nothing.
    private func wakeMainThread() {
        let none = rd_kafka_topic_partition_list_new(0)
        _ = rd_kafka_committed(handle, none, 0)
        rd_kafka_topic_partition_list_destroy(none)
    }
}
