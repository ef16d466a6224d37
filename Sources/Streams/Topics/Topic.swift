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

    /// Whether Kafka takes a topic of this name: 1 to 249 of `a-z A-Z 0-9 . _ -`, and neither `.` nor `..`.
    public static func isName(_ name: String) -> Bool {
        if name.isEmpty || name == "." || name == ".." || name.utf8.count > TopicEncoding.longestName { return false }
        return name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
                || $0 == .dot || $0 == UInt8(ascii: "_") || $0 == .dash
        }
    }
}
