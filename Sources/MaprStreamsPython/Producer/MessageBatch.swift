import CPython
import PythonBridge
import Streams

/// The messages of a `produce_batch`, read from their dicts. It holds all that it has of them, so that code of the
/// application's may change the dicts.
struct MessageBatch: ~Copyable {
    /// What a message's dict may have.
    enum Field: Int {
        /// How many there are.
        static var count: Int { error.rawValue + 1 }

        case value, key, headers, timestamp, partition, onDelivery, callback, error

        var name: StaticString {
            switch self {
            case .value: "value"
            case .key: "key"
            case .headers: "headers"
            case .timestamp: "timestamp"
            case .partition: "partition"
            case .onDelivery: "on_delivery"
            case .callback: "callback"
            // What an earlier call said of the message.
            case .error: "_error"
            }
        }
    }

    /// What becomes of messages without a value.
    enum WithoutValue {
        case sent
        /// They are rejected: their reports say so.
        case reported
        /// The same where they have a callback of their own; others are refused.
        case reportedToOwnCallback
    }

    var outgoing: OutgoingMessages
    /// The messages that have an `_error` of an earlier call.
    private(set) var told: [Int] = []
    private let partition: Int32
    private let callback: Object?
    private let shortestLent: Int
    private let withoutValue: WithoutValue
    /// Of each message its value and its key, owned.
    private let held: UnsafeMutablePointer<Object?>
    private var buffers: [BorrowedBytes] = []
    private let names: UnsafeMutablePointer<Object?>

    /// - Parameters:
    ///   - partition: of messages that have none; and so the callback, which is borrowed.
    ///   - shortestLent: how long a value is lent to librdkafka.
    init(
        capacity: Int, partition: Int32, callback: Object?, shortestLent: Int, withoutValue: WithoutValue
    ) throws(PythonError) {
        names = try Self.internedNames()
        outgoing = OutgoingMessages(capacity: capacity)
        held = .allocate(capacity: max(2 * capacity, 1))
        self.partition = partition
        self.callback = callback
        self.shortestLent = shortestLent
        self.withoutValue = withoutValue
    }

    deinit {
        for index in 0..<outgoing.count {
            let (value, key) = (held[2 * index], held[2 * index + 1])
            if outgoing.isQueued(index) {
                // The report gives back what is lent.
                if !outgoing.way(index).contains(.lent) { value?.release() }
            } else {
                DeliveryContext(opaque: outgoing.opaque(index)).callback?.release()
                value?.release()
            }
            key?.release()
        }
        for var buffer in buffers { buffer.release() }
        held.deallocate()
    }

    @inline(__always)
    var count: Int { outgoing.count }

    /// The name of a field as Python has it.
    @inline(__always)
    func name(_ field: Field) -> Object { names[field.rawValue].unsafelyUnwrapped }

    // MARK: Reading

    /// Reads all messages. - Throws: what is wrong with one of them, and where.
    mutating func read(
        _ python: borrowing Python, _ messages: borrowing Python.Elements
    ) throws(PythonError) {
        readPlain(messages)
        while true {
            readFields(messages)
            if count == messages.count { return }
            try readAny(python, messages[count])
        }
    }

    /// Reads messages up to the first that has more than a value and a key, or others than text and bytes: what runs no code
    /// of the application's, and cannot fail.
    @inline(never)
    private mutating func readPlain(_ messages: borrowing Python.Elements) {
        // What lies behind `self` would be loaded again after each call.
        let valueName = names[Field.value.rawValue]
        let keyName = names[Field.key.rawValue]
        let held = self.held
        let (callback, partition, shortestLent) = (self.callback, self.partition, self.shortestLent)
        let end = messages.count
        var index = outgoing.count
        defer { outgoing.count(upTo: index) }
        var position = 0
        var name: Object?
        var item: Object?
        while index < end {
            let message = messages[index]
            guard cpy_is_dict(message) != 0 else { return }
            var value: Object?
            var key: Object?
            position = 0
            var left = PyDict_Size(message)
            while left > 0 && PyDict_Next(message, &position, &name, &item) != 0 {
                left &-= 1
                if name == valueName {
                    value = item
                } else if name == keyName {
                    key = item
                } else {
                    return
                }
            }
            var valueBytes = BorrowedBytes()
            var keyBytes = BorrowedBytes()
            guard valueBytes.borrowPlain(value), keyBytes.borrowPlain(key) else { return }
            if valueBytes.start == nil && withoutValue != .sent { return }
            let isLent = valueBytes.count >= shortestLent && cpy_is_exactly_bytes(value) != 0
            if let value { cpy_incref(value) }
            if let key { cpy_incref(key) }
            if let callback { cpy_incref(callback) }
            held[2 &* index] = value
            held[2 &* index &+ 1] = key
            outgoing.write(
                index, value: valueBytes.start, valueCount: valueBytes.count, key: keyBytes.start,
                keyCount: keyBytes.count, partition: partition,
                opaque: DeliveryContext(callback: callback, isLending: isLent).opaque, way: isLent ? .lent : [])
            index &+= 1
        }
    }

