import CRdkafka

/// What a cluster says of itself to an administrator.
public struct ClusterDescription: Sendable {
    /// Nil where the brokers are too old to tell.
    public let clusterID: String?
    /// The broker that acts as the controller; nil where there is none now.
    public let controller: Node?
    public let nodes: [Node]
    /// What the user may do to the cluster, of `rd_kafka_AclOperation_t`; nil where that was not asked for.
    public let authorizedOperations: [UInt32]?
}

/// What a cluster says of a topic to an administrator.
public struct TopicDescription: Sendable {
    public struct Partition: Sendable {
        public let id: Int32
        /// Nil where there is none now.
        public let leader: Node?
        public let replicas: [Node]
        public let inSyncReplicas: [Node]
    }

    public let topic: String
    /// The 128 bits of its id; zero where the brokers are too old to have one.
    public let id: (high: Int64, low: Int64)
    /// It is Kafka's own, such as `__consumer_offsets`.
    public let isInternal: Bool
    public let partitions: [Partition]
    /// What the user may do to the topic, of `rd_kafka_AclOperation_t`; nil where that was not asked for.
    public let authorizedOperations: [UInt32]?
}

extension Admin {
    /// Asks for a description of the cluster.
    ///
    /// - Throws: `_NOT_IMPLEMENTED` with librdkafka before 2.3.0.
    /// - Note: `rd_kafka_DescribeCluster`.
    public func describeCluster(
        options: AdminOptions = AdminOptions(), then complete: @escaping AdminCompletion<ClusterDescription>
    ) throws(StreamsError) {
        let describe = try Symbols.Cluster.describeCluster.required
        let result = try Symbols.Cluster.describeClusterResult.required
        let nodes = try Symbols.Cluster.describeClusterResultNodes.required
        let controller = try Symbols.Cluster.describeClusterResultController.required
        let clusterID = try Symbols.Cluster.describeClusterResultClusterID.required
        let operations = try Symbols.Cluster.describeClusterResultAuthorizedOperations.required
        let node = try NodeReader()
        let read = { (event: OpaquePointer) in
            let answer = result(event)
            var nodeCount = 0
            let found = nodes(answer, &nodeCount)
            var operationCount = 0
            let allowed = operations(answer, &operationCount)
            return ClusterDescription(
                clusterID: String(optional: clusterID(answer)), controller: node.read(controller(answer)),
                nodes: node.read(found, nodeCount), authorizedOperations: numbers(allowed, operationCount))
        }
        try request(
            .describeCluster, askingMock(options), servedByMock: true, wanting: "Describe", then: complete,
            reading: read
        ) { options, queue in
            describe(handle, options, queue)
        }
    }

    /// Asks for descriptions of topics; each has an end of its own, in the order of the topics.
    ///
    /// - Throws: what is wrong with a name; nothing was sent then. `_NOT_IMPLEMENTED` with librdkafka before 2.3.0.
    /// - Note: `rd_kafka_DescribeTopics`.
    public func describeTopics(
        _ topics: [String], options: AdminOptions = AdminOptions(),
        then complete: @escaping AdminCompletion<[Result<TopicDescription, StreamsError>]>
    ) throws(StreamsError) {
        let describe = try Symbols.Cluster.describeTopics.required
        let make = try Symbols.Cluster.topicCollectionOfTopicNames.required
        let destroy = try Symbols.Cluster.topicCollectionDestroy.required
        let reader = try TopicDescriptionReader()
        var kafkaTopics: [String] = []
        for topic in topics { kafkaTopics.append(try kafkaTopic(for: topic)) }
        let read = { [self, kafkaTopics] (event: OpaquePointer) in
            let found = reader.read(event, of: self)
            return kafkaTopics.map { topic in
                found[topic] ?? .failure(explained(StreamsError(.unknownTopicOrPartition), ofTopic: topic))
            }
        }
        let collection = withCStrings(kafkaTopics) { make($0, $1) }
        defer { destroy(collection) }
        try request(
            .describeTopics, askingMock(options), servedByMock: true, wanting: "Describe", then: complete, reading: read
        ) { options, queue in
            describe(handle, collection, options, queue)
        }
    }

    /// A mock cluster names a controller that it does not have: its first broker is asked.
    private func askingMock(_ options: AdminOptions) -> AdminOptions {
        var options = options
        if mockNames != nil, options.broker == nil { options.broker = 1 }
        return options
    }
}

