"""How the tests of the mock cluster look at a fault, and what they do where the loaded librdkafka does not have it."""

from __future__ import annotations

import time
from typing import Any, Callable

import pytest
from reports import report_of

from mapr_streams_python import KafkaError, KafkaException, Message, Producer, libversion
from mapr_streams_python.testing import MockCluster


def produce_one(cluster: MockCluster, topic: str, *, partition: int = 0, **config: Any) -> tuple[Any, Message, float]:
    """Produce one message without trying again; return the error, the message, and the seconds that it took."""
    with Producer({"bootstrap.servers": cluster.bootstrap_servers, "retries": 0, **config}) as producer:
        began = time.monotonic()
        error, message = report_of(producer, topic, value=b"x", partition=partition)
        seconds = time.monotonic() - began
    return error, message, seconds


def lead(cluster: MockCluster, topic: str, broker_id: int) -> None:
    cluster.create_topic(topic)
    cluster.set_partition_leader(topic, 0, broker_id)


def needs(function: str, call: Callable[[], object]) -> Any:
    """Call what an old librdkafka cannot do; where it is old, hold its error against what it must say, and skip."""
    try:
        return call()
    except KafkaException as refused:
        error = refused.args[0]
        assert error.code() == KafkaError._NOT_IMPLEMENTED
        assert function in error.str() and libversion()[0] in error.str()
        pytest.skip(error.str())
