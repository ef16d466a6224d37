import CRdkafka

/// The one error that Streams throws: librdkafka's code, its text, and what it says about going on.
public struct StreamsError: Error, Sendable {
    public var code: ErrorCode
    /// The text, where it says more than the code's own.
    public var reason: String?
    /// The client is of no use any more.
    public var isFatal = false
    /// The same call may succeed later.
    public var isRetriable = false
    /// The current transaction must be aborted before the producer goes on.
    public var requiresAbort = false

    public init(_ code: ErrorCode, reason: String? = nil) {
        self.code = code
        self.reason = reason
    }

    /// Takes over an error object of librdkafka's. - Note: `rd_kafka_error_destroy`.
    init(owning error: OpaquePointer) {
        self.init(copying: error)
        rd_kafka_error_destroy(error)
    }

    /// That of an error object which is part of an answer; nil where there is none.
    init?(of error: OpaquePointer?) {
        guard let error else { return nil }
        self.init(copying: error)
        if code == .noError { return nil }
    }

    private init(copying error: OpaquePointer) {
        code = ErrorCode(rd_kafka_error_code(error))
        let text = String(cString: rd_kafka_error_string(error))
        reason = text == code.text ? nil : text
        isFatal = rd_kafka_error_is_fatal(error) != 0
        isRetriable = rd_kafka_error_is_retriable(error) != 0
        requiresAbort = rd_kafka_error_txn_requires_abort(error) != 0
    }

    /// The error after which a client is of no use any more; nil where there was none. - Note: `rd_kafka_fatal_error`.
    ///
    /// Calls and events only say that there was one (`_FATAL`); librdkafka keeps the error itself.
    init?(fatalOf handle: OpaquePointer) {
        var text = [CChar](repeating: 0, count: 512)
        let code = rd_kafka_fatal_error(handle, &text, text.count)
        if code == RD_KAFKA_RESP_ERR_NO_ERROR { return nil }
        self.code = ErrorCode(code)
        reason = String(errorText: text)
        isFatal = true
    }

    /// The text for people.
    public var text: String { reason ?? code.text }

    /// The same error with a few words before its text.
    public func prefixed(_ prefix: String) -> StreamsError {
        var error = self
        error.reason = "\(prefix): \(text)"
        return error
    }

    /// The same error with a few words after its text.
    func followed(by words: String) -> StreamsError {
        var error = self
        error.reason = "\(text) (\(words))"
        return error
    }

    /// Throws where librdkafka returned an error code.
    @inlinable @inline(__always)
    static func check(_ code: rd_kafka_resp_err_t) throws(StreamsError) {
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw StreamsError(ErrorCode(code)) }
    }

    /// Throws where librdkafka returned an error object.
    static func check(_ error: OpaquePointer?) throws(StreamsError) {
        if let error { throw StreamsError(owning: error) }
    }
}
