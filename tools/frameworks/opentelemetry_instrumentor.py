# packages: opentelemetry-instrumentation-confluent-kafka==0.66b1 opentelemetry-sdk==1.45.1
"""OpenTelemetry's instrumentor: spans of produce, poll and consume, and the trace that goes from one to the other."""

from mapr_streams_python import install_as
from mapr_streams_python.testing import MockCluster, unique_name

install_as("confluent_kafka")

import confluent_kafka  # noqa: E402
from opentelemetry.instrumentation.confluent_kafka import ConfluentKafkaInstrumentor  # noqa: E402
from opentelemetry.sdk.trace import TracerProvider  # noqa: E402
from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: E402
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter  # noqa: E402

TOPIC = unique_name("traced")
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
instrumentor = ConfluentKafkaInstrumentor()
# Without confluent-kafka's own distribution the instrumentor would find its dependency missing.
instrumentor.instrument(tracer_provider=provider, skip_dep_check=True)


def produced_and_consumed(servers, producer, consumer):
    producer.produce(TOPIC, b"one", key=b"k", partition=0)
    producer.produce(topic=TOPIC, value=b"two", partition=0, headers=[("mine", b"1")])
    producer.flush(60)
    consumer.subscribe([TOPIC])
    message = None
    while message is None:
        message = consumer.poll(1.0)
    assert message.value() == b"one"
    (second,) = consumer.consume(1, 60)
    consumer.close()
    names = [span.name for span in spans.get_finished_spans()]
    assert names.count(f"{TOPIC} send") == 2, names
    assert "recv" in names and f"{TOPIC} process" in names, names
    # The trace of the one who has produced is in the headers.
    assert "traceparent" in dict(second.headers()) and dict(second.headers())["mine"] == b"1"
    sent = {span.context.trace_id for span in spans.get_finished_spans() if span.name == f"{TOPIC} send"}
    processed = [span for span in spans.get_finished_spans() if span.name == f"{TOPIC} process"]
    assert all(link.context.trace_id in sent for span in processed for link in span.links)
    spans.clear()


with MockCluster() as cluster:
    servers = {"bootstrap.servers": cluster.bootstrap_servers}
    group = {**servers, "group.id": "g", "auto.offset.reset": "earliest"}
    produced_and_consumed(servers, confluent_kafka.Producer(servers), confluent_kafka.Consumer(group))
    instrumentor.uninstrument()
    TOPIC = unique_name("by-hand")
    by_hand = ConfluentKafkaInstrumentor.instrument_producer(confluent_kafka.Producer(servers), provider)
    read = ConfluentKafkaInstrumentor.instrument_consumer(confluent_kafka.Consumer(group), provider)
    produced_and_consumed(servers, by_hand, read)
    assert ConfluentKafkaInstrumentor.uninstrument_producer(by_hand) is by_hand.original_producer()
print("ok: spans of produce, poll and consume, automatic and by hand; the trace goes with the message")
