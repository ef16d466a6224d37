"""What requests about groups and offsets refuse before they are sent, and what the mock cluster answers of them."""

from __future__ import annotations

import pytest
from limits import HANG
from requires import lacks, since

import mapr_streams_python
import mapr_streams_python.kafka
from mapr_streams_python import Consumer, KafkaError, KafkaException, TopicPartition
from mapr_streams_python.admin import (
    AdminClient,
    ConsumerGroupDescription,
    ConsumerGroupListing,
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    ConsumerGroupType,
    IsolationLevel,
    ListOffsetsResultInfo,
    MemberAssignment,
    Node,
    OffsetSpec,
)
from mapr_streams_python.testing import MockCluster

# Nobody listens there.
NOWHERE = {"bootstrap.servers": "127.0.0.1:1", "log_level": 0, "error_cb": lambda error: None}
LISTING, ALTERING = "list_consumer_group_offsets_request", "alter_consumer_group_offsets_request"


def of(*partitions, group="g"):
    return [ConsumerGroupTopicPartitions(group, list(partitions))]


def listing(*request):
    return lambda client: client.list_consumer_group_offsets(*request)


def altering(*request):
    return lambda client: client.alter_consumer_group_offsets(*request)


def asking(offsets, **options):
    return lambda client: client.list_offsets(offsets, **options)


T0, LATEST = TopicPartition("t", 0), OffsetSpec.latest()


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda c: c.list_consumer_groups(states="STABLE"),
            TypeError,
            "states must be a set of ConsumerGroupState, not str",
        ),
        (
            lambda c: c.list_consumer_groups(states={"STABLE"}),
            TypeError,
            "states must be a set of ConsumerGroupState, not of str",
        ),
        (
            lambda c: c.list_consumer_groups(types={1}),
            TypeError,
            "types must be a set of ConsumerGroupType, not of int",
        ),
        (
            lambda c: c.list_consumer_groups(request_timeout="1"),
            TypeError,
            "request_timeout must be a number of seconds, not str",
        ),
        (lambda c: c.describe_consumer_groups("g"), TypeError, "group_ids must be a list of str, not str"),
        (lambda c: c.describe_consumer_groups([]), ValueError, "group_ids must not be empty: it is a list of str"),
        (lambda c: c.describe_consumer_groups(["g", None]), TypeError, "group_ids[1] must be str, not NoneType"),
        (lambda c: c.describe_consumer_groups(["g", "g"]), ValueError, "group_ids[1]: 'g' is there twice"),
        (
            lambda c: c.describe_consumer_groups(["g"], include_authorized_operations=1),
            TypeError,
            "include_authorized_operations must be a bool, not int",
        ),
        (lambda c: c.delete_consumer_groups(["g", ""]), ValueError, "group_ids[1] must not be empty"),
        (
            lambda c: c.delete_consumer_groups(["a\0"]),
            ValueError,
            "group_ids[0] must not contain a null character",
        ),
        (listing(None), TypeError, f"{LISTING} must be a list of ConsumerGroupTopicPartitions, not NoneType"),
        (listing(["g"]), TypeError, f"{LISTING}[0] must be ConsumerGroupTopicPartitions, not str"),
        (
            listing([ConsumerGroupTopicPartitions("a"), ConsumerGroupTopicPartitions("b")]),
            ValueError,
            f"{LISTING} must have one group, not 2: librdkafka takes one in a request",
        ),
        (listing([ConsumerGroupTopicPartitions(None)]), TypeError, f"{LISTING}[0].group_id must be str, not NoneType"),
        (
            listing(of()),
            ValueError,
            f"{LISTING}[0].topic_partitions must not be empty: it is a list of TopicPartition",
        ),
        (
            listing(of(T0, ("t", 1))),
            TypeError,
            f"{LISTING}[0].topic_partitions[1] must be TopicPartition, not tuple",
        ),
        (
            listing(of(T0, TopicPartition("t", 1), TopicPartition("", 0))),
            ValueError,
            f"{LISTING}[0].topic_partitions[2].topic must not be empty",
        ),
        (
            listing(of(TopicPartition("t"))),
            ValueError,
            f"{LISTING}[0].topic_partitions[0].partition must be 0 or more, not -1",
        ),
        (
            listing(of(TopicPartition("t", 0, 5))),
            ValueError,
            f"{LISTING}[0].topic_partitions[0].offset must not be set: it is what is asked for",
        ),
        (
            lambda c: c.list_consumer_group_offsets(of(T0), require_stable="yes"),
            TypeError,
            "require_stable must be a bool, not str",
        ),
        (
            altering([ConsumerGroupTopicPartitions("g")]),
            TypeError,
            f"{ALTERING}[0].topic_partitions must be a list of TopicPartition, not NoneType",
        ),
        (altering(of(T0)), ValueError, f"{ALTERING}[0].topic_partitions[0].offset must be 0 or more, not -1001"),
        (
            lambda c: c.delete_consumer_group_offsets(of(TopicPartition("t", -2))),
            ValueError,
            "delete_consumer_group_offsets_request[0].topic_partitions[0].partition must be 0 or more, not -2",
        ),
        (
            asking([T0]),
            TypeError,
            "topic_partition_offsets must be a dict of OffsetSpec by TopicPartition, not list",
        ),
        (asking({T0: -1}), TypeError, "topic_partition_offsets[0] must have an OffsetSpec, not int"),
        (
            asking({TopicPartition("t"): LATEST}),
            ValueError,
            "topic_partition_offsets[0].partition must be 0 or more, not -1",
        ),
        (
            asking({T0: LATEST}, isolation_level=1),
            TypeError,
            "isolation_level must be an IsolationLevel, not int",
        ),
        (lambda c: OffsetSpec.for_timestamp(-1), ValueError, "timestamp must be 0 or more, not -1"),
        (lambda c: OffsetSpec("latest"), TypeError, "index must be an int, not str"),
        (
            lambda c: OffsetSpec(-4),
            ValueError,
            "index must be -3, -2, -1, or milliseconds since the epoch, not -4",
        ),
    ],
)
def test_bad_arguments_are_named_before_anything_is_sent(call, error, text):
    with AdminClient(NOWHERE) as client:
        with pytest.raises(error) as caught:
            call(client)
        assert str(caught.value) == text
        assert len(client) == 0


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("list_consumer_groups", ([9], [])),
        ("list_consumer_groups", ([], [-1])),
        ("list_consumer_groups", []),
        ("describe_consumer_groups", [5]),
        ("describe_consumer_groups", []),
        ("delete_consumer_groups", []),
        ("list_consumer_group_offsets", ("g", 5, False)),
        ("alter_consumer_group_offsets", ("g", [("t", 0)])),
        ("delete_consumer_group_offsets", (None, [T0])),
        ("list_offsets", ([(T0, -4)], None)),
        ("list_offsets", ([(T0, -1)], 2)),
        ("list_offsets", ([T0], None)),
    ],
)
def test_a_malformed_request_raises(name, arguments):
    with AdminClient(NOWHERE) as client:
        with pytest.raises((TypeError, ValueError, KafkaException)):
            client._request(name, arguments, (None,) * 5, lambda exception, answer: None)
        assert len(client) == 0


