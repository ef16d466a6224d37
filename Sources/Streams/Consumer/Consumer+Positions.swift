import CRdkafka
import CSystem

extension Consumer {
    /// The committed offsets of partitions. Waits.
    ///
    /// - Throws: `_STATE` once a close has begun: librdkafka asks nobody then, and waits until the time is over.
    /// - Note: `rd_kafka_committed`.
    public func committed(_ partitions: [TopicPartition], milliseconds: Int32) throws(StreamsError) -> [TopicPartition]
    {
        let list = try TopicPartitionList(partitions, names: names)
        let code = try askUntilAnswered(milliseconds: milliseconds) { milliseconds throws(StreamsError) in
            _ = try withOpenGroup(beforeCloseOnly: true) {}
            return list.withRaw { rd_kafka_committed(handle, $0, milliseconds) }
        }
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw explained(StreamsError(ErrorCode(code))) }
        return list.partitions
    }

    /// The offsets after the last messages that the application has got.
    ///
    /// A partition without one has offset 0 in the MapR dialect, -1001 in Kafka's and where there is an error.
    /// - Note: `rd_kafka_position`.
    public func position(_ partitions: [TopicPartition]) throws(StreamsError) -> [TopicPartition] {
        let list = try TopicPartitionList(partitions, names: names)
        try check(list.withRaw { rd_kafka_position(handle, $0) })
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
        let topic = try kafkaTopic(for: partition.topic)
        var low: Int64 = 0
        var high: Int64 = 0
        let code = try askUntilAnswered(milliseconds: milliseconds) { milliseconds throws(StreamsError) in
            rd_kafka_query_watermark_offsets(handle, topic, partition.partition, &low, &high, milliseconds)
        }
        if code != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw explained(StreamsError(ErrorCode(code)), ofTopic: topic, partition: partition.partition)
        }
        return (low, high)
    }

    /// The same as the last fetch brought them; -1001 for what is not known.
    ///
    /// - Note: `rd_kafka_get_watermark_offsets`.
    public func cachedWatermarks(_ partition: TopicPartition) throws(StreamsError) -> (low: Int64, high: Int64) {
        let topic = try kafkaTopic(for: partition.topic)
        var low: Int64 = 0
        var high: Int64 = 0
        try check(
            rd_kafka_get_watermark_offsets(handle, topic, partition.partition, &low, &high))
        return (low, high)
    }

    /// For each partition, whose offset is a timestamp in milliseconds, the first offset from then on. Waits.
    ///
    /// A partition may be there for several times: librdkafka, which answers for one, is asked again.
    /// - Note: `rd_kafka_offsets_for_times`.
    public func offsetsForTimes(
        _ partitions: [TopicPartition], milliseconds: Int32
    ) throws(StreamsError) -> [TopicPartition] {
        let deadline = Deadline(milliseconds: milliseconds)
        return try partitions.askedInRounds { (partitions) throws(StreamsError) in
            let list = try TopicPartitionList(partitions, names: names)
            try willAsk(for: partitions.map { $0.topic })
            let code = try askUntilAnswered(milliseconds: deadline.milliseconds) { milliseconds throws(StreamsError) in
                list.withRaw { rd_kafka_offsets_for_times(handle, $0, milliseconds) }
            }
            if code != RD_KAFKA_RESP_ERR_NO_ERROR {
                // It is of all, or of the one that says so itself.
                let answers = list.partitions
                let error = StreamsError(ErrorCode(code))
                guard
                    let first = answers.first(where: { $0.error != nil }) ?? (answers.count == 1 ? answers.first : nil)
                else { throw explained(error) }
                throw explained(error, ofTopic: try kafkaTopic(for: first.topic), partition: first.partition)
            }
            return list.partitions
        }
    }
}
