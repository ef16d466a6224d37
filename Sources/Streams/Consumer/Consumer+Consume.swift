import CRdkafka
import CServing

extension Consumer {
    /// Takes messages and events until the batch holds `count` of them; callbacks run inside.
    ///
    /// librdkafka before 2.1.0 drops what it has taken for a batch where the partition is paused meanwhile, as it is in a
    /// rebalance (its issue 4208), and 2.1.0 to 2.13.1 move the stored position past events in a batch (4844): messages
    /// would be lost. With those the batch is put together message by message, unless nothing can pause one. So it is where there
    /// are callbacks for events that may come faster than they return: librdkafka goes on with a batch as long as there are
    /// events, for ever then.
    /// - Parameter place: where a callback leaves it in the child of a fork: no record was taken then.
    /// - Returns: whether it holds as many.
    /// - Note: `rd_kafka_consume_batch_queue`.
    @inlinable @inline(__always)
    public func consume(
        into batch: inout RecordBatch, until count: Int, milliseconds: Int32, leftAt place: Serving.Place
    ) -> Bool {
        if batch.left >= count { return true }
        if batch.first &+ count > batch.capacity { batch.makeRoom(for: count) }
        let places = batch.places + batch.first + batch.left
        guard let queue = queue?.raw, !takesOneByOne else {
            if milliseconds == 0 && mayTakeTogether { batch.left &+= takeTogether(places, count &- batch.left, place) }
            if batch.left < count {
                batch.left &+= rdk_consume_one_by_one(
                    handle, milliseconds, batch.places + batch.first + batch.left, count &- batch.left, place)
            }
            return batch.left == count
        }
        let taken = rdk_consume_batch_queue(queue, milliseconds, places, count &- batch.left, place)
        // An error, though no librdkafka has given one so far: polling gives it as an event.
        batch.left &+=
            taken >= 0 ? taken : rdk_consume_one_by_one(handle, milliseconds, places, count &- batch.left, place)
        return batch.left == count
    }

    /// Takes at once what is there, where nothing pauses a partition meanwhile: the application has assigned them all, so that
    /// no rebalance does, and neither another thread nor a callback can.
    ///
    /// - Returns: how many; none where a partition might be paused.
    /// - Note: `rd_kafka_consume_batch_queue`.
    @usableFromInline @inline(never)
    func takeTogether(
        _ places: UnsafeMutablePointer<RecordBatch.Place>, _ count: Int, _ place: Serving.Place
    ) -> Int {
        guard let queue = queue?.raw else { return 0 }
        // Whatever pauses is asked for with this lock.
        let taken = closing.tryLock { closing in
            hasSubscribed || closing != .notYet ? 0 : rdk_consume_batch_queue(queue, 0, places, count, place)
        }
        return max(0, taken ?? 0)
    }

    /// The same for a program that does not fork.
    public func consume(into batch: inout RecordBatch, until count: Int, milliseconds: Int32) -> Bool {
        var place: UnsafeMutableRawPointer?
        return consume(into: &batch, until: count, milliseconds: milliseconds, leftAt: &place)
    }
}