extension rd_kafka_admin_op_t {
    // What the header of an older librdkafka does not name.
    static var describeTopics: rd_kafka_admin_op_t { rd_kafka_admin_op_t(19) }
    static var describeCluster: rd_kafka_admin_op_t { rd_kafka_admin_op_t(20) }
}

/// The operations that an answer allows; nil where they were not asked for.
func numbers(_ operations: UnsafePointer<rd_kafka_AclOperation_t>?, _ count: Int) -> [UInt32]? {
    guard let operations else { return nil }
    return (0..<count).map { operations[$0].rawValue }
}

/// The functions that read the descriptions of topics.
private struct TopicDescriptionReader {
    private let result: rdk_rd_kafka_event_DescribeTopics_result
    private let topics: rdk_rd_kafka_DescribeTopics_result_topics
    private let name: rdk_rd_kafka_TopicDescription_name
    private let error: rdk_rd_kafka_TopicDescription_error
    private let topicID: rdk_rd_kafka_TopicDescription_topic_id
    private let high: rdk_rd_kafka_Uuid_most_significant_bits
    private let low: rdk_rd_kafka_Uuid_least_significant_bits
    private let isInternal: rdk_rd_kafka_TopicDescription_is_internal
    private let operations: rdk_rd_kafka_TopicDescription_authorized_operations
    private let partitions: rdk_rd_kafka_TopicDescription_partitions
    private let partition: rdk_rd_kafka_TopicPartitionInfo_partition
    private let leader: rdk_rd_kafka_TopicPartitionInfo_leader
    private let replicas: rdk_rd_kafka_TopicPartitionInfo_replicas
    private let inSyncReplicas: rdk_rd_kafka_TopicPartitionInfo_isr
    private let node: NodeReader

    init() throws(StreamsError) {
        result = try Symbols.Cluster.describeTopicsResult.required
        topics = try Symbols.Cluster.describeTopicsResultTopics.required
        name = try Symbols.Cluster.topicDescriptionName.required
        error = try Symbols.Cluster.topicDescriptionError.required
        topicID = try Symbols.Cluster.topicDescriptionTopicID.required
        high = try Symbols.Cluster.uuidMostSignificantBits.required
        low = try Symbols.Cluster.uuidLeastSignificantBits.required
        isInternal = try Symbols.Cluster.topicDescriptionIsInternal.required
        operations = try Symbols.Cluster.topicDescriptionAuthorizedOperations.required
        partitions = try Symbols.Cluster.topicDescriptionPartitions.required
        partition = try Symbols.Cluster.topicPartitionInfoPartition.required
        leader = try Symbols.Cluster.topicPartitionInfoLeader.required
        replicas = try Symbols.Cluster.topicPartitionInfoReplicas.required
        inSyncReplicas = try Symbols.Cluster.topicPartitionInfoInSyncReplicas.required
        node = try NodeReader()
    }

    /// What the answer has, by Kafka's names.
    func read(_ event: OpaquePointer, of client: Client) -> [String: Result<TopicDescription, StreamsError>] {
        var count = 0
        guard let found = topics(result(event), &count) else { return [:] }
        var descriptions: [String: Result<TopicDescription, StreamsError>] = [:]
        for index in 0..<count {
            guard let topic = found[index], let kafkaName = String(optional: name(topic)) else { continue }
            if let failure = StreamsError(of: error(topic)) {
                descriptions[kafkaName] = .failure(
                    client.explained(failure, ofItem: -1, of: kafkaName, wanting: "Describe"))
            } else {
                descriptions[kafkaName] = .success(read(topic, client.names.name(ofKafkaTopic: kafkaName)))
            }
        }
        return descriptions
    }

    private func read(_ topic: OpaquePointer, _ name: String) -> TopicDescription {
        let id = topicID(topic)
        var operationCount = 0
        let allowed = operations(topic, &operationCount)
        var count = 0
        let found = partitions(topic, &count)
        return TopicDescription(
            topic: name, id: id == nil ? (0, 0) : (high(id), low(id)), isInternal: isInternal(topic) != 0,
            partitions: (0..<count).compactMap { found?[$0].map { read(partition: $0) } },
            authorizedOperations: numbers(allowed, operationCount))
    }

    private func read(partition object: OpaquePointer) -> TopicDescription.Partition {
        var replicaCount = 0
        let assigned = replicas(object, &replicaCount)
        var inSyncCount = 0
        let inSync = inSyncReplicas(object, &inSyncCount)
        return TopicDescription.Partition(
            id: partition(object), leader: node.read(leader(object)), replicas: node.read(assigned, replicaCount),
            inSyncReplicas: node.read(inSync, inSyncCount))
    }
}
