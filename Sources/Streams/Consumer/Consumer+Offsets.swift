import CRdkafka
import CSystem

/// How far behind the ends of partitions the application is.
extension Consumer {
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
}
