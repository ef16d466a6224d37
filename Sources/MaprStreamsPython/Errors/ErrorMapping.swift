import CPython
import PythonBridge
import Streams

extension Python {
    /// Raises what Streams threw: `BufferError` for a full queue, else `KafkaException(KafkaError)`.
    @inline(never)
    func raise(_ error: StreamsError, prefix: String? = nil) -> PythonError {
        if error.code == .queueFull { return self.error(.bufferError, error.text) }
        do throws(PythonError) {
            let kafkaError = try self.kafkaError(prefix.map { error.prefixed($0) } ?? error)
            PyErr_SetObject(Types.kafkaException, kafkaError.object)
        } catch {
            // The error indicator says what went wrong instead.
        }
        return PythonError()
    }

    /// A `KafkaError` object.
    func kafkaError(_ error: StreamsError) throws(PythonError) -> OwnedObject {
        let object = try OwnedObject(cpy_new_exception(Types.kafkaError))
        let fields = kafkaErrorFields(object.object)
        fields.pointee.code = error.code.rawValue
        fields.pointee.flags = KafkaErrorFields.flags(
            fatal: error.isFatal, retriable: error.isRetriable, requiresAbort: error.requiresAbort)
        if let reason = error.reason { fields.pointee.owned.reason = try string(reason).take() }
        return object
    }

    /// A `KafkaError` for a code, or None for `NO_ERROR` and nil.
    func kafkaErrorOrNone(_ code: ErrorCode?) throws(PythonError) -> OwnedObject {
        guard let code, code != .noError else { return none }
        return try kafkaError(StreamsError(code))
    }

    /// Runs a call of Streams that does not wait, and raises what it throws.
    func calling<Result>(
        prefix: String? = nil, _ body: () throws(StreamsError) -> Result
    ) throws(PythonError) -> Result {
        do throws(StreamsError) {
            return try body()
        } catch {
            throw raise(error, prefix: prefix)
        }
    }

    /// The same for a call that may have to wait for a thread of librdkafka's: the GIL is released meanwhile.
    mutating func callingDetached<Result>(
        prefix: String? = nil, _ body: () throws(StreamsError) -> Result
    ) throws(PythonError) -> Result {
        do throws(StreamsError) {
            return try detached(nil, body)
        } catch {
            throw raise(error, prefix: prefix)
        }
    }

    /// Lets go of a client, and waits for its end: librdkafka joins its threads, and the one that runs oauth_cb may be
    /// waiting for the GIL.
    ///
    /// Where the time is over, or a signal's handler raises, the client ends by itself, in the background.
    /// - Returns: false where a handler's exception is pending.
    mutating func destroy(_ client: Unmanaged<Client>, waitingAtMost milliseconds: Int32) -> Bool {
        let deadline = Deadline(milliseconds: milliseconds)
        let call = detached(nil) { () -> HelperCall<Void>? in Client.release(client) }
        guard let call else { return true }
        while !detached(nil, { () -> Bool in call.wait(milliseconds: deadline.nextSlice) }) {
            if deadline.hasPassed { return true }
            if Interpreter.isFinalizing { continue }
            do throws(PythonError) {
                try checkSignals()
            } catch {
                return false
            }
        }
        return true
    }

    /// Makes a request that must not be sent twice, on a helper thread; waits for it, and looks for signals meanwhile.
    ///
    /// Where a signal's handler raises, or another thread closes the client, the request ends by itself and its result
    /// is dropped. The reference that keeps the client alive is the helper thread's: were it this thread's, and the
    /// last one, librdkafka would be ended with the GIL held.
    /// - Parameter isClosed: whether the client was closed meanwhile.
    mutating func request<Instance: Client, Result>(
        _ client: Unmanaged<Instance>, prefix: String? = nil, unless isClosed: () -> Bool,
        _ body: @escaping (Instance) throws(StreamsError) -> Result
    ) throws(PythonError) -> Result {
        let forever = Deadline(milliseconds: -1)
        return try request(client, prefix: prefix, until: forever, unless: isClosed, body).unsafelyUnwrapped
    }

    /// The same with an end to the waiting, for a call of librdkafka's that may go on after its time-out.
    ///
    /// - Returns: nil where the time is over.
    mutating func request<Instance: Client, Result>(
        _ client: Unmanaged<Instance>, prefix: String? = nil, until deadline: Deadline, unless isClosed: () -> Bool,
        _ body: @escaping (Instance) throws(StreamsError) -> Result
    ) throws(PythonError) -> Result? {
        _ = client.retain()
        let call: HelperCall<Result>
        do throws(StreamsError) {
            call = try HelperCall { () throws(StreamsError) in
                defer { client.release() }
                return try client.use(body)
            }
        } catch {
            client.release()
            throw raise(error, prefix: prefix)
        }
        while !detached(nil, { () -> Bool in call.wait(milliseconds: deadline.nextSlice) }) {
            try checkSignals()
            if deadline.hasPassed { return nil }
            if isClosed() { throw error(.runtimeError, "the client was closed while the call was waiting") }
        }
        return try calling(prefix: prefix) { () throws(StreamsError) in try call.result() }
    }
}
