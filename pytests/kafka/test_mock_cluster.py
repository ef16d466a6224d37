"""The mock cluster: what it creates, and each fault that it makes on demand, as a client sees it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any, Callable

import pytest

from mapr_streams_python import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from mapr_streams_python.testing import MockCluster

Factory = Callable[..., Any]


@pytest.fixture
def faulty() -> Iterator[MockCluster]:
    """A cluster of this test alone, which it may break."""
    with MockCluster(brokers=2) as cluster:
        yield cluster


def _produce(cluster: MockCluster, topic: str, timeout: float = 30.0, **config: Any) -> tuple[Any, Message, float]:
    """Produce one message without trying again; return the error, the message, and the seconds that it took."""
    outcome: list[tuple[Any, Message]] = []
    producer = Producer({"bootstrap.servers": cluster.bootstrap_servers, "retries": 0, **config})
    began = time.monotonic()
    producer.produce(topic, b"x", on_delivery=lambda error, message: outcome.append((error, message)))
    assert producer.flush(timeout) == 0
    ((error, message),) = outcome
    return error, message, time.monotonic() - began


def test_bootstrap_servers_names_every_broker() -> None:
    with MockCluster(brokers=3) as cluster:
        servers = cluster.bootstrap_servers.split(",")
        assert len(set(servers)) == cluster.brokers == 3
        assert all(server.rpartition(":")[2].isdigit() for server in servers)
        assert cluster.bootstrap_servers in repr(cluster)


def test_two_clusters_know_nothing_of_each_other(faulty: MockCluster) -> None:
    with MockCluster() as other:
        assert not set(other.bootstrap_servers.split(",")) & set(faulty.bootstrap_servers.split(","))


def test_a_created_topic_has_the_partitions_asked_for(faulty: MockCluster) -> None:
    faulty.create_topic("three", partitions=3, replication_factor=2)
    consumer = Consumer({"bootstrap.servers": faulty.bootstrap_servers, "group.id": "g"})
    try:
        assert consumer.get_watermark_offsets(TopicPartition("three", 2), timeout=30.0) == (0, 0)
        with pytest.raises(KafkaException):
            consumer.get_watermark_offsets(TopicPartition("three", 3), timeout=5.0)
    finally:
        consumer.close()


def test_a_topic_that_exists_is_not_created_again(faulty: MockCluster) -> None:
    faulty.create_topic("once")
    with pytest.raises(KafkaException) as raised:
        faulty.create_topic("once")
    assert raised.value.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS


@pytest.mark.parametrize("name", ["", ".", "..", "a" * 250, "a b", "/path/stream:topic", "größe", "a\n"])
def test_topic_names_that_kafka_rejects_are_rejected(faulty: MockCluster, name: str) -> None:
    for use in (faulty.create_topic, lambda topic: faulty.set_partition_leader(topic, 0, 1)):
        with pytest.raises(ValueError, match="topic"):
            use(name)


@pytest.mark.parametrize("name", ["a", "a" * 249, "A.b_c-9", "..."])
def test_topic_names_that_kafka_takes_are_taken(faulty: MockCluster, name: str) -> None:
    faulty.create_topic(name)


def test_a_broker_that_is_down_answers_again_when_it_is_up(faulty: MockCluster) -> None:
    faulty.create_topic("t")
    faulty.set_broker_down(-1)
    error, _, _ = _produce(faulty, "t", **{"message.timeout.ms": 300})
    assert error.code() == KafkaError._MSG_TIMED_OUT
    faulty.set_broker_up(-1)
    error, _, _ = _produce(faulty, "t")
    assert error is None


def test_round_trip_time_delays_every_answer(faulty: MockCluster) -> None:
    faulty.create_topic("t")
    faulty.set_broker_rtt(-1, 0.4)
    error, _, seconds = _produce(faulty, "t")
    assert error is None
    assert seconds >= 0.8  # At least for the topic's metadata, and for the message.
    faulty.set_broker_rtt(-1, 0)
    _, _, seconds = _produce(faulty, "t")
    assert seconds < 0.4


def test_a_partition_without_a_leader_takes_messages_once_it_has_one(faulty: MockCluster) -> None:
    faulty.create_topic("t")
    faulty.set_partition_leader("t", 0, -1)
    error, _, _ = _produce(faulty, "t", **{"message.timeout.ms": 300})
    assert error is not None
    faulty.set_partition_leader("t", 0, 2)
    error, message, _ = _produce(faulty, "t")
    assert error is None
    assert message.offset() == 0


def test_a_group_goes_on_with_the_coordinator_that_it_is_given(faulty: MockCluster, wait_until: Factory) -> None:
    faulty.create_topic("t")
    faulty.set_coordinator("group", "g", 1)
    consumer = Consumer({"bootstrap.servers": faulty.bootstrap_servers, "group.id": "g", "enable.auto.commit": False})
    try:
        consumer.commit(offsets=[TopicPartition("t", 0, 5)], asynchronous=False)
        faulty.set_coordinator("group", "g", 2)
        faulty.set_broker_down(1)
        (found,) = consumer.committed([TopicPartition("t", 0)], timeout=30.0)
        assert (found.offset, found.error) == (5, None)
    finally:
        consumer.close()


@pytest.mark.parametrize("api", ["Produce", 0])
def test_pushed_errors_answer_one_request_each_until_they_are_used_up(faulty: MockCluster, api: Any) -> None:
    faulty.create_topic("t")
    faulty.push_request_errors(api, [KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.MSG_SIZE_TOO_LARGE])
    codes = []
    for _ in range(3):
        error, _, _ = _produce(faulty, "t")
        codes.append(error and error.code())
    assert codes == [KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.MSG_SIZE_TOO_LARGE, None]


def test_pushed_errors_that_are_cleared_never_come(faulty: MockCluster) -> None:
    faulty.create_topic("t")
    faulty.push_request_errors("Produce", [KafkaError.TOPIC_AUTHORIZATION_FAILED] * 5)
    faulty.clear_request_errors("Produce")
    error, _, _ = _produce(faulty, "t")
    assert error is None


def test_a_topic_error_is_what_a_subscriber_hears_of_the_topic(faulty: MockCluster, wait_until: Factory) -> None:
    faulty.create_topic("t")
    faulty.set_topic_error("t", KafkaError.TOPIC_AUTHORIZATION_FAILED)
    consumer = Consumer({"bootstrap.servers": faulty.bootstrap_servers, "group.id": "g"})
    events: list[Message] = []

    def hears() -> bool:
        message = consumer.poll(0.1)
        if message is not None:
            events.append(message)
        return bool(events)

    try:
        consumer.subscribe(["t"])
        wait_until(hears, 30.0, "the subscriber hears of it")
    finally:
        consumer.close()
    error = events[0].error()
    assert error is not None
    assert (events[0].topic(), error.code()) == ("t", KafkaError.TOPIC_AUTHORIZATION_FAILED)


def test_arguments_out_of_range_are_named(faulty: MockCluster) -> None:
    calls: dict[str, Callable[[], object]] = {
        "brokers": lambda: MockCluster(0),
        "partitions": lambda: faulty.create_topic("t", 0),
        "replication_factor": lambda: faulty.create_topic("t", 1, 3),
        "seconds": lambda: faulty.set_broker_rtt(1, -0.1),
        "key_type": lambda: faulty.set_coordinator("topic", "g", 1),
        "api": lambda: faulty.push_request_errors("produce", [1]),
    }
    for argument, call in calls.items():
        with pytest.raises(ValueError, match=argument):
            call()


def test_a_closed_cluster_says_so_and_may_be_closed_again() -> None:
    with MockCluster() as cluster:
        cluster.close()
        for call in (lambda: cluster.create_topic("t"), lambda: cluster.set_broker_down(1), cluster.__enter__):
            with pytest.raises(RuntimeError, match="MockCluster closed"):
                call()
    cluster.close()
    assert "closed" in repr(cluster)


def test_as_a_process_it_says_where_it_is_and_serves_until_its_input_ends() -> None:
    command = [sys.executable, "-m", "mapr_streams_python.testing", "--brokers", "2", "--topic", "five:5"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdin is not None and process.stdout is not None
            word, _, servers = process.stdout.readline().strip().partition(" ")
            assert word == "READY"
            assert len(servers.split(",")) == 2
            consumer = Consumer({"bootstrap.servers": servers, "group.id": "g"})
            try:
                assert consumer.get_watermark_offsets(TopicPartition("five", 4), timeout=30.0) == (0, 0)
            finally:
                consumer.close()
            assert process.poll() is None
            process.stdin.close()
            assert process.wait(30.0) == 0
        finally:
            process.kill()


def test_nothing_of_it_is_imported_with_the_client(run_python: Factory) -> None:
    code = (
        "import json, sys, mapr_streams_python\n"
        'print(json.dumps([name for name in sys.modules if name.startswith("mapr_streams_python.testing")]))'
    )
    assert json.loads(run_python(code).check()) == []
