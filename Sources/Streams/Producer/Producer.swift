import CRdkafka
import CServing

/// An asynchronous producer.
///
/// A message is enqueued at once and sent by librdkafka's threads; its delivery report comes to
/// `ClientEvents.delivery`, inside the call that serves the producer.
public final class Producer: Client, @unchecked Sendable {
    // Unchecked: what is not constant is guarded by mutexes.

    private let topics = Guarded<[Topic]>([])
    @usableFromInline let rejected = RejectedMessages()
    let lost = Guarded<Set<LostRecord>>([])
    /// Where reports and events wait to be served.
    private(set) var mainQueue: EventQueue?
    /// Where there is a thread of librdkafka's for tokens, what waits for it.
    private var backgroundQueue: EventQueue?
    private let countsEvents: Bool

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

    /// The handle of a topic, for `produce`. Each call makes one, which lives as long as the producer: keep it.
    ///
    /// - Note: `rd_kafka_topic_new`, with the producer's own topic properties.
    public func topic(_ name: UnsafePointer<CChar>) throws(StreamsError) -> Topic {
        guard let raw = rd_kafka_topic_new(handle, try kafkaTopic(for: String(cString: name)), nil) else {
            throw StreamsError(ErrorCode(rd_kafka_last_error()))
        }
        let topic = Topic(raw: raw)
        topics.withLock { $0.append(topic) }
        return topic
    }

    /// Whether a value may be lent: a vendor's librdkafka need not keep to that a report has the pointer that was lent.
    public static var readsValuesInPlace: Bool { !PropertyCatalogue.isStreamsBuild }

    /// Enqueues a message.
    ///
    /// - Parameters:
    ///   - value: nil for a message without one. Copied, as the key always is, unless it is lent.
    ///   - isLent: the value stays where it is, and as it is, until the report, which has the same pointer.
    ///   - opaque: comes back in the delivery report.
    /// - Throws: `_QUEUE_FULL` where the queue is full: serve the producer and try again.
    /// - Note: `rd_kafka_produce`, which is cheaper than `rd_kafka_producev` by a third.
    @inlinable @inline(__always)
    public func produce(
        _ topic: Topic, partition: Int32, value: UnsafeRawPointer?, valueCount: Int, isLent: Bool,
        key: UnsafeRawPointer?, keyCount: Int, opaque: UnsafeMutableRawPointer?
    ) throws(StreamsError) {
        let result = rd_kafka_produce(
            topic.raw, partition, isLent ? 0 : RD_KAFKA_MSG_F_COPY, UnsafeMutableRawPointer(mutating: value),
            valueCount, key, keyCount, opaque)
        if result != 0 { throw Self.lastError() }
    }

    @usableFromInline @inline(never)
    static func lastError() -> StreamsError { StreamsError(ErrorCode(rd_kafka_last_error())) }

    /// Enqueues a message with a timestamp, headers or both.
    ///
    /// - Parameters:
    ///   - isLent: as above.
    ///   - timestamp: milliseconds since the epoch; 0 for now.
    ///   - headers: librdkafka's own where the call succeeds; the caller then relinquishes them.
    /// - Note: `rd_kafka_produceva`.
    public func produceWithHeaders(
        _ topic: Topic, partition: Int32, value: UnsafeRawPointer?, valueCount: Int, isLent: Bool,
        key: UnsafeRawPointer?, keyCount: Int, opaque: UnsafeMutableRawPointer?, timestamp: Int64,
        headers: Headers.Reference?
    ) throws(StreamsError) {
        let error = withUnsafeTemporaryAllocation(of: rd_kafka_vu_t.self, capacity: 8) { arguments in
            var count = 0
            func add(_ type: rd_kafka_vtype_t, _ fill: (inout rd_kafka_vu_t) -> Void) {
                var argument = rd_kafka_vu_t()
                argument.vtype = type
                fill(&argument)
                arguments.initializeElement(at: count, to: argument)
                count += 1
            }
            add(RD_KAFKA_VTYPE_RKT) { $0.u.rkt = topic.raw }
            add(RD_KAFKA_VTYPE_PARTITION) { $0.u.i32 = partition }
            add(RD_KAFKA_VTYPE_MSGFLAGS) { $0.u.i = isLent ? 0 : RD_KAFKA_MSG_F_COPY }
            add(RD_KAFKA_VTYPE_VALUE) {
                $0.u.mem.ptr = UnsafeMutableRawPointer(mutating: value)
                $0.u.mem.size = valueCount
            }
            add(RD_KAFKA_VTYPE_KEY) {
                $0.u.mem.ptr = UnsafeMutableRawPointer(mutating: key)
                $0.u.mem.size = keyCount
            }
            add(RD_KAFKA_VTYPE_OPAQUE) { $0.u.ptr = opaque }
            add(RD_KAFKA_VTYPE_TIMESTAMP) { $0.u.i64 = timestamp }
            if let headers { add(RD_KAFKA_VTYPE_HEADERS) { $0.u.headers = headers.raw } }
            return rd_kafka_produceva(handle, arguments.baseAddress, count)
        }
        try StreamsError.check(error)
    }

