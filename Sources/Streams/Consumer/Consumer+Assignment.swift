import CRdkafka
import CSystem

extension Consumer {
    // MARK: Subscription

    /// Subscribes to topics, and to patterns that begin with `^`; replaces the subscription before.
    ///
    /// - Throws: `_CONFLICT` in the MapR dialect, where the application has assigned partitions itself.
    /// - Note: `rd_kafka_subscribe`.
    public func subscribe(_ topics: [String]) throws(StreamsError) {
        for topic in topics { try checkTopicName(topic) }
        if dialect == .mapr && subscription.withLock({ $0.isManual }) {
            throw StreamsError(
                .conflict,
                reason: "the consumer is assigned to partitions: call unassign() before subscribe()")
        }
        // A subscription that a close finds at its end makes librdkafka abort, up to 2.16.0 at least.
        try ask(beforeCloseOnly: true) {
            TopicPartitionList(topics: topics).withRaw { rd_kafka_subscribe(handle, $0) }
        }
    }

    /// - Note: `rd_kafka_unsubscribe`.
    public func unsubscribe() throws(StreamsError) {
        try ask { rd_kafka_unsubscribe(handle) }
    }

    // MARK: Assignment

    /// Consumes these partitions from now on, and none else.
    ///
    /// - Note: `rd_kafka_assign`.
    public func assign(_ partitions: [TopicPartition]) throws(StreamsError) {
        try checkAssignable(partitions)
        try ask { TopicPartitionList(partitions).withRaw { rd_kafka_assign(handle, $0) } }
        noteAnswer(isManual: true)
    }

    /// - Note: `rd_kafka_assign` with no list.
    public func unassign() throws(StreamsError) {
        try ask { rd_kafka_assign(handle, nil) }
        noteAnswer(isManual: false)
    }

    /// - Note: `rd_kafka_incremental_assign`.
    public func incrementalAssign(_ partitions: [TopicPartition]) throws(StreamsError) {
        try checkAssignable(partitions)
        let list = TopicPartitionList(partitions)
        let error = try answer { list.withRaw { rd_kafka_incremental_assign(handle, $0) } }
        try StreamsError.check(error)
        noteAnswer(isManual: true)
    }

    /// - Note: `rd_kafka_incremental_unassign`.
    public func incrementalUnassign(_ partitions: [TopicPartition]) throws(StreamsError) {
        let list = TopicPartitionList(partitions)
        let error = try answer { list.withRaw { rd_kafka_incremental_unassign(handle, $0) } }
        try StreamsError.check(error)
        noteAnswer(isManual: nil)
    }

    /// librdkafka makes no topic of a name that is longer than 512 bytes, and assigning to one ends the process.
    private func checkAssignable(_ partitions: [TopicPartition]) throws(StreamsError) {
        for partition in partitions {
            try checkTopicName(partition.topic)
            let count = partition.topic.utf8.count
            if count > 512 {
                throw StreamsError(
                    .invalidArgument,
                    reason: "topic \"\(partition.topic.prefix(32))...\" has \(count) bytes, and a name has 512 at most")
            }
        }
    }

    /// - Note: `rd_kafka_assignment`.
    public func assignment() throws(StreamsError) -> [TopicPartition] {
        var list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
        try ask { rd_kafka_assignment(handle, &list) }
        guard let list else { return [] }
        return TopicPartitionList(owning: list).partitions
    }

    /// Whether partitions were taken away without being given back. - Note: `rd_kafka_assignment_lost`.
    public var isAssignmentLost: Bool { rd_kafka_assignment_lost(handle) != 0 }

    /// The group's name for this member; nil before it has joined and once it leaves. - Note: `rd_kafka_memberid`.
    public var memberID: String? {
        let given: UnsafeMutablePointer<CChar>?? = try? answer { rd_kafka_memberid(handle) }
        guard let text = given ?? nil else { return nil }
        defer { rd_kafka_mem_free(handle, text) }
        return text[0] == 0 ? nil : String(cString: text)
    }

    /// Whether a rebalance waits for what a thread is telling the application.
    func isRebalanceHeld(by thread: pthread_t) -> Bool {
        subscription.withLock { state in
            state.telling(by: thread).map { !state.tellings[$0].hasAnswered } ?? false
        }
    }

    private func noteAnswer(isManual: Bool?) {
        let here = pthread_self()
        subscription.withLock { state in
            if let telling = state.telling(by: here) {
                state.tellings[telling].hasAnswered = true
            } else if let isManual {
                state.isManual = isManual
            }
        }
    }

    // MARK: Rebalance

    /// Tells the application of a rebalance, and answers librdkafka where the application has not.
    ///
    /// Called by librdkafka inside the call that serves the consumer.
    func rebalance(_ code: rd_kafka_resp_err_t, _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?) {
        let isAssigned = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS
        let isRevoked = code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS
        if isAssigned || isRevoked, let tell = context.events.rebalance {
            let partitions = TopicPartitionList.partitions(of: list)
            let kind: ClientEvents.Rebalance = isAssigned ? .assigned : isAssignmentLost ? .lost : .revoked
            let here = pthread_self()
            subscription.withLock { $0.tellings.append(Telling(thread: here)) }
            tell(kind, partitions)
            let hasAnswered = subscription.withLock { state in
                state.tellings.remove(at: state.telling(by: here).unsafelyUnwrapped).hasAnswered
            }
            if hasAnswered { return }
        }
        let cooperation = rd_kafka_rebalance_protocol(handle).map { String(cString: $0) }
        if cooperation == "COOPERATIVE" && (isAssigned || isRevoked) {
            let error =
                isAssigned
                ? rd_kafka_incremental_assign(handle, list) : rd_kafka_incremental_unassign(handle, list)
            if let error { rd_kafka_error_destroy(error) }
        } else {
            rd_kafka_assign(handle, isAssigned ? list : nil)
        }
    }
}
