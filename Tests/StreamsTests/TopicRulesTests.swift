import Testing

@testable import Streams

private func names(_ rules: String, defaultStream: String? = nil) throws -> TopicNames {
    TopicNames(try NameSettings(rules: rules, from: "rules.conf", homeCluster: "home"), defaultStream: defaultStream)
}

@Suite struct TopicRulesTests {
    private static let rules = """
        # MirrorMaker has moved these
        *:*                    = edf.*
        /apps/*:*              = apps.*
        /apps/clicks:*         = clicks.*
        /apps/clicks:page*     = pages.*
        /apps/clicks:pageviews = web.pageviews
        """

    @Test(arguments: [
        ("/apps/clicks:pageviews", "web.pageviews"), ("/apps/clicks:pages", "pages.pages"),
        ("/apps/clicks:other", "clicks.other"), ("/apps/x/y:t", "apps.t"), ("/s:t2", "edf.t2"),
    ])
    func theMostSpecificRuleHolds(_ name: String, _ topic: String) throws {
        let names = try names(Self.rules)
        #expect(try names.kafkaTopic(for: name) == topic)
        #expect(names.name(ofKafkaTopic: topic) == name)
    }

    @Test func whatNoRuleIsForIsMappedByDefault() throws {
        let names = try names("/apps/clicks:* = *")
        #expect(try names.kafkaTopic(for: "/apps/other:t") == "apps--other--t")
        #expect(try names.kafkaTopic(for: "/apps/clicks:t") == "t")
        #expect(names.streamName(ofKafkaTopic: "t9") == "/apps/clicks:t9")
    }

    @Test func aRuleOfOneStreamLeadsBackWithoutHavingBeenUsed() throws {
        let names = try names(Self.rules)
        #expect(names.streamName(ofKafkaTopic: "web.pageviews") == "/apps/clicks:pageviews")
        #expect(names.streamName(ofKafkaTopic: "clicks.x") == "/apps/clicks:x")
        // More than one stream may have led there, or a rule that goes before leads elsewhere.
        #expect(names.streamName(ofKafkaTopic: "edf.x") == nil)
        #expect(names.streamName(ofKafkaTopic: "clicks.pageviews") == nil)
        #expect(names.streamName(ofKafkaTopic: "apps--clicks--pageviews") == nil)
    }

    @Test func aRuleOfManyStreamsLeadsBackToThoseOfTheApplication() throws {
        let names = try names(Self.rules)
        _ = try names.kafkaTopic(for: "/s:t")
        #expect(names.name(ofKafkaTopic: "edf.other") == "/s:other")
    }

    @Test func theHomeClustersPrefixAndDoubledSlashesAreLeftOutOfRules() throws {
        let names = try names("/mapr/home//apps/clicks:* = web.*\n/mapr/*/x:* = x.*")
        #expect(try names.kafkaTopic(for: "/apps/clicks:t") == "web.t")
        #expect(try names.kafkaTopic(for: "/mapr/other/x:t") == "x.t")
    }

    @Test func rulesAreReadFromTheirSection() throws {
        let names = try names(
            "[client]\nbootstrap.servers = host:9092\r\n[names]\r\n\t/a=b:* = x.*\r\n[override]\n/a=b:c = y")
        #expect(try names.kafkaTopic(for: "/a=b:c") == "x.c")
    }

    private static let whatItTakes =
        "letters, digits, '.', '_', '-', and * for the topic; no comment may stand behind it"

