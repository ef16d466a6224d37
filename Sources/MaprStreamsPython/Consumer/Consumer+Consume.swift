import CPython
import PythonBridge
import Streams

/// Getting many messages at a time.
let consumerConsumeMethods: [Method] = [
    .fast(
        "consume", consumerConsume,
        """
        consume($self, /, num_messages=1, timeout=None)
        --

        Up to so many messages and events; runs callbacks meanwhile.

        :param int num_messages: how many at the most, up to 1000000; more than 65536 are given in several calls
        :param float timeout: seconds to wait for all of them; None or a negative number waits for ever
        :returns: the messages that came in this time, maybe none
        :rtype: list(Message)
        :raises ValueError: num_messages is out of range
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_consume_batch_queue``. What a callback raises comes out of this call, or, where it has messages to
        return, out of the next one.
        """)
]

nonisolated(unsafe) private let consumeSignature = Signature("consume", ["num_messages", "timeout"])
/// A great number is a limit, not an order: a batch grows no larger than this.
private let largestBatch = 65536

@_cdecl("mapr_Consumer_consume")
func consumerConsume(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        let call = try fields.open(&python) { python throws(PythonError) in
            var wanted = 1
            var milliseconds: Int32 = -1
            try withSlots(2) { slots throws(PythonError) in
                try consumeSignature.parse(python, arguments, count, keywords, into: slots)
                if let number = slots[0], !number.isNone {
                    wanted = Int(try python.int64(number, "num_messages"))
                    guard (0...1_000_000).contains(wanted) else {
                        throw python.error(.valueError, "num_messages must be between 0 and 1000000 (1M)")
                    }
                }
                milliseconds = try fields.base.milliseconds(python, slots[1])
            }
            try fields.advance(&python)
            return (wanted: min(wanted, largestBatch), milliseconds: milliseconds)
        }
        fields.base.enter()
        var batch = fields.takeBatch()
        let list = try? fields.consume(
            &python, call.client, &batch, call.arguments.wanted, call.arguments.milliseconds
        ).take()
        fields.putBack(batch)
        guard let list else {
            fields.leave(&python)
            throw PythonError()
        }
        fields.leave(&python)
        return list
    }
}

extension UnsafeMutablePointer where Pointee == ConsumerFields {
    /// Up to `wanted` messages, as a list.
    @inline(__always)
    fileprivate func consume(
        _ python: inout Python, _ consumer: Unmanaged<Consumer>, _ batch: inout RecordBatch, _ wanted: Int,
        _ milliseconds: Int32
    ) throws(PythonError) -> OwnedObject {
        if pointee.hasPutOff, let list = try putOff(&python, consumer, &batch, wanted, milliseconds) {
            return OwnedObject(owning: list)
        }
        return try consumeNow(&python, consumer, &batch, wanted, milliseconds)
    }

    /// What an earlier call put off: its exception is raised, or its records given; nil where that was all, and the caller is
    /// to go on. Does so itself where the beginnings of partitions are noted.
    @inline(never)
    private func putOff(
        _ python: inout Python, _ consumer: Unmanaged<Consumer>, _ batch: inout RecordBatch, _ wanted: Int,
        _ milliseconds: Int32
    ) throws(PythonError) -> Object? {
        try raiseDelayed(python)
        pointee.hasPutOff = pointee.notesBeginnings
        var list: Object?
        if !batch.isEmpty { list = try self.list(python, &batch, min(wanted, batch.count)) }
        if !pointee.notesBeginnings { return list }
        if list == nil { list = try consumeNow(&python, consumer, &batch, wanted, milliseconds).take() }
        let given = list.unsafelyUnwrapped
        for index in 0..<PyList_Size(given) { noteBeginning(PyList_GetItem(given, index).unsafelyUnwrapped) }
        return given
    }

    @inline(__always)
    private func consumeNow(
        _ python: inout Python, _ consumer: Unmanaged<Consumer>, _ batch: inout RecordBatch, _ wanted: Int,
        _ milliseconds: Int32
    ) throws(PythonError) -> OwnedObject {
        var deadline: Deadline?
        if let list = try fill(&python, consumer, &batch, wanted, milliseconds, &deadline) { return list }
        return try consumeOn(&python, consumer, &batch, wanted, deadline?.remaining ?? milliseconds)
    }

