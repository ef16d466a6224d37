/// A fault of some releases of librdkafka: one that ends or stops the process, or that loses, repeats or cuts messages.
///
/// `KnownFaults` has the table.
public struct KnownFault: Sendable {
    /// A release of librdkafka.
    public struct Release: Comparable, Sendable {
        let number: Int32

        init(_ major: Int32, _ minor: Int32, _ revision: Int32) { number = major << 16 | minor << 8 | revision }

        /// - Parameter version: as `Librdkafka.version`, whose last byte tells candidates for a release from it.
        init(version: Int32) { number = version >> 8 }

        public var text: String { "\(number >> 16).\(number >> 8 & 0xff).\(number & 0xff)" }

        public static func < (one: Release, other: Release) -> Bool { one.number < other.number }
    }

    /// The worst last.
    enum Gravity: Int, Sendable { case stops, repeats, loses, crashes }

    /// Which clients meet a fault.
    enum Meets: Sendable {
        case all, consumers, groups, producers, administrators
        // From here on what is configured decides.
        case idempotence, cooperative, rack, longClientID, metrics, tls, scram, consumerProtocol, plugins
        case transactions
        /// The pointers of the machine do, or the calls that the program makes.
        case narrowMachines, mockClusters
    }

    /// A sentence without its full stop.
    public let text: String
    /// The number of the issue, or of the change that mended it, at librdkafka's; 0 where there is none.
    let number: Int
    /// The first release that has it; nil for as long as this client can be used.
    public let first: Release?
    /// The first that has it no more; nil where none is known.
    public let mended: Release?
    let gravity: Gravity
    let meets: Meets
    /// How the client keeps it from the application; nil where only another librdkafka helps.
    public let kept: String?
    /// Who meets it all the same: whoever has asked for what the client does without.
    let exception: Meets?

    init(
        _ text: String, _ number: Int, from first: Release? = nil, mended: Release?, _ gravity: Gravity,
        _ meets: Meets, kept: String? = nil, unless exception: Meets? = nil
    ) {
        (self.text, self.number, self.first, self.mended) = (text, number, first, mended)
        (self.gravity, self.meets, self.kept, self.exception) = (gravity, meets, kept, exception)
    }

    public var issue: Int? { number == 0 ? nil : number }
    /// Which clients meet it, in words.
    public var whoMeets: String { meets.words }

    /// As in "2.1.0 to before 2.3.0".
    public var releases: String {
        switch (first, mended) {
        case (nil, nil): "all"
        case (let first?, nil): "\(first.text) and later"
        case (nil, let mended?): "before \(mended.text)"
        case (let first?, let mended?): "\(first.text) to before \(mended.text)"
        }
    }

    func isIn(_ release: Release) -> Bool {
        (first.map { $0 <= release } ?? true) && (mended.map { release < $0 } ?? true)
    }

    /// Whether a client with this release of librdkafka is to be warned of it.
    func isMet(by client: ClientDescription, with release: Release) -> Bool {
        guard isIn(release) else { return false }
        return kept == nil ? client.is(meets) : exception.map { client.is($0) } ?? false
    }
}

extension KnownFault.Meets {
    var words: String {
        switch self {
        case .all: "all clients"
        case .consumers: "consumers"
        case .groups: "consumers with a group"
        case .producers: "producers"
        case .administrators: "administrators"
        case .idempotence: "enable.idempotence"
        case .cooperative: "partition.assignment.strategy=cooperative-sticky"
        case .rack: "client.rack"
        case .longClientID: "client.id of more than \(ClientDescription.longClientID) bytes"
        case .metrics: "enable.metrics.push"
        case .tls: "consumers with TLS"
        case .scram: "sasl.mechanism=SCRAM-…"
        case .consumerProtocol: "group.protocol=consumer"
        case .plugins: "plugin.library.paths"
        case .transactions: "transactional.id"
        case .narrowMachines: "machines with 32 bits"
        case .mockClusters: "mock clusters"
        }
    }

    /// Whether it is a matter of what kind of client it is, and nothing else.
    var isAnyOfAKind: Bool {
        switch self {
        case .all, .consumers, .groups, .producers, .administrators: true
        default: false
        }
    }
}

/// What a client is, as far as it decides which faults it meets.
struct ClientDescription {
    let kind: ClientKind
    var isConsumer: Bool { kind == .consumer }
    private var isProducer: Bool { kind == .producer }
    /// The value that librdkafka has for a property; nil where it does not know it.
    let property: (String) -> String?

    /// From here on an identifier is long: the crash was met with 239 bytes, and is looked for by its authors with 270.
    static let longClientID = 128

    func `is`(_ meets: KnownFault.Meets) -> Bool {
        switch meets {
        case .all: true
        case .consumers: isConsumer
        case .groups: isConsumer && !(property("group.id") ?? "").isEmpty
        case .producers: isProducer
        case .administrators: kind == .admin
        case .idempotence: isProducer && property("enable.idempotence") == "true"
        case .cooperative:
            self.is(.groups) && (property("partition.assignment.strategy") ?? "").includes("cooperative-sticky")
        case .rack: isConsumer && !(property("client.rack") ?? "").isEmpty
        case .longClientID: (property("client.id") ?? "").utf8.count > Self.longClientID
        case .metrics: property("enable.metrics.push") == "true"
        case .tls: isConsumer && (property("security.protocol") ?? "").lowercased().includes("ssl")
        case .scram: (property("sasl.mechanisms") ?? "").hasPrefix("SCRAM")
        case .consumerProtocol: self.is(.groups) && (property("group.protocol") ?? "").lowercased() == "consumer"
        case .transactions: isProducer && !(property("transactional.id") ?? "").isEmpty
        case .plugins: !(property("plugin.library.paths") ?? "").isEmpty
        case .narrowMachines: Int.bitWidth == 32
        case .mockClusters: false
        }
    }
}
