import CPython
import PythonBridge
import Streams

private let produceBatchDocumentation: StaticString =
    """
    produce_batch($self, /, topic, messages, partition=-1, callback=None, on_delivery=None, *, block=None)
    --

    Puts many messages for one topic into the queue, to be sent.

    :param str topic: the topic to produce to
    :param list(dict) messages: a dict for each message, with any of ``value``, ``key``, ``headers``, ``timestamp``, ``partition``
        and ``on_delivery`` (or ``callback``), which are what produce() takes
    :param int partition: for messages that have none of their own; -1 lets the configured partitioner choose
    :param callable on_delivery: for messages that have none of their own; ``callback`` is another name for it
    :param block: where the queue is full, how many seconds to wait for room, in all, or True for as long as it takes; see
        produce()
    :type block: float or bool or None
    :returns: how many messages are in the queue. Each of the others has its KafkaError in its dict, as ``_error``: _QUEUE_FULL for
        the first that found no room and all behind it; with ``block`` a value that is more than the whole queue may hold is
        left out alone. An ``_error`` of an earlier call is taken away
    :rtype: int
    :raises TypeError: a message is no dict, has an unknown key, or a value of the wrong type; the text says which. No message is
        in the queue then
    :raises ValueError: the same for a value that is not allowed
    :raises RuntimeError: the producer is closed; ``block=True`` inside one of its own callbacks

    Where the wait for room ends with an exception, of a callback or of Ctrl-C, the messages that are not in the queue have
    ``_error`` too.

    ``rd_kafka_produce_batch``; ``rd_kafka_produceva`` for messages with a timestamp or headers.
    """

/// Producing many messages at once.
let producerBatchMethods: [Method] = [
    .fast("produce_batch", producerProduceBatch, produceBatchDocumentation)
]

nonisolated(unsafe) private let signature = Signature(
    "produce_batch", ["topic", "messages", "partition", "callback", "on_delivery", "block"], required: 2, positional: 5)

@_cdecl("mapr_Producer_produce_batch")
func producerProduceBatch(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = producerFields(object)
        return try withSlots(6) { slots throws(PythonError) in
            _ = try fields.open(python)
            try signature.parse(python, arguments, count, keywords, into: slots)
            let topic = try fields.topic(python, slots[0].unsafelyUnwrapped)
            let deadline = try fields.roomDeadline(python, slots[5], of: "produce_batch")
            var partition = TopicPartition.unassignedPartition
            if let given = slots[2], !given.isNone { partition = try python.int32(given, "partition") }
            var callback: Object?
            for (slot, name) in [(4, "on_delivery"), (3, "callback")] {
                guard let given = slots[slot], !given.isNone else { continue }
                try python.checkCallback(given, name)
                callback = given
            }
            let given = slots[1].unsafelyUnwrapped
            guard let messages = try python.elements(of: given) else {
                throw python.error(
                    .typeError, "messages must be a list or another sequence of dicts, not \(given.typeName)")
            }
            let isHeard = fields.pointee.base.callbacks.report != nil
            var batch = try MessageBatch(
                capacity: messages.count, partition: partition, callback: callback,
                shortestLent: fields.pointee.shortestLent,
                withoutValue: !fields.pointee.base.isMaprDialect ? .sent : isHeard ? .reported : .reportedToOwnCallback)
            try batch.read(python, messages)
            let producer = try fields.open(python)
            fields.base.enter()
            defer { fields.leave(&python) }
            do throws(PythonError) {
                try fields.enqueue(&python, producer, batch, topic, until: deadline)
            } catch {
                let raised = PendingException(fetching: python)
                do throws(PythonError) {
                    _ = try fields.tell(python, producer, batch, topic, messages)
                } catch {
                    python.reportUnraisable(object)
                }
                raised.restore(python)
                throw error
            }
            return try python.integer(try fields.tell(python, producer, batch, topic, messages)).take()
        }
    }
}

extension UnsafeMutablePointer where Pointee == ProducerFields {
    /// How many messages go into the queue between two looks for signals.
    private static var betweenSignals: Int { 1000 }

    /// Enqueues the messages, one run after the other.
    ///
    /// - Throws: what a callback or a signal's handler raised, or where the producer was closed meanwhile.
    fileprivate func enqueue(
        _ python: inout Python, _ producer: Unmanaged<Producer>, _ batch: borrowing MessageBatch, _ topic: Topic,
        until deadline: Deadline?
    ) throws(PythonError) {
        var next = 0
        var looked = 0
        while next < batch.count {
            let step = producer.use { $0.produce(batch.outgoing, from: next, to: topic) }
            next = step.next
            if step.isFull {
                guard let deadline else { return }
                let size = batch.outgoing.valueCount(next)
                let error = try waitingForRoom(&python, producer, until: deadline, size: size) {
                    () throws(StreamsError) in
                    let step = producer.use { $0.produce(batch.outgoing, from: next, to: topic) }
                    if step.next == next { throw StreamsError(.queueFull) }
                    next = step.next
                }
                if error != nil {
                    // One that is more than the whole queue may hold keeps nobody behind it from going.
                    if deadline.hasPassed || size <= producer.use({ $0.largestValue }) { return }
                    next += 1
                }
            }
            if next - looked >= Self.betweenSignals && next < batch.count {
                looked = next
                try checkSignals(python)
                _ = try open(python)
            }
        }
    }

    /// Puts into the dict of each message that is not in the queue why. - Returns: how many are.
    fileprivate func tell(
        _ python: borrowing Python, _ producer: Unmanaged<Producer>, _ batch: borrowing MessageBatch, _ topic: Topic,
        _ messages: borrowing Python.Elements
    ) throws(PythonError) -> Int {
        for index in batch.told where batch.outgoing.isQueued(index) {
            if PyDict_DelItem(messages[index], batch.name(.error)) != 0 { PyErr_Clear() }
        }
        let queued = batch.outgoing.queuedCount
        if queued == batch.count { return queued }
        // Often there are many of them.
        let full = try python.kafkaError(StreamsError(.queueFull))
        let largest = producer.use { $0.largestValue }
        for index in 0..<batch.count where !batch.outgoing.isQueued(index) {
            let code = batch.outgoing.error(index)
            if code == .queueFull {
                let size = batch.outgoing.valueCount(index)
                if size <= largest {
                    try set(messages[index], batch.name(.error), full.object)
                } else {
                    let error = try python.kafkaError(producer.use { $0.neverFits(valueCount: size) })
                    try set(messages[index], batch.name(.error), error.object)
                }
                continue
            }
            let isUnheard = batch.outgoing.way(index).contains(.rejected)
            let size = batch.outgoing.size(index)
            let partition = batch.outgoing.partition(index)
            let reason =
                isUnheard
                ? Self.unheardTombstone
                : producer.use { $0.refusal(StreamsError(code), of: topic, partition, size: size) }
            let error = try python.kafkaError(reason)
            try set(messages[index], batch.name(.error), error.object)
        }
        return queued
    }

    private func set(_ message: Object, _ name: Object, _ error: Object) throws(PythonError) {
        if PyDict_SetItem(message, name, error) != 0 { throw PythonError() }
    }
}