    @Test(arguments: [
        ("/a:b", "\"/a:b\" is no rule; a rule is /path/to/stream:topic = kafka-topic"),
        (
            "/a = b",
            "\"/a\" names no topic of a stream; the left side of a rule is /path/to/stream:topic, with * for any characters"
        ),
        ("a:b = c", "\"a:b\" is no name of a stream's topic: a stream's path begins with /"),
        ("/a/:b = c", "\"/a/:b\" is no name of a stream's topic: the name of its stream is empty"),
        ("/a:b c = d", "\"/a:b c\": its topic, \"b c\", has other characters than letters, digits, '.', '_' and '-'"),
        ("/a:^b.* = *", "\"/a:^b.*\" is a pattern; a rule takes * for any characters, as in /path/to/stream:*"),
        (
            "/a:b* c = d",
            "\"/a:b* c\": its topic, \"b* c\", has other characters than letters, digits, '.', '_' and '-'"
        ),
        ("/a:b =", "behind the = the Kafka topic is missing"),
        ("/a:b = c:d", "\"c:d\" is no name of a Kafka topic: \(whatItTakes)"),
        ("/a:b = c # d", "\"c # d\" is no name of a Kafka topic: \(whatItTakes)"),
        ("/a:b = ..", "\"..\" is no name of a Kafka topic: \(whatItTakes)"),
        ("/a:* = *.*", "\"*.*\" has more than one *; it stands for the topic"),
        ("/a:* = all", "\"/a:*\" is for many names, which would all become all; write * for the topic"),
        ("*:t = all", "\"*:t\" is for many names, which would all become all; write * for the topic"),
    ])
    func aWrongLineIsNamed(_ line: String, _ problem: String) {
        let error = thrown { () throws(StreamsError) in
            _ = try NameSettings(rules: "# one\n\n\(line)\n", from: "rules.conf", homeCluster: "home")
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.text == "rules.conf, line 3: \(problem)")
    }

    @Test func twoRulesForTheSameNamesAreRefused() {
        let error = thrown { () throws(StreamsError) in
            _ = try NameSettings(rules: "/a:* = x.*\n//a:* = y.*", from: "rules.conf", homeCluster: "home")
        }
        #expect(error?.text == "rules.conf, line 2: line 1 has a rule for the same names already")
    }

    @Test func aRulesOwnTopicMayBeTooLongToo() throws {
        let names = try names("/a:* = \(String(repeating: "x", count: 240)).*")
        #expect(try names.kafkaTopic(for: "/a:12345678").utf8.count == 249)
        #expect(throws: StreamsError.self) { try names.kafkaTopic(for: "/a:123456789") }
    }
}

