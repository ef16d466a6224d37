import Testing

@testable import Streams

@Suite struct ConnectionFailuresTests {
    private func failures(mechanism: String = "", noting lines: String...) -> ConnectionFailures {
        let failures = ConnectionFailures()
        failures.use(mechanism: mechanism)
        for line in lines { failures.note(line) }
        return failures
    }

    private static let password =
        "[thrd:sasl_plaintext://localhost:9092/bootstrap]: sasl_plaintext://localhost:9092/1: SASL authentication"
        + " error: Authentication failed: Invalid username or password (after 303ms in state AUTH_REQ)"

    private static let certificate =
        "[thrd:ssl://localhost:9093/bootstrap]: ssl://localhost:9093/1: SSL handshake failed: error:0A000086:SSL"
        + " routines::certificate verify failed: broker certificate could not be verified"
        + " (after 7ms in state SSL_HANDSHAKE)"

    @Test func aTimeOutTellsOfTheFailureBehindItLessThreadAndState() {
        let error = failures(mechanism: "PLAIN", noting: Self.password).explained(StreamsError(.timedOut))
        #expect(error.code == .timedOut)
        #expect(
            error.text
                == "Local: Timed out (sasl_plaintext://localhost:9092/1: SASL authentication error: Authentication"
                + " failed: Invalid username or password; check sasl.username and sasl.password)")
    }

    @Test(arguments: [
        ErrorCode.transport, .timedOut, .messageTimedOut, .allBrokersDown, .waitingForCoordinator, .resolve, .fail,
    ]) func everyErrorThatALostConnectionEndsInIsExplained(_ code: ErrorCode) {
        let error = failures(mechanism: "PLAIN", noting: Self.password).explained(StreamsError(code))
        #expect(error.code == code)
        #expect(error.text.hasPrefix(code.text))
        #expect(error.text.contains("Invalid username or password"))
    }

    @Test func anErrorThatHasNothingToDoWithConnectionsStaysAsItIs() {
        let failures = failures(mechanism: "PLAIN", noting: Self.password)
        for code in [ErrorCode.queueFull, .invalidArgument, .partitionEOF, .unknownGroup] {
            #expect(failures.explained(StreamsError(code)).reason == nil)
        }
    }

    @Test func anUntrustedCertificateSaysWhichPropertyToSet() {
        let error = failures(noting: Self.certificate).explained(StreamsError(.allBrokersDown))
        #expect(error.text.contains("certificate verify failed"))
        #expect(error.text.contains("set ssl.ca.location"))
        let direct = failures().explained(StreamsError(.ssl, reason: "SSL handshake failed: certificate verify failed"))
        #expect(direct.text.contains("set ssl.ca.location"))
    }

    @Test func aWrongPasswordSaysWhatToCheck() {
        let error = failures(mechanism: "PLAIN").explained(
            StreamsError(.authentication, reason: "SASL authentication error: Invalid username or password"))
        #expect(error.text.hasSuffix("(check sasl.username and sasl.password)"))
    }

    @Test(arguments: ["SCRAM-SHA-256", "scram-sha-512"]) func scramNamesTheVersionThatCan(_ mechanism: String) {
        let error = failures(mechanism: mechanism).explained(
            StreamsError(.authentication, reason: "SASL SCRAM authentication failed"))
        if Librdkafka.isAtLeast(2, 6, 1) {
            #expect(error.text.hasSuffix("(check sasl.username and sasl.password)"))
        } else {
            #expect(error.text.contains("2.6.1"))
            #expect(error.text.contains(Librdkafka.versionText))
        }
    }

    @Test func oauthBearerAsksToCheckTheToken() {
        let error = failures(mechanism: "OAUTHBEARER").explained(
            StreamsError(.saslAuthenticationFailed, reason: "SASL authentication error: invalid_token"))
        #expect(error.text.hasSuffix("(check the token that ClientEvents.tokenRefresh returns)"))
    }

    private static let refused =
        "[thrd:localhost:1/bootstrap]: localhost:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused"
        + " (after 0ms in state CONNECT)"

    @Test func aLineThatTellsOfNoConnectionIsNotKept() {
        let failures = failures(mechanism: "PLAIN", noting: "[thrd:main]: Topic x partition 3 leader changed")
        #expect(failures.explained(StreamsError(.timedOut)).reason == nil)
    }

    @Test func aConnectionThatWasRefusedIsToldOf() {
        #expect(
            failures(noting: Self.refused).explained(StreamsError(.messageTimedOut)).text
                == "Local: Message timed out (localhost:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused)"
        )
    }

    @Test func aLoginThatFailedIsToldOfThoughTheConnectionBrokeLater() {
        let error = failures(mechanism: "PLAIN", noting: Self.password, Self.refused).explained(StreamsError(.timedOut))
        #expect(error.text.contains("Invalid username or password"))
        #expect(!error.text.contains("refused"))
    }

    @Test func anAddressThatCannotBeOneIsToldOfBesideTheFailure() {
        let failures = ConnectionFailures()
        failures.use(mechanism: "", addressFault: "the address is odd")
        #expect(failures.explained(StreamsError(.timedOut)).text == "Local: Timed out (the address is odd)")
        failures.note(Self.refused)
        #expect(failures.explained(StreamsError(.timedOut)).text.hasSuffix("Connection refused; the address is odd)"))
        #expect(failures.explained(StreamsError(.queueFull)).reason == nil)
    }

    @Test func theLastFailureIsTheOneThatIsTold() {
        let error = failures(mechanism: "PLAIN", noting: Self.certificate, Self.password)
            .explained(StreamsError(.transport))
        #expect(error.text.contains("Invalid username or password"))
        #expect(!error.text.contains("certificate"))
    }

    @Test func anErrorThatHasTheFailureInItDoesNotSayItTwice() {
        let line = "ssl://localhost:9093/1: SSL handshake failed: certificate verify failed"
        let failures = failures(noting: line)
        let error = failures.explained(StreamsError(.transport, reason: line))
        #expect(error.text.components(of: "handshake failed").count == 2)
        #expect(error.text.contains("set ssl.ca.location"))
    }

    @Test func nothingIsSaidWhereNothingIsKnown() {
        #expect(failures().explained(StreamsError(.timedOut)).reason == nil)
        #expect(failures(mechanism: "PLAIN").explained(StreamsError(.timedOut)).reason == nil)
    }
}

extension String {
    /// The parts between the occurrences of `separator`.
    fileprivate func components(of separator: String) -> [Substring] {
        split(separator: separator, omittingEmptySubsequences: false)
    }
}
