import Testing

@testable import Streams

private func names(
    _ rules: String = "", home: String? = "my.cluster.com", defaultStream: String? = nil
) throws -> TopicNames {
    TopicNames(try NameSettings(rules: rules, from: "rules.conf", homeCluster: home), defaultStream: defaultStream)
}

@Suite struct TopicNamesTests {
    @Test(arguments: [
        ("/apps/clicks:pageviews", "apps--clicks--pageviews"),
        ("/sample-stream:fast-messages", "sample-stream--fast-messages"),
        ("/user/mapr/iot_stream:sensor_record", "user--mapr--iot_stream--sensor_record"),
        (
            "/var/mapr/mapr.monitoring/metricstreams/0:node1.example.com",
            "var--mapr--mapr-.monitoring--metricstreams--0--node1.example.com"
        ),
        (
            "/countries/france/streams/New York:default_topic",
            "countries--france--streams--New__20York--default_topic"
        ),
        ("/a/b-:c--d", "a--b__2D--c__2D-d"),
        ("/s/é:t", "s--__C3__A9--t"),
        ("/a:b/c:t", "a__3Ab--c--t"),
        ("/_/a_/b__c/d_-e/f_-:t", "__5F--a__5F--b__5F_c--d_-e--f__5F__2D--t"),
        ("/a_.b/.c/-d/e-.f:t", "a_-.b---.c--__2Dd--e__2D-.f--t"),
        ("/s:-a-", "s--__2Da__2D"),
        ("/s:a__b", "s--a__5F_b"),
        ("/s:a..2D", "s--a__2E.2D"),
        ("/s:a.b_c", "s--a.b_c"),
    ])
    func aNameBecomesAReadableKafkaTopicAndComesBack(_ name: String, _ topic: String) throws {
        let names = try names()
        #expect(try names.kafkaTopic(for: name) == topic)
        #expect(names.name(ofKafkaTopic: topic) == name)
        // Without having been given, too.
        #expect(try TopicNamesTests.fresh().streamName(ofKafkaTopic: topic) == name)
    }

    private static func fresh() throws -> TopicNames { try names() }

    /// Every path of one or two segments of these letters, with every topic: each has a name of its own, which leads back to
    /// it; and where Kafka takes `.` and `_` for one, the only others with its name are the same in that way.
    @Test(arguments: [
        // (letters of the path, longest segment, segments, letters of the topic, longest topic)
        ("a-_. ", 3, 1, "a-_.", 3), ("2-_.", 2, 2, "2-_.D", 3), ("2D-_. ", 2, 1, "2-_.D", 4), ("-_", 2, 2, "-_.a", 4),
    ])
    func noTwoNamesShareAKafkaTopic(
        _ pathLetters: String, _ longestSegment: Int, _ depth: Int, _ topicLetters: String, _ longestTopic: Int
    ) {
        let segments = Self.words(of: pathLetters, upTo: longestSegment)
        var paths = segments.map { "/" + $0 }
        if depth == 2 { paths += segments.flatMap { first in segments.map { "/\(first)/\($0)" } } }
        let topics = Self.words(of: topicLetters, upTo: longestTopic)
        var owners: [[UInt8]: StreamName] = [:]
        var wrong: [String] = []
        for path in paths {
            for topic in topics {
                let name = StreamName(path: Array(path.utf8), topic: Array(topic.utf8))
                let encoded = TopicEncoding.encode(name)
                if !encoded.allSatisfy(\.isTopicByte) || TopicEncoding.decode(encoded) != name {
                    wrong.append(text(name.full))
                }
                let folded = Self.folded(encoded)
                let other = owners[folded] ?? name
                owners[folded] = other
                if other.path != name.path || Self.folded(other.topic) != Self.folded(name.topic) {
                    wrong.append("\(text(name.full)) and \(text(other.full))")
                }
            }
        }
        #expect(wrong.isEmpty)
    }

    private static func folded(_ bytes: [UInt8]) -> [UInt8] { bytes.map { $0 == .dot ? .underscore : $0 } }

    private static func words(of letters: String, upTo length: Int) -> [String] {
        var words = [""]
        var all: [String] = []
        for _ in 0..<length {
            words = words.flatMap { word in letters.map { word + String($0) } }
            all += words
        }
        return all.filter { $0 != "." && $0 != ".." }
    }

    @Test func twoSpellingsOfALetterAreTwoNames() throws {
        let names = try names()
        let composed = try names.kafkaTopic(for: "/caf\u{e9}:t")
        let decomposed = try names.kafkaTopic(for: "/cafe\u{301}:t")
        #expect(composed == "caf__C3__A9--t")
        #expect(decomposed == "cafe__CC__81--t")
    }

