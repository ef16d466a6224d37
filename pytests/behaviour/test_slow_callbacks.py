"""Calls end when their time is over, though events come faster than their callbacks return.

How often a callback ran is what tells: it takes a while each time, on the fastest machine too.
"""

import threading
import time

import pytest
from limits import HANG

from mapr_streams_python import Producer, TopicPartition
from mapr_streams_python.admin import AdminClient
from mapr_streams_python.testing import wait_until

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


def until_it_serves(slow, call):
    """Call until a call has run the callback: on a busy machine librdkafka may not have made an event yet."""
    wait_until(lambda: (call(), slow.calls)[1], HANG)


@KINDS
@pytest.mark.parametrize("call", CONSUMER_CALLS)
def test_a_consumers_call_ends_when_its_time_is_over(call, properties, kafka_topic, make_consumer):
    slow = Slow()
    consumer = make_consumer(properties(slow))
    consumer.assign([TopicPartition(kafka_topic, 0, 0)])
    let_events_pile_up()
    until_it_serves(slow, lambda: CONSUMER_CALLS[call](consumer))
    assert slow.calls <= MOST


@KINDS
@pytest.mark.parametrize("call", PRODUCER_CALLS)
def test_a_producers_call_ends_when_its_time_is_over(call, properties, make_producer):
    slow = Slow()
    producer = make_producer(properties(slow))
    let_events_pile_up()
    until_it_serves(slow, lambda: PRODUCER_CALLS[call](producer))
    assert slow.calls <= MOST


@KINDS
def test_a_call_without_time_serves_something_and_ends(properties, kafka_topic, make_consumer):
    slow = Slow()
    consumer = make_consumer(properties(slow))
    consumer.assign([TopicPartition(kafka_topic, 0, 0)])
    let_events_pile_up()
    until_it_serves(slow, lambda: consumer.poll(0))
    assert slow.calls <= 3


@KINDS
def test_a_flush_without_a_timeout_ends_when_all_is_delivered(properties, kafka_topic, make_producer):
    slow, reports = Slow(), []
    producer = make_producer(properties(slow))
    for index in range(10):
        producer.produce(kafka_topic, str(index), on_delivery=lambda error, message: reports.append(message.value()))
    assert producer.flush() == 0
    assert reports == [b"%d" % index for index in range(10)]


class Patient(Slow):
    """One that returns at once until the close of its client begins."""

    def __init__(self):
        super().__init__()
        self.is_slow = False

    def __call__(self, *arguments):
        if self.is_slow:
            super().__call__()


# A close tells of what only informs for a second in all: of statistics not at all.
MOST_OF_A_CLOSE = pytest.mark.parametrize(("properties", "most"), [(statistics, 0), (logger, 1 / SLOW + 1)])


def subscribed(topic, make_consumer, **properties):
    """A consumer that is assigned all partitions, and the list that its last rebalance will be noted in."""
    assigned, revoked = [], []
    consumer = make_consumer({"auto.offset.reset": "earliest", **properties})
    consumer.subscribe(
        [topic],
        on_assign=lambda consumer, partitions: assigned.append(partitions),
        on_revoke=lambda consumer, partitions: revoked.append(partitions),
    )
    while not assigned:
        consumer.poll(0.1)
    return consumer, revoked


@MOST_OF_A_CLOSE
@pytest.mark.parametrize("strategy", ["range", "cooperative-sticky"])
def test_a_close_tells_of_its_rebalance_though_information_comes_faster_than_it_is_taken(
    strategy, properties, most, kafka_topic, make_consumer
):
    slow = Patient()
    strategy = {"partition.assignment.strategy": strategy}
    consumer, revoked = subscribed(kafka_topic, make_consumer, **strategy, **properties(slow))
    slow.is_slow = True
    let_events_pile_up()
    consumer.close()
    assert len(revoked) == 1
    assert slow.calls <= most


@MOST_OF_A_CLOSE
def test_a_close_waits_for_reports_and_not_for_information(properties, most, kafka_topic, make_producer):
    slow, reports = Patient(), []
    producer = make_producer(properties(slow))
    for index in range(10):
        producer.produce(kafka_topic, str(index), on_delivery=lambda error, message: reports.append(message.value()))
    slow.is_slow = True
    let_events_pile_up()
    assert producer.close()
    assert reports == [b"%d" % index for index in range(10)]
    assert slow.calls <= most


def test_a_close_inside_a_callback_tells_of_no_statistics_that_wait(kafka_topic, make_consumer):
    slow = Patient()

    def close(consumer, partitions):
        slow.is_slow = True
        let_events_pile_up()
        consumer.close()

    consumer = make_consumer(statistics(slow))
    consumer.subscribe([kafka_topic], on_assign=close)
    with pytest.raises(RuntimeError, match="closed"):
        while True:
            consumer.poll(0.1)
    assert slow.calls == 0


def test_a_close_that_a_callback_breaks_off_tells_of_statistics_again(kafka_topic, make_producer):
    told = threading.Event()

    def fail(error, message):
        told.clear()
        raise LookupError

    producer = make_producer({"statistics.interval.ms": 1, "stats_cb": lambda text: told.set()})
    producer.produce(kafka_topic, "v", on_delivery=fail)
    with pytest.raises(LookupError):
        producer.close()
    assert wait_until(told.is_set, HANG, polling=[producer])


def test_a_close_tells_of_errors_for_a_second_in_all():
    """What gets no report is counted by no close, so the producer has a message that is given up in the end."""
    told = []

    def take_a_second(error):
        told.append(error)
        time.sleep(1)

    servers = ",".join(f"127.0.0.1:{port}" for port in (1, 2, 3))
    properties = {"message.timeout.ms": 15_000, "reconnect.backoff.ms": 10, "log_level": 0, "error_cb": take_a_second}
    producer = Producer({"bootstrap.servers": servers, "streams.compatibility": "kafka", **properties})
    producer.produce("t", "v")
    # Each of the brokers is refused, and then all of them are down.
    assert wait_until(lambda: len(producer) >= 4, HANG)
    assert producer.close()
    assert len(told) == 1


def test_an_administrator_that_closes_tells_of_no_statistics(kafka_cluster):
    slow = Patient()
    client = AdminClient({"bootstrap.servers": kafka_cluster.bootstrap_servers, **statistics(slow)})
    slow.is_slow = True
    let_events_pile_up()
    client.close()
    assert slow.calls == 0
