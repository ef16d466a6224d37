import CRdkafka
import Testing

@testable import Streams

@Suite struct ConfigurationTests {
    private func failure(_ name: String, _ value: String?, servers: String? = nil) -> StreamsError? {
        let configuration = Configuration(dialect: .mapr)
        if let servers { try? configuration.set("bootstrap.servers", servers) }
        return thrown { () throws(StreamsError) in try configuration.set(name, value) }
    }

    @Test func anUnknownPropertyIsNamedTogetherWithTheNearestKnownOne() throws {
        let error = try #require(failure("bootstrap.server", "localhost"))
        #expect(error.code == .invalidArgument)
        #expect(error.text.contains("\"bootstrap.server\""))
        #expect(error.text.hasSuffix("did you mean \"bootstrap.servers\"?"))
    }

    @Test func anUnknownPropertyThatIsLikeNoOtherGetsNoSuggestion() throws {
        let error = try #require(failure("no.such.property.at.all", "1"))
        #expect(error.code == .invalidArgument)
        #expect(error.text == "No such configuration property: \"no.such.property.at.all\"")
    }

    @Test func propertiesOfOursAreSuggestedWhereTheCallerKnowsThem() {
        let configuration = Configuration(dialect: .mapr)
        let error = thrown { () throws(StreamsError) in
            try configuration.set("stats_cbb", "1", knownElsewhere: ["stats_cb"])
        }
        #expect(error?.text.hasSuffix("did you mean \"stats_cb\"?") == true)
    }

    @Test(arguments: [
        ("linger.ms", "soon"), ("acks", "some"), ("security.protocol", "carrier.pigeon"),
        ("enable.auto.commit", "maybe"), ("session.timeout.ms", "-5"),
    ]) func aValueThatLibrdkafkaDoesNotTakeNamesTheProperty(_ name: String, _ value: String) throws {
        let error = try #require(failure(name, value))
        #expect(error.code == .invalidArgument)
        #expect(error.text.contains("\"\(name)\""))
        #expect(!error.text.contains("did you mean"))
    }

    @Test(arguments: [
        ("linger.ms", "5ms", "a number of milliseconds"), ("message.max.bytes", "1MB", "a whole number of bytes"),
        ("retries", "3.x", "a whole number"), ("linger.ms", "inf", "a number of milliseconds"),
    ]) func aNumberWithMoreBehindItIsRefused(_ name: String, _ value: String, _ expected: String) throws {
        let error = try #require(failure(name, value))
        #expect(error.code == .invalidArgument)
        #expect(error.text.hasPrefix("Invalid value \"\(value)\" for configuration property \"\(name)\""))
        #expect(error.text.contains(expected))
    }

    @Test(arguments: [
        ("linger.ms", "5"), ("linger.ms", ".5"), ("linger.ms", "5e2"), ("retries", " 3 "), ("retries", "0x1F"),
        ("retries", "3.0"), ("retries", "+3"), ("retries", "2147483647"), ("client.id", "5ms"),
    ]) func aNumberInFullIsTaken(_ name: String, _ value: String) {
        #expect(failure(name, value) == nil)
    }

    @Test func aNumberThatDoesNotFitIsOutOfRange() {
        #expect(failure("retries", "4294967297")?.text.contains("is outside allowed range") == true)
        #expect(failure("retries", "99999999999999999999999")?.text.contains("is outside allowed range") == true)
    }

    @Test func aNullCharacterIsRefused() {
        #expect(failure("client.id", "a\0b")?.code == .invalidArgument)
        #expect(failure("client.id\0", "a")?.code == .invalidArgument)
    }

    @Test func twoNamesOfOnePropertyMustAgree() throws {
        let configuration = Configuration(dialect: .kafka)
        try configuration.set("bootstrap.servers", "a")
        try configuration.set("metadata.broker.list", "a")
        let error = thrown { () throws(StreamsError) in try configuration.set("bootstrap.servers", "b") }
        #expect(error?.text.contains("two names of one configuration property") == true)
        try configuration.set("bootstrap.servers", "b", isTopics: true)
    }

