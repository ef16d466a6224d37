import CPython
import PythonBridge
import Streams

/// Serving events.
let producerServeMethods: [Method] = [
    .fast(
        "poll", producerPoll,
        """
        poll($self, /, timeout=None)
        --

        Serves events: runs the callbacks of messages that were delivered or failed, and those of the configuration.

        :param float timeout: seconds to wait for events at the most; None or a negative number waits for the first one
        :returns: how many events were served (``rd_kafka_poll``); one event may hold many reports
        :rtype: int
        :raises RuntimeError: the producer is closed

        What a callback raises comes out of this call.
        """),
    .fast(
        "flush", producerFlush,
        """
        flush($self, /, timeout=None)
        --

        Waits until all messages are delivered or have failed, and runs their callbacks; ``linger.ms`` does not hold.

        :param float timeout: seconds to wait at the most; None or a negative number waits for all
        :returns: how many messages are left; with ``streams.compatibility`` set to ``kafka`` events that wait count too, as
            they do in ``len()``
        :rtype: int
        :raises RuntimeError: the producer is closed, or the call is made without a timeout inside one of its own
            callbacks, where it could not end

        ``rd_kafka_flush``. What a callback raises comes out of this call.
        """),
]

// MARK: Delivery reports

/// For the configuration of a producer.
let deliveryCallback: ClientEvents.Delivery = reportDelivery

/// Called by librdkafka for every report, inside the call that serves the producer.
///
/// The Message is lent: it views librdkafka's record while the callback runs, and copies what is left of it only where
/// the program keeps it. The GIL, once taken, is kept until rd_kafka_poll returns, which it does without waiting again.
@_cdecl("mapr_report_delivery")
func reportDelivery(
    _ handle: OpaquePointer?, _ record: Record.Pointer?, _ opaque: UnsafeMutableRawPointer?
) {
    let record = Record(record.unsafelyUnwrapped)
    let context = DeliveryContext(of: record)
    let fields = CallbackContext.owner(of: opaque.unsafelyUnwrapped).unsafelyUnwrapped
        .assumingMemoryBound(to: ProducerFields.self)
    if record.isError {
        noteFailure(fields, record, isHeard: context.callback != nil)
        if let frame = CallFrame.current { leaveIfInherited(frame) }
    }
    guard record.opaque != nil || fields.pointee.base.callbacks.report != nil, let frame = CallFrame.current
    else { return }
    let isSilent =
        fields.pointee.discardsReports
        || (fields.pointee.reportsErrorsOnly && !record.isError)
        || (context.callback == nil && fields.pointee.base.callbacks.report == nil)
    if isSilent {
        if context.isLending { frame.drop(DeliveryContext.lentValue(record)) }
        if let callback = context.callback { frame.drop(callback) }
        return leaveIfInherited(frame)
    }
    frame.attach()
    Python.attached { python in
        // Looked up again: another thread may have had the GIL meanwhile.
        if let callable = context.callback ?? fields.pointee.base.callbacks.report {
            callDelivery(python, frame, fields, record, callable, isLending: context.isLending)
        } else if context.isLending {
            DeliveryContext.lentValue(record).release()
        }
        context.callback?.release()
    }
    leaveIfInherited(frame)
}

/// The last act of a report: in the child of a fork it does not return into librdkafka.
///
/// It jumps over the frame of `reportDelivery`, which has nothing but pointers.
@inline(__always)
private func leaveIfInherited(_ frame: UnsafeMutablePointer<CallFrame>) {
    if frame.pointee.isInherited { Serving.leave(frame.place) }
}

/// Counts what was given up, and tells the log of a failure that no callback hears of.
@inline(never)
private func noteFailure(_ fields: UnsafeMutablePointer<ProducerFields>, _ record: Record, isHeard: Bool) {
    if record.isPurged {
        // Read where the producer is destroyed, and then by the one thread that does it.
        fields.pointee.purged &+= 1
        return
    }
    // Without a frame the handle is being destroyed.
    guard !isHeard, fields.pointee.base.callbacks.report == nil, CallFrame.current != nil,
        let client = fields.pointee.base.client
    else { return }
    // While the producer or the program ends, the logger is gone.
    let isPrinted = fields.pointee.base.callbacks.logger == nil
    Unmanaged<Producer>.fromOpaque(client.toOpaque()).use { $0.logLoss(record, isPrinted: isPrinted) }
}

