import CRdkafka
import CSystem

/// A consumer, with or without a group.
public final class Consumer: Client, @unchecked Sendable {
    // Unchecked: what is not constant is guarded by the mutex.

    struct Telling {
        let thread: pthread_t
        /// The application assigned or unassigned while it was told: from then on nothing waits for it.
        var hasAnswered = false
    }

    struct Subscription: @unchecked Sendable {
        /// The application called `assign` outside a rebalance, and has not called `unassign` since.
        var isManual = false
        /// The rebalances that the application is being told of: one thread may poll while another closes, and a callback
        /// may poll into the next rebalance.
        var tellings: [Telling] = []

        /// This thread's innermost.
        func telling(by thread: pthread_t) -> Int? {
            tellings.lastIndex { pthread_equal($0.thread, thread) != 0 }
        }
    }

    /// A message that librdkafka lends until it is destroyed.
    public typealias RawMessage = UnsafeMutablePointer<rd_kafka_message_t>

    let subscription = Guarded(Subscription())
    /// The queue that messages and events of the group arrive in; nil without a group.
    @usableFromInline private(set) var queue: OpaquePointer?
    /// See `answer`.
    let isBeingClosed = Guarded(false)
    let closeQueue = Guarded<QueueBox?>(nil)
    /// See `consume`.
    @usableFromInline let batchesMovePositions: Bool

    struct QueueBox: @unchecked Sendable {
        let raw: OpaquePointer
    }

    public init(
        configuration: Configuration, events: ClientEvents, owner: UnsafeMutableRawPointer? = nil
    ) throws(StreamsError) {
        if configuration.dialect == .mapr {
            // Programs written for librdkafka before 1.0 end their loops on this event, which was on by default then.
            configuration.setDefault("enable.partition.eof", "true")
        }
        batchesMovePositions = Librdkafka.isAtLeast(2, 2) && !Librdkafka.isAtLeast(2, 13, 1)
        try super.init(consumer: true, configuration: configuration, events: events, owner: owner)
        rd_kafka_poll_set_consumer(handle)
        queue = rd_kafka_queue_get_consumer(handle)
        context.consumer = self
    }

    override func willDestroy() {
        if queue != nil && !isBeingClosed.withLock({ $0 }) { dropSubscription() }
        closeQueue.withLock { if let queue = $0 { rd_kafka_queue_destroy(queue.raw) } }
        if let queue { rd_kafka_queue_destroy(queue) }
    }

    // MARK: Messages

    /// The next message or event; callbacks run inside.
    ///
    /// - Returns: a message that the caller destroys with `destroy`, or nil.
    /// - Note: `rd_kafka_consumer_poll`.
    @inlinable @inline(__always)
    public func poll(milliseconds: Int32) -> RawMessage? { rd_kafka_consumer_poll(handle, milliseconds) }

    /// Up to `capacity` messages and events.
    ///
    /// librdkafka 2.2.0 to 2.13.0 move the stored position past events in a batch (its issue 4844): a commit would skip
    /// a message. With those the batch is put together message by message.
    /// - Returns: how many were put into `messages`.
    /// - Note: `rd_kafka_consume_batch_queue`.
    @inlinable
    public func consume(
        into messages: UnsafeMutablePointer<RawMessage?>, capacity: Int, milliseconds: Int32
    ) -> Int {
        guard let queue, !batchesMovePositions else {
            return consumeOneByOne(into: messages, capacity: capacity, milliseconds: milliseconds)
        }
        return max(0, rd_kafka_consume_batch_queue(queue, milliseconds, messages, capacity))
    }

    @usableFromInline
    func consumeOneByOne(
        into messages: UnsafeMutablePointer<RawMessage?>, capacity: Int, milliseconds: Int32
    ) -> Int {
        let deadline = Deadline(milliseconds: milliseconds)
        var count = 0
        while count < capacity {
            guard let message = rd_kafka_consumer_poll(handle, milliseconds == 0 ? 0 : deadline.remaining) else {
                break
            }
            messages[count] = message
            count += 1
        }
        return count
    }

    /// Gives a message back. - Note: `rd_kafka_message_destroy`.
    @inlinable @inline(__always)
    public static func destroy(_ message: RawMessage) { rd_kafka_message_destroy(message) }

    // MARK: Closing

