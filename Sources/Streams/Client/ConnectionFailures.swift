/// Remembers why a client has no connection, so that the call or the message that fails for it can say so.
///
/// librdkafka reports such a failure in its log and through the error event alone; the request or the message that
/// waited for the connection just times out. Lines may come from any thread.
final class ConnectionFailures: Sendable {
    private struct Failure {
        var text: String
        var seconds: Int
    }

    private struct State {
        /// Of authentication and TLS.
        var security: Failure?
        /// Of connecting, and of connections that broke. A broker that refuses a login may well end the connection:
        /// the one does not replace the other.
        var connection: Failure?
        /// What `sasl.mechanism` says; hints depend on it.
        var mechanism = ""
        /// What can be seen from the configuration; it does not change.
        var addressFault: String?
        /// What the application itself has put into `bootstrap.servers`.
        var applicationsServers: String?
        /// The longest pause between two attempts to connect.
        var slowestReconnect = 10
    }

    /// A failure of security is repeated in the log at least this often, in seconds, while it lasts.
    private static let securityLifetime = 90
    /// librdkafka keeps an error of a connection to itself for this long, in seconds, where it told of it before.
    private static let silence = 30

    private let state = Guarded(State())

    func use(
        mechanism: String, addressFault: String? = nil, applicationsServers: String? = nil, slowestReconnect: Int = 10
    ) {
        state.withLock {
            $0.mechanism = mechanism.uppercased()
            $0.addressFault = addressFault
            $0.applicationsServers = applicationsServers
            $0.slowestReconnect = slowestReconnect
        }
    }

    /// Looks at a log line or an error's text, and keeps it where it tells of a connection that failed.
    func note(_ line: String) {
        let isSecurity = Self.tellsOfSecurity(line)
        guard isSecurity || Self.tellsOfConnection(line) else { return }
        var text = Substring(line)
        // "[thrd:…]: sasl_ssl://host:1234/1: SASL authentication error: … (after 3ms in state …)"
        if text.hasPrefix("[thrd:"), let end = text.range(of: "]: ") { text = text[end.upperBound...] }
        if let end = text.range(of: " (after ") { text = text[..<end.lowerBound] }
        let failure = Failure(text: String(text), seconds: monotonicSeconds())
        state.withLock { if isSecurity { $0.security = failure } else { $0.connection = failure } }
    }

    /// What to do about brokers that are not there, for an application that names streams: MapR's client ignores what stands
    /// in `bootstrap.servers`. Nil where the application has named none itself.
    var cureOfDummies: String? {
        state.withLock { $0.applicationsServers }.map {
            "bootstrap.servers is \"\($0)\", which the application itself has set, and which MapR's client ignored:"
                + " \(Self.override("bootstrap.servers"))"
        }
    }

    /// How to replace what an application sets.
    static func override(_ name: String) -> String {
        "\(name) in [override] of the file that \(OutsideSettings.fileVariable) names replaces it"
    }

    /// The error, with the reason why no connection came about and what to do, where both are known.
    ///
    /// - Parameter namesStreams: whether the application does.
    func explained(_ error: StreamsError, namesStreams: Bool = false) -> StreamsError {
        switch error.code {
        case .authentication, .saslAuthenticationFailed, .ssl:
            return hint(for: error.text).map { error.followed(by: $0) } ?? error
        case .transport, .timedOut, .messageTimedOut, .allBrokersDown, .waitingForCoordinator, .resolve, .fail:
            var words = self.words(beside: error.text)
            if namesStreams, !words.isEmpty, let cure = cureOfDummies { words.append(cure) }
            return words.isEmpty ? error : error.followed(by: words.joined(separator: "; "))
        default:
            return error
        }
    }

    /// Why there is no connection, and what to do, as far as it is known.
    var reason: String? {
        let words = words(beside: "")
        return words.isEmpty ? nil : words.joined(separator: "; ")
    }

    /// The same, less what a text says already.
    private func words(beside text: String) -> [String] {
        let (failure, addressFault) = state.withLock { (Self.living($0), $0.addressFault) }
        var words: [String] = []
        if let failure, !text.includes(failure.text) { words.append(failure.text) }
        if let hint = hint(for: words.first ?? text) { words.append(hint) }
        if let addressFault { words.append(addressFault) }
        return words
    }

    /// The last failure that may still be one.
    private static func living(_ state: State) -> Failure? {
        let now = monotonicSeconds()
        if let failure = state.security, now - failure.seconds < securityLifetime { return failure }
        if let failure = state.connection, now - failure.seconds < silence + state.slowestReconnect * 3 / 2 {
            return failure
        }
        return nil
    }

    private static func tellsOfSecurity(_ text: String) -> Bool {
        ["SASL", "SSL", "security.protocol", "certificate", "OAUTHBEARER", "Kerberos"].contains { text.includes($0) }
    }

    private static func tellsOfConnection(_ text: String) -> Bool {
        ["Failed to resolve", "Connect to ", "onnection setup timed out", "isconnected", "eceive failed", "end failed"]
            .contains { text.includes($0) }
    }

    private func hint(for text: String) -> String? {
        let mechanism = state.withLock { $0.mechanism }
        if text.includes("certificate verify failed") || text.includes("certificate could not be verified") {
            return "set ssl.ca.location to the certificate of the authority that signed the broker's"
        }
        if text.includes("bad certificate") || text.includes("certificate required") {
            return "the broker wants a client certificate: set ssl.certificate.location and ssl.key.location"
        }
        if text.includes("SSL") && (text.includes("unexpected eof") || text.includes("wrong version number")) {
            return "is this a TLS listener? check bootstrap.servers and security.protocol"
        }
        if text.includes("security.protocol") { return nil }
        guard text.includes("SASL") || text.includes("uthenticat") else { return nil }
        if mechanism.hasPrefix("SCRAM"), !Librdkafka.isAtLeast(2, 6, 1) {
            return "librdkafka \(Librdkafka.versionText) cannot authenticate by SCRAM with Apache Kafka 4.0 or later,"
                + " which is fixed in 2.6.1: use that or a newer librdkafka; with an older Kafka check sasl.username"
                + " and sasl.password"
        }
        if mechanism == "OAUTHBEARER" { return "check the token that \(Vocabulary.current.tokenRefresh) returns" }
        return "check sasl.username and sasl.password"
    }
}
