import CRdkafka
import CSystem

/// What a transaction wants of the consumer whose records it is made of.
extension Consumer {
    /// Which member of its group it is, in which generation.
    ///
    /// - Throws: `_UNKNOWN_GROUP` without a group, `_STATE` where the consumer is being closed.
    /// - Note: `rd_kafka_consumer_group_metadata`, `rd_kafka_consumer_group_metadata_write`.
    public func groupMetadata() throws(StreamsError) -> GroupMetadata {
        guard let metadata = try withOpenGroup({ rd_kafka_consumer_group_metadata(handle) }) else {
            throw StreamsError(.unknownGroup, reason: "the consumer has no group: set group.id")
        }
        defer { rd_kafka_consumer_group_metadata_destroy(metadata) }
        var buffer: UnsafeMutableRawPointer?
        var count = 0
        try StreamsError.check(rd_kafka_consumer_group_metadata_write(metadata, &buffer, &count))
        defer { rd_kafka_mem_free(nil, buffer) }
        return GroupMetadata(bytes: Array(UnsafeRawBufferPointer(start: buffer, count: count)))
    }

    /// The offsets to be consumed next of the partitions that were consumed, in either dialect.
    ///
    /// - Throws: `_INVALID_ARG` where the consumer commits by itself: its offsets would be committed with the transaction
    ///   or without it.
    /// - Note: `rd_kafka_assignment`, `rd_kafka_position`.
    public func transactionOffsets() throws(StreamsError) -> [TopicPartition] {
        guard property("enable.auto.commit") == "false" else {
            throw StreamsError(
                .invalidArgument,
                reason: "the consumer commits its offsets by itself: set its enable.auto.commit to false, so that they"
                    + " are committed with the transaction alone")
        }
        let list = try TopicPartitionList(try assignment(), names: names)
        try check(list.withRaw { rd_kafka_position(handle, $0) })
        return list.partitions.filter { $0.offset >= 0 && $0.error == nil }
    }

    /// Goes back to what is committed. Waits.
    ///
    /// Where nothing is, all that was handed out is to come again: from the beginning on where `auto.offset.reset` says so, as
    /// for a consumer that starts anew, otherwise from the first record that `noteBeginning` was told of. Where that is none
    /// either, the partition goes on from where it is.
    ///
    /// - Parameter thread: whom it is done for.
    /// - Note: `rd_kafka_committed`, `rd_kafka_seek`.
    public func rewind(milliseconds: Int32, for thread: pthread_t = pthread_self()) throws(StreamsError) {
        let assigned = try assignment(for: thread)
        if assigned.isEmpty { return }
        let start = startsAtBeginning ? Int64(RD_KAFKA_OFFSET_BEGINNING) : nil
        for partition in try committed(assigned, milliseconds: milliseconds) {
            if let error = partition.failure { throw explained(error) }
            let offset = partition.offset >= 0 ? partition.offset : start ?? beginning(of: partition)
            guard let offset else { continue }
            do throws(StreamsError) {
                try seek(TopicPartition(partition.topic, partition.partition, offset: offset), for: thread)
            } catch {
                // What was taken away meanwhile is another member's, who begins where it is committed.
                if error.code != .state && error.code != .unknownPartition { throw error }
            }
        }
    }

    // MARK: Where the application began

    /// Whether `noteBeginning` is to be told of each record: where the application commits, and `auto.offset.reset` does not
    /// say by itself where it began.
    public var notesBeginnings: Bool { beginnings != nil }

    static func beginnings(for consumer: Consumer) -> Guarded<Beginnings>? {
        guard consumer.queue != nil, consumer.property("enable.auto.commit") == "false", !consumer.startsAtBeginning
        else {
            return nil
        }
        return Guarded(Beginnings())
    }

    private var startsAtBeginning: Bool {
        ["earliest", "smallest", "beginning"].contains(property("auto.offset.reset") ?? "")
    }

    /// Notes a record that the application is given.
    public func noteBeginning(_ record: Record) {
        guard let beginnings, !record.isError, let topic = record.topic else { return }
        beginnings.withLock { $0.note(rd_kafka_topic_name(topic.raw), record.partition, record.offset) }
    }

    /// Notes where the application is to begin with partitions.
    public func noteBeginnings(_ positions: [TopicPartition]) {
        guard let beginnings else { return }
        for position in positions {
            guard let topic = try? kafkaTopic(for: position.topic) else { continue }
            beginnings.withLock { $0.note(topic, position.partition, position.offset) }
        }
    }

    private func beginning(of partition: TopicPartition) -> Int64? {
        guard let beginnings, let topic = try? kafkaTopic(for: partition.topic) else { return nil }
        return beginnings.withLock { $0.offsets[topic]?[partition.partition] }
    }
}

/// The lowest offset that the application was given of each partition.
struct Beginnings: Sendable {
    /// By Kafka's names of topics.
    private(set) var offsets: [String: [Int32: Int64]] = [:]
    // The partition of the record before: records of one come together, and are to cost little.
    private var topic: [CChar] = [0]
    private var partition: Int32 = -1
    private var lowest: Int64 = 0

    mutating func note(_ name: UnsafePointer<CChar>, _ number: Int32, _ offset: Int64) {
        if number == partition && offset >= lowest && strcmp(name, topic) == 0 { return }
        let text = String(cString: name)
        let lowest = min(offset, offsets[text]?[number] ?? offset)
        offsets[text, default: [:]][number] = lowest
        topic = Array(UnsafeBufferPointer(start: name, count: strlen(name) + 1))
        partition = number
        self.lowest = lowest
    }
}
