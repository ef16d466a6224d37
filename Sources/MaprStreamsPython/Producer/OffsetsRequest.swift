import CPython
import PythonBridge
import Streams

// A consumer's offsets on their way into a transaction.

let sendOffsetsMethod: Method = .fast(
    "send_offsets_to_transaction", producerSendOffsets,
    """
    send_offsets_to_transaction($self, /, positions, group_metadata, timeout=None)
    --

    Commits a consumer's offsets with the transaction, and not without it.

    :param list(TopicPartition) positions: the offsets to be consumed next; what is no real offset is left out
    :param bytes group_metadata: ``Consumer.consumer_group_metadata()``
    :param float timeout: seconds to wait at the most; None or a negative number waits for
        ``transaction.timeout.ms``
    :raises RetriableException: call it again, with the same arguments; ``_TIMED_OUT``: what it asked for goes on, and the next
        call of the transaction waits for that first
    :raises AbortableException: the transaction must be aborted
    :raises FatalException: the producer is of no use any more
    :raises KafkaException: for other errors
    :raises ValueError: group_metadata is cut off or damaged
    :raises RuntimeError: the producer is closed

    The consumer's ``enable.auto.commit`` must be false. In the MapR dialect ``Consumer.position()`` gives 0 for a partition
    that was not consumed yet, which would be committed: leave it out, or use ``Producer.transaction()``.

    ``rd_kafka_send_offsets_to_transaction``.
    """)

nonisolated(unsafe) private let sendOffsetsSignature = Signature(
    "send_offsets_to_transaction", ["positions", "group_metadata", "timeout"], required: 2)

@_cdecl("mapr_Producer_send_offsets_to_transaction")
func producerSendOffsets(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = producerFields(object)
        let call = try fields.open(&python) { python throws(PythonError) in
            try withSlots(3) { slots throws(PythonError) in
                try sendOffsetsSignature.parse(python, arguments, count, keywords, into: slots)
                let positions = try python.topicPartitions(slots[0].unsafelyUnwrapped, "positions")
                let group = try groupMetadata(python, slots[1].unsafelyUnwrapped)
                return (positions, group, milliseconds: try python.milliseconds(slots[2]))
            }
        }
        let (positions, group, milliseconds) = call.arguments
        let request = OffsetsRequest(of: call.client, positions, group: group, milliseconds: milliseconds)
        fields.base.enter()
        defer { fields.leave(&python) }
        do throws(PythonError) {
            let hasEnded = try python.wait(until: request.deadline, unless: { fields.pointee.producer == nil }) {
                request.wait(milliseconds: $0)
            }
            if !hasEnded {
                if request.deadline.hasPassed { throw python.raise(Producer.offsetsAreUnderWay) }
                throw python.error(.runtimeError, "the client was closed while the call was waiting")
            }
        } catch {
            request.giveUp()
            throw error
        }
        try python.raising { () throws(StreamsError) in try request.result() }
        return python.none.take()
    }
}

private func groupMetadata(_ python: borrowing Python, _ object: Object) throws(PythonError) -> GroupMetadata {
    guard cpy_is_bytes(object) != 0 else {
        throw python.error(
            .typeError,
            "group_metadata must be bytes, of Consumer.consumer_group_metadata(), not \(object.typeName)")
    }
    var bytes = BorrowedBytes()
    defer { bytes.release() }
    try bytes.borrow(python, object, "group_metadata")
    let metadata = GroupMetadata(bytes: Array(UnsafeRawBufferPointer(start: bytes.start, count: bytes.count)))
    guard metadata.isWhole else {
        throw python.error(
            .valueError, "group_metadata is cut off or damaged: give what Consumer.consumer_group_metadata() returned")
    }
    return metadata
}

extension UnsafeMutablePointer where Pointee == ProducerFields {
    /// Waits for offsets that were given up before: librdkafka refuses to end the transaction as long as they are under way.
    func awaitOffsets(
        _ python: inout Python, _ producer: Unmanaged<Producer>, until deadline: Deadline
    ) throws(PythonError) {
        guard producer.use({ $0.hasOffsetsGivenUp }) else { return }
        base.enter()
        defer { leave(&python) }
        let haveEnded = try python.wait(until: deadline, unless: { pointee.producer == nil }) { slice in
            producer.use { $0.awaitOffsetsGivenUp(milliseconds: slice) }
        }
        if haveEnded { return }
        if deadline.hasPassed { throw python.raise(Producer.offsetsAreUnderWay) }
        throw python.error(.runtimeError, "the client was closed while the call was waiting")
    }
}
