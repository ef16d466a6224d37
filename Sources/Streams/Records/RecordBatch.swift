import CRdkafka
import CSystem

/// Records and events that were taken from a consumer, in the order that they came in. What nobody took is given back at the
/// end of its life.
///
/// While one of its records lives, what was fetched together with it stays in memory too. All of them go before the
/// consumer's handle does.
@frozen public struct RecordBatch: ~Copyable, @unchecked Sendable {
    // Unchecked: librdkafka's records belong to no thread, and a batch has one owner.
    @usableFromInline typealias Place = UnsafeMutablePointer<rd_kafka_message_t>?

    @usableFromInline var places: UnsafeMutablePointer<Place>
    /// How many records it has room for. It grows.
    public private(set) var capacity: Int
    /// The place of the first record that is there still.
    @usableFromInline var first = 0
    /// How many records there are.
    @usableFromInline var left = 0

    public init(capacity: Int) {
        self.capacity = max(capacity, 1)
        places = .allocate(capacity: self.capacity)
    }

    deinit {
        for index in 0..<left { self[index].destroy() }
        places.deallocate()
    }

    @inlinable @inline(__always)
    public var count: Int { left }

    @inlinable @inline(__always)
    public var isEmpty: Bool { left == 0 }

    /// A record, lent: it is the batch's until it is taken.
    @inlinable @inline(__always)
    public subscript(index: Int) -> Record {
        Record(raw: places[first &+ index].unsafelyUnwrapped)
    }

    /// The first record, which is the caller's from then on; nil where there is none.
    public mutating func takeFirst() -> OwnedRecord? {
        if isEmpty { return nil }
        let record = self[0]
        relinquish(1)
        return OwnedRecord(owning: record)
    }

    /// The first records, all of which were looked up and taken, are the caller's to destroy.
    @inlinable @inline(__always)
    public mutating func relinquish(_ count: Int) {
        left &-= count
        first = left == 0 ? 0 : first &+ count
    }

    /// Takes a record out, which is the caller's from then on.
    public mutating func remove(at index: Int) {
        let place = places + first + index
        memmove(place, place + 1, (left - index - 1) * MemoryLayout<Place>.stride)
        left -= 1
    }

    /// In the child of a fork, where no function of librdkafka's is called: the records are leaked.
    public mutating func abandon() { relinquish(left) }

    /// Puts a record in front of the others. It is the batch's from then on.
    public mutating func putFirst(_ record: consuming OwnedRecord) {
        makeRoom(for: left + 1)
        memmove(places + 1, places, left * MemoryLayout<Place>.stride)
        places[0] = record.take().raw
        left += 1
    }

    /// Puts the records of another batch behind its own.
    public mutating func append(_ other: consuming RecordBatch) {
        makeRoom(for: left + other.left)
        memcpy(places + left, other.places + other.first, other.left * MemoryLayout<Place>.stride)
        left += other.left
        other.relinquish(other.left)
    }

    /// Moves the records to the front of a room for so many.
    @usableFromInline @inline(never)
    mutating func makeRoom(for count: Int) {
        if count <= capacity {
            memmove(places, places + first, left * MemoryLayout<Place>.stride)
        } else {
            let larger = UnsafeMutablePointer<Place>.allocate(capacity: count)
            memcpy(larger, places + first, left * MemoryLayout<Place>.stride)
            places.deallocate()
            places = larger
            capacity = count
        }
        first = 0
    }
}
