import CRdkafka

/// librdkafka's Kafka cluster inside the process, for tests.
///
/// - Note: `rdkafka_mock.h`. A vendor's librdkafka may lack it: then the initialiser says so.
public final class MockCluster: @unchecked Sendable {
    // Unchecked: librdkafka guards the cluster with a lock of its own.
    private let handle: OpaquePointer
    private let cluster: OpaquePointer

    private typealias New = @convention(c) (OpaquePointer?, Int32) -> OpaquePointer?
    private typealias Destroy = @convention(c) (OpaquePointer?) -> Void
    private typealias Bootstraps = @convention(c) (OpaquePointer?) -> UnsafePointer<CChar>?
    private typealias CreateTopic =
        @convention(c) (
            OpaquePointer?, UnsafePointer<CChar>?, Int32, Int32
        ) -> rd_kafka_resp_err_t
    private typealias OfBroker = @convention(c) (OpaquePointer?, Int32) -> rd_kafka_resp_err_t
    private typealias OfBrokerInt = @convention(c) (OpaquePointer?, Int32, Int32) -> rd_kafka_resp_err_t
    private typealias OfPartition =
        @convention(c) (
            OpaquePointer?, UnsafePointer<CChar>?, Int32, Int32
        ) -> rd_kafka_resp_err_t
    private typealias OfText =
        @convention(c) (
            OpaquePointer?, UnsafePointer<CChar>?, UnsafePointer<CChar>?, Int32
        ) -> rd_kafka_resp_err_t
    private typealias PushErrors =
        @convention(c) (
            OpaquePointer?, Int16, Int, UnsafePointer<rd_kafka_resp_err_t>?
        ) -> Void
    private typealias ClearErrors = @convention(c) (OpaquePointer?, Int16) -> Void
    private typealias TopicError = @convention(c) (OpaquePointer?, UnsafePointer<CChar>?, rd_kafka_resp_err_t) -> Void

    /// Starts brokers on free ports of the loopback interface.
    ///
    /// - Note: `rd_kafka_mock_cluster_new`.
    public init(brokers: Int32) throws(StreamsError) {
        guard brokers > 0 else {
            throw StreamsError(.invalidArgument, reason: "a cluster has one broker at least, not \(brokers)")
        }
        let new = try Librdkafka.requiredFunction("rd_kafka_mock_cluster_new", as: New.self)
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
    }

    deinit {
        Librdkafka.function("rd_kafka_mock_cluster_destroy", as: Destroy.self)?(cluster)
        rd_kafka_destroy(handle)
    }

    /// For `bootstrap.servers`.
    public var bootstrapServers: String {
        guard
            let bootstraps = Librdkafka.function("rd_kafka_mock_cluster_bootstraps", as: Bootstraps.self),
            let text = bootstraps(cluster)
        else { return "" }
        return String(cString: text)
    }

    /// - Note: `rd_kafka_mock_topic_create`.
    public func createTopic(_ name: String, partitions: Int32, replicationFactor: Int32) throws(StreamsError) {
        let create = try Librdkafka.requiredFunction("rd_kafka_mock_topic_create", as: CreateTopic.self)
        try StreamsError.check(create(cluster, name, partitions, replicationFactor))
    }

    /// Closes a broker's connections and refuses new ones. - Note: `rd_kafka_mock_broker_set_down`.
    public func setBrokerDown(_ id: Int32) throws(StreamsError) {
        try StreamsError.check(
            try Librdkafka.requiredFunction("rd_kafka_mock_broker_set_down", as: OfBroker.self)(cluster, id))
    }

    /// - Note: `rd_kafka_mock_broker_set_up`.
    public func setBrokerUp(_ id: Int32) throws(StreamsError) {
        try StreamsError.check(
            try Librdkafka.requiredFunction("rd_kafka_mock_broker_set_up", as: OfBroker.self)(cluster, id))
    }

    /// Delays a broker's answers. - Note: `rd_kafka_mock_broker_set_rtt`.
    public func setBrokerRoundTripTime(_ id: Int32, milliseconds: Int32) throws(StreamsError) {
        try StreamsError.check(
            try Librdkafka.requiredFunction("rd_kafka_mock_broker_set_rtt", as: OfBrokerInt.self)(
                cluster, id, milliseconds))
    }

    /// - Note: `rd_kafka_mock_partition_set_leader`.
    public func setPartitionLeader(_ topic: String, _ partition: Int32, broker: Int32) throws(StreamsError) {
        try StreamsError.check(
            try Librdkafka.requiredFunction("rd_kafka_mock_partition_set_leader", as: OfPartition.self)(
                cluster, topic, partition, broker))
    }

    /// - Parameter kind: `group` or `transaction`.
    /// - Note: `rd_kafka_mock_coordinator_set`.
    public func setCoordinator(kind: String, key: String, broker: Int32) throws(StreamsError) {
        try StreamsError.check(
            try Librdkafka.requiredFunction("rd_kafka_mock_coordinator_set", as: OfText.self)(
                cluster, kind, key, broker))
    }

    /// The next requests of a kind fail, one after the other, with these errors.
    ///
    /// - Parameter apiKey: the protocol's number of the request: 0 is Produce, 1 is Fetch.
    /// - Note: `rd_kafka_mock_push_request_errors_array`.
    public func pushRequestErrors(apiKey: Int16, _ codes: [ErrorCode]) throws(StreamsError) {
        let push = try Librdkafka.requiredFunction("rd_kafka_mock_push_request_errors_array", as: PushErrors.self)
        push(cluster, apiKey, codes.count, codes.map { $0.code })
    }

    /// - Note: `rd_kafka_mock_clear_request_errors`.
    public func clearRequestErrors(apiKey: Int16) throws(StreamsError) {
        try Librdkafka.requiredFunction("rd_kafka_mock_clear_request_errors", as: ClearErrors.self)(cluster, apiKey)
    }

    /// - Note: `rd_kafka_mock_topic_set_error`.
    public func setTopicError(_ topic: String, _ code: ErrorCode) throws(StreamsError) {
        try Librdkafka.requiredFunction("rd_kafka_mock_topic_set_error", as: TopicError.self)(cluster, topic, code.code)
    }
}
