/// What becomes of a configuration property on Apache Kafka that the application, written for MapR or for the Java client,
/// may have set. One table, for the client and for the migration check.
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
        /// The Java client's: librdkafka has it under another name, with the same unit.
        case renamed
        /// The Java client's, or another program's: librdkafka does not know it.
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

    public init(of name: String) {
        if let row = Self.rows.first(where: { $0.is(name) }) {
            kind = row.kind
            target = row.target.map { "\($0)" }
            note = "\(row.note)"
        } else if PropertyCatalogue.names.contains(name) {
            (kind, target, note) = (.known, nil, "librdkafka has it too")
        } else {
            kind = .unknown
            target = PropertyCatalogue.nearest(to: name, among: Self.rows.map { "\($0.name)" })
            note = target.map { "no client has it; did you mean \"\($0)\"?" } ?? "no client has it"
        }
    }

    private struct Row: Sendable {
        let name: StaticString
        let kind: Kind
        let target: StaticString?
        let note: StaticString

        init(_ name: StaticString, _ kind: Kind, _ target: StaticString, _ note: StaticString) {
            (self.name, self.kind, self.target, self.note) = (name, kind, target, note)
        }

        init(_ name: StaticString, _ kind: Kind, _ note: StaticString) {
            (self.name, self.kind, self.target, self.note) = (name, kind, nil, note)
        }

        func `is`(_ name: String) -> Bool {
            self.name.withUTF8Buffer { own in own.elementsEqual(name.utf8) }
        }
    }

    private static let rows: [Row] = [
        // MapR's, as its documentation and its librdkafka list them.
        Row("streams.producer.default.stream", .kept, "names without a stream are topics of this one"),
        Row("streams.consumer.default.stream", .kept, "names without a stream are topics of this one"),
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
        Row("error_cb", .kept, "it is called with a KafkaError"),
        Row("stats_cb", .kept, "it is called with the statistics as JSON"),
        Row("throttle_cb", .kept, "it is called with a ThrottleEvent"),
        Row("oauth_cb", .kept, "it gives the token for SASL OAUTHBEARER"),
        Row("on_delivery", .kept, "it is called with the error or None and the message"),
        Row("on_commit", .kept, "it is called with the error or None and the partitions"),
        Row("logger", .kept, "librdkafka's log goes to it"),
        Row("default.topic.config", .kept, "its properties are those of all topics"),
        Row(
            "rebalance_cb", .callback, "on_assign",
            "rebalances are reported to subscribe(topics, on_assign=..., on_revoke=...)"),
        Row("offset_commit_cb", .callback, "on_commit", "commits are reported to the property on_commit"),
        Row(
            "dr_cb", .callback, "on_delivery",
            "deliveries are reported to on_delivery, a property and an argument of produce"),
        Row(
            "dr_msg_cb", .callback, "on_delivery",
            "deliveries are reported to on_delivery, a property and an argument of produce"),
        Row(
            "partitioner_cb", .callback, "partitioner",
            "choose a partitioner by name with the property partitioner, or give produce its partition"),
        Row(
            "opaque", .callback, "functools.partial", "bind what a callback needs to it: a closure or functools.partial"
        ),
        Row("consume_cb", .callback, "poll", "messages come from poll and consume"),
        Row("log_cb", .callback, "logger", "give the property logger a logging.Logger"),
        Row("background_event_cb", .callback, "poll", "events are served by poll, and by flush"),
        Row("oauthbearer_token_refresh_cb", .callback, "oauth_cb", "give the property oauth_cb a function"),
        Row("socket_cb", .callback, "no Python client has it"),
        Row("connect_cb", .callback, "no Python client has it"),
        Row("closesocket_cb", .callback, "no Python client has it"),
        Row("open_cb", .callback, "no Python client has it"),
        Row("resolve_cb", .callback, "no Python client has it"),
        Row("ssl.certificate.verify_cb", .callback, "ssl.ca.location", "trust is a matter of ssl.ca.location"),

        // The Java client's, and other programs'.
        Row("key.serializer", .elsewhere, "produce", "produce takes bytes and str: encode keys before it"),
        Row("value.serializer", .elsewhere, "produce", "produce takes bytes and str: encode values before it"),
        Row("key.deserializer", .elsewhere, "Message.key", "Message.key() gives bytes: decode them"),
        Row("value.deserializer", .elsewhere, "Message.value", "Message.value() gives bytes: decode them"),
        Row("max.poll.records", .elsewhere, "consume", "consume(num_messages, timeout) says how many at a time"),
        Row("max.request.size", .renamed, "message.max.bytes", "librdkafka calls it message.max.bytes"),
        Row(
            "max.block.ms", .elsewhere, "produce", "produce never waits: it raises BufferError where the queue is full"),
        Row("default.api.timeout.ms", .elsewhere, "timeout", "each call takes a timeout of its own"),
        Row("consumer.timeout.ms", .elsewhere, "poll", "poll(timeout) says how long to wait"),
        Row("fetch.max.wait.ms", .renamed, "fetch.wait.max.ms", "librdkafka calls it fetch.wait.max.ms"),
        Row("exclude.internal.topics", .elsewhere, "topic.blacklist", "librdkafka has topic.blacklist"),
        Row("partitioner.class", .elsewhere, "partitioner", "librdkafka has the property partitioner"),
        Row(
            "receive.buffer.bytes", .renamed, "socket.receive.buffer.bytes",
            "librdkafka calls it socket.receive.buffer.bytes"),
        Row(
            "send.buffer.bytes", .renamed, "socket.send.buffer.bytes", "librdkafka calls it socket.send.buffer.bytes"),
        Row("interceptor.classes", .elsewhere, "it is of the Java client alone"),
        Row("metric.reporters", .elsewhere, "stats_cb", "statistics come to stats_cb each statistics.interval.ms"),
        Row("metrics.num.samples", .elsewhere, "stats_cb", "statistics come to stats_cb each statistics.interval.ms"),
        Row(
            "metrics.recording.level", .elsewhere, "stats_cb", "statistics come to stats_cb each statistics.interval.ms"
        ),
        Row(
            "metrics.sample.window.ms", .elsewhere, "stats_cb",
            "statistics come to stats_cb each statistics.interval.ms"),
        Row(
            "auto.include.jmx.reporter", .elsewhere, "stats_cb",
            "statistics come to stats_cb each statistics.interval.ms"),
        Row("sasl.jaas.config", .elsewhere, "sasl.username", "librdkafka has sasl.username and sasl.password"),
        Row("sasl.login.callback.handler.class", .elsewhere, "oauth_cb", "give the property oauth_cb a function"),
        Row("ssl.truststore.location", .elsewhere, "ssl.ca.location", "librdkafka takes a PEM file in ssl.ca.location"),
        Row("ssl.truststore.password", .elsewhere, "ssl.ca.location", "librdkafka takes a PEM file in ssl.ca.location"),
        Row("ssl.truststore.type", .elsewhere, "ssl.ca.location", "librdkafka takes a PEM file in ssl.ca.location"),
        Row(
            "ssl.keystore.type", .elsewhere, "ssl.keystore.location",
            "librdkafka takes PKCS#12 in ssl.keystore.location"),
        Row("zookeeper.connect", .elsewhere, "bootstrap.servers", "clients name brokers, in bootstrap.servers"),
        Row("bootstrap.server", .elsewhere, "bootstrap.servers", "its name is bootstrap.servers"),
        Row("broker.list", .elsewhere, "bootstrap.servers", "its name is bootstrap.servers"),
        Row("offsets.storage", .elsewhere, "offset.store.method", "Kafka keeps the offsets of groups itself"),
        Row(
            "schema.registry.url", .elsewhere,
            "it is for a client of the schema registry, which is made apart from the producer and the consumer"),
        Row(
            "schema.registry.basic.auth.user.info", .elsewhere,
            "it is for a client of the schema registry, which is made apart from the producer and the consumer"),
    ]
}
