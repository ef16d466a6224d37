"""The mock cluster: what it creates, and each fault that it makes on demand, as a client sees it."""

from __future__ import annotations

import logging
import re
import socket
import struct
import time
from collections.abc import Iterator
from typing import Any, Callable

import pytest

from mapr_streams_python import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition, libversion
from mapr_streams_python.testing import MockCluster, wait_until

Factory = Callable[..., Any]


@pytest.fixture
def faulty() -> Iterator[MockCluster]:
    """A cluster of this test alone, which it may break."""
    with MockCluster(brokers=2) as cluster:
        yield cluster


def _produce(cluster: MockCluster, topic: str, *, partition: int = 0, **config: Any) -> tuple[Any, Message, float]:
    """Produce one message without trying again; return the error, the message, and the seconds that it took."""
    outcome: list[tuple[Any, Message]] = []
    producer = Producer({"bootstrap.servers": cluster.bootstrap_servers, "retries": 0, **config})
    began = time.monotonic()
    producer.produce(
        topic, b"x", partition=partition, on_delivery=lambda error, message: outcome.append((error, message))
    )
    assert producer.flush(30.0) == 0
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


def test_a_group_goes_on_with_the_coordinator_that_it_is_given(faulty: MockCluster) -> None:
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


def test_a_topic_error_is_what_a_subscriber_hears_of_the_topic(faulty: MockCluster) -> None:
    faulty.create_topic("t")
    _needs(
        faulty,
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
        wait_until(hears, 30.0, "the subscriber hears of it")
    finally:
        consumer.close()
    error = events[0].error()
    assert error is not None
    assert (events[0].topic(), error.code()) == ("t", KafkaError.TOPIC_AUTHORIZATION_FAILED)


def test_errors_may_be_given_by_name_as_errors_and_as_constants(faulty: MockCluster) -> None:
    faulty.create_topic("t")
    given = ["TOPIC_AUTHORIZATION_FAILED", KafkaError(KafkaError.MSG_SIZE_TOO_LARGE), KafkaError.INVALID_MSG, None]
    faulty.push_request_errors("Produce", given)
    codes = [error and error.code() for error, _, _ in (_produce(faulty, "t") for _ in given)]
    assert codes == [29, 10, 2, None]


def _lead(cluster: MockCluster, topic: str, broker_id: int) -> None:
    cluster.create_topic(topic)
    cluster.set_partition_leader(topic, 0, broker_id)


def test_errors_pushed_to_a_broker_come_from_it_alone_and_in_the_place_of_those_of_the_cluster(
    faulty: MockCluster,
) -> None:
    _lead(faulty, "one", 1)
    _lead(faulty, "two", 2)
    faulty.push_request_errors("Produce", ["MSG_SIZE_TOO_LARGE"] * 2)
    faulty.push_request_errors("Produce", ["TOPIC_AUTHORIZATION_FAILED"], broker_id=2)
    assert (faulty.request_errors_left("Produce", 1), faulty.request_errors_left("Produce", 2)) == (0, 1)

    def outcome(topic: str) -> Any:
        error, _, _ = _produce(faulty, topic)
        return error and error.name()

    assert outcome("two") == "TOPIC_AUTHORIZATION_FAILED"
    assert faulty.request_errors_left("Produce", 2) == 0
    # From then on it takes none of the cluster, which stay for the other broker.
    assert outcome("two") is None
    assert [outcome("one") for _ in range(3)] == ["MSG_SIZE_TOO_LARGE", "MSG_SIZE_TOO_LARGE", None]


def test_an_answer_may_be_held_back_with_an_error_and_without(faulty: MockCluster) -> None:
    _lead(faulty, "t", 2)
    faulty.push_request_errors("Produce", [(None, 0.4), ("MSG_SIZE_TOO_LARGE", 0.4)], broker_id=2)
    outcomes = [_produce(faulty, "t") for _ in range(3)]
    assert [error and error.name() for error, _, _ in outcomes] == [None, "MSG_SIZE_TOO_LARGE", None]
    assert [seconds >= 0.4 for _, _, seconds in outcomes] == [True, True, False]


def test_in_a_cluster_of_one_broker_a_delay_needs_no_broker_and_otherwise_it_does(faulty: MockCluster) -> None:
    with MockCluster() as cluster:
        cluster.create_topic("t")
        cluster.push_request_errors("Produce", [(None, 0.3)])
        assert _produce(cluster, "t")[2] >= 0.3
    with pytest.raises(ValueError, match="broker_id"):
        faulty.push_request_errors("Produce", [(None, 0.3)])


def test_in_a_cluster_of_one_broker_errors_come_in_their_order_with_delays_and_without() -> None:
    with MockCluster() as cluster:
        cluster.create_topic("t")
        cluster.push_request_errors("Produce", [("MSG_SIZE_TOO_LARGE", 0.01)])
        cluster.push_request_errors("Produce", ["TOPIC_AUTHORIZATION_FAILED"])
        assert cluster.request_errors_left("Produce", 1) == 2
        errors = [_produce(cluster, "t")[0] for _ in range(3)]
        assert [error and error.name() for error in errors] == [
            "MSG_SIZE_TOO_LARGE",
            "TOPIC_AUTHORIZATION_FAILED",
            None,
        ]


def _needs(function: str, call: Callable[[], object]) -> Any:
    """Call what an old librdkafka cannot do; where it is old, hold its error against what it must say, and skip."""
    try:
        return call()
    except KafkaException as refused:
        error = refused.args[0]
        assert error.code() == KafkaError._NOT_IMPLEMENTED
        assert function in error.str() and libversion()[0] in error.str()
        pytest.skip(error.str())


def _fail_a_partition(faulty: MockCluster, api: str) -> None:
    faulty.create_topic("t", partitions=2)
    _needs(
        "rd_kafka_mock_partition_push_request_errors",
        lambda: faulty.push_request_errors(api, ["TOPIC_AUTHORIZATION_FAILED"], topic="t", partition=1),
    )


def test_errors_pushed_to_a_partition_come_of_it_alone(faulty: MockCluster) -> None:
    _fail_a_partition(faulty, "Produce")
    errors = [_produce(faulty, "t", partition=partition)[0] for partition in (0, 1, 1)]
    assert [error and error.name() for error in errors] == [None, "TOPIC_AUTHORIZATION_FAILED", None]


def test_a_consumer_hears_of_the_errors_pushed_to_a_partition(faulty: MockCluster) -> None:
    _fail_a_partition(faulty, "Fetch")
    for partition in (0, 1):
        assert _produce(faulty, "t", partition=partition)[0] is None
    config = {"bootstrap.servers": faulty.bootstrap_servers, "group.id": "g", "enable.partition.eof": False}
    consumer = Consumer(config)
    consumer.assign([TopicPartition("t", 0, 0), TopicPartition("t", 1, 0)])
    try:
        events = [consumer.poll(30.0) for _ in range(3)]
    finally:
        consumer.close()
    heard = [(event.partition(), event.error() and event.error().name()) for event in events if event is not None]
    assert sorted(heard, key=str) == [(0, None), (1, "TOPIC_AUTHORIZATION_FAILED"), (1, None)]


def test_where_errors_cannot_be_pushed_to_a_partition_it_is_said_what_to_do(faulty: MockCluster) -> None:
    faulty.create_topic("t")
    try:
        faulty.push_request_errors("Produce", ["TOPIC_AUTHORIZATION_FAILED"], topic="t", partition=0)
    except KafkaException as refused:
        assert "broker_id" in refused.args[0].str()
    else:
        pytest.skip(f"librdkafka {libversion()[0]} can")


@pytest.mark.parametrize("api", ["Metadata", "OffsetCommit", 2])
def test_errors_that_no_answer_would_say_of_a_partition_are_rejected(faulty: MockCluster, api: Any) -> None:
    with pytest.raises(ValueError, match="'Produce' and 'Fetch' alone"):
        faulty.push_request_errors(api, ["TOPIC_AUTHORIZATION_FAILED"], topic="t", partition=0)


def test_requests_are_noted_while_they_are_tracked(faulty: MockCluster) -> None:
    _lead(faulty, "t", 2)
    _needs("rd_kafka_mock_start_request_tracking", faulty.start_request_tracking)
    _produce(faulty, "t")
    noted = faulty.requests()
    assert [request.broker_id for request in noted if request.api == "Produce"] == [2]
    assert [request.timestamp for request in noted] == sorted(request.timestamp for request in noted)
    faulty.clear_requests()
    _produce(faulty, "t")
    assert 0 < len(faulty.requests()) < 2 * len(noted)
    faulty.stop_request_tracking()
    _produce(faulty, "t")
    assert faulty.requests() == []


def test_a_new_group_waits_no_longer_than_it_is_told(faulty: MockCluster) -> None:
    faulty.create_topic("t")
    _needs(
        "rd_kafka_mock_group_initial_rebalance_delay_ms",
        lambda: faulty.set_group_initial_rebalance_delay(0.05),
    )
    consumer = Consumer({"bootstrap.servers": faulty.bootstrap_servers, "group.id": "g"})
    began = time.monotonic()
    try:
        consumer.subscribe(["t"])
        wait_until(lambda: consumer.poll(0.05) or consumer.assignment(), 30.0, "an assignment")
        assert time.monotonic() - began < 2.5
    finally:
        consumer.close()


def test_deleted_records_are_gone_and_so_is_a_deleted_topic(faulty: MockCluster) -> None:
    faulty.create_topic("t")
    for _ in range(3):
        _produce(faulty, "t")
    _needs("rd_kafka_mock_partition_delete_records", lambda: faulty.delete_records("t", 0, 2))
    consumer = Consumer({"bootstrap.servers": faulty.bootstrap_servers, "group.id": "g"})
    try:
        assert consumer.get_watermark_offsets(TopicPartition("t", 0), timeout=30.0) == (2, 3)
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
    _lead(faulty, "t", 1)
    faulty.set_partition_follower("t", 0, 2)
    faulty.set_follower_watermarks("t", 0, 7, 8)
    faulty.set_follower_watermarks("t", 0, low, high)
    for _ in range(4):
        assert _produce(faulty, "t")[0] is None
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
            message = consumer.poll(30.0)
            assert message is not None, messages
            messages.append(message)
        # Long enough for a dozen of fetches, of which none brings what the follower does not have.
        assert consumer.poll(0.3) is None
    finally:
        consumer.close()
    assert [(message.offset(), message.error()) for message in messages] == [(offset, None) for offset in served]


def test_consumers_fetch_from_the_follower_and_producers_keep_to_the_leader(faulty: MockCluster) -> None:
    _lead(faulty, "t", 1)
    faulty.set_partition_follower("t", 0, 2)
    _needs("rd_kafka_mock_start_request_tracking", faulty.start_request_tracking)
    assert _produce(faulty, "t")[0] is None
    consumer = Consumer({"bootstrap.servers": faulty.bootstrap_servers, "group.id": "g"})
    consumer.assign([TopicPartition("t", 0, 0)])
    try:
        assert consumer.poll(30.0) is not None
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
    with socket.create_connection(("127.0.0.1", port), 10.0) as connection, connection.makefile("rwb") as stream:
        stream.write(struct.pack(">i", len(request)) + request)
        stream.flush()
        answer = stream.read(struct.unpack(">i", stream.read(4))[0])
    assert b"\0\4east" in answer and b"\0\4west" in answer


def test_a_request_that_the_brokers_do_not_know_is_not_sent(faulty: MockCluster) -> None:
    faulty.create_topic("t")
    faulty.disable_api("InitProducerId")
    errors: list[KafkaError] = []
    producer = Producer(
        {"bootstrap.servers": faulty.bootstrap_servers, "enable.idempotence": True, "error_cb": errors.append}
    )
    producer.produce("t", b"x")
    deadline = time.monotonic() + 30.0
    while not any(error.code() == KafkaError._UNSUPPORTED_FEATURE for error in errors):
        assert time.monotonic() < deadline, errors
        producer.poll(0.1)
    producer.purge()
    assert producer.flush(10) == 0


def test_clients_send_the_version_that_the_brokers_understand(
    faulty: MockCluster, caplog: pytest.LogCaptureFixture
) -> None:
    faulty.create_topic("t")
    caplog.set_level(logging.DEBUG)

    def sent() -> set[int]:
        caplog.clear()
        assert _produce(faulty, "t", debug="protocol", logger=logging.getLogger("versions"))[0] is None
        found = (re.search(r"Sent MetadataRequest \(v(\d+)", record) for record in caplog.messages)
        return {int(match[1]) for match in found if match}

    assert max(sent()) > 1
    faulty.set_api_versions("Metadata", max_version=1)
    assert sent() == {1}
    faulty.set_api_versions("Metadata")
    assert max(sent()) > 1


def test_a_request_that_was_disabled_is_answered_again_when_it_is_told_so(faulty: MockCluster) -> None:
    faulty.create_topic("t")
    faulty.disable_api("Produce")
    assert _produce(faulty, "t", **{"message.timeout.ms": 300})[0].name() == "_MSG_TIMED_OUT"
    faulty.set_api_versions("Produce")
    assert _produce(faulty, "t")[0] is None


def test_versions_that_the_mock_cluster_does_not_implement_are_rejected(faulty: MockCluster) -> None:
    for versions in ((0, 99), (99, 99), (-1, 1), (3, 2), (-1, -1)):
        with pytest.raises(ValueError, match=r"librdkafka .* implements the versions 0 to \d+"):
            faulty.set_api_versions("Produce", *versions)
    for api in ("CreateTopics", 9999):
        with pytest.raises(ValueError, match=f"{api}.* does not implement it"):
            faulty.set_api_versions(api, 0, 1)
        faulty.disable_api(api)  # The brokers do not know it as it is.
