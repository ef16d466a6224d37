import CRdkafka

/// Topics, partitions, and which broker does what.
extension MockCluster {
    /// Creates a topic. Its name is not checked: see `Topic.isName`.
    ///
    /// - Parameters:
    ///   - partitions: 1 to `largestPartitionCount`.
    ///   - replicationFactor: on how many brokers each partition is: 1 to `brokers`.
    /// - Throws: `TOPIC_ALREADY_EXISTS`.
    /// - Note: `rd_kafka_mock_topic_create`.
    public func createTopic(_ name: String, partitions: Int32, replicationFactor: Int32) throws(StreamsError) {
        try Self.check("partitions", partitions, in: 1...Self.largestPartitionCount)
        try Self.check("replication factor", replicationFactor, in: 1...brokers)
        try withFunction(Symbols.Mock.topicCreate) {
            $0(cluster, name, partitions, replicationFactor)
        }
    }

    /// Deletes a topic.
    ///
    /// - Throws: `UNKNOWN_TOPIC_OR_PART`.
    /// - Note: `rd_kafka_mock_topic_delete`, of librdkafka 2.15 and later.
    public func deleteTopic(_ name: String) throws(StreamsError) {
        try Self.naming("there is no topic \"\(name)\"") { () throws(StreamsError) in
            try withFunction(Symbols.Mock.topicDelete) { $0(cluster, name) }
        }
    }

    /// Deletes the messages of a partition that come before an offset.
    ///
    /// - Throws: `UNKNOWN_TOPIC_OR_PART`; `OFFSET_OUT_OF_RANGE` where the offset is above the partition's end.
    /// - Note: `rd_kafka_mock_partition_delete_records`, of librdkafka 2.15 and later.
    public func deleteRecords(_ topic: String, _ partition: Int32, before offset: Int64) throws(StreamsError) {
        guard offset >= 0 else {
            throw StreamsError(.invalidArgument, reason: "offset must be at least 0, not \(offset)")
        }
        try withFunction(Symbols.Mock.partitionDeleteRecords, of: topic, partition) {
            $0(cluster, topic, partition, offset)
        }
    }

    // MARK: Which broker does what

    /// Makes a broker the leader of a partition.
    ///
    /// - Parameters:
    ///   - topic: one that does not exist is created, with partitions up to this one.
    ///   - broker: -1 leaves the partition without a leader.
    /// - Throws: `UNKNOWN_TOPIC_OR_PART`.
    /// - Note: `rd_kafka_mock_partition_set_leader`.
    public func setPartitionLeader(_ topic: String, _ partition: Int32, broker: Int32) throws(StreamsError) {
        try checkBroker(broker, orMinusOne: "no leader")
        try withFunction(Symbols.Mock.partitionSetLeader, of: topic, partition) {
            $0(cluster, topic, partition, broker)
        }
    }

    /// The broker that consumers are told to fetch a partition from, in the place of its leader.
    ///
    /// The leader tells so every consumer that fetches from it, whatever its `client.rack`, and gives it no messages.
    ///
    /// - Parameters:
    ///   - topic: one that does not exist is created, with partitions up to this one.
    ///   - broker: -1 for none.
    /// - Throws: `UNKNOWN_TOPIC_OR_PART`.
    /// - Note: `rd_kafka_mock_partition_set_follower`.
    public func setPartitionFollower(_ topic: String, _ partition: Int32, broker: Int32) throws(StreamsError) {
        try checkBroker(broker, orMinusOne: "no follower")
        try withFunction(Symbols.Mock.partitionSetFollower, of: topic, partition) {
            $0(cluster, topic, partition, broker)
        }
    }

    /// How much of a partition its follower has.
    ///
    /// - Parameters:
    ///   - topic: one that does not exist is created, with partitions up to this one.
    ///   - low: the first offset; nil for the leader's.
    ///   - high: the high watermark that it tells; nil for the leader's. Where it has a message of this offset, which is
    ///     the first that it should not have, it serves that too, and none after it.
    /// - Throws: `UNKNOWN_TOPIC_OR_PART`.
    /// - Note: `rd_kafka_mock_partition_set_follower_wmarks`.
    public func setFollowerWatermarks(
        _ topic: String, _ partition: Int32, low: Int64?, high: Int64?
    ) throws(StreamsError) {
        guard low ?? 0 >= 0, high ?? .max >= low ?? 0 else {
            throw StreamsError(.invalidArgument, reason: "watermarks must be at least 0, and low not above high")
        }
        try withFunction(Symbols.Mock.partitionSetFollowerWatermarks, of: topic, partition) {
            $0(cluster, topic, partition, low ?? -1, high ?? -1)
        }
    }

    /// Makes a broker the coordinator of a consumer group or of a transactional producer.
    ///
    /// - Parameters:
    ///   - kind: `group` or `transaction`.
    ///   - key: the `group.id` or the `transactional.id`.
    /// - Throws: `_INVALID_ARG` for another kind.
    /// - Note: `rd_kafka_mock_coordinator_set`.
    public func setCoordinator(kind: String, key: String, broker: Int32) throws(StreamsError) {
        try checkBroker(broker)
        try withFunction(Symbols.Mock.coordinatorSet) { $0(cluster, kind, key, broker) }
    }

    /// How long a group waits for more members before it first assigns partitions: three seconds, unless set.
    ///
    /// - Note: `rd_kafka_mock_group_initial_rebalance_delay_ms`, of librdkafka 2.6 and later.
    public func setGroupInitialRebalanceDelay(milliseconds: Int32) throws(StreamsError) {
        try Self.check("milliseconds", milliseconds, in: 0...Int32.max)
        try Symbols.Mock.groupInitialRebalanceDelay.required(
            cluster, milliseconds)
    }
}
