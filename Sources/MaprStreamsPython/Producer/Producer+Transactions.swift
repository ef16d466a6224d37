import CPython
import PythonBridge
import Streams

/// Transactions.
let producerTransactionMethods: [Method] = [
    .fast(
        "init_transactions", producerInitTransactions,
        """
        init_transactions($self, /, timeout=None)
        --

        Ends what an earlier producer of the same ``transactional.id`` has left, and keeps it from going on. To be called once,
        before the first transaction.

        :param float timeout: seconds to wait at the most; None or a negative number waits for twice
            ``transaction.timeout.ms``
        :raises RetriableException: call it again, which goes on with what was begun
        :raises FatalException: the producer is of no use any more
        :raises KafkaException: ``_NOT_CONFIGURED`` without ``transactional.id``, ``_STATE`` where it was called before
        :raises RuntimeError: the producer is closed

        ``rd_kafka_init_transactions``.
        """),
    .none(
        "begin_transaction", producerBeginTransaction,
        """
        begin_transaction($self, /)
        --

        Begins a transaction: what is produced until it is committed is seen as a whole, or not at all.

        :raises FatalException: the producer is of no use any more
        :raises KafkaException: ``_NOT_CONFIGURED`` without ``transactional.id``; ``_STATE`` before ``init_transactions()``,
            or where the last transaction was neither committed nor aborted
        :raises RuntimeError: the producer is closed

        ``rd_kafka_begin_transaction``.
        """),
    sendOffsetsMethod,
    .fast(
        "commit_transaction", producerCommitTransaction,
        """
        commit_transaction($self, /, timeout=None)
        --

        Waits until all messages are delivered, runs their callbacks, then commits.

        :param float timeout: seconds to wait at the most; None or a negative number waits for the messages, and then for
            ``transaction.timeout.ms``, which is recommended
        :raises RetriableException: call it again, which goes on with what was begun
        :raises AbortableException: the transaction must be aborted: a message could not be delivered, say
        :raises FatalException: the producer is of no use any more
        :raises KafkaException: for other errors
        :raises RuntimeError: the producer is closed; the call is made inside one of its callbacks

        ``rd_kafka_commit_transaction``. What a callback raises comes out of this call: from before the commit began, where
        messages were still waited for, or after it.
        """),
    .fast(
        "abort_transaction", producerAbortTransaction,
        """
        abort_transaction($self, /, timeout=None)
        --

        Aborts the transaction: messages that were not sent yet get _PURGE_QUEUE, and the others nobody will see who reads what is
        committed.

        Where messages are left, it waits until one is answered for first, two seconds and half of its time at most: before the
        coordinator knows of the transaction, an abort would be a fatal error. What waits for no ``linger.ms`` is delivered meanwhile.

        :param float timeout: seconds to wait at the most; None or a negative number waits for
            ``transaction.timeout.ms``, which is recommended
        :raises RetriableException: call it again, which goes on with what was begun
        :raises FatalException: the producer is of no use any more
        :raises KafkaException: for other errors
        :raises RuntimeError: the producer is closed; the call is made inside one of its callbacks

        ``rd_kafka_abort_transaction``. Delivery callbacks that come due here run on a thread of the client's own while this call
        waits for them; what one raises comes out of this call.
        """),
    .fast(
        "transaction", producerTransaction,
        """
        transaction($self, /, consumer=None, timeout=60.0)
        --

        A transaction as a block: ``with producer.transaction(consumer=consumer):``.

        It begins a transaction. At the end of the block it sends the consumer's next offsets, and commits; where the block raises it
        aborts, and the exception goes on. What librdkafka calls retriable is tried again. After an abort the consumer goes back
        to what is committed, or where nothing is, to the first record that it gave since its first transaction (with
        ``auto.offset.reset`` at earliest, to the beginning), so that the records of the transaction come again.

        :param Consumer consumer: whose records the transaction is made of; its ``enable.auto.commit`` must be false
        :param float timeout: seconds for the end of the block: to send offsets and commit, or to abort
        :raises AbortableException: the commit has failed, and the transaction was aborted: what is in it may be done again
        :raises RetriableException: the time is over. Whether the transaction was committed is not known: close the producer,
            whose successor's ``init_transactions()`` decides it
        :raises FatalException: the producer is of no use any more: another one with this ``transactional.id`` has taken over, say
        :raises KafkaException: for other errors; ``_INVALID_ARG`` where the consumer commits by itself
        :raises TypeError: consumer is no Consumer
        :raises RuntimeError: the producer is closed; the block is begun or ended inside one of its callbacks

        ``init_transactions()`` is to be called before the first one.

        ``rd_kafka_begin_transaction``, ``rd_kafka_send_offsets_to_transaction``, ``rd_kafka_commit_transaction``,
        ``rd_kafka_abort_transaction``.
        """),
]

