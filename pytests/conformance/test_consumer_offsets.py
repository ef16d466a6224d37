"""Consumer.position(), seek(), pause(), resume(), get_watermark_offsets(), offsets_for_times(), list_topics()."""

import time

import pytest
from limits import HANG

from mapr_streams_python import OFFSET_BEGINNING, OFFSET_END, OFFSET_INVALID, KafkaError, KafkaException, TopicPartition
from mapr_streams_python._metadata import PartitionMetadata, TopicMetadata
from mapr_streams_python.testing import read, wait_until

from .support import fields, raises_kafka_error


@pytest.fixture
def reader(online, filled):
    """A factory: a consumer at the beginning of a topic with these values, and the topic's name."""

    def make(*values):
        topic = filled(*(values or ("v0", "v1", "v2", "v3")))
        consumer = online.consumer({"enable.partition.eof": False})
        consumer.assign([TopicPartition(topic, 0, 0)])
        return consumer, topic

    return make


# position().


def test_position_is_the_offset_of_the_last_consumed_message_plus_one(reader):
    consumer, topic = reader()
    read(consumer, 1)
    read(consumer, 1)
    assert fields(consumer.position([TopicPartition(topic, 0)])) == [(topic, 0, 2, None)]


def test_position_returns_new_partitions(reader):
    consumer, topic = reader()
    read(consumer, 1)
    asked = [TopicPartition(topic, 0, 55)]
    result = consumer.position(asked)
    assert type(result) is list
    assert result[0] is not asked[0]
    assert asked[0].offset == 55


@pytest.mark.parametrize("timeout", [5, 0.5, None])
def test_position_takes_a_timeout(reader, timeout):
    consumer, topic = reader()
    read(consumer, 1)
    assert [p.offset for p in consumer.position([TopicPartition(topic, 0)], timeout=timeout)] == [1]


def test_position_before_anything_was_consumed_is_0_in_the_mapr_dialect(mapr_clients):
    assert fields(mapr_clients.consumer().position([TopicPartition("t", 0, 5)])) == [("t", 0, 0, None)]


def test_position_before_anything_was_consumed_is_invalid_in_the_kafka_dialect(kafka_clients):
    assert fields(kafka_clients.consumer().position([TopicPartition("t", 0, 5)])) == [("t", 0, OFFSET_INVALID, None)]


def test_position_of_no_partitions_is_empty(offline):
    assert offline.consumer().position([]) == []


# seek(), pause(), resume().


def test_seek_goes_on_at_another_offset(reader):
    consumer, topic = reader()
    read(consumer, 1)
    assert consumer.seek(TopicPartition(topic, 0, 3)) is None
    assert read(consumer, 1)[0].offset() == 3


@pytest.mark.parametrize(
    ("partition", "offset"), [(TopicPartition("t", 0, 1), 1), (TopicPartition("t", 0), OFFSET_INVALID)], ids=["1", "-"]
)
def test_seek_of_a_partition_that_is_not_assigned_is_a_wrong_state(offline, partition, offset):
    consumer = offline.consumer()
    # librdkafka knows the partition from now on.
    consumer.position([TopicPartition("t", 0)])
    text = f"Failed to seek to offset {offset}: Local: Erroneous state (t [0] is not assigned)"
    with raises_kafka_error("_STATE", text):
        consumer.seek(partition)


def test_seek_of_a_partition_that_was_never_seen_is_an_unknown_partition(offline):
    text = "Failed to seek to offset 1: Local: Unknown partition (t [0] is not assigned)"
    with raises_kafka_error("_UNKNOWN_PARTITION", text):
        offline.consumer().seek(TopicPartition("t", 0, 1))


def test_seek_of_a_partition_that_was_assigned_a_moment_ago_takes_effect(online, filled):
    """librdkafka refuses until it has asked where the partition begins."""
    topic = filled("v0", "v1", "v2", "v3")
    consumer = online.consumer({"enable.partition.eof": False})
    consumer.assign([TopicPartition(topic, 0)])
    consumer.seek(TopicPartition(topic, 0, 2))
    assert read(consumer, 1)[0].offset() == 2


def test_pause_stops_a_partition_and_resume_goes_on_with_it(reader):
    consumer, topic = reader()
    read(consumer, 1)
    assert consumer.pause([TopicPartition(topic, 0)]) is None
    assert consumer.poll(0.5) is None
    assert consumer.resume([TopicPartition(topic, 0)]) is None
    assert read(consumer, 1)[0].offset() == 1


