"""What the mock cluster is given: names of topics, which it takes as Kafka does, and what is out of range."""

from __future__ import annotations

import os
import socket
import warnings
from typing import Any, Callable

import pytest
from limits import HANG

from mapr_streams_python import KafkaError, KafkaException, Producer
from mapr_streams_python.testing import MockCluster

Factory = Callable[..., Any]


def _reach(cluster: MockCluster, topic: str) -> None:
    producer = Producer({"bootstrap.servers": cluster.bootstrap_servers})
    producer.produce(topic, b"x")
    assert producer.flush(30.0) == 0


@pytest.mark.parametrize("name", ["", ".", "..", "a" * 250, "a b", "/path/stream:topic", "größe", "a\n"])
def test_topic_names_that_kafka_rejects_are_rejected(faulty: MockCluster, name: str) -> None:
    for use in (faulty.create_topic, lambda topic: faulty.set_partition_leader(topic, 0, 1)):
        with pytest.raises(ValueError, match="topic"):
            use(name)


@pytest.mark.parametrize("name", ["a", "a" * 249, "A.b_c-9", "..."])
def test_topic_names_that_kafka_takes_are_taken(faulty: MockCluster, name: str) -> None:
    faulty.create_topic(name)


def test_a_topic_that_no_kafka_takes_and_another_process_made_is_told_of_at_the_end(run_python: Factory) -> None:
    code = """
import os
from mapr_streams_python import Producer

producer = Producer({"bootstrap.servers": os.environ["SERVERS"]})
producer.produce("a b", b"x")
assert producer.flush(600) == 0
"""
    with pytest.warns(UserWarning, match="no Kafka takes: topic 'a b'") as warned, MockCluster() as cluster:
        run_python(code, env={"SERVERS": cluster.bootstrap_servers}).check()
    assert warned[0].filename == __file__


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_client_in_the_child_of_a_fork_waits_for_no_answer_about_a_name(run_python: Factory) -> None:
    code = """
import os
from mapr_streams_python import Producer
from mapr_streams_python.testing import MockCluster

cluster = MockCluster()
child = os.fork()
if child == 0:
    producer = Producer({"bootstrap.servers": cluster.bootstrap_servers})
    producer.produce("a b", b"x")
    os._exit(producer.flush(600))
assert os.waitpid(child, 0) == (child, 0)
"""
    run_python(code).check()


def test_a_cluster_that_is_gone_refuses_no_names_of_a_client_that_is_left(faulty: MockCluster) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cluster = MockCluster()
        producer = Producer({"bootstrap.servers": cluster.bootstrap_servers, "message.timeout.ms": 1000})
        cluster.close()
        told: list[Any] = []
        producer.produce("a b", b"x", on_delivery=lambda error, message: told.append(error.code()))
        assert producer.flush(HANG) == 0
    assert told == [KafkaError._MSG_TIMED_OUT]


def test_a_name_that_the_protocol_cannot_tell_does_not_keep_a_cluster_open() -> None:
    cluster = MockCluster(check_topic_names=False)
    cluster.create_topic("a" * 2**15)
    cluster._checks_names = True
    port = int(cluster.bootstrap_servers.rpartition(":")[2])
    cluster.close()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), 5.0)


def test_names_are_not_checked_where_that_is_off() -> None:
    with MockCluster(check_topic_names=False) as cluster:
        cluster.create_topic("a b")
        _reach(cluster, "a b")