    /// Takes what comes, and gives it as a list; nil where a record of it was of no matter to the program, and is out of the
    /// batch.
    @inline(__always)
    private func fill(
        _ python: inout Python, _ consumer: Unmanaged<Consumer>, _ batch: inout RecordBatch, _ wanted: Int,
        _ milliseconds: Int32, _ deadline: inout Deadline?
    ) throws(PythonError) -> OwnedObject? {
        let outcome = CallFrame.outcome(of: UnsafeMutableRawPointer(self)) { frame in
            // rd_kafka_consume_batch_queue looks whether it was stopped only after it has taken the next message.
            frame.pointee.mustNotYield = consumer.use { !$0.takesOneByOne }
            let isFull = consumer.use { $0.consume(into: &batch, until: wanted, milliseconds: 0, leftAt: frame.place) }
            if !isFull && milliseconds != 0 && frame.pointee.exception == nil {
                let limit = frame.deadline(milliseconds)
                deadline = limit
                wait(&python, consumer, frame, &batch, wanted, limit)
            }
        }
        if let raised = outcome.exception.take() {
            try raiseUnless(python, &batch, PendingException(owning: raised))
        }
        return try list(python, &batch, batch.count).map { OwnedObject(owning: $0) }
    }

    /// Raises what was raised meanwhile; the next call does so where there are records to be given first.
    @inline(never)
    private func raiseUnless(
        _ python: borrowing Python, _ batch: inout RecordBatch, _ exception: consuming PendingException
    ) throws(PythonError) {
        // In the child of a fork the records cannot be given back.
        if base.pointee.state == .forked { batch.abandon() }
        if !batch.isEmpty { return delay(python, exception) }
        try exception.raise(python)
    }

    /// Goes on where a record was of no matter: there may be thousands of them.
    @inline(never)
    private func consumeOn(
        _ python: inout Python, _ consumer: Unmanaged<Consumer>, _ batch: inout RecordBatch, _ wanted: Int,
        _ milliseconds: Int32
    ) throws(PythonError) -> OwnedObject {
        var left = milliseconds
        while true {
            var index = 0
            while index < batch.count {
                if batch[index].isError && isKept(batch[index]) { batch.remove(at: index) } else { index += 1 }
            }
            var deadline: Deadline?
            if let list = try fill(&python, consumer, &batch, wanted, batch.isEmpty ? left : 0, &deadline) {
                return list
            }
            left = deadline?.remaining ?? left
        }
    }

    /// A list of Messages that view the first records of a batch, and own them. Where memory is wanting, the batch keeps all.
    ///
    /// - Returns: the list, which the caller owns; nil where a record was of no matter to the program, and is out of the batch.
    @inline(__always)
    private func list(
        _ python: borrowing Python, _ batch: inout RecordBatch, _ count: Int
    ) throws(PythonError) -> Object? {
        guard let list = PyList_New(count) else { throw PythonError() }
        for index in 0..<count {
            guard let message = message(batch[index]) else {
                takeBack(list, index)
                if PyErr_Occurred() != nil { throw PythonError() }
                batch.remove(at: index)
                return nil
            }
            PyList_SetItem(list, index, message)
        }
        batch.relinquish(count)
        return list
    }

    /// Takes the records from the first Messages of a list that nobody will get, and lets go of the list.
    @inline(never)
    private func takeBack(_ list: Object, _ count: Int) {
        for index in 0..<count {
            let fields = messageFields(PyList_GetItem(list, index))
            fields.unlink()
            fields.pointee.record = nil
        }
        list.release()
    }

    @inline(never)
    private func wait(
        _ python: inout Python, _ consumer: Unmanaged<Consumer>, _ frame: UnsafeMutablePointer<CallFrame>,
        _ batch: inout RecordBatch, _ wanted: Int, _ deadline: Deadline
    ) {
        _ = python.wait(frame, until: deadline, unless: { pointee.consumer == nil }) { slice in
            consumer.use { $0.consume(into: &batch, until: wanted, milliseconds: slice, leftAt: frame.place) }
        }
    }
}
