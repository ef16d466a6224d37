import CRdkafka

/// The headers of a message to be produced.
@frozen public struct Headers: ~Copyable {
    /// The same headers, lent to a call.
    public struct Reference {
        let raw: OpaquePointer
    }

    private let raw: OpaquePointer

    public var reference: Reference { Reference(raw: raw) }

    /// - Note: `rd_kafka_headers_new`.
    @inline(__always)
    public init(capacity: Int) { raw = rd_kafka_headers_new(capacity) }

    /// Appends a header; names and values are copied. - Parameter value: nil for none.
    /// - Note: `rd_kafka_header_add`.
    @inline(__always)
    public func add(_ name: UnsafePointer<CChar>, nameCount: Int, value: UnsafeRawPointer?, valueCount: Int) {
        rd_kafka_header_add(raw, name, nameCount, value, valueCount)
    }

    /// Once a producer has taken them over, they are librdkafka's.
    public consuming func relinquish() { discard self }

    deinit { rd_kafka_headers_destroy(raw) }
}
