"""Resetting a group's offsets, and waiting for topics, on a real Kafka."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from clusters import on_one_node
from group_steps import commit, committed, member_of
from limits import HANG

from mapr_streams_python import KafkaError, KafkaException, Producer, TopicPartition, UnknownTopicException, admin
from mapr_streams_python.admin import ConsumerGroupTopicPartitions, NewTopic, OffsetChange, OffsetSpec, ShiftBy
from mapr_streams_python.kafka.admin import AdminClient
from mapr_streams_python.testing import deliver, unique_name

EXAMPLE = Path(__file__).parents[2] / "examples" / "groups.py"
START = datetime(2024, 1, 1, tzinfo=timezone.utc)


@pytest.fixture
def client(kafka_cluster):
    with AdminClient(kafka_cluster.client_config()) as client:
        yield client


def fill(cluster, topic, *counts):
    """Records of each partition, a minute apart."""
    with Producer(cluster.client_config()) as producer:
        records = [
            {
                "value": b"v",
                "partition": number,
                "timestamp": int((START + timedelta(minutes=minute)).timestamp() * 1000),
            }
            for number, count in enumerate(counts)
            for minute in range(count)
        ]
        deliver(producer, topic, records, timeout=HANG)


def offsets_of(plan):
    return [(change.partition, change.old, change.new) for change in plan.changes]


@on_one_node
def test_a_plan_tells_what_would_change_and_changes_nothing_until_it_is_applied(kafka_cluster, client, make_topic):
    topic, group = make_topic(partitions=2), unique_name("g")
    fill(kafka_cluster, topic, 6, 3)
    commit(kafka_cluster, group, topic, 4, 2)
    plans = {
        "earliest": [(0, 4, 0), (1, 2, 0)],
        "latest": [(0, 4, 6), (1, 2, 3)],
        # What lies outside of a log becomes its end.
        5: [(0, 4, 5), (1, 2, 3)],
        START + timedelta(minutes=1, seconds=30): [(0, 4, 2), (1, 2, 2)],
        START + timedelta(minutes=3): [(0, 4, 3), (1, 2, 3)],
        ShiftBy(-3): [(0, 4, 1), (1, 2, 0)],
        ShiftBy(2): [(0, 4, 6), (1, 2, 3)],
        OffsetSpec.latest(): [(0, 4, 6), (1, 2, 3)],
    }
    for to, expected in plans.items():
        plan = client.reset_offsets(group, to, timeout=HANG)
        assert offsets_of(plan) == expected, to
        assert not plan.applied
    assert committed(kafka_cluster, group, topic, 2) == [4, 2]
    plan = client.reset_offsets(group, to=ShiftBy(-3), timeout=HANG)
    plan.apply(timeout=HANG)
    assert plan.applied
    assert committed(kafka_cluster, group, topic, 2) == [1, 0]


@on_one_node
def test_a_plan_is_applied_at_once_where_that_is_asked_for(kafka_cluster, client, make_topic):
    topic, group = make_topic(partitions=2), unique_name("g")
    fill(kafka_cluster, topic, 2, 2)
    commit(kafka_cluster, group, topic, 1, 1)
    plan = client.reset_offsets(group, "latest", partitions=[TopicPartition(topic, 1)], apply=True, timeout=HANG)
    assert plan.applied and plan.changes == [OffsetChange(topic, 1, 1, 2)]
    assert committed(kafka_cluster, group, topic, 2) == [1, 2]


@on_one_node
def test_a_group_begins_with_topics_that_it_has_no_offsets_of(kafka_cluster, client, make_topic):
    topic, group = make_topic(partitions=2), unique_name("g")
    fill(kafka_cluster, topic, 1, 2)
    with pytest.raises(KafkaException, match="has no committed offsets: name topics or partitions") as caught:
        client.reset_offsets(group, "earliest", timeout=HANG)
    assert caught.value.args[0] == KafkaError._NO_OFFSET
    with pytest.raises(KafkaException, match=r"has no committed offset of .* \[0\] to shift from"):
        client.reset_offsets(group, ShiftBy(1), topics=[topic], timeout=HANG)
    plan = client.reset_offsets(group, "latest", topics=[topic], apply=True, timeout=HANG)
    assert offsets_of(plan) == [(0, None, 1), (1, None, 2)]
    assert committed(kafka_cluster, group, topic, 2) == [1, 2]


@on_one_node
def test_a_group_that_is_in_use_is_refused_by_the_names_of_its_members(kafka_cluster, client, make_topic):
    topic, group = make_topic(), unique_name("g")
    fill(kafka_cluster, topic, 2)
    commit(kafka_cluster, group, topic, 1)
    plan = client.reset_offsets(group, "earliest", timeout=HANG)
    with member_of(kafka_cluster, group, topic, **{"client.id": "reader"}) as consumer:
        for call in (lambda: client.reset_offsets(group, "earliest", timeout=HANG), lambda: plan.apply(timeout=HANG)):
            with pytest.raises(KafkaException) as caught:
                call()
            assert caught.value.args[0] == KafkaError.NON_EMPTY_GROUP
            assert f"reader (/127.0.0.1, {consumer.memberid()})" in caught.value.args[0].str()
    assert not plan.applied
    assert committed(kafka_cluster, group, topic, 1) == [1]


@on_one_node
def test_a_plan_whose_group_has_moved_on_is_not_applied(kafka_cluster, client, make_topic):
    topic, group = make_topic(), unique_name("g")
    fill(kafka_cluster, topic, 5)
    commit(kafka_cluster, group, topic, 1)
    plan = client.reset_offsets(group, "earliest", timeout=HANG)
    commit(kafka_cluster, group, topic, 4)
    with pytest.raises(KafkaException, match="is at 4 by now, and not at 1 as the plan has it") as caught:
        plan.apply(timeout=HANG)
    assert caught.value.args[0] == KafkaError._CONFLICT
    assert committed(kafka_cluster, group, topic, 1) == [4]


@on_one_node
def test_what_is_not_there_is_named(kafka_cluster, client, make_topic):
    topic, group, missing = make_topic(), unique_name("g"), unique_name("missing")
    with pytest.raises(UnknownTopicException, match=missing):
        client.reset_offsets(group, "earliest", topics=[topic, missing], timeout=HANG)
    with pytest.raises(KafkaException, match=rf"{topic} \[9\]"):
        client.reset_offsets(group, "earliest", partitions=[TopicPartition(topic, 9)], timeout=HANG)


@on_one_node
def test_a_plan_names_topics_of_streams_as_the_program_does(kafka_cluster):
    path, group = unique_name("s"), unique_name("g")
    topic, name = f"{path}--clicks", f"/{path}:clicks"
    kafka_cluster.create_topic(topic)
    fill(kafka_cluster, topic, 2)
    with admin.AdminClient(kafka_cluster.client_config()) as client:
        plan = client.reset_offsets(group, "latest", topics=[name], apply=True, timeout=HANG)
        assert plan.changes == [OffsetChange(name, 0, None, 2)]
        assert committed(kafka_cluster, group, topic, 1) == [2]
        request = [ConsumerGroupTopicPartitions(group, [TopicPartition(name, 0, 1)])]
        client.alter_consumer_group_offsets(request)[group].result(HANG)
        plan = client.reset_offsets(group, "earliest", partitions=[TopicPartition(name, 0)], timeout=HANG)
        assert plan.changes == [OffsetChange(name, 0, 1, 0)]


@on_one_node
def test_topics_are_waited_for_until_they_can_be_used_and_until_they_are_gone(kafka_cluster, client):
    first, second = unique_name("t"), unique_name("t")
    # Nobody waits for the answers.
    client.create_topics([NewTopic(first, 3), NewTopic(second, 1)])
    client.wait_for_topics([first, second], timeout=HANG)
    with Producer(kafka_cluster.client_config()) as producer:
        deliver(producer, first, [{"value": b"v", "partition": number} for number in range(3)], timeout=HANG)
    client.delete_topics([first])
    client.wait_until_deleted([first], timeout=HANG)
    known = client.list_topics(timeout=HANG).topics
    assert first not in known and second in known
    with pytest.raises(
        KafkaException, match=f"topics ({second}, )?{first} are not there with leaders .*: not within 0.2 s"
    ) as caught:
        client.wait_for_topics([second, first], timeout=0.2)
    assert caught.value.args[0] == KafkaError._TIMED_OUT
    assert first not in client.list_topics(timeout=HANG).topics


@on_one_node
def test_the_example_of_groups_runs(kafka_cluster, make_topic):
    topic, group = make_topic(partitions=2), unique_name("g")
    fill(kafka_cluster, topic, 3, 3)
    commit(kafka_cluster, group, topic, 2, 3)
    command = [sys.executable, EXAMPLE, kafka_cluster.bootstrap_servers, group, "-1"]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, timeout=HANG)
    lines = ran.stdout.splitlines()
    assert lines[:3] == [f"{group} is EMPTY", f"  {topic} [0] at 2", f"  {topic} [1] at 3"]
    assert [line.split() for line in lines[5:]] == [[topic, "0", "2", "1"], [topic, "1", "3", "2"], ["applied"]]
    assert committed(kafka_cluster, group, topic, 2) == [1, 2]
