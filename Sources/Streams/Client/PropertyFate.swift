/// What becomes of a configuration property on Apache Kafka that the application, written for MapR or for another client, may
/// have set. For the client and for the migration check.
public struct PropertyFate: Sendable {
    public enum Kind: Sendable {
        /// It has its documented meaning.
        case kept
        /// librdkafka has a property for it.
        case mapped
        /// It is accepted, and without effect on Kafka.
        case withoutEffect
        /// A callback, which is given in another way.
        case callback
        /// Another client's: librdkafka has it under another name, with the same unit.
        case renamed
        /// Another program's: see `ForeignProperties`.
        case elsewhere
        /// librdkafka's own.
        case known
        case unknown
    }

    public let kind: Kind
    /// librdkafka's property, or what is near in another way.
    public let target: String?
    /// A sentence for people, without its full stop.
    public let note: String

    /// - Parameter words: what the program's language calls things.
    public init(of name: String, in words: Vocabulary = .current) {
        let rows = words.properties + Self.rows
        if let row = rows.first(where: { $0.is(name) }) {
            kind = row.kind
            target = row.target.map { "\($0)" }
            note = "\(row.note)"
        } else if let property = PropertyCatalogue.property(name) {
            target = nil
            (kind, note) =
                property.kind == .dedicated
                ? (.callback, "it is an object of C programs") : (.known, "librdkafka has it too")
        } else if let advice = ForeignProperties.advice(for: name, in: words) {
            target = Self.renamed.first { "\($0.0)" == name }.map { "\($0.1)" }
            kind = target == nil ? .elsewhere : .renamed
            note = advice
        } else {
            kind = .unknown
            target = PropertyCatalogue.nearest(to: name, among: rows.map { "\($0.name)" })
            note = target.map { "no client has it; did you mean \"\($0)\"?" } ?? "no client has it"
        }
    }

    /// Why a property cannot be set from outside of the application.
    func whyNotOutside(_ name: String) -> String {
        let who = kind == .kept ? ", only by the application" : ""
        return "\"\(name)\" cannot be set here\(who): \(note)"
    }

    /// Names of properties that take something else than text.
    static var withoutText: [String] {
        (Vocabulary.current.properties + rows).filter { !$0.takesText }.map { "\($0.name)" }
    }

    /// Names that are not librdkafka's and take text.
    static let textual: [String] = rows.filter { $0.takesText }.map { "\($0.name)" }

    /// What is known of one property.
    public struct Row: Sendable {
        let name: StaticString
        let kind: Kind
        let target: StaticString?
        let note: StaticString

        public init(_ name: StaticString, _ kind: Kind, _ target: StaticString, _ note: StaticString) {
            (self.name, self.kind, self.target, self.note) = (name, kind, target, note)
        }

        public init(_ name: StaticString, _ kind: Kind, _ note: StaticString) {
            (self.name, self.kind, self.target, self.note) = (name, kind, nil, note)
        }

        var takesText: Bool {
            switch kind {
            case .mapped, .withoutEffect: true
            case .kept: "\(name)".hasPrefix("streams.")
            default: false
            }
        }

        func `is`(_ name: String) -> Bool { self.name.equals(name) }
    }

