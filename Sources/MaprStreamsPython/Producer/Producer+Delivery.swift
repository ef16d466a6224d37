import CPython
import PythonBridge
import Streams

// What becomes of a delivery report. librdkafka calls `reportDelivery` (Client/Callbacks).

extension UnsafeMutablePointer where Pointee == ProducerFields {
    /// Whether nobody hears of a report: its callback is let go of without a call.
    @inline(__always)
    func isSilent(_ record: Record, _ context: DeliveryContext) -> Bool {
        pointee.discardsReports
            || (pointee.reportsErrorsOnly && !record.isError)
            || (context.callback == nil && pointee.base.callbacks.report == nil)
    }

    /// Whom to call; where there is nobody any more, what was lent is let go of.
    @inline(__always)
    func reportCallable(_ record: Record, _ context: DeliveryContext) -> Callable? {
        if let callback = context.callback { return Callable(owning: callback) }
        if let callback = pointee.base.callbacks.report { return Callable(lent: callback) }
        if context.isLending { DeliveryContext.lentValue(record).release() }
        return nil
    }

    /// Calls `on_delivery(err, msg)`.
    ///
    /// The Message is lent: it views librdkafka's record while the callback runs, and copies what is left of it only where
    /// the program keeps it.
    @inline(__always)
    func report(_ python: borrowing Python, _ record: Record, to callback: Callback, isLending: Bool) {
        guard let error = reportError(python, record) else {
            if isLending { DeliveryContext.lentValue(record).release() }
            return callback.end(python, with: nil)
        }
        guard let message = lentMessage(record, error) else {
            if isLending { DeliveryContext.lentValue(record).release() }
            error.release()
            return callback.end(python, with: nil)
        }
        // The message takes over the reference, and its value is the very object that was produced.
        if isLending { messageFields(message).pointee.owned.value = DeliveryContext.lentValue(record) }
        var arguments: (Object?, Object?, Object?) = (nil, error, message)
        let result = withUnsafeMutablePointer(to: &arguments) {
            python.call(callback.callable, two: UnsafeMutableRawPointer($0).assumingMemoryBound(to: Object?.self))
        }
        callback.end(python, with: result)
        error.release()
        let messageFields = messageFields(message)
        if cpy_refcount(message) > 1 {
            messageFields.materialise(python)
        } else {
            messageFields.pointee.record = nil
        }
        message.release()
    }

    @inline(__always)
    private func lentMessage(_ record: Record, _ error: Object) -> Object? {
        // A producer's topics live as long as it does.
        guard let topic = base.topicName(record.topic.unsafelyUnwrapped, isKept: true),
            let message = MessagePool.take()
        else {
            return nil
        }
        messageFields(message).initialize(viewing: record, topic: topic, flags: MessageFields.isReport)
        if record.isError { messageFields(message).fail(with: error, isRejected: record.isRejected) }
        return message
    }

    /// None, or why the message was not delivered. The caller owns the result; nil with an exception pending.
    @inline(__always)
    private func reportError(_ python: borrowing Python, _ record: Record) -> Object? {
        if !record.isError { return cpy_none().unsafelyUnwrapped.retained }
        return failure(python, record)
    }

    @inline(never)
    private func failure(_ python: borrowing Python, _ record: Record) -> Object? {
        let error = pointee.base.client?.use { $0.error(of: record, isReport: true) }
        do throws(PythonError) {
            return try python.kafkaError(error ?? StreamsError(record.errorCode)).take()
        } catch {
            return nil
        }
    }

    /// Counts what was given up, and tells the log of a failure that no callback hears of.
    @inline(never)
    func noteFailure(_ record: Record, isHeard: Bool) {
        if record.isPurged {
            // Read where the producer is destroyed, and then by the one thread that does it.
            pointee.purged &+= 1
            return
        }
        // Without a frame the handle is being destroyed.
        guard !isHeard, pointee.base.callbacks.report == nil, CallFrame.current != nil,
            let client = pointee.base.client
        else { return }
        // While the producer or the program ends, the logger is gone.
        let isPrinted = pointee.base.callbacks.logger == nil
        Unmanaged<Producer>.fromOpaque(client.toOpaque()).use { $0.logLoss(record, isPrinted: isPrinted) }
    }
}