nonisolated(unsafe) private let initSignature = Signature("init_transactions", ["timeout"])

@_cdecl("mapr_Producer_init_transactions")
func producerInitTransactions(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = producerFields(object)
        let call = try fields.open(&python) { python throws(PythonError) in
            try python.milliseconds(timeoutArgument(python, initSignature, arguments, count, keywords))
        }
        let milliseconds = call.arguments
        try python.request(call.client, unless: { fields.pointee.producer == nil }) { producer throws(StreamsError) in
            try producer.initTransactions(milliseconds: milliseconds)
        }
        return python.none.take()
    }
}

@_cdecl("mapr_Producer_begin_transaction")
func producerBeginTransaction(_ object: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = producerFields(object)
        let producer = try fields.open(python)
        fields.base.enter()
        defer { fields.leave(&python) }
        try python.raisingDetached { () throws(StreamsError) in
            try producer.use { producer throws(StreamsError) in try producer.beginTransaction() }
        }
        return python.none.take()
    }
}

nonisolated(unsafe) private let commitSignature = Signature("commit_transaction", ["timeout"])

@_cdecl("mapr_Producer_commit_transaction")
func producerCommitTransaction(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = producerFields(object)
        let call = try fields.open(&python) { python throws(PythonError) in
            try python.milliseconds(timeoutArgument(python, commitSignature, arguments, count, keywords))
        }
        try fields.refuseInsideCallback(python, "commit_transaction")
        // librdkafka would serve the reports on the thread that commits; so this one does before.
        let deadline = Deadline(milliseconds: call.arguments)
        let left = try fields.flush(&python, call.client, call.arguments)
        if deadline.hasPassed && left > 0 {
            var error = StreamsError(
                .timedOut, reason: "the transaction's messages are not delivered yet: \(left) are left")
            error.isRetriable = true
            throw python.raise(error)
        }
        let ending = call.arguments < 0 ? try fields.open(python).ending(-1) : deadline
        try fields.awaitOffsets(&python, fields.open(python), until: ending)
        // Another thread may have closed it in each of these waits.
        let client = try fields.open(python)
        let milliseconds = call.arguments < 0 ? -1 : deadline.remaining
        try fields.end(&python, client, "commit_transaction") { producer throws(StreamsError) in
            try producer.commitTransaction(milliseconds: milliseconds)
        }
        return python.none.take()
    }
}

nonisolated(unsafe) private let abortSignature = Signature("abort_transaction", ["timeout"])

@_cdecl("mapr_Producer_abort_transaction")
func producerAbortTransaction(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = producerFields(object)
        let call = try fields.open(&python) { python throws(PythonError) in
            try python.milliseconds(timeoutArgument(python, abortSignature, arguments, count, keywords))
        }
        try fields.refuseInsideCallback(python, "abort_transaction")
        let deadline = call.client.ending(call.arguments)
        try fields.awaitOffsets(&python, call.client, until: deadline)
        // Another thread may have closed it meanwhile.
        let client = try fields.open(python)
        let milliseconds = deadline.milliseconds
        let isGivenUp = GivenUp()
        do throws(PythonError) {
            try fields.end(&python, client, "abort_transaction") { producer throws(StreamsError) in
                try producer.abortTransaction(milliseconds: milliseconds, unless: isGivenUp)
            }
        } catch {
            // Ctrl-C, say: what the application calls next is not to overtake the abort.
            isGivenUp.note()
            throw error
        }
        return python.none.take()
    }
}

/// What callbacks have raised on a helper thread: both sides use it with the GIL held.
private final class RaisedByCallback {
    var exception: Object?
    /// Nobody waits for it any more.
    var isAbandoned = false
}

extension Unmanaged where Instance == Producer {
    fileprivate func ending(_ milliseconds: Int32) -> Deadline {
        use { $0.endingDeadline(milliseconds: milliseconds) }
    }
}

