import Streams

extension Vocabulary {
    /// What Python programs call the things that they have of this package.
    static let python = Vocabulary(
        properties: properties, advice: advice, tokenRefresh: "oauth_cb",
        whatIsSet: " (python -m mapr_streams_python config --set shows what is set)")

    private static let properties: [PropertyFate.Row] = [
        // Callbacks: librdkafka's table lists them, and none can be set by text.
        .init("error_cb", .kept, "it is called with a KafkaError"),
        .init("stats_cb", .kept, "it is called with the statistics as JSON"),
        .init("throttle_cb", .kept, "it is called with a ThrottleEvent"),
        .init("oauth_cb", .kept, "it gives the token for SASL OAUTHBEARER"),
        .init("on_delivery", .kept, "producers call it with the error or None and the message"),
        .init("on_commit", .kept, "consumers call it with the error or None and the partitions"),
        .init("logger", .kept, "librdkafka's log goes to it, a logging.Logger or the name of one"),
        .init(
            "default.topic.config", .kept,
            "its properties are those of all topics, which can be given by their own names too"),
        .init(
            "rebalance_cb", .kept,
            "consumers call it with themselves, _ASSIGN_PARTITIONS or _REVOKE_PARTITIONS as an error, and the partitions"
        ),
        .init(
            "offset_commit_cb", .kept, "consumers call it, as on_commit, with the error or None and the partitions"),
        .init("dr_cb", .kept, "producers call it, as on_delivery, with the error or None and the message"),
        .init("dr_msg_cb", .kept, "producers call it, as on_delivery, with the error or None and the message"),
        .init(
            "partitioner_cb", .callback, "partitioner",
            "choose a partitioner by name with the property partitioner, or give produce its partition"),
        .init(
            "opaque", .callback, "functools.partial", "bind what a callback needs to it: a closure or functools.partial"
        ),
        .init("consume_cb", .callback, "poll", "messages come from poll and consume"),
        .init("log_cb", .callback, "logger", "give the property logger a logging.Logger"),
        .init("background_event_cb", .callback, "poll", "events are served by poll, and by flush"),
        .init("oauthbearer_token_refresh_cb", .callback, "oauth_cb", "give the property oauth_cb a function"),
        .init("socket_cb", .callback, "no Python client has it"),
        .init("connect_cb", .callback, "no Python client has it"),
        .init("closesocket_cb", .callback, "no Python client has it"),
        .init("open_cb", .callback, "no Python client has it"),
        .init("resolve_cb", .callback, "no Python client has it"),
        .init("ssl.certificate.verify_cb", .callback, "ssl.ca.location", "trust is a matter of ssl.ca.location"),
    ]

    private static let advice: [Advice] = [
        Advice("key.serializer", serializer), Advice("value.serializer", serializer),
        Advice("key.deserializer", deserializer), Advice("value.deserializer", deserializer),
        Advice(
            "max.block.ms",
            "produce(..., block=seconds) waits for room in a full queue, which raises BufferError otherwise"),
        Advice("metric.reporters", metrics), Advice("metrics.num.samples", metrics),
        Advice("metrics.recording.level", metrics), Advice("metrics.sample.window.ms", metrics),
        Advice("sasl.client.callback.handler.class", "\"oauth_cb\" gives the tokens of OAUTHBEARER instead"),
    ]

    private static let serializer: StaticString =
        "a SerializingProducer takes it; produce() of a Producer takes str and bytes"
    private static let deserializer: StaticString =
        "a DeserializingConsumer takes it; Message.key() and Message.value() of a Consumer are bytes"
    private static let metrics: StaticString = "set \"statistics.interval.ms\", and call metrics(), or set \"stats_cb\""
}
