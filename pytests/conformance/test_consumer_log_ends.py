"""Consumer.beginning_offsets(), end_offsets() and lag(). What transactions do to them: test_kafka_offsets.py."""

import contextlib
import itertools

import pytest
from limits import HANG
from mock_faults import needs

from mapr_streams_python import (
    OFFSET_BEGINNING,
    OFFSET_END,
    OFFSET_INVALID,
    Consumer,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from mapr_streams_python.testing import MockCluster, deliver, read, wait_for_assignment

from .support import raises_kafka_error

BROKERS, PARTITIONS = 3, 6
# What the partitions of "t" have; those of "empty" have nothing.
RECORDS = [0, 1, 2, 3, 4, 5]
BOTH = pytest.mark.parametrize("method", ["beginning_offsets", "end_offsets"])


@pytest.fixture(scope="module")
def cluster():
    with MockCluster(brokers=BROKERS) as cluster:
        for topic in ("t", "empty"):
            cluster.create_topic(topic, PARTITIONS)
            for partition in range(PARTITIONS):
                cluster.set_partition_leader(topic, partition, partition % BROKERS + 1)
        with contextlib.suppress(KafkaException):
            cluster.set_group_initial_rebalance_delay(0.1)
        with Producer({"bootstrap.servers": cluster.bootstrap_servers}) as producer:
            records = [{"value": b"v", "partition": p} for p, count in enumerate(RECORDS) for _ in range(count)]
            deliver(producer, "t", records)
        yield cluster


@pytest.fixture
def make(cluster, dialect):
    """A factory: a consumer of the cluster, with a group of its own."""
    numbers = itertools.count()
    with contextlib.ExitStack() as stack:

        def consumer(**config):
            defaults = {
                "bootstrap.servers": cluster.bootstrap_servers,
                "streams.compatibility": dialect,
                "group.id": f"{dialect}-{next(numbers)}-{id(stack)}",
                "enable.partition.eof": False,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
            }
            return stack.enter_context(Consumer({**defaults, **config}))

        yield consumer


@pytest.fixture
def consumer(make):
    return make()


def all_of(topic):
    return [TopicPartition(topic, partition) for partition in range(PARTITIONS)]


@contextlib.contextmanager
def requests(cluster):
    """The brokers that lists of offsets are asked of meanwhile."""
    asked, left = [], {}
    for broker in range(1, BROKERS + 1):
        # What is none counts the requests, and is left behind.
        cluster.push_request_errors("ListOffsets", [None] * 10, broker_id=broker)
        left[broker] = cluster.request_errors_left("ListOffsets", broker)
    yield asked
    for broker, before in left.items():
        asked += [broker] * (before - cluster.request_errors_left("ListOffsets", broker))


# beginning_offsets() and end_offsets().


def test_the_ends_of_many_partitions_come_in_the_order_of_the_list(consumer):
    asked = [*reversed(all_of("t")), *all_of("empty")]
    begins, ends = consumer.beginning_offsets(asked, HANG), consumer.end_offsets(asked, timeout=HANG)
    assert type(begins) is type(ends) is dict
    assert list(begins) == list(ends) == asked
    assert list(begins.values()) == [0] * 2 * PARTITIONS
    assert list(ends.values()) == [*reversed(RECORDS), *[0] * PARTITIONS]


@BOTH
def test_each_broker_is_asked_once(cluster, consumer, method):
    asked = [*all_of("t"), *all_of("empty"), *all_of("t")]
    getattr(consumer, method)(asked, HANG)
    with requests(cluster) as brokers:
        getattr(consumer, method)(asked, HANG)
    assert brokers == [1, 2, 3]


def test_a_beginning_is_after_what_was_deleted(make):
    with MockCluster() as cluster:
        cluster.create_topic("t")
        consumer = make(**{"bootstrap.servers": cluster.bootstrap_servers})
        with Producer({"bootstrap.servers": cluster.bootstrap_servers}) as producer:
            for _ in range(3):
                deliver(producer, "t", [b"v"])
        needs("rd_kafka_mock_partition_delete_records", lambda: cluster.delete_records("t", 0, 2))
        asked = [TopicPartition("t", 0)]
        assert list(consumer.beginning_offsets(asked, HANG).values()) == [2]
        assert list(consumer.end_offsets(asked, HANG).values()) == [3]


@pytest.mark.parametrize("timeout", [HANG, None, -1])
def test_ends_are_found_by_topic_and_number_and_a_partition_may_be_asked_for_twice(consumer, timeout):
    twice = TopicPartition("t", 3, 77)
    ends = consumer.end_offsets([twice, TopicPartition("t", 1), TopicPartition("t", 3)], timeout=timeout)
    assert [(p.partition, p.offset, p.error, end) for p, end in ends.items()] == [(3, 3, None, 3), (1, 1, None, 1)]
    assert ends[TopicPartition("t", 3)] == 3
    assert twice.offset == 77


def test_a_consumer_goes_on_from_the_ends_that_it_is_given(consumer):
    begins = consumer.beginning_offsets([TopicPartition("t", 2)], HANG)
    consumer.assign(list(begins))
    assert [message.offset() for message in read(consumer, 2)] == [0, 1]


@BOTH
def test_no_partitions_have_no_ends_and_nobody_is_asked(offline, method):
    assert getattr(offline.consumer(), method)([]) == {}


@BOTH
def test_a_partition_that_is_not_there_has_an_error_and_the_others_have_answers(consumer, method):
    found = getattr(consumer, method)([TopicPartition("t", 99), TopicPartition("t", 0)], HANG)
    (first, one), (second, two) = found.items()
    assert (one, two) == (None, 0)
    assert (first.offset, first.error.code()) == (OFFSET_INVALID, KafkaError._UNKNOWN_PARTITION)
    assert 'topic "t" has no partition 99' in first.error.str()
    assert (second.offset, second.error) == (0, None)


@BOTH
def test_where_no_partition_is_there_each_has_an_error(consumer, method):
    found = getattr(consumer, method)([TopicPartition("t", 98), TopicPartition("t", 99)], HANG)
    assert list(found.values()) == [None, None]
    assert {partition.error.code() for partition in found} == {KafkaError._UNKNOWN_PARTITION}


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        # The first answer is of all, those after it of halves.
        (["TOPIC_AUTHORIZATION_FAILED"], [0, 3]),
        (["TOPIC_AUTHORIZATION_FAILED"] * 2, [None, 3]),
        (["TOPIC_AUTHORIZATION_FAILED"] * 3, [None, None]),
    ],
    ids=["none", "one", "both"],
)
def test_what_a_broker_says_of_one_partition_is_said_of_it_alone(make, errors, expected):
    asked = [TopicPartition("t", 0), TopicPartition("t", 1)]
    with MockCluster() as cluster:
        cluster.create_topic("t", 2)
        servers = {"bootstrap.servers": cluster.bootstrap_servers}
        with Producer(servers) as producer:
            deliver(producer, "t", [{"value": b"v", "partition": 1}] * 3)
        consumer = make(**servers)
        assert list(consumer.end_offsets(asked, HANG).values()) == [0, 3]
        cluster.push_request_errors("ListOffsets", errors)
        found = consumer.end_offsets(asked, HANG)
        consumer.close()
    assert list(found.values()) == expected
    for partition, end in found.items():
        if end is None:
            assert partition.error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED
            assert 'topic "t": this user needs the operation Read' in partition.error.str()


