import CPython
import PythonBridge
import Streams

/// Getting messages.
let consumerPollMethods: [Method] = [
    .fast(
        "poll", consumerPoll,
        """
        poll($self, /, timeout=None)
        --

        The next message or event; runs callbacks meanwhile.

        Check the message's error() to tell proper messages (None) from events and errors.

        :param float timeout: seconds to wait at the most; None or a negative number waits for ever
        :returns: a Message, or None where the time is over
        :rtype: Message or None
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_consumer_poll``. What a callback raises comes out of this call.
        """)
]

nonisolated(unsafe) private let pollSignature = Signature("poll", ["timeout"])

@_cdecl("mapr_Consumer_poll")
func consumerPoll(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        let call = try fields.open(&python) { python throws(PythonError) in
            let timeout = try timeoutArgument(python, pollSignature, arguments, count, keywords)
            let milliseconds = try fields.base.milliseconds(python, timeout)
            // What it lets go of may close the consumer, too.
            try fields.advance(&python)
            return milliseconds
        }
        return try fields.poll(&python, call.client, call.arguments) ?? cpy_none().unsafelyUnwrapped.retained
    }
}

let consumerNextSlot: TypeBuilder.Unary = consumerNext

@_cdecl("mapr_Consumer_next")
func consumerNext(_ object: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        while true {
            try fields.advance(&python)
            let consumer = try fields.open(python)
            guard let message = try fields.poll(&python, consumer, -1) else {
                // In the last callbacks of a close too: no message comes any more.
                if fields.pointee.consumer == nil { throw fields.base.notOpen(python, .consumer) }
                continue
            }
            let owned = OwnedObject(owning: message)
            let error = try OwnedObject(messageError(message, nil))
            if error.object.isNone { return owned.take() }
            if kafkaErrorFields(error.object).pointee.code == ErrorCode.partitionEOF.rawValue { continue }
            PyErr_SetObject(KafkaExceptionTypes.type(ofKafkaError: error.object), error.object)
            throw PythonError()
        }
    }
}

/// What a call gives that is over: maybe no message.
private struct Given {
    let message: Object?
}

extension UnsafeMutablePointer where Pointee == ConsumerFields {
    /// The next message, or nil. The caller owns the result.
    @inline(__always)
    func poll(
        _ python: inout Python, _ consumer: Unmanaged<Consumer>, _ milliseconds: Int32
    ) throws(PythonError) -> Object? {
        if pointee.hasPutOff, let given = try putOff(&python, milliseconds) { return given.message }
        return try pollNow(&python, consumer, milliseconds)
    }

    /// The same whatever was put off.
    @inline(__always)
    private func pollNow(
        _ python: inout Python, _ consumer: Unmanaged<Consumer>, _ milliseconds: Int32
    ) throws(PythonError) -> Object? {
        try poll(&python, consumer, milliseconds) { frame in
            consumer.use { $0.poll(milliseconds: 0, leftAt: frame.place) }
        }
    }

    /// - Parameter takeWhatIsThere: does not wait.
    @inline(__always)
    private func poll(
        _ python: inout Python, _ consumer: Unmanaged<Consumer>, _ milliseconds: Int32,
        _ takeWhatIsThere: (UnsafeMutablePointer<CallFrame>) -> Record?
    ) throws(PythonError) -> Object? {
        base.enter()
        let outcome = CallFrame.outcome(of: UnsafeMutableRawPointer(self)) { frame in
            var record = takeWhatIsThere(frame)
            if record == nil && milliseconds != 0 && frame.pointee.exception == nil {
                record = wait(&python, consumer, frame, milliseconds)
            }
            return record
        }
        let found = outcome.value
        if let raised = outcome.exception.take() {
            try raiseUnless(&python, found, PendingException(owning: raised))
        }
        guard let record = found else {
            try leaveEmpty(&python)
            return nil
        }
        guard let message = self.message(record) else { return try withoutMessage(&python, record, milliseconds) }
        leave(&python)
        return message
    }

    /// Raises what was raised meanwhile; the next call does so where there is a record to be given first.
    @inline(never)
    private func raiseUnless(
        _ python: inout Python, _ record: Record?, _ exception: consuming PendingException
    ) throws(PythonError) {
        // In the child of a fork the record cannot be given back.
        if record != nil && base.pointee.state != .forked { return delay(python, exception) }
        leave(&python)
        try exception.raise(python)
    }

    /// Goes on where no Message came of a record: it is kept for the next call where memory was wanting, and was no event
    /// where nothing is pending.
    @inline(never)
    private func withoutMessage(
        _ python: inout Python, _ record: Record, _ milliseconds: Int32
    ) throws(PythonError) -> Object? {
        guard PyErr_Occurred() == nil else {
            leave(record)
            leave(&python)
            throw PythonError()
        }
        leave(&python)
        // There may be thousands of them.
        let consumer = try open(python)
        return try poll(&python, consumer, milliseconds) { frame in
            while let record = consumer.use({ $0.poll(milliseconds: 0, leftAt: frame.place) }) {
                // What the logger raises comes out of the next call then.
                if frame.pointee.exception != nil || !consumer.use({ $0.keepsToItself(record) }) { return record }
            }
            return nil
        }
    }

