import CRdkafka
import Glibc
import Testing

@testable import Streams

/// Asks again and again until `condition` holds. - Returns: whether it did before the time was over.
///
/// The time is far beyond what a loaded machine needs: it ends a test that would hang, and no test waits for it.
func eventually(seconds: Int32 = 60, _ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = Deadline(milliseconds: seconds * 1000)
    while true {
        if try condition() { return true }
        if deadline.hasPassed { return false }
        usleep(1000)
    }
}

/// A cluster with one topic, and clients of it.
struct TestCluster {
    let cluster: MockCluster
    let topic: String

    init(topic: String = "topic", partitions: Int32 = 1, brokers: Int32 = 1) throws {
        self.topic = topic
        cluster = try MockCluster(brokers: brokers)
        try cluster.createTopic(topic, partitions: partitions, replicationFactor: 1)
    }

    func configuration(_ properties: [String: String], dialect: Dialect = .mapr) throws -> Configuration {
        let configuration = Configuration(dialect: dialect)
        try configuration.set("bootstrap.servers", cluster.bootstrapServers)
        // What tests do to brokers is logged at length otherwise.
        try configuration.set("log_level", "0")
        for (name, value) in properties { try configuration.set(name, value) }
        return configuration
    }

    func producer(_ properties: [String: String] = [:], reports: Reports) throws -> Producer {
        var events = ClientEvents()
        events.delivery = Reports.delivery
        // The owner below is a bare pointer: the closure is what keeps the reports while the producer lives.
        events.error = { reports.errors.append($0) }
        return try Producer(
            configuration: configuration(properties), events: events,
            owner: Unmanaged.passUnretained(reports).toOpaque())
    }

    /// A consumer of `group` that begins at the first message.
    func consumer(
        group: String = "group", _ properties: [String: String] = [:], dialect: Dialect = .mapr,
        events: ClientEvents = ClientEvents()
    ) throws -> Consumer {
        let usual = [
            "group.id": group, "auto.offset.reset": "earliest", "heartbeat.interval.ms": "100",
            "session.timeout.ms": "6000",
        ]
        return try Consumer(
            configuration: configuration(usual.merging(properties) { $1 }, dialect: dialect), events: events)
    }

    /// Produces `values` to a partition, and waits until all are there.
    func fill(_ values: [String], partition: Int32 = 0) throws {
        let reports = Reports()
        let producer = try producer(reports: reports)
        let handle = try producer.topic(topic)
        for value in values { try producer.produce(handle, partition: partition, value: value) }
        #expect(producer.flush(milliseconds: 60_000))
        #expect(reports.all.map(\.error) == values.map { _ in .noError })
    }

    func partition(_ number: Int32 = 0, offset: Int64 = TopicPartition.invalidOffset) -> TopicPartition {
        TopicPartition(topic, number, offset: offset)
    }
}

/// What a message was when it came, copied.
struct Received: Equatable {
    struct Header: Equatable {
        let name: String
        let value: String?
    }

    let topic: String
    let partition: Int32
    let offset: Int64
    let key: String?
    let value: String?
    let error: ErrorCode
    let timestamp: Int64
    let headers: [Header]
    /// `_private`: what the producer was given for it.
    let opaque: Int

    init(_ record: Record, isOfLibrdkafka: Bool = true) {
        func text(_ start: UnsafeRawPointer?, _ count: Int) -> String? {
            start.map { String(decoding: UnsafeRawBufferPointer(start: $0, count: count), as: UTF8.self) }
        }
        topic = record.topic?.name ?? ""
        partition = record.partition
        offset = record.offset
        key = text(record.key, record.keyCount)
        value = text(record.value, record.valueCount)
        error = record.errorCode
        timestamp = isOfLibrdkafka ? record.timestamp.milliseconds : -1
        opaque = Int(bitPattern: record.opaque)
        guard isOfLibrdkafka, let list = record.headers else {
            headers = []
            return
        }
        headers = (0..<list.count).map { index in
            let (name, value, count) = list[index]
            return Header(name: name.map { String(cString: $0) } ?? "", value: text(value, count))
        }
    }
}

