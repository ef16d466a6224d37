import CRdkafka
import CSystem

extension Consumer {
    /// How long `seek` waits for a partition that is assigned and not fetched yet, in milliseconds.
    private static let patience: Int32 = 10_000

    /// See `resume`.
    private static let resumesPausedOnly = Librdkafka.isAtLeast(2, 4)

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
            // `_OUTDATED`: see `pauseForCertain`.
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
        if !Self.resumesPausedOnly {
            group.withLock { $0.paused.formUnion(list.partitions.map { PartitionKey($0) }) }
        }
        try checkWithOpenGroup { pauseForCertain(list) }
    }

    /// Has librdkafka pause partitions, twice.
    ///
    /// What a partition is asked for is numbered, and what comes to the main thread after a higher number is dropped there, of
    /// which the answer says nothing (2.0.2 to 2.16.1). A pause is, where the main thread begins to fetch the partition in the
    /// moment between its number and its place in the queue: after an assignment, when the committed offset comes. That is
    /// over when the first has its answer.
    /// - Note: `rd_kafka_pause_partitions`.
    func pauseForCertain(_ list: TopicPartitionList) -> rd_kafka_resp_err_t {
        list.withRaw {
            let code = rd_kafka_pause_partitions(handle, $0)
            return code == RD_KAFKA_RESP_ERR_NO_ERROR ? rd_kafka_pause_partitions(handle, $0) : code
        }
    }

    /// Goes on fetching partitions.
    ///
    /// Before 2.4.0 librdkafka goes back to an earlier position of a partition that is not paused (its issue 4686): it is
    /// told of those alone that were paused here.
    /// - Note: `rd_kafka_resume_partitions`.
    public func resume(_ partitions: [TopicPartition]) throws(StreamsError) {
        var list = try TopicPartitionList(partitions, names: names)
        notePause(list.partitions, isPaused: false)
        if !Self.resumesPausedOnly {
            let paused = group.withLock { state in
                list.partitions.filter { state.paused.remove(PartitionKey($0)) != nil }
            }
            list = try TopicPartitionList(paused, names: names)
        }
        try checkWithOpenGroup { list.withRaw { rd_kafka_resume_partitions(handle, $0) } }
    }
}
