import CRdkafka
import CSystem

extension Consumer {
    // MARK: Commit

    /// Commits without waiting for the group's coordinator; the result goes to `ClientEvents.offsetsCommitted`.
    ///
    /// - Parameter offsets: nil for the stored offsets of the current assignment, as they are before this returns.
    /// - Note: `rd_kafka_commit`.
    public func commit(_ offsets: [TopicPartition]?) throws(StreamsError) {
        try StreamsError.check(Self.withRaw(offsets) { rd_kafka_commit(handle, $0, 1) })
        if offsets == nil { waitForMainThread() }
    }

    /// Waits until librdkafka's main thread has come to what it was asked so far.
    ///
    /// It is the main thread that reads the stored offsets for a commit: a message that is handed out before it does is
    /// committed as well. It takes what it is asked in order, so its answer to another question says that it has. While
    /// the consumer closes nothing is handed out, and nothing is asked.
    /// - Note: `rd_kafka_rebalance_protocol`.
    private func waitForMainThread() {
        _ = try? answer { rd_kafka_rebalance_protocol(handle) }
    }

    private static func withRaw<Result>(
        _ offsets: [TopicPartition]?,
        _ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?) -> Result
    ) -> Result {
        guard let offsets else { return body(nil) }
        return TopicPartitionList(offsets).withRaw(body)
    }

    /// A commit whose result the caller waits for.
    public final class CommitRequest {
        private let queue: OpaquePointer
        private let consumer: Consumer

        /// - Note: `rd_kafka_commit_queue`.
        init(_ consumer: Consumer, _ offsets: [TopicPartition]?) throws(StreamsError) {
            self.consumer = consumer
            queue = rd_kafka_queue_new(consumer.handle)
            try StreamsError.check(
                Consumer.withRaw(offsets) {
                    // With a callback of its own, though it does nothing, the result goes to nobody else.
                    rd_kafka_commit_queue(consumer.handle, $0, queue, { _, _, _, _ in }, nil)
                })
        }

        deinit { rd_kafka_queue_destroy(queue) }

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
            let partitions = TopicPartitionList.partitions(of: rd_kafka_event_topic_partition_list(event))
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

    /// Stores offsets, for the next commit to commit. - Note: `rd_kafka_offsets_store`.
    public func store(_ offsets: [TopicPartition]) throws(StreamsError) {
        try StreamsError.check(TopicPartitionList(offsets).withRaw { rd_kafka_offsets_store(handle, $0) })
    }

    // MARK: Questions

    /// The committed offsets of partitions. Waits. - Note: `rd_kafka_committed`.
    public func committed(_ partitions: [TopicPartition], milliseconds: Int32) throws(StreamsError) -> [TopicPartition]
    {
        let list = TopicPartitionList(partitions)
        let code = list.withRaw { rd_kafka_committed(handle, $0, milliseconds) }
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw explained(StreamsError(ErrorCode(code))) }
        return list.partitions
    }

    /// The offsets after the last messages that the application has got.
    ///
    /// A partition without one has offset 0 in the MapR dialect, -1001 in Kafka's and where there is an error.
    /// - Note: `rd_kafka_position`.
    public func position(_ partitions: [TopicPartition]) throws(StreamsError) -> [TopicPartition] {
        let list = TopicPartitionList(partitions)
        try StreamsError.check(list.withRaw { rd_kafka_position(handle, $0) })
        var positions = list.partitions
        if dialect == .mapr {
            for index in positions.indices where positions[index].error == nil {
                if positions[index].offset == TopicPartition.invalidOffset { positions[index].offset = 0 }
            }
        }
        return positions
    }

    /// The first offset and the one after the last, asked of the broker. Waits.
    ///
    /// - Parameter milliseconds: how long the partition's leader is looked for. librdkafka 2.0.2 gives a request that it
    ///   has sent `socket.timeout.ms` all the same.
    /// - Note: `rd_kafka_query_watermark_offsets`.
    public func queryWatermarks(
        _ partition: TopicPartition, milliseconds: Int32
    ) throws(StreamsError) -> (low: Int64, high: Int64) {
        try checkTopicName(partition.topic)
        var low: Int64 = 0
        var high: Int64 = 0
        let code = rd_kafka_query_watermark_offsets(
            handle, partition.topic, partition.partition, &low, &high, milliseconds)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw explained(StreamsError(ErrorCode(code))) }
        return (low, high)
    }

    /// The same as the last fetch brought them; -1001 for what is not known.
    ///
    /// - Note: `rd_kafka_get_watermark_offsets`.
    public func cachedWatermarks(_ partition: TopicPartition) throws(StreamsError) -> (low: Int64, high: Int64) {
        var low: Int64 = 0
        var high: Int64 = 0
        try StreamsError.check(
            rd_kafka_get_watermark_offsets(handle, partition.topic, partition.partition, &low, &high))
        return (low, high)
    }

    /// For each partition, whose offset is a timestamp in milliseconds, the first offset from then on. Waits.
    ///
    /// - Note: `rd_kafka_offsets_for_times`.
    public func offsetsForTimes(
        _ partitions: [TopicPartition], milliseconds: Int32
    ) throws(StreamsError) -> [TopicPartition] {
        let list = TopicPartitionList(partitions)
        let code = list.withRaw { rd_kafka_offsets_for_times(handle, $0, milliseconds) }
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw explained(StreamsError(ErrorCode(code))) }
        return list.partitions
    }

    // MARK: Where to go on

    /// Goes on from another offset. Waits until the fetcher has taken note.
    ///
    /// - Parameter thread: whom it is done for.
    /// - Throws: `_STATE` where the partition is not assigned.
    /// - Note: `rd_kafka_seek`: `rd_kafka_seek_partitions` waits for fetches that are under way, and may time out.
    public func seek(_ partition: TopicPartition, for thread: pthread_t = pthread_self()) throws(StreamsError) {
        guard let topic = rd_kafka_topic_new(handle, partition.topic, nil) else {
            throw StreamsError(ErrorCode(rd_kafka_last_error()))
        }
        defer { rd_kafka_topic_destroy(topic) }
        try ask(for: thread) { rd_kafka_seek(topic, partition.partition, partition.offset, -1) }
    }

    /// - Note: `rd_kafka_pause_partitions`.
    public func pause(_ partitions: [TopicPartition]) throws(StreamsError) {
        try ask { TopicPartitionList(partitions).withRaw { rd_kafka_pause_partitions(handle, $0) } }
    }

    /// - Note: `rd_kafka_resume_partitions`.
    public func resume(_ partitions: [TopicPartition]) throws(StreamsError) {
        try ask { TopicPartitionList(partitions).withRaw { rd_kafka_resume_partitions(handle, $0) } }
    }
}
