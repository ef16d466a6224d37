import CPython
import PythonBridge
import Streams

private let adminRequestDocumentation: StaticString =
    """
    _request($self, name, arguments, options, complete, /)
    --

    Sends a request, and has ``complete(exception, answer)`` called once on another thread; one of the two is None.

    :param str name: of a row of the table of requests
    :param arguments: what it asks for, in the form of its row
    :param tuple options: (request_timeout, operation_timeout, validate_only, broker, include_authorized_operations), each of them
        None for the default; seconds
    :param complete: a callable, which must not hold the client
    :raises KafkaException: the request is wrong, or the loaded librdkafka lacks it; complete is not called
    :raises RuntimeError: the client is closed
    """

/// A kind of request: how the arguments of one are read, and what its answer becomes. One more kind is one more row, in the
/// file of its family.
struct AdminRow {
    let name: StaticString
    let send: (inout Python, Admin, Object, AdminOptions, AdminAnswer) throws(PythonError) -> Void

    nonisolated(unsafe) static let all =
        topicRequests + configRequests + groupRequests + groupOffsetRequests + offsetRequests + descriptionRequests
        + recordRequests + electionRequests + aclRequests + userRequests
}

/// The callable that an answer goes to. It owns the reference, and gives it back when it has called it.
final class AdminAnswer {
    private let callable: Object

    init(_ callable: Object) { self.callable = callable.retained }

    /// Where nothing was sent, and nothing will be told. With the GIL.
    fileprivate func forget() { callable.release() }

    /// What Streams is to call with the answer.
    ///
    /// - Parameter wrap: makes the Python object of it.
    func completion<Answer>(
        _ wrap: @escaping (borrowing Python, Answer) throws(PythonError) -> OwnedObject
    ) -> AdminCompletion<Answer> {
        { [self] result in
            // Around all of it: a client that is let go of here must not wait for this thread's end.
            _ = CallFrame.outcome(of: nil) { frame in
                frame.pointee.isOnLibrarysThread = true
                // Where the interpreter is finalizing nobody is told, and the callable is left.
                _ = Python.attachingForeignThread { python in
                    tell(python, result, wrap)
                    callable.release()
                }
            }
        }
    }

    private func tell<Answer>(
        _ python: borrowing Python, _ result: Result<Answer, StreamsError>,
        _ wrap: (borrowing Python, Answer) throws(PythonError) -> OwnedObject
    ) {
        let process = ProcessState.forks
        do throws(PythonError) {
            switch result {
            case .success(let answer): try call(python, nil, try wrap(python, answer))
            case .failure(let failure): try call(python, try python.exception(failure), nil)
            }
        } catch {
            python.endChild(of: callable, ifForkedSince: process)
            // No answer could be made of it: whoever waits is told that.
            let exception = PendingException(fetching: python).take()
            do throws(PythonError) {
                try call(python, exception.map { OwnedObject(owning: $0) }, nil)
            } catch {
                python.reportUnraisable(callable)
            }
        }
        // Whoever has forked in a future's callback: the child has this thread alone.
        python.endChild(of: callable, ifForkedSince: process)
    }

    private func call(
        _ python: borrowing Python, _ exception: consuming OwnedObject?, _ answer: consuming OwnedObject?
    ) throws(PythonError) {
        let exception = exception ?? python.none
        let answer = answer ?? python.none
        _ = try python.call(callable, [exception.object, answer.object])
    }
}

extension Python {
    /// The exception of one item of an answer.
    func exceptionOrNone(_ error: StreamsError?) throws(PythonError) -> OwnedObject {
        guard let error else { return none }
        return try exception(error)
    }

    func stringOrNone(_ text: String?) throws(PythonError) -> OwnedObject {
        guard let text else { return none }
        return try string(text)
    }

    /// A list of (exception or None, what is made of the value or None), for the items of an answer.
    func list<Value>(
        _ results: [Result<Value, StreamsError>], _ make: (Value) throws(PythonError) -> OwnedObject
    ) throws(PythonError) -> OwnedObject {
        try list(count: results.count) { index throws(PythonError) in
            switch results[index] {
            case .success(let value):
                let value = try make(value)
                return try OwnedObject(cpy_tuple2(none.object, value.object))
            case .failure(let error):
                let exception = try exception(error)
                return try OwnedObject(cpy_tuple2(exception.object, none.object))
            }
        }
    }

