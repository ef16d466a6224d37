import CRdkafka
import CSystem

extension Consumer {
    /// How long `seek` waits for a partition that is assigned and not fetched yet, in milliseconds.
    private static let patience: Int32 = 10_000

    /// How long `pause` and `resume` wait for that, in milliseconds.
    private static let patienceWithBegin: Int32 = 1000

    /// Goes on from another offset. Waits until the fetcher has taken note.
    ///
    /// A partition that is assigned and not fetched yet has to be: librdkafka refuses until it knows where to begin. While
    /// the application is told of partitions that it has not assigned yet, they begin at that offset.
    /// - Parameter thread: whom it is done for.
    /// - Throws: `_STATE` where the partition is not assigned.
    /// - Note: `rd_kafka_seek`: `rd_kafka_seek_partitions` waits for fetches that are under way, and may time out.
    public func seek(_ partition: TopicPartition, for thread: pthread_t = pthread_self()) throws(StreamsError) {
        try partition.checkNumber()
        let partition = try names.settled([partition])[0]
        if noteSeek(partition, for: thread) { return }
        guard let topic = rd_kafka_topic_new(handle, try kafkaTopic(for: partition.topic), nil) else {
            throw StreamsError(ErrorCode(rd_kafka_last_error()))
        }
        defer { rd_kafka_topic_destroy(topic) }
        let deadline = Deadline(milliseconds: Self.patience)
        while true {
            let code = try withOpenGroup(for: thread) {
                rd_kafka_seek(topic, partition.partition, partition.offset, -1)
            }
            // `_OUTDATED`: see `askOnceBegun`.
            guard
                code == RD_KAFKA_RESP_ERR__STATE || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION
                    || code == RD_KAFKA_RESP_ERR__OUTDATED
            else { return try check(code) }
            let isAssigned = try assignment(for: thread).contains { $0.isSamePartition(as: partition) }
            if !isAssigned {
                throw StreamsError(ErrorCode(code)).followed(by: "\(partition.name) is not assigned")
            }
            if deadline.hasPassed {
                throw StreamsError(ErrorCode(code)).followed(
                    by: "\(partition.name) is assigned, and not fetched yet: give assign() the offset")
            }
            usleep(2000)
        }
    }

    /// Stops fetching partitions, which stay assigned.
    ///
    /// - Note: `rd_kafka_pause_partitions`.
    public func pause(_ partitions: [TopicPartition]) throws(StreamsError) {
        let list = try TopicPartitionList(partitions, names: names)
        notePause(list.partitions, isPaused: true)
        group.withLock { $0.paused.formUnion(list.partitions.map { PartitionKey($0) }) }
        try askOnceBegun(list) { rd_kafka_pause_partitions(handle, $0) }
    }

    /// Goes on fetching partitions.
    ///
    /// librdkafka is told of those alone that were paused here: before 2.4.0 it goes back to an earlier position of one that is
    /// not (its issue 4686), and `isAboutToBegin` may be asked of none that is being read.
    /// - Note: `rd_kafka_resume_partitions`.
    public func resume(_ partitions: [TopicPartition]) throws(StreamsError) {
        let list = try TopicPartitionList(partitions, names: names)
        notePause(list.partitions, isPaused: false)
        let paused = group.withLock { state in
            list.partitions.filter { state.paused.remove(PartitionKey($0)) != nil }
        }
        try askOnceBegun(try TopicPartitionList(paused, names: names)) { rd_kafka_resume_partitions(handle, $0) }
    }

    // MARK: Beside the begin of fetching

    /// Asks librdkafka to pause or resume partitions, twice.
    ///
    /// What a partition is asked for is numbered, and what comes to the main thread after a higher number is dropped there, of
    /// which the answer says nothing (2.0.2 to 2.16.1). That may be what is asked for here, when the main thread asks
    /// something itself between the number and the place in the queue: that is over when the first has its answer. Or it is
    /// the begin of fetching, after which the partition would never be read: so that comes first, if it comes soon. It may
    /// not, where the committed offset is waited for and nobody answers; such a partition is asked all the same.
    func askOnceBegun(
        _ list: TopicPartitionList,
        _ ask: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> rd_kafka_resp_err_t
    ) throws(StreamsError) {
        let deadline = Deadline(milliseconds: Self.patienceWithBegin)
        while true {
            let mayWait = !deadline.hasPassed
            let code: rd_kafka_resp_err_t? = try withOpenGroup {
                if mayWait && isAboutToBegin(list) { return nil }
                return list.withRaw {
                    let code = ask($0)
                    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? ask($0) : code
                }
            }
            if let code { return try check(code) }
            usleep(1000)
        }
    }

    /// Whether one of some partitions is assigned, and librdkafka has not begun to fetch it.
    ///
    /// To be asked inside `withOpenGroup`, in which nothing is assigned, and before what invalidates the messages that wait: the
    /// question does too.
    /// - Note: `rd_kafka_seek` to the stored offset, which is refused once the partition is fetched.
    private func isAboutToBegin(_ list: TopicPartitionList) -> Bool {
        let unsure = group.withLock { state in list.partitions.filter { !state.begun.contains(PartitionKey($0)) } }
        if unsure.isEmpty { return false }
        let assigned = (try? currentAssignment()) ?? []
        for partition in unsure where assigned.contains(where: { $0.isSamePartition(as: partition) }) {
            guard let name = try? kafkaTopic(for: partition.topic), let topic = rd_kafka_topic_new(handle, name, nil)
            else {
                continue
            }
            defer { rd_kafka_topic_destroy(topic) }
            let code = rd_kafka_seek(topic, partition.partition, Int64(RD_KAFKA_OFFSET_STORED), -1)
            guard code == RD_KAFKA_RESP_ERR__INVALID_ARG else { return true }
            group.withLock { _ = $0.begun.insert(PartitionKey(partition)) }
        }
        return false
    }
}
