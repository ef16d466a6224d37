"""Rulings 11 to 20, and the choice of the dialect."""

import array

import pytest
from limits import HANG
from reports import report_of

from mapr_streams_python import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from mapr_streams_python.testing import read, wait_until

from .support import fields, next_event, raises_kafka_error

# The dialect.


def position_of_nothing(config):
    consumer = Consumer({"group.id": "g", **config})
    [partition] = consumer.position([TopicPartition("t", 0)])
    consumer.close()
    return partition.offset


def test_the_mapr_dialect_is_the_default():
    assert position_of_nothing({}) == 0


def test_the_property_chooses_the_dialect():
    assert position_of_nothing({"streams.compatibility": "kafka"}) == -1001
    assert position_of_nothing({"streams.compatibility": "mapr"}) == 0


def test_the_environment_chooses_the_dialect(monkeypatch):
    monkeypatch.setenv("MAPR_STREAMS_COMPATIBILITY", "kafka")
    assert position_of_nothing({}) == -1001


def test_the_property_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("MAPR_STREAMS_COMPATIBILITY", "kafka")
    assert position_of_nothing({"streams.compatibility": "mapr"}) == 0


@pytest.mark.parametrize("cls", [Producer, Consumer])
def test_another_dialect_is_an_invalid_argument_that_names_its_source(cls, monkeypatch):
    with raises_kafka_error("_INVALID_ARG") as caught:
        cls({"group.id": "g", "streams.compatibility": "pulsar"})
    assert "streams.compatibility" in caught.value.args[0].str()
    assert "pulsar" in caught.value.args[0].str()
    monkeypatch.setenv("MAPR_STREAMS_COMPATIBILITY", "pulsar")
    with raises_kafka_error("_INVALID_ARG") as caught:
        cls({"group.id": "g"})
    assert "MAPR_STREAMS_COMPATIBILITY" in caught.value.args[0].str()


# 11: Consumer.close().


def test_ruling_11_close_serves_the_last_commit_callback(online, filled):
    topic, calls = filled("v"), []
    consumer = online.consumer(
        {"auto.commit.interval.ms": 60000, "on_commit": lambda error, partitions: calls.append((error, partitions))}
    )
    consumer.assign([TopicPartition(topic, 0, 0)])
    read(consumer, 1)
    assert calls == []
    consumer.close()
    [(error, partitions)] = calls
    assert error is None
    assert fields(partitions) == [(topic, 0, 1, None)]


def test_ruling_11_a_second_close_does_nothing(offline):
    consumer = offline.consumer()
    assert consumer.close() is None
    assert consumer.close() is None


def test_ruling_11_a_closed_consumer_has_left_its_group(mapr_clients, filled):
    topic = filled("v", partitions=2)
    first, second = mapr_clients.consumer({"group.id": topic}), mapr_clients.consumer({"group.id": topic})
    first.subscribe([topic])
    read(first, 1)
    first.close()
    second.subscribe([topic])
    # Without the leave, the coordinator would wait for the first member's session to end.
    assert wait_until(lambda: len(second.assignment()) == 2, 60, polling=[second])


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("subscribe", (["t"],)),
        ("unsubscribe", ()),
        ("assign", ([],)),
        ("unassign", ()),
        ("assignment", ()),
        ("incremental_assign", ([],)),
        ("incremental_unassign", ([],)),
        ("poll", (0,)),
        ("consume", (-1,)),
        ("commit", ()),
        ("commit", (5,)),
        ("committed", ([], 0.1)),
        ("position", ([],)),
        ("store_offsets", ()),
        ("seek", (5,)),
        ("pause", ([],)),
        ("resume", ([],)),
        ("get_watermark_offsets", (5,)),
        ("offsets_for_times", (5,)),
        ("beginning_offsets", (5,)),
        ("end_offsets", (5,)),
        ("lag", (5,)),
        ("list_topics", ()),
        ("memberid", ()),
        ("rebalance_protocol", ()),
        ("__iter__", ()),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value),
)
def test_ruling_11_every_other_call_after_close_is_a_runtime_error(offline, method, arguments):
    consumer = offline.consumer()
    consumer.close()
    with pytest.raises(RuntimeError, match="^Consumer closed$"):
        result = getattr(consumer, method)(*arguments)
        if method == "__iter__":
            next(result)


def test_ruling_11_a_with_block_closes_the_consumer(offline):
    with offline.consumer() as consumer:
        assert consumer.poll(0) is None
    with pytest.raises(RuntimeError, match="^Consumer closed$"):
        consumer.poll(0)


