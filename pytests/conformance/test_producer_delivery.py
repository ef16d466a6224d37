"""Producer.poll(), flush() and len(): the queue, and the delivery callbacks that they serve."""

import json
import threading
import time

import pytest
from limits import HANG
from reports import report_of

from mapr_streams_python import KafkaError, Message, Producer, TopicPartition
from mapr_streams_python.testing import wait_until

from .support import raises_kafka_error

FAST = {"message.timeout.ms": 20}


def elapsed(function):
    start = time.monotonic()
    result = function()
    return result, time.monotonic() - start


# len().


def test_len_is_zero_for_a_new_producer(offline):
    assert len(offline.producer()) == 0


def test_len_is_positive_while_anything_waits(offline):
    producer = offline.producer()
    producer.produce("t", "v")
    assert len(producer) > 0
    producer.poll(0)
    assert len(producer) > 0


def test_len_counts_a_message_until_its_report_is_served(online, make_topic):
    name = make_topic()
    producer = online.producer({"linger.ms": 0})
    producer.produce(name, "v", partition=0, on_delivery=lambda error, message: None)
    consumer = online.consumer()
    partition = TopicPartition(name, 0)
    wait_until(lambda: consumer.get_watermark_offsets(partition, HANG) == (0, 1), HANG)
    assert len(producer) > 0
    assert producer.flush(HANG) == 0
    assert len(producer) == 0


# What librdkafka counts where nothing listens, seen with confluent-kafka and the same librdkafka: a connection that
# fails leaves an error event behind, though nobody has asked for errors.
NOWHERE = {"bootstrap.servers": "127.0.0.1:1", "log_level": 0, "reconnect.backoff.max.ms": 100}


def test_in_the_kafka_dialect_len_counts_events_that_wait_beside_messages():
    producer = Producer({**NOWHERE, "streams.compatibility": "kafka"})
    wait_until(lambda: len(producer) > 1, HANG)
    before = len(producer)
    producer.produce("t", "v")
    assert len(producer) > before
    assert producer.poll(0) >= before
    producer.purge()
    producer.flush(HANG)


def test_in_the_mapr_dialect_len_and_flush_count_messages_alone():
    producer = Producer(NOWHERE)
    seen = []
    beside = Producer({**NOWHERE, "error_cb": seen.append})
    # What one has to tell the other has as well by then.
    wait_until(lambda: beside.poll(0.1) is not None and len(seen) > 2, HANG)
    assert len(producer) == 0
    producer.produce("t", "v")
    assert len(producer) == 1
    assert producer.flush(0) == 1
    producer.purge()
    assert producer.flush(HANG) == 0


def test_an_empty_producer_is_false_in_the_mapr_dialect():
    producer = Producer({})
    assert not producer
    producer.produce("t", "v")
    assert producer
    producer.purge()
    producer.flush(HANG)


def test_a_producer_is_true_in_the_kafka_dialect():
    assert Producer({"streams.compatibility": "kafka"})


# poll().


def test_poll_returns_zero_when_there_is_nothing(offline):
    assert offline.producer().poll(0.0) == 0
    assert offline.producer().poll(timeout=0) == 0


@pytest.mark.parametrize("how", ["position", "keyword"])
def test_poll_waits_as_long_as_it_was_told_to_in_seconds(offline, how):
    producer = offline.producer()
    result, seconds = elapsed(lambda: producer.poll(0.2) if how == "position" else producer.poll(timeout=0.2))
    assert result == 0
    assert 0.15 < seconds < 20


def test_poll_without_a_timeout_waits_for_an_event(failing):
    reports = []
    failing.produce("t", "v", on_delivery=lambda error, message: reports.append(error))
    assert failing.poll() == 1
    assert len(reports) == 1


def test_poll_counts_events_and_not_callbacks(online, make_topic):
    # They wait until all three are there, and go in one batch.
    producer = online.producer({"linger.ms": 200000, "batch.num.messages": 3})
    name, reports = make_topic(), []
    for _ in range(3):
        producer.produce(name, "v", partition=0, on_delivery=lambda error, message: reports.append(error))
    served = 0
    while len(reports) < 3:
        served += producer.poll(5)
    assert served == 1
    assert reports == [None, None, None]


@pytest.mark.parametrize("method", ["poll", "flush"])
@pytest.mark.parametrize("arguments", [("x",), (0, 0)], ids=repr)
def test_wrong_arguments_of_poll_and_flush_are_a_type_error(offline, method, arguments):
    with pytest.raises(TypeError):
        getattr(offline.producer(), method)(*arguments)


@pytest.mark.parametrize("method", ["poll", "flush"])
def test_an_unknown_keyword_of_poll_and_flush_is_named(offline, method):
    with pytest.raises(TypeError, match="bogus"):
        getattr(offline.producer(), method)(bogus=1)