@pytest.mark.parametrize("method", ["beginning_offsets", "end_offsets", "lag"])
@pytest.mark.parametrize("partition", [-1, -5])
def test_a_partition_needs_a_number(offline, method, partition):
    with raises_kafka_error("_INVALID_ARG") as caught:
        getattr(offline.consumer(), method)([TopicPartition("t", 0), TopicPartition("t", partition)], 0.1)
    assert f"t [{partition}]" in caught.value.args[0].str()


@BOTH
def test_partitions_are_required(offline, method):
    with pytest.raises(TypeError):
        getattr(offline.consumer(), method)()


# lag().


def test_lag_is_counted_from_the_position(consumer):
    consumer.assign([TopicPartition("t", 5, 0), TopicPartition("t", 0, 0)])
    read(consumer, 3)
    lag = consumer.lag(timeout=HANG)
    assert [(p.partition, p.offset, behind) for p, behind in lag.items()] in (
        [(5, 3, 2), (0, 0, 0)],
        [(0, 0, 0), (5, 3, 2)],
    )


def test_lag_before_the_first_message_is_counted_from_where_the_partition_was_assigned(consumer):
    consumer.commit(offsets=[TopicPartition("t", 5, 1)], asynchronous=False)
    consumer.assign([TopicPartition("t", 5, 4)])
    consumer.pause([TopicPartition("t", 5)])
    ((partition, behind),) = consumer.lag(timeout=HANG).items()
    assert (partition.offset, behind) == (4, 1)


