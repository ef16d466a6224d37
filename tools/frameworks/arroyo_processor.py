# packages: sentry-arroyo==2.48.0
"""arroyo: its producer and its consumer, and a stream processor that copies one topic into another and commits."""

import threading

from mapr_streams_python import install_as
from mapr_streams_python.testing import MockCluster, unique_name

install_as("confluent_kafka")

from arroyo.backends.kafka import KafkaConsumer, KafkaPayload, KafkaProducer  # noqa: E402
from arroyo.backends.kafka.configuration import (  # noqa: E402
    build_kafka_configuration,
    build_kafka_consumer_configuration,
)
from arroyo.commit import ONCE_PER_SECOND  # noqa: E402
from arroyo.processing import StreamProcessor  # noqa: E402
from arroyo.processing.strategies import CommitOffsets, Produce, RunTask  # noqa: E402
from arroyo.processing.strategies.abstract import ProcessingStrategyFactory  # noqa: E402
from arroyo.types import Topic  # noqa: E402

SOURCE, TARGET = Topic(unique_name("source")), Topic(unique_name("target"))
COUNT = 20


class Copying(ProcessingStrategyFactory):
    def __init__(self, producer):
        self.producer = producer

    def create_with_partitions(self, commit, partitions):
        def shout(message):
            payload = message.payload
            return KafkaPayload(payload.key, payload.value.upper(), payload.headers)

        return RunTask(shout, Produce(self.producer, TARGET, CommitOffsets(commit)))


with MockCluster() as cluster:
    cluster.create_topic(SOURCE.name, 2)
    cluster.create_topic(TARGET.name, 1)
    servers = [cluster.bootstrap_servers]
    producer = KafkaProducer(build_kafka_configuration(default_config={}, bootstrap_servers=servers))
    futures = [producer.produce(SOURCE, KafkaPayload(b"k%d" % n, b"value", [("h", b"1")])) for n in range(COUNT)]
    assert {future.result(60).payload.value for future in futures} == {b"value"}

    def consumer(group):
        config = build_kafka_consumer_configuration(
            default_config={}, bootstrap_servers=servers, group_id=group, auto_offset_reset="earliest"
        )
        return KafkaConsumer(config)

    copies = StreamProcessor(consumer("copies"), SOURCE, Copying(producer), ONCE_PER_SECOND)
    copied = []
    reader = consumer("reader")
    reader.subscribe([TARGET])

    def read():
        while len(copied) < COUNT:
            message = reader.poll(1.0)
            if message is not None:
                copied.append(message)
        copies.signal_shutdown()

    thread = threading.Thread(target=read)
    thread.start()
    copies.run()
    thread.join()
    assert {message.payload.value for message in copied} == {b"VALUE"}
    assert copied[0].payload.headers == [("h", b"1")]
    again = consumer("copies")
    assigned = threading.Event()
    again.subscribe([SOURCE], on_assign=lambda offsets: assigned.set() or starts.update(offsets))
    starts: dict = {}
    while not assigned.is_set():
        again.poll(0.5)
    assert sum(starts.values()) == COUNT, starts
    for each in (again, reader):
        each.close()
    producer.close().result(60)
print("ok: futures of a producer, a processor that copies and commits, the offsets that it has committed")
