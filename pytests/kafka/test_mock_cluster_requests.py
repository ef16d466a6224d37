"""The mock cluster: requests that fail, come late, are not known or are noted, as a client sees it."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from limits import HANG
from mock_faults import lead, needs, produce_one

from mapr_streams_python import Consumer, KafkaError, KafkaException, Producer, TopicPartition, libversion
from mapr_streams_python.testing import MockCluster, wait_until
from mapr_streams_python.testing._protocol import API_NAMES
from mapr_streams_python.testing._versions import implemented_versions


@pytest.mark.parametrize("api", ["Produce", 0])
def test_pushed_errors_answer_one_request_each_until_they_are_used_up(faulty: MockCluster, api: Any) -> None:
    faulty.create_topic("t")
    faulty.push_request_errors(api, [KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.MSG_SIZE_TOO_LARGE])
    codes = []
    for _ in range(3):
        error, _, _ = produce_one(faulty, "t")
        codes.append(error and error.code())
    assert codes == [KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.MSG_SIZE_TOO_LARGE, None]


def test_pushed_errors_that_are_cleared_never_come(faulty: MockCluster) -> None:
    faulty.create_topic("t")
    faulty.push_request_errors("Produce", [KafkaError.TOPIC_AUTHORIZATION_FAILED] * 5)
    faulty.clear_request_errors("Produce")
    error, _, _ = produce_one(faulty, "t")
    assert error is None


def test_errors_may_be_given_by_name_as_errors_and_as_constants(faulty: MockCluster) -> None:
    faulty.create_topic("t")
    given = ["TOPIC_AUTHORIZATION_FAILED", KafkaError(KafkaError.MSG_SIZE_TOO_LARGE), KafkaError.INVALID_MSG, None]
    faulty.push_request_errors("Produce", given)
    codes = [error and error.code() for error, _, _ in (produce_one(faulty, "t") for _ in given)]
    assert codes == [29, 10, 2, None]


def test_errors_pushed_to_a_broker_come_from_it_alone_and_in_the_place_of_those_of_the_cluster(
    faulty: MockCluster,
) -> None:
    lead(faulty, "one", 1)
    lead(faulty, "two", 2)
    faulty.push_request_errors("Produce", ["MSG_SIZE_TOO_LARGE"] * 2)
    faulty.push_request_errors("Produce", ["TOPIC_AUTHORIZATION_FAILED"], broker_id=2)
    assert (faulty.request_errors_left("Produce", 1), faulty.request_errors_left("Produce", 2)) == (0, 1)

    def outcome(topic: str) -> Any:
        error, _, _ = produce_one(faulty, topic)
        return error and error.name()

    assert outcome("two") == "TOPIC_AUTHORIZATION_FAILED"
    assert faulty.request_errors_left("Produce", 2) == 0
    # From then on it takes none of the cluster, which stay for the other broker.
    assert outcome("two") is None
    assert [outcome("one") for _ in range(3)] == ["MSG_SIZE_TOO_LARGE", "MSG_SIZE_TOO_LARGE", None]


def test_an_answer_may_be_held_back_with_an_error_and_without(faulty: MockCluster) -> None:
    lead(faulty, "t", 2)
    faulty.push_request_errors("Produce", [(None, 0.4), ("MSG_SIZE_TOO_LARGE", 0.4)], broker_id=2)
    outcomes = [produce_one(faulty, "t") for _ in range(3)]
    assert [error and error.name() for error, _, _ in outcomes] == [None, "MSG_SIZE_TOO_LARGE", None]
    assert [seconds >= 0.4 for _, _, seconds in outcomes[:2]] == [True, True]
    # A busy machine may hold one up by itself.
    wait_until(lambda: produce_one(faulty, "t")[2] < 0.4, HANG)


def test_in_a_cluster_of_one_broker_a_delay_needs_no_broker_and_otherwise_it_does(faulty: MockCluster) -> None:
    with MockCluster() as cluster:
        cluster.create_topic("t")
        cluster.push_request_errors("Produce", [(None, 0.3)])
        assert produce_one(cluster, "t")[2] >= 0.3
    with pytest.raises(ValueError, match="broker_id"):
        faulty.push_request_errors("Produce", [(None, 0.3)])


def test_in_a_cluster_of_one_broker_errors_come_in_their_order_with_delays_and_without() -> None:
    with MockCluster() as cluster:
        cluster.create_topic("t")
        cluster.push_request_errors("Produce", [("MSG_SIZE_TOO_LARGE", 0.01)])
        cluster.push_request_errors("Produce", ["TOPIC_AUTHORIZATION_FAILED"])
        assert cluster.request_errors_left("Produce", 1) == 2
        errors = [produce_one(cluster, "t")[0] for _ in range(3)]
        assert [error and error.name() for error in errors] == [
            "MSG_SIZE_TOO_LARGE",
            "TOPIC_AUTHORIZATION_FAILED",
            None,
        ]


def _fail_a_partition(faulty: MockCluster, api: str) -> None:
    faulty.create_topic("t", partitions=2)
    needs(
        "rd_kafka_mock_partition_push_request_errors",
        lambda: faulty.push_request_errors(api, ["TOPIC_AUTHORIZATION_FAILED"], topic="t", partition=1),
    )


def test_errors_pushed_to_a_partition_come_of_it_alone(faulty: MockCluster) -> None:
    _fail_a_partition(faulty, "Produce")
    errors = [produce_one(faulty, "t", partition=partition)[0] for partition in (0, 1, 1)]
    assert [error and error.name() for error in errors] == [None, "TOPIC_AUTHORIZATION_FAILED", None]


def test_a_consumer_hears_of_the_errors_pushed_to_a_partition(faulty: MockCluster) -> None:
    _fail_a_partition(faulty, "Fetch")
    for partition in (0, 1):
        assert produce_one(faulty, "t", partition=partition)[0] is None
    config = {"bootstrap.servers": faulty.bootstrap_servers, "group.id": "g", "enable.partition.eof": False}
    consumer = Consumer(config)
    consumer.assign([TopicPartition("t", 0, 0), TopicPartition("t", 1, 0)])
    try:
        events = [consumer.poll(HANG) for _ in range(3)]
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
    lead(faulty, "t", 2)
    needs("rd_kafka_mock_start_request_tracking", faulty.start_request_tracking)
    produce_one(faulty, "t")
    noted = faulty.requests()
    assert [request.broker_id for request in noted if request.api == "Produce"] == [2]
    assert [request.timestamp for request in noted] == sorted(request.timestamp for request in noted)
    faulty.clear_requests()
    produce_one(faulty, "t")
    assert 0 < len(faulty.requests()) < 2 * len(noted)
    faulty.stop_request_tracking()
    produce_one(faulty, "t")
    assert faulty.requests() == []


def test_a_request_that_the_brokers_do_not_know_is_not_sent(faulty: MockCluster) -> None:
    faulty.disable_api("InitProducerId")
    errors: list[KafkaError] = []
    # It asks for its id on its own.
    producer = Producer(
        {"bootstrap.servers": faulty.bootstrap_servers, "enable.idempotence": True, "error_cb": errors.append}
    )
    wait_until(lambda: KafkaError._UNSUPPORTED_FEATURE in errors, HANG, polling=[producer])


def test_clients_send_the_version_that_the_brokers_understand(
    faulty: MockCluster, caplog: pytest.LogCaptureFixture
) -> None:
    faulty.create_topic("t")
    caplog.set_level(logging.DEBUG)

    def sent() -> set[int]:
        caplog.clear()
        assert produce_one(faulty, "t", debug="protocol", logger=logging.getLogger("versions"))[0] is None
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
    assert produce_one(faulty, "t", **{"message.timeout.ms": 300})[0].name() == "_MSG_TIMED_OUT"
    faulty.set_api_versions("Produce")
    assert produce_one(faulty, "t")[0] is None


def test_versions_that_the_mock_cluster_does_not_implement_are_rejected(faulty: MockCluster) -> None:
    for versions in ((0, 99), (99, 99), (-1, 1), (3, 2), (-1, -1)):
        with pytest.raises(ValueError, match=r"librdkafka .* implements the versions 0 to \d+"):
            faulty.set_api_versions("Produce", *versions)
    for api in ("CreateTopics", 9999):
        with pytest.raises(ValueError, match=f"{api}.* does not implement it"):
            faulty.set_api_versions(api, 0, 1)
        faulty.disable_api(api)  # The brokers do not know it as it is.


def test_every_request_that_the_mock_cluster_implements_has_a_name() -> None:
    assert set(implemented_versions()) - set(API_NAMES) == set()
