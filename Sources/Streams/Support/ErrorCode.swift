import CRdkafka

/// librdkafka's error codes: negative ones arise in the client, positive ones come from a broker.
public struct ErrorCode: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int32

    @inlinable @inline(__always)
    public init(rawValue: Int32) { self.rawValue = rawValue }

    @inlinable @inline(__always)
    public init(_ code: rd_kafka_resp_err_t) { rawValue = code.rawValue }

    @inlinable @inline(__always)
    var code: rd_kafka_resp_err_t { rd_kafka_resp_err_t(rawValue) }

    /// The name without its prefix, as in `_TIMED_OUT`. - Note: `rd_kafka_err2name`.
    public var name: String { String(cString: rd_kafka_err2name(code)) }

    /// The human-readable text. - Note: `rd_kafka_err2str`.
    public var text: String { String(cString: rd_kafka_err2str(code)) }

    public static let noError = ErrorCode(RD_KAFKA_RESP_ERR_NO_ERROR)
    public static let invalidArgument = ErrorCode(RD_KAFKA_RESP_ERR__INVALID_ARG)
    public static let badMessage = ErrorCode(RD_KAFKA_RESP_ERR__BAD_MSG)
    public static let notConfigured = ErrorCode(RD_KAFKA_RESP_ERR__NOT_CONFIGURED)
    public static let notImplemented = ErrorCode(RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED)
    public static let messageTooLarge = ErrorCode(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
    public static let unknownGroup = ErrorCode(RD_KAFKA_RESP_ERR__UNKNOWN_GROUP)
    public static let conflict = ErrorCode(RD_KAFKA_RESP_ERR__CONFLICT)
    public static let timedOut = ErrorCode(RD_KAFKA_RESP_ERR__TIMED_OUT)
    public static let messageTimedOut = ErrorCode(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT)
    public static let transport = ErrorCode(RD_KAFKA_RESP_ERR__TRANSPORT)
    public static let allBrokersDown = ErrorCode(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
    public static let authentication = ErrorCode(RD_KAFKA_RESP_ERR__AUTHENTICATION)
    public static let saslAuthenticationFailed = ErrorCode(RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED)
    public static let ssl = ErrorCode(RD_KAFKA_RESP_ERR__SSL)
    public static let resolve = ErrorCode(RD_KAFKA_RESP_ERR__RESOLVE)
    public static let queueFull = ErrorCode(RD_KAFKA_RESP_ERR__QUEUE_FULL)
    public static let partitionEOF = ErrorCode(RD_KAFKA_RESP_ERR__PARTITION_EOF)
    public static let fatal = ErrorCode(RD_KAFKA_RESP_ERR__FATAL)
    public static let fail = ErrorCode(RD_KAFKA_RESP_ERR__FAIL)
    public static let state = ErrorCode(RD_KAFKA_RESP_ERR__STATE)
    public static let assignPartitions = ErrorCode(RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
    public static let purgedInQueue = ErrorCode(RD_KAFKA_RESP_ERR__PURGE_QUEUE)
    public static let revokePartitions = ErrorCode(RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)
    public static let purgedInFlight = ErrorCode(RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
    public static let destroyed = ErrorCode(RD_KAFKA_RESP_ERR__DESTROY)
    public static let unsupportedFeature = ErrorCode(RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE)
    public static let noOffset = ErrorCode(RD_KAFKA_RESP_ERR__NO_OFFSET)
    public static let waitingForCoordinator = ErrorCode(RD_KAFKA_RESP_ERR__WAIT_COORD)
    // Of topics, groups and what is in them, from a broker, or of the client's own about them.
    public static let unknownTopicOrPartition = ErrorCode(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    public static let unknownTopic = ErrorCode(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
    public static let unknownPartition = ErrorCode(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
    public static let topicException = ErrorCode(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION)
    public static let topicAuthorizationFailed = ErrorCode(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
    public static let groupAuthorizationFailed = ErrorCode(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
    public static let clusterAuthorizationFailed = ErrorCode(RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)
    public static let transactionalIDAuthorizationFailed = ErrorCode(
        RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    public static let invalidSessionTimeout = ErrorCode(RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT)
    public static let invalidGroupID = ErrorCode(RD_KAFKA_RESP_ERR_INVALID_GROUP_ID)
    public static let recordListTooLarge = ErrorCode(RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE)
    public static let invalidRecord = ErrorCode(RD_KAFKA_RESP_ERR_INVALID_RECORD)
    public static let policyViolation = ErrorCode(RD_KAFKA_RESP_ERR_POLICY_VIOLATION)

    /// Every code that the loaded librdkafka names, less its range markers. - Note: `rd_kafka_get_err_descs`.
    public static var all: [(name: String, code: ErrorCode)] {
        var table: UnsafePointer<rd_kafka_err_desc>?
        var count = 0
        rd_kafka_get_err_descs(&table, &count)
        guard let table else { return [] }
        return (0..<count).compactMap { index in
            guard let name = table[index].name else { return nil }
            let text = String(cString: name)
            return text == "_BEGIN" || text == "_END" ? nil : (text, ErrorCode(table[index].code))
        }
    }
}
