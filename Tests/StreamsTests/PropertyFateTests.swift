import Testing

@testable import Streams

@Suite struct PropertyFateTests {
    @Test(arguments: [
        ("streams.producer.default.stream", PropertyFate.Kind.kept), ("error_cb", .callback),
        ("buffer.memory", .mapped),
        ("use.brokers", .withoutEffect), ("rebalance_cb", .callback), ("dr_msg_cb", .callback), ("opaque", .callback),
        ("interceptors", .callback), ("max.request.size", .renamed),
        // A property of share groups in new releases.
        ("max.poll.records", PropertyCatalogue.property("max.poll.records") == nil ? .elsewhere : .known),
        ("schema.registry.url", .elsewhere), ("bootstrap.servers", .known), ("no.such.property", .unknown),
    ])
    func eachPropertyHasAFate(_ name: String, _ kind: PropertyFate.Kind) {
        #expect(PropertyFate(of: name).kind == kind)
        #expect(!PropertyFate(of: name).note.isEmpty)
    }

    @Test(arguments: [
        "max.request.size", "fetch.max.wait.ms", "receive.buffer.bytes", "send.buffer.bytes", "sasl.plain.username",
        "sasl.plain.password", "ssl.cafile", "ssl.certfile", "ssl.keyfile", "streams.buffer.max.time.ms",
        "buffer.memory",
        "streams.consumer.buffer.memory", "streams.rpc.timeout.ms", "streams.parallel.flushers.per.partition",
    ])
    func whatHasAnotherNameHasThatOfAProperty(_ name: String) throws {
        let target = try #require(PropertyFate(of: name).target)
        #expect(PropertyCatalogue.property(target) != nil)
    }

    @Test func anUnknownPropertyIsToldTheNearest() {
        #expect(PropertyFate(of: "bootstrap.sevrers").target == "bootstrap.servers")
        #expect(PropertyFate(of: "streams.producer.default.steam").target == "streams.producer.default.stream")
    }

    @Test(arguments: [
        ("error_cb", "ClientEvents.error"), ("dr_msg_cb", "ClientEvents.delivery"),
        ("oauthbearer_token_refresh_cb", "ClientEvents.tokenRefresh"),
    ])
    func whatSwiftHasForACallbackIsNamed(_ name: String, _ event: String) {
        #expect(PropertyFate(of: name).target == event)
        let error = thrown { () throws(StreamsError) in try Configuration(dialect: .kafka).set(name, "f") }
        #expect(error?.code == .invalidArgument)
        #expect(error?.text.contains(event) == true)
    }

    @Test func noAdviceSpeaksAnotherLanguage() {
        let names = [
            "key.serializer", "value.deserializer", "max.block.ms", "metric.reporters", "sasl.login.class",
            "sasl.client.callback.handler.class", "consumer.timeout.ms", "on_delivery", "logger", "opaque",
        ]
        for name in names {
            let note = PropertyFate(of: name).note
            for word in ["BufferError", "str", "Message.", "oauth_cb", "stats_cb", "logging", "Python", "functools"] {
                #expect(
                    !note.split(whereSeparator: { " ,\"()".contains($0) }).contains { $0.hasPrefix(word) }, "\(note)")
            }
        }
    }

    @Test func aPackageForAnotherLanguageHasItsOwnWords() {
        // Not set: the tests beside this one read it.
        let words = Vocabulary(
            properties: [.init("on_report", .kept, "it is called"), .init("error_cb", .kept, "it is called, too")],
            advice: [.init("max.block.ms", "produce raises")], tokenRefresh: "token_cb")
        #expect(PropertyFate(of: "error_cb", in: words).kind == .kept)
        #expect(PropertyFate(of: "on_report", in: words).note == "it is called")
        #expect(PropertyFate(of: "on_reprot", in: words).target == "on_report")
        #expect(PropertyFate(of: "max_block_ms", in: words).note == "produce raises")
        #expect(PropertyFate(of: "sasl.login.class", in: words).note.contains("token_cb"))
        #expect(PropertyFate(of: "error_cb").kind == .callback)
    }
}