@pytest.mark.parametrize("is_assigned", [False, True])
def test_lag_before_the_first_message_is_counted_from_the_committed_offset(consumer, is_assigned):
    asked = [TopicPartition("t", 5)]
    consumer.commit(offsets=[TopicPartition("t", 5, 1)], asynchronous=False)
    if is_assigned:
        consumer.assign(asked)
        consumer.pause(asked)
    lag = consumer.lag(None if is_assigned else asked, HANG)
    assert [(p, p.offset, behind) for p, behind in lag.items()] == [(asked[0], 1, 4)]


@pytest.mark.parametrize("offset", [OFFSET_INVALID, OFFSET_BEGINNING, OFFSET_END])
def test_lag_is_not_known_where_nothing_says_where_the_partition_goes_on(consumer, offset):
    if offset != OFFSET_INVALID:
        consumer.commit(offsets=[TopicPartition("t", 5, 1)], asynchronous=False)
    consumer.assign([TopicPartition("t", 5, offset)])
    consumer.pause([TopicPartition("t", 5)])
    ((partition, behind),) = consumer.lag(timeout=HANG).items()
    assert (partition.offset, partition.error, behind) == (OFFSET_INVALID, None, None)


def test_lag_of_a_member_of_a_group_is_that_of_what_it_was_given(make):
    consumer = make()
    consumer.subscribe(["t"])
    wait_for_assignment(consumer)
    read(consumer, sum(RECORDS))
    # Nothing was consumed of the one that has nothing, and nothing is committed.
    assert consumer.lag(timeout=HANG) == {p: 0 if p.partition else None for p in all_of("t")}


def test_lag_asks_each_broker_once_and_the_group_once(cluster, consumer):
    consumer.lag(all_of("t"), HANG)
    with requests(cluster) as brokers:
        lag = consumer.lag([*all_of("t"), *all_of("t")], HANG)
    assert brokers == [1, 2, 3]
    assert lag == dict.fromkeys(all_of("t"))


def test_lag_is_never_below_none(consumer):
    consumer.commit(offsets=[TopicPartition("t", 5, 1000)], asynchronous=False)
    assert list(consumer.lag([TopicPartition("t", 5)], HANG).values()) == [0]


def test_lag_of_a_partition_that_is_not_there_has_an_error(consumer):
    ((partition, behind), other) = consumer.lag([TopicPartition("t", 99), TopicPartition("t", 1)], HANG).items()
    assert behind is None
    assert partition.error.code() == KafkaError._UNKNOWN_PARTITION
    assert (other[0].error, other[1]) == (None, None)


def test_lag_of_a_consumer_that_is_assigned_nothing_is_empty(consumer):
    assert consumer.lag() == {}
    assert consumer.lag(None, None) == {}
    assert consumer.lag([]) == {}


def test_lag_needs_a_group(cluster):
    with Consumer({"bootstrap.servers": cluster.bootstrap_servers}) as consumer:
        for partitions in (None, [TopicPartition("t", 0)]):
            with raises_kafka_error("_UNKNOWN_GROUP"):
                consumer.lag(partitions, HANG)


def test_lag_in_rebalance_callbacks_is_that_of_the_group(make):
    seen = []
    consumer = make()
    consumer.commit(offsets=[TopicPartition("t", 5, 1)], asynchronous=False)
    consumer.subscribe(["t"], on_assign=lambda consumer, partitions: seen.append(consumer.lag(partitions, HANG)))
    wait_for_assignment(consumer)
    assert seen[0][TopicPartition("t", 5)] == 4
