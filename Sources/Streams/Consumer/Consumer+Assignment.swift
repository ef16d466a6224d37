import CRdkafka
import CSystem

extension Consumer {
    /// Consumes these partitions from now on, and none else.
    ///
    /// While the application is told of partitions that a cooperative group has given, which come beside those that it
    /// has, they are added.
    /// - Note: `rd_kafka_assign`; then `rd_kafka_incremental_assign`.
    public func assign(_ partitions: [TopicPartition]) throws(StreamsError) {
        if try isWholeAnswer(isAssigning: true) {
            try incrementalAssign(names.settled(partitions).without(assignment()))
            return noteWholeAnswer()
        }
        try checkAssignable(partitions)
        let list = try TopicPartitionList(withNotedOffsets(names.settled(partitions)), names: names)
        try willAsk(for: partitions.map { $0.topic })
        try checkWithOpenGroup { list.withRaw { changeAssignment(rd_kafka_assign(handle, $0)) } }
        noteAnswer(isAssignedByApplication: true)
    }

    /// Consumes no partitions any more.
    ///
    /// While the application is told of partitions that a cooperative group takes away, it is only those.
    /// - Note: `rd_kafka_assign` with no list; then `rd_kafka_incremental_unassign`.
    public func unassign() throws(StreamsError) {
        if try isWholeAnswer(isAssigning: false) {
            let assigned = try assignment()
            try incrementalUnassign(assigned.without(assigned.without(partitionsOfRebalance())))
            return noteWholeAnswer()
        }
        try checkWithOpenGroup { changeAssignment(rd_kafka_assign(handle, nil)) }
        noteAnswer(isAssignedByApplication: false)
    }

    /// Adds partitions to those that are consumed.
    ///
    /// - Note: `rd_kafka_incremental_assign`.
    public func incrementalAssign(_ partitions: [TopicPartition]) throws(StreamsError) {
        try checkAssignable(partitions)
        let list = try TopicPartitionList(withNotedOffsets(names.settled(partitions)), names: names)
        try willAsk(for: partitions.map { $0.topic })
        try check(withOpenGroup { list.withRaw { changeAssignment(rd_kafka_incremental_assign(handle, $0)) } })
        noteAnswer(isAssignedByApplication: true)
    }

    /// Takes partitions from those that are consumed.
    ///
    /// - Note: `rd_kafka_incremental_unassign`, which ends the process for a partition that is there twice.
    public func incrementalUnassign(_ partitions: [TopicPartition]) throws(StreamsError) {
        let list = try TopicPartitionList(partitions, names: names)
        try list.partitions.checkEachOnce()
        try check(withOpenGroup { list.withRaw { changeAssignment(rd_kafka_incremental_unassign(handle, $0)) } })
        noteAnswer(isAssignedByApplication: nil)
    }

    /// Changes the assignment, once librdkafka has begun what the change before asks for.
    ///
    /// A partition that is taken away again before that is stopped twice, and librdkafka aborts at the second
    /// (`rd_kafka_assignment_partition_stopped`, 2.0.2 to 2.16.1). One change at a time: inside `withOpenGroup`, or as the
    /// answer to a rebalance.
    func changeAssignment<Answer>(_ change: @autoclosure () -> Answer) -> Answer {
        waitForMainThread()
        group.withLock { $0.begun.removeAll() }
        return change()
    }

    private func checkAssignable(_ partitions: [TopicPartition]) throws(StreamsError) {
        for partition in partitions {
            try checkTopicName(partition.topic)
            try partition.checkNumber()
            // librdkafka makes no topic of a longer name, and assigning to one ends the process.
            let count = partition.topic.utf8.count
            if count > 512 {
                throw StreamsError(
                    .invalidArgument,
                    reason: "topic \"\(partition.topic.prefix(32))...\" has \(count) bytes, and a name has 512 at most")
            }
        }
        try partitions.checkEachOnce()
    }

    /// The partitions that are consumed.
    ///
    /// - Parameter thread: whom it is asked for.
    /// - Note: `rd_kafka_assignment`.
    public func assignment(for thread: pthread_t = pthread_self()) throws(StreamsError) -> [TopicPartition] {
        var list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
        try checkWithOpenGroup(for: thread) { rd_kafka_assignment(handle, &list) }
        guard let list else { return [] }
        return TopicPartitionList(owning: list, names: names).partitions
    }

    /// Whether partitions were taken away without being given back. - Note: `rd_kafka_assignment_lost`.
    public var isAssignmentLost: Bool { rd_kafka_assignment_lost(handle) != 0 }
}
