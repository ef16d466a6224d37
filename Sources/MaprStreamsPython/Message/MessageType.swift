import CPython
import PythonBridge
import Streams

func makeMessageType(_ python: borrowing Python, _ module: Object) throws(PythonError) {
    MessagePool.prepare()
    // Without weak references: to look for them would cost every message that is freed.
    var type = TypeBuilder("mapr_streams_python.Message", ObjectLayout(of: MessageFields.self))
    type.owns(MessageFields.self) { address(of: &$0.pointee.owned) }
    type.links(MessageFields.self) { address(of: &$0.pointee.next) }
    type.ending { messageFields($0).dropRecord() }
    type.freeing(free)
    type.deallocate(messageDeallocate)
    type.documentation(
        """
        Message(topic, value=None, key=None, headers=None, error=None, partition=None, offset=None, timestamp=None, \
        latency=None, leader_epoch=None, delivery_count=None)
        --

        A message that was consumed or produced, or an event.

        Check error() first: None means a proper message. len() is the size of the value in bytes, so a message without
        a value is false: compare with None, not by truth.

        Consumers and delivery callbacks make messages. An application makes one to test its own code without a broker.

        :param str topic: the topic's name
        :param value: bytes or str
        :param key: bytes or str
        :param list headers: (name, value) pairs
        :param KafkaError error: makes it an error or event
        :param int partition: the partition
        :param int offset: the offset
        :param tuple timestamp: (one of the TIMESTAMP constants, milliseconds)
        :param float latency: seconds between produce() and the report
        :param int leader_epoch: the leader's epoch
        :param int delivery_count: how often a share group has given it to somebody, from 1 on
        """)
    type.new(messageNew)
    type.length(messageLength)
    type.compare(messageCompare)
    type.hash(messageHash)
    type.representation(messageDescribe)
    type.methods(
        messageMethods + [.none("__reduce__", messageReduce, "__reduce__($self, /)\n--\n\nFor pickle and copy.")])
    Types.message = try type.build(python, module: module)
}

nonisolated(unsafe) private let signature = Signature(
    "Message",
    [
        "topic", "value", "key", "headers", "error", "partition", "offset", "timestamp", "latency", "leader_epoch",
        "delivery_count",
    ], required: 1)

@_cdecl("mapr_Message_new")
func messageNew(_ type: OpaquePointer?, _ arguments: Object?, _ keywords: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        try withManySlots(11) { slots throws(PythonError) in
            try signature.parse(python, tuple: arguments, dictionary: keywords, into: slots)
            func given(_ slot: Int) -> Object? { slots[slot].flatMap { $0.isNone ? nil : $0 } }
            guard let topic = given(0), cpy_is_str(topic) != 0 else {
                throw python.error(.typeError, "topic must be str, not \(slots[0].unsafelyUnwrapped.typeName)")
            }
            let error = given(4)
            if let error, !Types.isInstance(error, of: Types.kafkaError) {
                throw python.error(.typeError, "error must be a KafkaError or None, not \(error.typeName)")
            }
            let partition = try given(5).map { value throws(PythonError) in try python.int32(value, "partition") }
            let offset = try given(6).map { value throws(PythonError) in try python.int64(value, "offset") }
            var timestampType: Int32 = 0
            var timestamp: Int64 = -1
            if let pair = given(7) {
                guard cpy_is_tuple(pair) != 0, cpy_size(pair) == 2 else {
                    throw python.error(.typeError, "timestamp must be a tuple of type and milliseconds")
                }
                timestampType = try python.int32(PyTuple_GetItem(pair, 0), "timestamp type")
                timestamp = try python.int64(PyTuple_GetItem(pair, 1), "timestamp")
            }
            var latency: Int64 = -1
            if let seconds = given(8) {
                let value = PyFloat_AsDouble(seconds)
                if value == -1 && PyErr_Occurred() != nil { throw PythonError() }
                guard value >= 0, value < 1e12 else {
                    throw python.error(.valueError, "latency must be a number of seconds, not \(value)")
                }
                latency = Int64((value * 1_000_000).rounded())
            }
            let epoch = try given(9).map { value throws(PythonError) in try python.int32(value, "leader_epoch") }
            let deliveries = try given(10).map { value throws(PythonError) in
                try python.int32(value, "delivery_count")
            }

            let object = try OwnedObject(cpy_new(UnsafeMutablePointer<PyObject>(type)))
            let fields = messageFields(object.object)
            fields.pointee.flags = MessageFields.isTracked | MessageFields.holdsAny
            fields.pointee.owned.topic = topic.retained
            fields.pointee.owned.value = try bytesOfText(python, given(1))
            fields.pointee.owned.key = try bytesOfText(python, given(2))
            fields.pointee.owned.headers = given(3)?.retained
            fields.pointee.owned.error = error?.retained
            fields.pointee.partition = partition ?? TopicPartition.unassignedPartition
            fields.pointee.offset = offset ?? TopicPartition.invalidOffset
            fields.pointee.timestampType = timestampType
            fields.pointee.timestamp = timestamp
            fields.pointee.latency = latency
            fields.pointee.leaderEpoch = epoch ?? -1
            if let deliveries {
                fields.pointee.deliveryCount = deliveries
                fields.pointee.flags |= MessageFields.hasDeliveryCount
            }
            return object.take()
        }
    }
}

