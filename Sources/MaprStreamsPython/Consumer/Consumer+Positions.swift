import CPython
import PythonBridge
import Streams

/// Questions about offsets.
let consumerPositionMethods: [Method] = [
    .fast(
        "committed", consumerCommitted,
        """
        committed($self, /, partitions, timeout=None)
        --

        The committed offsets of partitions.

        :param list(TopicPartition) partitions: the partitions
        :param float timeout: seconds to wait at the most; None or a negative number waits for the answer
        :returns: new TopicPartition objects; offset OFFSET_INVALID where nothing is committed
        :rtype: list(TopicPartition)
        :raises TypeError: partitions is no list of TopicPartition objects
        :raises KafkaException: the request has failed; _STATE while the consumer is being closed
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_committed``.
        """),
    .fast(
        "position", consumerPosition,
        """
        position($self, /, partitions, timeout=None)
        --

        The offset after the last message that was consumed, for each partition.

        A partition that was not consumed yet has 0 in the MapR dialect, OFFSET_INVALID in Kafka's and where it has an
        error.

        :param list(TopicPartition) partitions: the partitions
        :param float timeout: accepted; there is nothing to wait for
        :returns: new TopicPartition objects
        :rtype: list(TopicPartition)
        :raises TypeError: partitions is no list of TopicPartition objects
        :raises KafkaException: librdkafka refuses
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_position``.
        """),
    .fast(
        "get_watermark_offsets", consumerWatermarks,
        """
        get_watermark_offsets($self, /, partition, timeout=None, cached=False)
        --

        The first offset of a partition, and the one after the last.

        :param TopicPartition partition: the partition
        :param float timeout: seconds to wait at the most; None or a negative number waits for the answer
        :param bool cached: what the last fetch brought, without asking; OFFSET_INVALID where it is not known
        :returns: (low, high), or None where the time is over
        :rtype: tuple(int, int) or None
        :raises KafkaException: the request has failed
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_query_watermark_offsets``, ``rd_kafka_get_watermark_offsets``.
        """),
    .fast(
        "offsets_for_times", consumerOffsetsForTimes,
        """
        offsets_for_times($self, /, partitions, timeout=None)
        --

        The first offset from a time on, for each partition.

        :param list(TopicPartition) partitions: their offsets are the times, in milliseconds since the epoch; a partition
            may be there for several times
        :param float timeout: seconds to wait at the most; None or a negative number waits for the answer
        :returns: new TopicPartition objects, in this order; OFFSET_END where the partition has no later message
        :rtype: list(TopicPartition)
        :raises KafkaException: the request has failed
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_offsets_for_times``.
        """),
]

private func partitionsAndTimeout(
    _ python: borrowing Python, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?,
    _ signature: Signature, hasDefault: Bool = false
) throws(PythonError) -> (partitions: [TopicPartition]?, milliseconds: Int32) {
    try withSlots(2) { slots throws(PythonError) in
        try signature.parse(python, arguments, count, keywords, into: slots)
        let given = slots[0].flatMap { hasDefault && $0.isNone ? nil : $0 }
        let partitions = try given.map { given throws(PythonError) in try python.topicPartitions(given) }
        return (partitions, try python.milliseconds(slots[1]))
    }
}

/// What the cluster says of partitions, asked on a helper thread: the arguments are partitions, or None where there is a default
/// for them, and a time-out.
///
/// - Parameter wrap: makes the Python object of what `ask` has returned.
func asking<Answer>(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?,
    _ signature: Signature, prefix: String, hasDefault: Bool = false,
    _ ask: @escaping (Consumer, [TopicPartition]?, Int32) throws(StreamsError) -> Answer,
    _ wrap: (borrowing Python, Answer) throws(PythonError) -> OwnedObject
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        let call = try fields.open(&python) { python throws(PythonError) in
            try partitionsAndTimeout(python, arguments, count, keywords, signature, hasDefault: hasDefault)
        }
        let (partitions, milliseconds) = call.arguments
        let result = try python.request(call.client, prefix: prefix, unless: { fields.isClosedElsewhere }) {
            consumer throws(StreamsError) in
            try ask(consumer, partitions, milliseconds)
        }
        return try wrap(python, result).take()
    }
}

