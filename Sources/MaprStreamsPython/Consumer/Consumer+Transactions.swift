import CPython
import PythonBridge
import Streams

/// What a producer's transaction wants of the consumer.
let consumerTransactionMethods: [Method] = [
    .none(
        "consumer_group_metadata", consumerGroupMetadata,
        """
        consumer_group_metadata($self, /)
        --

        Which member of its group the consumer is, for ``Producer.send_offsets_to_transaction()``.

        Ask again for each transaction: it changes with each rebalance. The bytes are librdkafka's own, and may be kept, or sent to
        another process.

        :rtype: bytes
        :raises KafkaException: ``_UNKNOWN_GROUP`` where no ``group.id`` is set
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_consumer_group_metadata``, ``rd_kafka_consumer_group_metadata_write``.
        """),
    .none(
        "_transaction_offsets", consumerTransactionOffsets,
        """
        _transaction_offsets($self, /)
        --

        The offsets to be consumed next of the partitions that were consumed, for ``Producer.transaction()``.

        :rtype: list(TopicPartition)
        """),
    .fast(
        "_rewind", consumerRewind,
        """
        _rewind($self, /, timeout=None)
        --

        Goes back to what is committed, for ``Producer.transaction()``.

        :param float timeout: seconds to wait for the committed offsets at the most
        """),
]

@_cdecl("mapr_Consumer_consumer_group_metadata")
func consumerGroupMetadata(_ object: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let metadata = try consumerFields(object).withOpenConsumer(&python) { consumer throws(StreamsError) in
            try consumer.groupMetadata()
        }
        return try python.bytes(metadata.bytes, metadata.bytes.count).take()
    }
}

@_cdecl("mapr_Consumer_transaction_offsets")
func consumerTransactionOffsets(_ object: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        let offsets = try fields.withOpenConsumer(&python) { consumer throws(StreamsError) in
            try consumer.transactionOffsets()
        }
        fields.noteBeginnings(offsets)
        return try python.list(offsets).take()
    }
}

extension UnsafeMutablePointer where Pointee == ConsumerFields {
    /// Notes the beginnings of partitions from now on, where anybody is to need them: they are the records that the last calls
    /// gave and the program holds, or the next ones.
    fileprivate func noteBeginnings(_ positions: [TopicPartition]) {
        guard !pointee.notesBeginnings, let consumer = pointee.consumer, consumer.use({ $0.notesBeginnings }) else {
            return
        }
        consumer.use { $0.noteBeginnings(positions) }
        for head in [pointee.recent, pointee.older] {
            var message = head
            while let here = message {
                if let record = here.pointee.record { consumer.use { $0.noteBeginning(record) } }
                message = here.pointee.next
            }
        }
        pointee.notesBeginnings = true
        pointee.hasPutOff = true
    }
}

nonisolated(unsafe) private let rewindSignature = Signature("_rewind", ["timeout"])

@_cdecl("mapr_Consumer_rewind")
func consumerRewind(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        let call = try fields.open(&python) { python throws(PythonError) in
            try python.milliseconds(timeoutArgument(python, rewindSignature, arguments, count, keywords))
        }
        let milliseconds = call.arguments
        let thread: pthread_t = pthread_self()
        try python.request(call.client, unless: { fields.isClosedElsewhere }) { consumer throws(StreamsError) in
            try consumer.rewind(milliseconds: milliseconds, for: thread)
        }
        return python.none.take()
    }
}