    @Test(arguments: [
        ("https://a:1", "is a URL"), ("a:b:1", "more than one colon"), ("a:70000", "no port between"),
        ("a:1, b:x", "\"b:x\""), ("[::1", "a bracket that does not end"), ("[::1]1", "must have a colon"),
    ]) func anAddressThatCannotBeOneHasAFault(_ servers: String, _ fault: String) {
        #expect(BrokerAddresses.fault(in: servers)?.contains(fault) == true)
    }

    @Test(arguments: ["", "a", "a:1", "a:1,b:2", " a:1 , [::1]:2,[::1]", "SASL_SSL://a:1"])
    func anAddressThatMayBeOneHasNone(_ servers: String) {
        #expect(BrokerAddresses.fault(in: servers) == nil)
    }

    @Test func listsAreKnownByTheirSeparators() {
        for name in ["bootstrap.servers", "metadata.broker.list", "debug", "partition.assignment.strategy"] {
            #expect(PropertyCatalogue.separator(of: name) == ",")
        }
        #expect(PropertyCatalogue.separator(of: "plugin.library.paths") == ";")
        for name in ["client.id", "sasl.mechanisms", "retries", "no.such.property"] {
            #expect(PropertyCatalogue.separator(of: name) == nil)
        }
    }

    @Test func anIntegerPropertyCannotBeEmptied() {
        #expect(failure("linger.ms", nil)?.code == .invalidArgument)
    }

    @Test func aTextPropertyCanBeEmptied() throws {
        let configuration = Configuration(dialect: .mapr)
        try configuration.set("client.id", nil)
        #expect(configuration.value("client.id") == nil)
    }

    @Test(.enabled(if: !PropertyCatalogue.isStreamsBuild)) func aDefaultStreamNeedsServers() throws {
        let configuration = Configuration(dialect: .mapr)
        try configuration.set("streams.producer.default.stream", "/stream")
        let error = thrown { () throws(StreamsError) in
            _ = try Producer(configuration: configuration, events: ClientEvents())
        }
        #expect(error?.code == .invalidArgument)
        #expect(
            error?.text == "\"streams.producer.default.stream\" is set, and the client knows no Kafka brokers: set the "
                + "environment variable MAPR_STREAMS_BOOTSTRAP_SERVERS, or \"bootstrap.servers\"")
    }

    @Test(arguments: ["bootstrap.servers", "metadata.broker.list"])
    func serversAreFoundUnderBothOfTheirNames(_ name: String) throws {
        let configuration = Configuration(dialect: .mapr)
        #expect(!configuration.namesServers)
        try configuration.set(name, "localhost:9092")
        #expect(configuration.namesServers)
        #expect(configuration.value("bootstrap.servers") == "localhost:9092")
        #expect(configuration.value("metadata.broker.list") == "localhost:9092")
        try configuration.set(name, "")
        #expect(!configuration.namesServers)
    }

    @Test func aConfigurationThatNobodyUsesIsFreed() {
        weak var gone: Configuration?
        do {
            let configuration = Configuration(dialect: .kafka)
            gone = configuration
        }
        #expect(gone == nil)
    }

    @Test func whatOnlyTheWholeConfigurationShowsIsSaidWhenTheClientIsMade() throws {
        let configuration = Configuration(dialect: .kafka)
        try configuration.set("session.timeout.ms", "10000")
        try configuration.set("max.poll.interval.ms", "1000")
        weak var context: CallbackContext?
        let error = thrown { () throws(StreamsError) in
            let consumer = try Consumer(configuration: configuration, events: ClientEvents())
            context = consumer.context
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.text.contains("max.poll.interval.ms") == true)
        #expect(context == nil)
    }

    @Test func aDefaultOfOursGivesWayToTheApplication() throws {
        let configuration = Configuration(dialect: .kafka)
        try configuration.set("client.id", "theirs")
        configuration.setDefault("client.id", "ours")
        configuration.setDefault("linger.ms", "77")
        configuration.setDefault("no.such.property", "ignored")
        #expect(try raw(configuration, "client.id") == "theirs")
        #expect(try raw(configuration, "linger.ms") == "77")
    }

    /// What librdkafka has for a property.
    private func raw(_ configuration: Configuration, _ name: String) throws -> String {
        try configuration.withRaw { conf in
            var text = [CChar](repeating: 0, count: 512)
            var count = text.count
            guard rd_kafka_conf_get(conf, name, &text, &count) == RD_KAFKA_CONF_OK else { return "" }
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}

@Suite struct DialectTests {
    @Test(arguments: [("mapr", Dialect.mapr), ("kafka", .kafka), ("KAFKA", .kafka), ("MapR", .mapr)])
    func itIsChosenByNameInAnyCase(_ text: String, _ dialect: Dialect) throws {
        #expect(try Dialect(text, from: "test") == dialect)
    }

    @Test(arguments: ["", "confluent", "mapr "]) func anythingElseIsRefusedAndNamesItsSource(_ text: String) throws {
        let error = try #require(
            thrown { () throws(StreamsError) in _ = try Dialect(text, from: "property \"streams.compatibility\"") })
        #expect(error.code == .invalidArgument)
        #expect(error.text.contains("property \"streams.compatibility\""))
        #expect(error.text.contains("\"\(text)\""))
    }

    @Test func theMaprDialectTellsOfTheEndOfAPartition() throws {
        let test = try TestCluster()
        let consumer = try test.consumer(dialect: .mapr)
        try consumer.assign([test.partition(offset: 0)])
        let event = try #require(consumer.next(count: 1).first)
        #expect(event.error == .partitionEOF)
        #expect(event.offset == 0)
    }

    @Test func theApplicationMayTurnTheEndOfAPartitionOff() throws {
        let test = try TestCluster()
        try test.fill(["only"])
        let consumer = try test.consumer(["enable.partition.eof": "false"], dialect: .mapr)
        try consumer.assign([test.partition(offset: 0)])
        #expect(consumer.next(count: 1).map(\.value) == ["only"])
        try test.fill(["next"])
        // An end of partition would have come between the two.
        #expect(consumer.next(count: 1).map(\.value) == ["next"])
    }

    @Test func theKafkaDialectTellsOfTheEndOfAPartitionOnlyWhenAsked() throws {
        let test = try TestCluster()
        try test.fill(["only"])
        let quiet = try test.consumer(group: "quiet", dialect: .kafka)
        let asked = try test.consumer(group: "asked", ["enable.partition.eof": "true"], dialect: .kafka)
        for consumer in [quiet, asked] { try consumer.assign([test.partition(offset: 0)]) }
        #expect(asked.next(count: 2).map(\.error) == [.noError, .partitionEOF])
        #expect(quiet.next(count: 1).map(\.error) == [.noError])
        try test.fill(["next"])
        #expect(quiet.next(count: 1).map(\.value) == ["next"])
    }
}

