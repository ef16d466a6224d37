import CPython
import PythonBridge
import Streams

extension Python {
    /// Raises what Streams threw: `BufferError` for a full queue, else `KafkaException(KafkaError)`, or the
    /// subclass for that error.
    @inline(never)
    func raise(_ error: StreamsError, prefix: String? = nil) -> PythonError {
        if error.code == .queueFull { return self.error(.bufferError, error.text) }
        do throws(PythonError) {
            let kafkaError = try self.kafkaError(prefix.map { error.prefixed($0) } ?? error)
            PyErr_SetObject(KafkaExceptionTypes.type(for: error), kafkaError.object)
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
    func raising<Result>(
        prefix: String? = nil, _ body: () throws(StreamsError) -> Result
    ) throws(PythonError) -> Result {
        do throws(StreamsError) {
            return try body()
        } catch {
            throw raise(error, prefix: prefix)
        }
    }

    /// The same for a call that may have to wait for a thread of librdkafka's: the GIL is released meanwhile.
    mutating func raisingDetached<Result>(
        prefix: String? = nil, _ body: () throws(StreamsError) -> Result
    ) throws(PythonError) -> Result {
        do throws(StreamsError) {
            return try detached(nil, body)
        } catch {
            throw raise(error, prefix: prefix)
        }
    }
}