    /// What an earlier call put off: its exception is raised, or its record given; nil where that was all, and the caller is
    /// to poll. Polls where the beginnings of partitions are noted.
    @inline(never)
    private func putOff(_ python: inout Python, _ milliseconds: Int32) throws(PythonError) -> Given? {
        try raiseDelayed(python)
        pointee.hasPutOff = pointee.notesBeginnings
        var batch = takeBatch()
        guard !batch.isEmpty else {
            putBack(batch)
            if !pointee.notesBeginnings { return nil }
            let message = try pollNow(&python, open(python), milliseconds)
            if let message { noteBeginning(message) }
            return Given(message: message)
        }
        base.enter()
        var message: Object?
        repeat {
            message = self.message(batch[0])
            if message != nil || PyErr_Occurred() == nil { batch.relinquish(1) }
        } while message == nil && PyErr_Occurred() == nil && !batch.isEmpty
        putBack(batch)
        guard message != nil || PyErr_Occurred() == nil else {
            leave(&python)
            throw PythonError()
        }
        if let message, pointee.notesBeginnings { noteBeginning(message) }
        leave(&python)
        return Given(message: message)
    }

    /// See `Consumer.noteBeginning`.
    func noteBeginning(_ message: Object) {
        guard let record = messageFields(message).pointee.record, let consumer = pointee.consumer else { return }
        consumer.use { $0.noteBeginning(record) }
    }

    /// Keeps a record for the next call.
    @inline(never)
    private func leave(_ record: Record) {
        var batch = takeBatch()
        batch.putFirst(OwnedRecord(owning: record))
        putBack(batch)
    }

    /// Waits in slices, with the GIL released.
    @inline(never)
    private func wait(
        _ python: inout Python, _ consumer: Unmanaged<Consumer>, _ frame: UnsafeMutablePointer<CallFrame>,
        _ milliseconds: Int32
    ) -> Record? {
        var record: Record?
        _ = python.wait(frame, until: frame.deadline(milliseconds), unless: { pointee.consumer == nil }) {
            slice in
            record = consumer.use { $0.poll(milliseconds: slice, leftAt: frame.place) }
            if let event = record, consumer.use({ $0.keepsToItself(event) }) { record = nil }
            return record != nil
        }
        return record
    }

    /// A Message that views a record, and owns it. The caller owns the result.
    ///
    /// - Returns: nil where memory is wanting, and the record is the caller's still; nil without an exception where the
    ///   record was of no matter to the program, and is destroyed.
    @inline(__always)
    func message(_ record: Record) -> Object? {
        if record.isError { return event(record) }
        // What is no event is of a topic.
        let handle = record.topic.unsafelyUnwrapped
        guard let topic = base.topicName(handle, isKept: isHeldByLast(handle)) else { return nil }
        guard let message = MessagePool.take() else { return withoutMessage(topic) }
        let fields = messageFields(message)
        fields.initialize(viewing: record, topic: topic, flags: MessageFields.ownsRecord)
        fields.link(into: recent)
        return message
    }

    /// The same for an event. The text of all but the end of a partition, which many programs look for, is made in the
    /// application's words at once.
    @inline(never)
    private func event(_ record: Record) -> Object? {
        if isKept(record) { return nil }
        var topic: Object?
        if let handle = record.topic {
            topic = base.topicName(handle, isKept: isHeldByLast(handle))
            if topic == nil { return nil }
        }
        guard let message = MessagePool.take() else { return withoutMessage(topic) }
        let fields = messageFields(message)
        fields.initialize(viewing: record, topic: topic, flags: MessageFields.ownsRecord)
        fields.link(into: recent)
        guard record.errorCode != .partitionEOF, let client = base.pointee.client else { return message }
        let error = client.use { $0.error(of: record, isReport: false) }
        Python.attached { python in
            do throws(PythonError) {
                let object = try python.kafkaError(error)
                fields.fail(with: object.object)
            } catch {
                // For want of memory. Whoever asks for the error tries again, with librdkafka's words.
                PyErr_Clear()
            }
        }
        return message
    }

    /// See `Consumer.keepsToItself`.
    func isKept(_ record: Record) -> Bool {
        guard let client = base.pointee.client else { return false }
        let outcome = CallFrame.outcome(of: UnsafeMutableRawPointer(self)) { _ in
            Unmanaged<Consumer>.fromOpaque(client.toOpaque()).use { $0.keepsToItself(record) }
        }
        let isKept = outcome.value
        // The logger's.
        let raised = outcome.exception.take()
        Python.attached { python in delay(python, PendingException(owning: raised)) }
        return isKept
    }

    /// Whether the record before is there still, and of the same topic: a record holds its topic.
    @inline(__always)
    private func isHeldByLast(_ topic: Topic) -> Bool {
        guard let last = pointee.recent ?? pointee.older, let record = last.pointee.record else { return false }
        return record.topic == topic
    }

    @inline(never)
    private func withoutMessage(_ topic: Object?) -> Object? {
        topic?.release()
        return nil
    }
}