extension UnsafeMutablePointer where Pointee == ProducerFields {
    fileprivate func refuseInsideCallback(_ python: borrowing Python, _ name: StaticString) throws(PythonError) {
        guard CallFrame.isInsideCallback(of: UnsafeMutableRawPointer(self)) else { return }
        throw python.error(
            .runtimeError,
            "\(name)() cannot end inside a callback of the same Producer: it waits for that callback's end")
    }

    /// Commits or aborts, on a helper thread: to call it in slices is not safe, since librdkafka tells late answers apart by
    /// the call that waits for them alone.
    ///
    /// librdkafka serves events meanwhile, there; their callbacks take the GIL for their own time. The object lives, and its
    /// handle, until that is over, though the caller may have given up waiting.
    fileprivate func end(
        _ python: inout Python, _ producer: Unmanaged<Producer>, _ name: StaticString,
        _ body: @escaping (Producer) throws(StreamsError) -> Void
    ) throws(PythonError) {
        let object = Object.owner(of: self)
        let raised = RaisedByCallback()
        cpy_incref(object)
        base.enter()
        let call: HelperCall<Void>
        do throws(StreamsError) {
            call = try HelperCall { () throws(StreamsError) in try self.runEnding(producer, raised, body) }
        } catch {
            leave(&python)
            object.release()
            throw python.raise(error)
        }
        let forever = Deadline(milliseconds: -1)
        do throws(PythonError) {
            guard
                try python.wait(until: forever, unless: { pointee.producer == nil }, { call.wait(milliseconds: $0) })
            else {
                throw python.error(
                    .runtimeError,
                    "Producer closed while \(name)() was under way: whether it was done is not known")
            }
        } catch {
            raised.isAbandoned = true
            // The helper may have ended before, with what a callback raised: nobody else will tell.
            let ending = PendingException(fetching: python)
            PendingException(owning: raised.exception).report(python, Types.producer)
            raised.exception = nil
            ending.restore(python)
            throw error
        }
        let exception = PendingException(owning: raised.exception)
        raised.exception = nil
        do throws(StreamsError) {
            try call.result()
        } catch {
            // What became of the transaction matters more.
            exception.report(python, Types.producer)
            throw python.raise(error)
        }
        try exception.raise(python)
    }

    /// What the helper thread does. The caller has counted the call, and made a reference to the object.
    private func runEnding(
        _ producer: Unmanaged<Producer>, _ raised: RaisedByCallback, _ body: (Producer) throws(StreamsError) -> Void
    ) throws(StreamsError) {
        var failure: StreamsError?
        let hasRun: Void? = Python.attachingForeignThread { python in
            let exception = CallFrame.outcome(of: UnsafeMutableRawPointer(self)) { frame in
                frame.pointee.goesOn = true
                // To stop half-way would leave a transaction that can be neither committed nor aborted.
                frame.pointee.mustNotYield = true
                do throws(StreamsError) {
                    try python.detached(frame) { () throws(StreamsError) in try producer.use(body) }
                } catch {
                    failure = error
                }
            }.exception
            if raised.isAbandoned {
                exception.report(python, Types.producer)
            } else {
                raised.exception = exception.take()
            }
            leave(&python)
            Object.owner(of: self).release()
        }
        if hasRun == nil { throw StreamsError(.fail, reason: "the interpreter is finalizing") }
        if let failure { throw failure }
    }
}

nonisolated(unsafe) private let transactionSignature = Signature("transaction", ["consumer", "timeout"])

@_cdecl("mapr_Producer_transaction")
func producerTransaction(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        try withSlots(2) { slots throws(PythonError) in
            _ = try producerFields(object).open(python)
            try transactionSignature.parse(python, arguments, count, keywords, into: slots)
            let consumer = slots[0] ?? cpy_none().unsafelyUnwrapped
            guard consumer.isNone || Types.isInstance(consumer, of: Types.consumer) else {
                throw python.error(.typeError, "consumer must be a Consumer or None, not \(consumer.typeName)")
            }
            var seconds = 60.0
            if let timeout = slots[1], !timeout.isNone {
                let milliseconds = try python.milliseconds(timeout)
                guard milliseconds >= 0 else {
                    throw python.error(.valueError, "timeout must not be negative: a transaction has an end")
                }
                seconds = Double(milliseconds) / 1000
            }
            let module = try OwnedObject(PyImport_ImportModule("mapr_streams_python._transaction"))
            let make = try module.object.attribute("Transaction")
            let timeout = try OwnedObject(PyFloat_FromDouble(seconds))
            return try python.call(make.object, [object.unsafelyUnwrapped, consumer, timeout.object]).take()
        }
    }
}
