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
            switch askBrokers() {
            case .newProtocol:
                groupProtocol = .consumer
                drop(GroupProtocol.classicProperties, under: "consumer")
                try set(GroupProtocol.property, "consumer")
            case .classicOnly: drop(GroupProtocol.newProperties, under: "classic")
            case .none(let reason):
                warnings.append(
                    "group.protocol=auto: no broker has said which protocols of groups it has: the classic one is taken"
                        + " (\(reason))")
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
    private func askBrokers() -> BrokersAnswer {
        if !namesServers { return .none("bootstrap.servers is not set") }
        if let value = value("api.version.request"), ["false", "f", "0"].contains(value) {
            return .none("api.version.request is \(value)")
        }
        let heard = BrokersRequests(addressFault: addressFault)
        let opaque = Unmanaged.passRetained(heard)
        var text = [CChar](repeating: 0, count: 512)
        let made = withCopy { conf -> OpaquePointer? in
            if let withoutLogin { rd_kafka_conf_set(conf, "security.protocol", withoutLogin, nil, 0) }
            rd_kafka_conf_set(conf, "debug", "feature", nil, 0)
            rd_kafka_conf_set(conf, "log.queue", "false", nil, 0)
            rd_kafka_conf_set_opaque(conf, opaque.toOpaque())
            rd_kafka_conf_set_log_cb(conf) { handle, level, facility, text in
                guard let handle, let facility, let text, let opaque = rd_kafka_opaque(handle) else { return }
                Unmanaged<BrokersRequests>.fromOpaque(opaque).use { $0.note(level, facility, text) }
            }
            rd_kafka_conf_set_error_cb(conf) { _, code, text, opaque in
                guard let opaque else { return }
                Unmanaged<BrokersRequests>.fromOpaque(opaque).use { $0.noteError(code, text) }
            }
            rd_kafka_conf_set_resolve_cb(conf) { resolve($0, $1, $2, $3, $4) }
            Forking.begin(.making)
            defer { Forking.end(.making) }
            // No consumer: nobody is to hear of it.
            let made = rd_kafka_new(RD_KAFKA_PRODUCER, conf, &text, text.count)
            if made == nil && !mayNotBeFreedWhereRefused { rd_kafka_conf_destroy(conf) }
            return made
        }
        guard let made else {
            opaque.release()
            return .none(String(errorText: text))
        }
        let deadline = Deadline(milliseconds: BrokersRequests.patience)
        while !heard.isOver && !deadline.hasPassed { rd_kafka_poll(made, 10) }
        let answer = heard.answer
        end(made, opaque)
        return answer
    }

    /// Ends the client that asked. It waits for a look-up of an address that is under way, which where a name server is silent
    /// takes as long as the system waits for that: who makes a consumer waits a moment, and the rest is done meanwhile.
    private func end(_ client: OpaquePointer, _ opaque: Unmanaged<BrokersRequests>) {
        func destroy() {
            rd_kafka_destroy(client)
            // Its threads have logged their last line.
            opaque.release()
        }
        do throws(StreamsError) {
            _ = try HelperCall<Void> { () throws(StreamsError) in destroy() }
                .wait(milliseconds: BrokersRequests.patienceForEnd)
        } catch {
            // No thread can be had.
            destroy()
        }
    }
}

/// What brokers have said of the protocols of groups.
private enum BrokersAnswer {
    case newProtocol
    case classicOnly
    /// None has answered, and why.
    case none(String)
}

/// What a broker's requests are, as librdkafka's log has them; else why there is no connection.
private final class BrokersRequests: Sendable {
    /// How long brokers are waited for, in milliseconds; and then the end of the client that has asked.
    static let patience: Int32 = 5000
    static let patienceForEnd: Int32 = 1000

    private struct State {
        var hasBegun = false
        var hasRequest = false
        var hasEnded = false
        var areAllDown = false
    }

    private let state = Guarded(State())
    private let failures = ConnectionFailures()

    init(addressFault: String?) { failures.use(mechanism: "", addressFault: addressFault) }

    var isOver: Bool { state.withLock { $0.hasEnded || $0.areAllDown } }

    var answer: BrokersAnswer {
        let state = state.withLock { $0 }
        if state.hasEnded { return state.hasRequest ? .newProtocol : .classicOnly }
        return .none(failures.reason ?? "none has answered for \(Self.patience / 1000) seconds")
    }

    func note(_ level: Int32, _ facility: UnsafePointer<CChar>, _ text: UnsafePointer<CChar>) {
        if level <= 6 { failures.note(String(cString: text)) }
        state.withLock { Self.note(&$0, facility, text) }
    }

    func noteError(_ code: Int32, _ text: UnsafePointer<CChar>?) {
        if code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN.rawValue {
            state.withLock { $0.areAllDown = true }
        } else if let text {
            failures.note(String(cString: text))
        }
    }

    private static func note(_ state: inout State, _ facility: UnsafePointer<CChar>, _ text: UnsafePointer<CChar>) {
        if strcmp(facility, "APIVERSION") != 0 {
            // What librdkafka makes of the list comes behind it.
            if state.hasBegun && strcmp(facility, "FEATURE") == 0 { state.hasEnded = true }
            return
        }
        state.hasBegun = true
        // Version 0 is Kafka 3's preview.
        let request: StaticString = "ApiKey ConsumerGroupHeartbeat (68) Versions "
        let line = String(cString: text)
        if let found = line.range(of: request), !line[found.upperBound...].hasSuffix("..0") { state.hasRequest = true }
    }
}
