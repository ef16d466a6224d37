import CRdkafka
import Synchronization
import Testing

@testable import Streams

@Suite struct EventTests {
    private func configuration(_ properties: [String: String]) throws -> Configuration {
        let configuration = Configuration(dialect: .mapr)
        for (name, value) in properties { try configuration.set(name, value) }
        return configuration
    }

    @Test func aBrokerThatCannotBeReachedIsAnErrorEvent() throws {
        var errors: [StreamsError] = []
        var events = ClientEvents()
        events.error = { errors.append($0) }
        let producer = try Producer(
            configuration: configuration(["bootstrap.servers": "127.0.0.1:1", "log_level": "0"]), events: events)
        #expect(producer.serve { errors.contains { $0.code == .allBrokersDown } })
        #expect(errors.allSatisfy { !$0.isFatal && !$0.text.isEmpty })
    }

    @Test func aFatalErrorCarriesTheCodeBehindIt() throws {
        var errors: [StreamsError] = []
        var events = ClientEvents()
        events.error = { errors.append($0) }
        let producer = try Producer(configuration: configuration(["log_level": "0"]), events: events)
        _ = rd_kafka_test_fatal_error(producer.handle, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "as a test")
        #expect(producer.serve { errors.contains { $0.isFatal } })
        let error = try #require(errors.first { $0.isFatal })
        #expect(error.code.name == "OUT_OF_ORDER_SEQUENCE_NUMBER")
        #expect(error.text.contains("as a test"))
    }

    @Test func statisticsComeAsJSON() throws {
        var texts: [String] = []
        var events = ClientEvents()
        events.statistics = { texts.append(String(decoding: UnsafeRawBufferPointer($0), as: UTF8.self)) }
        let producer = try Producer(
            configuration: configuration(["statistics.interval.ms": "20", "log_level": "0"]), events: events)
        #expect(producer.serve { texts.count >= 2 })
        #expect(texts.allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") && $0.contains("\"client_id\"") })
    }

    @Test func logLinesWaitUntilTheClientIsServed() throws {
        let lines = Mutex<[String]>([])
        var names: Set<String> = []
        var events = ClientEvents()
        events.log = { line in
            lines.withLock { $0.append(line.text) }
            names.insert(line.clientName)
            #expect((0...7).contains(line.level))
            #expect(!line.facility.isEmpty)
        }
        let producer = try Producer(
            configuration: configuration(["bootstrap.servers": "127.0.0.1:1", "debug": "broker"]), events: events)
        // The broker's thread has something to say, and says it to the queue.
        #expect(eventually { rd_kafka_outq_len(producer.handle) > 0 })
        #expect(lines.withLock { $0.isEmpty })
        #expect(producer.serve { lines.withLock { $0.contains { $0.contains("refused") } } })
        #expect(names == [producer.name])
    }

