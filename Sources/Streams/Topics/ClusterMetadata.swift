import CRdkafka

/// What a cluster says of itself.
public struct ClusterMetadata: Sendable {
    public struct Broker: Sendable {
        public let id: Int32
        public let host: String
        public let port: Int32
    }

    public struct Partition: Sendable {
        public let id: Int32
        public let error: ErrorCode
        public let leader: Int32
        public let replicas: [Int32]
        public let inSyncReplicas: [Int32]
    }

    public struct Topic: Sendable {
        public let name: String
        /// Nil where there is none.
        public let error: StreamsError?
        public let partitions: [Partition]
    }

    /// nil where the brokers are too old to tell.
    public let clusterID: String?
    public let controllerID: Int32
    /// The broker that answered.
    public let originID: Int32
    public let originName: String
    public let brokers: [Broker]
    public let topics: [Topic]

    init(_ raw: rd_kafka_metadata, of client: Client) {
        let handle = client.handle
        // Both come from the metadata that the handle has just received: no time to wait is needed.
        clusterID = client.knownClusterID
        controllerID = rd_kafka_controllerid(handle, 0)
        originID = raw.orig_broker_id
        originName = raw.orig_broker_name.map { String(cString: $0) } ?? ""
        brokers = (0..<Int(raw.broker_cnt)).map {
            let broker = raw.brokers[$0]
            return Broker(id: broker.id, host: String(cString: broker.host), port: broker.port)
        }
        topics = (0..<Int(raw.topic_cnt)).map {
            let topic = raw.topics[$0]
            let partitions = (0..<Int(topic.partition_cnt)).map {
                let partition = topic.partitions[$0]
                return Partition(
                    id: partition.id, error: ErrorCode(partition.err), leader: partition.leader,
                    replicas: Array(UnsafeBufferPointer(start: partition.replicas, count: Int(partition.replica_cnt))),
                    inSyncReplicas: Array(UnsafeBufferPointer(start: partition.isrs, count: Int(partition.isr_cnt))))
            }
            let name = String(cString: topic.topic)
            let error = ErrorCode(topic.err)
            return Topic(
                name: client.names.name(ofKafkaTopic: name),
                error: error == .noError ? nil : client.explained(StreamsError(error), ofTopic: name),
                partitions: partitions)
        }
    }
}

extension Client {
    /// What the cluster says of its brokers and topics. Waits.
    ///
    /// - Parameter topic: of this topic alone; of all of them where it is nil.
    /// - Note: `rd_kafka_metadata`.
    public func metadata(topic: String?, milliseconds: Int32) throws(StreamsError) -> ClusterMetadata {
        var topicHandle: OpaquePointer?
        if let topic {
            topicHandle = rd_kafka_topic_new(handle, try kafkaTopic(for: topic), nil)
            if topicHandle == nil { throw StreamsError(ErrorCode(rd_kafka_last_error())) }
        }
        defer { if let topicHandle { rd_kafka_topic_destroy(topicHandle) } }
        var raw: UnsafePointer<rd_kafka_metadata>?
        let code = try askUntilAnswered(milliseconds: milliseconds) { milliseconds throws(StreamsError) in
            rd_kafka_metadata(handle, topic == nil ? 1 : 0, topicHandle, &raw, milliseconds)
        }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let raw else { throw explained(StreamsError(ErrorCode(code))) }
        defer { rd_kafka_metadata_destroy(raw) }
        return ClusterMetadata(raw.pointee, of: self)
    }

    /// The cluster's id; nil where the brokers are too old to have one. Waits, where no broker has told it yet.
    ///
    /// - Note: `rd_kafka_clusterid`, and `rd_kafka_metadata` before it: the former alone asks nobody, and waits until the
    ///   client connects for another reason.
    public func clusterID(milliseconds: Int32) throws(StreamsError) -> String? {
        if let known = knownClusterID { return known }
        var raw: UnsafePointer<rd_kafka_metadata>?
        let code = try askUntilAnswered(milliseconds: milliseconds) { milliseconds throws(StreamsError) in
            rd_kafka_metadata(handle, 0, nil, &raw, milliseconds)
        }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let raw else { throw explained(StreamsError(ErrorCode(code))) }
        rd_kafka_metadata_destroy(raw)
        return knownClusterID
    }

    fileprivate var knownClusterID: String? {
        guard let text = rd_kafka_clusterid(handle, 0) else { return nil }
        defer { rd_kafka_mem_free(handle, text) }
        return String(cString: text)
    }
}