@Suite struct TopicNameTests {
    @Test(.enabled(if: !PropertyCatalogue.isStreamsBuild))
    func aTopicOfAStreamIsRefusedByAClientThatKnowsNoServers() throws {
        let configuration = Configuration(dialect: .mapr)
        try configuration.set("log_level", "0")
        try configuration.set("group.id", "group")
        let consumer = try Consumer(configuration: configuration, events: ClientEvents())
        let topic = "/path/stream:topic"
        let partition = TopicPartition(topic, 0)
        let errors = [
            thrown { () throws(StreamsError) in try consumer.subscribe([topic]) },
            thrown { () throws(StreamsError) in try consumer.assign([partition]) },
            thrown { () throws(StreamsError) in _ = try consumer.queryWatermarks(partition, milliseconds: 60_000) },
        ]
        for error in errors {
            #expect(error?.code == .invalidArgument)
            #expect(error?.text.contains(topic) == true)
            #expect(error?.text.contains("bootstrap.servers") == true)
        }
        let plain = Configuration(dialect: .mapr)
        try plain.set("log_level", "0")
        let producer = try Producer(configuration: plain, events: ClientEvents())
        #expect(thrown { () throws(StreamsError) in _ = try producer.topic(topic) }?.code == .invalidArgument)
        #expect(thrown { () throws(StreamsError) in _ = try producer.topic("plain") } == nil)
    }

    @Test func aTopicOfAStreamGoesToTheServersThatAClientKnows() throws {
        let test = try TestCluster(topic: "topic")
        let consumer = try test.consumer()
        #expect(thrown { () throws(StreamsError) in try consumer.checkTopicName("/path/stream:topic") } == nil)
    }
}