    @Test(arguments: [
        ("/apps/clicks", "it names a stream and no topic; a full name is /apps/clicks:TOPIC"),
        ("/a:b/c", "its colon stands before the last '/'; a full name is /path/to/stream:topic"),
        ("/:t", "the name of its stream is empty"),
        ("/a/:t", "the name of its stream is empty"),
        ("/a:", "its topic is empty"),
        ("/a:.", "a topic cannot be . or .."),
        ("/a:..", "a topic cannot be . or .."),
        ("/a:b:c", "its topic, \"b:c\", has other characters than letters, digits, '.', '_' and '-'"),
        ("/a:New York", "its topic, \"New York\", has other characters than letters, digits, '.', '_' and '-'"),
        (
            "//a:b.*",
            "its topic, \"b.*\", has other characters than letters, digits, '.', '_' and '-'; where it is a pattern, write ^ "
                + "before it: /a:^b.*"
        ),
        ("/a/../b:t", "a path with .. in it is not followed: write the path that it leads to"),
        ("/./b:t", "a path with . in it is not followed: write the path that it leads to"),
        ("/mapr/my.cluster.com:t", "it names the root of a cluster, which is no stream"),
    ])
    func whatIsNoNameIsRefusedWithTheReason(_ name: String, _ problem: String) throws {
        let names = try names()
        let error = thrown { () throws(StreamsError) in _ = try names.kafkaTopic(for: name) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.text == "\"\(name)\" is no name of a stream's topic: \(problem)")
    }

    @Test func aTopicHasAtMost255Characters() throws {
        let names = try names("/s:* = *")
        let error = thrown { () throws(StreamsError) in
            _ = try names.kafkaTopic(for: "/s:" + String(repeating: "t", count: 256))
        }
        #expect(error?.text.hasSuffix("its topic has 256 characters, and 255 are the most") == true)
    }

    @Test func whatIsNoStreamIsKafkasOwn() throws {
        let names = try names("*:* = x.*")
        for name in ["topic", "a--b", "^topic.*", "New York:x", "", "a/b:c"] {
            #expect(try names.kafkaTopic(for: name) == name)
            #expect(names.name(ofKafkaTopic: name) == name)
        }
    }

    @Test func whatKafkaTakesAndNoMore() throws {
        let names = try names()
        let path = "/" + String(repeating: "p", count: 120)
        let longest = String(repeating: "t", count: 249 - 122)
        #expect(try names.kafkaTopic(for: "\(path):\(longest)").utf8.count == 249)
        let error = thrown { () throws(StreamsError) in _ = try names.kafkaTopic(for: "\(path):\(longest)t") }
        let topic = "\(path.dropFirst())--\(longest)t"
        #expect(error?.code == .invalidArgument)
        #expect(
            error?.text
                == "\(path):\(longest)t becomes the Kafka topic \(topic), which has 250 characters, and Kafka takes 249. "
                + "A line in [names] of the file that MAPR_STREAMS_CONFIG names gives it another name: \(path):\(longest)t = \(longest)t"
        )
    }
}

@Suite struct HomeClusterTests {
    @Test func theHomeClustersPrefixIsLeftOut() throws {
        let names = try names()
        #expect(try names.kafkaTopic(for: "/mapr/my.cluster.com/tmp/s:t") == "tmp--s--t")
        #expect(try names.kafkaTopic(for: "/tmp/s:t") == "tmp--s--t")
        #expect(try names.kafkaTopic(for: "//mapr//my.cluster.com//tmp//s:t") == "tmp--s--t")
    }

    @Test func anotherClustersPrefixStays() throws {
        #expect(try names().kafkaTopic(for: "/mapr/other/tmp/s:t") == "mapr--other--tmp--s--t")
        #expect(try names().kafkaTopic(for: "/mapr:t") == "mapr--t")
    }

    @Test func aNameBelowMaprNeedsTheHomeCluster() throws {
        let error = thrown { () throws(StreamsError) in
            _ = try StreamName(parsing: Array("/mapr/c/s:t".utf8), home: HomeCluster(known: nil))
        }
        #expect(
            error?.text
                == "\"/mapr/c/s:t\" names the cluster c, and it is not known whether that is this application's own, whose "
                + "streams have names without /mapr/c too: set the environment variable MAPR_STREAMS_HOME_CLUSTER to the name "
                + "of its own cluster, which is c or another. \(HomeCluster.file), which says so on a node of MapR's, names none"
        )
    }

    @Test func aPathThatLooksLikeTheHomeClustersComesBackUnmistakably() throws {
        let name = "/mapr/my.cluster.com/mapr/my.cluster.com/s:t"
        let topic = try names().kafkaTopic(for: name)
        #expect(topic == "mapr--my-.cluster-.com--s--t")
        #expect(try names().streamName(ofKafkaTopic: topic) == name)
    }
}

