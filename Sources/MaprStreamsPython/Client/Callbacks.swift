import CPython
import PythonBridge
import Streams

// Callbacks: how librdkafka's calls become Python's.
//
// A client is served inside a Python call of the application's. The first attempt does not wait and keeps the GIL; only
// to wait is the GIL released, and a callback that finds it released takes it again (`CallFrame`).

extension UnsafeMutablePointer where Pointee == CallFrame {
    /// The client that this call serves.
    private var client: UnsafeMutablePointer<ClientFields>? {
        pointee.context?.assumingMemoryBound(to: ClientFields.self)
    }

    /// Notes the exception that a callback has raised, and has librdkafka's function return as soon as it can.
    func recordAndYield(_ python: borrowing Python, from callable: Object?) {
        record(python, from: callable)
        if pointee.mustNotYield { return }
        client?.pointee.client?.use { $0.yield() }
    }

    /// How long the callbacks for events run, in milliseconds, in a first attempt, which does not look at the call's time.
    private static var firstAttempt: Int64 { 10 }

    /// Before a callback for an event.
    fileprivate func beginServing() {
        if pointee.servesUntil == 0 { pointee.servesUntil = Deadline.now &+ Self.firstAttempt }
    }

    /// After it: where the call's time is over, librdkafka's function returns. It would go on as long as there are events,
    /// for ever where they come faster than their callbacks return. What is left stays in the queue. A client that is being
    /// closed by another thread is served no further: what is left is for the close.
    ///
    /// Reports of deliveries do without: looking at the clock would be dear, and those that a call finds come to an end.
    fileprivate func endServing() {
        guard !pointee.mustNotYield, let client else { return }
        if client.pointee.state == .closed || Deadline.now >= pointee.servesUntil {
            client.pointee.client?.use { $0.yield() }
        }
    }

    /// The deadline of a call that has made its first attempt, whose callbacks count as well.
    func deadline(_ milliseconds: Int32) -> Deadline {
        guard milliseconds > 0, pointee.servesUntil != 0 else { return Deadline(milliseconds: milliseconds) }
        let taken = Deadline.now &- (pointee.servesUntil &- Self.firstAttempt)
        return Deadline(milliseconds: Int32(max(0, Int64(milliseconds) &- taken)))
    }
}

/// A callable of the application's that is to be called, and whose reference it is.
struct Callable {
    let object: Object
    fileprivate let isOwned: Bool

    /// The reference is the caller's of it, and is let go of after the call.
    @inline(__always)
    init(owning object: Object) { (self.object, isOwned) = (object, true) }

    /// Somebody keeps it alive until the call is over.
    @inline(__always)
    init(lent object: Object) { (self.object, isOwned) = (object, false) }
}

/// A callback of the application's that is under way.
struct Callback {
    let callable: Object
    fileprivate let frame: UnsafeMutablePointer<CallFrame>

    /// Notes what the callable has raised, where there is no result. A result is of no interest, but for a coroutine:
    /// nothing of the callback has run.
    @inline(__always)
    func end(_ python: borrowing Python, with result: Object?) {
        guard let result else { return frame.recordAndYield(python, from: callable) }
        if result != cpy_none() { refuseCoroutine(python, result) }
        result.release()
    }

    @inline(never)
    private func refuseCoroutine(_ python: borrowing Python, _ result: Object) {
        do throws(PythonError) {
            try python.refuseCoroutine(result, from: callable)
        } catch {
            frame.recordAndYield(python, from: callable)
        }
    }
}

extension Python {
    /// The one way from librdkafka's calls into Python: delivery reports, events and the question for a token take it.
    ///
    /// The frame is on the thread's list before librdkafka is called and until it returns. So all that runs Python in between
    /// counts as inside of the client's call: the callback, and whatever finalizers it or what is let go of after it set off.
    ///
    /// - Parameters:
    ///   - frame: the call that serves the client, whose exception the callback's is.
    ///   - find: the callable. Asked with the GIL: another thread may have had it meanwhile, and replaced the callable.
    ///   - call: calls it, and ends the callback.
    @inline(__always)
    static func dispatch(
        in frame: UnsafeMutablePointer<CallFrame>, _ find: () -> Callable?,
        _ call: (borrowing Python, Callback) -> Void
    ) {
        frame.attach()
        attached { python in
            guard let callable = find() else { return }
            call(python, Callback(callable: callable.object, frame: frame))
            if callable.isOwned { callable.object.release() }
        }
    }