/// What a producer tells: its delivery reports, and its errors.
final class Reports {
    private(set) var all: [Received] = []
    var errors: [StreamsError] = []
    /// Reports of rejected messages have no more than their public fields.
    var areOfLibrdkafka = true

    static let delivery: ClientEvents.Delivery = { _, record, opaque in
        let reports = Unmanaged<Reports>.fromOpaque(CallbackContext.owner(of: opaque!)!).takeUnretainedValue()
        reports.all.append(Received(Record(record!), isOfLibrdkafka: reports.areOfLibrdkafka))
    }
}

extension Producer {
    func topic(_ name: String) throws(StreamsError) -> Topic {
        // A C string made by the call would be gone before typed throws let it go: keep it here.
        let text = name.utf8CString
        return try text.withUnsafeBufferPointer { buffer throws(StreamsError) in try topic(buffer.baseAddress!) }
    }

    /// Produces text. - Parameter opaque: any number, to be found in the report.
    func produce(
        _ topic: Topic, partition: Int32 = 0, value: String?, key: String? = nil, opaque: Int = 0
    ) throws(StreamsError) {
        let value = value.map { Array($0.utf8) }
        let key = key.map { Array($0.utf8) }
        try lending(value) { value, valueCount throws(StreamsError) in
            try lending(key) { key, keyCount throws(StreamsError) in
                try produce(
                    topic, partition: partition, value: value, valueCount: valueCount, isLent: false, key: key,
                    keyCount: keyCount, opaque: UnsafeMutableRawPointer(bitPattern: opaque))
            }
        }
    }

    /// Produces text with a timestamp and headers.
    func produce(
        _ topic: Topic, partition: Int32 = 0, value: String?, timestamp: Int64, headers: [(String, String?)]
    ) throws(StreamsError) {
        let list = Headers(capacity: headers.count)
        for (name, text) in headers {
            let bytes = text.map { Array($0.utf8) }
            let name = name.utf8CString
            name.withUnsafeBufferPointer { name in
                lending(bytes) { list.add(name.baseAddress!, nameCount: name.count - 1, value: $0, valueCount: $1) }
            }
        }
        try lending(value.map { Array($0.utf8) }) { value, count throws(StreamsError) in
            try produceWithHeaders(
                topic, partition: partition, value: value, valueCount: count, isLent: false, key: nil, keyCount: 0,
                opaque: nil,
                timestamp: timestamp, headers: list.reference)
        }
        list.relinquish()
    }

    /// Serves the producer until `condition` holds.
    func serve(until condition: () -> Bool) -> Bool {
        eventually {
            _ = poll(milliseconds: 10)
            return condition()
        }
    }
}

/// The address of bytes, which is not nil for an empty array, and their number.
func lending<Result, Failure: Error>(
    _ bytes: [UInt8]?, _ body: (UnsafeRawPointer?, Int) throws(Failure) -> Result
) throws(Failure) -> Result {
    guard let bytes else { return try body(nil, 0) }
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 1)
    // What keeps the address instead of the bytes is found out.
    defer {
        copy.initializeMemory(as: UInt8.self, repeating: 0xff)
        copy.deallocate()
    }
    copy.copyBytes(from: bytes)
    return try body(UnsafeRawPointer(copy.baseAddress!), bytes.count)
}

extension Consumer {
    /// The next message or event, copied; nil where there is none for now.
    func next(milliseconds: Int32 = 100) -> Received? {
        guard let record = poll(milliseconds: milliseconds) else { return nil }
        defer { record.destroy() }
        return Received(record)
    }

    /// The next `count` messages and events.
    func next(count: Int) -> [Received] {
        var received: [Received] = []
        _ = eventually {
            if let message = next() { received.append(message) }
            return received.count >= count
        }
        return received
    }

    /// Closes, as the extension does. - Returns: whether the protocol came to its end.
    func close() throws -> Bool {
        announceClose(milliseconds: -1)
        guard eventually({ settleGroup(milliseconds: 100) }) else { return false }
        guard try beginClose() else { return true }
        return eventually { serveClose(milliseconds: 100) }
    }
}

/// The error that `body` throws.
func thrown(_ body: () throws(StreamsError) -> Void) -> StreamsError? {
    do throws(StreamsError) {
        try body()
        return nil
    } catch {
        return error
    }
}
