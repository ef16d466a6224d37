import CPython
import PythonBridge
import Streams

private let produceDocumentation: StaticString =
    """
    produce($self, /, topic, value=None, key=None, partition=-1, callback=None, on_delivery=None, timestamp=0, headers=None,
            *, partitioner=None)
    --

    Puts a message into the queue, to be sent.

    :param str topic: the topic to produce to
    :param value: the payload; str is sent as UTF-8, and any contiguous buffer is taken
    :type value: str or bytes-like or None
    :param key: the key, which chooses the partition
    :type key: str or bytes-like or None
    :param int partition: the partition; -1 lets the configured partitioner choose
    :param callable on_delivery: called as ``on_delivery(err, msg)`` from poll() or flush(), when the message was delivered
        (err is None) or has failed for good; ``callback`` is another name for it, and wins if both are given
    :param int timestamp: milliseconds since the epoch; 0 for now
    :param headers: a dict, or a list of (name, value) tuples; names are str, values are str, bytes-like or None
    :param partitioner: has no effect: the first releases of the API took this keyword and ignored it. The property
        ``partitioner`` of the configuration chooses one
    :raises BufferError: the queue is full (``queue.buffering.max.messages``): call poll() and try again
    :raises KafkaException: for other errors
    :raises TypeError: an argument has the wrong type; the message names it
    :raises ValueError: a topic's or a header's name has a null character
    :raises RuntimeError: the producer is closed

    In the MapR dialect a message without a value is not sent: its callback gets _INVALID_ARG, and without any callback
    this call raises it. With ``streams.compatibility`` set to ``kafka`` it is a tombstone.

    ``rd_kafka_produce``, or ``rd_kafka_produceva`` with a timestamp or headers.
    """

/// Producing.
let producerProduceMethods: [Method] = [
    .fast("produce", producerProduce, produceDocumentation)
]

func prepareProduce() {
    ProcessState.produceSignature = Signature(
        "produce",
        [
            "topic", "value", "key", "partition", "callback", "on_delivery", "timestamp", "headers", "partitioner",
        ],
        required: 1, positional: 8)
    HeaderName.prepare()
}

@_cdecl("mapr_Producer_produce")
func producerProduce(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = producerFields(object)
        return try withSlots(9) { slots throws(PythonError) in
            var value = BorrowedBytes()
            var key = BorrowedBytes()
            defer {
                value.release()
                key.release()
            }
            let call = try fields.open(&python) { python throws(PythonError) in
                let signature = ProcessState.produceSignature.unsafelyUnwrapped
                try signature.parse(python, arguments, count, keywords, into: slots)

                let topicObject = slots[0].unsafelyUnwrapped
                let topic: Topic
                if topicObject == fields.pointee.owned.lastTopic {
                    topic = fields.pointee.lastTopicHandle.unsafelyUnwrapped
                } else {
                    topic = try fields.topic(python, topicObject)
                }
                var partition = TopicPartition.unassignedPartition
                if let given = slots[3], given != cpy_none() { partition = try python.int32(given, "partition") }
                var callback = slots[4]
                if callback == nil || callback == cpy_none() { callback = slots[5] }
                if callback == cpy_none() { callback = nil }
                if let callback, PyCallable_Check(callback) == 0 {
                    throw notCallable(python, callback, isAlias: slots[4] == callback)
                }
                try value.borrow(python, slots[1], "value")
                try key.borrow(python, slots[2], "key")
                return (topic, partition, callback)
            }
            let producer = call.client
            let (topic, partition, callback) = call.arguments
            if value.start == nil && fields.pointee.base.isMaprDialect {
                try fields.reject(python, topic, partition, key, callback, headers: slots[7])
                return cpy_none().unsafelyUnwrapped.retained
            }

            // A `DeliveryContext` of the callback alone: it owns a reference until the report.
            if let callback { cpy_incref(callback) }
            do throws(PythonError) {
                if slots[6] == nil && slots[7] == nil && value.count < fields.pointee.shortestLent {
                    try producer.use { producer throws(PythonError) in
                        do throws(StreamsError) {
                            try producer.produce(
                                topic, partition: partition, value: value.start, valueCount: value.count,
                                isLent: false, key: key.start, keyCount: key.count, opaque: callback)
                        } catch {
                            throw refusal(python, producer, error, topic, partition, value, key)
                        }
                    }
                } else {
                    try fields.produceLending(
                        python, topic, partition, value, of: slots[1], key, callback, timestamp: slots[6],
                        headers: slots[7])
                }
            } catch {
                callback?.release()
                throw error
            }
            return cpy_none().unsafelyUnwrapped.retained
        }
    }
}

/// What a message that librdkafka does not take raises.
@inline(never)
private func refusal(
    _ python: borrowing Python, _ producer: Producer, _ error: StreamsError, _ topic: Topic, _ partition: Int32,
    _ value: BorrowedBytes, _ key: BorrowedBytes
) -> PythonError {
    python.raise(
        producer.refusal(error, of: topic, partition, size: value.count + key.count),
        prefix: "Unable to produce message")
}

@inline(never)
private func notCallable(_ python: borrowing Python, _ object: Object, isAlias: Bool) -> PythonError {
    python.error(
        .typeError, "\(isAlias ? "callback" : "on_delivery") must be callable, not \(object.typeName)")
}