    /// Reads messages up to the first that is not of the usual types, or has names of fields that are not interned. It runs
    /// no code of the application's either, and cannot fail.
    @inline(never)
    private mutating func readFields(_ messages: borrowing Python.Elements) {
        // What lies behind `self` would be loaded again after each call.
        let valueName = self.name(.value)
        let keyName = self.name(.key)
        let headersName = self.name(.headers)
        let timestampName = self.name(.timestamp)
        let partitionName = self.name(.partition)
        let callbackName = self.name(.onDelivery)
        let (held, shortestLent, usualCallback, usualPartition) = (self.held, self.shortestLent, callback, partition)
        let mayLackValue = withoutValue == .sent
        let end = messages.count
        var index = outgoing.count
        defer { outgoing.count(upTo: index) }
        var position = 0
        var name: Object?
        var next: Object?
        while index < end {
            let message = messages[index]
            guard cpy_is_dict(message) != 0 else { return }
            var value: Object?
            var key: Object?
            var headers: Object?
            var timestamp = 0
            var partition = usualPartition
            var callback = usualCallback
            position = 0
            var left = PyDict_Size(message)
            while left > 0 && PyDict_Next(message, &position, &name, &next) != 0 {
                left &-= 1
                let item = next.unsafelyUnwrapped
                if name == valueName {
                    value = item
                } else if name == keyName {
                    key = item
                } else if name == headersName {
                    headers = item
                } else if name == timestampName {
                    if cpy_is_exactly_int(item) == 0 {
                        guard item == cpy_none() else { return }
                        continue
                    }
                    var overflow: Int32 = 0
                    timestamp = PyLong_AsLongAndOverflow(item, &overflow)
                    if overflow != 0 { return }
                } else if name == partitionName {
                    if cpy_is_exactly_int(item) == 0 {
                        guard item == cpy_none() else { return }
                        continue
                    }
                    var overflow: Int32 = 0
                    let number = PyLong_AsLongAndOverflow(item, &overflow)
                    partition = Int32(truncatingIfNeeded: number)
                    if overflow != 0 || Int(partition) != number { return }
                } else {
                    guard name == callbackName else { return }
                    if item == cpy_none() { continue }
                    guard Python.isLastSeenCallback(item) || Python.isSeenCallback(item) else { return }
                    callback = item
                }
            }
            var valueBytes = BorrowedBytes()
            var keyBytes = BorrowedBytes()
            guard valueBytes.borrowPlain(value), keyBytes.borrowPlain(key) else { return }
            if valueBytes.start == nil && !mayLackValue { return }
            var way: OutgoingMessages.Way = []
            if let given = headers, given != cpy_none() {
                guard let list = plainHeaders(given) else { return }
                outgoing.addExtras(index, timestamp: Int64(timestamp), headers: list)
                way = .alone
            } else if timestamp != 0 {
                outgoing.addExtras(index, timestamp: Int64(timestamp), headers: nil)
                way = .alone
            }
            let isLent = valueBytes.count >= shortestLent && cpy_is_exactly_bytes(value) != 0
            if isLent { way.insert(.lent) }
            if let value { cpy_incref(value) }
            if let key { cpy_incref(key) }
            if let callback { cpy_incref(callback) }
            held[2 &* index] = value
            held[2 &* index &+ 1] = key
            outgoing.write(
                index, value: valueBytes.start, valueCount: valueBytes.count, key: keyBytes.start,
                keyCount: keyBytes.count, partition: partition,
                opaque: DeliveryContext(callback: callback, isLending: isLent).opaque, way: way)
            index &+= 1
        }
    }