@Suite struct MergedNamesTests {
    @Test func twoNamesThatBecomeOneTopicAreRefused() throws {
        let settings = try NameSettings(rules: "/a:* = *\n/b:* = *", homeCluster: "home")
        // Of two clients of one process.
        _ = try TopicNames(settings).kafkaTopic(for: "/a:t")
        let second = TopicNames(settings)
        let error = thrown { () throws(StreamsError) in _ = try second.kafkaTopic(for: "/b:t") }
        #expect(error?.code == .invalidArgument)
        #expect(
            error?.text
                == "/a:t and /b:t both become the Kafka topic t: one of them needs a rule of its own in [names] of "
                + "the file that MAPR_STREAMS_CONFIG names"
        )
        // It stays refused, and the first goes on.
        #expect(throws: StreamsError.self) { try second.kafkaTopic(for: "/b:t") }
        #expect(try TopicNames(settings).kafkaTopic(for: "/a:t") == "t")
        #expect(try second.kafkaTopic(for: "/b:u") == "u")
    }

    @Test func twoSpellingsOfOneNameAreNoTwoNames() throws {
        let settings = try NameSettings(homeCluster: "home")
        #expect(try TopicNames(settings).kafkaTopic(for: "/mapr/home/s:t") == "s--t")
        #expect(try TopicNames(settings, defaultStream: "/s").kafkaTopic(for: "t") == "s--t")
    }

    @Test func namesAreMappedByManyThreadsAtOnce() async throws {
        let names = TopicNames(try NameSettings(homeCluster: "home"))
        await withTaskGroup(of: Bool.self) { group in
            for thread in 0..<8 {
                group.addTask {
                    (0..<500).allSatisfy { number in
                        let topic = (number + thread * 37) % 500
                        return (try? names.kafkaTopic(for: "/s\(topic % 7):t\(topic)")) == "s\(topic % 7)--t\(topic)"
                            && names.name(ofKafkaTopic: "s\(topic % 7)--t\(topic)") == "/s\(topic % 7):t\(topic)"
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}

@Suite struct TopicPatternTests {
    @Test(arguments: [
        ("/apps/clicks:^page.*", "^apps--clicks--(page.*)"),
        ("/apps/clicks:^^page|other", "^apps--clicks--(page|other)"),
        ("/a.b:^x", "^a-\\.b--(x)"), ("/a:^", "^a--(.*)"), ("/a:^(x)\\1\\\\1", "^a--((x)\\2\\\\1)"),
        ("/a:^(?:x)", "^a--((?:x))"),
    ])
    func aPatternIsForTheTopicsOfItsStream(_ name: String, _ pattern: String) throws {
        let names = try names("")
        #expect(try names.kafkaTopic(for: name) == pattern)
    }

    @Test(arguments: [
        ("/a.b:^x", nil, "^a-\\.b--(x)"), ("/a:x.y", nil, "^a--x\\.y$"), ("/a:x.*", nil, "^a--(x.*)"),
        ("own.*,/a:^x, /b:y,^__", nil, "own.*,^a--(x),^b--y$,^__"), ("^x,y,/b:z", "/s", "^s--(x),^s--y$,^b--z$"),
        ("x", nil, "x"), ("", "/s", ""),
    ])
    func aListOfPatternsHasThoseOfStreamsAmongKafkas(_ list: String, _ stream: String?, _ patterns: String) throws {
        #expect(try names("", defaultStream: stream).kafkaPatterns(of: list) == patterns)
    }

    @Test func whatIsNoPatternInAListIsNamed() throws {
        let names = try names("")
        let error = thrown { () throws(StreamsError) in _ = try names.kafkaPatterns(of: "a,/b") }
        #expect(error?.text.hasPrefix("\"/b\" is no name of a stream's topic: it names a stream and no topic") == true)
    }

    @Test func aPatternIsOfTheDefaultStream() throws {
        #expect(try names("", defaultStream: "/s").kafkaTopic(for: "^re") == "^s--(re)")
    }

    @Test func severalPatternsOfAStreamAreMappedEach() throws {
        let names = try names("", defaultStream: "/s")
        #expect(try names.kafkaTopic(for: "^a") == "^s--(a)")
        #expect(try names.kafkaTopic(for: "/s:^b") == "^s--(b)")
    }

    @Test(arguments: [
        ("/a:* = *", "/a:^page.*", "^(page.*)"), ("*:* = edf.*", "/a:^page", "^edf\\.(page)"),
        ("/a:* = *.v1", "/a:^page", "^(page).*\\.v1$"), ("/a:* = *.v1", "/a:^page$", "^(page)\\.v1$"),
        ("/a:pageviews = web.views", "/a:^page.*", "^(a--(page.*)|web\\.views$)"),
        ("/a:other = web.views", "/a:^page.*", "^a--(page.*)"),
        ("/a:pageviews = web.views", "/a:^(p)age\\1", "^a--((p)age\\2)"),
        ("/a:pagep = web.p", "/a:^(p)age\\1", "^(a--((p)age\\3)|web\\.p$)"),
        ("/b:* = *", "/a:^x", "^a--(x)"),
    ])
    func aPatternFollowsTheRules(_ rule: String, _ name: String, _ pattern: String) throws {
        #expect(try names(rule).kafkaTopic(for: name) == pattern)
    }

    @Test func aPatternThatCannotFollowARuleIsRefused() throws {
        let names = try names("/a:page* = web.*")
        let error = thrown { () throws(StreamsError) in _ = try names.kafkaTopic(for: "/a:^x") }
        #expect(error?.code == .invalidArgument)
        #expect(error?.text.hasPrefix("\"/a:^x\": the rule of rules.conf, line 1 is for some topics of this") == true)
    }

    @Test func whatIsNoRegularExpressionIsRefusedWhereItIsTried() throws {
        let names = try names("/a:b = c")
        let error = thrown { () throws(StreamsError) in _ = try names.kafkaTopic(for: "/a:^(") }
        #expect(
            error?.text == "\"/a:^(\" is no pattern: what follows the ^ must be an extended regular expression of POSIX"
        )
    }
}
