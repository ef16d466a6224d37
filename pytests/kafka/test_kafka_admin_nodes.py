"""Administration of a real Kafka of three nodes: requests that several brokers answer, and nodes that go away."""

from __future__ import annotations

import pytest
from clusters import NO_COORDINATOR_YET, on_three_nodes
from limits import HANG
from requires import since

from mapr_streams_python import KafkaError, KafkaException, TimeoutException, TopicPartition
from mapr_streams_python.admin import (
    ConfigResource,
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    TopicCollection,
)
from mapr_streams_python.kafka import Consumer, Producer
from mapr_streams_python.kafka.admin import AdminClient
from mapr_streams_python.testing import deliver, unique_name, wait_until

pytestmark = on_three_nodes
PARTITIONS = 12


@pytest.fixture
def client(kafka_cluster):
    kafka_cluster.restore()
    with AdminClient({"bootstrap.servers": kafka_cluster.bootstrap_servers, "log_level": 0}) as client:
        yield client
    kafka_cluster.restore()


@pytest.fixture
def topic(kafka_cluster, client):
    """A topic on all nodes, each of which leads some of its partitions; partition p has p records."""
    name = unique_name("t")
    nodes = kafka_cluster.nodes
    replicas = [[nodes[(p + place) % len(nodes)] for place in range(len(nodes))] for p in range(PARTITIONS)]
    client.create_topics([NewTopic(name, replica_assignment=replicas)])[name].result(HANG)
    client.wait_for_topics([name], timeout=HANG)

    def is_on_all():
        try:
            return all(kafka_cluster.in_sync(name, p) == nodes for p in range(PARTITIONS))
        except LookupError:
            return False

    wait_until(is_on_all, HANG)
    with Producer({"bootstrap.servers": kafka_cluster.bootstrap_servers}) as producer:
        deliver(producer, name, [{"value": b"v", "partition": p} for p in range(PARTITIONS) for _ in range(p)])
    return name


def failure(future):
    with pytest.raises(KafkaException) as caught:
        future.result(HANG)
    return caught.value


def ends(cluster, topic):
    """Where the partitions begin and end, as a consumer sees it."""
    with Consumer({"bootstrap.servers": cluster.bootstrap_servers, "group.id": unique_name("g")}) as consumer:
        return [consumer.get_watermark_offsets(TopicPartition(topic, p), HANG) for p in range(PARTITIONS)]


@since("2.3.0")
def test_offsets_of_partitions_of_several_brokers_are_listed(kafka_cluster, client, topic):
    asked = {TopicPartition(topic, p): OffsetSpec.latest() for p in reversed(range(PARTITIONS))}
    futures = client.list_offsets(asked)
    assert [partition.partition for partition in futures] == list(reversed(range(PARTITIONS)))
    found = {partition.partition: future.result(HANG).offset for partition, future in futures.items()}
    assert [(0, found[p]) for p in range(PARTITIONS)] == ends(kafka_cluster, topic)
    # Each in its own way, and what is not there has an end of its own.
    missing = TopicPartition(topic, 99)
    futures = client.list_offsets(
        {
            TopicPartition(topic, 5): OffsetSpec.earliest(),
            missing: OffsetSpec.latest(),
            TopicPartition(topic, 7): OffsetSpec.max_timestamp(),
            TopicPartition(topic, 9): OffsetSpec.for_timestamp(0),
            TopicPartition(topic, 11): OffsetSpec.for_timestamp(2**42),
        }
    )
    exception = failure(futures.pop(missing))
    assert exception.args[0].code() in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_PARTITION)
    first, highest, since_ever, never = (future.result(HANG) for future in futures.values())
    assert (first.offset, since_ever.offset, never.offset) == (0, 0, -1)
    assert 0 <= highest.offset < 7 and highest.timestamp > 0 and since_ever.timestamp > 0


