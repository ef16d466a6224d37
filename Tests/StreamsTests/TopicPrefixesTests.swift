import Testing

@testable import Streams

private func names(_ rules: String = "") throws -> TopicNames {
    TopicNames(try NameSettings(rules: rules, from: "rules.conf", homeCluster: "home"))
}

@Suite struct TopicPrefixesTests {
    @Test(arguments: [
        ("/apps/clicks:", "apps--clicks--"), ("/apps/clicks:page", "apps--clicks--page"),
        ("/apps/clicks:page-", "apps--clicks--page-"), ("/apps/clicks:a.b", "apps--clicks--a.b"),
        ("/apps/", "apps--"), ("/var/mapr.monitoring/", "var--mapr-.monitoring--"),
        ("/mapr/home/apps/clicks:", "apps--clicks--"), ("plain", "plain"),
    ])
    func aPrefixBecomesWhatItsTopicsBeginWith(_ prefix: String, _ kafka: String) throws {
        let names = try names()
        #expect(try names.kafkaPrefix(for: prefix, mustCoverAll: false) == kafka)
        #expect(names.prefix(ofKafkaPrefix: kafka) == prefix)
        for more in ["a", "views", "x--y", "4"] where prefix.contains(":") {
            #expect(try names.kafkaTopic(for: prefix + more).hasPrefix(kafka))
        }
    }

    @Test(arguments: ["/apps/clicks:page-", "/apps/clicks:page."])
    func whatDependsOnTheNextLetterDoesNotCoverAll(_ prefix: String) throws {
        let names = try names()
        #expect(throws: StreamsError.self) { try names.kafkaPrefix(for: prefix, mustCoverAll: true) }
        #expect(try names.kafkaPrefix(for: String(prefix.dropLast()), mustCoverAll: true) == "apps--clicks--page")
    }

    @Test func thePrefixOfAStreamThatTheApplicationHasNamedIsToldByItsName() throws {
        let names = try names()
        #expect(names.prefix(ofKafkaPrefix: "apps--clicks--pa") == "apps--clicks--pa")
        _ = try names.kafkaTopic(for: "/apps/clicks:pageviews")
        #expect(names.prefix(ofKafkaPrefix: "apps--clicks--pa") == "/apps/clicks:pa")
        #expect(names.prefix(ofKafkaPrefix: "apps--clicks--") == "/apps/clicks:")
        #expect(names.prefix(ofKafkaPrefix: "apps") == "apps")
    }

    @Test func aRuleOfOneStreamHasItsPrefix() throws {
        let names = try names("*:* = edf.*\n/apps/clicks:* = clicks.*\n/apps/clicks:pageviews = web")
        #expect(try names.kafkaPrefix(for: "/apps/clicks:v", mustCoverAll: true) == "clicks.v")
        #expect(throws: StreamsError.self) { try names.kafkaPrefix(for: "/apps/clicks:p", mustCoverAll: false) }
        #expect(throws: StreamsError.self) { try names.kafkaPrefix(for: "/apps/other:", mustCoverAll: false) }
        #expect(throws: StreamsError.self) { try names.kafkaPrefix(for: "/apps/", mustCoverAll: false) }
    }
}
