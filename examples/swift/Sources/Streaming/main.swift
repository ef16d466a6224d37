// Produces a few messages and consumes them in a group, with a cluster inside the process: nothing else is needed.
import Streams

/// What becomes of the messages. A report says so inside `poll` or `flush`.
final class Reports {
    var delivered = 0
    var failures: [ErrorCode] = []
}

func configuration(_ properties: [String: String]) throws -> Configuration {
    let configuration = Configuration(dialect: .kafka)
    for (name, value) in properties { try configuration.set(name, value) }
    return configuration
}

func produce(_ values: [String], to name: String, at servers: String) throws {
    let reports = Reports()
    var events = ClientEvents()
    // A C function, which is given the way back to the owner.
    events.delivery = { _, record, opaque in
        guard let record, let opaque, let owner = CallbackContext.owner(of: opaque) else { return }
        let reports = Unmanaged<Reports>.fromOpaque(owner).takeUnretainedValue()
        let report = Record(record)
        if report.isError { reports.failures.append(report.errorCode) } else { reports.delivered += 1 }
    }
    try withExtendedLifetime(reports) {
        let producer = try Producer(
            configuration: configuration(["bootstrap.servers": servers]), events: events,
            owner: Unmanaged.passUnretained(reports).toOpaque())
        let topic = try producer.topic(named: name)
        for value in values { try producer.produce(topic, value: Array(value.utf8), key: Array("greetings".utf8)) }
        guard producer.flush(milliseconds: 30_000) else { throw StreamsError(.timedOut) }
    }
    if let code = reports.failures.first { throw StreamsError(code) }
    print("delivered \(reports.delivered) messages")
}

func consume(_ count: Int, from name: String, at servers: String) throws {
    let consumer = try Consumer(
        configuration: configuration([
            "bootstrap.servers": servers, "group.id": "readers", "auto.offset.reset": "earliest",
            "enable.auto.commit": "false",
        ]),
        events: ClientEvents())
    try consumer.subscribe([name])
    var seen = 0
    while seen < count {
        // The record is given back at the end of each turn.
        guard let owned = consumer.nextRecord(milliseconds: 30_000) else { throw StreamsError(.timedOut) }
        let record = owned.record
        if record.isError { throw StreamsError(record.errorCode) }
        let value = String(decoding: record.valueBytes ?? UnsafeRawBufferPointer(start: nil, count: 0), as: UTF8.self)
        print("\(record.topic?.name ?? "?") [\(record.partition)] at \(record.offset): \(value)")
        seen += 1
    }
    let commit = try consumer.beginCommit(nil)
    guard let offsets = try commit.wait(milliseconds: 30_000) else { throw StreamsError(.timedOut) }
    print("committed \(offsets.map(\.offset).max() ?? -1)")
    // Leaves the group, so that the next member need not wait for this one.
    while !consumer.settleGroup(milliseconds: 100) {}
    if try consumer.beginClose() {
        while !consumer.serveClose(milliseconds: 100) {}
    }
}

let cluster = try MockCluster(brokers: 1)
try cluster.createTopic("greetings", partitions: 1, replicationFactor: 1)
try produce(["hello", "good day", "goodbye"], to: "greetings", at: cluster.bootstrapServers)
try consume(3, from: "greetings", at: cluster.bootstrapServers)
