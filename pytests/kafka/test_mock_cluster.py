"""The mock cluster: what it creates, and each fault of topics and brokers that it makes, as a client sees it."""

from __future__ import annotations

import socket
import struct
import time
from typing import Any

import pytest
from limits import HANG
from mock_faults import lead, needs, produce_one
from requires import since

from mapr_streams_python import Consumer, KafkaError, KafkaException, Message, TopicPartition
from mapr_streams_python.testing import MockCluster, unique_name, wait_until


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
        assert consumer.get_watermark_offsets(TopicPartition("three", 2), timeout=HANG) == (0, 0)
        with pytest.raises(KafkaException):
            consumer.get_watermark_offsets(TopicPartition("three", 3), timeout=5.0)
    finally:
        consumer.close()


@since("2.12.0")
def test_the_fixtures_consumer_is_one_under_the_new_protocol_too(make_topic: Any, make_consumer: Any) -> None:
    # Settings that the fixture has for the old one are refused under it.
    consumer = make_consumer({"group.protocol": "consumer"})
    consumer.subscribe([make_topic()])
    consumer.poll(0)
    assert consumer.rebalance_protocol() in ("NONE", "COOPERATIVE")


def test_a_topic_that_exists_is_not_created_again(faulty: MockCluster) -> None:
    faulty.create_topic("once")
    with pytest.raises(KafkaException) as raised:
        faulty.create_topic("once")
    assert raised.value.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS


def test_a_broker_that_is_down_answers_again_when_it_is_up(faulty: MockCluster) -> None:
    faulty.create_topic("t")
    faulty.set_broker_down(-1)
    error, _, _ = produce_one(faulty, "t", **{"message.timeout.ms": 300})
    assert error.code() == KafkaError._MSG_TIMED_OUT
    faulty.set_broker_up(-1)
    error, _, _ = produce_one(faulty, "t")
    assert error is None


def test_round_trip_time_delays_every_answer(faulty: MockCluster) -> None:
    faulty.create_topic("t")
    faulty.set_broker_rtt(-1, 0.4)
    error, _, seconds = produce_one(faulty, "t")
    assert error is None
    assert seconds >= 0.8  # At least for the topic's metadata, and for the message.
    faulty.set_broker_rtt(-1, 0)
    # A busy machine may hold some of them up by itself.
    wait_until(lambda: produce_one(faulty, "t")[2] < 0.4, HANG)


def test_a_partition_without_a_leader_takes_messages_once_it_has_one(faulty: MockCluster) -> None:
    faulty.create_topic("t")
    faulty.set_partition_leader("t", 0, -1)
    error, _, _ = produce_one(faulty, "t", **{"message.timeout.ms": 300})
    assert error is not None
    faulty.set_partition_leader("t", 0, 2)
    error, message, _ = produce_one(faulty, "t")
    assert error is None
    assert message.offset() == 0


def test_a_group_goes_on_with_the_coordinator_that_it_is_given(faulty: MockCluster) -> None:
    faulty.create_topic("t")
    faulty.set_coordinator("group", "g", 1)
    consumer = Consumer({"bootstrap.servers": faulty.bootstrap_servers, "group.id": "g", "enable.auto.commit": False})
    try:
        consumer.commit(offsets=[TopicPartition("t", 0, 5)], asynchronous=False)
        faulty.set_coordinator("group", "g", 2)
        faulty.set_broker_down(1)
        (found,) = consumer.committed([TopicPartition("t", 0)], timeout=HANG)
        assert (found.offset, found.error) == (5, None)
    finally:
        consumer.close()


def test_a_topic_error_is_what_a_subscriber_hears_of_the_topic(faulty: MockCluster) -> None:
    faulty.create_topic("t")
    needs(
        "rd_kafka_mock_topic_set_error",
        lambda: faulty.set_topic_error("t", KafkaError.TOPIC_AUTHORIZATION_FAILED),
    )
    consumer = Consumer({"bootstrap.servers": faulty.bootstrap_servers, "group.id": "g"})
    events: list[Message] = []

    def hears() -> bool:
        message = consumer.poll(0.1)
        if message is not None:
            events.append(message)
        return bool(events)

    try:
        consumer.subscribe(["t"])
        wait_until(hears, HANG, "the subscriber hears of it")
    finally:
        consumer.close()
    error = events[0].error()
    assert error is not None
    assert (events[0].topic(), error.code()) == ("t", KafkaError.TOPIC_AUTHORIZATION_FAILED)


