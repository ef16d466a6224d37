/// A record that was taken from a consumer, given back at the end of its life.
///
/// While it lives, what was fetched together with it stays in memory too: copy what is needed for longer.
@frozen public struct OwnedRecord: ~Copyable {
    /// Lent: valid while this lives.
    public let record: Record

    @inlinable @inline(__always)
    public init(owning record: Record) { self.record = record }

    /// Hands the record over to the caller, who destroys it.
    @inlinable @inline(__always)
    public consuming func take() -> Record {
        let record = self.record
        discard self
        return record
    }

    @inlinable @inline(__always)
    deinit { record.destroy() }
}

extension Consumer {
    /// The next record or event, owned; callbacks run inside. Nil where the time is over.
    ///
    /// - Note: `rd_kafka_consumer_poll`. See `poll(milliseconds:)` for the record without an owner.
    public func nextRecord(milliseconds: Int32) -> OwnedRecord? {
        guard let record = poll(milliseconds: milliseconds) else { return nil }
        return OwnedRecord(owning: record)
    }
}

extension Record {
    /// The value, lent; nil where there is none.
    @inlinable
    public var valueBytes: UnsafeRawBufferPointer? {
        value.map { UnsafeRawBufferPointer(start: $0, count: valueCount) }
    }

    /// The key, lent; nil where there is none.
    @inlinable
    public var keyBytes: UnsafeRawBufferPointer? {
        key.map { UnsafeRawBufferPointer(start: $0, count: keyCount) }
    }
}

extension Producer {
    /// The handle of a topic, for `produce`. Each call makes one, which lives as long as the producer: keep it.
    public func topic(named name: String) throws(StreamsError) -> Topic {
        // The text outlives the call: with typed throws a C string made for it would not.
        let text = name.utf8CString
        return try text.withUnsafeBufferPointer { buffer throws(StreamsError) in
            try topic(buffer.baseAddress.unsafelyUnwrapped)
        }
    }

    /// Enqueues a message; value and key are copied.
    ///
    /// - Parameter partition: `TopicPartition.unassignedPartition` leaves the choice to the partitioner.
    public func produce(
        _ topic: Topic, value: [UInt8], key: [UInt8]? = nil, partition: Int32 = TopicPartition.unassignedPartition
    ) throws(StreamsError) {
        try value.withUnsafeBufferPointer { value throws(StreamsError) in
            guard let key else {
                return try produce(
                    topic, partition: partition, value: Self.start(of: value), valueCount: value.count,
                    isLent: false, key: nil, keyCount: 0, opaque: nil)
            }
            try key.withUnsafeBufferPointer { key throws(StreamsError) in
                try produce(
                    topic, partition: partition, value: Self.start(of: value), valueCount: value.count,
                    isLent: false, key: Self.start(of: key), keyCount: key.count, opaque: nil)
            }
        }
    }

    /// The address of no bytes may be nil, which would say that there is no value.
    private static func start(of bytes: UnsafeBufferPointer<UInt8>) -> UnsafeRawPointer? {
        bytes.baseAddress.map { UnsafeRawPointer($0) } ?? UnsafeRawPointer(bitPattern: 1)
    }
}
