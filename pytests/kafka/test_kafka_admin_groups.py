"""Groups of consumers and offsets on a real Kafka: each looked at by another way than the call that made it."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

import pytest
from clusters import on_kafka, on_one_node
from group_steps import asking_for, commit, committed, member_of
from limits import HANG
from requires import lacks, since

from mapr_streams_python import (
    OFFSET_INVALID,
    AuthorizationException,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
    admin,
)
from mapr_streams_python.admin import (
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    ConsumerGroupType,
    IsolationLevel,
    OffsetSpec,
)
from mapr_streams_python.kafka.admin import AdminClient
from mapr_streams_python.testing import deliver, unique_name, wait_until


@pytest.fixture
def client(kafka_cluster):
    with AdminClient(kafka_cluster.client_config()) as client:
        yield client


def failure(future):
    with pytest.raises(KafkaException) as caught:
        future.result(HANG)
    return caught.value


def listed(client, **wanted):
    results = []

    def is_told():
        # A broker that has just become the coordinator of some groups loads them first.
        results.append(client.list_consumer_groups(**wanted).result(HANG))
        return KafkaError.COORDINATOR_LOAD_IN_PROGRESS not in results[-1].errors

    wait_until(is_told, HANG)
    assert results[-1].errors == []
    return {group.group_id: group for group in results[-1].valid}


@on_one_node
def test_groups_are_listed_with_what_they_do(kafka_cluster, client, make_topic):
    topic, group, simple = make_topic(), unique_name("g"), unique_name("simple")
    commit(kafka_cluster, simple, topic, 0)
    with member_of(kafka_cluster, group, topic):
        found = listed(client)
        assert found[group].state is ConsumerGroupState.STABLE
        assert not found[group].is_simple_consumer_group
        assert found[simple].is_simple_consumer_group
        stable = listed(client, states={ConsumerGroupState.STABLE})
        assert group in stable and simple not in stable
    wait_until(lambda: listed(client)[group].state is ConsumerGroupState.EMPTY, HANG)
    assert {group, simple} <= set(listed(client, states=[ConsumerGroupState.EMPTY]))


@on_one_node
@since("2.6.0")
def test_groups_are_listed_by_their_type(kafka_cluster, client, make_topic):
    topic, classic, modern = make_topic(), unique_name("classic"), unique_name("consumer")
    with (
        member_of(kafka_cluster, classic, topic),
        member_of(kafka_cluster, modern, topic, **{"group.protocol": "consumer"}),
    ):
        assert listed(client)[classic].type is ConsumerGroupType.CLASSIC
        found = listed(client, types={ConsumerGroupType.CONSUMER})
        assert found[modern].type is ConsumerGroupType.CONSUMER and classic not in found


@on_one_node
def test_a_group_is_described_with_its_members(kafka_cluster, client, make_topic):
    topic, group = make_topic(partitions=3), unique_name("g")
    config = {"client.id": "reader", "group.instance.id": "first", "partition.assignment.strategy": "roundrobin"}
    with member_of(kafka_cluster, group, topic, **config) as consumer:
        described = client.describe_consumer_groups([group])[group].result(HANG)
        assert (described.group_id, described.state) == (group, ConsumerGroupState.STABLE)
        assert described.partition_assignor == "roundrobin"
        assert not described.is_simple_consumer_group
        assert described.authorized_operations is None
        assert str(described.coordinator.port) in kafka_cluster.bootstrap_servers
        (member,) = described.members
        assert (member.member_id, member.client_id) == (consumer.memberid(), "reader")
        assert (member.group_instance_id, member.host) == ("first", "/127.0.0.1")
        assert sorted(member.assignment.topic_partitions) == sorted(consumer.assignment())
        assert len(member.assignment.topic_partitions) == 3


@on_one_node
@since("2.10.0")
def test_a_group_of_the_newer_protocol_tells_what_its_members_are_to_have(kafka_cluster, client, make_topic):
    topic, group = make_topic(partitions=2), unique_name("g")
    with member_of(kafka_cluster, group, topic, **{"group.protocol": "consumer"}) as consumer:
        described = client.describe_consumer_groups([group])[group].result(HANG)
        assert described.type is ConsumerGroupType.CONSUMER
        (member,) = described.members
        assert sorted(member.target_assignment.topic_partitions) == sorted(consumer.assignment())


@on_one_node
@since("2.3.0")
def test_a_group_is_described_with_what_the_user_may_do(kafka_cluster, client, make_topic):
    topic, group = make_topic(), unique_name("g")
    commit(kafka_cluster, group, topic, 0)
    future = client.describe_consumer_groups([group], include_authorized_operations=True)[group]
    # A super user may do all that can be done to a group.
    assert {operation.name for operation in future.result(HANG).authorized_operations} >= {"READ", "DESCRIBE", "DELETE"}


@on_one_node
def test_each_group_of_a_request_has_an_end_of_its_own(kafka_cluster, client, make_topic):
    topic, used, idle, missing = make_topic(), unique_name("used"), unique_name("idle"), unique_name("missing")
    commit(kafka_cluster, idle, topic, 0)
    with member_of(kafka_cluster, used, topic):
        described = client.describe_consumer_groups([missing, idle, used])
        assert list(described) == [missing, idle, used]
        states = [future.result(HANG).state for future in described.values()]
        assert states == [ConsumerGroupState.DEAD, ConsumerGroupState.EMPTY, ConsumerGroupState.STABLE]
        futures = client.delete_consumer_groups([used, idle, missing])
        refused = failure(futures[used]).args[0]
        assert refused == KafkaError.NON_EMPTY_GROUP
        assert f'group "{used}"' in refused.str()
        assert futures[idle].result(HANG) is None
        assert failure(futures[missing]).args[0] == KafkaError.GROUP_ID_NOT_FOUND
        assert idle not in listed(client) and used in listed(client)
    assert committed(kafka_cluster, idle, topic, 1) == [OFFSET_INVALID]


@on_one_node
def test_the_older_call_tells_of_groups_too(kafka_cluster, client, make_topic):
    topic, group = make_topic(), unique_name("g")
    with member_of(kafka_cluster, group, topic, **{"client.id": "old"}) as consumer:
        with pytest.warns(DeprecationWarning, match="list_consumer_groups"):
            (found,) = client.list_groups(group, HANG)
        assert (found.id, found.error, found.state, found.protocol_type) == (group, None, "Stable", "consumer")
        assert str(found.broker.port) in kafka_cluster.bootstrap_servers
        (member,) = found.members
        assert (member.id, member.client_id, member.client_host) == (consumer.memberid(), "old", "/127.0.0.1")
        assert topic.encode() in member.metadata and topic.encode() in member.assignment
        with pytest.warns(DeprecationWarning):
            assert group in {each.id for each in client.list_groups(timeout=HANG)}


# Offsets of groups


def offsets_of(client, group, *partitions, **options):
    request = [ConsumerGroupTopicPartitions(group, list(partitions) or None)]
    result = client.list_consumer_group_offsets(request, **options)[group].result(HANG)
    assert result.group_id == group
    return result.topic_partitions


@on_one_node
def test_what_a_consumer_has_committed_is_listed(kafka_cluster, client, make_topic):
    topic, group = make_topic(partitions=3), unique_name("g")
    commit(kafka_cluster, group, topic, 5, 7)
    everything = offsets_of(client, group)
    assert sorted((found.topic, found.partition, found.offset) for found in everything) == [
        (topic, 0, 5),
        (topic, 1, 7),
    ]
    asked = offsets_of(client, group, TopicPartition(topic, 2), TopicPartition(topic, 1), require_stable=True)
    assert {found.partition: found.offset for found in asked} == {1: 7, 2: OFFSET_INVALID}
    assert offsets_of(client, unique_name("nobody")) == []


@on_one_node
def test_offsets_are_committed_for_a_group(kafka_cluster, client, make_topic):
    topic, group = make_topic(partitions=2), unique_name("g")
    request = [ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0, 3), TopicPartition(topic, 1, 4, "why")])]
    done = client.alter_consumer_group_offsets(request)[group].result(HANG)
    assert [found.error for found in done.topic_partitions] == [None, None]
    assert committed(kafka_cluster, group, topic, 2) == [3, 4]
    assert {found.metadata for found in offsets_of(client, group)} >= {"why"}


@on_one_node
def test_the_coordinator_of_a_group_is_found_again_when_its_broker_is_back(kafka_cluster, client, make_topic):
    """librdkafka 2.10.0 and later remember a broker that is none any more."""
    topic, group = make_topic(), unique_name("g")
    commit(kafka_cluster, group, topic, 3)

    def is_found():
        try:
            return client.describe_consumer_groups([group], request_timeout=5)[group].result(HANG).group_id == group
        except KafkaException:
            return False

    wait_until(is_found, HANG)
    kafka_cluster.kill(1)
    kafka_cluster.restart(1)
    wait_until(is_found, HANG)


@on_one_node
def test_offsets_of_a_group_that_is_in_use_stay(kafka_cluster, client, make_topic):
    topic, group = make_topic(), unique_name("g")
    with member_of(kafka_cluster, group, topic) as consumer:
        consumer.commit(offsets=[TopicPartition(topic, 0, 9)], asynchronous=False)
        request = [ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0, 3)])]
        future = client.alter_consumer_group_offsets(request)[group]
        with contextlib.suppress(KafkaException):
            assert all(found.error for found in future.result(HANG).topic_partitions)
        future = client.delete_consumer_group_offsets([ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0)])])
        (left,) = future[group].result(HANG).topic_partitions
        assert left.error == KafkaError.GROUP_SUBSCRIBED_TO_TOPIC
    assert committed(kafka_cluster, group, topic, 1) == [9]


@on_one_node
def test_offsets_of_a_group_are_deleted(kafka_cluster, client, make_topic):
    topic, group = make_topic(partitions=2), unique_name("g")
    commit(kafka_cluster, group, topic, 5, 7)
    request = [ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0)])]
    (done,) = client.delete_consumer_group_offsets(request)[group].result(HANG).topic_partitions
    assert (done.topic, done.partition, done.error) == (topic, 0, None)
    assert committed(kafka_cluster, group, topic, 2) == [OFFSET_INVALID, 7]
    nobody = unique_name("nobody")
    request = [ConsumerGroupTopicPartitions(nobody, [TopicPartition(topic, 0)])]
    refused = failure(client.delete_consumer_group_offsets(request)[nobody]).args[0]
    assert refused == KafkaError.GROUP_ID_NOT_FOUND
    assert f'group "{nobody}"' in refused.str()


@on_one_node
def test_offsets_of_streams_topics_are_listed_by_their_names(kafka_cluster):
    path, group = unique_name("s"), unique_name("g")
    topic, name = f"{path}--clicks", f"/{path}:clicks"
    kafka_cluster.create_topic(topic)
    with admin.AdminClient(kafka_cluster.client_config()) as client:
        request = [ConsumerGroupTopicPartitions(group, [TopicPartition(name, 0, 3)])]
        (done,) = client.alter_consumer_group_offsets(request)[group].result(HANG).topic_partitions
        assert done.topic == name
        assert committed(kafka_cluster, group, topic, 1) == [3]
        assert [found.topic for found in offsets_of(client, group)] == [name]


# Offsets of partitions


@on_kafka
@since("2.3.0")
def test_offsets_of_partitions_are_those_that_consumers_see(kafka_cluster, client, make_topic):
    topic = make_topic(partitions=3)
    partitions = [TopicPartition(topic, number) for number in range(3)]
    with Producer(kafka_cluster.client_config()) as producer:
        deliver(
            producer,
            topic,
            [{"value": b"v", "partition": 1, "timestamp": time} for time in (1000, 3000, 2000)],
        )

    def asked(spec):
        futures = client.list_offsets(dict.fromkeys(partitions, spec))
        assert list(futures) == partitions
        return [future.result(HANG) for future in futures.values()]

    with asking_for(kafka_cluster, unique_name("g")) as consumer:
        ends = [consumer.get_watermark_offsets(partition, HANG) for partition in partitions]
    assert [(0, found.offset) for found in asked(OffsetSpec.latest())] == ends == [(0, 0), (0, 3), (0, 0)]
    assert [found.offset for found in asked(OffsetSpec.earliest())] == [0, 0, 0]
    assert [(found.offset, found.timestamp) for found in asked(OffsetSpec.max_timestamp())] == [
        (-1, -1),
        (1, 3000),
        (-1, -1),
    ]
    assert asked(OffsetSpec.for_timestamp(1001))[1].offset == 1
    assert asked(OffsetSpec.for_timestamp(3001))[1].offset == -1


@on_one_node
@since("2.3.0")
def test_the_latest_offset_is_that_of_the_isolation_level(kafka_cluster, client, make_topic):
    topic = make_topic()
    partition = TopicPartition(topic, 0)
    with Producer({**kafka_cluster.client_config(), "transactional.id": unique_name("tx")}) as producer:
        producer.init_transactions(HANG)
        producer.begin_transaction()
        producer.produce(topic, b"open")
        producer.flush()

        def latest(**options):
            return client.list_offsets({partition: OffsetSpec.latest()}, **options)[partition].result(HANG).offset

        assert latest() == latest(isolation_level=IsolationLevel.READ_UNCOMMITTED) == 1
        assert latest(isolation_level=IsolationLevel.READ_COMMITTED) == 0
        producer.abort_transaction(HANG)


@on_one_node
@since("2.3.0")
def test_each_partition_has_an_end_of_its_own(kafka_cluster, client, make_topic):
    topic = make_topic()
    missing, there = TopicPartition(topic, 7), TopicPartition(topic, 0)
    futures = client.list_offsets({missing: OffsetSpec.latest(), there: OffsetSpec.latest()})
    refused = failure(futures[missing]).args[0]
    assert refused.code() in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_PARTITION)
    assert topic in refused.str() and "partition 7" in refused.str()
    assert futures[there].result(HANG).offset == 0


@on_one_node
def test_what_a_user_may_not_do_names_the_group_and_the_operation(kafka_cluster, client, make_topic):
    topic, group = make_topic(), unique_name("g")
    commit(kafka_cluster, group, topic, 0)
    # Once a group has any, nothing else is allowed.
    command = [
        Path(os.environ["KAFKA_HOME"]) / "bin" / "kafka-acls.sh",
        "--bootstrap-server",
        kafka_cluster.bootstrap_servers,
    ]
    command += ["--add", "--allow-principal", "User:bob", "--operation", "Read", "--group", group]
    subprocess.run(command, check=True, capture_output=True)
    with AdminClient(kafka_cluster.client_config("sasl_plaintext")) as alice:

        def refusal():
            exception = alice.describe_consumer_groups([group])[group].exception(HANG)
            return isinstance(exception, AuthorizationException) and exception.args[0].str()

        assert f'group "{group}": this user needs the operation Describe on it' in wait_until(refusal, HANG)
        refused = failure(alice.delete_consumer_groups([group])[group])
        assert f'group "{group}": this user needs the operation Delete on it' in refused.args[0].str()
    assert group in listed(client)


@on_one_node
@lacks("2.3.0")
def test_an_older_librdkafka_says_what_it_lacks(client):
    with pytest.raises(
        KafkaException, match="does not have rd_kafka_ListOffsets, which Apache Kafka's has since 2.3.0"
    ):
        client.list_offsets({TopicPartition("t", 0): OffsetSpec.latest()})
    assert len(client) == 0