/// What a consumer would give for a value: bytes where it is text. The caller owns the result.
private func bytesOfText(_ python: borrowing Python, _ object: Object?) throws(PythonError) -> Object? {
    guard let object else { return nil }
    guard cpy_is_str(object) != 0 else { return object.retained }
    return try OwnedObject(PyUnicode_AsUTF8String(object)).take()
}

@_cdecl("mapr_Message_dealloc")
func messageDeallocate(_ object: Object?) {
    let object = object.unsafelyUnwrapped
    let flags = messageFields(object).pointee.flags
    if flags & (MessageFields.isTracked | MessageFields.holdsAny) != 0 {
        if flags & MessageFields.holdsAny != 0 { return TypeBuilder.deallocate(object) }
        // For its list of headers. CPython ends a chain of lists by itself.
        PyObject_GC_UnTrack(object)
    }
    messageFields(object).dropRecord()
    free(object)
}

@inline(__always)
private func free(_ object: Object) {
    let fields = messageFields(object)
    fields.pointee.owned.topic?.release()
    fields.pointee.owned.value?.release()
    fields.pointee.owned.key?.release()
    fields.pointee.owned.headers?.release()
    fields.pointee.owned.error?.release()
    if cpy_type_of(object) == Types.message && MessagePool.put(object) { return }
    cpy_free(object)
}

@_cdecl("mapr_Message_len")
func messageLength(_ object: Object?) -> Int {
    let fields = messageFields(object)
    if let value = fields.pointee.owned.value {
        if value.isNone { return 0 }
        return cpy_is_exactly_bytes(value) != 0 ? cpy_size(value) : sizeOfAny(value)
    }
    if let record = fields.pointee.record { return record.value == nil ? 0 : record.valueCount }
    if fields.pointee.flags & MessageFields.isIncomplete != 0 {
        PyErr_NoMemory()
        return -1
    }
    return 0
}

/// What set_value() was given may set another value when it is asked.
@inline(never)
private func sizeOfAny(_ value: Object) -> Int {
    let held = OwnedObject(retaining: value)
    return PyObject_Size(held.object)
}

@_cdecl("mapr_Message_compare")
func messageCompare(_ object: Object?, _ other: Object?, _ operation: Int32) -> Object? {
    guard
        operation == Py_EQ || operation == Py_NE,
        Types.isInstance(other.unsafelyUnwrapped, of: Types.message)
    else { return cpy_not_implemented().unsafelyUnwrapped.retained }
    return Python.entered(failure: nil) { python throws(PythonError) in
        let mine = try messageContent(python, object)
        let theirs = try messageContent(python, other)
        return try OwnedObject(PyObject_RichCompare(mine.object, theirs.object, operation)).take()
    }
}

@_cdecl("mapr_Message_hash")
func messageHash(_ object: Object?) -> Int {
    let values = messageFields(object).pointee
    // A subclass of str may have a hash of its own, which sets another topic.
    let held = HeldObject(values.owned.topic)
    let topic = held.object.map { PyObject_Hash($0) } ?? 0
    if topic == -1 { return -1 }
    let hash = (topic &* 31) ^ (Int(values.partition) &* 1_000_003) ^ Int(values.offset)
    return hash == -1 ? -2 : hash
}

@_cdecl("mapr_Message_describe")
func messageDescribe(_ object: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        func text(_ method: (Object?, Object?) -> Object?) throws(PythonError) -> String {
            let value = try OwnedObject(method(object, nil))
            return try python.representation(value.object)
        }
        let name = object.unsafelyUnwrapped.typeName
        let partition = try text(messagePartition)
        let place = "topic=\(try text(messageTopic)), partition=\(partition), offset=\(try text(messageOffset))"
        let error = try OwnedObject(messageError(object, nil))
        let rest: String
        if error.object.isNone {
            let length = messageLength(object)
            if length < 0 {
                // set_value() takes anything, also what has no length.
                if python.errorIs(.memoryError) { throw PythonError() }
                PyErr_Clear()
            }
            rest = "key=\(try text(messageKey))" + (length < 0 ? "" : ", \(length) bytes")
        } else {
            rest = "error=\(try python.representation(error.object))"
        }
        return try python.string("<mapr_streams_python.\(name) \(place), \(rest)>").take()
    }
}

/// All that a message holds, as the arguments of the constructor.
func messageContent(_ python: borrowing Python, _ object: Object?) throws(PythonError) -> OwnedObject {
    // The order of the constructor's parameters.
    let parts: [(Object?, Object?) -> Object?] = [
        messageTopic, messageValue, messageKey, messageHeaders, messageError, messagePartition, messageOffset,
        messageTimestamp, messageLatency, messageLeaderEpoch, messageDeliveryCount,
    ]
    return try python.tuple(count: parts.count) { index throws(PythonError) in
        try OwnedObject(parts[index](object, nil))
    }
}

@_cdecl("mapr_Message_reduce")
func messageReduce(_ object: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let type = OwnedObject(retaining: cpy_type_of(object.unsafelyUnwrapped))
        let content = try messageContent(python, object)
        return try OwnedObject(cpy_tuple2(type.object, content.object)).take()
    }
}