    /// Asks something that librdkafka answers by itself, however long that takes.
    ///
    /// Such questions go to its main thread, and one that arrives at the end of a close is dropped there without an
    /// answer (seen with 2.0.2 to 2.16.0): who asks would wait for ever. So none is asked once a close has begun, and none
    /// is under way when it begins. Who is told of the partitions that a close revokes may ask until it has answered: the
    /// close waits for that.
    ///
    /// - Parameters:
    ///   - beforeCloseOnly: not even by those.
    ///   - thread: whom the question is asked for.
    func answer<Answer>(
        beforeCloseOnly: Bool = false, for thread: pthread_t = pthread_self(), _ ask: () -> Answer
    ) throws(StreamsError) -> Answer {
        let answer: Answer? = isBeingClosed.withLock { isBeingClosed in
            isBeingClosed && (beforeCloseOnly || !isRebalanceHeld(by: thread)) ? nil : ask()
        }
        guard let answer else { throw StreamsError(.state, reason: "the consumer is being closed") }
        return answer
    }

    /// The same, where the answer is an error code.
    func ask(
        beforeCloseOnly: Bool = false, for thread: pthread_t = pthread_self(), _ ask: () -> rd_kafka_resp_err_t
    ) throws(StreamsError) {
        try StreamsError.check(answer(beforeCloseOnly: beforeCloseOnly, for: thread, ask))
    }

    /// Ends the subscription before the group ends.
    ///
    /// One that was made during a rebalance waits in librdkafka for the end of that rebalance. A close does not drop it:
    /// it comes into force while the group ends, and librdkafka aborts (`rd_kafka_cgrp_destroy_final`, 2.0.2 to 2.16.1).
    /// - Note: `rd_kafka_unsubscribe`, which does what a close does first where nothing waits.
    private func dropSubscription() { _ = rd_kafka_unsubscribe(handle) }

    /// Begins to close: commits stored offsets unless `enable.auto.commit` is false, and leaves the group.
    ///
    /// - Returns: false where there is nothing to wait for.
    /// - Note: `rd_kafka_consumer_close_queue`.
    public func beginClose() throws(StreamsError) -> Bool {
        guard queue != nil else { return false }
        let own: OpaquePointer = rd_kafka_queue_new(handle)
        let box = QueueBox(raw: own)
        closeQueue.withLock {
            if let old = $0 { rd_kafka_queue_destroy(old.raw) }
            $0 = box
        }
        try isBeingClosed.withLock { isBeingClosed throws(StreamsError) in
            if !isBeingClosed { dropSubscription() }
            try StreamsError.check(rd_kafka_consumer_close_queue(handle, own))
            isBeingClosed = true
        }
        return true
    }

    /// Serves the last events of a close. - Returns: whether the consumer is closed.
    ///
    /// As events, not through librdkafka's callbacks: messages that were fetched and not asked for are in the same
    /// queue, and only a message that is taken from an event counts as consumed.
    /// - Note: `rd_kafka_queue_poll`, `rd_kafka_consumer_closed`.
    public func serveClose(milliseconds: Int32) -> Bool {
        guard let queue = closeQueue.withLock({ $0?.raw }) else { return true }
        var event = nextEvent(of: queue, milliseconds: milliseconds)
        while let here = event {
            context.dispatch(here, of: handle)
            rd_kafka_event_destroy(here)
            event = rd_kafka_queue_poll(queue, 0)
        }
        return isClosed
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
    func nextEvent(of queue: OpaquePointer, milliseconds: Int32) -> OpaquePointer? {
        var left = milliseconds
        var step: Int32 = 1
        while true {
            if let event = rd_kafka_queue_poll(queue, min(step, left)) { return event }
            // An answer may have come between the two; none comes after.
            if isClosed { return rd_kafka_queue_poll(queue, 0) }
            left -= step
            if left <= 0 { return nil }
            step = min(2 * step, Deadline.slice)
            wakeMainThread()
        }
    }

    /// Asks after the committed offsets of no partitions: nothing is sent for that, and unlike the questions of `answer`
    /// it waits for nothing.
    /// - Note: `rd_kafka_committed`.
    private func wakeMainThread() {
        let none = rd_kafka_topic_partition_list_new(0)
        _ = rd_kafka_committed(handle, none, 0)
        rd_kafka_topic_partition_list_destroy(none)
    }
}
