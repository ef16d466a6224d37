import CRdkafka
import CSystem

/// A consumer, with or without a group.
public final class Consumer: Client, @unchecked Sendable {
    // Unchecked: what is not constant is guarded by the mutex.

    struct GroupState: @unchecked Sendable {
        /// The application called `assign` outside a rebalance, and has not called `unassign` since.
        var isAssignedByApplication = false
        /// The group has given the consumer partitions, if only none of them.
        var hasBeenAssigned = false
        /// A mock cluster of this process knows it as a member of its group.
        var isMockMember = false
        /// See `destroyFlags`.
        var cannotBeFreed = false
        /// Partitions that were paused, and not resumed since. See `resume`.
        var paused: Set<PartitionKey> = []
        /// Partitions of the assignment that are known to be fetched. See `askOnceBegun`.
        var begun: Set<PartitionKey> = []
        /// The rebalances that the application is being told of: one thread may poll while another closes, and a callback
        /// may poll into the next rebalance.
        var rebalances: [RebalanceInProgress] = []
        /// See `warnOfWholeAssignments`.
        var hasWarned = false

        /// This thread's innermost.
        func rebalance(of thread: pthread_t) -> Int? {
            rebalances.lastIndex { pthread_equal($0.thread, thread) != 0 }
        }
    }

    /// How far a close has come: announced, ending the subscription, and begun by librdkafka.
    enum Closing { case notYet, announced, leaving, begun }

    let group = Guarded(GroupState())
    /// The queue that messages and events of the group arrive in; nil without a group.
    @usableFromInline private(set) var queue: EventQueue?
    /// See `withOpenGroup`.
    let closing = Guarded(Closing.notYet)
    let closeQueue = Guarded<EventQueue?>(nil)
    /// Subscribed topics that the log has told do not exist.
    let missing = Guarded<Set<String>>([])
    /// `consume` puts a batch together message by message, and can be stopped by `yield` in between.
    public let takesOneByOne: Bool
    /// Nevertheless several may be taken at once where no group gives the consumer partitions. See `takeTogether`.
    @usableFromInline let mayTakeTogether: Bool
    /// See `noteBeginning`; nil where nobody needs it.
    private(set) var beginnings: Guarded<Beginnings>?
    /// The application has asked a group for partitions, which may pause what it takes away. `closing` guards it.
    var hasSubscribed = false
    /// Of a mock cluster's group: there is a subscription, and a join that nobody waits for any more may be under way, whose
    /// member nobody takes out. `closing` guards both.
    var isSubscribedOnMock = false
    var mayHaveStrayed = false

    public init(
        configuration: Configuration, events: ClientEvents, owner: UnsafeMutableRawPointer? = nil
    ) throws(StreamsError) {
        try configuration.settleGroupProtocol()
        takesOneByOne = !Librdkafka.isAtLeast(2, 13, 2) || events.haveFrequentOnes
        // 2.1.0 and later have other faults, and a callback for commits may pause.
        mayTakeTogether =
            !Librdkafka.isAtLeast(2, 1) && !events.haveFrequentOnes && events.offsetsCommitted == nil
        try super.init(.consumer, configuration: configuration, events: events, owner: owner)
        rd_kafka_poll_set_consumer(handle)
        queue = rd_kafka_queue_get_consumer(handle).map { EventQueue(owning: $0) }
        beginnings = Self.beginnings(for: self)
        context.consumer = self
    }

    override func willDestroy() {
        if queue != nil && closing.withLock({ $0 != .begun }) {
            dropSubscription()
            assignForNobody()
        }
        leaveMockGroup(hasSaidSo: isClosed && !mayHaveStrayed && property("group.instance.id") == nil)
        closeQueue.withLock { $0 = nil }
        queue = nil
    }

    /// How librdkafka ends this consumer.
    ///
    /// Before 2.3.0 it aborts where it frees a cooperative member that was never assigned anything (its issue 4381:
    /// `rd_kafka_sticky_assignor_state_destroy`). It frees the handle last, so such a consumer does without that: its
    /// threads end and its connections are closed, and the handle's memory is lost.
    /// - Note: `RD_KAFKA_DESTROY_F_IMMEDIATE`, 0x4, which is librdkafka's own; it is the same from 2.0.2 to 2.2.0.
    override var destroyFlags: Int32 {
        // Without a close of its own a consumer is dropped, not closed: closing calls back into the application.
        guard group.withLock({ $0.cannotBeFreed }) else { return RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE }
        // Its threads are not waited for.
        context.outliveClient()
        return RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE | 0x4
    }
}
