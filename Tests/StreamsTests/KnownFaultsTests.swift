import Testing

@testable import Streams

@Suite struct KnownFaultsTests {
    private static func client(_ isConsumer: Bool, _ properties: [String: String]) -> ClientDescription {
        ClientDescription(kind: isConsumer ? .consumer : .producer, property: { properties[$0] })
    }

    private static func version(_ major: Int32, _ minor: Int32, _ revision: Int32) -> Int32 {
        (major << 24) | (minor << 16) | (revision << 8) | 0xff
    }

    /// The numbers of the faults that have lines of their own, and the number that the line of the others tells.
    private func warned(
        _ client: ClientDescription, _ version: Int32
    ) -> (own: [Int], shared: Int) {
        var told: Set<Int> = []
        let lines = KnownFaults.warnings(for: client, version: version, told: &told)
        let own = lines.filter { $0.includes("comes with") }.compactMap { line in
            KnownFaults.all.first { line.includes("\($0.text) (issue \($0.number))") && !$0.meets.isAnyOfAKind }?.number
        }
        return (own, told.count - own.count)
    }

    @Test(
        arguments: [
            (false, ["enable.idempotence": "true"], [4438], [4736]),
            (true, ["enable.idempotence": "true"], [], []),
            (
                true, ["group.id": "g", "partition.assignment.strategy": "cooperative-sticky"],
                [4783, 4686, 4059],
                [4783, 4059]
            ),
            (true, ["group.id": "", "partition.assignment.strategy": "cooperative-sticky"], [], []),
            (true, ["client.rack": "r"], [4616, 4254], [4616]),
            (false, ["client.rack": "r"], [], []),
            (true, ["client.rack": ""], [], []),
            (false, ["client.id": String(repeating: "i", count: 129)], [4689], [4689]),
            (false, ["client.id": String(repeating: "i", count: 128)], [], []),
            (true, ["security.protocol": "SASL_SSL"], [], []),
            (true, ["group.id": "g", "group.protocol": "consumer"], [], [4672]),
            (true, ["group.id": "g", "group.protocol": "classic"], [], []),
            (false, ["sasl.mechanisms": "SCRAM-SHA-256", "plugin.library.paths": "p"], [], []),
        ] as [(Bool, [String: String], [Int], [Int])])
    func whatComesWithAProperty(
        _ isConsumer: Bool, _ properties: [String: String], _ in202: [Int], _ in240: [Int]
    ) {
        let client = Self.client(isConsumer, properties)
        #expect(warned(client, Self.version(2, 0, 2)).own == in202)
        #expect(warned(client, Self.version(2, 4, 0)).own == in240)
        #expect(warned(client, Self.version(2, 16, 0)).own == [])
    }

    @Test func connectionsWithTLSLoseMessagesWith21() {
        for (name, numbers) in [("ssl", [4294]), ("sasl_ssl", [4294]), ("plaintext", []), ("sasl_plaintext", [])] {
            #expect(warned(Self.client(true, ["security.protocol": name]), Self.version(2, 1, 0)).own == numbers)
            #expect(warned(Self.client(false, ["security.protocol": name]), Self.version(2, 1, 0)).own == [])
        }
    }

    @Test(
        arguments: [(2, 4, 0, []), (2, 5, 0, [5102, 5106, 4833]), (2, 5, 3, [5102, 5106]), (2, 10, 1, [])]
            as [(Int32, Int32, Int32, [Int])])
    func whoAsksForMetricsMeetsWhatIsKeptFromOthers(
        _ major: Int32, _ minor: Int32, _ revision: Int32, _ numbers: [Int]
    ) {
        let version = Self.version(major, minor, revision)
        #expect(warned(Self.client(false, ["enable.metrics.push": "true"]), version).own == numbers)
        #expect(warned(Self.client(false, ["enable.metrics.push": "false"]), version).own == [])
    }

    @Test func theNextGroupProtocolHasAFaultUntil215() {
        let client = Self.client(true, ["group.id": "g", "group.protocol": "consumer"])
        #expect(warned(client, Self.version(2, 12, 0)).own == [5541])
        #expect(warned(client, Self.version(2, 15, 0)).own == [])
    }

    @Test func clientsOfAKindShareALine() {
        let consumer = Self.client(true, [:])
        let group = Self.client(true, ["group.id": "g"])
        let producer = Self.client(false, [:])
        let old = Self.version(2, 0, 2)
        #expect(warned(producer, old).shared < warned(consumer, old).shared)
        #expect(warned(consumer, old).shared < warned(group, old).shared)
        for client in [consumer, group, producer] { #expect(warned(client, Self.version(2, 16, 0)).shared == 0) }
    }

    @Test func eachIsToldOnce() {
        var told: Set<Int> = []
        let producer = Self.client(false, ["enable.idempotence": "true"])
        #expect(KnownFaults.warnings(for: producer, version: Self.version(2, 0, 2), told: &told).count == 2)
        #expect(KnownFaults.warnings(for: producer, version: Self.version(2, 0, 2), told: &told).isEmpty)
        let consumer = Self.client(true, ["group.id": "g"])
        #expect(KnownFaults.warnings(for: consumer, version: Self.version(2, 0, 2), told: &told).count == 1)
    }

    @Test func theGravestIsNamed() throws {
        var told: Set<Int> = []
        let producer = Self.client(false, [:])
        let line = try #require(
            KnownFaults.warnings(for: producer, version: Self.version(2, 10, 0), told: &told).first)
        #expect(line.includes("librdkafka 2.10.0 has 3 known faults that any producer may meet, "))
        #expect(line.includes("(issue 5082) above all; 2.16.0 mends them all"))
    }

    @Test func aRowSaysWhichReleasesHaveIt() {
        func fault(_ number: Int) -> KnownFault? { KnownFaults.all.first { $0.number == number } }
        #expect(fault(4438)?.releases == "before 2.3.0")
        #expect(fault(4844)?.releases == "2.1.0 to before 2.13.2")
        #expect(fault(5574)?.releases == "all")
        for fault in KnownFaults.all {
            if let first = fault.first, let mended = fault.mended { #expect(first < mended) }
            // A warning names the issue, and the release that helps.
            if fault.kept == nil || fault.exception != nil { #expect(fault.number > 0 && fault.mended != nil) }
        }
    }

    @Test func linesWaitForAClientThatHasALogOfItsOwn() throws {
        final class Lines: Sendable { let all = Guarded<[String]>([]) }
        let lines = Lines()
        var events = ClientEvents()
        events.log = { line in lines.all.withLock { $0.append("\(line.level) \(line.facility) \(line.text)") } }
        let configuration = Configuration(dialect: .kafka)
        // Each process tells of it once, and this is the one client here that has it.
        try configuration.set("streams.admin.default.stream", "/s")
        try configuration.set("bootstrap.servers", "127.0.0.1:1")
        let producer = try Producer(configuration: configuration, events: events)
        #expect(lines.all.withLock { $0 }.isEmpty)
        producer.logWarnings()
        let said = lines.all.withLock { $0 }
        #expect(said.first?.hasPrefix("4 CONFWARN streams.admin.default.stream has no effect on Apache Kafka") == true)
        producer.logWarnings()
        #expect(lines.all.withLock { $0 } == said)
    }
}
