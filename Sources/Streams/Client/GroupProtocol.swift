import CRdkafka
import CSystem

/// `group.protocol`: the classic protocol of groups, or Kafka's new one (KIP-848), where the brokers assign.
enum GroupProtocol {
    static let property = "group.protocol"

    /// Properties of the classic protocol, which are the brokers' to say under the new one.
    static let classicProperties = [
        "session.timeout.ms", "heartbeat.interval.ms", "partition.assignment.strategy", "group.protocol.type",
    ]
    /// Properties of the new one.
    static let newProperties = ["group.remote.assignor"]

    /// What the application asks for.
    enum Choice {
        case classic, consumer
        /// The new one, where the loaded librdkafka and the brokers have it.
        case auto
    }

    /// The loaded librdkafka knows both.
    static var isKnown: Bool { Librdkafka.isAtLeast(2, 4) }

    /// The loaded librdkafka's new protocol is more than a preview.
    static var isReady: Bool { Librdkafka.isAtLeast(2, 12) }
}

extension Configuration {
    /// Takes `group.protocol`. - Returns: false where it is for librdkafka to say what it takes.
    func setGroupProtocol(_ name: String, _ value: String?) throws(StreamsError) -> Bool {
        guard name == GroupProtocol.property, let value else { return false }
        switch value.lowercased() {
        case "auto":
            groupProtocol = .auto
            record(name, value, as: "classic")
        case "consumer":
            groupProtocol = .consumer
            guard GroupProtocol.isKnown else {
                throw StreamsError(
                    .notImplemented,
                    reason:
                        "\(name)=consumer: the loaded librdkafka \(Librdkafka.versionText) does not have the new protocol of"
                        + " groups, which Apache Kafka's has since 2.4.0; with \"auto\" it is taken where it is there")
            }
            return false
        case "classic":
            groupProtocol = .classic
            if GroupProtocol.isKnown { return false }
            // It has no other, and no name for it.
            record(name, value, as: "classic")
        default:
            if GroupProtocol.isKnown { return false }
            throw StreamsError(
                .invalidArgument,
                reason: "Invalid value \"\(value)\" for configuration property \"\(name)\": classic, consumer or auto")
        }
        return true
    }

    /// Whether the brokers are to be asked before there can be a consumer: `settleGroupProtocol` does, and waits.
    public var asksForGroupProtocol: Bool { groupProtocol == .auto && GroupProtocol.isReady }

    /// Chooses the protocol of the consumer to be, and sees to the properties that the other one has.
    ///
    /// - Throws: `_INVALID_ARG` where the application chose the new protocol and gave properties that it does not have.
    public func settleGroupProtocol() throws(StreamsError) {
        switch groupProtocol {
        case .classic: return
        case .consumer:
            let wrong = givenNames(of: GroupProtocol.classicProperties)
            if wrong.isEmpty { return }
            throw StreamsError(
                .invalidArgument,
                reason: "\(wrong.joined(separator: ", ")): not with group.protocol=consumer, where the brokers say it"
                    + " (group.consumer.session.timeout.ms and its kin, group.remote.assignor); with group.protocol=auto"
                    + " it is left out")
        case .auto:
            groupProtocol = .classic
            if !GroupProtocol.isReady { return drop(GroupProtocol.newProperties, under: "classic") }
            switch brokersHaveNewProtocol() {
            case true?:
                groupProtocol = .consumer
                drop(GroupProtocol.classicProperties, under: "consumer")
                try set(GroupProtocol.property, "consumer")
            case false?: drop(GroupProtocol.newProperties, under: "classic")
            case nil:
                warnings.append(
                    "group.protocol=auto: no broker has said which protocols of groups it has: the classic one is taken"
                )
                drop(GroupProtocol.newProperties, under: "classic")
            }
        }
    }

    private func givenNames(of properties: [String]) -> [String] { properties.filter { value($0) != nil } }

