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

nonisolated(unsafe) private let signature = Signature("list_topics", ["topic", "timeout"])

/// `list_topics` of both kinds of clients.
///
/// - Parameters:
///   - isClosed: whether another thread has closed the client.
///   - client: gives the client, once the arguments are read: reading them may close it.
func listTopics<Instance: Client>(
    _ python: inout Python, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?,
    unless isClosed: () -> Bool, _ client: (borrowing Python) throws(PythonError) -> Unmanaged<Instance>
) throws(PythonError) -> OwnedObject {
    try withSlots(2) { slots throws(PythonError) in
        try signature.parse(python, arguments, count, keywords, into: slots)
        var topic: String?
        if let name = slots[0], !name.isNone {
            _ = try python.cString(name, "topic")
            topic = try python.text(name, "topic")
        }
        let milliseconds = try python.milliseconds(slots[1])
        let client = try client(python)
        let metadata = try python.request(client, prefix: "Failed to get metadata", unless: isClosed) {
            client throws(StreamsError) in
            try client.metadata(topic: topic, milliseconds: milliseconds)
        }
        return try convert(python, metadata)
    }
}

/// Calls `_metadata._cluster`, which makes the objects that the application gets.
private func convert(_ python: borrowing Python, _ metadata: ClusterMetadata) throws(PythonError) -> OwnedObject {
    let brokers = try python.list(count: metadata.brokers.count) { index throws(PythonError) in
        let broker = metadata.brokers[index]
        return try tuple([
            try number(python, broker.id), try python.string(broker.host).take(), try number(python, broker.port),
        ])
    }
    let topics = try python.list(count: metadata.topics.count) { index throws(PythonError) in
        let topic = metadata.topics[index]
        let partitions = try python.list(count: topic.partitions.count) { index throws(PythonError) in
            let partition = topic.partitions[index]
            return try tuple([
                try number(python, partition.id), try python.kafkaErrorOrNone(partition.error).take(),
                try number(python, partition.leader), try numbers(python, partition.replicas).take(),
                try numbers(python, partition.inSyncReplicas).take(),
            ])
        }
        return try tuple([
            try python.string(topic.name).take(), try python.kafkaErrorOrNone(topic.error).take(), partitions.take(),
        ])
    }
    let module = try OwnedObject(PyImport_ImportModule("mapr_streams_python._metadata"))
    let make = try module.object.attribute("_cluster")
    let clusterID = try metadata.clusterID.map { text throws(PythonError) in try python.string(text).take() }
    let id = OwnedObject(owning: clusterID ?? cpy_none().unsafelyUnwrapped.retained)
    let controller = try python.integer(Int(metadata.controllerID))
    let originID = try python.integer(Int(metadata.originID))
    let originName = try python.string(metadata.originName)
    return try python.call(
        make.object,
        [id.object, controller.object, originID.object, originName.object, brokers.object, topics.object])
}

/// - Returns: a reference that the caller owns.
private func number(_ python: borrowing Python, _ value: Int32) throws(PythonError) -> Object {
    try python.integer(Int(value)).take()
}

private func numbers(_ python: borrowing Python, _ values: [Int32]) throws(PythonError) -> OwnedObject {
    try python.list(count: values.count) { index throws(PythonError) in try python.integer(Int(values[index])) }
}

/// A tuple of items that are taken over.
private func tuple(_ items: [Object]) throws(PythonError) -> OwnedObject {
    let tuple = try OwnedObject(PyTuple_New(items.count))
    for (index, item) in items.enumerated() { PyTuple_SetItem(tuple.object, index, item) }
    return tuple
}

let consumerTopicMethods: [Method] = [.fast("list_topics", consumerListTopics, listTopicsDocumentation)]

@_cdecl("mapr_Consumer_list_topics")
func consumerListTopics(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        _ = try fields.open(python)
        return try listTopics(&python, arguments, count, keywords, unless: { fields.isClosedElsewhere }) {
            python throws(PythonError) in
            try fields.open(python)
        }.take()
    }
}
