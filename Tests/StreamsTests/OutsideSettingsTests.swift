import Glibc
import Testing

@testable import Streams

/// A file that is there as long as this is.
private final class File {
    let path: String

    init(_ text: String) throws {
        var name = Array("/tmp/settings-XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let bytes = Array(text.utf8)
        #expect(write(descriptor, bytes, bytes.count) == bytes.count)
        close(descriptor)
    }

    deinit { unlink(path) }
}

private func settings(
    _ variables: [(String, String)] = [], file text: String? = nil
) throws(StreamsError) -> OutsideSettings {
    guard let text else { return try OutsideSettings(variables) }
    let file = try! File(text)
    defer { withExtendedLifetime(file) {} }
    return try OutsideSettings(variables + [("MAPR_STREAMS_CONFIG", file.path)])
}

private func values(_ settings: OutsideSettings, of kind: ClientKind) -> [String: String] {
    Dictionary(uniqueKeysWithValues: settings.settings(of: kind).map { ($0.name, $0.value) })
}

@Suite struct OutsideSettingsTests {
    @Test(arguments: [
        ("MAPR_STREAMS_BOOTSTRAP_SERVERS", "bootstrap.servers"), ("MAPR_STREAMS_ACKS", "acks"),
        ("MAPR_STREAMS_ENABLE_IDEMPOTENCE", "enable.idempotence"),
        ("MAPR_STREAMS_STREAMS_PRODUCER_DEFAULT_STREAM", "streams.producer.default.stream"),
    ])
    func aVariableIsAProperty(_ variable: String, _ name: String) throws {
        let found = try settings([(variable, "1")]).settings(of: .producer)
        #expect(found.map { $0.name } == [name])
        #expect(found.first?.origin == "environment variable \(variable)")
        #expect(found.first?.isOverride == false)
    }

    @Test func eachPropertyHasAVariableOfItsOwn() {
        let variables = PropertyCatalogue.settable.map { OutsideSettings.variable(of: $0) }
        #expect(Set(variables).count == variables.count)
    }

    @Test func aPropertyOfConsumersReachesConsumersAlone() throws {
        let found = try settings([
            ("MAPR_STREAMS_GROUP_ID", "g"), ("MAPR_STREAMS_ACKS", "all"), ("MAPR_STREAMS_CLIENT_ID", "c"),
        ])
        #expect(values(found, of: .consumer) == ["group.id": "g", "client.id": "c"])
        #expect(values(found, of: .producer) == ["acks": "all", "client.id": "c"])
    }

    @Test func anEmptyVariableIsNone() throws {
        #expect(
            try settings([("MAPR_STREAMS_GROUP_ID", ""), ("MAPR_STREAMS_CONFIG", "")]).settings(of: .consumer)
                .isEmpty)
    }