@inline(__always)
private func callDelivery(
    _ python: borrowing Python, _ frame: UnsafeMutablePointer<CallFrame>,
    _ fields: UnsafeMutablePointer<ProducerFields>, _ record: Record,
    _ callable: Object, isLending: Bool
) {
    guard let error = reportError(python, fields, record) else {
        if isLending { DeliveryContext.lentValue(record).release() }
        return frame.recordAndYield(python, from: callable)
    }
    guard let message = lentMessage(fields, record, error) else {
        if isLending { DeliveryContext.lentValue(record).release() }
        error.release()
        return frame.recordAndYield(python, from: callable)
    }
    // The message takes over the reference, and its value is the very object that was produced.
    if isLending { messageFields(message).pointee.owned.value = DeliveryContext.lentValue(record) }
    var arguments: (Object?, Object?, Object?) = (nil, error, message)
    let result = withUnsafeMutablePointer(to: &arguments) {
        python.call(callable, two: UnsafeMutableRawPointer($0).assumingMemoryBound(to: Object?.self))
    }
    if let result {
        if result != cpy_none() { refuseCoroutine(python, frame, result, from: callable) }
        result.release()
    } else {
        frame.recordAndYield(python, from: callable)
    }
    error.release()
    let messageFields = messageFields(message)
    if cpy_refcount(message) > 1 {
        messageFields.materialise(python)
    } else {
        messageFields.pointee.record = nil
    }
    message.release()
}

/// A callback's result is of no interest, but for a coroutine: nothing of the callback has run.
@inline(never)
private func refuseCoroutine(
    _ python: borrowing Python, _ frame: UnsafeMutablePointer<CallFrame>, _ result: Object, from callable: Object
) {
    do throws(PythonError) {
        try python.refuseCoroutine(result, from: callable)
    } catch {
        frame.recordAndYield(python, from: callable)
    }
}

@inline(__always)
private func lentMessage(
    _ fields: UnsafeMutablePointer<ProducerFields>, _ record: Record, _ error: Object
) -> Object? {
    // A producer's topics live as long as it does.
    guard let topic = fields.base.topicName(record.topic.unsafelyUnwrapped, isKept: true),
        let message = MessagePool.take()
    else {
        return nil
    }
    messageFields(message).initialize(viewing: record, topic: topic, flags: MessageFields.isReport)
    if record.isError { messageFields(message).fail(with: error, isRejected: record.isRejected) }
    return message
}

/// None, or why the message was not delivered. The caller owns the result.
@inline(__always)
private func reportError(
    _ python: borrowing Python, _ fields: UnsafeMutablePointer<ProducerFields>,
    _ record: Record
) -> Object? {
    if !record.isError { return cpy_none().unsafelyUnwrapped.retained }
    return failure(python, fields, record)
}

@inline(never)
private func failure(
    _ python: borrowing Python, _ fields: UnsafeMutablePointer<ProducerFields>,
    _ record: Record
) -> Object? {
    let error = fields.pointee.base.client?.use { $0.error(of: record, isReport: true) }
    do throws(PythonError) {
        return try python.kafkaError(error ?? StreamsError(record.errorCode)).take()
    } catch {
        return nil
    }
}

// MARK: poll

nonisolated(unsafe) private let pollSignature = Signature("poll", ["timeout"])

@_cdecl("mapr_Producer_poll")
func producerPoll(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = producerFields(object)
        let call = try fields.open(&python) { python throws(PythonError) in
            let timeout = try timeoutArgument(python, pollSignature, arguments, count, keywords)
            return try fields.base.milliseconds(python, timeout)
        }
        fields.base.enter()
        let served = fields.serve(&python, call.client, call.arguments)
        fields.leave(&python)
        guard served >= 0 else { throw PythonError() }
        return try OwnedObject(PyLong_FromLong(served)).take()
    }
}

/// The one argument of `poll` and its kin.
@inline(__always)
func timeoutArgument(
    _ python: borrowing Python, _ signature: @autoclosure () -> Signature, _ arguments: UnsafePointer<Object?>?,
    _ count: Int, _ keywords: Object?
) throws(PythonError) -> Object? {
    if keywords == nil && count <= 1 { return count == 1 ? arguments.unsafelyUnwrapped[0] : nil }
    return try withSlots(1) { slots throws(PythonError) in
        try signature().parse(python, arguments, count, keywords, into: slots)
        return slots[0]
    }
}