@pytest.mark.parametrize("method", ["pause", "resume"])
def test_pause_and_resume_of_a_partition_that_is_not_assigned_do_nothing(offline, method):
    assert getattr(offline.consumer(), method)([TopicPartition("t", 0)]) is None


# get_watermark_offsets().


def test_watermark_offsets_are_the_first_and_the_next_offset(reader):
    consumer, topic = reader()
    assert consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=HANG) == (0, 4)


def test_watermark_offsets_of_an_unknown_partition_fail(online, filled):
    topic = filled("v")
    advice = (
        f'(topic "{topic}" has no partition 99 that this client can see: create it, or add partitions, or let this user'
        " Describe the topic)"
    )
    text = f"Failed to get watermark offsets: Local: Unknown partition {advice}"
    with raises_kafka_error("_UNKNOWN_PARTITION", text):
        online.consumer().get_watermark_offsets(TopicPartition(topic, 99), timeout=HANG)


def test_cached_watermark_offsets_are_what_the_last_fetch_brought(reader):
    consumer, topic = reader()
    partition = TopicPartition(topic, 0)
    read(consumer, 1)
    wait_until(lambda: consumer.get_watermark_offsets(partition, cached=True)[1] == 4, HANG)


def test_cached_watermark_offsets_that_are_not_known_are_invalid(offline):
    offsets = offline.consumer().get_watermark_offsets(TopicPartition("t", 0), cached=True)
    assert offsets == (OFFSET_INVALID, OFFSET_INVALID)


@pytest.mark.parametrize("arguments", [(), (5,), ([TopicPartition("t", 0)],)], ids=repr)
def test_watermark_offsets_are_of_one_partition(offline, arguments):
    with pytest.raises(TypeError):
        offline.consumer().get_watermark_offsets(*arguments)


# offsets_for_times().


def test_offsets_for_times_answers_each_of_several_times_of_a_partition(online, filled):
    """librdkafka answers for a partition once. The mock cluster knows the earliest time and the latest."""
    topic = filled("v0", "v1")
    asked = [TopicPartition(topic, 0, time) for time in (OFFSET_BEGINNING, OFFSET_END, OFFSET_BEGINNING)]
    result = online.consumer().offsets_for_times(asked, timeout=HANG)
    assert [p.offset for p in result] == [0, 2, 0]


def test_offsets_for_times_returns_new_partitions(online, filled):
    topic = filled("v0", "v1")
    asked = [TopicPartition(topic, 0, 1)]
    result = online.consumer().offsets_for_times(asked, timeout=HANG)
    # librdkafka's mock broker keeps no index of times and answers "none".
    assert fields(result) == [(topic, 0, OFFSET_END, None)]
    assert result[0] is not asked[0]
    assert asked[0].offset == 1


# list_topics().


@pytest.fixture(params=["producer", "consumer"])
def either(request, online):
    return getattr(online, request.param)()


@pytest.mark.kafka_cluster(brokers=3)
def test_list_topics_describes_the_cluster(either, filled):
    topic = filled("v", partitions=2)
    cluster = either.list_topics(timeout=HANG)
    assert type(cluster).__name__ == "ClusterMetadata"
    assert type(cluster.topics) is dict
    assert topic in cluster.topics
    assert sorted(cluster.brokers) == [1, 2, 3]
    assert type(cluster.cluster_id) is str
    assert type(cluster.controller_id) is int
    assert type(cluster.orig_broker_name) is str
    assert cluster.orig_broker_id == -1 or cluster.orig_broker_id in cluster.brokers


def test_list_topics_describes_one_topic(either, filled):
    topic = filled("v", partitions=2)
    filled("other")
    cluster = either.list_topics(topic, HANG)
    assert list(cluster.topics) == [topic]
    described = cluster.topics[topic]
    assert (described.topic, described.error, sorted(described.partitions)) == (topic, None, [0, 1])
    for number, partition in described.partitions.items():
        assert type(partition).__name__ == "PartitionMetadata"
        assert partition.id == number
        assert partition.leader in cluster.brokers
        assert partition.leader in partition.replicas
        assert partition.leader in partition.isrs
        assert partition.error is None