    @Test func aConsumersLogLinesComeFromItsPoll() throws {
        var lines = 0
        var events = ClientEvents()
        events.log = { _ in lines += 1 }
        let consumer = try Consumer(
            configuration: configuration([
                "bootstrap.servers": "127.0.0.1:1", "debug": "broker", "group.id": "group",
            ]), events: events)
        #expect(
            eventually {
                _ = consumer.next(milliseconds: 10)
                return lines > 0
            })
    }

    private static let oauth = [
        "security.protocol": "sasl_plaintext", "sasl.mechanisms": "OAUTHBEARER", "log_level": "0",
        "sasl.oauthbearer.config": "who=me",
    ]

    @Test func aTokenIsAskedForWithoutAnyCallOfTheApplication() throws {
        let asked = Mutex<[String]>([])
        var events = ClientEvents()
        events.tokenRefresh = { (configuration) throws(StreamsError) in
            asked.withLock { $0.append(configuration) }
            return ClientEvents.Token(
                value: "token", expiry: 4_102_444_800_000, principal: "me", extensions: [(name: "key", value: "value")])
        }
        var errors: [StreamsError] = []
        events.error = { errors.append($0) }
        let producer = try Producer(configuration: configuration(Self.oauth), events: events)
        #expect(eventually { asked.withLock { $0 == ["who=me"] } })
        _ = producer.poll(milliseconds: 0)
        #expect(!errors.contains { $0.code == .authentication })
    }

    @Test func aTokenThatCannotBeGotIsAnErrorEventWithTheReason() throws {
        var events = ClientEvents()
        events.tokenRefresh = { _ throws(StreamsError) in throw StreamsError(.fail, reason: "the vault is closed") }
        var errors: [StreamsError] = []
        events.error = { errors.append($0) }
        let producer = try Producer(configuration: configuration(Self.oauth), events: events)
        #expect(producer.serve { errors.contains { $0.code == .authentication } })
        #expect(errors.contains { $0.text.contains("the vault is closed") })
    }

    @Test func aTokenThatLibrdkafkaDoesNotTakeIsAnErrorEventToo() throws {
        var events = ClientEvents()
        events.tokenRefresh = { _ throws(StreamsError) in
            // Expired before it came.
            ClientEvents.Token(value: "token", expiry: 1, principal: "me", extensions: [])
        }
        var errors: [StreamsError] = []
        events.error = { errors.append($0) }
        let producer = try Producer(configuration: configuration(Self.oauth), events: events)
        #expect(producer.serve { errors.contains { $0.code == .authentication } })
    }

    @Test func aClientOfAMechanismWithoutTokensNeverAsksForOne() throws {
        var events = ClientEvents()
        events.tokenRefresh = { _ throws(StreamsError) in
            Issue.record("asked for a token")
            throw StreamsError(.fail)
        }
        let test = try TestCluster()
        let producer = try Producer(configuration: test.configuration([:]), events: events)
        #expect(try producer.metadata(topic: nil, milliseconds: 60_000).brokers.count == 1)
    }

    @Test func theOwnerIsFoundFromACallbacksPointer() throws {
        let owner = UnsafeMutableRawPointer(bitPattern: 0x1234)
        let producer = try Producer(configuration: configuration([:]), events: ClientEvents(), owner: owner)
        #expect(CallbackContext.owner(of: Unmanaged.passUnretained(producer.context).toOpaque()) == owner)
        #expect(rd_kafka_opaque(producer.handle) == Unmanaged.passUnretained(producer.context).toOpaque())
    }

    @Test func whatEventsHoldIsLetGoTogetherWithTheClient() throws {
        final class Held {}
        weak var held: Held?
        do {
            let object = Held()
            held = object
            var events = ClientEvents()
            events.error = { _ in withExtendedLifetime(object) {} }
            _ = try Producer(configuration: configuration(["log_level": "0"]), events: events)
        }
        #expect(held == nil)
    }
}

@Suite struct MetadataTests {
    @Test func itTellsOfBrokersTopicsAndPartitions() throws {
        let test = try TestCluster(partitions: 3, brokers: 2)
        let metadata = try test.producer(reports: Reports()).metadata(topic: nil, milliseconds: 60_000)
        #expect(metadata.brokers.map(\.id).sorted() == [1, 2])
        #expect(metadata.brokers.allSatisfy { $0.host == "127.0.0.1" && $0.port > 0 })
        // From 2.10.0 on a connection to a broker of bootstrap.servers has no id, if that was asked.
        #expect((Librdkafka.isAtLeast(2, 10) ? [-1, 1, 2] : [1, 2]).contains(metadata.originID))
        #expect(metadata.originName.contains("127.0.0.1"))
        let topic = try #require(metadata.topics.first { $0.name == test.topic })
        #expect(topic.error == nil)
        #expect(topic.partitions.map(\.id).sorted() == [0, 1, 2])
        #expect(
            topic.partitions.allSatisfy { $0.replicas.contains($0.leader) && $0.inSyncReplicas.contains($0.leader) })
    }

    @Test func oneTopicCanBeAskedFor() throws {
        let test = try TestCluster()
        try test.cluster.createTopic("another", partitions: 1, replicationFactor: 1)
        let metadata = try test.consumer().metadata(topic: "another", milliseconds: 60_000)
        #expect(metadata.topics.map(\.name) == ["another"])
    }

    @Test func theErrorOfATopicIsToldWithIt() throws {
        let test = try TestCluster()
        do throws(StreamsError) {
            try test.cluster.setTopicError(test.topic, ErrorCode(rawValue: 29))
        } catch {
            #expect(error.code == .notImplemented && Librdkafka.isAtLeast(2, 3) && !Librdkafka.isAtLeast(2, 10))
            return
        }
        let metadata = try test.producer(reports: Reports()).metadata(topic: test.topic, milliseconds: 60_000)
        #expect(metadata.topics.map { $0.error?.code.name } == ["TOPIC_AUTHORIZATION_FAILED"])
    }

    @Test func withoutABrokerItIsAnErrorAfterItsTime() throws {
        let test = try TestCluster()
        try test.cluster.setBrokerDown(1)
        let producer = try test.producer(reports: Reports())
        let error = thrown { () throws(StreamsError) in _ = try producer.metadata(topic: nil, milliseconds: 50) }
        #expect(error.map { [.transport, .timedOut].contains($0.code) } == true)
    }
}