# flush().


def test_flush_waits_until_everything_is_delivered_and_returns_zero(online, make_topic):
    producer, name, reports = online.producer(), make_topic(), []
    for index in range(100):
        producer.produce(name, str(index), on_delivery=lambda error, message: reports.append(error))
    assert producer.flush() == 0
    assert reports == [None] * 100
    assert len(producer) == 0


def test_flush_returns_what_is_left_when_its_time_is_up(offline):
    producer = offline.producer()
    producer.produce("t", "v")
    result, seconds = elapsed(lambda: producer.flush(0.3))
    assert result == 1
    assert 0.25 < seconds < 20
    assert producer.flush(timeout=0) == 1


def test_flush_of_nothing_returns_zero_at_once(offline):
    result, seconds = elapsed(offline.producer().flush)
    assert result == 0
    assert seconds < 20


# message.timeout.ms, at both places.


def test_a_topic_property_at_the_top_level_takes_effect(failing):
    failing.produce("t", "v")
    assert failing.flush(HANG) == 0


def test_default_topic_config_wins_over_the_top_level(offline):
    producer = offline.producer({"message.timeout.ms": 600000, "default.topic.config": FAST})
    producer.produce("t", "v")
    assert producer.flush(HANG) == 0


# Delivery callbacks.


def test_a_callback_gets_none_and_the_message_on_success(online, make_topic):
    error, message = report_of(online.producer(), make_topic(), value="v")
    assert error is None
    assert type(message) is Message


def test_a_callback_gets_the_error_and_the_message_on_failure(failing):
    error, message = report_of(failing, value="v")
    assert type(error) is KafkaError
    assert type(message) is Message
    assert message.error() == error


def test_callback_and_on_delivery_are_aliases(failing):
    calls = []
    failing.produce("t", "v", callback=lambda error, message: calls.append("callback"))
    failing.produce("t", "v", on_delivery=lambda error, message: calls.append("on_delivery"))
    failing.flush(HANG)
    assert calls == ["callback", "on_delivery"]


def test_callback_wins_over_on_delivery(failing):
    calls = []
    failing.produce(
        "t",
        "v",
        callback=lambda error, message: calls.append("callback"),
        on_delivery=lambda error, message: calls.append("on_delivery"),
    )
    failing.flush(HANG)
    assert calls == ["callback"]


def test_a_callback_of_the_call_replaces_the_configured_one(offline):
    calls = []
    producer = offline.producer({**FAST, "on_delivery": lambda error, message: calls.append("configured")})
    producer.produce("t", "v")
    producer.produce("t", "v", on_delivery=lambda error, message: calls.append("call"))
    producer.produce("t", "v", on_delivery=None)
    producer.flush(HANG)
    assert calls == ["configured", "call", "configured"]


def test_a_callback_may_be_any_callable(failing):
    class Callback:
        def __call__(self, error, message):
            self.error = error

    callback = Callback()
    failing.produce("t", "v", on_delivery=callback)
    failing.flush(HANG)
    assert callback.error == KafkaError._MSG_TIMED_OUT


@pytest.mark.parametrize("name", ["callback", "on_delivery"])
@pytest.mark.parametrize("value", [5, "x", b"x"], ids=repr)
def test_a_callback_that_is_not_callable_is_a_type_error_that_names_the_argument(offline, name, value):
    producer = offline.producer()
    with pytest.raises(TypeError, match=name):
        producer.produce("t", "v", **{name: value})
    assert len(producer) == 0


@pytest.mark.parametrize("method", ["poll", "flush"])
def test_callbacks_run_in_the_thread_that_polls_or_flushes(online, make_topic, method):
    producer, threads = online.producer(), []
    producer.produce(make_topic(), "v", on_delivery=lambda error, message: threads.append(threading.get_ident()))
    while not threads:
        getattr(producer, method)(1)
    assert threads == [threading.get_ident()]


def test_an_exception_of_a_callback_comes_out_of_poll_and_the_next_reports_go_on(online, make_topic):
    producer, name, calls = online.producer(), make_topic(partitions=2), []

    def bad(error, message):
        calls.append("bad")
        raise ValueError("from callback")

    producer.produce(name, "v", partition=0, on_delivery=bad)
    with pytest.raises(ValueError, match="^from callback$"):
        producer.flush(HANG)
    producer.produce(name, "v", partition=1, on_delivery=lambda error, message: calls.append("good"))
    assert producer.flush(HANG) == 0
    assert calls == ["bad", "good"]