def test_arguments_out_of_range_are_named(faulty: MockCluster) -> None:
    calls: dict[str, Callable[[], object]] = {
        "brokers": lambda: MockCluster(0),
        "brokers must be between 1 and 1000, not 2147483647": lambda: MockCluster(2**31 - 1),
        "partitions": lambda: faulty.create_topic("t", 0),
        "replication_factor": lambda: faulty.create_topic("t", 1, 3),
        "seconds": lambda: faulty.set_broker_rtt(1, -0.1),
        "key_type": lambda: faulty.set_coordinator("topic", "g", 1),
        'did you mean "Produce"': lambda: faulty.push_request_errors("produce", [1]),
        "api must be": lambda: faulty.push_request_errors(-1, [1]),
        'did you mean "_TRANSPORT"': lambda: faulty.push_request_errors("Produce", ["_TRANSPROT"]),
        "error 'code'": lambda: faulty.set_topic_error("t", "code"),
        "seconds of a delayed": lambda: faulty.push_request_errors("Produce", [(1, -0.1)], broker_id=1),
        "pairs": lambda: faulty.push_request_errors("Produce", [(1, 2, 3)], broker_id=1),  # type: ignore[list-item]
        "topic and partition": lambda: faulty.push_request_errors("Produce", [1], topic="t"),
        "together": lambda: faulty.push_request_errors("Produce", [1], topic="t", partition=0, broker_id=1),
        "delayed": lambda: faulty.push_request_errors("Produce", [(1, 1.0)], topic="t", partition=0),
        "broker_id 3: the cluster has brokers 1 to 2$": lambda: faulty.push_request_errors("Produce", [1], broker_id=3),
        "broker_id -1: the cluster has brokers 1 to 2$": lambda: faulty.set_coordinator("group", "g", -1),
        "broker_id 0: .* -1 means all": lambda: faulty.set_broker_down(0),
        "broker_id 9: .* -1 means no leader": lambda: faulty.set_partition_leader("t", 0, 9),
        "broker_id 7: .* -1 means no follower": lambda: faulty.set_partition_follower("t", 0, 7),
        "broker_id 8:": lambda: faulty.set_broker_rack(8, "east"),
        "partition must be between 0 and 9999, not -1": lambda: faulty.set_partition_leader("t", -1, 1),
        "partition must be between 0 and 9999, not 10000": lambda: faulty.set_partition_leader("t", 10_000, 1),
        "partition must .* not 2147483647": lambda: faulty.set_partition_follower("t", 2**31 - 1, 1),
        "partition must .* not -7": lambda: faulty.push_request_errors("Fetch", [1], topic="t", partition=-7),
        "partition must .* not -8": lambda: faulty.delete_records("t", -8, 0),
        "partitions must be between 1 and 10000, not 2147483647": lambda: faulty.create_topic("t", 2**31 - 1),
        "before must be at least 0, not -1": lambda: faulty.delete_records("t", 0, -1),
        "low must": lambda: faulty.set_follower_watermarks("t", 0, -5),
        "high must be at least 3": lambda: faulty.set_follower_watermarks("t", 0, 3, 2),
        "error 32768": lambda: faulty.push_request_errors("Produce", [2**15]),
        "rack must not contain a null": lambda: faulty.set_broker_rack(1, "a\0b"),
        "key must not contain a null": lambda: faulty.set_coordinator("group", "a\0b", 1),
    }
    for text, call in calls.items():
        with pytest.raises(ValueError, match=text):
            call()
    with pytest.raises(TypeError, match="errors must be a list"):
        faulty.push_request_errors("Produce", "NOT_LEADER_FOR_PARTITION")


def test_a_partition_that_the_topic_does_not_have_is_named(faulty: MockCluster) -> None:
    faulty.create_topic("t", partitions=2)
    for call in (
        lambda: faulty.set_partition_leader("t", 2, 1),
        lambda: faulty.set_partition_follower("t", 2, 1),
        lambda: faulty.set_follower_watermarks("t", 2),
    ):
        with pytest.raises(KafkaException, match='topic "t" has no partition 2') as raised:
            call()
        assert raised.value.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART


def test_what_librdkafka_would_abort_on_is_an_error_of_the_native_type_too(run_python: Factory) -> None:
    code = """
from mapr_streams_python import KafkaException
from mapr_streams_python.cimpl import _MockCluster

cluster = _MockCluster(2)
cluster.create_topic("t", 1, 1)
for call in (
    lambda: cluster.set_partition_leader("t", -100_000, 1),
    lambda: cluster.set_partition_leader("new", 2**31 - 1, 1),
    lambda: cluster.create_topic("new", -1, 1),
    lambda: cluster.create_topic("new", 1, -1),
    lambda: cluster.create_topic("new", 2**31 - 1, 1),
    lambda: cluster.push_partition_errors(0, [1], "t", -3),
    lambda: cluster.set_coordinator("group", "g", -1),
    lambda: _MockCluster(0),
    lambda: _MockCluster(1001),
):
    try:
        call()
    except KafkaException:
        continue
    raise SystemExit("no error")
"""
    run_python(code).check()


def test_the_native_type_says_which_argument_is_wrong(faulty: MockCluster) -> None:
    native = faulty._open()
    for call, problem in (
        (lambda: native.create_topic("t", 1), r"create_topic\(\) missing required argument 'replication_factor'"),
        (lambda: native.create_topic("t", 1, topic="u"), r"create_topic\(\) got multiple values for argument 'topic'"),
        (lambda: native.delete_topic(name="t"), r"delete_topic\(\) got an unexpected keyword argument 'name'"),
        (lambda: native.set_broker_up(1, 2), r"set_broker_up\(\) takes at most 1 positional argument \(2 given\)"),
        (lambda: native.create_topic(b"t", 1, 1), "topic must be str, not bytes"),
        (lambda: native.push_request_errors(0, (1,)), "codes must be a list of int, not tuple"),
        (lambda: type(native)(), r"_MockCluster\(\) missing required argument 'brokers'"),
    ):
        with pytest.raises(TypeError, match=problem):
            call()
    with pytest.raises(OverflowError, match="api_key must be between -32768 and 32767, not 32768"):
        native.push_request_errors(1 << 15, [])
    native.create_topic(topic="by-keyword", partitions=1, replication_factor=1)
