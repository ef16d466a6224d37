import CPython
import PythonBridge
import Streams

let messageMethods: [Method] = [
    .none(
        "error", messageError,
        """
        error($self, /)
        --

        None for a proper message, else what the error or event is.

        :rtype: KafkaError or None
        """),
    .none(
        "value", messageValue,
        """
        value($self, /)
        --

        The value (payload), or None.

        :rtype: bytes or None
        """),
    .none(
        "key", messageKey,
        """
        key($self, /)
        --

        The key, or None.

        :rtype: bytes or None
        """),
    .none(
        "deserialized_value", messageValue,
        """
        deserialized_value($self, /)
        --

        What value() returns: of a DeserializingConsumer's message what the deserializer made. Type checkers know which type.
        """),
    .none(
        "deserialized_key", messageKey,
        """
        deserialized_key($self, /)
        --

        What key() returns: of a DeserializingConsumer's message what the deserializer made. Type checkers know which type.
        """),
    .none(
        "delivery_count", messageDeliveryCount,
        """
        delivery_count($self, /)
        --

        How often a share group has given the message to somebody; None for messages of other consumers, and of producers.

        :rtype: int or None
        """),
    .none(
        "topic", messageTopic,
        """
        topic($self, /)
        --

        The topic's name, or None where there is none.

        :rtype: str or None
        """),
    .none(
        "partition", messagePartition,
        """
        partition($self, /)
        --

        The partition's number, or None where there is none.

        :rtype: int or None
        """),
    .none(
        "offset", messageOffset,
        """
        offset($self, /)
        --

        The offset in the partition, or None where there is none, as in the report of a failed delivery.

        :rtype: int or None
        """),
    .none(
        "timestamp", messageTimestamp,
        """
        timestamp($self, /)
        --

        What kind of timestamp the message has, and when that was (``rd_kafka_message_timestamp``).

        :returns: one of the TIMESTAMP constants, and milliseconds since the epoch; (TIMESTAMP_NOT_AVAILABLE, -1)
            where there is none
        :rtype: tuple(int, int)
        """),
    .none(
        "headers", messageHeaders,
        """
        headers($self, /)
        --

        The headers in their order, or None where there are none.

        :rtype: list(tuple(str, bytes or None)) or None
        :raises KafkaException: _BAD_MSG: there are some, but so malformed that they cannot be read

        ``rd_kafka_message_headers``, when it is first asked.
        """),
    .none(
        "latency", messageLatency,
        """
        latency($self, /)
        --

        Seconds between produce() and the acknowledgement, in a delivery report; else None (``rd_kafka_message_latency``).

        :rtype: float or None
        """),
    .none(
        "leader_epoch", messageLeaderEpoch,
        """
        leader_epoch($self, /)
        --

        The epoch of the leader that the message came from, where librdkafka 2.1.0 or later knows it; else None.

        :rtype: int or None
        """),
    .one("set_value", messageSetValue, "set_value($self, value, /)\n--\n\nReplaces the value, with any object."),
    .one("set_key", messageSetKey, "set_key($self, key, /)\n--\n\nReplaces the key, with any object."),
    .one(
        "set_headers", messageSetHeaders, "set_headers($self, headers, /)\n--\n\nReplaces the headers, with any object."
    ),
    .one("set_topic", messageSetTopic, "set_topic($self, topic, /)\n--\n\nReplaces the topic's name (str)."),
    .one("set_error", messageSetError, "set_error($self, error, /)\n--\n\nReplaces the error (KafkaError or None)."),
]

// MARK: Accessors

@inline(__always)
private func orNone(_ object: Object?) -> Object? {
    (object ?? cpy_none().unsafelyUnwrapped).retained
}

/// The answer of an accessor after it has copied from the record: a missing object is None, or what went wrong.
@inline(__always)
private func copied(_ object: Object?) -> Object? {
    if let object { return object.retained }
    return PyErr_Occurred() == nil ? cpy_none().unsafelyUnwrapped.retained : nil
}

/// The answer of an accessor that finds nothing and has no record: None, or that it is lost.
@inline(never)
private func absent(_ fields: UnsafeMutablePointer<MessageFields>) -> Object? {
    if fields.pointee.flags & MessageFields.isIncomplete != 0 { return PyErr_NoMemory() }
    return cpy_none().unsafelyUnwrapped.retained
}

@_cdecl("mapr_Message_error")
func messageError(_ object: Object?, _ unused: Object?) -> Object? {
    let fields = messageFields(object)
    if let error = fields.pointee.owned.error { return error.retained }
    guard let record = fields.pointee.record else { return absent(fields) }
    if !record.isError { return cpy_none().unsafelyUnwrapped.retained }
    Python.attached { python in fields.copyError(python) }
    return copied(fields.pointee.owned.error)
}

@_cdecl("mapr_Message_value")
func messageValue(_ object: Object?, _ unused: Object?) -> Object? {
    let fields = messageFields(object)
    if let value = fields.pointee.owned.value { return value.retained }
    guard let record = fields.pointee.record else { return absent(fields) }
    guard let start = record.value else { return cpy_none().unsafelyUnwrapped.retained }
    let value = PyBytes_FromStringAndSize(start.assumingMemoryBound(to: CChar.self), record.valueCount)
    fields.pointee.owned.value = value
    return value?.retained
}

