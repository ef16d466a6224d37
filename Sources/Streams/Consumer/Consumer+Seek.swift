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
        try pauseOnceBegun(list)
    }

    /// - Parameter waits: for the begin, see `askOnceBegun`.
    func pauseOnceBegun(_ list: TopicPartitionList, waits: Bool = true) throws(StreamsError) {
        try askOnceBegun(waits: waits) { isLast in
            if !isLast && isAboutToBegin(list) { return nil }
            group.withLock { $0.paused.formUnion(list.partitions.map { PartitionKey($0) }) }
            return list.withRaw {
                let code = rd_kafka_pause_partitions(handle, $0)
                return code == RD_KAFKA_RESP_ERR_NO_ERROR ? rd_kafka_pause_partitions(handle, $0) : code
            }
        }
    }

    /// Goes on fetching partitions.
    ///
    /// Those alone that were paused here: before 2.4.0 librdkafka goes back to an earlier position of one that is not paused (its
    /// issue 4686), and later it does nothing, not even what `isAboutToBegin` needs after it. So they are paused once more, which
    /// keeps the position and costs nothing while nothing is fetched.
    /// - Note: `rd_kafka_pause_partitions`, `rd_kafka_resume_partitions`.
    public func resume(_ partitions: [TopicPartition]) throws(StreamsError) {
        let list = try TopicPartitionList(partitions, names: names)
        notePause(list.partitions, isPaused: false)
        try askOnceBegun { isLast in
            let keys = group.withLock { state in list.partitions.filter { state.paused.contains(PartitionKey($0)) } }
            guard !keys.isEmpty, let paused = try? TopicPartitionList(keys, names: names) else {
                return RD_KAFKA_RESP_ERR_NO_ERROR
            }
            if !isLast && isAboutToBegin(paused) { return nil }
            group.withLock { $0.paused.subtract(keys.map { PartitionKey($0) }) }
            return paused.withRaw {
                for _ in 1...2 {
                    for ask in [rd_kafka_pause_partitions, rd_kafka_resume_partitions] {
                        let code = ask(handle, $0)
                        if code != RD_KAFKA_RESP_ERR_NO_ERROR { return code }
                    }
                }
                return RD_KAFKA_RESP_ERR_NO_ERROR
            }
        }
    }

    // MARK: Beside the begin of fetching

    /// Asks librdkafka to pause or resume partitions, which is done twice.
    ///
    /// What a partition is asked for is numbered, and what comes to the main thread after a higher number is dropped there, of
    /// which the answer says nothing (2.0.2 to 2.16.1). That may be what is asked for here, when the main thread asks
    /// something itself between the number and the place in the queue: that is over when the first has its answer. Or it is
    /// the begin of fetching, after which the partition would never be read: so that comes first, if it comes soon. It may
    /// not, where the committed offset is waited for and nobody answers; such a partition is asked all the same.
    /// - Parameters:
    ///   - waits: for the begin; not with the GIL held, as inside the call that serves the consumer.
    ///   - ask: is called inside `withOpenGroup`; nil where it is to be called again.
    private func askOnceBegun(
        waits: Bool = true, _ ask: (_ isLast: Bool) -> rd_kafka_resp_err_t?
    ) throws(StreamsError) {
        let deadline = Deadline(milliseconds: waits ? Self.patienceWithBegin : 0)
        while true {
            let isLast = deadline.hasPassed
            if let code = try withOpenGroup({ ask(isLast) }) { return try check(code) }
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
