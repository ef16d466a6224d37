/// Properties of other programs that librdkafka lacks, and what to use here instead.
///
/// The Java clients' for the most part, beside those of serializers, Kafka Connect, Streams, brokers and topics.
enum ForeignProperties {
    /// - Returns: what to do instead, or nil for a name that none of them has. `max_poll_records` is as good as
    ///   `max.poll.records`.
    static func advice(for name: String, in words: Vocabulary = .current) -> String? {
        let name = name.lowercased().replacingUnderscores
        for row in words.advice where row.name.equals(name) { return "\(row.advice)" }
        for (names, advice) in table where names.contains(name) { return advice }
        if name.hasPrefix("schema.registry.") {
            return "it belongs to the client of the schema registry, not to this one"
        }
        if name.hasPrefix("ssl.truststore.") {
            return "set \"ssl.ca.location\" to a file of PEM certificates instead; a JKS store must be converted"
        }
        if name.hasPrefix("sasl.login.") {
            return "it is the Java client's; here \"\(words.tokenRefresh)\" gives the tokens of OAUTHBEARER"
        }
        return nil
    }

    private static let java = "it is the Java client's, which"

    private static let table: [(names: [String], advice: String)] = [
        (
            ["key.serializer", "value.serializer"],
            "serialize keys and values before they are produced"
        ),
        (
            ["key.deserializer", "value.deserializer"],
            "deserialize the key and the value of each record, which are bytes"
        ),
        (["key.converter", "value.converter"], "it belongs to a worker of Kafka Connect, not to a client"),
        (
            [
                "application.id", "num.stream.threads", "processing.guarantee", "default.key.serde",
                "default.value.serde",
            ],
            "it belongs to Kafka Streams, which is a Java library"
        ),
        (
            ["auto.register.schemas", "use.latest.version", "specific.avro.reader", "subject.name.strategy"],
            "it belongs to a serializer, not to a client"
        ),
        (["max.poll.records"], "give the number of messages to consume() instead"),
        (["fetch.max.wait.ms"], "the property is \"fetch.wait.max.ms\" here"),
        (["default.api.timeout.ms"], "give a timeout to each call instead"),
        (["exclude.internal.topics"], "set \"topic.blacklist\" instead"),
        (["buffer.memory"], "set \"queue.buffering.max.kbytes\" or \"queue.buffering.max.messages\" instead"),
        (
            ["max.block.ms"],
            "produce() never waits: it fails where the queue is full, and poll() makes room"
        ),
        (["max.request.size"], "set \"message.max.bytes\" instead"),
        (
            ["partitioner.class", "partitioner.ignore.keys", "partitioner.adaptive.partitioning.enable"],
            "set \"partitioner\" to the name of one of librdkafka's instead"
        ),
        (
            ["compression.gzip.level", "compression.lz4.level", "compression.zstd.level"],
            "set \"compression.level\" instead"
        ),
        (["receive.buffer.bytes"], "set \"socket.receive.buffer.bytes\" instead"),
        (["send.buffer.bytes"], "set \"socket.send.buffer.bytes\" instead"),
        (["metadata.max.idle.ms"], "set \"metadata.max.age.ms\" instead"),
        (
            ["metric.reporters", "metrics.num.samples", "metrics.recording.level", "metrics.sample.window.ms"],
            "set \"statistics.interval.ms\", and take what it reports to ClientEvents.statistics"
        ),
        (["interceptor.classes"], "\(java) loads classes; \"plugin.library.paths\" loads plugins of librdkafka's"),
        (["sasl.client.callback.handler.class"], "ClientEvents.tokenRefresh gives the tokens of OAUTHBEARER instead"),
        (
            ["ssl.keystore.type", "ssl.keystore.certificate.chain", "ssl.keystore.key"],
            "set \"ssl.certificate.location\" and \"ssl.key.location\", or the two that end in \".pem\", instead; "
                + "\"ssl.keystore.location\" takes PKCS#12 alone"
        ),
        (
            [
                "ssl.protocol", "ssl.enabled.protocols", "ssl.keymanager.algorithm", "ssl.trustmanager.algorithm",
                "ssl.secure.random.implementation", "ssl.engine.factory.class", "security.providers",
            ],
            "\(java) runs on Java's TLS; this one runs on OpenSSL, whose settings \"ssl.cipher.suites\", "
                + "\"ssl.curves.list\" and \"ssl.sigalgs.list\" are"
        ),
        (["zookeeper.connect"], "name Kafka's brokers in \"bootstrap.servers\" instead"),
        (
            [
                "auto.create.topics.enable", "num.partitions", "default.replication.factor", "min.insync.replicas",
                "retention.ms", "retention.bytes", "cleanup.policy", "log.retention.hours", "max.message.bytes",
            ],
            "it belongs to a broker or a topic, not to a client"
        ),
        // Names that clients of other languages use.
        (["consumer.timeout.ms"], "give a timeout to poll() or consume() instead"),
        (["api.version"], "librdkafka asks the broker: set \"broker.version.fallback\" for one older than 0.10"),
        (["sasl.plain.username", "sasl.plain.password"], "set \"sasl.username\" and \"sasl.password\" instead"),
        (["ssl.cafile"], "set \"ssl.ca.location\" instead"),
        (["ssl.certfile"], "set \"ssl.certificate.location\" instead"),
        (["ssl.keyfile"], "set \"ssl.key.location\" instead"),
        (["ssl.check.hostname"], "set \"ssl.endpoint.identification.algorithm\" to \"https\" or \"none\" instead"),
    ]
}