    /// Reads the next message, whatever it has.
    @inline(never)
    private mutating func readAny(_ python: borrowing Python, _ message: Object) throws(PythonError) {
        let index = count
        guard cpy_is_dict(message) != 0 else {
            throw python.error(.typeError, "messages[\(index)] must be a dict, not \(message.typeName)")
        }
        try withSlots(Field.count) { slots throws(PythonError) in
            var position = 0
            var name: Object?
            var item: Object?
            while PyDict_Next(message, &position, &name, &item) != 0 {
                slots[try field(python, name.unsafelyUnwrapped)] = item
            }
            // What is read from here on may run code of the application's, which may change the dict.
            for field in 0..<Field.count { if let item = slots[field] { cpy_incref(item) } }
            defer { for field in 0..<Field.count { slots[field]?.release() } }
            var called = callback
            if let own = try callable(python, slots, .onDelivery) { called = own }
            if let own = try callable(python, slots, .callback) { called = own }
            var partition = partition
            var timestamp: Int64 = 0
            var headers: Headers?
            do throws(PythonError) {
                if let item = slots[Field.partition.rawValue], !item.isNone {
                    partition = try python.int32(item, "partition")
                }
                if let item = slots[Field.timestamp.rawValue], !item.isNone {
                    timestamp = try python.int64(item, "timestamp")
                }
                if let item = slots[Field.headers.rawValue], !item.isNone { headers = try parseHeaders(python, item) }
            } catch {
                throw python.prefixError("messages[\(index)]: ")
            }
            try append(
                python, slots[Field.value.rawValue], slots[Field.key.rawValue], called, partition: partition,
                timestamp: timestamp, headers: headers)
            if slots[Field.error.rawValue] != nil { told.append(index) }
        }
    }

    /// The message's own callback.
    private func callable(
        _ python: borrowing Python, _ slots: UnsafeMutablePointer<Object?>, _ field: Field
    ) throws(PythonError) -> Object? {
        guard let item = slots[field.rawValue], !item.isNone else { return nil }
        try python.checkCallback(item, "messages[\(count)][\"\(field.name)\"]")
        return item
    }

    /// Which field a key of a message's dict names.
    private func field(_ python: borrowing Python, _ name: Object) throws(PythonError) -> Int {
        for field in 0..<Field.count where names[field] == name { return field }
        guard cpy_is_str(name) != 0 else {
            throw python.error(.typeError, "messages[\(count)]: a key must be str, not \(name.typeName)")
        }
        for field in 0..<Field.count where PyUnicode_Compare(names[field], name) == 0 { return field }
        throw python.error(
            .typeError,
            "messages[\(count)][\"\(name.text ?? name.representation)\"] is unknown: a message has value, key, headers,"
                + " timestamp, partition and on_delivery, or callback")
    }

    private mutating func append(
        _ python: borrowing Python, _ value: Object?, _ key: Object?, _ callback: Object?, partition: Int32,
        timestamp: Int64, headers: consuming Headers?
    ) throws(PythonError) {
        let index = outgoing.count
        var valueBytes = BorrowedBytes()
        var keyBytes = BorrowedBytes()
        // Held first: reading a buffer may run code of the application's.
        if let value { cpy_incref(value) }
        if let key { cpy_incref(key) }
        do throws(PythonError) {
            try valueBytes.borrow(python, value, "value")
            try keyBytes.borrow(python, key, "key")
        } catch {
            valueBytes.release()
            value?.release()
            key?.release()
            throw python.prefixError("messages[\(index)]: ")
        }
        if valueBytes.isBuffer { buffers.append(valueBytes) }
        if keyBytes.isBuffer { buffers.append(keyBytes) }
        held[2 * index] = value
        held[2 * index + 1] = key
        var way: OutgoingMessages.Way = []
        if timestamp != 0 || headers != nil {
            outgoing.addExtras(index, timestamp: timestamp, headers: headers)
            way = .alone
        }
        if valueBytes.start == nil && withoutValue != .sent {
            way.insert(.rejected)
        } else if valueBytes.count >= shortestLent && cpy_is_exactly_bytes(value) != 0 {
            way.insert(.lent)
        }
        if let callback { cpy_incref(callback) }
        outgoing.write(
            index, value: valueBytes.start, valueCount: valueBytes.count, key: keyBytes.start,
            keyCount: keyBytes.count, partition: partition,
            opaque: DeliveryContext(callback: callback, isLending: way.contains(.lent)).opaque, way: way)
        outgoing.count(upTo: index + 1)
        if way.contains(.rejected) && withoutValue == .reportedToOwnCallback && callback == nil {
            outgoing.refuse(index, .invalidArgument)
        }
    }

    // MARK: Names

    /// Made at the first call, and kept for ever.
    private static func internedNames() throws(PythonError) -> UnsafeMutablePointer<Object?> {
        if let names = ProcessState.messageFields { return names }
        let names = UnsafeMutablePointer<Object?>.allocate(capacity: Field.count)
        names.initialize(repeating: nil, count: Field.count)
        for index in 0..<Field.count {
            guard let field = Field(rawValue: index), let name = PyUnicode_InternFromString("\(field.name)") else {
                for made in 0..<index { names[made]?.release() }
                names.deallocate()
                throw PythonError()
            }
            names[index] = name
        }
        ProcessState.messageFields = names
        return names
    }
}
