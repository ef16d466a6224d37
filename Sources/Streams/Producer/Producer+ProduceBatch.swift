import CRdkafka

/// Messages for a producer's queue, one behind the other.
///
/// Values and keys are lent to it, and stay where they are until it goes; headers are its own.
@frozen public struct OutgoingMessages: ~Copyable {
    /// How a message gets into the queue.
    @frozen public struct Way: OptionSet, Sendable {
        public let rawValue: Int64
        @inlinable public init(rawValue: Int64) { self.rawValue = rawValue }

        /// The value is lent beyond that, until the report, as by `Producer.produce`.
        public static let lent = Way(rawValue: 1)
        /// It has a timestamp or headers, which `rd_kafka_produce_batch` does not take: see `addExtras`.
        public static let alone = Way(rawValue: 2)
        /// It is not sent: see `Producer.reject`.
        public static let rejected = Way(rawValue: 4)
    }

    /// What a message has that goes alone.
    @usableFromInline struct Extras {
        let timestamp: Int64
        var headers: OpaquePointer?
    }

    /// Of each message the way is kept in `offset`, which librdkafka does not look at.
    @usableFromInline let raw: UnsafeMutablePointer<rd_kafka_message_t>
    /// Allocated with the first that has any; those of the messages that go alone are initialised.
    @usableFromInline var extras: UnsafeMutablePointer<Extras>?
    @usableFromInline var length = 0
    private let capacity: Int

    /// How many messages there are.
    @inlinable @inline(__always)
    public var count: Int { length }

    public init(capacity: Int) {
        self.capacity = max(capacity, 1)
        raw = .allocate(capacity: self.capacity)
    }

    deinit {
        if let extras {
            for index in 0..<length where way(index).contains(.alone) {
                if let headers = extras[index].headers { rd_kafka_headers_destroy(headers) }
            }
            extras.deallocate()
        }
        raw.deallocate()
    }

    /// Writes a message, which is not in the queue yet, behind those that are counted.
    ///
    /// - Parameter index: less than the capacity.
    @inlinable @inline(__always)
    public func write(
        _ index: Int, value: UnsafeRawPointer?, valueCount: Int, key: UnsafeRawPointer?, keyCount: Int,
        partition: Int32, opaque: UnsafeMutableRawPointer?, way: Way
    ) {
        let message = raw + index
        message.pointee.err = RD_KAFKA_RESP_ERR__QUEUE_FULL
        message.pointee.partition = partition
        message.pointee.payload = UnsafeMutableRawPointer(mutating: value)
        message.pointee.len = valueCount
        message.pointee.key = UnsafeMutableRawPointer(mutating: key)
        message.pointee.key_len = keyCount
        message.pointee.offset = way.rawValue
        message.pointee._private = opaque
    }

    /// Counts the messages that were written.
    @inlinable @inline(__always)
    public mutating func count(upTo count: Int) { length = count }

    /// Gives a message that was written as one that goes alone its timestamp, 0 for none, and headers.
    @inline(__always)
    public mutating func addExtras(_ index: Int, timestamp: Int64, headers: consuming Headers?) {
        let extras = self.extras ?? allocateExtras()
        (extras + index).initialize(to: Extras(timestamp: timestamp, headers: headers?.take()))
    }

    @inline(never)
    private mutating func allocateExtras() -> UnsafeMutablePointer<Extras> {
        let made = UnsafeMutablePointer<Extras>.allocate(capacity: capacity)
        extras = made
        return made
    }

    @inlinable @inline(__always)
    public func way(_ index: Int) -> Way { Way(rawValue: raw[index].offset) }

    @inlinable @inline(__always)
    public func opaque(_ index: Int) -> UnsafeMutableRawPointer? { raw[index]._private }

    @inlinable @inline(__always)
    public func partition(_ index: Int) -> Int32 { raw[index].partition }

    @inlinable @inline(__always)
    public func valueCount(_ index: Int) -> Int { raw[index].len }

    /// Of value and key.
    public func size(_ index: Int) -> Int { raw[index].len + raw[index].key_len }

    /// Why a message is not in the queue; `_QUEUE_FULL` before it was tried.
    @inlinable @inline(__always)
    public func error(_ index: Int) -> ErrorCode { ErrorCode(raw[index].err) }

    @inlinable @inline(__always)
    public func isQueued(_ index: Int) -> Bool { raw[index].err == RD_KAFKA_RESP_ERR_NO_ERROR }

    /// How many are in the queue.
    public var queuedCount: Int {
        var count = 0
        for index in 0..<length where isQueued(index) { count &+= 1 }
        return count
    }