extension UnsafeMutablePointer where Pointee == ProducerFields {
    /// Serves events, waiting for the first one. - Returns: how many; -1 where an exception is pending.
    @inline(__always)
    func serve(_ python: inout Python, _ producer: Unmanaged<Producer>, _ milliseconds: Int32) -> Int {
        CallFrame.with(context: UnsafeMutableRawPointer(self)) { frame in
            var served = 0
            if producer.use({ $0.hasRejected }) { served = serveRejected(producer, frame) }
            if frame.pointee.exception == nil {
                served &+= Int(producer.use { $0.poll(milliseconds: 0, leftAt: frame.place) })
            }
            if served == 0 && milliseconds != 0 && frame.pointee.exception == nil {
                served = wait(&python, producer, frame, milliseconds)
            }
            do throws(PythonError) {
                try frame.raiseRecorded(python)
            } catch {
                return -1
            }
            return served
        }
    }

    @inline(never)
    private func serveRejected(_ producer: Unmanaged<Producer>, _ frame: UnsafeMutablePointer<CallFrame>) -> Int {
        var served = 0
        // Those that the callbacks add are for the next call.
        for _ in 0..<producer.use({ $0.undelivered }) {
            guard frame.pointee.exception == nil, producer.use({ $0.serveRejected() }) else { break }
            served += 1
        }
        return served
    }

    @inline(never)
    private func wait(
        _ python: inout Python, _ producer: Unmanaged<Producer>, _ frame: UnsafeMutablePointer<CallFrame>,
        _ milliseconds: Int32
    ) -> Int {
        var served = 0
        do throws(PythonError) {
            let isOver = { pointee.producer == nil || producer.use { $0.hasRejected } }
            _ = try python.wait(frame, until: Deadline(milliseconds: milliseconds), unless: isOver) { slice in
                served = Int(producer.use { $0.poll(milliseconds: slice, leftAt: frame.place) })
                return served > 0
            }
        } catch {
            return -1
        }
        if served > 0 || frame.pointee.exception != nil || pointee.producer == nil { return served }
        return serveRejected(producer, frame)
    }
}

// MARK: flush

nonisolated(unsafe) private let flushSignature = Signature("flush", ["timeout"])

@_cdecl("mapr_Producer_flush")
func producerFlush(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = producerFields(object)
        let call = try fields.open(&python) { python throws(PythonError) in
            let timeout = try timeoutArgument(python, flushSignature, arguments, count, keywords)
            return try fields.base.milliseconds(python, timeout)
        }
        // Counted inside: the call that ends last on a closed producer frees it.
        let left = try fields.flush(&python, call.client, call.arguments)
        return try python.integer(left).take()
    }
}

extension UnsafeMutablePointer where Pointee == ProducerFields {
    /// Runs the handlers of signals; a handler may leave in the child of a fork, where nothing goes on.
    private func checkSignals(_ python: borrowing Python) throws(PythonError) {
        try python.checkSignals()
        if base.pointee.state == .forked { throw notOpen(python) }
    }

    /// Waits until everything is delivered. - Returns: how many messages are left.
    func flush(
        _ python: inout Python, _ producer: Unmanaged<Producer>, _ milliseconds: Int32, isClosing: Bool = false
    ) throws(PythonError) -> Int {
        if milliseconds < 0 && CallFrame.isInsideCallback(of: UnsafeMutableRawPointer(self)) {
            throw python.error(
                .runtimeError,
                "flush() without a timeout cannot end inside a callback of the same Producer: the reports behind this one"
                    + " come after it; give a timeout")
        }
        let deadline = Deadline(milliseconds: milliseconds)
        base.enter()
        defer { leave(&python) }
        while true {
            // What is ready, and what was rejected.
            while true {
                let served = serve(&python, producer, 0)
                if served < 0 { throw PythonError() }
                if served == 0 || deadline.hasPassed { break }
                try checkSignals(python)
            }
            // librdkafka's flush waits for events too. Where they come faster than they are served it would not end without
            // a timeout; and a close asks for the messages alone.
            let left = producer.use { milliseconds < 0 || isClosing ? $0.undelivered : $0.outstanding }
            if left == 0 || (deadline.hasPassed && milliseconds >= 0) { return left }
            // rd_kafka_flush goes on though a callback has taken the GIL.
            let slice = OneSlice(Swift.min(deadline.remaining, 10))
            let hasFailed = CallFrame.with(context: UnsafeMutableRawPointer(self)) { frame in
                do throws(PythonError) {
                    _ = try python.wait(frame, until: slice, unless: { false }) { slice in
                        _ = producer.use { $0.flush(milliseconds: slice, leftAt: frame.place) }
                        return false
                    }
                    try frame.raiseRecorded(python)
                } catch {
                    return true
                }
                return false
            }
            if hasFailed { throw PythonError() }
            // Another thread may have closed the producer.
            if pointee.producer == nil && !isClosing { return producer.use { $0.outstanding } }
        }
    }
}