def test_the_groups_futures_end_with_their_time_and_name_the_group():
    with AdminClient(NOWHERE) as client:
        future = client.list_consumer_group_offsets(of(T0), request_timeout=0.1)["g"]
        error = future.exception(HANG).args[0]
        assert error == KafkaError._TIMED_OUT
        assert '(group "g")' in error.str()
        # Of brokers, of which there may be others.
        result = client.list_consumer_groups(request_timeout=0.1).result(HANG)
        assert (result.valid, [error.name() for error in result.errors]) == ([], ["_TIMED_OUT"])
        with pytest.warns(DeprecationWarning), pytest.raises(mapr_streams_python.TimeoutException):
            client.list_groups(timeout=0.1)


@pytest.mark.parametrize("name", ["receive.message.max.bytes", "fetch.message.max.bytes", "message.max.bytes"])
def test_the_offsets_of_a_group_are_asked_for_whatever_limits_the_client_has(name):
    with MockCluster(brokers=1) as cluster:
        cluster.create_topic("t")
        with AdminClient({"bootstrap.servers": cluster.bootstrap_servers, name: 1_000_000}) as client:
            listed = client.list_consumer_group_offsets(of(T0))["g"].result(HANG)
            assert len(listed.topic_partitions) == 1


def test_a_callback_that_raises_harms_no_other_groups_future(caplog):
    with AdminClient(NOWHERE) as client:
        futures = client.describe_consumer_groups(["a", "b"], request_timeout=0.1)
        futures["a"].add_done_callback(lambda future: 1 / 0)
        assert isinstance(futures["b"].exception(HANG), KafkaException)


# The mock cluster


@pytest.fixture(scope="module")
def cluster():
    with MockCluster() as cluster:
        cluster.create_topic("t", 2)
        yield cluster


@pytest.fixture
def client(cluster):
    with AdminClient({"bootstrap.servers": cluster.bootstrap_servers}) as client:
        yield client


def test_the_mock_cluster_commits_and_lists_offsets_of_a_group(cluster, client):
    request = of(TopicPartition("t", 0, 3), TopicPartition("t", 1, 4))
    done = client.alter_consumer_group_offsets(request)["g"].result(HANG)
    assert [(found.partition, found.error) for found in done.topic_partitions] == [(0, None), (1, None)]
    with Consumer({"bootstrap.servers": cluster.bootstrap_servers, "group.id": "g"}) as consumer:
        assert [found.offset for found in consumer.committed([T0, TopicPartition("t", 1)], HANG)] == [3, 4]
    request = of(TopicPartition("t", 1), TopicPartition("t", 7))
    found, missing = client.list_consumer_group_offsets(request)["g"].result(HANG).topic_partitions
    assert (found.partition, found.offset, found.error) == (1, 4, None)
    assert missing.error == KafkaError.UNKNOWN_TOPIC_OR_PART
    assert 'partition 7 of topic "t"' in missing.error.str()


