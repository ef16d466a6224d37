"""What Kafka does not let a user do names the topic or the group, in the application's words, and the right to get."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from clusters import NO_COORDINATOR_YET, on_one_node
from limits import HANG
from reports import report_of

from mapr_streams_python import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from mapr_streams_python.kafka.admin import AclBindingFilter, AdminClient
from mapr_streams_python.testing import unique_name, wait_until


def deny(cluster, *resource):
    command = [
        Path(os.environ["KAFKA_HOME"]) / "bin" / "kafka-acls.sh",
        "--bootstrap-server",
        cluster.bootstrap_servers,
    ]
    command += ["--add", "--deny-principal", "User:alice", "--operation", "All", *resource]
    subprocess.run(command, check=True, capture_output=True)
    # The controller has it then; the broker hears of it a moment later.
    kind, name = resource
    which = AclBindingFilter(kind.lstrip("-"), name, "literal", "User:alice", "*", "all", "deny")
    with AdminClient({"bootstrap.servers": cluster.bootstrap_servers}) as client:
        wait_until(lambda: client.describe_acls(which).result(HANG), HANG)


@pytest.fixture
def topic(kafka_cluster):
    """A stream's topic that alice may do nothing with."""
    path = unique_name("s")
    kafka_cluster.create_topic(f"{path}--t")
    deny(kafka_cluster, "--topic", f"{path}--t")
    return f"/{path}:t"


def alice(cluster, **more):
    return {**cluster.client_config("sasl_plaintext"), **more}


def both(topic):
    return f'"{topic}" ("{topic[1:].replace(":", "--")}" on Kafka)'


def first_error(consumer):
    found = []

    def look():
        message = consumer.poll(0.1)
        if message is not None and message.error() is not None:
            found.append(message.error())
        return bool(found)

    wait_until(look, timeout=HANG)
    return found[0]


def of_its_coordinator(call):
    """What a call gives, or its error, as soon as the group has a coordinator: a young broker may not know it yet."""
    given = []

    def is_answered():
        try:
            given.append(call())
        except KafkaException as problem:
            error = problem.args[0]
            if error in NO_COORDINATOR_YET:
                return False
            given.append(error)
        return True

    wait_until(is_answered, timeout=HANG)
    return given[-1]


@on_one_node
def test_a_topic_that_the_user_may_not_write(kafka_cluster, topic):
    with Producer(alice(kafka_cluster)) as producer:
        error, _ = report_of(producer, topic, value=b"x", timeout=HANG)
    assert error == KafkaError.TOPIC_AUTHORIZATION_FAILED
    assert f"topic {both(topic)}: this user needs the operation Write" in error.str()


@on_one_node
@pytest.mark.parametrize("dialect", ["mapr", "kafka"])
def test_a_topic_that_the_user_may_not_read(kafka_cluster, topic, dialect):
    config = alice(kafka_cluster, **{"group.id": unique_name("g"), "streams.compatibility": dialect})
    with Consumer(config) as consumer:
        consumer.subscribe([topic])
        event = first_error(consumer)
        assert event == KafkaError.TOPIC_AUTHORIZATION_FAILED
        (asked,) = of_its_coordinator(lambda: consumer.committed([TopicPartition(topic, 0)], timeout=HANG))
        refused = of_its_coordinator(lambda: consumer.commit(offsets=[TopicPartition(topic, 0, 1)], asynchronous=False))
    for error in (event, asked.error, refused):
        assert error == KafkaError.TOPIC_AUTHORIZATION_FAILED
        assert f"topic {both(topic)}: this user needs the operation Read" in error.str()


@on_one_node
def test_a_group_that_the_user_may_not_join(kafka_cluster):
    group = unique_name("g")
    deny(kafka_cluster, "--group", group)
    path = unique_name("s")
    kafka_cluster.create_topic(f"{path}--t")
    with Consumer(alice(kafka_cluster, **{"group.id": group})) as consumer:
        consumer.subscribe([f"/{path}:t"])
        error = first_error(consumer)
    assert error == KafkaError.GROUP_AUTHORIZATION_FAILED
    assert f'group "{group}": this user needs the operation Read' in error.str()
