import CPython
import PythonBridge
import Streams

/// What a `TopicPartition` holds.
struct TopicPartitionFields {
    struct Owned: OwnedReferences {
        /// A str; nil where `__init__` was not called.
        var topic: Object?
        /// A str, or nil.
        var metadata: Object?
        /// A KafkaError, or nil.
        var error: Object?
    }

    var owned: Owned
    var offset: Int64
    var partition: Int32
    /// -1 for none.
    var leaderEpoch: Int32
}

@inline(__always)
private func fields(_ object: Object?) -> UnsafeMutablePointer<TopicPartitionFields> {
    object.unsafelyUnwrapped.fields(TopicPartitionFields.self)
}

/// What a `TopicPartition` held at one moment, and holds on to: whatever is made of it may run code of the application's (a
/// finalizer in a collection of garbage, a subclass's `__hash__`), which may initialise the object anew.
private struct HeldTopicPartition: ~Copyable {
    let topic: HeldObject
    let metadata: HeldObject
    let error: HeldObject
    let offset: Int64
    let partition: Int32
    let leaderEpoch: Int32

    init(_ object: Object?) {
        let fields = fields(object)
        topic = HeldObject(fields.pointee.owned.topic)
        metadata = HeldObject(fields.pointee.owned.metadata)
        error = HeldObject(fields.pointee.owned.error)
        offset = fields.pointee.offset
        partition = fields.pointee.partition
        leaderEpoch = fields.pointee.leaderEpoch
    }
}

func makeTopicPartitionType(_ python: borrowing Python, _ module: Object) throws(PythonError) {
    let layout = ObjectLayout(of: TopicPartitionFields.self, isWeaklyReferenceable: true)
    var type = TypeBuilder("mapr_streams_python.TopicPartition", layout)
    type.owns(TopicPartitionFields.self) { address(of: &$0.pointee.owned) }
    type.documentation(
        """
        TopicPartition(topic, partition=-1, offset=-1001, metadata=None, leader_epoch=None)
        --

        A partition of a topic, and an offset in it.

        Compares and hashes by topic and partition.

        :param str topic: the topic's name
        :param int partition: the partition's number; -1 for none
        :param int offset: an offset, or one of the OFFSET constants
        :param str metadata: what is committed beside the offset
        :param int leader_epoch: the leader's epoch at the offset (librdkafka 2.1.0 and later)
        """)
    type.initializer(topicPartitionInitialize)
    type.compare(topicPartitionCompare)
    type.hash(topicPartitionHash)
    type.representation(topicPartitionDescribe)
    type.attributes([
        Attribute(
            "topic", "The topic's name (str, read-only).",
            get: { object, _ in
                (fields(object).pointee.owned.topic ?? cpy_none().unsafelyUnwrapped).retained
            }),
        Attribute(
            "partition", "The partition's number (int).",
            get: { object, _ in
                PyLong_FromLong(Int(fields(object).pointee.partition))
            }, set: topicPartitionSetPartition),
        Attribute(
            "offset", "The offset (int); negative ones are logical: see OFFSET_BEGINNING and its kin.",
            get: { object, _ in
                PyLong_FromLongLong(fields(object).pointee.offset)
            }, set: topicPartitionSetOffset),
        Attribute(
            "error", "What went wrong with the partition (KafkaError), or None (read-only).",
            get: { object, _ in
                (fields(object).pointee.owned.error ?? cpy_none().unsafelyUnwrapped).retained
            }),
        Attribute(
            "metadata", "What is committed beside the offset (str), or None (read-only).",
            get: { object, _ in
                (fields(object).pointee.owned.metadata ?? cpy_none().unsafelyUnwrapped).retained
            }),
        Attribute(
            "leader_epoch", "The leader's epoch at the offset (int), or None (read-only).",
            get: { object, _ in
                let epoch = fields(object).pointee.leaderEpoch
                return epoch < 0 ? cpy_none().unsafelyUnwrapped.retained : PyLong_FromLong(Int(epoch))
            }),
    ])
    type.methods([
        .none("__reduce__", topicPartitionReduce, "__reduce__($self, /)\n--\n\nFor pickle and copy."),
        .one("__setstate__", topicPartitionSetState, "__setstate__($self, error, /)\n--\n\nFor pickle and copy."),
    ])
    Types.topicPartition = try type.build(python, module: module)
}

