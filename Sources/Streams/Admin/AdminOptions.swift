import CRdkafka

/// What may be said of a request beside what it asks for. What is nil is librdkafka's default.
public struct AdminOptions: Sendable {
    /// How long to wait for the answer, in milliseconds; below 0 without end.
    public var requestTimeout: Int32?
    /// How long the broker waits for the work to be done before it answers, in milliseconds.
    public var operationTimeout: Int32?
    /// Whether the broker only says what it would do.
    public var validatesOnly: Bool?
    /// Which broker is asked; that which has to know where it is nil.
    public var broker: Int32?
    /// Whether what the user may do is to be told too.
    public var includesAuthorizedOperations: Bool?
    /// Whether an offset that a transaction has not decided yet is an error.
    var requiresStableOffsets: Bool?
    /// Which groups are listed; all where it is empty.
    var groupStates: [ConsumerGroupState] = []
    var groupTypes: [ConsumerGroupType] = []
    /// Which records of transactions count.
    var isolationLevel: IsolationLevel?

    public init() {}

    /// - Note: `rd_kafka_AdminOptions_new`.
    func withRaw(
        _ client: OpaquePointer, _ operation: rd_kafka_admin_op_t,
        _ body: (OpaquePointer) throws(StreamsError) -> Void
    ) throws(StreamsError) {
        let destroy = try Symbols.Admin.adminOptionsDestroy.required
        guard let raw = try Symbols.Admin.adminOptionsNew.required(client, operation) else {
            throw StreamsError(.notImplemented)
        }
        defer { destroy(raw) }
        if let requestTimeout {
            let set = try Symbols.Admin.adminOptionsSetRequestTimeout.required
            try withErrorText { set(raw, requestTimeout, $0, $1) }
        }
        if let operationTimeout {
            let set = try Symbols.Admin.adminOptionsSetOperationTimeout.required
            try withErrorText { set(raw, operationTimeout, $0, $1) }
        }
        if let validatesOnly {
            let set = try Symbols.Admin.adminOptionsSetValidateOnly.required
            try withErrorText { set(raw, validatesOnly ? 1 : 0, $0, $1) }
        }
        if let broker {
            let set = try Symbols.Admin.adminOptionsSetBroker.required
            try withErrorText { set(raw, broker, $0, $1) }
        }
        if let includesAuthorizedOperations {
            let set = try Symbols.Groups.adminOptionsSetIncludeAuthorizedOperations.required
            try StreamsError.check(set(raw, includesAuthorizedOperations ? 1 : 0))
        }
        if let requiresStableOffsets {
            let set = try Symbols.Groups.adminOptionsSetRequireStableOffsets.required
            try StreamsError.check(set(raw, requiresStableOffsets ? 1 : 0))
        }
        if !groupStates.isEmpty {
            let set = try Symbols.Groups.adminOptionsSetMatchConsumerGroupStates.required
            let states = groupStates.map { rd_kafka_consumer_group_state_t($0.rawValue) }
            try StreamsError.check(set(raw, states, states.count))
        }
        if !groupTypes.isEmpty {
            let set = try Symbols.Groups.adminOptionsSetMatchConsumerGroupTypes.required
            let types = groupTypes.map { rd_kafka_consumer_group_type_t($0.rawValue) }
            try StreamsError.check(set(raw, types, types.count))
        }
        if let isolationLevel {
            let set = try Symbols.Groups.adminOptionsSetIsolationLevel.required
            try StreamsError.check(set(raw, rd_kafka_IsolationLevel_t(isolationLevel.rawValue)))
        }
        try body(raw)
    }
}

/// Throws what a function of librdkafka's has written down, where it returns an error.
func withErrorText(
    _ body: (UnsafeMutablePointer<CChar>?, Int) -> rd_kafka_resp_err_t
) throws(StreamsError) {
    var text = [CChar](repeating: 0, count: 512)
    let code = body(&text, text.count)
    if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw StreamsError(ErrorCode(code), reason: String(errorText: text)) }
}

/// Objects of librdkafka's that are made for a request, and destroyed when it is sent.
struct AdminObjects: ~Copyable {
    private var raw: [OpaquePointer?] = []
    private let destroy: (OpaquePointer?) -> Void

    init(destroyedBy destroy: @escaping (OpaquePointer?) -> Void) { self.destroy = destroy }

    mutating func add(_ object: OpaquePointer) { raw.append(object) }

    /// Lends them to the function that sends the request.
    borrowing func withRaw(
        _ body: (UnsafeMutablePointer<OpaquePointer?>, Int) throws(StreamsError) -> Void
    ) throws(StreamsError) {
        if raw.isEmpty { throw StreamsError(.invalidArgument, reason: "the request asks for nothing") }
        var raw = raw
        let count = raw.count
        try raw.withUnsafeMutableBufferPointer { (buffer) throws(StreamsError) in
            try body(buffer.baseAddress.unsafelyUnwrapped, count)
        }
    }

    deinit { for object in raw { destroy(object) } }
}
