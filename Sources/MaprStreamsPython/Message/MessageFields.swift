import CPython
import PythonBridge
import Streams

/// What a `Message` holds.
///
/// A message begins as a view of librdkafka's record: value, key, headers and timestamp become Python objects when they
/// are asked for. A record pins the fetch response that it came in, so the consumer copies what is left of it
/// ("materialises") when the program still holds the message two calls later (`ConsumerFields.recent`), before it
/// closes, and a delivery callback does so where the program keeps the message.
struct MessageFields {
    static let ownsRecord: UInt8 = 1
    /// A delivery report: its headers and timestamps follow other rules than those of a consumed message.
    static let isReport: UInt8 = 2
    /// The record of a message that `Producer.reject` took: librdkafka knows nothing of it but its public fields.
    static let isSynthetic: UInt8 = 4
    /// Known to the garbage collector.
    static let isTracked: UInt8 = 8
    /// The record had to go before all of it could be copied: what is nil is lost, and an accessor says so.
    static let isIncomplete: UInt8 = 16
    /// May hold any object, another message too: what is freed with it may be a long chain.
    static let holdsAny: UInt8 = 32
    /// `deliveryCount` means something.
    static let hasDeliveryCount: UInt8 = 64
    /// Its record had headers that librdkafka could not read.
    static let hasMalformedHeaders: UInt8 = 128

    struct Owned: OwnedReferences {
        var topic: Object?
        /// These four: nil for what is not there, or not asked for yet while there is a record.
        var value: Object?
        var key: Object?
        var headers: Object?
        var error: Object?
    }

    var record: Record?
    var owned: Owned
    var offset: Int64
    var partition: Int32
    var flags: UInt8
    // From here on: meaningful once there is no record.
    var timestampType: Int32
    var timestamp: Int64
    /// Microseconds; -1 for none.
    var latency: Int64
    /// -1 for none.
    var leaderEpoch: Int32
    /// How often a share group has given it to somebody; of messages that the application makes alone.
    var deliveryCount: Int32
    /// The list of the consumer's recent messages; `link` is what points here.
    var next: UnsafeMutablePointer<MessageFields>?
    var link: UnsafeMutablePointer<UnsafeMutablePointer<MessageFields>?>?
}

@inline(__always)
func messageFields(_ object: Object?) -> UnsafeMutablePointer<MessageFields> {
    object.unsafelyUnwrapped.fields(MessageFields.self)
}

/// Messages that were freed, to be used again: a message costs no allocation.
///
/// Their type and the reference to it stay in place. They are outside the garbage collector, as is every message of
/// ours until something is put into it that could form a cycle.
enum MessagePool {
    static let capacity = 512

    static func prepare() {
        ProcessState.freeMessages = .allocate(capacity: capacity)
    }

    /// An instance whose fields are not set.
    @inline(__always)
    static func take() -> Object? {
        if ProcessState.freeMessageCount > 0 {
            ProcessState.freeMessageCount &-= 1
            let object = ProcessState.freeMessages.unsafelyUnwrapped[ProcessState.freeMessageCount]
            cpy_set_refcount_to_one(object)
            return object
        }
        return cpy_gc_new(Types.message)
    }

    /// - Returns: false where the pool is full.
    @inline(__always)
    static func put(_ object: Object) -> Bool {
        guard ProcessState.freeMessageCount < capacity else { return false }
        ProcessState.freeMessages.unsafelyUnwrapped[ProcessState.freeMessageCount] = object
        ProcessState.freeMessageCount &+= 1
        return true
    }
}

extension UnsafeMutablePointer where Pointee == MessageFields {
    /// Makes an instance's fields a view of a record.
    @inline(__always)
    func initialize(viewing record: Record, topic: Object?, flags: UInt8) {
        pointee.record = record
        pointee.owned.topic = topic
        pointee.owned.value = nil
        pointee.owned.key = nil
        pointee.owned.headers = nil
        pointee.owned.error = nil
        pointee.offset = record.offset
        pointee.partition = record.partition
        pointee.flags = flags
        pointee.next = nil
        pointee.link = nil
    }

    /// Gives the message its error, which whoever asks for it shares.
    @inline(never)
    func fail(with error: Object, isRejected: Bool = false) {
        pointee.owned.error = error.retained
        pointee.flags |= MessageFields.holdsAny | (isRejected ? MessageFields.isSynthetic : 0)
        track()
    }

