/// Remembers why a client could not log in or set up TLS, so that the call that fails for it can say so.
///
/// librdkafka reports such a failure in its log and through the error event alone; the request that waited for the
/// connection just times out. Lines may come from any thread.
final class ConnectionFailures: Sendable {
    private struct Failure {
        var text: String
        var seconds: Int
    }

    /// A failure is repeated in the log at least this often while it lasts.
    private static let lifetime = 90

    private let last = Guarded<Failure?>(nil)
    private let mechanism = Guarded<String>("")

    /// What `sasl.mechanism` says; hints depend on it.
    func use(mechanism name: String) { mechanism.withLock { $0 = name.uppercased() } }

    /// Looks at a log line or an error's text, and keeps it where it tells of authentication or TLS.
    func note(_ line: String) {
        guard Self.tellsOfSecurity(line) else { return }
        var text = Substring(line)
        // "[thrd:…]: sasl_ssl://host:1234/1: SASL authentication error: … (after 3ms in state …)"
        if text.hasPrefix("[thrd:"), let end = text.range(of: "]: ") { text = text[end.upperBound...] }
        if let end = text.range(of: " (after ") { text = text[..<end.lowerBound] }
        last.withLock { $0 = Failure(text: String(text), seconds: monotonicSeconds()) }
    }

    /// The error, with the reason why no connection came about and what to do, where both are known.
    func explained(_ error: StreamsError) -> StreamsError {
        switch error.code {
        case .authentication, .saslAuthenticationFailed, .ssl:
            return hint(for: error.text).map { error.followed(by: $0) } ?? error
        case .transport, .timedOut, .messageTimedOut, .allBrokersDown, .waitingForCoordinator, .resolve, .fail:
            guard
                let failure = last.withLock({ $0 }),
                monotonicSeconds() - failure.seconds < Self.lifetime,
                !error.text.includes(failure.text)
            else {
                return hint(for: error.text).map { error.followed(by: $0) } ?? error
            }
            let advice = hint(for: failure.text).map { "; \($0)" } ?? ""
            return error.followed(by: "\(failure.text)\(advice)")
        default:
            return error
        }
    }

    private static func tellsOfSecurity(_ text: String) -> Bool {
        ["SASL", "SSL", "security.protocol", "certificate", "OAUTHBEARER"].contains { text.includes($0) }
    }

    private func hint(for text: String) -> String? {
        let mechanism = self.mechanism.withLock { $0 }
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
        if mechanism == "OAUTHBEARER" { return "check the token that oauth_cb returns" }
        return "check sasl.username and sasl.password"
    }
}
