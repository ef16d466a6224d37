import CRdkafka

/// A record that librdkafka lends: a message that was fetched, the report of one that was produced, or an event.
///
/// One pointer, with no owner of its own. Who takes a record from a consumer destroys it; a report is there while its
/// callback runs. Everything that a record points to goes with it.
@frozen public struct Record: @unchecked Sendable {
    // Unchecked: librdkafka's records belong to no thread, and only who owns one looks at it.

    /// What librdkafka's callbacks are given.
    public typealias Pointer = UnsafePointer<rd_kafka_message_t>

    @usableFromInline let raw: UnsafeMutablePointer<rd_kafka_message_t>

    @inlinable @inline(__always)
    init(raw: UnsafeMutablePointer<rd_kafka_message_t>) { self.raw = raw }

    @inlinable @inline(__always)
    public init(_ pointer: Pointer) { raw = UnsafeMutablePointer(mutating: pointer) }

    /// Gives a record back that was taken from a consumer. - Note: `rd_kafka_message_destroy`.
    @inlinable @inline(__always)
    public func destroy() { rd_kafka_message_destroy(raw) }

    // MARK: What lies in it

    /// Nil for an event that is of no topic.
    @inlinable @inline(__always)
    public var topic: Topic? { raw.pointee.rkt.map { Topic(raw: $0) } }

    /// `TopicPartition.unassignedPartition` where there is none.
    @inlinable @inline(__always)
    public var partition: Int32 { raw.pointee.partition }

    /// Negative where there is none.
    @inlinable @inline(__always)
    public var offset: Int64 { raw.pointee.offset }

    /// Whether it is an event, or the report of a failure.
    @inlinable @inline(__always)
    public var isError: Bool { raw.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR }

    @inlinable @inline(__always)
    public var errorCode: ErrorCode { ErrorCode(raw.pointee.err) }

    /// The bytes of the value, of an event those of its text; nil where there is none.
    @inlinable @inline(__always)
    public var value: UnsafeMutableRawPointer? { raw.pointee.payload }

    @inlinable @inline(__always)
    public var valueCount: Int { raw.pointee.len }

    /// The bytes of the key; nil where there is none.
    @inlinable @inline(__always)
    public var key: UnsafeMutableRawPointer? { raw.pointee.key }

    @inlinable @inline(__always)
    public var keyCount: Int { raw.pointee.key_len }

    /// What a producer was given for the message.
    @inlinable @inline(__always)
    public var opaque: UnsafeMutableRawPointer? { raw.pointee._private }

    // MARK: Reports

    /// Whether the message was given up; see `Producer.purge`.
    @inlinable @inline(__always)
    public var isPurged: Bool {
        raw.pointee.err == RD_KAFKA_RESP_ERR__PURGE_QUEUE || raw.pointee.err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT
    }

    /// Whether the message is one that `Producer.reject` took. Then there is nothing but what lies in the record itself, and
    /// `headersOfRejected`: what librdkafka is to say of it (timestamp, latency, headers, leader epoch) must not be asked.
    ///
    /// librdkafka itself never reports this code for a message that has a topic.
    @inlinable @inline(__always)
    public var isRejected: Bool { raw.pointee.err == RD_KAFKA_RESP_ERR__INVALID_ARG }

    /// The headers of a message that `Producer.reject` took; nil, or some that are none, where there are none. They belong to
    /// the record.
    public var headersOfRejected: Headers.Reference? {
        let report = UnsafeRawPointer(raw).assumingMemoryBound(to: RejectedMessages.Report.self)
        return report.pointee.headers.map { Headers.Reference(raw: $0) }
    }

    // MARK: What librdkafka says of it

    /// What kind of timestamp it has (0: none, 1: when it was made, 2: when the broker appended it), and the milliseconds
    /// since the epoch, -1 for none. - Note: `rd_kafka_message_timestamp`.
    @inlinable @inline(__always)
    public var timestamp: (kind: Int32, milliseconds: Int64) {
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let milliseconds = rd_kafka_message_timestamp(raw, &kind)
        return (Int32(bitPattern: kind.rawValue), milliseconds)
    }

    /// Of a report: microseconds since the message was produced. - Note: `rd_kafka_message_latency`.
    @inlinable @inline(__always)
    public var latency: Int64 { rd_kafka_message_latency(raw) }

    /// Nil where there are none. They belong to the record. - Note: `rd_kafka_message_headers`.
    @inlinable @inline(__always)
    public var headers: Headers.Reference? {
        let (headers, _) = readHeaders()
        return headers.flatMap { $0.count != 0 ? $0 : nil }
    }

    /// The same, where there may be some that are none at all; and whether there are some that cannot be read, for what the
    /// producer of the record has made of them.
    ///
    /// - Note: `rd_kafka_message_headers`.
    @inlinable @inline(__always)
    public func readHeaders() -> (headers: Headers.Reference?, areMalformed: Bool) {
        var headers: OpaquePointer?
        let code = rd_kafka_message_headers(raw, &headers)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { return (nil, code != RD_KAFKA_RESP_ERR__NOENT) }
        return (headers.map { Headers.Reference(raw: $0) }, false)
    }

    /// librdkafka 2.1.0 crashes where it is asked about an error that has no partition (its issue 4245).
    private static let leaderEpoch = Librdkafka.isAtLeast(2, 1, 1) ? Symbols.messageLeaderEpoch.address : nil

    /// The epoch of the leader that the message came from; -1 where it is not known, as before librdkafka 2.1.1.
    ///
    /// - Note: `rd_kafka_message_leader_epoch`.
    public var leaderEpoch: Int32 { Self.leaderEpoch?(raw) ?? -1 }
}