def test_list_topics_describes_the_brokers(either, kafka_cluster):
    brokers = either.list_topics(timeout=HANG).brokers
    addresses = set(kafka_cluster.bootstrap_servers.split(","))
    for number, broker in brokers.items():
        assert type(broker).__name__ == "BrokerMetadata"
        assert broker.id == number
        assert type(broker.port) is int
        assert f"{broker.host}:{broker.port}" in addresses


def test_metadata_prints_its_names_and_places(either, filled):
    topic = filled("v", partitions=2)
    cluster = either.list_topics(topic=topic, timeout=HANG)
    assert str(cluster) == cluster.cluster_id
    assert repr(cluster) == f"ClusterMetadata({cluster.cluster_id})"
    assert str(cluster.topics[topic]) == topic
    assert repr(cluster.topics[topic]) == f"TopicMetadata({topic}, 2 partitions)"
    assert str(cluster.topics[topic].partitions[1]) == "1"
    assert repr(cluster.topics[topic].partitions[1]) == "PartitionMetadata(1)"
    broker = cluster.brokers[1]
    assert str(broker) == f"{broker.host}:{broker.port}/1"
    assert repr(broker) == f"BrokerMetadata(1, {broker.host}:{broker.port})"


def test_metadata_prints_an_error():
    topic, partition = TopicMetadata(), PartitionMetadata()
    topic.topic, topic.error = "t", KafkaError(3, "gone")
    partition.id, partition.error = 4, KafkaError(5, "no leader")
    assert repr(topic) == 'TopicMetadata(t, 0 partitions, KafkaError{code=UNKNOWN_TOPIC_OR_PART,val=3,str="gone"})'
    assert repr(partition) == 'PartitionMetadata(4, KafkaError{code=LEADER_NOT_AVAILABLE,val=5,str="no leader"})'


# Wrong arguments, and no server.


@pytest.mark.parametrize(
    "method", ["position", "pause", "resume", "offsets_for_times", "beginning_offsets", "end_offsets"]
)
@pytest.mark.parametrize("partitions", ["t", {TopicPartition("t", 0)}, 5, None], ids=repr)
def test_anything_but_a_sequence_of_partitions_is_a_type_error(offline, method, partitions):
    with pytest.raises(TypeError, match="requires list of TopicPartition"):
        getattr(offline.consumer(), method)(partitions)


@pytest.mark.parametrize("method", ["position", "pause", "resume", "offsets_for_times", "end_offsets", "lag"])
def test_a_list_of_anything_else_is_a_type_error(offline, method):
    with pytest.raises(TypeError, match="expected TopicPartition"):
        getattr(offline.consumer(), method)([("t", 0)])


@pytest.mark.parametrize("method", ["seek", "get_watermark_offsets"])
@pytest.mark.parametrize("partition", [5, "t", [TopicPartition("t", 0, 1)], None], ids=repr)
def test_anything_but_a_partition_is_a_type_error(offline, method, partition):
    with pytest.raises(TypeError, match="expected TopicPartition"):
        getattr(offline.consumer(), method)(partition)


@pytest.mark.parametrize(
    ("method", "arguments", "prefix"),
    [
        ("get_watermark_offsets", (TopicPartition("t", 0),), "Failed to get watermark offsets: "),
        ("offsets_for_times", ([TopicPartition("t", 0, 1)],), "Failed to get offsets: "),
        ("beginning_offsets", ([TopicPartition("t", 0)],), "Failed to get offsets: "),
        ("end_offsets", ([TopicPartition("t", 0)],), "Failed to get offsets: "),
        ("lag", ([TopicPartition("t", 0)],), "Failed to get the lag: "),
        ("list_topics", (), "Failed to get metadata: "),
        ("cluster_id", (), "Failed to get the cluster's id: "),
    ],
    ids=["watermarks", "times", "beginning", "end", "lag", "topics", "id"],
)
def test_a_request_without_a_server_fails_within_its_timeout(offline, method, arguments, prefix):
    start = time.monotonic()
    try:
        result = getattr(offline.consumer(), method)(*arguments, timeout=0.3)
    except KafkaException as exception:
        # Which of them it is depends on how far librdkafka has come by then.
        error = exception.args[0]
        assert error.name() in ("_ALL_BROKERS_DOWN", "_TRANSPORT", "_TIMED_OUT")
        assert error.str().startswith(prefix)
    else:
        assert (method, result) == ("get_watermark_offsets", None)
    assert time.monotonic() - start < 60