    /// Leaves properties out, and has the log say so.
    private func drop(_ properties: [String], under name: String) {
        let given = givenNames(of: properties)
        if given.isEmpty { return }
        warnings.append(
            "group.protocol=auto has come to \(name), which does not have \(given.joined(separator: ", ")): left out")
        leaveOut(given)
    }

    /// The protocol of connections that is the one given, but for the login. Nil: it has none.
    private var withoutLogin: String? {
        switch value("security.protocol")?.lowercased() {
        case "sasl_plaintext": "plaintext"
        case "sasl_ssl": "ssl"
        default: nil
        }
    }

    /// Asks the brokers what requests they know, as the client to be will: with a client of its own, whose log says it.
    ///
    /// A client has no other way to tell. Brokers answer that request before anybody authenticates, so this one does not:
    /// it would want a token first, or log in once more.
    /// - Returns: nil where none has answered.
    private func brokersHaveNewProtocol() -> Bool? {
        if !namesServers || ["false", "f", "0"].contains(value("api.version.request") ?? "") { return nil }
        let heard = Guarded(BrokersRequests())
        let opaque = Unmanaged.passRetained(heard)
        defer { opaque.release() }
        return withCopy { conf in
            if let withoutLogin { rd_kafka_conf_set(conf, "security.protocol", withoutLogin, nil, 0) }
            rd_kafka_conf_set(conf, "debug", "feature", nil, 0)
            rd_kafka_conf_set(conf, "log.queue", "false", nil, 0)
            rd_kafka_conf_set_opaque(conf, opaque.toOpaque())
            rd_kafka_conf_set_log_cb(conf) { handle, _, facility, text in
                guard let handle, let facility, let text, let opaque = rd_kafka_opaque(handle) else { return }
                let heard = Unmanaged<Guarded<BrokersRequests>>.fromOpaque(opaque)
                heard.use { $0.withLock { $0.note(facility, text) } }
            }
            rd_kafka_conf_set_error_cb(conf) { _, code, _, opaque in
                guard code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN.rawValue, let opaque else { return }
                Unmanaged<Guarded<BrokersRequests>>.fromOpaque(opaque).use { $0.withLock { $0.areAllDown = true } }
            }
            rd_kafka_conf_set_resolve_cb(conf) { resolve($0, $1, $2, $3, $4) }
            Forking.begin(.making)
            // No consumer: nobody is to hear of it.
            let handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nil, 0)
            Forking.end(.making)
            guard let handle else {
                if !mayNotBeFreedWhereRefused { rd_kafka_conf_destroy(conf) }
                return nil
            }
            let deadline = Deadline(milliseconds: BrokersRequests.patience)
            while !heard.withLock({ $0.isOver }) && !deadline.hasPassed { rd_kafka_poll(handle, 10) }
            rd_kafka_destroy(handle)
            return heard.withLock { $0.hasNewProtocol }
        }
    }
}

/// What a broker's requests are, as librdkafka's log has them.
private struct BrokersRequests {
    /// How long brokers are waited for, in milliseconds.
    static let patience: Int32 = 5000

    private var hasBegun = false
    private var hasRequest = false
    private var hasEnded = false
    var areAllDown = false

    var isOver: Bool { hasEnded || areAllDown }
    var hasNewProtocol: Bool? { hasEnded ? hasRequest : nil }

    mutating func note(_ facility: UnsafePointer<CChar>, _ text: UnsafePointer<CChar>) {
        if strcmp(facility, "APIVERSION") != 0 {
            // What librdkafka makes of the list comes behind it.
            if hasBegun && strcmp(facility, "FEATURE") == 0 { hasEnded = true }
            return
        }
        hasBegun = true
        // Version 0 is Kafka 3's preview.
        let request: StaticString = "ApiKey ConsumerGroupHeartbeat (68) Versions "
        let line = String(cString: text)
        if let found = line.range(of: request), !line[found.upperBound...].hasSuffix("..0") { hasRequest = true }
    }
}