nonisolated(unsafe) private let signature = Signature(
    "TopicPartition", ["topic", "partition", "offset", "metadata", "leader_epoch"], required: 1)

@_cdecl("mapr_TopicPartition_init")
func topicPartitionInitialize(_ object: Object?, _ arguments: Object?, _ keywords: Object?) -> Int32 {
    Python.entered(failure: -1) { python throws(PythonError) in
        try withSlots(5) { slots throws(PythonError) in
            try signature.parse(python, tuple: arguments, dictionary: keywords, into: slots)
            let topic = slots[0].unsafelyUnwrapped
            _ = try python.cString(topic, "topic")
            let partition = try slots[1].map { value throws(PythonError) in try python.int32(value, "partition") }
            let offset = try slots[2].map { value throws(PythonError) in try python.int64(value, "offset") }
            var metadata: Object?
            if let value = slots[3], !value.isNone {
                _ = try python.cString(value, "metadata")
                metadata = value
            }
            var epoch: Int32 = -1
            if let value = slots[4], !value.isNone { epoch = try python.int32(value, "leader_epoch") }
            let fields = fields(object)
            address(of: &fields.pointee.owned.topic).set(topic)
            address(of: &fields.pointee.owned.metadata).set(metadata)
            address(of: &fields.pointee.owned.error).clear()
            fields.pointee.partition = partition ?? TopicPartition.unassignedPartition
            fields.pointee.offset = offset ?? TopicPartition.invalidOffset
            fields.pointee.leaderEpoch = epoch
            return 0
        }
    }
}

@_cdecl("mapr_TopicPartition_describe")
func topicPartitionDescribe(_ object: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let values = HeldTopicPartition(object)
        let topic =
            try values.topic.object.map { topic throws(PythonError) in try python.textIfUTF8(topic) ?? "" } ?? ""
        let error = try values.error.object.map { error throws(PythonError) in try python.representation(error) }
        return try python.string(
            "TopicPartition{topic=\(topic),partition=\(values.partition),offset=\(values.offset),error=\(error ?? "None")}"
        ).take()
    }
}

@_cdecl("mapr_TopicPartition_compare")
func topicPartitionCompare(_ object: Object?, _ other: Object?, _ operation: Int32) -> Object? {
    guard Types.isInstance(other.unsafelyUnwrapped, of: Types.topicPartition) else {
        return cpy_not_implemented().unsafelyUnwrapped.retained
    }
    var order = 0
    // By code points, as Python orders strs. One without a topic, whose __init__ was not called, comes first.
    switch (fields(object).pointee.owned.topic, fields(other).pointee.owned.topic) {
    case (let mine?, let theirs?):
        order = Int(PyUnicode_Compare(mine, theirs))
        if order == -1 && PyErr_Occurred() != nil { return nil }
    case (nil, _?): order = -1
    case (_?, nil): order = 1
    case (nil, nil): break
    }
    if order == 0 { order = Int(fields(object).pointee.partition) - Int(fields(other).pointee.partition) }
    return compared(order, 0, operation)
}

@_cdecl("mapr_TopicPartition_hash")
func topicPartitionHash(_ object: Object?) -> Int {
    let values = HeldTopicPartition(object)
    let topic = values.topic.object.map { PyObject_Hash($0) } ?? 0
    if topic == -1 { return -1 }
    let hash = (topic &* 31) ^ (Int(values.partition) &+ 1)
    return hash == -1 ? -2 : hash
}

@_cdecl("mapr_TopicPartition_set_partition")
func topicPartitionSetPartition(_ object: Object?, _ value: Object?, _ unused: UnsafeMutableRawPointer?) -> Int32 {
    Python.entered(failure: -1) { python throws(PythonError) in
        guard let value else { throw python.error(.typeError, "partition cannot be deleted") }
        fields(object).pointee.partition = try python.int32(value, "partition")
        return 0
    }
}