/// The same where the answer is a list of partitions.
private func asking(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?,
    _ signature: Signature, prefix: String,
    _ ask: @escaping (Consumer, [TopicPartition], Int32) throws(StreamsError) -> [TopicPartition]
) -> Object? {
    asking(
        object, arguments, count, keywords, signature, prefix: prefix,
        { consumer, partitions, milliseconds throws(StreamsError) in try ask(consumer, partitions ?? [], milliseconds)
        },
        { python, partitions throws(PythonError) in try python.list(partitions) })
}

nonisolated(unsafe) private let committedSignature = Signature("committed", ["partitions", "timeout"], required: 1)

@_cdecl("mapr_Consumer_committed")
func consumerCommitted(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    asking(object, arguments, count, keywords, committedSignature, prefix: "Failed to get committed offsets") {
        consumer, partitions, milliseconds throws(StreamsError) in
        try consumer.committed(partitions, milliseconds: milliseconds)
    }
}

nonisolated(unsafe) private let positionSignature = Signature("position", ["partitions", "timeout"], required: 1)

@_cdecl("mapr_Consumer_position")
func consumerPosition(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let result = try consumerFields(object).withOpenConsumer(
            &python, prefix: "Failed to get position",
            reading: { python throws(PythonError) in
                try partitionsAndTimeout(python, arguments, count, keywords, positionSignature)
            },
            { consumer, given throws(StreamsError) in try consumer.position(given.partitions ?? []) })
        return try python.list(result).take()
    }
}

nonisolated(unsafe) private let watermarksSignature = Signature(
    "get_watermark_offsets", ["partition", "timeout", "cached"], required: 1)

@_cdecl("mapr_Consumer_get_watermark_offsets")
func consumerWatermarks(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        let call = try fields.open(&python) { python throws(PythonError) in
            try withSlots(3) { slots throws(PythonError) in
                try watermarksSignature.parse(python, arguments, count, keywords, into: slots)
                let partition = try python.topicPartition(slots[0].unsafelyUnwrapped, "partition")
                let milliseconds = try python.milliseconds(slots[1])
                return (partition, milliseconds, isCached: try python.truth(slots[2], default: false))
            }
        }
        let (partition, milliseconds, isCached) = call.arguments
        let prefix = "Failed to get watermark offsets"
        let offsets: (low: Int64, high: Int64)
        if isCached {
            offsets = try fields.withOpenConsumer(&python, prefix: prefix) { consumer throws(StreamsError) in
                try consumer.cachedWatermarks(partition)
            }
        } else {
            // librdkafka 2.0.2 waits for an answer that is on its way, however late.
            let answer = try python.request(
                call.client, prefix: prefix, until: Deadline(milliseconds: milliseconds),
                unless: { fields.isClosedElsewhere }
            ) { consumer throws(StreamsError) -> (low: Int64, high: Int64)? in
                do throws(StreamsError) {
                    return try consumer.queryWatermarks(partition, milliseconds: milliseconds)
                } catch {
                    if error.code == .timedOut { return nil }
                    throw error
                }
            }
            guard let answer = answer ?? nil else { return python.none.take() }
            offsets = answer
        }
        let low = try python.integer(Int(offsets.low))
        let high = try python.integer(Int(offsets.high))
        return try OwnedObject(cpy_tuple2(low.object, high.object)).take()
    }
}

nonisolated(unsafe) private let timesSignature = Signature("offsets_for_times", ["partitions", "timeout"], required: 1)

@_cdecl("mapr_Consumer_offsets_for_times")
func consumerOffsetsForTimes(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    asking(object, arguments, count, keywords, timesSignature, prefix: "Failed to get offsets") {
        consumer, partitions, milliseconds throws(StreamsError) in
        try consumer.offsetsForTimes(partitions, milliseconds: milliseconds)
    }
}
