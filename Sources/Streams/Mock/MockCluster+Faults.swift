import CRdkafka

/// What can go wrong, on demand.
extension MockCluster {
    /// A broker's answer to one request: an error, a delay, or both.
    public struct RequestError: Sendable {
        /// `noError` answers as usual; `_TRANSPORT` closes the connection instead of answering.
        public var code: ErrorCode
        /// How long the answer is held back.
        public var milliseconds: Int32

        public init(_ code: ErrorCode, milliseconds: Int32 = 0) {
            self.code = code
            self.milliseconds = milliseconds
        }
    }

    private static let all = "all brokers"

    // MARK: Brokers

    /// Closes a broker's connections and refuses new ones. Its partitions keep it as their leader.
    ///
    /// - Parameter id: -1 for all brokers, here and in the other functions that take a broker.
    /// - Note: `rd_kafka_mock_broker_set_down`.
    public func setBrokerDown(_ id: Int32) throws(StreamsError) {
        try checkBroker(id, orMinusOne: Self.all)
        try withPorts(Symbols.Mock.brokerSetDown) { $0(cluster, id) }
    }

    /// Accepts connections again. - Note: `rd_kafka_mock_broker_set_up`.
    public func setBrokerUp(_ id: Int32) throws(StreamsError) {
        try checkBroker(id, orMinusOne: Self.all)
        try withPorts(Symbols.Mock.brokerSetUp) { $0(cluster, id) }
    }

    /// Delays every answer of a broker; 0 ends it. - Note: `rd_kafka_mock_broker_set_rtt`.
    public func setBrokerRoundTripTime(_ id: Int32, milliseconds: Int32) throws(StreamsError) {
        try checkBroker(id, orMinusOne: Self.all)
        try Self.check("milliseconds", milliseconds, in: 0...Int32.max)
        try withFunction(Symbols.Mock.brokerSetRoundTripTime) { $0(cluster, id, milliseconds) }
    }

    /// The rack that a broker names in its metadata. - Note: `rd_kafka_mock_broker_set_rack`.
    public func setBrokerRack(_ id: Int32, _ rack: String) throws(StreamsError) {
        try checkBroker(id, orMinusOne: Self.all)
        try withFunction(Symbols.Mock.brokerSetRack) { $0(cluster, id, rack) }
    }

    // MARK: Requests

    /// The versions of a request that the brokers say they understand.
    ///
    /// - Parameters:
    ///   - apiKey: the protocol's number of the request: 0 is Produce, 1 is Fetch.
    ///   - versions: nil for none: the brokers do not know the request.
    /// - Throws: `_INVALID_ARG` for a request that librdkafka does not know.
    /// - Note: `rd_kafka_mock_set_apiversion`. It does not look whether the mock implements the versions: clients believe
    ///   in them, and get no answer where it cannot read the request.
    public func setAPIVersions(apiKey: Int16, _ versions: ClosedRange<Int16>?) throws(StreamsError) {
        try Self.check("the lowest version", Int32(versions?.lowerBound ?? 0), in: 0...Int32(Int16.max))
        try withFunction(Symbols.Mock.setAPIVersion) {
            $0(cluster, apiKey, versions?.lowerBound ?? -1, versions?.upperBound ?? -1)
        }
    }

    /// The next requests of a kind fail, one after the other, with these errors, whichever broker they go to.
    ///
    /// They do not reach a broker that was ever given errors of its own for this kind of request.
    ///
    /// - Note: `rd_kafka_mock_push_request_errors_array`.
    public func pushRequestErrors(apiKey: Int16, _ codes: [ErrorCode]) throws(StreamsError) {
        let push = try Symbols.Mock.pushRequestErrors.required
        push(cluster, apiKey, codes.count, codes.map { $0.code })
    }

    /// The next requests of a kind that go to one broker are answered so, one after the other.
    ///
    /// From then on the broker takes no error of the cluster for this kind of request, not even when it has none of its
    /// own left.
    ///
    /// - Throws: `_UNKNOWN_BROKER`.
    /// - Note: `rd_kafka_mock_broker_push_request_error_rtts`.
    public func pushRequestErrors(apiKey: Int16, _ errors: [RequestError], broker: Int32) throws(StreamsError) {
        let push = try Symbols.Mock.brokerPushRequestErrors.required
        try checkBroker(broker)
        for error in errors { try Self.check("milliseconds", error.milliseconds, in: 0...Int32.max) }
        for error in errors {
            try StreamsError.check(
                rdk_push_broker_error(
                    push, cluster, broker, apiKey, error.code.code, error.milliseconds))
        }
    }

    /// The next answers to a kind of request say these errors, one after the other, of one partition.
    ///
    /// - Parameters:
    ///   - apiKey: 0 (Produce) or 1 (Fetch): librdkafka takes the errors of other kinds, and never answers with them.
    ///   - topic: one that does not exist is created, with partitions up to this one.
    /// - Throws: `UNKNOWN_TOPIC_OR_PART`.
    /// - Note: `rd_kafka_mock_partition_push_request_errors`, of librdkafka 2.15 and later.
    public func pushRequestErrors(
        apiKey: Int16, _ codes: [ErrorCode], topic: String, partition: Int32
    ) throws(StreamsError) {
        let push: UnsafeMutableRawPointer
        do throws(StreamsError) {
            push = try Symbols.Mock.partitionPushRequestErrors.required
        } catch {
            throw error.followed(by: "push the errors to the broker that leads the partition instead, by its broker_id")
        }
        try Self.checkPartition(partition)
        try Self.naming("topic \"\(topic)\" has no partition \(partition)") { () throws(StreamsError) in
            for code in codes {
                try StreamsError.check(
                    rdk_push_partition_error(
                        push, cluster, topic, partition, apiKey, code.code))
            }
        }
    }

    /// Forgets the errors of the cluster that are left for a kind of request. Those of one broker or partition stay.
    ///
    /// - Note: `rd_kafka_mock_clear_request_errors`.
    public func clearRequestErrors(apiKey: Int16) throws(StreamsError) {
        try Symbols.Mock.clearRequestErrors.required(cluster, apiKey)
    }

    /// How many of a broker's own errors are left for a kind of request.
    ///
    /// - Throws: `_UNKNOWN_BROKER`.
    /// - Note: `rd_kafka_mock_broker_error_stack_cnt`.
    public func requestErrorsLeft(apiKey: Int16, broker: Int32) throws(StreamsError) -> Int {
        var left = 0
        try checkBroker(broker)
        try withFunction(Symbols.Mock.brokerErrorStackCount) { $0(cluster, broker, apiKey, &left) }
        return left
    }

    /// Metadata requests report an error for the topic, which is created where it does not exist.
    ///
    /// - Throws: `_NOT_IMPLEMENTED` with librdkafka 2.3 to 2.9, whose clients crash when they read the mock's answer. That
    ///   of a real broker they can read: it has no partitions.
    /// - Note: `rd_kafka_mock_topic_set_error`.
    public func setTopicError(_ topic: String, _ code: ErrorCode) throws(StreamsError) {
        if Librdkafka.isAtLeast(2, 3) && !Librdkafka.isAtLeast(2, 10) {
            throw StreamsError(
                .notImplemented,
                reason: "clients of librdkafka \(Librdkafka.versionText) crash on what rd_kafka_mock_topic_set_error"
                    + " makes brokers answer: push errors to the requests of a broker instead")
        }
        try Symbols.Mock.topicSetError.required(cluster, topic, code.code)
    }
}
