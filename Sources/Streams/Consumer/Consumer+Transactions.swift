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

    /// Goes back to what is committed, as a consumer that starts anew does: where nothing is, to where `auto.offset.reset`
    /// says. Waits.
    ///
    /// - Parameter thread: whom it is done for.
    /// - Note: `rd_kafka_committed`, `rd_kafka_seek`.
    public func rewind(milliseconds: Int32, for thread: pthread_t = pthread_self()) throws(StreamsError) {
        let assigned = try assignment(for: thread)
        if assigned.isEmpty { return }
        let startsAtBeginning = ["earliest", "smallest", "beginning"].contains(property("auto.offset.reset") ?? "")
        let start = Int64(startsAtBeginning ? RD_KAFKA_OFFSET_BEGINNING : RD_KAFKA_OFFSET_END)
        for partition in try committed(assigned, milliseconds: milliseconds) {
            if let error = partition.failure { throw explained(error) }
            let offset = partition.offset >= 0 ? partition.offset : start
            do throws(StreamsError) {
                try seek(TopicPartition(partition.topic, partition.partition, offset: offset), for: thread)
            } catch {
                // What was taken away meanwhile is another member's, who begins where it is committed.
                if error.code != .state && error.code != .unknownPartition { throw error }
            }
        }
    }
}
