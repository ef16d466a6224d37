# packages: ddtrace==4.16.0
"""ddtrace's integration: spans of all four clients, and the trace that goes with a message."""

import os

os.environ.update(
    DD_TRACE_ENABLED="true", DD_KAFKA_PROPAGATION_ENABLED="true", DD_INSTRUMENTATION_TELEMETRY_ENABLED="false"
)
os.environ.update(DD_REMOTE_CONFIGURATION_ENABLED="false", DD_DATA_STREAMS_ENABLED="true")

from mapr_streams_python import install_as  # noqa: E402
from mapr_streams_python.testing import MockCluster, unique_name  # noqa: E402

install_as("confluent_kafka")

import confluent_kafka  # noqa: E402
from ddtrace.contrib.internal.kafka.patch import patch, unpatch  # noqa: E402
from ddtrace.trace import TraceFilter, tracer  # noqa: E402

TOPIC = unique_name("traced")
spans = []


class Kept(TraceFilter):
    """Keeps what is traced, and sends nothing."""

    def process_trace(self, trace):
        spans.extend(trace)
        return None


tracer.configure(trace_processors=[Kept()])
patch()

with MockCluster() as cluster:
    servers = {"bootstrap.servers": cluster.bootstrap_servers}
    producer = confluent_kafka.Producer(servers)
    producer.produce(TOPIC, b"one", key=b"k", headers={"mine": "1"})
    producer.flush(60)
    group = {**servers, "group.id": "g", "auto.offset.reset": "earliest"}
    consumer = confluent_kafka.Consumer(group)
    consumer.subscribe([TOPIC])
    message = None
    while message is None:
        message = consumer.poll(1.0)
    assert (message.value(), dict(message.headers())["mine"]) == (b"one", b"1")
    consumer.commit(message, asynchronous=False)
    consumer.close()
    from confluent_kafka.serialization import StringDeserializer, StringSerializer

    strings = {"key.serializer": StringSerializer(), "value.serializer": StringSerializer()}
    serializing = confluent_kafka.SerializingProducer({**servers, **strings})
    serializing.produce(TOPIC, key="k", value="two")
    serializing.flush(60)
    strings = {"key.deserializer": StringDeserializer(), "value.deserializer": StringDeserializer()}
    deserializing = confluent_kafka.DeserializingConsumer({**group, **strings, "group.id": "h"})
    deserializing.subscribe([TOPIC])
    values = []
    while len(values) < 2:
        message = deserializing.poll(1.0)
        if message is not None:
            values.append(message.value())
    deserializing.close()
    assert sorted(values) == ["one", "two"], values
    many = confluent_kafka.Consumer({**group, "group.id": "i"})
    many.subscribe([TOPIC])
    assert len(many.consume(2, 60)) == 2
    many.close()

produced = [span for span in spans if span.name == "kafka.produce"]
consumed = [span for span in spans if span.name == "kafka.consume" and span.get_tag("kafka.topic") == TOPIC]
# It tags the key of a SerializingProducer from version 1.4 of confluent-kafka on, and takes this package's for that.
assert [span.get_tag("kafka.message_key") for span in produced] == ["k", None], produced
assert {span.get_tag("kafka.group_id") for span in consumed} == {"g", "h", "i"}, consumed
assert all(span.get_tag("kafka.cluster_id") for span in produced), produced
# The trace goes with the message.
assert {span.trace_id for span in consumed} <= {span.trace_id for span in produced}
unpatch()
assert confluent_kafka.Producer.__module__ == "mapr_streams_python.kafka"
print("ok: spans of the four clients; the trace goes with the message")
