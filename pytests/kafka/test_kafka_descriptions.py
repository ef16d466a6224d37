"""Descriptions of a cluster and its topics, and the deletion of records, each looked at by another way."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from clusters import on_mock_and_one_node, on_one_node
from limits import HANG
from requires import since

from mapr_streams_python import (
    OFFSET_END,
    Consumer,
    KafkaError,
    KafkaException,
    Node,
    Producer,
    TopicCollection,
    TopicPartition,
    UnknownTopicException,
)
from mapr_streams_python.admin import AclBinding, AclOperation, AdminClient, NewTopic
from mapr_streams_python.testing import deliver, unique_name, wait_until

needs_descriptions = since("2.3.0")


@pytest.fixture
def client(kafka_cluster):
    with AdminClient({"bootstrap.servers": kafka_cluster.bootstrap_servers}) as client:
        yield client


@pytest.fixture
def topic(kafka_cluster):
    """A topic with ten records in each of its two partitions, which all brokers know of."""
    name = unique_name("t")
    kafka_cluster.create_topic(name, partitions=2)
    with Producer({"bootstrap.servers": kafka_cluster.bootstrap_servers}) as producer:
        for partition in (0, 1):
            deliver(producer, name, [{"value": b"v", "partition": partition} for _ in range(10)])
    return name


def failure(future):
    with pytest.raises(KafkaException) as caught:
        future.result(HANG)
    return caught.value


@needs_descriptions
@on_mock_and_one_node
def test_a_cluster_is_described_as_metadata_has_it(client):
    metadata = client.list_topics(timeout=HANG)
    described = client.describe_cluster().result(HANG)
    assert described.cluster_id == metadata.cluster_id
    assert sorted((node.id, node.host, node.port) for node in described.nodes) == sorted(
        (broker.id, broker.host, broker.port) for broker in metadata.brokers.values()
    )
    assert described.nodes[0].id_string == str(described.nodes[0].id)
    # The mock cluster names one that it does not have.
    assert described.controller is not None and described.controller.id == metadata.controller_id
    assert described.authorized_operations is None


@needs_descriptions
@on_mock_and_one_node
def test_a_topic_is_described_as_metadata_has_it(client, topic):
    metadata = client.list_topics(timeout=HANG)
    described = client.describe_topics(TopicCollection([topic]))[topic].result(HANG)
    assert (described.name, described.is_internal, described.authorized_operations) == (topic, False, None)
    partitions = metadata.topics[topic].partitions
    assert sorted(partition.id for partition in described.partitions) == sorted(partitions)
    for partition in described.partitions:
        known = partitions[partition.id]
        assert isinstance(partition.leader, Node)
        assert partition.leader.id == known.leader
        assert [node.id for node in partition.replicas] == known.replicas
        assert [node.id for node in partition.isr] == known.isrs
        assert partition.leader.port == metadata.brokers[known.leader].port


@needs_descriptions
@on_mock_and_one_node
def test_a_topic_that_is_not_there_has_an_end_of_its_own(client, topic):
    missing = unique_name("missing")
    futures = client.describe_topics(TopicCollection([missing, topic]))
    assert list(futures) == [missing, topic]
    assert futures[topic].result(HANG).name == topic
    exception = failure(futures[missing])
    assert isinstance(exception, UnknownTopicException)
    assert f'topic "{missing}" does not exist' in exception.args[0].str()


@needs_descriptions
@on_one_node
def test_the_id_of_a_topic_is_the_one_that_kafkas_tool_tells(kafka_cluster, client, topic):
    command = [Path(os.environ["KAFKA_HOME"]) / "bin" / "kafka-topics.sh", "--bootstrap-server"]
    command += [kafka_cluster.bootstrap_servers, "--describe", "--topic", topic]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    told = re.search(r"TopicId: (\S+)", ran.stdout)
    assert told is not None
    found = client.describe_topics(TopicCollection([topic]))[topic].result(HANG).topic_id
    assert str(found) == told.group(1)


@needs_descriptions
@on_one_node
def test_what_a_user_may_do_is_told_where_it_is_asked_for(kafka_cluster, client, topic):
    read = AclBinding("topic", topic, "literal", "User:alice", "*", "read", "allow")
    client.create_acls([read])[read].result(HANG)
    with AdminClient(kafka_cluster.client_config("sasl_plaintext")) as alice:

        def allowed():
            futures = alice.describe_topics(TopicCollection([topic]), include_authorized_operations=True)
            return futures[topic].result(HANG).authorized_operations

        # To read is to describe, too.
        wait_until(lambda: set(allowed()) == {AclOperation.READ, AclOperation.DESCRIBE}, HANG)
    operations = client.describe_cluster(include_authorized_operations=True).result(HANG).authorized_operations
    assert {AclOperation.CREATE, AclOperation.ALTER} < set(operations)


@needs_descriptions
@on_one_node
def test_a_topic_of_a_stream_is_described_by_its_name(client):
    name = f"/{unique_name('s')}:clicks"
    client.create_topics([NewTopic(name, 3)])[name].result(HANG)
    wait_until(lambda: name in client.list_topics(timeout=HANG).topics, HANG)
    described = client.describe_topics(TopicCollection([name]))[name].result(HANG)
    assert (described.name, len(described.partitions)) == (name, 3)


def left(cluster, topic, partition):
    """The offsets that a consumer gets of a partition, up to its end."""
    config = {"bootstrap.servers": cluster.bootstrap_servers, "group.id": unique_name("g")}
    with Consumer({**config, "auto.offset.reset": "earliest"}) as consumer:
        consumer.assign([TopicPartition(topic, partition, 0)])
        offsets = []
        while not offsets or offsets[-1] < 9:
            offsets += [message.offset() for message in consumer.consume(10, 0.2) if message.error() is None]
    return offsets


@on_one_node
def test_records_before_an_offset_are_deleted(kafka_cluster, client, topic):
    first, second = TopicPartition(topic, 0, 4), TopicPartition(topic, 1, 0)
    # The order is not librdkafka's, which sorts them.
    futures = client.delete_records([second, first])
    assert list(futures) == [second, first]
    assert futures[first].result(HANG).low_watermark == 4
    assert futures[second].result(HANG).low_watermark == 0
    assert left(kafka_cluster, topic, 0) == list(range(4, 10))
    assert left(kafka_cluster, topic, 1) == list(range(10))


@on_one_node
def test_all_records_are_deleted_and_offsets_go_on(kafka_cluster, client, topic):
    partition = TopicPartition(topic, 0, OFFSET_END)
    assert client.delete_records([partition])[partition].result(HANG).low_watermark == 10
    with Consumer({"bootstrap.servers": kafka_cluster.bootstrap_servers, "group.id": unique_name("g")}) as consumer:
        assert consumer.get_watermark_offsets(partition, HANG) == (10, 10)


@on_one_node
def test_records_that_are_not_there_yet_are_not_deleted(client, topic):
    late, missing, there = TopicPartition(topic, 0, 11), TopicPartition(topic, 7, 1), TopicPartition(topic, 1, 2)
    futures = client.delete_records([late, missing, there])
    assert failure(futures[late]).args[0] == KafkaError.OFFSET_OUT_OF_RANGE
    assert f'partition 0 of topic "{topic}"' in failure(futures[late]).args[0].str()
    assert f'topic "{topic}" has no partition 7' in failure(futures[missing]).args[0].str()
    assert futures[there].result(HANG).low_watermark == 2


@on_one_node
def test_records_of_a_stream_are_deleted_by_its_name(kafka_cluster, client):
    name = f"/{unique_name('s')}:clicks"
    client.create_topics([NewTopic(name, 1)])[name].result(HANG)
    with Producer({"bootstrap.servers": kafka_cluster.bootstrap_servers}) as producer:
        deliver(producer, name, ["a", "b"])
    partition = TopicPartition(name, 0, 1)
    assert client.delete_records([partition])[partition].result(HANG).low_watermark == 1
    with pytest.raises(KafkaException, match="clicks"):
        client.delete_records([TopicPartition(name, 0, 5)])[partition].result(HANG)
