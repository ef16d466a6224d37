import CRdkafka
import CSystem

extension Consumer {
    /// Commits without waiting for the group's coordinator; the result goes to `ClientEvents.offsetsCommitted`.
    ///
    /// - Parameter offsets: of a partition that is there twice the last counts: librdkafka sorts them, and which one it
    ///   committed would be chance. Nil for the stored offsets of the current assignment, as they are before this returns.
    /// - Note: `rd_kafka_commit`.
    public func commit(_ offsets: [TopicPartition]?) throws(StreamsError) {
        try check(withRaw(offsets) { rd_kafka_commit(handle, $0, 1) })
        if offsets == nil { waitForMainThread() }
    }

    /// Waits until librdkafka's main thread has come to what it was asked so far.
    ///
    /// It is the main thread that reads the stored offsets for a commit: a message that is handed out before it does is
    /// committed as well. It takes what it is asked in order, so its answer to another question says that it has. While
    /// the consumer closes nothing is handed out, and nothing is asked.
    /// - Note: `rd_kafka_rebalance_protocol`.
    private func waitForMainThread() {
        _ = try? withOpenGroup { rd_kafka_rebalance_protocol(handle) }
    }

    private func withRaw<Result>(
        _ offsets: [TopicPartition]?,
        _ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?) -> Result
    ) throws(StreamsError) -> Result {
        guard let offsets else { return body(nil) }
        let list = try TopicPartitionList(names.settled(offsets).keepingLast(), names: names)
        return list.withRaw(body)
    }

    /// A commit whose result the caller waits for.
    public final class CommitRequest {
        private let queue: EventQueue
        private let consumer: Consumer

        /// - Note: `rd_kafka_commit_queue`.
        init(_ consumer: Consumer, _ offsets: [TopicPartition]?) throws(StreamsError) {
            self.consumer = consumer
            queue = EventQueue(of: consumer.handle)
            try consumer.check(
                consumer.withRaw(offsets) {
                    // With a callback of its own, though it does nothing, the result goes to nobody else.
                    rd_kafka_commit_queue(consumer.handle, $0, queue.raw, { _, _, _, _ in }, nil)
                })
        }

        /// - Returns: the committed offsets, or nil where the answer is not there yet.
        /// - Throws: the commit's error, or that of the first partition that has one; `_DESTROY` where a close has
        ///   overtaken the commit.
        public func wait(milliseconds: Int32) throws(StreamsError) -> [TopicPartition]? {
            guard let event = consumer.nextEvent(of: queue, milliseconds: milliseconds) else {
                // librdkafka drops a commit that meets the end of a close, and does not say so.
                if consumer.isClosed { throw StreamsError(ErrorCode(RD_KAFKA_RESP_ERR__DESTROY)) }
                return nil
            }
            defer { rd_kafka_event_destroy(event) }
            guard rd_kafka_event_type(event) == RD_KAFKA_EVENT_OFFSET_COMMIT else { return nil }
            let code = rd_kafka_event_error(event)
            if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw consumer.explained(StreamsError(ErrorCode(code))) }
            let partitions = TopicPartitionList.partitions(
                of: rd_kafka_event_topic_partition_list(event), names: consumer.names)
            for partition in partitions {
                if let error = partition.error { throw StreamsError(error) }
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
        let list = try TopicPartitionList(offsets, names: names)
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
}