extension UnsafeMutablePointer where Pointee == ProducerFields {
    /// The handle of a topic that is not the one that was last produced to.
    @inline(never)
    func topic(_ python: borrowing Python, _ object: Object) throws(PythonError) -> Topic {
        let handle: Topic
        // What is found was checked when it was put there; only an exact str may be looked up before it is checked.
        if cpy_is_exactly_str(object) != 0, let topics = pointee.owned.topics,
            let known = PyDict_GetItemWithError(topics, object)
        {
            handle = pointee.handles[PyLong_AsLong(known)]
        } else {
            let name = try python.cString(object, "topic")
            handle = try checkedTopic(python, object, name)
        }
        // A subclass of str may not be what it seems when it is asked again.
        if cpy_is_exactly_str(object) != 0 {
            address(of: &pointee.owned.lastTopic).set(object)
            pointee.lastTopicHandle = handle
        }
        return handle
    }

    private func checkedTopic(
        _ python: borrowing Python, _ object: Object, _ name: UnsafePointer<CChar>
    ) throws(PythonError) -> Topic {
        // The garbage collector may have cleared it, in a producer that a finalizer still reaches.
        if pointee.owned.topics == nil { pointee.owned.topics = try OwnedObject(PyDict_New()).take() }
        let topics = OwnedObject(retaining: pointee.owned.topics.unsafelyUnwrapped)
        if let known = PyDict_GetItemWithError(topics.object, object) {
            return pointee.handles[PyLong_AsLong(known)]
        }
        if PyErr_Occurred() != nil { throw PythonError() }
        let producer = try open(python)
        let handle = try python.raising(prefix: "Unable to produce message") { () throws(StreamsError) in
            try producer.use { producer throws(StreamsError) in try producer.topic(name) }
        }
        let index = try python.integer(pointee.handles.count)
        pointee.handles.append(handle)
        if PyDict_SetItem(topics.object, object, index.object) != 0 { throw PythonError() }
        return handle
    }

    /// A message without a value, in the MapR dialect.
    @inline(never)
    func reject(
        _ python: borrowing Python, _ topic: Topic, _ partition: Int32, _ key: BorrowedBytes,
        _ callback: Object?, headers: Object?
    ) throws(PythonError) {
        var parsed: Headers?
        if let headers, headers != cpy_none() { parsed = try parseHeaders(python, headers) }
        guard callback != nil || pointee.base.callbacks.report != nil else {
            throw python.raise(
                StreamsError(
                    .invalidArgument,
                    reason: "value must not be None: MapR Event Store takes no message without a value, and there is no"
                        + " delivery callback to report it to (\(Dialect.property) = kafka sends a tombstone)"))
        }
        let producer = try open(python)
        if let callback { cpy_incref(callback) }
        producer.takeUnretainedValue().reject(
            topic, partition: partition, key: key.start, keyCount: key.count, headers: parsed, opaque: callback)
    }

    /// A message with a timestamp, headers, or a long value, which is lent where it can be.
    @inline(never)
    func produceLending(
        _ python: borrowing Python, _ topic: Topic, _ partition: Int32, _ value: BorrowedBytes,
        of valueObject: Object?, _ key: BorrowedBytes, _ callback: Object?, timestamp: Object?, headers: Object?
    ) throws(PythonError) {
        let lent = value.count >= pointee.shortestLent && cpy_is_exactly_bytes(valueObject) != 0 ? valueObject : nil
        let context = DeliveryContext(callback: callback, isLending: lent != nil)
        if let lent { cpy_incref(lent) }
        do throws(PythonError) {
            try produceWithHeaders(
                python, topic, partition, value, key, context, timestamp: timestamp, headers: headers)
        } catch {
            lent?.release()
            throw error
        }
    }

    /// The same with a value that is lent or is not, as `context` says; a timestamp and headers may be missing.
    private func produceWithHeaders(
        _ python: borrowing Python, _ topic: Topic, _ partition: Int32, _ value: BorrowedBytes,
        _ key: BorrowedBytes, _ context: DeliveryContext, timestamp: Object?, headers: Object?
    ) throws(PythonError) {
        var milliseconds: Int64 = 0
        if let timestamp, timestamp != cpy_none() { milliseconds = try python.int64(timestamp, "timestamp") }
        func send(_ headers: Headers.Reference?) throws(PythonError) {
            let producer = try open(python)
            do throws(StreamsError) {
                try producer.use { producer throws(StreamsError) in
                    if headers == nil && milliseconds == 0 {
                        try producer.produce(
                            topic, partition: partition, value: value.start, valueCount: value.count,
                            isLent: context.isLending, key: key.start, keyCount: key.count, opaque: context.opaque)
                    } else {
                        try producer.produceWithHeaders(
                            topic, partition: partition, value: value.start, valueCount: value.count,
                            isLent: context.isLending, key: key.start, keyCount: key.count, opaque: context.opaque,
                            timestamp: milliseconds, headers: headers)
                    }
                }
            } catch {
                throw producer.use { refusal(python, $0, error, topic, partition, value, key) }
            }
        }
        guard let headers, headers != cpy_none() else { return try send(nil) }
        let list = try parseHeaders(python, headers)
        try send(list.reference)
        list.relinquish()
    }
}
