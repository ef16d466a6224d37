import CRdkafka

/// librdkafka's Kafka cluster inside the process, for tests.
///
/// It listens on the loopback interface. Brokers have the ids 1 to `brokers`. All functions may be called from any
/// thread, at the same time. A call that the loaded librdkafka does not have throws `_NOT_IMPLEMENTED`, and names the
/// function that is missing and the library's version; an argument out of range throws `_INVALID_ARG`, and a broker that
/// there is not `_UNKNOWN_BROKER`.
///
/// It stops when the last reference to it goes.
///
/// - Note: `rdkafka_mock.h`. A vendor's librdkafka may lack it as a whole: then the initialiser says so.
public final class MockCluster: @unchecked Sendable {
    // Unchecked: librdkafka guards the cluster with a lock of its own.
    private let handle: OpaquePointer
    let cluster: OpaquePointer
    /// How many brokers it has.
    public let brokers: Int32

    /// Starts brokers on free ports of the loopback interface.
    ///
    /// - Parameter brokers: 1 to `largestBrokerCount`.
    /// - Throws: `_FAIL` where the process may not open a socket for each broker, or no port is free for one.
    /// - Note: `rd_kafka_mock_cluster_new`.
    public init(brokers: Int32) throws(StreamsError) {
        try Self.check("brokers", brokers, in: 1...Self.largestBrokerCount)
        try Self.checkFiles(for: brokers)
        try Self.checkPorts(for: brokers)
        let new = try Symbols.Mock.clusterNew.required
        let configuration = Configuration(dialect: .kafka)
        handle = try configuration.withRaw { (conf) throws(StreamsError) -> OpaquePointer in
            // The client that carries the cluster talks to nobody: its complaint about that is of no use.
            rd_kafka_conf_set_log_cb(conf) { _, _, _, _ in }
            var text = [CChar](repeating: 0, count: 512)
            guard let handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, &text, text.count) else {
                throw StreamsError(ErrorCode(rd_kafka_last_error()))
            }
            configuration.relinquish()
            return handle
        }
        guard let cluster = new(handle, brokers) else {
            rd_kafka_destroy(handle)
            throw StreamsError(.fail, reason: "librdkafka could not start a mock cluster of \(brokers) brokers")
        }
        self.cluster = cluster
        self.brokers = brokers
    }

    deinit {
        let (cluster, handle) = (cluster, handle)
        let end = { () throws(StreamsError) in
            Symbols.Mock.clusterDestroy.address?(cluster)
            rd_kafka_destroy(handle)
        }
        // On a thread of its own, which is waited for a while: two of librdkafka's threads may miss each other's last
        // word there, and look again a second later only. The brokers' sockets are closed before that.
        guard let call = try? HelperCall(end) else { return (try? end()) ?? () }
        _ = call.wait(milliseconds: 100)
    }

    /// For `bootstrap.servers`.
    public var bootstrapServers: String {
        guard
            let bootstraps = Symbols.Mock.clusterBootstraps.address,
            let text = bootstraps(cluster)
        else { return "" }
        return String(cString: text)
    }

    // MARK: What the functions of rdkafka_mock.h have in common

    /// Calls a function, and throws what it returns.
    func withFunction<Function>(
        _ symbol: Symbol<Function>, _ call: (Function) -> rd_kafka_resp_err_t
    ) throws(StreamsError) {
        try StreamsError.check(call(try symbol.required))
    }

    // MARK: Topics

    /// Creates a topic. Names are not checked: a name that no Kafka takes is taken here.
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