    // MARK: Serving

    /// Serves delivery reports and other events. - Returns: how many events were served.
    /// - Note: `rd_kafka_poll`.
    @inlinable @inline(__always)
    public func poll(milliseconds: Int32) -> Int32 { rd_kafka_poll(handle, milliseconds) }

    /// The same, with a place at which a callback leaves it in the child of a fork: nothing was served then.
    @inlinable @inline(__always)
    public func poll(milliseconds: Int32, leftAt place: Serving.Place) -> Int32 {
        rdk_poll(handle, milliseconds, place)
    }

    /// Sends what waits without regard to `linger.ms`, and serves events meanwhile.
    ///
    /// - Returns: whether everything is delivered or has failed.
    /// - Note: `rd_kafka_flush`.
    public func flush(milliseconds: Int32) -> Bool {
        rd_kafka_flush(handle, milliseconds) == RD_KAFKA_RESP_ERR_NO_ERROR
    }

    /// The same, with a place at which a callback leaves it in the child of a fork: not everything was delivered then.
    public func flush(milliseconds: Int32, leftAt place: Serving.Place) -> Bool {
        rdk_flush(handle, milliseconds, place) != 0
    }

    /// What a producer says that it has left: in the MapR dialect the messages that are undelivered; in librdkafka's its
    /// own count, in which events that wait to be served are too. - Note: `rd_kafka_outq_len`.
    public var outstanding: Int {
        countsEvents ? Int(rd_kafka_outq_len(handle)) : undelivered
    }

    /// Messages whose reports have not been served: they wait to be sent, to be acknowledged, or to be reported.
    ///
    /// librdkafka counts a message until its report has been served, and beside that whatever waits in its queues: log
    /// lines, errors and statistics, and the reports once more.
    /// - Note: `rd_kafka_outq_len` less `rd_kafka_queue_length`.
    public var undelivered: Int {
        var before = eventCount
        // Where an event came between two looks, once more: with many of them a few too many are better than too few.
        for _ in 0..<8 {
            let all = Int(rd_kafka_outq_len(handle))
            let after = eventCount
            if before == after { return max(0, all - after) + rejected.count }
            before = after
        }
        return max(0, Int(rd_kafka_outq_len(handle)) - before) + rejected.count
    }

    private var eventCount: Int {
        (mainQueue?.count ?? 0) + (backgroundQueue?.count ?? 0)
    }

    /// Why a message was not taken. - Parameter size: of its value and its key.
    public func refusal(_ error: StreamsError, of topic: Topic, _ partition: Int32, size: Int) -> StreamsError {
        guard error.code == .messageTooLarge else {
            return explained(error, ofTopic: topic.name, partition: partition)
        }
        let limit = property("message.max.bytes") ?? ""
        return StreamsError(
            error.code,
            reason: "value and key of \(size) bytes are, with headers and framing, more than this producer's"
                + " message.max.bytes of \(limit): raise that, and max.message.bytes of the topic with it")
    }

    /// Gives up messages: their reports say `_PURGE_QUEUE` or `_PURGE_INFLIGHT`.
    ///
    /// - Parameter waiting: whether to wait for librdkafka's threads to have taken note.
    /// - Note: `rd_kafka_purge`.
    public func purge(queued: Bool = true, inFlight: Bool = true, waiting: Bool = true) throws(StreamsError) {
        let flags =
            (queued ? RD_KAFKA_PURGE_F_QUEUE : 0) | (inFlight ? RD_KAFKA_PURGE_F_INFLIGHT : 0)
            | (waiting ? 0 : RD_KAFKA_PURGE_F_NON_BLOCKING)
        try check(rd_kafka_purge(handle, flags))
    }

    // MARK: The MapR dialect: no message without a value

    /// Takes a message that the dialect does not send: its report says `_INVALID_ARG`, from the next serving.
    public func reject(
        _ topic: Topic, partition: Int32, key: UnsafeRawPointer?, keyCount: Int, headers: consuming Headers? = nil,
        opaque: UnsafeMutableRawPointer?
    ) {
        rejected.append(topic.raw, partition, key, keyCount, headers?.take(), opaque)
    }

    /// Whether rejected messages wait for their reports.
    @inlinable @inline(__always)
    public var hasRejected: Bool { rejected.isWaiting }

    /// Reports one rejected message. - Returns: whether there was one.
    public func serveRejected() -> Bool {
        guard let delivery = context.events.delivery else { return false }
        return rejected.serveOne {
            delivery(handle, $0, Unmanaged.passUnretained(context).toOpaque())
        }
    }
}