    /// The exception that `raise` would raise.
    fileprivate func exception(_ error: StreamsError) throws(PythonError) -> OwnedObject {
        _ = raise(error)
        return try OwnedObject(PendingException(fetching: self).take())
    }
}

nonisolated(unsafe) private let signature = Signature(
    "_request", ["name", "arguments", "options", "complete"], required: 4)

// In the file of its function: from another one a debug build has the function's C name twice, and does not link.
let adminRequestMethods: [Method] = [.fast("_request", adminRequest, adminRequestDocumentation)]

@_cdecl("mapr_Admin_request")
func adminRequest(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = adminFields(object)
        try withSlots(4) { slots throws(PythonError) in
            _ = try fields.open(python)
            try signature.parse(python, arguments, count, keywords, into: slots)
            let name = try python.text(slots[0].unsafelyUnwrapped, "name")
            guard let row = AdminRow.all.first(where: { "\($0.name)" == name }) else {
                throw python.error(.valueError, "there is no request \(name)")
            }
            let options = try adminOptions(python, slots[2].unsafelyUnwrapped)
            let client = try fields.open(python)
            let answer = AdminAnswer(slots[3].unsafelyUnwrapped)
            fields.base.enter()
            do throws(PythonError) {
                try client.use { client throws(PythonError) in
                    try row.send(&python, client, slots[1].unsafelyUnwrapped, options, answer)
                }
            } catch {
                answer.forget()
                fields.leave(&python)
                throw error
            }
            fields.leave(&python)
        }
        return python.none.take()
    }
}

private func adminOptions(_ python: borrowing Python, _ object: Object) throws(PythonError) -> AdminOptions {
    let given = try python.row(object, count: 5, "options")
    var options = AdminOptions()
    if !given[0].isNone { options.requestTimeout = try python.milliseconds(given[0]) }
    if !given[1].isNone { options.operationTimeout = try python.milliseconds(given[1]) }
    if !given[2].isNone { options.validatesOnly = try python.truth(given[2], default: false) }
    if !given[3].isNone { options.broker = try python.int32(given[3], "broker") }
    if !given[4].isNone { options.includesAuthorizedOperations = try python.truth(given[4], default: false) }
    return options
}

// MARK: The arguments of a request

extension Python {
    /// The elements of a sequence; what they are made into.
    func array<Element>(
        _ object: Object, _ name: StaticString, _ read: (Object) throws(PythonError) -> Element
    ) throws(PythonError) -> [Element] {
        guard let elements = try elements(of: object) else {
            throw error(.typeError, "\(name) must be a sequence, not \(object.typeName)")
        }
        var result: [Element] = []
        for index in 0..<elements.count { result.append(try read(elements[index])) }
        return result
    }

    /// A tuple of so many fields.
    func row(_ object: Object, count: Int, _ name: StaticString) throws(PythonError) -> TupleFields {
        guard cpy_is_tuple(object) != 0, cpy_size(object) == count else {
            throw error(.typeError, "\(name) must be a tuple of \(count)")
        }
        return TupleFields(tuple: object)
    }

    /// A text for librdkafka.
    func request(text object: Object, _ name: StaticString) throws(PythonError) -> String {
        _ = try cString(object, name)
        return try text(object, name)
    }

    func texts(
        _ object: Object, _ name: StaticString
    ) throws(PythonError) -> [(name: String, value: String)] {
        try array(object, name) { pair throws(PythonError) in
            let pair = try row(pair, count: 2, name)
            return (name: try request(text: pair[0], name), value: try request(text: pair[1], name))
        }
    }
}

/// The fields of a tuple, which somebody else keeps.
struct TupleFields {
    fileprivate let tuple: Object

    subscript(index: Int) -> Object { PyTuple_GetItem(tuple, index).unsafelyUnwrapped }
}
