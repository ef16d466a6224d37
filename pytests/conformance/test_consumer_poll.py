"""Consumer.poll(), consume() and iteration."""

import json
import time

import pytest
from limits import HANG

from mapr_streams_python import OFFSET_BEGINNING, KafkaError, Message, TopicPartition
from mapr_streams_python.testing import read, unique_name, wait_until

from .support import next_event


def elapsed(function):
    start = time.monotonic()
    result = function()
    return result, time.monotonic() - start


@pytest.fixture
def assigned(online, filled):
    """A factory: a consumer at the beginning of a topic that holds these values, and that topic."""

    def assign(*values, **properties):
        topic = filled(*values)
        consumer = online.consumer({name.replace("_", "."): value for name, value in properties.items()})
        consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
        return consumer, topic

    return assign


# poll().


def test_poll_returns_a_message(assigned):
    consumer, topic = assigned("value")
    message = consumer.poll(HANG)
    assert type(message) is Message
    assert message.error() is None
    assert (message.topic(), message.value()) == (topic, b"value")


def test_poll_without_a_timeout_waits_for_a_message(assigned):
    consumer, _ = assigned("value")
    assert consumer.poll().value() == b"value"


@pytest.mark.parametrize("how", ["position", "keyword"])
def test_poll_returns_none_after_its_timeout_in_seconds(offline, how):
    consumer = offline.consumer()
    result, seconds = elapsed(lambda: consumer.poll(0.2) if how == "position" else consumer.poll(timeout=0.2))
    assert result is None
    assert 0.15 < seconds < 60


def test_poll_of_zero_returns_at_once(offline):
    result, seconds = elapsed(lambda: offline.consumer().poll(0))
    assert result is None
    assert seconds < 60


def test_poll_returns_an_event_as_a_message_with_an_error(assigned):
    consumer, topic = assigned("v0", enable_partition_eof=True)
    assert read(consumer, 1)[0].offset() == 0
    event = next_event(consumer)
    assert event.error().code() == KafkaError._PARTITION_EOF
    assert (event.topic(), event.partition(), event.offset()) == (topic, 0, 1)


def test_poll_returns_an_error_as_a_message_with_an_error(online):
    consumer = online.consumer({"auto.offset.reset": "error"})
    topic = unique_name()
    producer = online.producer()
    producer.produce(topic, "v", partition=0)
    producer.flush(HANG)
    consumer.assign([TopicPartition(topic, 0, 1000)])
    event = next_event(consumer)
    assert event.error().code() == KafkaError._AUTO_OFFSET_RESET
    assert (event.topic(), event.partition()) == (topic, 0)


def test_poll_returns_messages_in_the_order_of_their_offsets(assigned):
    consumer, _ = assigned(*(f"v{index}" for index in range(50)))
    messages = [read(consumer, 1)[0] for _ in range(50)]
    assert [m.offset() for m in messages] == list(range(50))
    assert [m.value() for m in messages] == [b"v%d" % index for index in range(50)]


@pytest.mark.parametrize("arguments", [("x",), (0, 0)], ids=repr)
def test_wrong_arguments_of_poll_are_a_type_error(offline, arguments):
    with pytest.raises(TypeError):
        offline.consumer().poll(*arguments)


def test_an_unknown_keyword_of_poll_is_named(offline):
    with pytest.raises(TypeError, match="bogus"):
        offline.consumer().poll(bogus=1)


def test_a_consumer_is_true(offline):
    assert bool(offline.consumer())


# consume().


def consume_all(consumer, count, timeout=HANG):
    messages, deadline = [], time.monotonic() + timeout
    while len(messages) < count and time.monotonic() < deadline:
        batch = consumer.consume(10, 1)
        assert type(batch) is list
        messages += [m for m in batch if m.error() is None]
    return messages


def test_consume_returns_a_list_of_messages_in_order(assigned):
    consumer, _ = assigned("v0", "v1", "v2", "v3")
    messages = consume_all(consumer, 4)
    assert [(m.offset(), m.value()) for m in messages] == [(0, b"v0"), (1, b"v1"), (2, b"v2"), (3, b"v3")]


def test_consume_returns_as_soon_as_it_has_as_many_as_were_asked_for(assigned):
    consumer, _ = assigned("v0", "v1", "v2")
    messages, seconds = elapsed(lambda: consumer.consume(2, HANG))
    assert [m.offset() for m in messages] == [0, 1]
    assert seconds < HANG / 2


def test_consume_asks_for_one_message_by_default(assigned):
    consumer, _ = assigned("v0", "v1")
    assert [m.value() for m in consumer.consume()] == [b"v0"]


def test_consume_returns_an_empty_list_after_its_timeout(offline):
    result, seconds = elapsed(lambda: offline.consumer().consume(num_messages=10, timeout=0.2))
    assert result == []
    assert 0.15 < seconds < 60


