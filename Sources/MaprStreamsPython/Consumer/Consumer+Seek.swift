import CPython
import PythonBridge
import Streams

/// Where to go on, and with what.
let consumerSeekMethods: [Method] = [
    .fast(
        "seek", consumerSeek,
        """
        seek($self, /, partition)
        --

        Goes on from another offset of an assigned partition.

        Waits until a partition that was assigned a moment ago is fetched. Inside ``on_assign``, before the partitions are
        assigned, it says where they begin.

        :param TopicPartition partition: the partition and the offset
        :raises TypeError: partition is no TopicPartition
        :raises KafkaException: _STATE where it is not assigned, where it is not fetched within ten seconds, and while the
            consumer is being closed; _UNKNOWN_PARTITION where the partition was never seen
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_seek``.
        """),
    .fast(
        "pause", consumerPause,
        """
        pause($self, /, partitions)
        --

        Stops fetching partitions, which stay assigned. Inside ``on_assign`` it holds for the partitions that are about to
        be assigned. One that is assigned already begins to be fetched first: that is waited for, for a second at most.

        :param list(TopicPartition) partitions: the partitions
        :raises TypeError: partitions is no list of TopicPartition objects
        :raises KafkaException: _STATE while the consumer is being closed
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_pause_partitions``.
        """),
    .fast(
        "resume", consumerResume,
        """
        resume($self, /, partitions)
        --

        Goes on fetching partitions, those that were paused. One whose fetching is about to begin is waited for, for a
        second at most.

        :param list(TopicPartition) partitions: the partitions
        :raises TypeError: partitions is no list of TopicPartition objects
        :raises KafkaException: _STATE while the consumer is being closed
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_resume_partitions``.
        """),
]

nonisolated(unsafe) private let seekSignature = Signature("seek", ["partition"], required: 1)

@_cdecl("mapr_Consumer_seek")
func consumerSeek(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        let call = try fields.open(&python) { python throws(PythonError) in
            try withSlots(1) { slots throws(PythonError) in
                try seekSignature.parse(python, arguments, count, keywords, into: slots)
                return try python.topicPartition(slots[0].unsafelyUnwrapped, "partition")
            }
        }
        let partition = call.arguments
        let here: pthread_t = pthread_self()
        try python.request(
            call.client, prefix: "Failed to seek to offset \(partition.offset)", unless: { fields.isClosedElsewhere }
        ) { consumer throws(StreamsError) in try consumer.seek(partition, for: here) }
        return python.none.take()
    }
}

/// Does something with the partitions that are the one argument.
private func changing(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?,
    _ signature: Signature, prefix: String, _ body: (Consumer, [TopicPartition]) throws(StreamsError) -> Void
) -> Object? {
    withPartitions(
        object, prefix: prefix,
        reading: { python throws(PythonError) in
            try withSlots(1) { slots throws(PythonError) in
                try signature.parse(python, arguments, count, keywords, into: slots)
                return slots[0]
            }
        }, body)
}

nonisolated(unsafe) private let pauseSignature = Signature("pause", ["partitions"], required: 1)
nonisolated(unsafe) private let resumeSignature = Signature("resume", ["partitions"], required: 1)

@_cdecl("mapr_Consumer_pause")
func consumerPause(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    changing(object, arguments, count, keywords, pauseSignature, prefix: "Failed to pause partitions") {
        consumer, partitions throws(StreamsError) in try consumer.pause(partitions)
    }
}

@_cdecl("mapr_Consumer_resume")
func consumerResume(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    changing(object, arguments, count, keywords, resumeSignature, prefix: "Failed to resume partitions") {
        consumer, partitions throws(StreamsError) in try consumer.resume(partitions)
    }
}
