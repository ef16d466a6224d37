import Testing

@testable import Streams

@Suite struct PropertyFateTests {
    @Test(arguments: [
        ("streams.producer.default.stream", PropertyFate.Kind.kept), ("error_cb", .kept), ("buffer.memory", .mapped),
        ("use.brokers", .withoutEffect), ("rebalance_cb", .callback), ("dr_msg_cb", .callback), ("opaque", .callback),
        ("interceptors", .callback), ("max.request.size", .renamed), ("max.poll.records", .elsewhere),
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
}
