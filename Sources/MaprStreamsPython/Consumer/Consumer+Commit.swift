import CPython
import PythonBridge
import Streams

/// Committing.
let consumerCommitMethods: [Method] = [
    .fast(
        "commit", consumerCommit,
        """
        commit($self, /, message=None, offsets=None, asynchronous=True, timeout=None, **kwargs)
        --

        Commits a message's offset + 1, a list of offsets, or what is stored for the current assignment when it is called.

        :param Message message: the message
        :param list(TopicPartition) offsets: the offsets; message and offsets exclude each other
        :param bool asynchronous: return at once; the result goes to ``on_commit``. Its old name ``async`` works too:
            ``commit(**{'async': False})``
        :param float timeout: seconds to wait at the most where it is not asynchronous; None or a negative number waits for the
            answer
        :returns: None, or, if it is not asynchronous, the partitions with their committed offsets
        :rtype: None or list(TopicPartition)
        :raises KafkaException: the commit has failed; _NO_OFFSET, unless asynchronous, where there is nothing to commit
        :raises RetriableTimeoutException: the time is over; the offsets may be committed all the same
        :raises ValueError: message and offsets are both given
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_commit``, ``rd_kafka_commit_queue``.
        """),
    .fast(
        "store_offsets", consumerStoreOffsets,
        """
        store_offsets($self, /, message=None, offsets=None)
        --

        Stores offsets for the next commit. ``enable.auto.offset.store`` must be false.

        :param Message message: store its offset + 1
        :param list(TopicPartition) offsets: the offsets; message and offsets exclude each other
        :raises TypeError: message is no Message, or offsets is no list of TopicPartition objects
        :raises KafkaException: a partition is not assigned (the others are stored), or offsets are stored automatically
        :raises ValueError: neither or both are given
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_offsets_store``.
        """),
]

nonisolated(unsafe) private let commitSignature = Signature(
    "commit", ["message", "offsets", "async", "asynchronous", "timeout"])

@_cdecl("mapr_Consumer_commit")
func consumerCommit(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        let call = try fields.open(&python) { python throws(PythonError) in
            try withSlots(5) { slots throws(PythonError) in
                try commitSignature.parse(python, arguments, count, keywords, into: slots)
                let offsets = try offsetsToStore(python, message: slots[0], offsets: slots[1])
                let isAsynchronous = try python.truth(slots[3] ?? slots[2], default: true)
                return (offsets, isAsynchronous, milliseconds: try python.milliseconds(slots[4]))
            }
        }
        let (offsets, isAsynchronous, milliseconds) = call.arguments
        fields.base.enter()
        defer { fields.leave(&python) }
        if isAsynchronous {
            do throws(StreamsError) {
                try python.detached(nil) { () throws(StreamsError) in
                    try call.client.use { consumer throws(StreamsError) in
                        try consumer.commit(offsets)
                    }
                }
            } catch {
                // Nobody waits for the result, and there is nothing to commit: as good as done.
                if error.code != .noOffset { throw python.raise(error, prefix: "Commit failed") }
            }
            return python.none.take()
        }
        let committed = try fields.commit(&python, call.client, offsets, until: Deadline(milliseconds: milliseconds))
        return try python.list(committed).take()
    }
}

extension UnsafeMutablePointer where Pointee == ConsumerFields {
    /// Commits, and waits for the result in slices.
    fileprivate func commit(
        _ python: inout Python, _ consumer: Unmanaged<Consumer>, _ offsets: [TopicPartition]?, until deadline: Deadline
    ) throws(PythonError) -> [TopicPartition] {
        let request = try python.raisingDetached(prefix: "Commit failed") { () throws(StreamsError) in
            try consumer.use { consumer throws(StreamsError) in try consumer.beginCommit(offsets) }
        }
        var committed: [TopicPartition]?
        var failure: StreamsError?
        _ = try python.wait(until: deadline, unless: { isClosedElsewhere }) { slice in
            do throws(StreamsError) {
                committed = try request.wait(milliseconds: slice)
            } catch {
                failure = error
            }
            return committed != nil || failure != nil
        }
        if let failure { throw python.raise(failure, prefix: "Commit failed") }
        if let committed { return committed }
        if isClosedElsewhere {
            throw python.error(
                .runtimeError, "Consumer closed while the commit was under way: whether it was made is not known")
        }
        var error = StreamsError(.timedOut, reason: "no answer yet: whether it was made is not known")
        // The same offsets are committed again.
        error.isRetriable = true
        throw python.raise(consumer.use { $0.explained(error) }, prefix: "Commit failed")
    }
}

/// What `commit` and `store_offsets` are to take: nil for what is stored.
private func offsetsToStore(
    _ python: borrowing Python, message: Object?, offsets: Object?
) throws(PythonError) -> [TopicPartition]? {
    let message = message.flatMap { $0.isNone ? nil : $0 }
    let offsets = offsets.flatMap { $0.isNone ? nil : $0 }
    if message != nil && offsets != nil {
        throw python.error(.valueError, "message and offsets are mutually exclusive")
    }
    if let offsets { return try python.topicPartitions(offsets, "offsets") }
    guard let message else { return nil }
    guard Types.isInstance(message, of: Types.message) else {
        throw python.error(.typeError, "message: expected Message, not \(message.typeName)")
    }
    let error = try OwnedObject(messageError(message, nil))
    if !error.object.isNone {
        throw python.error(
            .valueError,
            "message: an error or event has no offset to commit: \(error.object.representation)")
    }
    let values = messageFields(message).pointee
    let topic = try values.owned.topic.map { topic throws(PythonError) in try python.text(topic, "message: topic") }
    guard let topic, values.partition >= 0, values.offset >= 0, values.offset < .max
    else {
        throw python.error(.valueError, "message: it has no topic, partition or offset to commit")
    }
    let epoch = messageFields(message).currentLeaderEpoch
    return [
        TopicPartition(topic, values.partition, offset: values.offset + 1, leaderEpoch: epoch < 0 ? nil : epoch)
    ]
}

nonisolated(unsafe) private let storeSignature = Signature("store_offsets", ["message", "offsets"])

@_cdecl("mapr_Consumer_store_offsets")
func consumerStoreOffsets(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        try consumerFields(object).withOpenConsumer(
            &python, prefix: "StoreOffsets failed",
            reading: { python throws(PythonError) in
                try withSlots(2) { slots throws(PythonError) in
                    try storeSignature.parse(python, arguments, count, keywords, into: slots)
                    guard let offsets = try offsetsToStore(python, message: slots[0], offsets: slots[1]) else {
                        throw python.error(.valueError, "expected either message or offsets")
                    }
                    return offsets
                }
            },
            { consumer, offsets throws(StreamsError) in try consumer.store(offsets) })
        return python.none.take()
    }
}