@since("2.3.0")
def test_the_mock_cluster_tells_where_partitions_begin_and_end(cluster, client):
    missing = TopicPartition("t", 7)
    futures = client.list_offsets({T0: LATEST, missing: OffsetSpec.earliest()})
    assert futures[T0].result(HANG).offset == 0
    error = futures[missing].exception(HANG).args[0]
    assert error.code() in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_PARTITION)


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.list_consumer_groups(),
        lambda c: c.describe_consumer_groups(["g"]),
        lambda c: c.delete_consumer_groups(["g"]),
        lambda c: c.delete_consumer_group_offsets(of(T0)),
        # It answers these, and says nothing that is true.
        lambda c: c.list_consumer_group_offsets([ConsumerGroupTopicPartitions("g")]),
        pytest.param(asking({T0: OffsetSpec.max_timestamp()}), marks=since("2.3.0")),
        pytest.param(asking({T0: OffsetSpec.for_timestamp(5)}), marks=since("2.3.0")),
    ],
    ids=["list", "describe", "delete", "delete offsets", "all offsets", "max_timestamp", "for_timestamp"],
)
def test_the_mock_cluster_says_what_it_does_not_answer(client, call):
    with pytest.raises(KafkaException, match="a mock cluster does not answer requests of administration") as caught:
        call(client)
    assert caught.value.args[0] == KafkaError._UNSUPPORTED_FEATURE
    assert len(client) == 0


def test_the_mock_cluster_does_not_answer_the_older_call_either(client):
    with pytest.warns(DeprecationWarning), pytest.raises(KafkaException, match="a mock cluster does not answer"):
        client.list_groups()


# What the loaded librdkafka lacks


@lacks("2.3.0")
def test_an_older_librdkafka_names_the_function_that_it_lacks():
    with AdminClient(NOWHERE) as client:
        calls = {
            "rd_kafka_ListOffsets": asking({T0: LATEST}),
            "rd_kafka_AdminOptions_set_match_consumer_group_types": lambda c: c.list_consumer_groups(
                types={ConsumerGroupType.CLASSIC}
            ),
            "rd_kafka_AdminOptions_set_include_authorized_operations": lambda c: c.describe_consumer_groups(
                ["g"], include_authorized_operations=True
            ),
        }
        for function, call in calls.items():
            loaded = mapr_streams_python.libversion()[0]
            with pytest.raises(KafkaException, match=f"{loaded} does not have {function}, .* since 2\\.") as caught:
                call(client)
            assert caught.value.args[0] == KafkaError._NOT_IMPLEMENTED
        assert len(client) == 0
        # The same calls without what is newer.
        futures = client.describe_consumer_groups(["g"], request_timeout=0.1, include_authorized_operations=False)
        assert futures["g"].exception(HANG).args[0] == KafkaError._TIMED_OUT


# Values


def test_values_are_those_of_confluent_kafka():
    assert ConsumerGroupState.UNKOWN is ConsumerGroupState.UNKNOWN
    assert ConsumerGroupState.EMPTY.value == 5 and ConsumerGroupState.STABLE < ConsumerGroupState.DEAD
    listing = ConsumerGroupListing("g", True, state="stable", type=1)
    assert (listing.state, listing.type) == (ConsumerGroupState.STABLE, ConsumerGroupType.CONSUMER)
    described = ConsumerGroupDescription("g", False, [], "range", 3, Node(1, "h", 9092), [3])
    assert (described.state, described.type) == (ConsumerGroupState.STABLE, ConsumerGroupType.UNKNOWN)
    assert [operation.name for operation in described.authorized_operations] == ["READ"]
    assert MemberAssignment().topic_partitions == []
    assert ListOffsetsResultInfo(5, -1, -1).leader_epoch is None
    assert OffsetSpec(-1) == LATEST != OffsetSpec(-2) < LATEST < OffsetSpec.for_timestamp(0)


def test_names_of_confluent_kafkas_package_are_those_of_both_dialects():
    names = ["ConsumerGroupState", "ConsumerGroupTopicPartitions", "ConsumerGroupType", "IsolationLevel", "Node"]
    for name in names:
        value = getattr(mapr_streams_python.admin, name)
        assert getattr(mapr_streams_python, name) is value
        assert getattr(mapr_streams_python.kafka, name) is value
    assert IsolationLevel.READ_COMMITTED.value == 1


# Plans, and waits