@since("2.3.0")
def test_the_end_of_what_is_committed_is_listed_on_each_broker(kafka_cluster, client, topic):
    partitions = [TopicPartition(topic, p) for p in range(3)]
    config = {"bootstrap.servers": kafka_cluster.bootstrap_servers, "transactional.id": unique_name("tx")}
    with Producer(config) as producer:
        producer.init_transactions(HANG)
        producer.begin_transaction()
        for p in range(3):
            producer.produce(topic, b"open", partition=p)
        producer.flush()

        def listed(level):
            futures = client.list_offsets(dict.fromkeys(partitions, OffsetSpec.latest()), isolation_level=level)
            return [futures[partition].result(HANG).offset for partition in partitions]

        assert listed(IsolationLevel.READ_COMMITTED) == [0, 1, 2]
        assert listed(IsolationLevel.READ_UNCOMMITTED) == listed(None) == [1, 2, 3]
        producer.abort_transaction(HANG)


@since("2.3.0")
def test_the_cluster_and_its_topics_are_described_as_the_nodes_say(kafka_cluster, client, topic):
    cluster = client.describe_cluster().result(HANG)
    assert sorted(node.id for node in cluster.nodes) == kafka_cluster.nodes
    assert cluster.controller.id in kafka_cluster.nodes
    servers = sorted(f"{node.host}:{node.port}" for node in cluster.nodes)
    assert servers == sorted(kafka_cluster.bootstrap_servers.split(","))

    described = client.describe_topics(TopicCollection([topic]))[topic].result(HANG)
    for partition in described.partitions:
        assert partition.leader.id == kafka_cluster.leader(topic, partition.id)
        assert [node.id for node in partition.replicas][0] == kafka_cluster.nodes[partition.id % 3]
        assert sorted(node.id for node in partition.isr) == kafka_cluster.in_sync(topic, partition.id)

    kafka_cluster.shut_down(3)

    def without():
        found = client.describe_topics(TopicCollection([topic]), request_timeout=60)[topic].result(HANG)
        in_sync = {tuple(sorted(node.id for node in partition.isr)) for partition in found.partitions}
        return found if in_sync == {(1, 2)} else None

    # One answer: another broker may hear of it later.
    described = wait_until(without, HANG)
    assert {partition.leader.id for partition in described.partitions} == {1, 2}
    # It is to hold them still, and is no broker of the cluster any more.
    assert {tuple(sorted(node.id for node in partition.replicas)) for partition in described.partitions} == {(1, 2, 3)}
    wait_until(lambda: sorted(n.id for n in client.describe_cluster().result(HANG).nodes) == [1, 2], HANG)


