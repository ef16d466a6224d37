import CRdkafka

/// The headers of a message to be produced.
@frozen public struct Headers: ~Copyable {
    /// Headers, lent to a call or by a record.
    @frozen public struct Reference {
        @usableFromInline let raw: OpaquePointer

        @inlinable @inline(__always)
        init(raw: OpaquePointer) { self.raw = raw }

        /// - Note: `rd_kafka_header_cnt`.
        @inlinable @inline(__always)
        public var count: Int { rd_kafka_header_cnt(raw) }

        /// A header's name, in UTF-8, and the bytes of its value, nil for none. - Note: `rd_kafka_header_get_all`.
        @inlinable @inline(__always)
        public subscript(
            index: Int
        ) -> (name: UnsafePointer<CChar>?, value: UnsafeRawPointer?, valueCount: Int) {
            var name: UnsafePointer<CChar>?
            var value: UnsafeRawPointer?
            var valueCount = 0
            rd_kafka_header_get_all(raw, index, &name, &value, &valueCount)
            return (name, value, valueCount)
        }
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

    /// Hands them over to the caller, who destroys them.
    consuming func take() -> OpaquePointer {
        let raw = self.raw
        discard self
        return raw
    }

    deinit { rd_kafka_headers_destroy(raw) }
}
