import CRdkafka
import CSystem

extension Consumer {
    /// Commits without waiting for the group's coordinator; the result goes to `ClientEvents.offsetsCommitted`.
    ///
    /// - Parameter offsets: of a partition that is there twice the last counts: librdkafka sorts them, and which one it
    ///   committed would be chance. Nil for the stored offsets of the current assignment, as they are before this returns.
    /// - Note: `rd_kafka_commit`.
    public func commit(_ offsets: [TopicPartition]?) throws(StreamsError) {
        try askToCommit(offsets) { list in
            let code = rd_kafka_commit(handle, list, 1)
            // It is the main thread that reads the stored offsets: a message that is handed out before is committed too.
            if list == nil { waitForMainThread() }
            return code
        }
    }

    /// Asks for a commit as long as the group is open.
    ///
    /// One that comes to librdkafka when a closing group has ended, and has not noted so yet, makes it abort
    /// (`rd_kafka_cgrp_terminated`, 2.0.2 to 2.16.1): a report of a commit whose receiver commits again, say.
    private func askToCommit(
        _ offsets: [TopicPartition]?,
        _ ask: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?) -> rd_kafka_resp_err_t
    ) throws(StreamsError) {
        guard let offsets else { return try check(withOpenGroup { ask(nil) }) }
        let list = try TopicPartitionList(names.settled(offsets).keepingLast(), names: names)
        try check(withOpenGroup { list.withRaw(ask) })
    }

    /// A commit whose result the caller waits for.
    public final class CommitRequest {
        private let queue: EventQueue
        private let consumer: Consumer

        /// - Note: `rd_kafka_commit_queue`.
        init(_ consumer: Consumer, _ offsets: [TopicPartition]?) throws(StreamsError) {
            self.consumer = consumer
            queue = EventQueue(of: consumer.handle)
            try consumer.askToCommit(offsets) {
                // With a callback of its own, though it does nothing, the result goes to nobody else.
                rd_kafka_commit_queue(consumer.handle, $0, queue.raw, { _, _, _, _ in }, nil)
            }
        }

        deinit {
            // In the child of a fork the queue is leaked: another thread may have held its lock.
            if consumer.isAbandoned { _ = Unmanaged.passRetained(queue) }
        }

        /// - Returns: the committed offsets, or nil where the answer is not there yet.
        /// - Throws: the commit's error, or that of the first partition that has one; `_DESTROY` where the group has
        ///   ended before the commit was answered.
        public func wait(milliseconds: Int32) throws(StreamsError) -> [TopicPartition]? {
            guard let event = consumer.nextEvent(of: queue, milliseconds: milliseconds) else {
                // librdkafka drops what a group that has ended was asked, and does not say so.
                if consumer.isClosed { throw StreamsError(ErrorCode(RD_KAFKA_RESP_ERR__DESTROY)) }
                return nil
            }
            defer { rd_kafka_event_destroy(event) }
            guard rd_kafka_event_type(event) == RD_KAFKA_EVENT_OFFSET_COMMIT else { return nil }
            let code = ErrorCode(rd_kafka_event_error(event))
            let partitions = TopicPartitionList.partitions(
                of: rd_kafka_event_topic_partition_list(event), names: consumer.names)
            // The commit's error may be that of a partition, which says of which topic.
            if code != .noError {
                let told = partitions.first { $0.error == code && $0.reason != nil }?.failure
                throw told ?? consumer.explained(StreamsError(code))
            }
            for partition in partitions {
                if let error = partition.failure { throw error }
            }
            return partitions
        }
    }

    /// Begins a commit.
    public func beginCommit(_ offsets: [TopicPartition]?) throws(StreamsError) -> CommitRequest {
        try CommitRequest(self, offsets)
    }

    /// Stores offsets, for the next commit to commit.
    ///
    /// - Throws: the error of the first partition that has one; the others are stored all the same.
    /// - Note: `rd_kafka_offsets_store`.
    public func store(_ offsets: [TopicPartition]) throws(StreamsError) {
        let list = try TopicPartitionList(withEpochs(offsets), names: names)
        let code = list.withRaw { rd_kafka_offsets_store(handle, $0) }
        for partition in list.partitions {
            guard let error = partition.error else { continue }
            throw StreamsError(error, reason: "\(partition.name) is not assigned (\(error.text))")
        }
        if code == RD_KAFKA_RESP_ERR__INVALID_ARG {
            throw StreamsError(
                .invalidArgument,
                reason: "offsets are stored when messages are handed out: set \"enable.auto.offset.store\" to false")
        }
        try check(code)
    }

    /// Offsets with the leader epochs of the positions where they have none of their own.
    ///
    /// librdkafka 2.1.0 to 2.2.0 do not commit an offset without one, once they know of any (its issue 4442).
    /// - Note: `rd_kafka_position`.
    private func withEpochs(_ offsets: [TopicPartition]) throws(StreamsError) -> [TopicPartition] {
        guard Librdkafka.isAtLeast(2, 1), !Librdkafka.isAtLeast(2, 3) else { return offsets }
        guard offsets.contains(where: { $0.leaderEpoch == nil }) else { return offsets }
        let list = try TopicPartitionList(offsets, names: names)
        try check(list.withRaw { rd_kafka_position(handle, $0) })
        let positions = list.partitions
        var offsets = offsets
        for index in offsets.indices where offsets[index].leaderEpoch == nil {
            offsets[index].leaderEpoch = positions[index].leaderEpoch
        }
        return offsets
    }
}
