"""`throttle_cb`, where a real broker slows a client down to keep it to its quota. The mock cluster has none."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from clusters import on_one_node
from limits import HANG

from mapr_streams_python import Consumer, Producer, ThrottleEvent, TopicPartition
from mapr_streams_python.testing import Cluster, deliver, unique_name, wait_until

pytestmark = on_one_node

BYTES_PER_SECOND = 20_000
VALUE = b"x" * 10_000


def set_quota(cluster: Cluster, client: str, change: str) -> None:
    subprocess.run(
        [
            Path(os.environ["KAFKA_HOME"]) / "bin" / "kafka-configs.sh",
            *("--bootstrap-server", cluster.bootstrap_servers),
            *("--alter", "--entity-type", "clients", "--entity-name", client, *change.split()),
        ],
        check=True,
        capture_output=True,
    )


@pytest.fixture(scope="module")
def limited() -> dict[str, str]:
    """The clients that have a quota, by the server that they have it at."""
    return {}


@pytest.fixture
def client(kafka_cluster: Cluster, limited: dict[str, str]) -> Iterator[str]:
    """A client.id with a quota."""
    servers = kafka_cluster.bootstrap_servers
    if servers not in limited:
        limited[servers] = unique_name("client")
        quota = f"producer_byte_rate={BYTES_PER_SECOND},consumer_byte_rate={BYTES_PER_SECOND}"
        set_quota(kafka_cluster, limited[servers], f"--add-config {quota}")
    return limited[servers]


def test_a_producer_is_told_which_broker_throttles_it_and_for_how_long(kafka_cluster, kafka_topic, client):
    events: list[ThrottleEvent] = []
    producer = Producer(
        {"bootstrap.servers": kafka_cluster.bootstrap_servers, "client.id": client, "throttle_cb": events.append}
    )
    producer.produce(kafka_topic, VALUE)

    def told():
        producer.produce(kafka_topic, VALUE)
        producer.poll(0.1)
        return events

    wait_until(told, HANG)
    event = events[0]
    assert type(event) is ThrottleEvent
    assert event.broker_name in kafka_cluster.bootstrap_servers
    assert event.broker_id >= 0
    assert event.throttle_time > 0
    assert "throttled for" in str(event)
    producer.purge()
    producer.close(0)


def test_a_close_tells_of_no_throttling(kafka_cluster, kafka_topic, client):
    """librdkafka calls back from inside of what a close waits in, and the child of a fork could not leave that."""
    events: list[ThrottleEvent] = []
    producer = Producer(
        {"bootstrap.servers": kafka_cluster.bootstrap_servers, "client.id": client, "throttle_cb": events.append}
    )

    def told():
        producer.produce(kafka_topic, VALUE)
        producer.poll(0.1)
        return events

    wait_until(told, HANG)
    producer.flush()
    events.clear()
    for _ in range(5):
        producer.produce(kafka_topic, VALUE)
    assert producer.close()
    assert not events


def test_a_consumer_is_told(kafka_cluster, kafka_topic, producer, client):
    deliver(producer, kafka_topic, [VALUE] * 30)
    events: list[ThrottleEvent] = []
    consumer = Consumer(
        {
            "bootstrap.servers": kafka_cluster.bootstrap_servers,
            "client.id": client,
            "group.id": unique_name("g"),
            "fetch.message.max.bytes": 20_000,
            "throttle_cb": events.append,
        }
    )
    consumer.assign([TopicPartition(kafka_topic, 0, 0)])
    wait_until(lambda: consumer.poll(0.1) is not False and events, HANG)
    assert events[0].throttle_time > 0
    consumer.close()


# What a callback may do in any place it may do here.
PROGRAM = """
import os, sys, time
from mapr_streams_python import Producer

def throttled(event):
    told.append(event)
    {deed}

told, left = [], []
producer = Producer({{
    "bootstrap.servers": {servers!r}, "client.id": {client!r}, "throttle_cb": throttled, "linger.ms": 0,
}})
deadline = time.monotonic() + 300
while not told:
    assert time.monotonic() < deadline
    try:
        producer.produce({topic!r}, b"x" * 10000)
        producer.poll(0.1)
    except Exception as exception:
        left.append(f"{{type(exception).__name__}}: {{exception}}")
print(left)
try:
    producer.purge()
    print(producer.flush(60))
except Exception as exception:
    print(type(exception).__name__)
"""

DEEDS = {
    "raises": ('raise ValueError("told")', "['ValueError: told']\n0\n"),
    "closes": ("producer.purge(); producer.close(0)", "[]\nRuntimeError\n"),
    "forks": ("child = os.fork(); child or os._exit(0); os.waitpid(child, 0)", "[]\n0\n"),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_a_throttle_callback_that(deed, kafka_cluster, kafka_topic, client, run_python):
    code, printed = DEEDS[deed]
    code = PROGRAM.format(deed=code, servers=kafka_cluster.bootstrap_servers, client=client, topic=kafka_topic)
    assert run_python(code, env={"PYTHONWARNINGS": "ignore"}).check() == printed
