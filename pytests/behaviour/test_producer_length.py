"""What `len(producer)` and `flush()` count: messages in the MapR dialect; in Kafka's, librdkafka's whole queue.

The numbers of the Kafka dialect are those of confluent-kafka 2.0.2 and 2.16.1 with the same properties, call by call.
"""

import time

import pytest

from mapr_streams_python import Producer, kafka as kafka_package
from mapr_streams_python.testing import wait_until


class Silent:
    """No Logger: so it gets its lines from calls, as confluent-kafka's do."""

    def log(self, *arguments):
        pass


SILENT = Silent()

# One refused connection, and none after it: one error of the broker, one that all brokers are down, one log line.
ONE_REFUSAL = {
    "bootstrap.servers": "127.0.0.1:1",
    "reconnect.backoff.ms": 600_000,
    "reconnect.backoff.max.ms": 600_000,
    "log_level": 3,
}

CONFIGURATIONS = {
    "no callbacks": ({}, 2),
    "error_cb": ({"error_cb": lambda error: None}, 2),
    "throttle_cb": ({"throttle_cb": lambda event: None}, 2),
    "debug without a logger": ({"debug": "broker", "log_level": 0}, 2),
    "logger": ({"logger": SILENT}, 3),
    "error_cb and logger": ({"error_cb": lambda error: None, "logger": SILENT}, 3),
}

# What goes on coming.
STREAMS = {
    "stats_cb": {"statistics.interval.ms": 20, "stats_cb": lambda text: None},
    "statistics without stats_cb": {"statistics.interval.ms": 20},
    "debug and logger": {"debug": "all", "logger": SILENT},
}


def kafka_producer(properties):
    return Producer({**ONE_REFUSAL, **properties, "streams.compatibility": "kafka"})


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_in_the_kafka_dialect_events_that_wait_count(name):
    properties, events = CONFIGURATIONS[name]
    producer = kafka_producer(properties)
    assert wait_until(lambda: len(producer) == events, 60)
    assert producer.poll(0) == events
    assert len(producer) == 0
    producer.produce("t", "v")
    producer.produce("t", "v")
    assert wait_until(lambda: producer.poll(0) == 0 and len(producer) == 2, 60)
    assert producer.flush(0) == 2
    producer.purge()
    # Both messages, and the one event with their reports.
    assert wait_until(lambda: len(producer) == 3, 60)
    assert producer.poll(0) == 1
    assert (len(producer), producer.flush()) == (0, 0)


@pytest.mark.parametrize("name", STREAMS)
def test_in_the_kafka_dialect_statistics_and_log_lines_that_wait_count(name):
    producer = kafka_producer(STREAMS[name])
    assert wait_until(lambda: len(producer) > 5, 60)
    assert producer.poll(0) > 5


def test_the_package_of_the_kafka_dialect_counts_alike():
    producer = kafka_package.Producer(ONE_REFUSAL)
    assert wait_until(lambda: len(producer) == 2, 60)


@pytest.mark.parametrize("name", [*CONFIGURATIONS, *STREAMS])
def test_in_the_mapr_dialect_messages_count_alone(name):
    properties = STREAMS.get(name) or CONFIGURATIONS[name][0]
    producer = Producer({**ONE_REFUSAL, **properties})
    producer.produce("t", "v")
    # As many events as the Kafka dialect counts have come once that many are served.
    deadline, served = time.monotonic() + 60, 0
    while served < 2 and time.monotonic() < deadline:
        assert len(producer) == 1
        served += producer.poll(0.01)
    assert served >= 2
    assert producer.flush(0) == 1
    producer.purge()
    assert len(producer) == 1
    assert producer.flush() == 0
    assert len(producer) == 0


@pytest.mark.parametrize(("dialect", "counts_events"), [("mapr", False), ("kafka", True)])
def test_flush_returns_what_len_says(dialect, counts_events):
    # While one is told, the next one comes.
    pauses = [0.04]
    producer = Producer(
        {
            **ONE_REFUSAL,
            "streams.compatibility": dialect,
            "statistics.interval.ms": 30,
            "stats_cb": lambda text: time.sleep(pauses[0]),
        }
    )
    producer.produce("t", "v")
    if counts_events:
        assert wait_until(lambda: producer.flush(0.2) > 1, 60)
    else:
        assert producer.flush(0.2) == 1
    pauses[0] = 0
    producer.purge()
    assert producer.flush() == 0
    assert producer.close() is True
