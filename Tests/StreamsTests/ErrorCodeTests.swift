import CRdkafka
import Testing

@testable import Streams

@Suite struct ErrorCodeTests {
    @Test func theTableHoldsClientAndBrokerErrorsUnderTheirNames() {
        let table = Dictionary(uniqueKeysWithValues: ErrorCode.all.map { ($0.name, $0.code.rawValue) })
        #expect(table["NO_ERROR"] == 0)
        #expect(table["_PARTITION_EOF"] == -191)
        #expect(table["_TIMED_OUT"] == -185)
        #expect(table["_QUEUE_FULL"] == -184)
        #expect(table["UNKNOWN_TOPIC_OR_PART"] == 3)
        #expect(table["TOPIC_AUTHORIZATION_FAILED"] == 29)
    }

    @Test func theTableLeavesOutTheRangeMarkers() {
        let names = ErrorCode.all.map(\.name)
        #expect(!names.contains("_BEGIN"))
        #expect(!names.contains("_END"))
        #expect(!names.contains("END_ALL"))
        #expect(names.count > 100)
    }

    @Test func everyCodeOfTheTableGivesItsOwnName() {
        for (name, code) in ErrorCode.all {
            #expect(code.name == name)
            #expect(!code.text.isEmpty)
        }
    }

    @Test func everyConstantIsTheCodeThatItsNameSays() {
        let constants: [(ErrorCode, String)] = [
            (.noError, "NO_ERROR"), (.invalidArgument, "_INVALID_ARG"), (.notImplemented, "_NOT_IMPLEMENTED"),
            (.unknownGroup, "_UNKNOWN_GROUP"), (.conflict, "_CONFLICT"), (.timedOut, "_TIMED_OUT"),
            (.messageTimedOut, "_MSG_TIMED_OUT"), (.transport, "_TRANSPORT"),
            (.allBrokersDown, "_ALL_BROKERS_DOWN"), (.authentication, "_AUTHENTICATION"),
            (.saslAuthenticationFailed, "SASL_AUTHENTICATION_FAILED"), (.ssl, "_SSL"), (.resolve, "_RESOLVE"),
            (.queueFull, "_QUEUE_FULL"), (.partitionEOF, "_PARTITION_EOF"), (.fatal, "_FATAL"), (.fail, "_FAIL"),
            (.state, "_STATE"), (.purgedInQueue, "_PURGE_QUEUE"), (.purgedInFlight, "_PURGE_INFLIGHT"),
            (.waitingForCoordinator, "_WAIT_COORD"),
        ]
        for (code, name) in constants { #expect(code.name == name) }
    }

    @Test(arguments: [Int32(12345), .max, .min, -5000]) func anUnknownCodeHasANameAndATextAllTheSame(_ raw: Int32) {
        let code = ErrorCode(rawValue: raw)
        #expect(code.name.contains("\(raw)"))
        #expect(code.text.contains("\(raw)"))
    }
}

@Suite struct StreamsErrorTests {
    @Test func theTextIsTheReasonOrElseTheCodesOwn() {
        #expect(StreamsError(.timedOut).text == "Local: Timed out")
        #expect(StreamsError(.timedOut, reason: "too slow").text == "too slow")
    }

    @Test func aPrefixKeepsCodeAndFlags() {
        var error = StreamsError(.fail, reason: "it broke")
        error.isFatal = true
        error.isRetriable = true
        error.requiresAbort = true
        let prefixed = error.prefixed("Commit failed")
        #expect(prefixed.text == "Commit failed: it broke")
        #expect(prefixed.code == .fail)
        #expect(prefixed.isFatal && prefixed.isRetriable && prefixed.requiresAbort)
        #expect(StreamsError(.timedOut).prefixed("Commit failed").text == "Commit failed: Local: Timed out")
    }

    @Test func checkThrowsForACodeAndPassesForNone() {
        #expect(thrown { () throws(StreamsError) in try StreamsError.check(RD_KAFKA_RESP_ERR_NO_ERROR) } == nil)
        let error = thrown { () throws(StreamsError) in try StreamsError.check(RD_KAFKA_RESP_ERR__TIMED_OUT) }
        #expect(error?.code == .timedOut)
        #expect(error?.reason == nil)
    }

    @Test func anErrorObjectKeepsItsTextOnlyWhereThatSaysMoreThanTheCode() throws {
        // The one error object that librdkafka gives without a broker: a transactional call on a plain producer.
        let producer = try Producer(configuration: Configuration(dialect: .kafka), events: ClientEvents())
        let raw = try #require(rd_kafka_init_transactions(producer.handle, 1000))
        let error = StreamsError(owning: raw)
        #expect(error.code.name == "_NOT_CONFIGURED")
        #expect(error.reason?.isEmpty == false)
        #expect(!error.isRetriable)
        #expect(thrown { () throws(StreamsError) in try StreamsError.check(nil) } == nil)
    }
}
