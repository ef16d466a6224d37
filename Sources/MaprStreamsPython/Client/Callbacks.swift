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
}

extension Python {
    /// Runs a callback of the application's for an event that is no hot path, with the arguments that `make` gives.
    ///
    /// The exception that it raises comes out of the Python call that serves the client.
    static func callback(
        _ callable: @autoclosure () -> Object?, _ arguments: (borrowing Python) throws(PythonError) -> OwnedObject
    ) {
        dispatch(callable()) { python, callable throws(PythonError) in
            let tuple = try arguments(python)
            let result = try OwnedObject(PyObject_CallObject(callable, tuple.object))
            if !result.object.isNone { try python.refuseCoroutine(result.object, from: callable) }
        }
    }

    /// Runs `call`, which calls into Python, inside a call of librdkafka's.
    fileprivate static func dispatch(
        _ callable: @autoclosure () -> Object?, _ call: (borrowing Python, Object) throws(PythonError) -> Void
    ) {
        guard callable() != nil, let frame = CallFrame.current else { return }
        let wasDetached = frame.pointee.detachedState != nil
        frame.attach()
        attached { python in
            // Looked up again: another thread may have had the GIL meanwhile, and replaced it.
            guard let callable = callable() else { return }
            // The callback may drop the object that holds the callable.
            let held = OwnedObject(retaining: callable)
            do throws(PythonError) {
                try call(python, held.object)
            } catch {
                frame.recordAndYield(python, from: held.object)
            }
        }
        // The function that called back may go on waiting.
        if wasDetached { frame.detachAgain() }
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
    if callbacks.logger != nil { events.log = { line in log(line, to: client) } }
    if let box = client.pointee.tokenBox?.takeUnretainedValue() {
        events.tokenRefresh = { (configuration) throws(StreamsError) in try token(from: box, configuration) }
    }
    return events
}

extension UnsafeMutablePointer where Pointee == ClientFields {
    /// Gives the logger what a new client warns of. Called before the client is open: the logger cannot use it yet.
    ///
    /// What the logger raises goes to `sys.unraisablehook`: it is no reason not to have the client.
    /// - Returns: what is no `Exception`, or says that this is the child of a fork, for the constructor to raise once all
    ///   is set up.
    func logWarnings(_ python: borrowing Python) -> PythonError? {
        if pointee.callbacks.logger == nil { return nil }
        return CallFrame.with(context: nil) { frame in
            pointee.client?.use { $0.logWarnings() }
            if frame.pointee.exception == nil { return nil }
            let error = frame.restoreRecorded(python)
            if pointee.state == .forked || PyErr_ExceptionMatches(cpy_exc_Exception()) == 0 { return error }
            python.reportUnraisable(pointee.callbacks.logger)
            return nil
        }
    }
}

/// Calls `logger.log(level, '%s [%s] %s', facility, client name, text)`.
private func log(_ line: ClientEvents.LogLine, to client: UnsafeMutablePointer<ClientFields>) {
    Python.dispatch(client.pointee.callbacks.logger) { python, logger throws(PythonError) in
        let method = try logger.attribute("log")
        // From syslog's levels to those of Python's logging module.
        let levels = [50, 50, 50, 40, 30, 20, 20, 10]
        let level = try python.integer(levels[Int(min(7, max(0, line.level)))])
        let format = try python.string("%s [%s] %s")
        let facility = try python.string(line.facility)
        let name = try python.string(line.clientName)
        let text = try python.string(line.text)
        _ = try python.call(
            method.object, [level.object, format.object, facility.object, name.object, text.object])
    }
}

/// Calls `oauth_cb(config)` on librdkafka's background thread.
///
/// It returns `(token, expiry in seconds since the epoch)`, and may add a principal and a dict of extensions.
private func token(from box: TokenBox, _ configuration: String) throws(StreamsError) -> ClientEvents.Token {
    var reason = "the interpreter is finalizing"
    let token = Python.attachingForeignThread { python -> ClientEvents.Token? in
        guard let callable = box.callable else {
            reason = "the client is gone"
            return nil
        }
        let held = OwnedObject(retaining: callable)
        let process = CallFrame.forks
        do throws(PythonError) {
            let argument = try python.string(configuration)
            let result: OwnedObject
            do throws(PythonError) {
                result = try python.call(held.object, [argument.object])
            } catch {
                endChild(python, of: held.object, ifForkedSince: process)
                throw error
            }
            endChild(python, of: held.object, ifForkedSince: process)
            return try parseToken(python, result.object)
        } catch {
            let exception = PendingException(fetching: python)
            reason = "oauth_cb raised \(exception.description)"
            exception.restore(python)
            python.reportUnraisable(held.object)
            return nil
        }
    }
    guard let token = token ?? nil else { throw StreamsError(.fail, reason: reason) }
    return token
}
