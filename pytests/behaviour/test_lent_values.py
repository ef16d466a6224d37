"""Values that a producer reads where they are, instead of copying them."""

import gc
import sys

import pytest
from checkers import measures_memory

from mapr_streams_python import KafkaError, Producer, TopicPartition
from mapr_streams_python.testing import deliver, read

SHORTEST = 512


def test_a_report_has_the_very_object_that_was_produced(kafka_topic, producer):
    value = b"v" * SHORTEST
    (message,) = deliver(producer, kafka_topic, [value])
    assert message.value() is value


@pytest.mark.parametrize("more", [{}, {"timestamp": 1234567890123}, {"headers": [("name", b"value")]}])
@pytest.mark.parametrize("callback", [None, lambda error, message: None])
def test_a_value_is_let_go_by_its_report(callback, more, kafka_topic, producer):
    value = b"v" * SHORTEST
    before = sys.getrefcount(value)
    for _ in range(10):
        producer.produce(kafka_topic, value, on_delivery=callback, **more)
    assert sys.getrefcount(value) == before + 10
    assert producer.flush(60) == 0
    assert sys.getrefcount(value) == before


@pytest.mark.parametrize("callback", [None, lambda error, message: None])
def test_a_value_is_let_go_where_only_errors_are_reported(callback, kafka_topic, make_producer):
    producer = make_producer({"delivery.report.only.error": True})
    value = b"v" * SHORTEST
    before = sys.getrefcount(value)
    producer.produce(kafka_topic, value, on_delivery=callback)
    assert producer.flush(60) == 0
    assert sys.getrefcount(value) == before


def test_a_value_that_finds_the_queue_full_is_not_held(kafka_topic, make_producer):
    producer = make_producer({"queue.buffering.max.messages": 2, "linger.ms": 100_000})
    value = b"v" * SHORTEST
    before = sys.getrefcount(value)
    producer.produce(kafka_topic, value)
    producer.produce(kafka_topic, value)
    for more in ({}, {"headers": {"name": "value"}}):
        with pytest.raises(BufferError):
            producer.produce(kafka_topic, value, on_delivery=print, **more)
    assert sys.getrefcount(value) == before + 2
    producer.purge()


def test_a_purged_value_is_let_go_by_its_report(kafka_topic, make_producer):
    producer = make_producer({"linger.ms": 100_000})
    value = b"v" * SHORTEST
    before = sys.getrefcount(value)
    failures = []
    producer.produce(kafka_topic, value, on_delivery=lambda error, message: failures.append((error, message.value())))
    producer.purge()
    assert producer.flush(60) == 0
    assert failures == [(KafkaError._PURGE_QUEUE, value)]
    failures.clear()
    assert sys.getrefcount(value) == before


@pytest.mark.filterwarnings("ignore:a Producer was dropped:ResourceWarning")
def test_values_are_let_go_with_a_producer_that_is_dropped(kafka_topic, kafka_cluster):
    producer = Producer({"bootstrap.servers": kafka_cluster.bootstrap_servers, "linger.ms": 100_000})
    value = b"v" * SHORTEST
    before = sys.getrefcount(value)
    for _ in range(10):
        producer.produce(kafka_topic, value)
    del producer
    gc.collect()
    assert sys.getrefcount(value) == before


def test_a_kept_message_keeps_its_value(kafka_topic, producer):
    kept = []
    producer.produce(kafka_topic, b"v" * SHORTEST, on_delivery=lambda error, message: kept.append(message))
    assert producer.flush(60) == 0
    gc.collect()
    assert kept[0].value() == b"v" * SHORTEST


@pytest.mark.parametrize("compression", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_values_of_all_sizes_arrive_as_they_were_though_the_program_lets_go_of_them_at_once(
    compression, kafka_topic, make_producer, consumer
):
    # Around the shortest that is lent, the longest that librdkafka copies into its request, and the longest of a batch.
    sizes = [0, 1, SHORTEST - 1, SHORTEST, SHORTEST + 1, 65_534, 65_535, 65_536, 100_000, 900_000]
    consumer.assign([TopicPartition(kafka_topic, 0, 0)])
    producer = make_producer({"compression.type": compression, "linger.ms": 20})
    for number, size in enumerate(sizes * 3):
        producer.produce(kafka_topic, bytes([number]) * size, headers={"n": "v"} if number % 2 else None)
        # Takes the place of what was let go.
        bytes([255 - number]) * size
    assert producer.flush(30) == 0
    arrived = [message.value() for message in read(consumer, len(sizes) * 3)]
    assert arrived == [bytes([number]) * size for number, size in enumerate(sizes * 3)]


class Bytes(bytes):
    pass


@pytest.mark.parametrize("kind", [bytearray, memoryview, str, Bytes])
def test_other_values_are_copied(kind, kafka_topic, producer, consumer):
    source = bytearray(b"v" * SHORTEST)
    made = {memoryview: lambda: memoryview(source), str: lambda: source.decode(), Bytes: lambda: Bytes(source)}
    value = made.get(kind, lambda: source)()
    consumer.assign([TopicPartition(kafka_topic, 0, 0)])
    before = sys.getrefcount(value)
    producer.produce(kafka_topic, value)
    assert sys.getrefcount(value) == before
    # Whoever may write into it may do so at once.
    source[:] = b"x" * SHORTEST
    assert producer.flush(60) == 0
    (message,) = read(consumer, 1)
    assert message.value() == b"v" * SHORTEST


HOLDING = """
from mapr_streams_python import Producer

def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) * 1024

producer = Producer({
    "bootstrap.servers": "127.0.0.1:1", "linger.ms": 100_000,
    "batch.num.messages": 1_000_000, "batch.size": 2_000_000_000,
})
value = b"v" * 100_000
before = resident()
for _ in range(1_000):
    producer.produce("topic", value)
print(resident() - before)
producer.purge()
"""


@measures_memory
@pytest.mark.skipif(sys.platform != "linux", reason="reads the resident size from /proc")
def test_a_queue_of_one_long_value_takes_the_room_of_one(run_python):
    # A hundred million bytes, were they copied.
    assert int(run_python(HOLDING).check()) < 10_000_000