    /// Runs a callback for an event that is no hot path; `call` gives the result of the callable.
    static func callback(
        _ find: () -> Object?, _ call: (borrowing Python, Object) throws(PythonError) -> OwnedObject
    ) {
        // Without a frame it is a thread of librdkafka's that ends the client, whose object may be gone.
        guard let frame = CallFrame.current, find() != nil else { return }
        let wasDetached = frame.pointee.detachedState != nil
        frame.beginServing()
        // Held: the callback may drop the object that has it.
        dispatch(in: frame, { find().map { Callable(owning: $0.retained) } }) { python, callback in
            do throws(PythonError) {
                callback.end(python, with: try call(python, callback.callable).take())
            } catch {
                callback.end(python, with: nil)
            }
        }
        frame.endServing()
        if frame.pointee.isInherited && frame.pointee.goesOn { endChildOfCall(frame) }
        // The function that called back may go on waiting.
        if wasDetached { frame.detachAgain() }
    }

    /// The same for a callable that is called with the arguments that `make` gives.
    static func callback(
        _ find: @autoclosure () -> Object?, _ make: (borrowing Python) throws(PythonError) -> OwnedObject
    ) {
        callback(find) { python, callable throws(PythonError) in
            let arguments = try make(python)
            return try OwnedObject(PyObject_CallObject(callable, arguments.object))
        }
    }

    func tuple(_ first: consuming OwnedObject) throws(PythonError) -> OwnedObject {
        let tuple = try OwnedObject(PyTuple_New(1))
        PyTuple_SetItem(tuple.object, 0, first.take())
        return tuple
    }

    func tuple(_ first: consuming OwnedObject, _ second: consuming OwnedObject) throws(PythonError) -> OwnedObject {
        try OwnedObject(cpy_tuple2(first.object, second.object))
    }
}

/// The events of a client that its configuration has callbacks for.
///
/// - Parameter client: outlives the librdkafka handle, so its callables may be looked up when an event comes.
func clientEvents(_ client: UnsafeMutablePointer<ClientFields>) -> ClientEvents {
    var events = ClientEvents()
    let callbacks = client.pointee.callbacks
    if callbacks.error != nil {
        events.error = { error in
            Python.callback(client.pointee.callbacks.error) { python throws(PythonError) in
                try python.tuple(python.kafkaError(error))
            }
        }
    }
    if callbacks.statistics != nil {
        events.statistics = { text in
            Python.callback(client.pointee.callbacks.statistics) { python throws(PythonError) in
                try python.tuple(OwnedObject(PyUnicode_DecodeUTF8(text.baseAddress, text.count, "replace")))
            }
        }
    }
    if callbacks.throttle != nil {
        events.throttle = { throttle in
            Python.callback(client.pointee.callbacks.throttle) { python throws(PythonError) in
                let package = try OwnedObject(PyImport_ImportModule("mapr_streams_python"))
                let type = try package.object.attribute("ThrottleEvent")
                let name = try python.string(throttle.brokerName)
                let id = try python.integer(Int(throttle.brokerID))
                let seconds = try OwnedObject(PyFloat_FromDouble(Double(throttle.milliseconds) / 1000))
                return try python.tuple(python.call(type.object, [name.object, id.object, seconds.object]))
            }
        }
    }
    addLog(to: &events, of: client)
    if let box = client.pointee.tokenBox?.takeUnretainedValue() {
        events.tokenRefresh = { (configuration) throws(StreamsError) in try token(from: box, configuration) }
    }
    return events
}

/// Calls `oauth_cb(config)` on librdkafka's background thread.
///
/// It returns `(token, expiry in seconds since the epoch)`, and may add a principal and a dict of extensions.
private func token(from box: CallableBox, _ configuration: String) throws(StreamsError) -> ClientEvents.Token {
    // Around all of it: an exception's traceback, or what the thread keeps for itself, may hold the client to its end.
    try CallFrame.outcome(of: nil) { frame -> Result<ClientEvents.Token, StreamsError> in
        frame.pointee.isOnLibrarysThread = true
        do throws(StreamsError) {
            return .success(try tokenOfCallable(in: box, configuration))
        } catch {
            return .failure(error)
        }
    }.value.get()
}