@pytest.mark.parametrize("callback", [lambda: 0, lambda error, message, more: 0], ids=["none", "three"])
def test_a_callback_with_another_number_of_arguments_is_a_type_error_of_flush(failing, callback):
    failing.produce("t", "v", on_delivery=callback)
    with pytest.raises(TypeError, match="<lambda>"):
        failing.flush(HANG)


def test_a_callback_may_produce(failing):
    calls = []

    def first(error, message):
        calls.append(1)
        failing.produce("u", "v", on_delivery=lambda error, message: calls.append(2))

    failing.produce("t", "v", on_delivery=first)
    assert failing.flush(HANG) == 0
    assert calls == [1, 2]


def test_a_callback_may_poll(online, make_topic):
    producer, name, calls = online.producer(), make_topic(partitions=2), []

    def polling(error, message):
        calls.append(message.partition())
        producer.poll(0)

    for partition in range(2):
        producer.produce(name, "v", partition=partition, on_delivery=polling)
    assert producer.flush(HANG) == 0
    assert sorted(calls) == [0, 1]


def test_only_errors_are_reported_if_so_configured(online, offline, make_topic):
    errors = []
    producer = online.producer({"delivery.report.only.error": True})
    producer.produce(make_topic(), "v", on_delivery=lambda error, message: errors.append(error))
    assert producer.flush(HANG) == 0
    assert errors == []
    failing = offline.producer({**FAST, "delivery.report.only.error": True})
    failing.produce("t", "v", on_delivery=lambda error, message: errors.append(error.name()))
    assert failing.flush(HANG) == 0
    assert errors == ["_MSG_TIMED_OUT"]


def test_a_message_without_a_callback_is_delivered_too(online, make_topic):
    producer = online.producer()
    producer.produce(make_topic(), "v")
    assert producer.flush(HANG) == 0


# Other callbacks, served by poll.


def test_statistics_are_json_text(offline):
    texts = []
    producer = offline.producer({"statistics.interval.ms": 50, "stats_cb": texts.append})
    wait_until(lambda: producer.poll(0.1) is not None and texts, HANG)
    assert type(texts[0]) is str
    assert json.loads(texts[0])["type"] == "producer"


def test_an_exception_of_error_cb_comes_out_of_poll(offline):
    def bad(error):
        raise ValueError("from error_cb")

    producer = offline.producer({"bootstrap.servers": "127.0.0.1:1", "error_cb": bad})
    deadline = time.monotonic() + HANG
    with pytest.raises(ValueError, match="^from error_cb$"):
        while time.monotonic() < deadline:
            producer.poll(0.2)


def test_error_cb_gets_a_kafka_error(offline):
    errors = []
    producer = offline.producer({"bootstrap.servers": "127.0.0.1:1", "error_cb": errors.append})
    wait_until(lambda: producer.poll(0.1) is not None and errors, HANG)
    assert type(errors[0]) is KafkaError
    assert errors[0].code() in (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN)


# purge() and close(), which the API page does not have.


def test_purge_fails_what_is_queued(offline):
    names = []
    producer = offline.producer()
    producer.produce("t", "v", on_delivery=lambda error, message: names.append(error.name()))
    assert producer.purge() is None
    assert producer.flush(HANG) == 0
    assert names == ["_PURGE_QUEUE"]


def test_purge_takes_its_three_flags_by_keyword(offline):
    producer = offline.producer()
    producer.produce("t", "v")
    assert producer.purge(in_queue=False, in_flight=True, blocking=False) is None
    assert len(producer) == 1
    assert producer.purge(in_queue=True, in_flight=False, blocking=True) is None
    assert producer.flush(HANG) == 0


def test_close_delivers_what_waits_and_returns_true(online, make_topic):
    reports = []
    producer = online.producer()
    producer.produce(make_topic(), "v", on_delivery=lambda error, message: reports.append(error))
    assert producer.close() is True
    assert reports == [None]
    with pytest.raises(RuntimeError, match="^Producer closed$"):
        producer.produce("t", "v")


def test_a_with_block_closes_the_producer(online, make_topic):
    reports = []
    with online.producer() as producer:
        producer.produce(make_topic(), "v", on_delivery=lambda error, message: reports.append(error))
    assert reports == [None]
    with pytest.raises(RuntimeError, match="^Producer closed$"):
        producer.poll(0)


@pytest.mark.parametrize("arguments", [{"timeout": 0.2}, {"topic": "t", "timeout": 0.2}], ids=repr)
def test_list_topics_without_a_server_fails(offline, arguments):
    with raises_kafka_error("_TRANSPORT") as caught:
        offline.producer({"bootstrap.servers": "127.0.0.1:1"}).list_topics(**arguments)
    # Behind it stands why, as soon as that is known.
    assert caught.value.args[0].str().startswith("Failed to get metadata: Local: Broker transport failure")