@_cdecl("mapr_TopicPartition_set_offset")
func topicPartitionSetOffset(_ object: Object?, _ value: Object?, _ unused: UnsafeMutableRawPointer?) -> Int32 {
    Python.entered(failure: -1) { python throws(PythonError) in
        guard let value else { throw python.error(.typeError, "offset cannot be deleted") }
        fields(object).pointee.offset = try python.int64(value, "offset")
        return 0
    }
}

@_cdecl("mapr_TopicPartition_reduce")
func topicPartitionReduce(_ object: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let values = HeldTopicPartition(object)
        let type = OwnedObject(retaining: cpy_type_of(object.unsafelyUnwrapped).unsafelyUnwrapped)
        let none = cpy_none().unsafelyUnwrapped
        let arguments = try OwnedObject(PyTuple_New(5))
        PyTuple_SetItem(arguments.object, 0, (values.topic.object ?? none).retained)
        PyTuple_SetItem(arguments.object, 1, try python.integer(Int(values.partition)).take())
        PyTuple_SetItem(arguments.object, 2, try python.integer(Int(values.offset)).take())
        PyTuple_SetItem(arguments.object, 3, (values.metadata.object ?? none).retained)
        PyTuple_SetItem(
            arguments.object, 4,
            values.leaderEpoch < 0 ? none.retained : try python.integer(Int(values.leaderEpoch)).take())
        let result = try OwnedObject(PyTuple_New(3))
        PyTuple_SetItem(result.object, 0, type.take())
        PyTuple_SetItem(result.object, 1, arguments.take())
        PyTuple_SetItem(result.object, 2, (values.error.object ?? none).retained)
        return result.take()
    }
}

@_cdecl("mapr_TopicPartition_setstate")
func topicPartitionSetState(_ object: Object?, _ error: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let error = error.unsafelyUnwrapped
        guard error.isNone || Types.isInstance(error, of: Types.kafkaError) else {
            throw python.error(.typeError, "error must be a KafkaError or None, not \(error.typeName)")
        }
        address(of: &fields(object).pointee.owned.error).set(error.isNone ? nil : error)
        return python.none.take()
    }
}

// MARK: To and from Streams

extension Python {
    /// The partitions of a list argument, or of any other sequence.
    ///
    /// - Throws: `TypeError` where it is no sequence, or has something else in it.
    func topicPartitions(_ object: Object, _ name: StaticString = "partitions") throws(PythonError) -> [TopicPartition]
    {
        guard let elements = try elements(of: object) else {
            throw error(.typeError, "\(name) requires list of TopicPartition, not \(object.typeName)")
        }
        var partitions: [TopicPartition] = []
        for index in 0..<elements.count { partitions.append(try topicPartition(elements[index], name)) }
        return partitions
    }

    func topicPartition(_ object: Object, _ name: StaticString) throws(PythonError) -> TopicPartition {
        guard Types.isInstance(object, of: Types.topicPartition) else {
            throw error(.typeError, "\(name): expected TopicPartition, not \(object.typeName)")
        }
        let values = HeldTopicPartition(object)
        guard let topic = values.topic.object else {
            throw error(.valueError, "\(name): a TopicPartition without a topic: its __init__ was not called")
        }
        let metadata = try values.metadata.object.map { metadata throws(PythonError) in try text(metadata, "metadata") }
        return TopicPartition(
            try text(topic, "topic"), values.partition, offset: values.offset, metadata: metadata,
            leaderEpoch: values.leaderEpoch < 0 ? nil : values.leaderEpoch)
    }

    /// A new list of new objects.
    func list(_ partitions: [TopicPartition]) throws(PythonError) -> OwnedObject {
        try list(count: partitions.count) { index throws(PythonError) in try object(partitions[index]) }
    }

    /// A new object.
    func object(_ partition: TopicPartition) throws(PythonError) -> OwnedObject {
        let object = try OwnedObject(cpy_new(Types.topicPartition))
        let fields = fields(object.object)
        fields.pointee.partition = partition.partition
        fields.pointee.offset = partition.offset
        fields.pointee.leaderEpoch = partition.leaderEpoch ?? -1
        fields.pointee.owned.topic = try string(partition.topic).take()
        if let metadata = partition.metadata { fields.pointee.owned.metadata = try string(metadata).take() }
        if let error = partition.failure { fields.pointee.owned.error = try kafkaError(error).take() }
        return object
    }
}
