import CPython
import PythonBridge
import Streams

private let produceDocumentation: StaticString =
    """
    produce($self, /, topic, value=None, key=None, partition=-1, callback=None, on_delivery=None, timestamp=0, headers=None,
            *, partitioner=None, block=None)
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
    :param block: where the queue is full, how many seconds to wait for room, or True for as long as it takes. Meanwhile
        callbacks run, as in poll(); what one raises comes out of this call, and the message is not in the queue then.
        None, False and 0 do not wait
    :type block: float or bool or None
    :raises BufferError: the queue is full (``queue.buffering.max.messages``, ``queue.buffering.max.kbytes``), and was so for
        all of ``block``: call poll() and try again
    :raises KafkaException: for other errors
    :raises TypeError: an argument has the wrong type, or the callback is a coroutine function; the message names it
    :raises ValueError: a topic's or a header's name has a null character; block is negative
    :raises RuntimeError: the producer is closed; ``block=True`` inside one of its own callbacks, where it might never end

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
            "block",
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
        return try withSlots(10) { slots throws(PythonError) in
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
                if let callback, !Python.isLastSeenCallback(callback) {
                    try check(python, callback, isAlias: slots[4] == callback)
                }
                try value.borrow(python, slots[1], "value")
                try key.borrow(python, slots[2], "key")
                return (topic, partition, callback)
            }
            let producer = call.client
            let (topic, partition, callback) = call.arguments
            if value.start == nil && fields.pointee.base.isMaprDialect {
                // It takes no room in the queue.
                _ = try fields.roomDeadline(python, slots[9], of: "produce")
                try fields.reject(python, topic, partition, key, callback, headers: slots[7])
                return cpy_none().unsafelyUnwrapped.retained
            }

            // A `DeliveryContext` of the callback alone: it owns a reference until the report.
            if let callback { cpy_incref(callback) }
            do throws(PythonError) {
                // A timestamp, headers or block: one question for the three.
                let rare = UInt(bitPattern: slots[6]) | UInt(bitPattern: slots[7]) | UInt(bitPattern: slots[9])
                if rare == 0 && value.count < fields.pointee.shortestLent {
                    try producer.use { producer throws(PythonError) in
                        do throws(StreamsError) {
                            try producer.produce(
                                topic, partition: partition, value: value.start, valueCount: value.count,
                                isLent: false, key: key.start, keyCount: key.count, opaque: callback)
                        } catch {
                            throw refusal(python, producer, error, topic, partition, value, key)
                        }
                    }
                } else if slots[9] == nil {
                    try fields.produceLending(python, topic, partition, value, key, callback, slots)
                } else {
                    try fields.produceWaiting(&python, topic, partition, value, key, callback, slots)
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
private func check(_ python: borrowing Python, _ callback: Object, isAlias: Bool) throws(PythonError) {
    try python.checkCallback(callback, isAlias ? "callback" : "on_delivery")
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

    /// Why a message without a value is refused in the MapR dialect, where no callback is to hear of it.
    static var unheardTombstone: StreamsError {
        StreamsError(
            .invalidArgument,
            reason: "value must not be None: MapR Event Store takes no message without a value, and there is no"
                + " delivery callback to report it to (\(Dialect.property) = kafka sends a tombstone)")
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
            throw python.raise(Self.unheardTombstone)
        }
        let producer = try open(python)
        if let callback { cpy_incref(callback) }
        producer.takeUnretainedValue().reject(
            topic, partition: partition, key: key.start, keyCount: key.count, headers: parsed, opaque: callback)
    }

    /// A message with a timestamp, headers, or a long value, which is lent where it can be.
    ///
    /// - Parameter slots: the call's arguments; the value, the timestamp and the headers are read here.
    @inline(never)
    func produceLending(
        _ python: borrowing Python, _ topic: Topic, _ partition: Int32, _ value: BorrowedBytes, _ key: BorrowedBytes,
        _ callback: Object?, _ slots: UnsafeMutablePointer<Object?>
    ) throws(PythonError) {
        let context = DeliveryContext(callback: callback, isLending: isLendable(slots[1], value))
        if context.isLending { cpy_incref(slots[1]) }
        do throws(PythonError) {
            try produceWithHeaders(
                python, topic, partition, value, key, context, timestamp: slots[6], headers: slots[7])
        } catch {
            if context.isLending { slots[1]?.release() }
            throw error
        }
    }

    /// Whether a value is long enough to be lent, and a `bytes` object, which nobody can change.
    @inline(__always)
    func isLendable(_ object: Object?, _ value: BorrowedBytes) -> Bool {
        value.count >= pointee.shortestLent && cpy_is_exactly_bytes(object) != 0
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
                    try enqueue(producer, topic, partition, value, key, context, milliseconds, headers)
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

    @inline(__always)
    private func enqueue(
        _ producer: Producer, _ topic: Topic, _ partition: Int32, _ value: BorrowedBytes, _ key: BorrowedBytes,
        _ context: DeliveryContext, _ milliseconds: Int64, _ headers: Headers.Reference?
    ) throws(StreamsError) {
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

    /// A message of a call that was given `block`, which may wait for room in the queue.
    @inline(never)
    func produceWaiting(
        _ python: inout Python, _ topic: Topic, _ partition: Int32, _ value: BorrowedBytes, _ key: BorrowedBytes,
        _ callback: Object?, _ slots: UnsafeMutablePointer<Object?>
    ) throws(PythonError) {
        guard let deadline = try roomDeadline(python, slots[9], of: "produce") else {
            return try produceLending(python, topic, partition, value, key, callback, slots)
        }
        var milliseconds: Int64 = 0
        if let timestamp = slots[6], !timestamp.isNone { milliseconds = try python.int64(timestamp, "timestamp") }
        var list: Headers?
        var headers: Headers.Reference?
        if let given = slots[7], !given.isNone {
            let parsed = try parseHeaders(python, given)
            headers = parsed.reference
            list = consume parsed
        }
        let producer = try open(python)
        base.enter()
        defer { leave(&python) }
        let context = DeliveryContext(callback: callback, isLending: isLendable(slots[1], value))
        if context.isLending { cpy_incref(slots[1]) }
        do throws(PythonError) {
            let error = try waitingForRoom(&python, producer, until: deadline, size: value.count) {
                () throws(StreamsError) in
                try producer.use { producer throws(StreamsError) in
                    try enqueue(producer, topic, partition, value, key, context, milliseconds, headers)
                }
            }
            if let error { throw producer.use { refusal(python, $0, error, topic, partition, value, key) } }
        } catch {
            if context.isLending { slots[1]?.release() }
            throw error
        }
        switch consume list {
        case .some(let list): list.relinquish()
        case .none: break
        }
    }
}