def test_consume_of_zero_messages_returns_an_empty_list(offline):
    assert offline.consumer().consume(0, 0) == []


@pytest.mark.parametrize("number", [-1, 1000001])
def test_consume_of_a_number_out_of_range_is_a_value_error(offline, number):
    with pytest.raises(ValueError, match=r"^num_messages must be between 0 and 1000000 \(1M\)$"):
        offline.consumer().consume(number)


@pytest.mark.parametrize("arguments", [("x", 0), (1.5, 0), (1, "x")], ids=repr)
def test_wrong_arguments_of_consume_are_a_type_error(offline, arguments):
    with pytest.raises(TypeError):
        offline.consumer().consume(*arguments)


def test_a_commit_after_consume_skips_no_message_at_an_end_of_partition(online, filled):
    # rd_kafka_consume_batch_queue of librdkafka 2.2.0 to 2.13.0 stores the offset of the end + 1 (its issue 4844).
    topic = filled("v0", "v1")
    consumer = online.consumer({"enable.partition.eof": True, "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    events = []
    while not events or events[-1].error() is None:
        events += consumer.consume(10, 1)
    assert [e.offset() for e in events] == [0, 1, 2]
    assert [p.offset for p in consumer.commit(asynchronous=False)] == [2]
    assert [p.offset for p in consumer.position([TopicPartition(topic, 0)])] == [2]


# Iteration.


def test_iteration_yields_messages_and_skips_ends_of_partitions(assigned):
    consumer, _ = assigned("v0", "v1", enable_partition_eof=True)
    values = []
    for message in consumer:
        values.append(message.value())
        if len(values) == 2:
            break
    assert values == [b"v0", b"v1"]


def test_iteration_goes_on_after_an_end_of_partition(online, assigned):
    consumer, topic = assigned("v0", enable_partition_eof=True)
    messages = iter(consumer)
    assert next(messages).value() == b"v0"
    producer = online.producer()
    producer.produce(topic, "v1", partition=0)
    assert producer.flush(HANG) == 0
    assert next(messages).value() == b"v1"


# Callbacks that poll serves.


def test_statistics_are_json_text(offline):
    texts = []
    consumer = offline.consumer({"statistics.interval.ms": 50, "stats_cb": texts.append})
    wait_until(lambda: consumer.poll(0.1) is None and texts, HANG)
    assert json.loads(texts[0])["type"] == "consumer"


def test_error_cb_gets_a_kafka_error(offline):
    errors = []
    consumer = offline.consumer({"bootstrap.servers": "127.0.0.1:1", "error_cb": errors.append})
    wait_until(lambda: consumer.poll(0.1) is not False and errors, HANG)
    assert type(errors[0]) is KafkaError
    assert errors[0].code() in (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN)


@pytest.mark.parametrize("method", ["poll", "consume"])
def test_an_exception_of_error_cb_comes_out_of_the_call(offline, method):
    errors = []

    def bad(error):
        errors.append(error)
        if len(errors) == 1:
            raise ValueError("from error_cb")

    consumer = offline.consumer({"bootstrap.servers": "127.0.0.1:1", "error_cb": bad})
    deadline = time.monotonic() + HANG
    with pytest.raises(ValueError, match="^from error_cb$"):
        while time.monotonic() < deadline:
            consumer.poll(0.2) if method == "poll" else consumer.consume(1, 0.2)


# logger.


class Log:
    """No Logger of the logging module, which gets librdkafka's lines though nobody polls: test_logging.py."""

    def __init__(self):
        self.lines = []

    def log(self, *line):
        self.lines.append(line)


def test_an_object_with_a_method_log_gets_librdkafkas_lines_from_poll(offline):
    log = Log()
    consumer = offline.consumer({"bootstrap.servers": "127.0.0.1:1", "client.id": "me", "logger": log})
    consumer.subscribe(["t"])
    wait_until(lambda: consumer.poll(0.1) is not False and any("FAIL" in line for line in log.lines), HANG)
    level, form, facility, client, text = next(line for line in log.lines if "FAIL" in line)
    assert (level, form, facility) == (40, "%s [%s] %s", "FAIL")
    assert client == "me#consumer-" + client.rpartition("-")[2]
    assert "127.0.0.1:1" in text


def test_such_an_object_gets_nothing_without_a_poll(offline):
    log = Log()
    producer = offline.producer({"bootstrap.servers": "127.0.0.1:1", "debug": "generic,broker", "logger": log})
    log.lines.clear()
    with pytest.raises(Exception, match="_TRANSPORT"):
        # Long enough for librdkafka to try the broker and to say so.
        producer.list_topics(timeout=0.5)
    assert log.lines == []


def test_what_has_no_method_log_is_no_logger(offline):
    """The references take it, and raise AttributeError out of poll."""
    with pytest.raises(TypeError, match="^logger must be a logging.Logger"):
        offline.consumer({"logger": 5})
    assert offline.consumer({"logger": None}) is not None