    /// Takes the message off its consumer's list.
    @inline(__always)
    func unlink() {
        if let link = pointee.link {
            link.pointee = pointee.next
            if let next = pointee.next { next.pointee.link = link }
            pointee.link = nil
        }
    }

    /// Puts the message at the head of a consumer's list.
    @inline(__always)
    func link(into head: UnsafeMutablePointer<UnsafeMutablePointer<MessageFields>?>) {
        pointee.next = head.pointee
        if let next = head.pointee {
            next.pointee.link = address(of: &pointee.next)
        }
        pointee.link = head
        head.pointee = self
    }

    /// Gives the record up, and with it what nobody has asked for.
    @inline(__always)
    func dropRecord() {
        if let record = pointee.record {
            pointee.record = nil
            unlink()
            if pointee.flags & MessageFields.ownsRecord != 0 { record.destroy() }
        }
    }

    /// Copies all that the record still holds, and gives it up. The pending exception, if any, stays.
    ///
    /// Where memory is wanting, what could not be copied is lost: its accessor raises MemoryError.
    func materialise(_ python: borrowing Python) {
        guard pointee.record != nil else { return }
        let held = OwnedObject(retaining: .owner(of: self))
        let pending = PendingException(fetching: python)
        if !copyRecord(python) {
            PyErr_Clear()
            noteWhatIsMissing()
        }
        dropRecord()
        pending.restore(python)
        _ = held.object
    }

    /// The same, but where memory is wanting the message keeps its record, and MemoryError is raised.
    func materialiseWhole(_ python: borrowing Python) throws(PythonError) {
        guard pointee.record != nil else { return }
        let held = OwnedObject(retaining: .owner(of: self))
        guard copyRecord(python) else { throw PythonError() }
        dropRecord()
        _ = held.object
    }

    /// Copies all that the record still holds. - Returns: false where memory is wanting, with MemoryError pending.
    ///
    /// Making tuples, lists and errors may collect garbage, and with that run code of the application's, which may end
    /// the client or drop the message: the caller holds the object, and the record is looked up again at each step.
    private func copyRecord(_ python: borrowing Python) -> Bool {
        copyValue()
        if PyErr_Occurred() != nil { return false }
        copyKey()
        if PyErr_Occurred() != nil { return false }
        var type: Int32 = 0
        pointee.timestamp = currentTimestamp(&type)
        pointee.timestampType = type
        pointee.latency = currentLatency
        pointee.leaderEpoch = currentLeaderEpoch
        copyError(python)
        if PyErr_Occurred() != nil { return false }
        copyHeaders(python)
        return PyErr_Occurred() == nil
    }

    /// Tells what the record does not have, which is None, from what is lost, which stays nil.
    private func noteWhatIsMissing() {
        guard let record = pointee.record else { return }
        var type: Int32 = 0
        pointee.timestamp = currentTimestamp(&type)
        pointee.timestampType = type
        pointee.latency = currentLatency
        pointee.leaderEpoch = currentLeaderEpoch
        pointee.flags |= MessageFields.isIncomplete
        let none = cpy_none().unsafelyUnwrapped
        if pointee.owned.value == nil && record.value == nil { pointee.owned.value = none.retained }
        if pointee.owned.key == nil && record.key == nil { pointee.owned.key = none.retained }
        if pointee.owned.error == nil && !record.isError {
            pointee.owned.error = none.retained
        }
        if pointee.owned.headers == nil && (readHeaders()?.count ?? 0) == 0 { pointee.owned.headers = none.retained }
    }

    // MARK: From the record

    @inline(never)
    private func copyValue() {
        guard pointee.owned.value == nil, let record = pointee.record, let start = record.value else {
            return
        }
        pointee.owned.value = PyBytes_FromStringAndSize(start.assumingMemoryBound(to: CChar.self), record.valueCount)
    }

    @inline(never)
    private func copyKey() {
        guard pointee.owned.key == nil, let record = pointee.record, let start = record.key else { return }
        pointee.owned.key = PyBytes_FromStringAndSize(start.assumingMemoryBound(to: CChar.self), record.keyCount)
    }

