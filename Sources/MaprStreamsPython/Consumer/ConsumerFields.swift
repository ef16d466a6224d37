import CPython
import PythonBridge
import Streams

/// What a `Consumer` holds.
struct ConsumerFields: ~Copyable {
    /// How large a batch stays with the consumer from call to call: 4 KiB.
    static let keptCapacity = 512

    struct Owned: OwnedReferences {
        /// Of the subscription.
        var onAssign: Object?
        var onRevoke: Object?
        var onLost: Object?
        /// An exception that arrived in a call that had messages to return: librdkafka counts them as consumed, so they
        /// go to the program first, and the next call raises.
        var delayed: Object?
    }

    var base: ClientFields
    /// The same as `base.client`, while the consumer is open.
    var consumer: Unmanaged<Consumer>?
    /// Messages that the last call returned, as far as the program still holds them, and those of the call before.
    ///
    /// A loop that says `message = consumer.poll()` holds the message before until the next one is there: only what is
    /// held for two calls is copied.
    var recent: UnsafeMutablePointer<MessageFields>?
    var older: UnsafeMutablePointer<MessageFields>?
    var owned: Owned
    /// Something was put off to the next call: `owned.delayed`, or records that are in `batch`. So it is for ever where
    /// `notesBeginnings` is: one question for both, which other consumers have to answer anyway.
    var hasPutOff: Bool
    /// See `Consumer.notesBeginnings`. From the first transaction on that the consumer is part of.
    var notesBeginnings: Bool
    /// What `consume` takes records into; nil while a call has it, see `takeBatch`.
    ///
    /// Between calls there are records in it where no Message could be made of them, for want of memory. librdkafka
    /// counts them as consumed, so the next call gives them.
    var batch: RecordBatch?
    /// Closed, and librdkafka has not been told yet: the close was asked for inside a callback.
    var mustClose: Bool
    /// The last callbacks are being served: they may still use the consumer, to commit above all.
    var isClosing: Bool
    /// The close was broken off before the group was left, by a signal's handler or as its time was over.
    var wasBrokenOff: Bool
    /// How many milliseconds the close may take from when it begins, and by when it is to be done.
    var closesWithin: Int32
    var closesUntil: Deadline
    /// A thread is in `subscribe`, whose callables are not set yet.
    var isSubscribing: Bool
}

@inline(__always)
func consumerFields(_ object: Object?) -> UnsafeMutablePointer<ConsumerFields> {
    object.unsafelyUnwrapped.fields(ConsumerFields.self)
}

extension UnsafeMutablePointer where Pointee == ConsumerFields {
    /// Whether a call that waits should give up: the consumer was closed meanwhile, by another thread.
    var isClosedElsewhere: Bool {
        pointee.consumer == nil && !CallFrame.isInsideCallback(of: UnsafeMutableRawPointer(self))
    }

    /// Runs a call that may wait for librdkafka's threads, with the GIL released.
    func withOpenConsumer<Result>(
        _ python: inout Python, prefix: String? = nil, _ body: (Consumer) throws(StreamsError) -> Result
    ) throws(PythonError) -> Result {
        let consumer = try open(python)
        base.enter()
        defer { leave(&python) }
        return try python.raisingDetached(prefix: prefix) { () throws(StreamsError) in
            try consumer.use(body)
        }
    }

    /// The same once a call's arguments are read; see `open(_:reading:)`.
    func withOpenConsumer<Arguments, Result>(
        _ python: inout Python, prefix: String, reading arguments: (inout Python) throws(PythonError) -> Arguments,
        _ body: (Consumer, Arguments) throws(StreamsError) -> Result
    ) throws(PythonError) -> Result {
        let call = try open(&python, reading: arguments)
        return try withOpenConsumer(&python, prefix: prefix) { consumer throws(StreamsError) in
            try body(consumer, call.arguments)
        }
    }

    // MARK: Exceptions that were put off

    /// Raises the exception that an earlier call had to put off.
    func raiseDelayed(_ python: borrowing Python) throws(PythonError) {
        if pointee.owned.delayed != nil { try takeDelayed().raise(python) }
    }

    /// The exception that an earlier call had to put off, or none.
    func takeDelayed() -> PendingException {
        let exception = PendingException(owning: pointee.owned.delayed)
        pointee.owned.delayed = nil
        pointee.hasPutOff = pointee.notesBeginnings || !(pointee.batch?.isEmpty ?? true)
        return exception
    }

    /// Puts an exception off until the next call.
    func delay(_ python: borrowing Python, _ exception: consuming PendingException) {
        if exception.isEmpty { return }
        if pointee.owned.delayed != nil { return exception.report(python, object) }
        pointee.owned.delayed = exception.take()
        pointee.hasPutOff = true
    }

    // MARK: Records

    /// The batch, for one call: with what earlier calls left, or a new one where another call has it.
    @inline(__always)
    func takeBatch() -> RecordBatch {
        pointee.batch.take() ?? RecordBatch(capacity: ConsumerFields.keptCapacity)
    }

    /// Gives the batch back when the call ends. What is in it is for the next call.
    @inline(__always)
    func putBack(_ batch: consuming RecordBatch) {
        if pointee.batch != nil || !batch.isEmpty || batch.capacity > ConsumerFields.keptCapacity {
            return putBackSlowly(batch)
        }
        pointee.batch = consume batch
    }

    @inline(never)
    private func putBackSlowly(_ batch: consuming RecordBatch) {
        // Another call has ended meanwhile.
        if let other = pointee.batch.take() { batch.append(other) }
        if batch.isEmpty && batch.capacity > ConsumerFields.keptCapacity { return }
        if !batch.isEmpty { pointee.hasPutOff = true }
        pointee.batch = consume batch
    }

    // MARK: Messages that the program holds

    @inline(__always)
    func advance(_ python: inout Python) throws(PythonError) {
        if pointee.recent != nil || pointee.older != nil { try advanceSlowly(&python) }
    }

    @inline(__always)
    private func advanceSlowly(_ python: inout Python) throws(PythonError) {
        if pointee.older != nil { try materialiseOlder(&python) }
        pointee.older = pointee.recent
        if let first = pointee.recent { first.pointee.link = older }
        pointee.recent = nil
    }

    @inline(never)
    private func materialiseOlder(_ python: inout Python) throws(PythonError) {
        // A call of its own: a finalizer that closes the consumer meanwhile must not destroy it before the last copy.
        base.enter()
        do throws(PythonError) {
            while let message = pointee.older { try message.materialiseWhole(python) }
        } catch {
            // The message has its record still, and the next call tries again.
            leave(&python)
            throw error
        }
        leave(&python)
    }

    @inline(__always)
    var recent: UnsafeMutablePointer<UnsafeMutablePointer<MessageFields>?> {
        address(of: &pointee.recent)
    }

    @inline(__always)
    private var older: UnsafeMutablePointer<UnsafeMutablePointer<MessageFields>?> {
        address(of: &pointee.older)
    }

    func materialiseAll(_ python: borrowing Python) {
        while let message = pointee.older { message.materialise(python) }
        while let message = pointee.recent { message.materialise(python) }
    }

    /// In the child of a fork: nothing of librdkafka's is touched any more, and its memory stays readable.
    func abandon() {
        pointee.consumer = nil
        pointee.mustClose = false
        pointee.isSubscribing = false
        pointee.batch?.abandon()
        for head in [recent, older] {
            while let message = head.pointee {
                message.pointee.flags &= ~MessageFields.ownsRecord
                message.unlink()
            }
        }
    }
}