def test_ruling_11_close_takes_a_timeout_and_nothing_else(offline):
    consumer = offline.consumer()
    with pytest.raises(TypeError):
        consumer.close(1, 2)
    assert consumer.close(60) is True


# 12: len(), key() and value().


def test_ruling_12_len_is_pythons_own_and_key_and_value_are_bytes(online, make_topic):
    producer = online.producer()
    assert len(producer) == 0
    assert not hasattr(producer, "len")
    _, message = report_of(producer, make_topic(), value="text", key=bytearray(b"key"))
    assert (message.value(), message.key()) == (b"text", b"key")
    assert type(message.value()) is bytes
    assert type(message.key()) is bytes
    assert len(message) == 4
    assert not hasattr(message, "len")


# 13: get_watermark_offsets().


@pytest.mark.parametrize("dialect", ["mapr", "kafka"])
def test_ruling_13_watermark_offsets_are_none_on_a_time_out(mapr_clients, kafka_cluster, dialect):
    kafka_cluster.create_topic("t")
    consumer = mapr_clients.consumer({"streams.compatibility": dialect})
    partition = TopicPartition("t", 0)
    assert consumer.get_watermark_offsets(partition, timeout=HANG) == (0, 0)
    kafka_cluster.set_broker_rtt(-1, 5)
    assert consumer.get_watermark_offsets(partition, timeout=0.3) is None
    kafka_cluster.set_broker_rtt(-1, 0)


def test_ruling_13_watermark_offsets_take_timeout_and_cached_by_position(online, filled):
    topic = filled("v")
    consumer = online.consumer()
    assert consumer.get_watermark_offsets(TopicPartition(topic, 0), HANG, False) == (0, 1)
    assert consumer.get_watermark_offsets(TopicPartition(topic, 0), HANG, True) == (-1001, -1001)


# 15: MapR rules that we do not follow. (Rebalance callbacks that assign: ruling 1.)


def test_ruling_15_ssl_properties_are_not_ignored():
    with raises_kafka_error("_INVALID_ARG") as caught:
        Producer({"security.protocol": "ssl", "ssl.ca.location": "/no/such/file"})
    assert "/no/such/file" in caught.value.args[0].str() or "ssl.ca.location" in caught.value.args[0].str()


def test_ruling_15_a_message_that_needs_more_than_a_fetch_is_not_dropped(mapr_clients, make_topic):
    name, payload = make_topic(), b"x" * 100_000
    report_of(mapr_clients.producer(), name, value=payload, partition=0)
    consumer = mapr_clients.consumer({"fetch.message.max.bytes": 1000, "fetch.max.bytes": 1_000_000})
    consumer.assign([TopicPartition(name, 0, 0)])
    assert read(consumer, 1)[0].value() == payload


# 16: the end of a partition.


@pytest.fixture
def at_the_end(filled):
    """A factory: a consumer of these clients that has read the only message of its topic, and the topic."""

    def make(clients, **properties):
        topic = filled("v")
        consumer = clients.consumer({name.replace("_", "."): value for name, value in properties.items()})
        consumer.assign([TopicPartition(topic, 0, 0)])
        assert read(consumer, 1)[0].offset() == 0
        return consumer, topic

    return make


@pytest.mark.parametrize("method", ["poll", "consume"])
def test_ruling_16_the_end_of_a_partition_is_an_event_in_the_mapr_dialect(mapr_clients, at_the_end, method):
    consumer, topic = at_the_end(mapr_clients)
    event = next_event(consumer) if method == "poll" else consumer.consume(1, HANG)[0]
    assert event.error().code() == KafkaError._PARTITION_EOF
    assert (event.topic(), event.partition(), event.offset()) == (topic, 0, 1)


def test_ruling_16_the_end_of_a_partition_is_no_event_if_it_is_turned_off(mapr_clients, at_the_end):
    consumer, _ = at_the_end(mapr_clients, enable_partition_eof=False)
    assert consumer.poll(1.5) is None


def test_ruling_16_the_end_of_a_partition_is_no_event_in_the_kafka_dialect(kafka_clients, at_the_end):
    consumer, _ = at_the_end(kafka_clients)
    assert consumer.poll(1.5) is None


def test_ruling_16_the_end_of_a_partition_is_an_event_in_the_kafka_dialect_if_turned_on(kafka_clients, at_the_end):
    consumer, _ = at_the_end(kafka_clients, enable_partition_eof=True)
    assert next_event(consumer).error() == KafkaError._PARTITION_EOF


