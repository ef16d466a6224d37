import CRdkafka

/// An asynchronous producer.
///
/// A message is enqueued at once and sent by librdkafka's threads; its delivery report comes to
/// `ClientEvents.delivery`, inside the call that serves the producer.
public final class Producer: Client, @unchecked Sendable {
    // Unchecked: what is not constant is guarded by mutexes.

    let topics = Guarded<[Topic]>([])
    @usableFromInline let rejected = RejectedMessages()
    let lost = Guarded<Set<LostRecord>>([])
    /// The call for offsets that nobody waits for any more, and that goes on: see `OffsetsRequest`.
    let offsetsGivenUp = Guarded<HelperCall<Void>?>(nil)
    /// Where reports and events wait to be served.
    private(set) var mainQueue: EventQueue?
    /// Where there is a thread of librdkafka's for tokens, what waits for it.
    private(set) var backgroundQueue: EventQueue?
    let countsEvents: Bool

    public init(
        configuration: Configuration, events: ClientEvents, owner: UnsafeMutableRawPointer? = nil
    ) throws(StreamsError) {
        countsEvents = configuration.dialect == .kafka
        try super.init(.producer, configuration: configuration, events: events, owner: owner)
        mainQueue = EventQueue(owning: rd_kafka_queue_get_main(handle))
        if events.tokenRefresh != nil, let background = rd_kafka_queue_get_background(handle) {
            backgroundQueue = EventQueue(owning: background)
        }
    }

    override func willDestroy() {
        topics.withLock { for topic in $0 { rd_kafka_topic_destroy(topic.raw) } }
        mainQueue = nil
        backgroundQueue = nil
    }
}
