import CPython
import PythonBridge
import Streams

private let documentation: StaticString =
    """
    metrics($self, /)
    --

    What librdkafka last told of this client: counts, sizes, latencies, offsets and lags, as objects.

    :returns: a mapr_streams_python.metrics.Metrics, the same one until there are new statistics; None before the first, which come
        ``statistics.interval.ms`` after the client was made at the earliest
    :rtype: Metrics or None
    :raises KafkaException: ``_NOT_CONFIGURED`` where ``statistics.interval.ms`` is not set
    :raises RuntimeError: the client is closed

    Statistics come as events do, when the client is served: by poll(), consume() or flush(). ``stats_cb`` needs not be set. Any
    thread may call this.

    ``rd_kafka_event_stats``.
    """

/// Of each kind of client.
let producerMetricsMethods: [Method] = [.none("metrics", producerMetrics, documentation)]
let consumerMetricsMethods: [Method] = [.none("metrics", consumerMetrics, documentation)]
let adminMetricsMethods: [Method] = [.none("metrics", adminMetrics, documentation)]

@_cdecl("mapr_Producer_metrics")
func producerMetrics(_ object: Object?, _ unused: Object?) -> Object? { metrics(object, of: ProducerFields.self) }

@_cdecl("mapr_Consumer_metrics")
func consumerMetrics(_ object: Object?, _ unused: Object?) -> Object? { metrics(object, of: ConsumerFields.self) }

@_cdecl("mapr_Admin_metrics")
func adminMetrics(_ object: Object?, _ unused: Object?) -> Object? { metrics(object, of: AdminFields.self) }

/// The text is read by Python, which keeps what came of it.
private func metrics<Fields: KindOfFields & ~Copyable>(_ object: Object?, of _: Fields.Type) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let client = try object.unsafelyUnwrapped.fields(Fields.self).open(python)
        guard client.use({ $0.keepsStatistics }) else {
            throw python.raise(
                StreamsError(
                    .notConfigured,
                    reason:
                        "metrics() needs statistics: set \"statistics.interval.ms\" to how often they are to be told"))
        }
        guard let latest = client.use({ $0.statistics }) else { return python.none.take() }
        let module = try OwnedObject(PyImport_ImportModule("mapr_streams_python.metrics"))
        let read = try module.object.attribute("_of")
        let number = try python.integer(latest.number)
        let bytes = latest.text.withUnsafeBytes { bytes in
            PyBytes_FromStringAndSize(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        let text = try OwnedObject(bytes)
        return try python.call(read.object, [object.unsafelyUnwrapped, number.object, text.object]).take()
    }
}
