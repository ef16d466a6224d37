"""Administration of a real Kafka, each effect looked at by another way than the call that made it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from clusters import on_kafka, on_one_node
from limits import HANG

from mapr_streams_python import (
    AuthorizationException,
    Consumer,
    KafkaError,
    KafkaException,
    Producer,
    UnknownTopicException,
    admin,
    libversion,
)
from mapr_streams_python.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)
from mapr_streams_python.kafka.admin import AdminClient
from mapr_streams_python.testing import deliver, unique_name, wait_until

EXAMPLE = Path(__file__).parents[2] / "examples" / "admin.py"

needs_incremental = pytest.mark.skipif(
    libversion()[1] < 0x020200FF, reason=f"the loaded librdkafka {libversion()[0]} is older than 2.2.0"
)


@pytest.fixture
def client(kafka_cluster):
    with AdminClient({"bootstrap.servers": kafka_cluster.bootstrap_servers}) as client:
        yield client


@pytest.fixture
def look(kafka_cluster):
    """What another client sees of a topic, as soon as the broker that it asks knows of it."""
    with Producer({"bootstrap.servers": kafka_cluster.bootstrap_servers}) as producer:

        def topic(name):
            found = []

            def is_known():
                found.append(producer.list_topics(name, HANG).topics[name])
                return found[-1].error is None

            wait_until(is_known, HANG)
            return found[-1]

        yield topic


def failure(future):
    with pytest.raises(KafkaException) as caught:
        future.result(HANG)
    return caught.value


def made(client, *topics):
    for future in client.create_topics(topics).values():
        assert future.result(HANG) is None


@on_kafka
def test_topics_are_made_as_they_are_described(kafka_cluster, client, look):
    nodes = len(kafka_cluster.client_config()["bootstrap.servers"].split(","))
    plain, assigned = unique_name("plain"), unique_name("assigned")
    first = min(broker for broker in client.list_topics(timeout=HANG).brokers)
    made(client, NewTopic(plain, 3, nodes), NewTopic(assigned, replica_assignment=[[first], [first]]))
    assert [len(partition.replicas) for partition in look(plain).partitions.values()] == [nodes] * 3
    assert [partition.replicas for partition in look(assigned).partitions.values()] == [[first], [first]]


@on_one_node
def test_each_topic_of_a_request_has_an_end_of_its_own(client, look):
    there, new, bad = unique_name("there"), unique_name("new"), unique_name("bad")
    made(client, NewTopic(there, 1))
    futures = client.create_topics(
        [NewTopic(there, 1), NewTopic(new, 2), NewTopic(bad, 1, config={"cleanup.policy": "burn"})]
    )
    assert list(futures) == [there, new, bad]
    exception = failure(futures[there])
    assert exception.args[0] == KafkaError.TOPIC_ALREADY_EXISTS
    assert there in exception.args[0].str()
    assert futures[new].result(HANG) is None
    assert len(look(new).partitions) == 2
    exception = failure(futures[bad])
    assert exception.args[0] == KafkaError.INVALID_CONFIG
    assert "burn" in exception.args[0].str()


@on_one_node
def test_what_is_only_to_be_validated_is_not_made(client):
    name = unique_name("t")
    assert client.create_topics([NewTopic(name, 1)], validate_only=True)[name].result(HANG) is None
    assert name not in client.list_topics(timeout=HANG).topics
    exception = failure(client.create_topics([NewTopic(name, 1, 99)], validate_only=True)[name])
    assert exception.args[0] == KafkaError.INVALID_REPLICATION_FACTOR


@on_one_node
def test_a_topic_is_deleted_with_what_is_in_it(kafka_cluster, client):
    name = unique_name("t")
    made(client, NewTopic(name, 1))
    with Producer({"bootstrap.servers": kafka_cluster.bootstrap_servers}) as producer:
        deliver(producer, name, ["v"])
    assert client.delete_topics([name])[name].result(HANG) is None
    wait_until(lambda: name not in client.list_topics(timeout=HANG).topics, HANG)
    exception = failure(client.delete_topics([name])[name])
    assert isinstance(exception, UnknownTopicException)
    assert f'"{name}"' in exception.args[0].str()


@on_one_node
def test_a_topic_gets_more_partitions_and_not_fewer(client, look):
    name = unique_name("t")
    made(client, NewTopic(name, 1))
    assert client.create_partitions([NewPartitions(name, 4)])[name].result(HANG) is None
    wait_until(lambda: len(look(name).partitions) == 4, HANG)
    exception = failure(client.create_partitions([NewPartitions(name, 2)])[name])
    assert exception.args[0] == KafkaError.INVALID_PARTITIONS
    assert name in exception.args[0].str()


@on_one_node
def test_topics_of_streams_are_administered_by_their_names(kafka_cluster, look):
    path = unique_name("s")
    name = f"/{path}:clicks"
    with admin.AdminClient({"bootstrap.servers": kafka_cluster.bootstrap_servers}) as client:
        assert client.create_topics([NewTopic(name, 2)])[name].result(HANG) is None
        assert len(look(f"{path}--clicks").partitions) == 2
        resource = ConfigResource("topic", name)
        assert "retention.ms" in client.describe_configs([resource])[resource].result(HANG)
        again = failure(client.create_topics([NewTopic(name, 2)])[name])
        assert name in again.args[0].str()
        assert client.delete_topics([name])[name].result(HANG) is None


@on_one_node
def test_a_configuration_says_where_each_value_comes_from(client, look):
    name = unique_name("t")
    made(client, NewTopic(name, 1, config={"retention.ms": 5000}))
    look(name)
    topic = ConfigResource("topic", name)
    broker = ConfigResource(ResourceType.BROKER, str(min(client.list_topics(timeout=HANG).brokers)))
    entries = client.describe_configs([topic])[topic].result(HANG)
    retention = entries["retention.ms"]
    assert (retention.value, retention.source, retention.is_default) == (
        "5000",
        admin.ConfigSource.DYNAMIC_TOPIC_CONFIG.value,
        False,
    )
    assert list(retention.synonyms)[0] == "retention.ms"
    assert entries["cleanup.policy"].is_default
    entries = client.describe_configs([broker])[broker].result(HANG)
    assert entries["log.dirs"].is_read_only
    assert entries["node.id"].source == admin.ConfigSource.STATIC_BROKER_CONFIG.value


@on_one_node
def test_what_is_not_there_has_no_configuration(client):
    resource = ConfigResource("topic", unique_name("missing"))
    exception = failure(client.describe_configs([resource])[resource])
    assert isinstance(exception, UnknownTopicException)
    assert resource.name in exception.args[0].str()


def described(client, resource):
    return {name: entry.value for name, entry in client.describe_configs([resource])[resource].result(HANG).items()}


@on_one_node
def test_a_configuration_is_replaced(client, look):
    name = unique_name("t")
    made(client, NewTopic(name, 1, config={"retention.ms": "5000"}))
    look(name)
    change = ConfigResource("topic", name, set_config={"cleanup.policy": "compact", "preallocate": True})
    with pytest.warns(DeprecationWarning, match="incremental_alter_configs"):
        futures = client.alter_configs([change])
    assert futures[change].result(HANG) is None
    wait_until(lambda: described(client, change)["cleanup.policy"] == "compact", HANG)
    after = described(client, change)
    assert after["preallocate"] == "true"
    assert after["retention.ms"] != "5000"


@needs_incremental
@on_one_node
def test_a_property_is_changed_and_the_others_stay(client, look):
    name = unique_name("t")
    made(client, NewTopic(name, 1, config={"retention.ms": "5000", "cleanup.policy": "delete"}))
    look(name)
    change = ConfigResource("topic", name)
    change.add_incremental_config(
        ConfigEntry("cleanup.policy", "compact", incremental_operation=AlterConfigOpType.APPEND)
    )
    change.add_incremental_config(ConfigEntry("retention.bytes", "7", incremental_operation=AlterConfigOpType.SET))
    assert client.incremental_alter_configs([change])[change].result(HANG) is None
    wait_until(lambda: described(client, change)["cleanup.policy"] == "delete,compact", HANG)
    after = described(client, change)
    assert (after["retention.ms"], after["retention.bytes"]) == ("5000", "7")
    back = ConfigResource(
        "topic",
        name,
        incremental_configs=[
            ConfigEntry("retention.ms", None, incremental_operation=AlterConfigOpType.DELETE),
            ConfigEntry("cleanup.policy", "delete", incremental_operation=AlterConfigOpType.SUBTRACT),
        ],
    )
    assert client.incremental_alter_configs([back])[back].result(HANG) is None
    wait_until(lambda: described(client, back)["cleanup.policy"] == "compact", HANG)
    assert described(client, back)["retention.ms"] != "5000"


@on_one_node
def test_what_a_user_may_not_do_names_the_topic_and_the_operation(kafka_cluster, client, look):
    name = unique_name("t")
    made(client, NewTopic(name, 1))
    # Once a topic has any, nothing else is allowed.
    command = [Path(os.environ["KAFKA_HOME"]) / "bin" / "kafka-acls.sh"]
    command += ["--bootstrap-server", kafka_cluster.bootstrap_servers, "--add", "--allow-principal", "User:alice"]
    subprocess.run([*command, "--operation", "Describe", "--topic", name], check=True, capture_output=True)
    resource = ConfigResource("topic", name)
    with AdminClient(kafka_cluster.client_config("sasl_plaintext")) as alice:

        def is_in_force():
            return isinstance(alice.describe_configs([resource])[resource].exception(HANG), AuthorizationException)

        wait_until(is_in_force, HANG)
        refused = failure(alice.create_partitions([NewPartitions(name, 2)])[name])
    assert isinstance(refused, AuthorizationException)
    assert refused.args[0] == KafkaError.TOPIC_AUTHORIZATION_FAILED
    assert f'topic "{name}": this user needs the operation Alter on it' in refused.args[0].str()
    assert len(look(name).partitions) == 1


@on_one_node
def test_a_new_topic_is_used_at_once(kafka_cluster, client):
    name = unique_name("t")
    made(client, NewTopic(name, 1))
    servers = {"bootstrap.servers": kafka_cluster.bootstrap_servers}
    with Producer(servers) as producer:
        deliver(producer, name, ["one"])
    with Consumer({**servers, "group.id": unique_name("g"), "auto.offset.reset": "earliest"}) as consumer:
        consumer.subscribe([name])
        found = []
        wait_until(lambda: found.extend(consumer.consume(1, 0.1)) or any(not m.error() for m in found), HANG)
    assert [message.value() for message in found if not message.error()] == [b"one"]


@on_one_node
def test_the_example_runs(kafka_cluster):
    name = unique_name("t")
    command = [sys.executable, EXAMPLE, kafka_cluster.bootstrap_servers, name]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, timeout=HANG)
    assert ran.stdout.splitlines() == [
        f"made {name}",
        'its cleanup.policy="compact"',
        "it gets 3 partitions",
        f"deleted {name}",
    ]
