import CRdkafka

/// Where logs begin and end, and where a time is in them: each asked for many partitions at once.
extension Client {
    /// An end of a partition's log, as a request for offsets names it instead of a time.
    public enum LogEnd: Int64, Sendable {
        case beginning = -2
        case end = -1
    }

    /// The first offsets of partitions, or those after the last. Waits.
    ///
    /// Each broker that leads some of the partitions gets one request. With `isolation.level` `read_committed` the end is
    /// where the first transaction that is open begins.
    /// - Returns: the partitions in their order and under the names given, with their offsets, or with the reason why there
    ///   is none and -1001.
    /// - Throws: `_INVALID_ARG` where a partition is missing; what keeps brokers from answering.
    /// - Note: `rd_kafka_offsets_for_times`, which hands these two "times" on to the brokers.
    public func offsets(
        at end: LogEnd, of partitions: [TopicPartition], milliseconds: Int32
    ) throws(StreamsError) -> [TopicPartition] {
        try offsets(of: partitions, from: end.rawValue, milliseconds: milliseconds)
    }

    /// The same for the first offsets from a time on, in milliseconds since the epoch; the end where there is no later record.
    public func offsets(
        of partitions: [TopicPartition], from time: Int64, milliseconds: Int32
    ) throws(StreamsError) -> [TopicPartition] {
        let deadline = Deadline(milliseconds: milliseconds)
        return try answered(partitions) { (partitions) throws(StreamsError) in
            for partition in partitions {
                try partition.checkNumber()
                _ = try kafkaTopic(for: partition.topic)
            }
            var answers = try found(
                partitions.map { TopicPartition($0.topic, $0.partition, offset: time) }, until: deadline)
            let late = answers.indices.filter { answers[$0].error == nil && answers[$0].offset == LogEnd.end.rawValue }
            if !late.isEmpty && time >= 0 {
                let ends = late.map {
                    TopicPartition(answers[$0].topic, answers[$0].partition, offset: LogEnd.end.rawValue)
                }
                for (index, end) in zip(late, try found(ends, until: deadline)) { answers[index] = end }
            }
            for index in answers.indices where answers[index].error != nil || answers[index].offset < 0 {
                answers[index].offset = TopicPartition.invalidOffset
            }
            return answers
        }
    }

    /// What `ask` answers for each partition, which it is asked for once.
    ///
    /// - Returns: the answers for partitions, in their order and under the names given.
    func answered(
        _ partitions: [TopicPartition], _ ask: ([TopicPartition]) throws(StreamsError) -> [TopicPartition]
    ) throws(StreamsError) -> [TopicPartition] {
        if partitions.isEmpty { return [] }
        let settled = try names.settled(partitions)
        let each = settled.keepingLast()
        var answers: [PartitionKey: TopicPartition] = [:]
        for (partition, answer) in zip(each, try ask(each)) { answers[PartitionKey(partition)] = answer }
        return zip(partitions, settled).map { given, settled in
            var answer = answers[PartitionKey(settled)] ?? given
            answer.topic = given.topic
            return answer
        }
    }

    /// - Parameter partitions: their offsets are ends, or times.
    private func found(
        _ partitions: [TopicPartition], until deadline: Deadline
    ) throws(StreamsError) -> [TopicPartition] {
        let list = try TopicPartitionList(partitions, names: names)
        let raw = try askUntilAnswered(milliseconds: deadline.milliseconds) { milliseconds throws(StreamsError) in
            list.withRaw { rd_kafka_offsets_for_times(handle, $0, milliseconds) }
        }
        let code = ErrorCode(raw)
        var answers = list.partitions
        // librdkafka has found no leader at all, and says of each partition why.
        let hasNone = code == .unknownPartition && answers.allSatisfy { $0.error != nil }
        if code != .noError && !hasNone {
            // What a broker says of one of them, librdkafka says of all.
            guard code.rawValue > 0 else { throw explained(StreamsError(code)) }
            if partitions.count > 1 {
                let middle = partitions.count / 2
                return try found([TopicPartition](partitions[..<middle]), until: deadline)
                    + found([TopicPartition](partitions[middle...]), until: deadline)
            }
            answers[0].error = code
        }
        for index in answers.indices {
            guard let error = answers[index].error else { continue }
            let topic = try names.kafkaTopic(for: answers[index].topic)
            answers[index].reason =
                explained(
                    StreamsError(error), ofTopic: topic, partition: answers[index].partition,
                    wanting: context.kind.isGroupMember ? nil : "Describe"
                ).reason
        }
        return answers
    }
}