def test_ruling_16_a_loop_that_ends_at_the_end_of_the_partition_ends(mapr_clients, filled):
    topic = filled("v0", "v1", "v2")
    consumer = mapr_clients.consumer()
    consumer.assign([TopicPartition(topic, 0, 0)])
    values = []
    while True:
        message = consumer.poll(timeout=HANG)
        if message.error():
            assert message.error().code() == KafkaError._PARTITION_EOF
            break
        values.append(message.value())
    assert values == [b"v0", b"v1", b"v2"]


def test_ruling_16_iteration_skips_the_end_of_a_partition(mapr_clients, at_the_end):
    consumer, topic = at_the_end(mapr_clients)
    producer = mapr_clients.producer()
    assert next_event(consumer).error() == KafkaError._PARTITION_EOF
    producer.produce(topic, "later", partition=0)
    assert producer.flush(HANG) == 0
    assert next(iter(consumer)).value() == b"later"


# 17: no bootstrap.servers.


@pytest.mark.parametrize("cls", [Producer, Consumer])
def test_ruling_17_a_client_needs_no_servers(cls, dialect):
    assert type(cls({"group.id": "g", "streams.compatibility": dialect})) is cls


STREAM = "/apps/stream:topic"


@pytest.mark.parametrize(
    "call",
    [
        lambda producer, consumer: producer.produce(STREAM, "v"),
        lambda producer, consumer: consumer.subscribe([STREAM]),
        lambda producer, consumer: consumer.assign([TopicPartition(STREAM, 0)]),
    ],
    ids=["produce", "subscribe", "assign"],
)
def test_ruling_17_naming_a_stream_without_servers_says_what_to_set(offline, call):
    with pytest.raises(KafkaException) as caught:
        call(offline.producer(), offline.consumer())
    assert "bootstrap.servers" in caught.value.args[0].str()


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (Producer, "streams.producer.default.stream"),
        (Consumer, "streams.consumer.default.stream"),
        # The other's, as where one dictionary is for both.
        (Consumer, "streams.producer.default.stream"),
        (Producer, "streams.admin.default.stream"),
    ],
)
def test_ruling_17_a_streams_property_without_servers_says_what_to_set(cls, name):
    with raises_kafka_error("_INVALID_ARG") as caught:
        cls({"group.id": "g", name: "/apps/stream"})
    assert f'"{name}"' in caught.value.args[0].str()
    assert "bootstrap.servers" in caught.value.args[0].str()


# 18: fork. See test_crash_safety_process.py.

# 19: more types than the references take, and comparisons that answer.


@pytest.mark.parametrize(
    "buffer",
    [
        bytearray(b"abc"),
        memoryview(b"abc"),
        memoryview(bytearray(b"abc")),
        array.array("b", [97, 98, 99]),
        memoryview(b"xxabcxx")[2:5],
    ],
    ids=["bytearray", "memoryview", "writable memoryview", "array", "slice"],
)
def test_ruling_19_any_contiguous_buffer_is_a_value_a_key_and_a_header(online, make_topic, buffer):
    name = make_topic()
    report_of(online.producer(), name, value=buffer, key=buffer, headers=[("h", buffer)], partition=0)
    consumer = online.consumer()
    consumer.assign([TopicPartition(name, 0, 0)])
    message = read(consumer, 1)[0]
    assert (message.value(), message.key(), message.headers()) == (b"abc", b"abc", [("h", b"abc")])


def test_ruling_19_a_buffer_with_gaps_is_a_buffer_error_or_a_type_error(offline):
    producer = offline.producer()
    with pytest.raises((BufferError, TypeError)):
        producer.produce("t", memoryview(b"abcdef")[::2])
    assert len(producer) == 0


def test_ruling_19_a_buffer_may_change_once_produce_has_returned(online, make_topic):
    name, buffer, producer = make_topic(), bytearray(b"before"), online.producer()
    producer.produce(name, buffer, partition=0)
    buffer[:] = b"later!!"
    assert producer.flush(HANG) == 0
    consumer = online.consumer()
    consumer.assign([TopicPartition(name, 0, 0)])
    assert read(consumer, 1)[0].value() == b"before"


def test_ruling_19_comparisons_answer_false_where_references_crash():
    assert (KafkaError(3) == None) is False  # noqa: E711
    assert (TopicPartition("t", 0) == None) is False  # noqa: E711
    assert (TopicPartition("t", 0) == "t") is False
    assert KafkaError(3) not in [None, "x", 3.5]
    assert TopicPartition("t", 0) not in [None, "t", 0]
