"""Elections on a real Kafka of three nodes, looked at by who leads then."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from clusters import on_three_nodes
from limits import HANG
from requires import since

from mapr_streams_python import KafkaError, TopicPartition
from mapr_streams_python.admin import AdminClient, ElectionType, NewTopic
from mapr_streams_python.testing import unique_name, wait_until

needs_elections = since("2.6.0")


@pytest.fixture
def client(kafka_cluster):
    kafka_cluster.restore()
    with AdminClient({"bootstrap.servers": kafka_cluster.bootstrap_servers}) as client:
        yield client


def make(cluster, client, topic, kafka_topic, *nodes):
    """Make a topic on some nodes, the first of which leads it; wait until all of them have it."""
    client.create_topics([NewTopic(topic, replica_assignment=[nodes])])[topic].result(HANG)

    def is_there():
        try:
            return cluster.in_sync(kafka_topic) == sorted(nodes)
        except LookupError:
            return False

    wait_until(is_there, HANG)


def prefer(cluster, folder, topic, *nodes):
    """Give the replicas of a topic another order: who leads it goes on for now."""
    plan = folder / "plan.json"
    partition = {"topic": topic, "partition": 0, "replicas": list(nodes)}
    plan.write_text(json.dumps({"version": 1, "partitions": [partition]}))
    command = [Path(os.environ["KAFKA_HOME"]) / "bin" / "kafka-reassign-partitions.sh", "--bootstrap-server"]
    command += [cluster.bootstrap_servers, "--reassignment-json-file", str(plan), "--execute"]
    subprocess.run(command, check=True, capture_output=True)


@needs_elections
@on_three_nodes
def test_the_preferred_leader_leads_again(kafka_cluster, client, tmp_path):
    name, calm = unique_name("t"), unique_name("calm")
    for topic in (name, calm):
        make(kafka_cluster, client, topic, topic, 1, 2, 3)
    prefer(kafka_cluster, tmp_path, name, 2, 1, 3)
    assert kafka_cluster.leader(name) == 1

    moved, still = TopicPartition(name, 0), TopicPartition(calm, 0)
    result = client.elect_leaders(ElectionType.PREFERRED, [moved, still]).result(HANG)
    assert set(result) == {moved, still}
    assert result[moved] is None
    assert result[still] == KafkaError.ELECTION_NOT_NEEDED
    assert f'partition 0 of topic "{calm}"' in result[still].str()
    wait_until(lambda: kafka_cluster.leader(name) == 2, HANG)
    assert kafka_cluster.leader(calm) == 1


@needs_elections
@on_three_nodes
def test_all_partitions_are_meant_where_none_is_named(kafka_cluster, client, tmp_path):
    path = unique_name("s")
    topic, kafka_topic = f"/{path}:t", f"{path}--t"
    make(kafka_cluster, client, topic, kafka_topic, 3, 1)
    prefer(kafka_cluster, tmp_path, kafka_topic, 1, 3)
    # Those that need none are left out; others of the cluster may.
    result = client.elect_leaders(ElectionType.PREFERRED).result(HANG)
    assert result[TopicPartition(topic, 0)] is None
    wait_until(lambda: kafka_cluster.leader(kafka_topic) == 1, HANG)
    assert TopicPartition(topic, 0) not in client.elect_leaders(ElectionType.PREFERRED).result(HANG)


@needs_elections
@on_three_nodes
def test_no_unclean_leader_is_elected_where_one_is_in_sync(kafka_cluster, client):
    name = unique_name("t")
    kafka_cluster.create_topic(name, replication_factor=3)
    missing = TopicPartition(unique_name("missing"), 0)
    result = client.elect_leaders(ElectionType.UNCLEAN, [TopicPartition(name, 0), missing]).result(HANG)
    assert result[TopicPartition(name, 0)] == KafkaError.ELECTION_NOT_NEEDED
    assert result[missing] == KafkaError.UNKNOWN_TOPIC_OR_PART
    assert missing.topic in result[missing].str()