    /// Refuses a message before it is tried.
    public func refuse(_ index: Int, _ code: ErrorCode) { raw[index].err = code.code }

    fileprivate func takeHeaders(_ index: Int) -> OpaquePointer? {
        guard way(index).contains(.alone), let extras else { return nil }
        let headers = extras[index].headers
        extras[index].headers = nil
        return headers
    }
}

extension Producer {
    /// How many messages are given to librdkafka at once: it holds the topic's lock meanwhile.
    private static var longestRun: Int { 1000 }

    /// Enqueues messages from `first` on, as many as go the same way to the same partition. Each then says whether it is queued.
    ///
    /// - Returns: the first message that was not tried, or that found the queue full, and whether it did.
    /// - Note: `rd_kafka_produce_batch`, which asks for the time and takes the topic's lock once for all of them;
    ///   `rd_kafka_produceva` for messages that go alone, `rd_kafka_produce` for others with a vendor's librdkafka.
    public func produce(
        _ messages: borrowing OutgoingMessages, from first: Int, to topic: Topic
    ) -> (next: Int, isFull: Bool) {
        let way = messages.way(first)
        if way.contains(.rejected) {
            rejectOne(messages, first, topic)
            return (first + 1, false)
        }
        let limit = min(messages.count, first + Self.longestRun)
        if way.contains(.alone) { return produceAlone(messages, from: first, to: topic, limit: limit) }
        if PropertyCatalogue.isStreamsBuild {
            produceOne(messages, first, topic)
            let isFull = messages.error(first) == .queueFull
            return (isFull ? first : first + 1, isFull)
        }
        var end = first + 1
        let partition = messages.partition(first)
        while end < limit && messages.way(end) == way && messages.partition(end) == partition { end += 1 }
        // Not with `RD_KAFKA_MSG_F_PARTITION`: a message for a partition that is not there would never go.
        let taken = rd_kafka_produce_batch(
            topic.raw, partition, way.contains(.lent) ? 0 : RD_KAFKA_MSG_F_COPY, messages.raw + first,
            Int32(end - first))
        if Int(taken) == end - first { return (end, false) }
        // librdkafka refuses those behind the first that found the queue full too.
        for index in first..<end where messages.error(index) == .queueFull { return (index, true) }
        return (end, false)
    }

    /// Enqueues messages that go alone, up to the first that does not, or that finds the queue full.
    private func produceAlone(
        _ messages: borrowing OutgoingMessages, from first: Int, to topic: Topic, limit: Int
    ) -> (next: Int, isFull: Bool) {
        let extras = messages.extras.unsafelyUnwrapped
        var index = first
        repeat {
            let message = messages.raw + index
            let way = OutgoingMessages.Way(rawValue: message.pointee.offset)
            if !way.contains(.alone) || way.contains(.rejected) { break }
            if let error = rdk_produce_with_extras(
                handle, topic.raw, message.pointee.partition, way.contains(.lent) ? 0 : RD_KAFKA_MSG_F_COPY,
                message.pointee.payload, message.pointee.len, message.pointee.key, message.pointee.key_len,
                message.pointee._private, extras[index].timestamp, extras[index].headers)
            {
                message.pointee.err = rd_kafka_error_code(error)
                rd_kafka_error_destroy(error)
                if message.pointee.err == RD_KAFKA_RESP_ERR__QUEUE_FULL { return (index, true) }
            } else {
                message.pointee.err = RD_KAFKA_RESP_ERR_NO_ERROR
                // They are librdkafka's now.
                extras[index].headers = nil
            }
            index &+= 1
        } while index < limit
        return (index, false)
    }

    private func produceOne(_ messages: borrowing OutgoingMessages, _ index: Int, _ topic: Topic) {
        let message = messages.raw[index]
        do throws(StreamsError) {
            try produce(
                topic, partition: message.partition, value: message.payload, valueCount: message.len,
                isLent: messages.way(index).contains(.lent), key: message.key, keyCount: message.key_len,
                opaque: message._private)
            messages.raw[index].err = RD_KAFKA_RESP_ERR_NO_ERROR
        } catch {
            messages.raw[index].err = error.code.code
        }
    }

    private func rejectOne(_ messages: borrowing OutgoingMessages, _ index: Int, _ topic: Topic) {
        // Refused before.
        guard messages.error(index) == .queueFull else { return }
        let message = messages.raw[index]
        rejected.append(
            topic.raw, message.partition, message.key, message.key_len, messages.takeHeaders(index), message._private)
        messages.raw[index].err = RD_KAFKA_RESP_ERR_NO_ERROR
    }
}
