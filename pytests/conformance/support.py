"""What several conformance tests need and no fixture gives."""

import contextlib
import time

import pytest
from limits import HANG

from mapr_streams_python import KafkaException

# A port on which nothing listens: connections are refused at once.
NO_SERVER = "127.0.0.1:1"

# Where a group has to form first: librdkafka's mock coordinator waits for members before it answers a join.
GROUP_TIMEOUT = HANG


@contextlib.contextmanager
def raises_kafka_error(name, text=None):
    """Asserts that the block raises a KafkaException whose KafkaError has this name (and exactly this text)."""
    with pytest.raises(KafkaException) as caught:
        yield caught
    error = caught.value.args[0]
    assert error.name() == name
    if text is not None:
        assert error.str() == text


def next_event(consumer, timeout=GROUP_TIMEOUT):
    """The next thing that `poll` returns, be it a message, an end of partition or an error."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        event = consumer.poll(0.2)
        if event is not None:
            return event
    raise AssertionError(f"poll() returned nothing within {timeout} s")


def fields(partitions):
    """TopicPartitions as plain tuples: topic, partition, offset, error."""
    return [(p.topic, p.partition, p.offset, p.error) for p in partitions]
