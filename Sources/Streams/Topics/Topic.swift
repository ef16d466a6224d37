import CRdkafka

/// A topic as librdkafka knows it (`rd_kafka_topic_t`), borrowed from who keeps it: a producer, or a record.
@frozen public struct Topic: Equatable, @unchecked Sendable {
    // Unchecked: librdkafka's topics belong to no thread.
    @usableFromInline let raw: OpaquePointer

    @inlinable @inline(__always)
    init(raw: OpaquePointer) { self.raw = raw }

    /// A number that no two topics have at the same time; the next topic may have it once this one is gone.
    @inlinable @inline(__always)
    public var address: UInt { UInt(bitPattern: raw) }

    /// The name in UTF-8, as the cluster has it; it stays as long as the topic. - Note: `rd_kafka_topic_name`.
    @inlinable @inline(__always)
    public var utf8: UnsafePointer<CChar> { rd_kafka_topic_name(raw).unsafelyUnwrapped }

    /// The name, as the cluster has it.
    public var name: String { String(cString: utf8) }
}