@_cdecl("mapr_Message_key")
func messageKey(_ object: Object?, _ unused: Object?) -> Object? {
    let fields = messageFields(object)
    if let key = fields.pointee.owned.key { return key.retained }
    guard let record = fields.pointee.record else { return absent(fields) }
    guard let start = record.key else { return cpy_none().unsafelyUnwrapped.retained }
    let key = PyBytes_FromStringAndSize(start.assumingMemoryBound(to: CChar.self), record.keyCount)
    fields.pointee.owned.key = key
    return key?.retained
}

@_cdecl("mapr_Message_topic")
func messageTopic(_ object: Object?, _ unused: Object?) -> Object? {
    orNone(messageFields(object).pointee.owned.topic)
}

@_cdecl("mapr_Message_partition")
func messagePartition(_ object: Object?, _ unused: Object?) -> Object? {
    let partition = messageFields(object).pointee.partition
    return partition == TopicPartition.unassignedPartition
        ? cpy_none().unsafelyUnwrapped.retained : PyLong_FromLong(Int(partition))
}

@_cdecl("mapr_Message_offset")
func messageOffset(_ object: Object?, _ unused: Object?) -> Object? {
    let offset = messageFields(object).pointee.offset
    return offset < 0 ? cpy_none().unsafelyUnwrapped.retained : PyLong_FromLongLong(offset)
}

@_cdecl("mapr_Message_timestamp")
func messageTimestamp(_ object: Object?, _ unused: Object?) -> Object? {
    var type: Int32 = 0
    let timestamp = messageFields(object).currentTimestamp(&type)
    guard let tuple = PyTuple_New(2) else { return nil }
    let number = PyLong_FromLongLong(timestamp)
    // The small int of the type is the interpreter's own, and is always there.
    PyTuple_SetItem(tuple, 0, PyLong_FromLong(Int(type)))
    PyTuple_SetItem(tuple, 1, number)
    if number == nil {
        tuple.release()
        return nil
    }
    return tuple
}

@_cdecl("mapr_Message_headers")
func messageHeaders(_ object: Object?, _ unused: Object?) -> Object? {
    let fields = messageFields(object)
    if let headers = fields.pointee.owned.headers { return headers.retained }
    guard fields.pointee.record != nil else { return absentHeaders(fields) }
    Python.attached { python in fields.copyHeaders(python) }
    if fields.pointee.flags & MessageFields.hasMalformedHeaders != 0 { return absentHeaders(fields) }
    return copied(fields.pointee.owned.headers)
}

/// The answer where there are none to give.
@inline(never)
private func absentHeaders(_ fields: UnsafeMutablePointer<MessageFields>) -> Object? {
    guard fields.pointee.flags & MessageFields.hasMalformedHeaders != 0 else { return absent(fields) }
    return Python.entered(failure: nil) { python throws(PythonError) in
        throw python.raise(StreamsError(.badMessage, reason: "the message has headers that cannot be read"))
    }
}

@_cdecl("mapr_Message_latency")
func messageLatency(_ object: Object?, _ unused: Object?) -> Object? {
    let latency = messageFields(object).currentLatency
    return latency < 0 ? cpy_none().unsafelyUnwrapped.retained : PyFloat_FromDouble(Double(latency) / 1_000_000)
}

@_cdecl("mapr_Message_delivery_count")
func messageDeliveryCount(_ object: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = messageFields(object)
        guard fields.pointee.flags & MessageFields.hasDeliveryCount != 0 else { return python.none.take() }
        return try python.integer(Int(fields.pointee.deliveryCount)).take()
    }
}

@_cdecl("mapr_Message_leader_epoch")
func messageLeaderEpoch(_ object: Object?, _ unused: Object?) -> Object? {
    let epoch = messageFields(object).currentLeaderEpoch
    return epoch < 0 ? cpy_none().unsafelyUnwrapped.retained : PyLong_FromLong(Int(epoch))
}

// MARK: Replacing what a message holds

/// Puts an object into a field. None is kept as such: it says that the record must not be asked any more.
private func set(
    _ object: Object?, to value: Object?,
    _ field: (UnsafeMutablePointer<MessageFields>) -> UnsafeMutablePointer<Object?>
) -> Object? {
    let fields = messageFields(object)
    fields.pointee.flags |= MessageFields.holdsAny
    field(fields).set(value)
    fields.track()
    return cpy_none().unsafelyUnwrapped.retained
}

@_cdecl("mapr_Message_set_value")
func messageSetValue(_ object: Object?, _ value: Object?) -> Object? {
    set(object, to: value) { address(of: &$0.pointee.owned.value) }
}

@_cdecl("mapr_Message_set_key")
func messageSetKey(_ object: Object?, _ key: Object?) -> Object? {
    set(object, to: key) { address(of: &$0.pointee.owned.key) }
}

@_cdecl("mapr_Message_set_headers")
func messageSetHeaders(_ object: Object?, _ headers: Object?) -> Object? {
    set(object, to: headers) { address(of: &$0.pointee.owned.headers) }
}

@_cdecl("mapr_Message_set_topic")
func messageSetTopic(_ object: Object?, _ topic: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let topic = topic.unsafelyUnwrapped
        guard cpy_is_str(topic) != 0 else {
            throw python.error(.typeError, "topic must be str, not \(topic.typeName)")
        }
        return set(object, to: topic) { address(of: &$0.pointee.owned.topic) }
    }
}

@_cdecl("mapr_Message_set_error")
func messageSetError(_ object: Object?, _ error: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let error = error.unsafelyUnwrapped
        guard error.isNone || Types.isInstance(error, of: Types.kafkaError) else {
            throw python.error(.typeError, "error must be a KafkaError or None, not \(error.typeName)")
        }
        return set(object, to: error) { address(of: &$0.pointee.owned.error) }
    }
}
