import CPython
import PythonBridge
import Streams

/// Where logs begin and end, and how far behind the end the application is.
let consumerOffsetMethods: [Method] = [
    .fast(
        "beginning_offsets", consumerBeginningOffsets,
        """
        beginning_offsets($self, /, partitions, timeout=None)
        --

        The first offsets of partitions: one request to each broker that leads some of them.

        :param list(TopicPartition) partitions: the partitions; a partition that is there twice is asked for once
        :param float timeout: seconds to wait at the most; None or a negative number waits for the answer
        :returns: a dict in the order of the list. Its keys are new TopicPartition objects with the offset too, so that
            ``assign(list(offsets))`` takes them; where a partition has none the value is None, the key's offset
            OFFSET_INVALID, and its ``error`` says why
        :rtype: dict(TopicPartition, int or None)
        :raises KafkaException: the request has failed; _INVALID_ARG for a partition below 0
        :raises TypeError: partitions is no list of TopicPartition
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_offsets_for_times`` with OFFSET_BEGINNING as the time.
        """),
    .fast(
        "end_offsets", consumerEndOffsets,
        """
        end_offsets($self, /, partitions, timeout=None)
        --

        The offsets after the last messages of partitions: one request to each broker that leads some of them.

        With ``isolation.level`` ``read_committed``, librdkafka's default, that is where the first open transaction begins.

        :param list(TopicPartition) partitions: the partitions; a partition that is there twice is asked for once
        :param float timeout: seconds to wait at the most; None or a negative number waits for the answer
        :returns: a dict in the order of the list. Its keys are new TopicPartition objects with the offset too, so that
            ``assign(list(offsets))`` takes them; where a partition has none the value is None, the key's offset
            OFFSET_INVALID, and its ``error`` says why
        :rtype: dict(TopicPartition, int or None)
        :raises KafkaException: the request has failed; _INVALID_ARG for a partition below 0
        :raises TypeError: partitions is no list of TopicPartition
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_offsets_for_times`` with OFFSET_END as the time.
        """),
    .fast(
        "lag", consumerLag,
        """
        lag($self, /, partitions=None, timeout=None)
        --

        How many offsets the program is behind the ends of partitions, as end_offsets() has them.

        It is counted from the position; where nothing was consumed yet, from the offset that the partition was assigned
        with, or else the committed one. Markers of transactions and what compaction has removed count too.

        :param list(TopicPartition) partitions: the partitions; None for those that are consumed
        :param float timeout: seconds to wait at the most; None or a negative number waits for the answer
        :returns: a dict in the order of the list. Its keys are new TopicPartition objects with the offset that is counted
            from; the value is None where that is not known (the key's offset is OFFSET_INVALID), or where the end is
            not (the key's ``error`` says why)
        :rtype: dict(TopicPartition, int or None)
        :raises KafkaException: a request has failed; _INVALID_ARG for a partition below 0; _UNKNOWN_GROUP without
            ``group.id``; _STATE while the consumer is being closed
        :raises TypeError: partitions is no list of TopicPartition
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_position``, ``rd_kafka_committed``, ``rd_kafka_offsets_for_times``.
        """),
]

extension Python {
    /// A new dictionary of new partitions.
    fileprivate func dictionary(
        _ entries: [(partition: TopicPartition, value: Int64?)]
    ) throws(PythonError) -> OwnedObject {
        let dictionary = try OwnedObject(PyDict_New())
        for entry in entries {
            let key = try object(entry.partition)
            let value: OwnedObject
            if let number = entry.value { value = try integer(Int(number)) } else { value = none }
            if PyDict_SetItem(dictionary.object, key.object, value.object) != 0 { throw PythonError() }
        }
        return dictionary
    }
}

/// The offsets at an end of each partition.
private func askingForOffsets(
    at end: Client.LogEnd, _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int,
    _ keywords: Object?, _ signature: Signature
) -> Object? {
    asking(
        object, arguments, count, keywords, signature, prefix: "Failed to get offsets",
        { consumer, partitions, milliseconds throws(StreamsError) in
            try consumer.offsets(at: end, of: partitions ?? [], milliseconds: milliseconds).map {
                (partition: $0, value: $0.error == nil && $0.offset >= 0 ? $0.offset : nil)
            }
        },
        { python, entries throws(PythonError) in try python.dictionary(entries) })
}

nonisolated(unsafe) private let beginningSignature = Signature(
    "beginning_offsets", ["partitions", "timeout"], required: 1)

@_cdecl("mapr_Consumer_beginning_offsets")
func consumerBeginningOffsets(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    askingForOffsets(at: .beginning, object, arguments, count, keywords, beginningSignature)
}

nonisolated(unsafe) private let endSignature = Signature("end_offsets", ["partitions", "timeout"], required: 1)

@_cdecl("mapr_Consumer_end_offsets")
func consumerEndOffsets(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    askingForOffsets(at: .end, object, arguments, count, keywords, endSignature)
}

nonisolated(unsafe) private let lagSignature = Signature("lag", ["partitions", "timeout"])

@_cdecl("mapr_Consumer_lag")
func consumerLag(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    let here: pthread_t = pthread_self()
    return asking(
        object, arguments, count, keywords, lagSignature, prefix: "Failed to get the lag", hasDefault: true,
        { consumer, partitions, milliseconds throws(StreamsError) in
            try consumer.lag(of: partitions, milliseconds: milliseconds, for: here).map {
                (partition: $0.partition, value: $0.lag)
            }
        },
        { python, entries throws(PythonError) in try python.dictionary(entries) })
}