    /// The record's headers, which may be none at all; nil where it has none, or some that cannot be read, which is noted.
    @inline(__always)
    private func readHeaders() -> Headers.Reference? {
        guard let record = pointee.record else { return nil }
        if pointee.flags & MessageFields.isSynthetic != 0 { return record.headersOfRejected }
        let (headers, areMalformed) = record.readHeaders()
        if areMalformed { pointee.flags |= MessageFields.hasMalformedHeaders }
        return headers
    }

    func copyHeaders(_ python: borrowing Python) {
        guard pointee.owned.headers == nil, let headers = readHeaders() else { return }
        let count = headers.count
        if count <= 0 { return }
        // All of the record is read before the first object is made that may collect garbage.
        withUnsafeTemporaryAllocation(of: Object?.self, capacity: count &* 2) { parts in
            let parts = parts.baseAddress.unsafelyUnwrapped
            var index = 0
            repeat {
                let (name, value, valueCount) = headers[index]
                parts[index &* 2] = name.flatMap { PyUnicode_DecodeUTF8($0, strlen($0), "replace") }
                parts[index &* 2 &+ 1] =
                    value.map { PyBytes_FromStringAndSize($0.assumingMemoryBound(to: CChar.self), valueCount) }
                    ?? cpy_none().unsafelyUnwrapped.retained
                index &+= 1
            } while index < count
            guard let list = list(of: parts, count) else { return }
            if pointee.owned.headers == nil { pointee.owned.headers = list } else { list.release() }
            track()
        }
    }

    /// A list of pairs, which take over the parts; nil with the error indicator set.
    @inline(__always)
    private func list(of parts: UnsafeMutablePointer<Object?>, _ count: Int) -> Object? {
        guard let list = PyList_New(count) else {
            release(parts, from: 0, to: count)
            return nil
        }
        var index = 0
        repeat {
            guard let name = parts[index &* 2], let value = parts[index &* 2 &+ 1], let pair = PyTuple_New(2) else {
                release(parts, from: index, to: count)
                list.release()
                return nil
            }
            pair.fillNewPair(name, value)
            PyList_SetItem(list, index, pair)
            index &+= 1
        } while index < count
        return list
    }

    /// Lets go of the parts of pairs that are not made.
    @inline(never)
    private func release(_ parts: UnsafeMutablePointer<Object?>, from first: Int, to end: Int) {
        for index in 2 * first..<2 * end { parts[index]?.release() }
    }

    func copyError(_ python: borrowing Python) {
        guard
            pointee.owned.error == nil, let record = pointee.record, record.isError
        else { return }
        var error = StreamsError(record.errorCode)
        if pointee.flags & MessageFields.isReport == 0, let start = record.value {
            // An event: its payload is librdkafka's text.
            error.reason = String(
                decoding: UnsafeRawBufferPointer(start: start, count: record.valueCount), as: UTF8.self)
        }
        error.isFatal = error.code == .fatal
        guard let object = try? python.kafkaError(error) else { return }
        if pointee.owned.error == nil { pointee.owned.error = object.take() }
        pointee.flags |= MessageFields.holdsAny
        track()
    }

    /// Makes the garbage collector know the message, which from now on holds an object that the program can put something
    /// into, and so may be part of a cycle: the list of headers, an error with its traceback, what was set.
    @inline(__always)
    func track() {
        if pointee.flags & MessageFields.isTracked != 0 { return }
        pointee.flags |= MessageFields.isTracked
        PyObject_GC_Track(Object.owner(of: self))
    }

    func currentTimestamp(_ type: inout Int32) -> Int64 {
        guard let record = pointee.record else {
            type = pointee.timestampType
            return pointee.timestamp
        }
        guard pointee.flags & MessageFields.isSynthetic == 0 else {
            type = 0
            return -1
        }
        let timestamp = record.timestamp
        type = timestamp.kind
        return timestamp.milliseconds
    }

    var currentLatency: Int64 {
        guard let record = pointee.record else { return pointee.latency }
        guard pointee.flags & (MessageFields.isSynthetic | MessageFields.isReport) == MessageFields.isReport else {
            return -1
        }
        return record.latency
    }

    var currentLeaderEpoch: Int32 {
        guard let record = pointee.record else { return pointee.leaderEpoch }
        guard pointee.flags & (MessageFields.isSynthetic | MessageFields.isReport) == 0 else { return -1 }
        return record.leaderEpoch
    }
}
