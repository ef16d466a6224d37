import CRdkafka

extension Producer {
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
        let error = rdk_produce_with_extras(
            handle, topic.raw, partition, isLent ? 0 : RD_KAFKA_MSG_F_COPY, value, valueCount, key, keyCount, opaque,
            timestamp, headers?.raw)
        try StreamsError.check(error)
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
                + " message.max.bytes of \(limit): raise that, and max.message.bytes of topic"
                + " \(names.bothNames(ofKafkaTopic: topic.name)) with it")
    }

    /// The bytes of the largest value that the queue could hold, were it empty: librdkafka counts values alone.
    public var largestValue: Int {
        property(Self.queueLimit).flatMap { Int($0) }.map { $0 * 1024 } ?? Int.max
    }

    /// What a value is refused with that is larger.
    public func neverFits(valueCount: Int) -> StreamsError {
        let limit = property(Self.queueLimit) ?? ""
        return StreamsError(
            .queueFull,
            reason: "\(StreamsError(.queueFull).text): a value of \(valueCount) bytes is more than the whole queue may"
                + " hold, \(Self.queueLimit) of \(limit)")
    }

    private static let queueLimit = "queue.buffering.max.kbytes"

    // MARK: The MapR dialect: no message without a value

    /// Takes a message that the dialect does not send: its report says `_INVALID_ARG`, from the next serving.
    public func reject(
        _ topic: Topic, partition: Int32, key: UnsafeRawPointer?, keyCount: Int, headers: consuming Headers? = nil,
        opaque: UnsafeMutableRawPointer?
    ) {
        rejected.append(topic.raw, partition, key, keyCount, headers?.take(), opaque)
    }
}