    @Test func variablesOfTheBuildAreNoProperties() throws {
        #expect(
            try settings([("MAPR_STREAMS_SWIFT_FLAGS", "-v"), ("MAPR_STREAMS_COMPATIBILITY", "kafka")])
                .settings(of: .consumer).isEmpty)
    }

    @Test func aVariableOfNoPropertyIsNamedWithTheNearest() {
        let error = thrown { () throws(StreamsError) in _ = try settings([("MAPR_STREAMS_BOOTSTRAP_SERVER", "x")]) }
        #expect(error?.code == .invalidArgument)
        #expect(
            error?.text
                == "environment variable MAPR_STREAMS_BOOTSTRAP_SERVER: there is no property \"bootstrap.server\"; did you "
                + "mean MAPR_STREAMS_BOOTSTRAP_SERVERS?")
    }

    @Test func theHomeClustersVariableIsKnownWhereALetterIsMissing() {
        let error = thrown { () throws(StreamsError) in _ = try settings([("MAPR_STREAMS_HOMECLUSTER", "x")]) }
        #expect(error?.text.hasSuffix("did you mean MAPR_STREAMS_HOME_CLUSTER?") == true)
    }

    @Test func aVariableThatIsNearToNothingIsTheApplicationsOwn() throws {
        let found = try settings([("MAPR_STREAMS_TOPIC", "/apps/clicks:t"), ("MAPR_STREAMS_GROUP_ID", "g")])
        #expect(found.settings(of: .consumer).map { $0.name } == ["group.id"])
        #expect(found.warnings.count == 1)
        #expect(found.warnings.first?.hasPrefix("environment variable MAPR_STREAMS_TOPIC sets nothing") == true)
        // How another language's package shows its settings is for that package to say.
        #expect(found.warnings.first?.hasSuffix("it is left to the application") == true)
    }

    private static let file = """
        # Where the brokers are
        [client]
        bootstrap.servers = kafka:9092
        client.id=all
        group.id = everybody

        [producer]
        client.id = producers
        \tlinger.ms = 5\t
        [consumer]
        client.id = consumers
        [names]
        /apps/clicks:* = web.*
        [override]
        session.timeout.ms = 6000
        client.id = over
        """

    @Test func theSectionOfAClientGoesOverThatOfAll() throws {
        let text = Self.file.split(separator: "[override]")[0]
        let found = try settings(file: String(text))
        #expect(
            values(found, of: .producer) == [
                "bootstrap.servers": "kafka:9092", "client.id": "producers", "linger.ms": "5",
            ])
        #expect(
            values(found, of: .consumer) == [
                "bootstrap.servers": "kafka:9092", "client.id": "consumers", "group.id": "everybody",
            ])
    }

    @Test func theEnvironmentGoesOverTheFileAndNotOverAnOverride() throws {
        let found = try settings(
            [("MAPR_STREAMS_CLIENT_ID", "environment"), ("MAPR_STREAMS_BOOTSTRAP_SERVERS", "other:9092")],
            file: Self.file)
        #expect(values(found, of: .consumer)["bootstrap.servers"] == "other:9092")
        #expect(values(found, of: .consumer)["client.id"] == "over")
        let overrides = found.settings(of: .consumer).filter { $0.isOverride }.map { $0.name }
        #expect(overrides == ["session.timeout.ms", "client.id"])
    }

    @Test func twoNamesOfAPropertyAreOne() throws {
        let found = try settings(
            [("MAPR_STREAMS_BOOTSTRAP_SERVERS", "new:9092")], file: "[client]\nmetadata.broker.list = old:9092\n")
        #expect(values(found, of: .consumer) == ["bootstrap.servers": "new:9092"])
    }

    @Test func whereASettingStandsIsTold() throws {
        let file = try File("[client]\n\nacks = all\n")
        let found = try OutsideSettings([("MAPR_STREAMS_CONFIG", file.path)])
        #expect(found.settings(of: .producer).map { $0.origin } == ["\(file.path), line 3"])
    }

    @Test func rulesForNamesAndTheHomeClusterAreKept() throws {
        let found = try settings([("MAPR_STREAMS_HOME_CLUSTER", "c1")], file: Self.file)
        let names = TopicNames(
            try NameSettings(rules: found.rules, from: found.source, homeCluster: found.homeCluster))
        #expect(try names.kafkaTopic(for: "/mapr/c1/apps/clicks:t") == "web.t")
    }

    @Test(arguments: [
        ("acks = all", 1, "acks = all stands in no section: [client], [producer], [consumer], [names] or [override]"),
        ("[clients]", 1, "[clients] is none of the sections [client], [producer], [consumer], [names], [override]"),
        ("[client]\n\nacks", 3, "acks is no setting; a setting is property = value"),
        (
            "[client]\nbootstrap.sevrers = x", 2,
            "there is no property \"bootstrap.sevrers\"; did you mean \"bootstrap.servers\"?"
        ),
        ("[client]\nno.such.thing.at.all = x", 2, "there is no property \"no.such.thing.at.all\""),
        (
            "[client]\nMAPR_STREAMS_BOOTSTRAP_SERVERS = x", 2,
            "here the property of MAPR_STREAMS_BOOTSTRAP_SERVERS is called \"bootstrap.servers\""
        ),
        (
            "[client]\nhome.cluster = x", 2,
            "the home cluster is set by the environment variable MAPR_STREAMS_HOME_CLUSTER"
        ),
        (
            "[client]\nmax.request.size = 1", 2,
            "\"max.request.size\" cannot be set here: set \"message.max.bytes\" instead"
        ),
        (
            "[client]\nrebalance_cb = x", 2,
            "\"rebalance_cb\" cannot be set here: rebalances are reported to ClientEvents.rebalance"
        ),
        ("[producer]\ngroup.id = g", 2, "\"group.id\" is a property of consumers, and this section is not theirs"),
        ("[consumer]\nacks = all", 2, "\"acks\" is a property of producers, and this section is not theirs"),
    ])
    func aWrongLineOfTheFileIsNamed(_ text: String, _ line: Int, _ problem: String) throws {
        let file = try File(text)
        let error = thrown { () throws(StreamsError) in _ = try OutsideSettings([("MAPR_STREAMS_CONFIG", file.path)]) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.text == "\(file.path), line \(line): \(problem)")
    }

    @Test func aFileThatIsNotThereIsNamed() {
        let error = thrown { () throws(StreamsError) in _ = try settings([("MAPR_STREAMS_CONFIG", "/no/such/file")]) }
        #expect(
            error?.text
                == "environment variable MAPR_STREAMS_CONFIG names the file /no/such/file: No such file or directory")
    }

    @Test func theProcesssOwnEnvironmentIsRead() async {
        // In a process of its own: other tests, whose clients read it too, run beside this one.
        await #expect(processExitsWith: .success) {
            setenv("MAPR_STREAMS_CLIENT_ID", "of=this=process", 1)
            let settings = try OutsideSettings.current().settings(of: .consumer)
            #expect(settings.first { $0.name == "client.id" }?.value == "of=this=process")
        }
    }
}