def test_records_of_partitions_of_several_brokers_are_deleted(kafka_cluster, client, topic):
    before = [TopicPartition(topic, p, p // 2) for p in range(PARTITIONS)]
    futures = client.delete_records(before)
    assert [future.result(HANG).low_watermark for future in futures.values()] == [p // 2 for p in range(PARTITIONS)]
    assert ends(kafka_cluster, topic) == [(p // 2, p) for p in range(PARTITIONS)]


def test_each_broker_tells_of_its_own_configuration(kafka_cluster, client):
    for node in kafka_cluster.nodes:
        resource = ConfigResource("broker", str(node))
        for broker in (None, node):
            entries = client.describe_configs([resource], broker=broker)[resource].result(HANG)
            assert entries["node.id"].value == str(node)
    # Another one does not know it.
    resource = ConfigResource("broker", "1")
    exception = failure(client.describe_configs([resource], broker=2)[resource])
    assert exception.args[0] == KafkaError.INVALID_REQUEST
    both = [ConfigResource("broker", "1"), ConfigResource("broker", "2")]
    futures = client.describe_configs(both)
    assert all(isinstance(future.exception(HANG), KafkaException) for future in futures.values())


@pytest.fixture
def groups(kafka_cluster, client, topic):
    """Groups that have committed, of which the brokers share out who coordinates them."""
    names = [unique_name("g") for _ in range(PARTITIONS)]

    def commit(name, p):
        request = [ConsumerGroupTopicPartitions(name, [TopicPartition(topic, p, p)])]
        done = client.alter_consumer_group_offsets(request, request_timeout=HANG)[name].result(HANG)
        return done.topic_partitions[0].error

    for p, name in enumerate(names):
        # The first group makes the topic of all groups' offsets, which brokers hear of one after the other.
        assert wait_until(lambda name=name, p=p: commit(name, p) is None, HANG)
    return names


def test_groups_of_all_brokers_are_listed_described_and_deleted(kafka_cluster, client, topic, groups):
    def are_listed():
        result = client.list_consumer_groups().result(HANG)
        # A broker that has just become the coordinator of some groups loads them first.
        assert {error.code() for error in result.errors} <= {KafkaError.COORDINATOR_LOAD_IN_PROGRESS}
        return result.errors == [] and set(groups) <= {group.group_id for group in result.valid}

    wait_until(are_listed, HANG)
    described = {name: future.result(HANG) for name, future in client.describe_consumer_groups(groups).items()}
    assert {group.state for group in described.values()} == {ConsumerGroupState.EMPTY}
    # Of a node that was away for a while the others have its groups still.
    assert len({group.coordinator.id for group in described.values()}) >= 2
    for p, name in enumerate(groups):
        found = client.list_consumer_group_offsets([ConsumerGroupTopicPartitions(name)])[name].result(HANG)
        assert [(each.topic, each.partition, each.offset) for each in found.topic_partitions] == [(topic, p, p)]
    futures = client.delete_consumer_groups([*groups, "never"])
    assert failure(futures.pop("never")).args[0] == KafkaError.GROUP_ID_NOT_FOUND
    assert [future.result(HANG) for future in futures.values()] == [None] * len(groups)
    wait_until(
        lambda: not set(groups) & {group.group_id for group in client.list_consumer_groups().result(HANG).valid}, HANG
    )


def test_a_plan_goes_over_partitions_of_several_brokers(kafka_cluster, client, topic):
    name = unique_name("g")
    plan = client.reset_offsets(name, "latest", topics=[topic], timeout=HANG)
    assert [(change.partition, change.old, change.new) for change in plan.changes] == [
        (p, None, p) for p in range(PARTITIONS)
    ]
    plan.apply(timeout=HANG)
    with Consumer({"bootstrap.servers": kafka_cluster.bootstrap_servers, "group.id": name}) as consumer:
        found = consumer.committed([TopicPartition(topic, p) for p in range(PARTITIONS)], HANG)
    assert [partition.offset for partition in found] == list(range(PARTITIONS))


def test_a_broker_that_does_not_answer_keeps_no_other_ones_groups(kafka_cluster, client, groups):
    described = {name: future.result(HANG) for name, future in client.describe_consumer_groups(groups).items()}
    others = {name for name, group in described.items() if group.coordinator.id != 2}
    assert others
    kafka_cluster.pause(2)
    asked = client.describe_consumer_groups(groups, request_timeout=5)

    def are_listed():
        result = client.list_consumer_groups(request_timeout=5).result(HANG)
        # Once the others take it for dead it is none of the cluster's brokers, and another one has its groups.
        assert {error.code() for error in result.errors} <= {
            KafkaError._TIMED_OUT,
            KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        }
        return others <= {group.group_id for group in result.valid}

    def are_described():
        futures = client.describe_consumer_groups(list(others), request_timeout=5).values()
        # Who has a group may be asked of the one that does not answer; the next request asks another one.
        return all(future.exception(HANG) is None for future in futures) and all(
            future.result().state == ConsumerGroupState.EMPTY for future in futures
        )

    wait_until(are_listed, HANG)
    wait_until(are_described, HANG)
    kafka_cluster.resume(2)
    for name in groups:
        exception = asked[name].exception(HANG)
        # It may be asked when it is back, and is told then that another one has its groups.
        assert (
            exception is None
            or isinstance(exception, TimeoutException)
            or exception.args[0] == KafkaError.NOT_COORDINATOR
        )
    wait_until(
        lambda: set(groups) <= {group.group_id for group in client.list_consumer_groups().result(HANG).valid}, HANG
    )

    def all_are_empty():
        futures = client.describe_consumer_groups(groups, request_timeout=HANG).values()
        failed = {exception.args[0].code() for exception in (future.exception(HANG) for future in futures) if exception}
        # While the brokers do not agree yet on who has a group.
        assert failed <= set(NO_COORDINATOR_YET)
        return not failed and all(future.result().state == ConsumerGroupState.EMPTY for future in futures)

    # The process goes on where a coordinator is back after the time of a request.
    wait_until(all_are_empty, HANG)


def test_nodes_that_stop_in_the_midst_end_requests_with_their_time_and_answer_when_they_go_on(
    kafka_cluster, client, topic
):
    client.list_topics(timeout=HANG)
    name, group, resource = unique_name("new"), unique_name("g"), ConfigResource("topic", topic)
    for node in kafka_cluster.nodes:
        kafka_cluster.pause(node)
    asked = [
        client.create_topics([NewTopic(name, 1)], timeout=1)[name],
        client.create_partitions([NewPartitions(topic, PARTITIONS + 1)], timeout=1, validate_only=True)[topic],
        client.describe_configs([resource], request_timeout=1)[resource],
        *client.delete_records([TopicPartition(topic, 11, 1)], timeout=1).values(),
        client.describe_consumer_groups([group], request_timeout=1)[group],
        *client.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)], request_timeout=1).values(),
    ]
    for future in asked:
        assert isinstance(failure(future), TimeoutException)
    with pytest.raises(TimeoutException, match=f"topics {name} are not there"):
        client.wait_for_topics([name], timeout=0.5)
    with pytest.raises(TimeoutException):
        client.reset_offsets(group, "earliest", topics=[topic], timeout=0.5)
    for node in kafka_cluster.nodes:
        kafka_cluster.resume(node)

    # The brokers may have gone on with what nobody waits for any more, or not.
    def is_made():
        exception = client.create_topics([NewTopic(name, 1)], timeout=HANG)[name].exception(HANG)
        # Nodes that stood still for three seconds are none of the cluster's until they have told that they are back.
        assert exception is None or exception.args[0].code() in (
            KafkaError.TOPIC_ALREADY_EXISTS,
            KafkaError.INVALID_REPLICATION_FACTOR,
        )
        return exception is None or exception.args[0] == KafkaError.TOPIC_ALREADY_EXISTS

    wait_until(is_made, HANG)
    client.wait_for_topics([name], timeout=HANG)
    plan = client.reset_offsets(group, "earliest", topics=[topic], timeout=HANG)
    assert len(plan.changes) == PARTITIONS


def test_a_controller_that_goes_away_is_looked_for_anew(kafka_cluster, client):
    """Brokers name any of them as the one to ask; librdkafka itself asks for another one after five minutes."""
    clients = [AdminClient({"bootstrap.servers": kafka_cluster.bootstrap_servers, "log_level": 0}) for _ in range(8)]
    try:
        for each in clients:
            each.list_topics(timeout=HANG)
        kafka_cluster.shut_down(3)
        names = [unique_name("t") for _ in clients]
        futures = [each.create_topics([NewTopic(name, 1)])[name] for each, name in zip(clients, names)]
        assert [future.result(HANG) for future in futures] == [None] * len(clients)
        client.wait_for_topics(names, timeout=HANG)
    finally:
        for each in clients:
            each.close()


def test_a_node_that_is_killed_with_requests_under_way_does_not_keep_them(kafka_cluster, client, topic):
    """What it led another one leads then, and the same client asks that one."""
    led = [p for p in range(PARTITIONS) if kafka_cluster.leader(topic, p) == 3]
    client.list_topics(topic, HANG)
    kafka_cluster.pause(3)
    futures = client.delete_records([TopicPartition(topic, p, 1) for p in led if p > 0], timeout=5)
    kafka_cluster.kill(3)
    for future in futures.values():
        assert future.exception(HANG) is None or isinstance(future.exception(), KafkaException)

    def moved():
        futures = client.delete_records([TopicPartition(topic, p, 1) for p in led if p > 0], timeout=60)
        return all(future.exception(HANG) is None for future in futures.values())

    wait_until(moved, HANG)
    wait_until(lambda: {kafka_cluster.leader(topic, p) for p in led} <= {1, 2}, HANG)
    assert [ends(kafka_cluster, topic)[p][0] for p in led if p > 0] == [1] * len([p for p in led if p > 0])
