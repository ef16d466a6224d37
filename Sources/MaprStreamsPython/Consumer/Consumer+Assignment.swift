import CPython
import PythonBridge
import Streams

/// What a consumer is assigned to.
let consumerAssignmentMethods: [Method] = [
    .one(
        "assign", consumerAssign,
        """
        assign($self, partitions, /)
        --

        Consumes these partitions from now on, and none else. Inside ``on_assign`` of a cooperative group it adds them, as
        incremental_assign() does.

        :param list(TopicPartition) partitions: where to go on; without an offset, from the committed one
        :raises KafkaException: _INVALID_ARG where a partition is missing or there twice; librdkafka refuses; _STATE while the
            consumer is being closed, and in a cooperative group outside of ``on_assign``
        :raises TypeError: partitions is no list of TopicPartition
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_assign``.
        """),
    .none(
        "unassign", consumerUnassign,
        """
        unassign($self, /)
        --

        Consumes no partitions any more. Inside ``on_revoke`` and ``on_lost`` of a cooperative group it takes away those that
        the callback was told of, as incremental_unassign() does.

        :raises KafkaException: librdkafka refuses; _STATE while the consumer is being closed
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_assign`` with no list.
        """),
    .one(
        "incremental_assign", consumerIncrementalAssign,
        """
        incremental_assign($self, partitions, /)
        --

        Adds partitions to those that are consumed.

        :param list(TopicPartition) partitions: the partitions
        :raises TypeError: partitions is no list of TopicPartition objects
        :raises KafkaException: librdkafka refuses; _STATE while the consumer is being closed
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_incremental_assign``.
        """),
    .one(
        "incremental_unassign", consumerIncrementalUnassign,
        """
        incremental_unassign($self, partitions, /)
        --

        Takes partitions from those that are consumed.

        :param list(TopicPartition) partitions: the partitions
        :raises TypeError: partitions is no list of TopicPartition objects
        :raises KafkaException: librdkafka refuses; _STATE while the consumer is being closed
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_incremental_unassign``.
        """),
    .fast(
        "assignment", consumerAssignment,
        """
        assignment($self, /, *args, **kwargs)
        --

        The partitions that are consumed. Arguments are ignored.

        :rtype: list(TopicPartition)
        :raises KafkaException: librdkafka refuses; _STATE while the consumer is being closed
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_assignment``.
        """),
]

@_cdecl("mapr_Consumer_assign")
func consumerAssign(_ object: Object?, _ partitions: Object?) -> Object? {
    withPartitions(object, prefix: "Failed to set assignment", reading: { _ in partitions }) {
        consumer, partitions throws(StreamsError) in
        try consumer.assign(partitions)
    }
}

@_cdecl("mapr_Consumer_incremental_assign")
func consumerIncrementalAssign(_ object: Object?, _ partitions: Object?) -> Object? {
    withPartitions(object, prefix: "Failed to incremental assign", reading: { _ in partitions }) {
        consumer, partitions throws(StreamsError) in try consumer.incrementalAssign(partitions)
    }
}

@_cdecl("mapr_Consumer_incremental_unassign")
func consumerIncrementalUnassign(_ object: Object?, _ partitions: Object?) -> Object? {
    withPartitions(object, prefix: "Failed to incremental unassign", reading: { _ in partitions }) {
        consumer, partitions throws(StreamsError) in try consumer.incrementalUnassign(partitions)
    }
}

/// Does something with a list of partitions, which `argument` finds.
func withPartitions(
    _ object: Object?, prefix: String, reading argument: (inout Python) throws(PythonError) -> Object?,
    _ body: (Consumer, [TopicPartition]) throws(StreamsError) -> Void
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        try consumerFields(object).withOpenConsumer(
            &python, prefix: prefix,
            reading: { python throws(PythonError) in
                try python.topicPartitions(argument(&python).unsafelyUnwrapped)
            }, body)
        return python.none.take()
    }
}

@_cdecl("mapr_Consumer_unassign")
func consumerUnassign(_ object: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        try consumerFields(object).withOpenConsumer(&python, prefix: "Failed to remove assignment") {
            consumer throws(StreamsError) in try consumer.unassign()
        }
        return python.none.take()
    }
}

/// Takes any arguments and ignores them, as it does in the clients that programs come from.
@_cdecl("mapr_Consumer_assignment")
func consumerAssignment(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let partitions = try consumerFields(object).withOpenConsumer(&python, prefix: "Failed to get assignment") {
            consumer throws(StreamsError) in try consumer.assignment()
        }
        return try python.list(partitions).take()
    }
}