    private static let rows: [Row] = [
        // MapR's, as its documentation and its librdkafka list them.
        Row("streams.producer.default.stream", .kept, "names without a stream are topics of this one"),
        Row("streams.consumer.default.stream", .kept, "names without a stream are topics of this one"),
        Row("streams.topic.mapping", .kept, "it turns the mapping of names to Kafka topics on and off"),
        Row("streams.compatibility", .kept, "it chooses MapR's documented behaviour or librdkafka's"),
        Row(
            "streams.parallel.flushers.per.partition", .mapped, "max.in.flight.requests.per.connection",
            "false keeps the order of a partition's messages, as max.in.flight.requests.per.connection=1 does on Kafka"),
        Row(
            "streams.buffer.max.time.ms", .mapped, "queue.buffering.max.ms",
            "librdkafka calls it queue.buffering.max.ms"),
        Row(
            "buffer.memory", .mapped, "queue.buffering.max.kbytes",
            "librdkafka calls it queue.buffering.max.kbytes, and counts kilobytes"),
        Row(
            "streams.consumer.buffer.memory", .mapped, "queued.max.messages.kbytes",
            "librdkafka calls it queued.max.messages.kbytes, and counts kilobytes for each partition"),
        Row(
            "streams.rpc.timeout.ms", .mapped, "socket.timeout.ms",
            "librdkafka waits socket.timeout.ms for the answer to a request"),
        Row(
            "use.brokers", .withoutEffect,
            "this client always talks to the brokers of bootstrap.servers"),
        Row(
            "streams.admin.default.stream", .withoutEffect,
            "Kafka's administration has no streams: the topics' Kafka names are what it takes"),
        Row(
            "streams.clientside.partition.assignment", .withoutEffect, "partition.assignment.strategy",
            "Kafka's consumers always assign partitions themselves, by partition.assignment.strategy"),
        Row(
            "streams.negativeoffset.record.on.eof", .withoutEffect,
            "the end of a partition is reported with the offset of its next message"),
        Row(
            "streams.zerooffset.record.on.eof", .withoutEffect,
            "the end of a partition is reported with the offset of its next message"),

        // Callbacks: librdkafka's table lists them, and none can be set by text.
        Row("error_cb", .callback, "ClientEvents.error", "errors are reported to ClientEvents.error"),
        Row("stats_cb", .callback, "ClientEvents.statistics", "statistics are reported to ClientEvents.statistics"),
        Row(
            "throttle_cb", .callback, "ClientEvents.throttle",
            "brokers that throttle are reported to ClientEvents.throttle"),
        Row(
            "rebalance_cb", .callback, "ClientEvents.rebalance", "rebalances are reported to ClientEvents.rebalance"),
        Row(
            "offset_commit_cb", .callback, "ClientEvents.offsetsCommitted",
            "commits are reported to ClientEvents.offsetsCommitted"),
        Row("dr_cb", .callback, "ClientEvents.delivery", "deliveries are reported to ClientEvents.delivery"),
        Row("dr_msg_cb", .callback, "ClientEvents.delivery", "deliveries are reported to ClientEvents.delivery"),
        Row("log_cb", .callback, "ClientEvents.log", "log lines are reported to ClientEvents.log"),
        Row(
            "oauthbearer_token_refresh_cb", .callback, "ClientEvents.tokenRefresh",
            "ClientEvents.tokenRefresh gives the tokens of OAUTHBEARER"),
        Row(
            "partitioner_cb", .callback, "partitioner",
            "choose a partitioner by name with the property partitioner, or give produce its partition"),
        Row("opaque", .callback, "bind what a callback needs to it: a closure does"),
        Row("consume_cb", .callback, "poll", "messages come from poll and consume"),
        Row("background_event_cb", .callback, "poll", "events are served by poll, and by flush"),
        Row("socket_cb", .callback, "this client has none"),
        Row("connect_cb", .callback, "this client has none"),
        Row("closesocket_cb", .callback, "this client has none"),
        Row("open_cb", .callback, "this client has none"),
        Row("resolve_cb", .callback, "this client has none"),
        Row("ssl.certificate.verify_cb", .callback, "ssl.ca.location", "trust is a matter of ssl.ca.location"),
    ]

    /// What other clients call properties of librdkafka's that have the same meaning and unit.
    private static let renamed: [(StaticString, StaticString)] = [
        ("max.request.size", "message.max.bytes"), ("fetch.max.wait.ms", "fetch.wait.max.ms"),
        ("receive.buffer.bytes", "socket.receive.buffer.bytes"), ("send.buffer.bytes", "socket.send.buffer.bytes"),
        ("sasl.plain.username", "sasl.username"), ("sasl.plain.password", "sasl.password"),
        ("ssl.cafile", "ssl.ca.location"), ("ssl.certfile", "ssl.certificate.location"),
        ("ssl.keyfile", "ssl.key.location"),
    ]
}