private func tokenOfCallable(
    in box: CallableBox, _ configuration: String
) throws(StreamsError) -> ClientEvents.Token {
    var reason = "the interpreter is finalizing"
    let token = Python.attachingForeignThread { python -> ClientEvents.Token? in
        guard let callable = box.callable else {
            reason = "the client is gone"
            return nil
        }
        let held = OwnedObject(retaining: callable)
        let process = ProcessState.forks
        // No call of the application's is there that what it raises could come out of.
        let outcome = CallFrame.outcome(of: nil) { frame -> ClientEvents.Token? in
            var token: ClientEvents.Token?
            Python.dispatch(in: frame, { Callable(lent: held.object) }) { python, callback in
                do throws(PythonError) {
                    token = try askForToken(python, callback.callable, configuration, process)
                } catch {
                    callback.end(python, with: nil)
                }
            }
            return token
        }
        if outcome.hasRaised {
            reason = "oauth_cb raised \(outcome.exception.description)"
            outcome.exception.report(python, held.object)
            return nil
        }
        return outcome.value
    }
    guard let token = token ?? nil else { throw StreamsError(.fail, reason: reason) }
    return token
}

private func askForToken(
    _ python: borrowing Python, _ callable: Object, _ configuration: String, _ process: Int
) throws(PythonError) -> ClientEvents.Token {
    let argument = try python.string(configuration)
    let result: OwnedObject
    do throws(PythonError) {
        result = try python.call(callable, [argument.object])
    } catch {
        python.endChild(of: callable, ifForkedSince: process)
        throw error
    }
    python.endChild(of: callable, ifForkedSince: process)
    return try parseToken(python, result.object)
}

// MARK: What librdkafka calls itself

/// For the configuration of a producer.
let deliveryCallback: ClientEvents.Delivery = reportDelivery

/// Called by librdkafka for every report, inside the call that serves the producer; the other functions that it calls are in
/// Streams' file of this name. See `ProducerFields.report` for what becomes of the report.
///
/// The GIL, once taken, is kept until rd_kafka_poll returns, which it does without waiting again.
@_cdecl("mapr_report_delivery")
func reportDelivery(
    _ handle: OpaquePointer?, _ record: Record.Pointer?, _ opaque: UnsafeMutableRawPointer?
) {
    let record = Record(record.unsafelyUnwrapped)
    let context = DeliveryContext(of: record)
    let fields = CallbackContext.owner(of: opaque.unsafelyUnwrapped).unsafelyUnwrapped
        .assumingMemoryBound(to: ProducerFields.self)
    if record.isError {
        fields.noteFailure(record, isHeard: context.callback != nil)
        if let frame = CallFrame.current { leaveIfInherited(frame) }
    }
    guard record.opaque != nil || fields.pointee.base.callbacks.report != nil, let frame = CallFrame.current
    else { return }
    if fields.isSilent(record, context) {
        if context.isLending { frame.drop(DeliveryContext.lentValue(record)) }
        if let callback = context.callback { frame.drop(callback) }
        return leaveIfInherited(frame)
    }
    Python.dispatch(in: frame, { fields.reportCallable(record, context) }) { python, callback in
        fields.report(python, record, to: callback, isLending: context.isLending)
    }
    leaveIfInherited(frame)
}

/// The last act of a report: in the child of a fork it does not return into librdkafka.
///
/// It jumps over the frame of `reportDelivery`, which has nothing but pointers.
@inline(__always)
private func leaveIfInherited(_ frame: UnsafeMutablePointer<CallFrame>) {
    if frame.pointee.hasUnusualEnd { endUnusually(frame) }
}

@inline(never)
private func endUnusually(_ frame: UnsafeMutablePointer<CallFrame>) {
    if frame.pointee.isInherited {
        Serving.leave(frame.place)
        if frame.pointee.goesOn { endChildOfCall(frame) }
    }
    if frame.pointee.goesOn && frame.pointee.detachedState == nil { frame.detachAgain() }
}

/// Ends the child that was forked in a callback on a helper thread. Its call has no place to leave it at: like a thread's end
/// the callback's is the child's, whose only thread it is.
@inline(never)
private func endChildOfCall(_ frame: UnsafeMutablePointer<CallFrame>) {
    frame.attach()
    Python.attached { python in
        PendingException(owning: frame.pointee.exception).restore(python)
        python.endChild(of: Types.producer, ifForkedSince: -1)
    }
}
