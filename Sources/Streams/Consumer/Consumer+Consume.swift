import CRdkafka
import CServing

extension Consumer {
    /// Takes messages and events until the batch holds `count` of them; callbacks run inside.
    ///
    /// librdkafka 2.2.0 to 2.13.0 move the stored position past events in a batch (its issue 4844): a commit would skip
    /// a message. With those the batch is put together message by message.
    /// - Parameter place: where a callback leaves it in the child of a fork: no record was taken then.
    /// - Returns: whether it holds as many.
    /// - Note: `rd_kafka_consume_batch_queue`.
    @inlinable @inline(__always)
    public func consume(
        into batch: inout RecordBatch, until count: Int, milliseconds: Int32, leftAt place: Serving.Place
    ) -> Bool {
        if batch.left >= count { return true }
        if batch.first &+ count > batch.capacity { batch.makeRoom(for: count) }
        guard let queue = queue?.raw, !batchesMovePositions else {
            return consumeOneByOne(into: &batch, until: count, milliseconds: milliseconds, leftAt: place)
        }
        let taken = rdk_consume_batch_queue(
            queue, milliseconds, batch.places + batch.first + batch.left, count &- batch.left, place)
        // An error, though no librdkafka has given one so far: polling gives it as an event.
        if taken < 0 {
            return consumeOneByOne(into: &batch, until: count, milliseconds: milliseconds, leftAt: place)
        }
        batch.left &+= taken
        return batch.left == count
    }

    /// The same for a program that does not fork.
    public func consume(into batch: inout RecordBatch, until count: Int, milliseconds: Int32) -> Bool {
        var place: UnsafeMutableRawPointer?
        return consume(into: &batch, until: count, milliseconds: milliseconds, leftAt: &place)
    }

    @usableFromInline @inline(never)
    func consumeOneByOne(
        into batch: inout RecordBatch, until count: Int, milliseconds: Int32, leftAt place: Serving.Place
    ) -> Bool {
        let deadline = Deadline(milliseconds: milliseconds)
        while batch.left < count {
            let slice = milliseconds == 0 ? 0 : deadline.remaining
            guard let record = poll(milliseconds: slice, leftAt: place) else { return false }
            batch.places[batch.first + batch.left] = record.raw
            batch.left += 1
        }
        return true
    }
}