@Suite struct DefaultStreamTests {
    @Test func aTopicOfTheDefaultStreamComesBackInFull() throws {
        let names = try names(defaultStream: "/apps/clicks")
        #expect(try names.kafkaTopic(for: "pageviews") == "apps--clicks--pageviews")
        #expect(names.name(ofKafkaTopic: "apps--clicks--pageviews") == "/apps/clicks:pageviews")
        #expect(try names.kafkaTopic(for: "/other:t") == "other--t")
    }

    @Test(arguments: [
        ("/s:t", "that is a topic; the stream alone is /s"), ("apps/clicks", "a stream's path begins with /"),
        ("/s/", "a stream's path does not end with /"),
    ])
    func aDefaultThatIsNoStreamIsRefusedBesideABareTopic(_ stream: String, _ problem: String) throws {
        let names = try names(defaultStream: stream)
        // Programs set it to a full name, and give full names.
        #expect(try names.kafkaTopic(for: "/s:t") == "s--t")
        let error = thrown { () throws(StreamsError) in _ = try names.kafkaTopic(for: "x") }
        #expect(error?.code == .invalidArgument)
        #expect(
            error?.text
                == "topic \"x\" names no stream, and the default stream, which is to name it, is \"\(stream)\": \(problem)"
        )
    }

    @Test func aBareTopicIsCheckedToo() throws {
        let names = try names(defaultStream: "/s")
        let error = thrown { () throws(StreamsError) in _ = try names.kafkaTopic(for: "a/b") }
        #expect(error?.text.hasPrefix("\"/s:a/b\" is no name of a stream's topic: its topic, \"a/b\",") == true)
    }

    @Test func anEmptyDefaultIsNone() throws {
        #expect(try names(defaultStream: "").kafkaTopic(for: "t") == "t")
    }

    @Test func otherTopicsOfTheDefaultStreamAreKnownBeforeOneIsGiven() throws {
        let names = try names(defaultStream: "/mapr/my.cluster.com/s")
        #expect(names.name(ofKafkaTopic: "s--t") == "/mapr/my.cluster.com/s:t")
        #expect(names.name(ofKafkaTopic: "plain") == "plain")
    }
}

@Suite struct WhatComesBackTests {
    @Test func aNameComesBackAsItWasGiven() throws {
        let names = try names()
        _ = try names.kafkaTopic(for: "/mapr/my.cluster.com//s:t")
        #expect(names.name(ofKafkaTopic: "s--t") == "/mapr/my.cluster.com//s:t")
        // The first stays, so that a message's topic does not change on the way.
        _ = try names.kafkaTopic(for: "/s:t")
        #expect(names.name(ofKafkaTopic: "s--t") == "/mapr/my.cluster.com//s:t")
    }

    @Test func aTopicOfAPatternsStreamIsSpeltAsThePatternSpeltIt() throws {
        let names = try names()
        _ = try names.kafkaTopic(for: "/mapr/my.cluster.com/s:^t.*")
        #expect(names.name(ofKafkaTopic: "s--t1") == "/mapr/my.cluster.com/s:t1")
        #expect(names.name(ofKafkaTopic: "s--t1") == "/mapr/my.cluster.com/s:t1")
        #expect(names.name(ofKafkaTopic: "other--t1") == "/other:t1")
    }

    @Test func aKafkaTopicComesBackAsItIsWhereNoStreamWasNamed() throws {
        let names = try names()
        #expect(names.name(ofKafkaTopic: "s--t") == "s--t")
        _ = try names.kafkaTopic(for: "a--b")
        _ = try names.kafkaTopic(for: "/s:u")
        #expect(names.name(ofKafkaTopic: "s--t") == "/s:t")
        #expect(names.name(ofKafkaTopic: "a--b") == "a--b")
        #expect(names.name(ofKafkaTopic: "plain") == "plain")
    }

    @Test(arguments: [
        "plain", "a--b__61", "--t", "a--", "a---t", "a----b--t", "a__2Fb--t", "-.--t", "a__3A--t", "a__00--t",
        "__consumer_offsets",
        "__FF--t", "a--b.__5F",
    ])
    func whatNoNameBecomesIsNoStreams(_ topic: String) throws {
        #expect(try names().streamName(ofKafkaTopic: topic) == nil)
    }
}
