"""Calls end when their time is over, though events come faster than their callbacks return.

How often a callback ran is what tells: it takes a while each time, on the fastest machine too.
"""

import threading
import time

import pytest

from mapr_streams_python import TopicPartition

SLOW = 0.02
TIMEOUT = 0.2
# One that the first look at the queue finds, which takes no notice of the time, and one that is running at the end.
MOST = TIMEOUT / SLOW + 3


class Slow:
    """A callback, or a logger, that takes longer than it takes for the next event to come."""

    def __init__(self):
        self.calls = 0
        self.inside = threading.Event()

    def __call__(self, *arguments):
        self.calls += 1
        self.inside.set()
        time.sleep(SLOW)

    def log(self, level, form, facility, *values):
        # Not what the constructor tells of the loaded librdkafka.
        if facility != "KNOWNFAULT":
            self()


def statistics(slow):
    return {"statistics.interval.ms": 1, "stats_cb": slow}


def logger(slow):
    return {"statistics.interval.ms": 1, "stats_cb": lambda text: None, "debug": "all", "logger": slow}


KINDS = pytest.mark.parametrize("properties", [statistics, logger])

CONSUMER_CALLS = {
    "poll": lambda consumer: consumer.poll(TIMEOUT),
    "consume": lambda consumer: consumer.consume(10, TIMEOUT),
}
PRODUCER_CALLS = {
    "poll": lambda producer: producer.poll(TIMEOUT),
    "flush": lambda producer: producer.flush(TIMEOUT),
}


def let_events_pile_up():
    """More than a call can serve; nothing tells how many there are."""
    time.sleep(0.1)


@KINDS
@pytest.mark.parametrize("call", CONSUMER_CALLS)
def test_a_consumers_call_ends_when_its_time_is_over(call, properties, kafka_topic, make_consumer):
    slow = Slow()
    consumer = make_consumer(properties(slow))
    consumer.assign([TopicPartition(kafka_topic, 0, 0)])
    let_events_pile_up()
    CONSUMER_CALLS[call](consumer)
    assert 0 < slow.calls <= MOST


@KINDS
@pytest.mark.parametrize("call", PRODUCER_CALLS)
def test_a_producers_call_ends_when_its_time_is_over(call, properties, make_producer):
    slow = Slow()
    producer = make_producer(properties(slow))
    let_events_pile_up()
    PRODUCER_CALLS[call](producer)
    assert 0 < slow.calls <= MOST


@KINDS
def test_a_call_without_time_serves_something_and_ends(properties, kafka_topic, make_consumer):
    slow = Slow()
    consumer = make_consumer(properties(slow))
    consumer.assign([TopicPartition(kafka_topic, 0, 0)])
    let_events_pile_up()
    consumer.poll(0)
    assert 0 < slow.calls <= 3


@KINDS
def test_a_flush_without_a_timeout_ends_when_all_is_delivered(properties, kafka_topic, make_producer):
    slow, reports = Slow(), []
    producer = make_producer(properties(slow))
    for index in range(10):
        producer.produce(kafka_topic, str(index), on_delivery=lambda error, message: reports.append(message.value()))
    assert producer.flush() == 0
    assert reports == [b"%d" % index for index in range(10)]


@KINDS
def test_a_close_ends(properties, kafka_topic, make_consumer):
    slow = Slow()
    consumer = make_consumer(properties(slow))
    consumer.assign([TopicPartition(kafka_topic, 0, 0)])
    let_events_pile_up()
    consumer.close()
    # Each look at the queue took twenty times as long as the one before.
    assert 0 < slow.calls <= 100