def test_a_new_group_waits_no_longer_than_it_is_told(faulty: MockCluster) -> None:
    faulty.create_topic("t")
    needs(
        "rd_kafka_mock_group_initial_rebalance_delay_ms",
        lambda: faulty.set_group_initial_rebalance_delay(0.05),
    )

    def joins_quickly() -> bool:
        with Consumer({"bootstrap.servers": faulty.bootstrap_servers, "group.id": unique_name("g")}) as consumer:
            began = time.monotonic()
            consumer.subscribe(["t"])
            wait_until(lambda: consumer.poll(0.05) or consumer.assignment(), HANG, "an assignment")
            return time.monotonic() - began < 2.5

    # Left to itself the cluster lets each new group wait for three seconds; a busy machine may hold some up.
    wait_until(joins_quickly, HANG)


def test_deleted_records_are_gone_and_so_is_a_deleted_topic(faulty: MockCluster) -> None:
    faulty.create_topic("t")
    for _ in range(3):
        produce_one(faulty, "t")
    needs("rd_kafka_mock_partition_delete_records", lambda: faulty.delete_records("t", 0, 2))
    consumer = Consumer({"bootstrap.servers": faulty.bootstrap_servers, "group.id": "g"})
    try:
        assert consumer.get_watermark_offsets(TopicPartition("t", 0), timeout=HANG) == (2, 3)
    finally:
        consumer.close()
    with pytest.raises(KafkaException) as raised:
        faulty.delete_records("t", 0, 4)
    assert raised.value.args[0].code() == KafkaError.OFFSET_OUT_OF_RANGE
    faulty.delete_topic("t")
    faulty.create_topic("t")
    with pytest.raises(KafkaException, match='there is no topic "nowhere"'):
        faulty.delete_topic("nowhere")


@pytest.mark.parametrize("rack", [None, "near"])
@pytest.mark.parametrize(
    ("low", "high", "served"), [(None, None, [0, 1, 2, 3]), (1, None, [1, 2, 3]), (None, 2, [0, 1, 2]), (1, 2, [1, 2])]
)
def test_a_follower_serves_the_messages_that_it_has(
    faulty: MockCluster, low: int | None, high: int | None, served: list[int], rack: str | None
) -> None:
    lead(faulty, "t", 1)
    faulty.set_partition_follower("t", 0, 2)
    faulty.set_follower_watermarks("t", 0, 7, 8)
    faulty.set_follower_watermarks("t", 0, low, high)
    for _ in range(4):
        assert produce_one(faulty, "t")[0] is None
    config = {
        "bootstrap.servers": faulty.bootstrap_servers,
        "group.id": "g",
        "auto.offset.reset": "earliest",
        "fetch.error.backoff.ms": 10,
        "fetch.wait.max.ms": 10,
        "enable.partition.eof": False,
    }
    consumer = Consumer({**config, **({"client.rack": rack} if rack else {})})
    consumer.assign([TopicPartition("t", 0, 0)])
    messages: list[Message] = []
    try:
        while len(messages) < len(served):
            message = consumer.poll(HANG)
            assert message is not None, messages
            messages.append(message)
        # Long enough for a dozen of fetches, of which none brings what the follower does not have.
        assert consumer.poll(0.3) is None
    finally:
        consumer.close()
    assert [(message.offset(), message.error()) for message in messages] == [(offset, None) for offset in served]


def test_consumers_fetch_from_the_follower_and_producers_keep_to_the_leader(faulty: MockCluster) -> None:
    lead(faulty, "t", 1)
    faulty.set_partition_follower("t", 0, 2)
    needs("rd_kafka_mock_start_request_tracking", faulty.start_request_tracking)
    assert produce_one(faulty, "t")[0] is None
    consumer = Consumer({"bootstrap.servers": faulty.bootstrap_servers, "group.id": "g"})
    consumer.assign([TopicPartition("t", 0, 0)])
    try:
        assert consumer.poll(HANG) is not None
    finally:
        consumer.close()
    requests = faulty.requests()
    assert {request.broker_id for request in requests if request.api == "Produce"} == {1}
    assert [request.broker_id for request in requests if request.api == "Fetch"][:2] == [1, 2]


def test_a_broker_names_the_rack_that_it_was_given(faulty: MockCluster) -> None:
    faulty.set_broker_rack(1, "east")
    faulty.set_broker_rack(2, "west")
    port = int(faulty.bootstrap_servers.partition(",")[0].rpartition(":")[2])
    # Metadata in version 1, for no topics: of each broker an id, a host, a port, and a rack.
    request = struct.pack(">hhih", 3, 1, 7, -1) + struct.pack(">i", 0)
    with socket.create_connection(("127.0.0.1", port), HANG) as connection, connection.makefile("rwb") as stream:
        stream.write(struct.pack(">i", len(request)) + request)
        stream.flush()
        answer = stream.read(struct.unpack(">i", stream.read(4))[0])
    assert b"\0\4east" in answer and b"\0\4west" in answer
