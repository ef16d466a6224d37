import CRdkafka
import CSystem

/// Where logs begin and end, and how far behind the end the application is: each asked for many partitions at once.
extension Consumer {
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
        try answered(partitions) { (partitions) throws(StreamsError) in
            for partition in partitions {
                try partition.checkNumber()
                _ = try kafkaTopic(for: partition.topic)
            }
            let asked = partitions.map { TopicPartition($0.topic, $0.partition, offset: end.rawValue) }
            var answers = try logEnds(asked, until: Deadline(milliseconds: milliseconds))
            for index in answers.indices where answers[index].error != nil || answers[index].offset < 0 {
                answers[index].offset = TopicPartition.invalidOffset
            }
            return answers
        }
    }

    /// How many offsets the application is behind the ends of partitions. Waits.
    ///
    /// It is counted from the position; where nothing was consumed yet, from the offset that the partition was assigned
    /// with, or else the committed one.
    /// - Parameters:
    ///   - partitions: nil for those that are consumed.
    ///   - thread: whom it is done for.
    /// - Returns: the partitions in their order and under the names given, with the offsets that are counted from, -1001 where
    ///   there is none; and their lags, nil where either end is not known.
    /// - Throws: what `offsets`, `committed` and `assignment` do.
    /// - Note: `rd_kafka_position`, `rd_kafka_committed`, `rd_kafka_offsets_for_times`.
    public func lag(
        of partitions: [TopicPartition]?, milliseconds: Int32, for thread: pthread_t = pthread_self()
    ) throws(StreamsError) -> [(partition: TopicPartition, lag: Int64?)] {
        let deadline = Deadline(milliseconds: milliseconds)
        let assigned = try assignment(for: thread)
        let partitions = partitions ?? assigned
        // Before the ends are asked for: what is consumed meanwhile may lie beyond them.
        let next = try answered(partitions) { (partitions) throws(StreamsError) in
            try nextOffsets(of: partitions, assigned: assigned, until: deadline)
        }
        let ends = try offsets(at: .end, of: partitions, milliseconds: deadline.milliseconds)
        return zip(next, ends).map { next, end in
            var partition = next
            if let error = end.error { (partition.error, partition.reason) = (error, end.reason) }
            if partition.error != nil || next.offset < 0 || end.offset < 0 { return (partition, nil) }
            return (partition, max(0, end.offset - next.offset))
        }
    }

    /// Where the application goes on with each of some partitions, each of which is there once.
    private func nextOffsets(
        of partitions: [TopicPartition], assigned: [TopicPartition], until deadline: Deadline
    ) throws(StreamsError) -> [TopicPartition] {
        for partition in partitions { try partition.checkNumber() }
        let list = try TopicPartitionList(
            partitions.map { TopicPartition($0.topic, $0.partition) }, names: names)
        try check(list.withRaw { rd_kafka_position(handle, $0) })
        var next = list.partitions
        var begins: [PartitionKey: Int64] = [:]
        for partition in assigned { begins[PartitionKey(partition)] = partition.offset }
        var uncommitted: [Int] = []
        for index in next.indices {
            // That it was not seen yet is no error of the partition's.
            next[index].error = nil
            if next[index].offset >= 0 { continue }
            let begin = begins[PartitionKey(next[index])] ?? TopicPartition.invalidOffset
            next[index].offset = begin >= 0 ? begin : TopicPartition.invalidOffset
            // An assignment that names no offset begins at the committed one.
            let isCommitted = begin == TopicPartition.invalidOffset || begin == TopicPartition.storedOffset
            if isCommitted { uncommitted.append(index) }
        }
        if uncommitted.isEmpty { return next }
        let committed = try committed(uncommitted.map { next[$0] }, milliseconds: deadline.milliseconds)
        for (index, answer) in zip(uncommitted, committed) { next[index] = answer }
        return next
    }

    /// What `ask` answers for each partition, which it is asked for once.
    ///
    /// - Returns: the answers for partitions, in their order and under the names given.
    private func answered(
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

    /// - Parameter partitions: their offsets are ends.
    private func logEnds(
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
                return try logEnds([TopicPartition](partitions[..<middle]), until: deadline)
                    + logEnds([TopicPartition](partitions[middle...]), until: deadline)
            }
            answers[0].error = code
        }
        for index in answers.indices {
            guard let error = answers[index].error else { continue }
            let topic = try names.kafkaTopic(for: answers[index].topic)
            answers[index].reason =
                explained(StreamsError(error), ofTopic: topic, partition: answers[index].partition).reason
        }
        return answers
    }
}
