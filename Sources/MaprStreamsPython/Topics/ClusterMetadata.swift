import CPython
import PythonBridge
import Streams

let listTopicsDocumentation: StaticString =
    """
    list_topics($self, /, topic=None, timeout=None)
    --

    What the cluster says of its brokers, topics and partitions.

    :param str topic: of this topic alone; of all topics where it is None
    :param float timeout: seconds to wait at the most; None or a negative number waits for the answer
    :rtype: ClusterMetadata
    :raises KafkaException: the request has failed
    :raises RuntimeError: the client is closed

    ``rd_kafka_metadata``.
    """

let clusterIDDocumentation: StaticString =
    """
    cluster_id($self, /, timeout=None)
    --

    The cluster's id, as ``kafka-cluster.sh cluster-id`` shows it.

    :param float timeout: seconds to wait at the most, where no broker has told it yet; None or a negative number waits for the
        answer
    :returns: None where the brokers are too old to have one (before Kafka 0.10.1)
    :rtype: str or None
    :raises KafkaException: the request has failed; a TimeoutException where the time is over
    :raises RuntimeError: the client is closed

    ``rd_kafka_clusterid``, ``rd_kafka_metadata``.
    """

nonisolated(unsafe) private let signature = Signature("list_topics", ["topic", "timeout"])
nonisolated(unsafe) private let clusterIDSignature = Signature("cluster_id", ["timeout"])

/// `cluster_id` of all kinds of clients.
private func clusterID<Fields: KindOfFields & ~Copyable>(
    _ fields: UnsafeMutablePointer<Fields>, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?,
    unless isClosed: () -> Bool
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let call = try fields.open(&python) { python throws(PythonError) in
            try python.milliseconds(timeoutArgument(python, clusterIDSignature, arguments, count, keywords))
        }
        let milliseconds = call.arguments
        let id = try python.request(call.client, prefix: "Failed to get the cluster's id", unless: isClosed) {
            client throws(StreamsError) in
            try client.clusterID(milliseconds: milliseconds)
        }
        guard let id else { return python.none.take() }
        return try python.string(id).take()
    }
}

@_cdecl("mapr_Producer_cluster_id")
func producerClusterID(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    let fields = producerFields(object)
    return clusterID(fields, arguments, count, keywords, unless: { fields.pointee.producer == nil })
}

@_cdecl("mapr_Consumer_cluster_id")
func consumerClusterID(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    let fields = consumerFields(object)
    return clusterID(fields, arguments, count, keywords, unless: { fields.isClosedElsewhere })
}

@_cdecl("mapr_Admin_cluster_id")
func adminClusterID(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    let fields = adminFields(object)
    return clusterID(fields, arguments, count, keywords, unless: { fields.pointee.admin == nil })
}

/// `list_topics` of all kinds of clients.
///
/// - Parameter isClosed: whether another thread has closed the client.
private func listTopics<Fields: KindOfFields & ~Copyable>(
    _ fields: UnsafeMutablePointer<Fields>, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?,
    unless isClosed: () -> Bool
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let call = try fields.open(&python) { python throws(PythonError) in
            try withSlots(2) { slots throws(PythonError) in
                try signature.parse(python, arguments, count, keywords, into: slots)
                var topic: String?
                if let name = slots[0], !name.isNone {
                    _ = try python.cString(name, "topic")
                    topic = try python.text(name, "topic")
                }
                return (topic: topic, milliseconds: try python.milliseconds(slots[1]))
            }
        }
        let (topic, milliseconds) = call.arguments
        let metadata = try python.request(call.client, prefix: "Failed to get metadata", unless: isClosed) {
            client throws(StreamsError) in
            try client.metadata(topic: topic, milliseconds: milliseconds)
        }
        return try convert(python, metadata).take()
    }
}

/// Calls `_metadata._cluster`, which makes the objects that the application gets.
private func convert(_ python: borrowing Python, _ metadata: ClusterMetadata) throws(PythonError) -> OwnedObject {
    let brokers = try python.list(count: metadata.brokers.count) { index throws(PythonError) in
        let broker = metadata.brokers[index]
        return try python.tuple(count: 3) { index throws(PythonError) in
            switch index {
            case 0: try python.integer(Int(broker.id))
            case 1: try python.string(broker.host)
            default: try python.integer(Int(broker.port))
            }
        }
    }
    let topics = try python.list(count: metadata.topics.count) { index throws(PythonError) in
        let topic = metadata.topics[index]
        return try python.tuple(count: 3) { index throws(PythonError) in
            switch index {
            case 0: try python.string(topic.name)
            case 1: try topic.error.map { error throws(PythonError) in try python.kafkaError(error) } ?? python.none
            default: try convert(python, topic.partitions)
            }
        }
    }
    let module = try OwnedObject(PyImport_ImportModule("mapr_streams_python._metadata"))
    let make = try module.object.attribute("_cluster")
    let id: OwnedObject
    if let clusterID = metadata.clusterID { id = try python.string(clusterID) } else { id = python.none }
    let controller = try python.integer(Int(metadata.controllerID))
    let originID = try python.integer(Int(metadata.originID))
    let originName = try python.string(metadata.originName)
    return try python.call(
        make.object,
        [id.object, controller.object, originID.object, originName.object, brokers.object, topics.object])
}

private func convert(
    _ python: borrowing Python, _ partitions: [ClusterMetadata.Partition]
) throws(PythonError) -> OwnedObject {
    try python.list(count: partitions.count) { index throws(PythonError) in
        let partition = partitions[index]
        return try python.tuple(count: 5) { index throws(PythonError) in
            switch index {
            case 0: try python.integer(Int(partition.id))
            case 1: try python.kafkaErrorOrNone(partition.error)
            case 2: try python.integer(Int(partition.leader))
            case 3: try numbers(python, partition.replicas)
            default: try numbers(python, partition.inSyncReplicas)
            }
        }
    }
}

private func numbers(_ python: borrowing Python, _ values: [Int32]) throws(PythonError) -> OwnedObject {
    try python.list(count: values.count) { index throws(PythonError) in try python.integer(Int(values[index])) }
}

let producerTopicMethods: [Method] = [
    .fast("list_topics", producerListTopics, listTopicsDocumentation),
    .fast("cluster_id", producerClusterID, clusterIDDocumentation),
]

@_cdecl("mapr_Producer_list_topics")
func producerListTopics(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    let fields = producerFields(object)
    return listTopics(fields, arguments, count, keywords, unless: { fields.pointee.producer == nil })
}

let consumerTopicMethods: [Method] = [
    .fast("list_topics", consumerListTopics, listTopicsDocumentation),
    .fast("cluster_id", consumerClusterID, clusterIDDocumentation),
]

@_cdecl("mapr_Consumer_list_topics")
func consumerListTopics(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    let fields = consumerFields(object)
    return listTopics(fields, arguments, count, keywords, unless: { fields.isClosedElsewhere })
}

let adminTopicMethods: [Method] = [
    .fast("list_topics", adminListTopics, listTopicsDocumentation),
    .fast("cluster_id", adminClusterID, clusterIDDocumentation),
]

@_cdecl("mapr_Admin_list_topics")
func adminListTopics(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    let fields = adminFields(object)
    return listTopics(fields, arguments, count, keywords, unless: { fields.pointee.admin == nil })
}
