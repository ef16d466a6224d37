"""Consumer.assign(), unassign(), assignment(), and the incremental forms."""

import collections

import pytest
from limits import HANG

from mapr_streams_python import OFFSET_BEGINNING, OFFSET_END, OFFSET_STORED, KafkaError, KafkaException, TopicPartition
from mapr_streams_python.testing import read

from .support import fields


def test_assign_starts_consuming_the_partitions(online, filled):
    topic = filled("v", partitions=2)
    consumer = online.consumer()
    assert consumer.assign([TopicPartition(topic, 0), TopicPartition(topic, 1)]) is None
    assert {read(consumer, 1)[0].partition() for _ in range(2)} == {0, 1}


@pytest.mark.parametrize("offset", [1, OFFSET_BEGINNING], ids=["number", "beginning"])
def test_assign_starts_at_the_given_offset(online, filled, offset):
    topic = filled("v0", "v1", "v2")
    consumer = online.consumer()
    consumer.assign([TopicPartition(topic, 0, offset)])
    assert read(consumer, 1)[0].offset() == (0 if offset == OFFSET_BEGINNING else offset)


def test_assign_at_the_end_sees_only_what_comes_later(online, filled):
    topic = filled("old")
    consumer = online.consumer({"enable.partition.eof": True})
    consumer.assign([TopicPartition(topic, 0, OFFSET_END)])
    # The end of the partition: the position is settled.
    assert consumer.poll(HANG).offset() == 1
    producer = online.producer()
    producer.produce(topic, "new", partition=0)
    assert producer.flush(HANG) == 0
    assert read(consumer, 1)[0].value() == b"new"


def test_assign_replaces_the_assignment(offline):
    consumer = offline.consumer()
    consumer.assign([TopicPartition("t", 0, 5)])
    consumer.assign([TopicPartition("u", 1, 6)])
    assert fields(consumer.assignment()) == [("u", 1, 6, None)]


def test_assign_of_nothing_assigns_nothing(offline):
    consumer = offline.consumer()
    consumer.assign([TopicPartition("t", 0)])
    consumer.assign([])
    assert consumer.assignment() == []


@pytest.mark.parametrize("call", ["assign", "incremental_assign"])
def test_a_topic_without_a_partition_is_refused_and_named(call, offline):
    with pytest.raises(KafkaException, match=r't \[-1\]: a partition of topic "t" is needed') as raised:
        getattr(offline.consumer(), call)([TopicPartition("t")])
    assert raised.value.args[0].code() == KafkaError._INVALID_ARG


def test_a_partition_that_is_there_twice_is_refused_and_named(program, dialect):
    """Taking one away twice ends the process in librdkafka."""
    program(
        """
        consumer = Consumer({"group.id": "g", "streams.compatibility": dialect})
        consumer.assign([TopicPartition("t", 0), TopicPartition("t", 1)])
        for call in (consumer.assign, consumer.incremental_assign, consumer.incremental_unassign):
            said = outcome(call, [TopicPartition("t", 1), TopicPartition("t", 0), TopicPartition("t", 1)])
            assert "_INVALID_ARG" in said and "t [1] is in the list more than once" in said, said
        """,
        dialect=dialect,
    )


@pytest.mark.parametrize("call", ["assign", "incremental_assign"])
def test_a_topic_name_that_is_too_long_is_refused(call, offline):
    consumer = offline.consumer()
    with pytest.raises(KafkaException, match="has 513 bytes, and a name has 512 at most") as raised:
        getattr(consumer, call)([TopicPartition("ä" * 256 + "t", 0)])
    assert raised.value.args[0].code() == KafkaError._INVALID_ARG
    assert consumer.assignment() == []


def test_assignment_lists_what_is_assigned_as_new_objects(offline):
    consumer = offline.consumer()
    partitions = [TopicPartition("t", 0, 5), TopicPartition("t", 1)]
    consumer.assign(partitions)
    assignment = consumer.assignment()
    assert type(assignment) is list
    # A partition without an initial offset starts at the committed one.
    assert fields(assignment) == [("t", 0, 5, None), ("t", 1, OFFSET_STORED, None)]
    assert all(a is not p for a, p in zip(assignment, partitions))
    assert fields(partitions) == [("t", 0, 5, None), ("t", 1, -1001, None)]


def test_assignment_of_a_new_consumer_is_empty(offline):
    assert offline.consumer().assignment() == []


def test_assignment_ignores_arguments(offline):
    assert offline.consumer().assignment(1) == []


def test_unassign_removes_everything_that_assign_assigned(offline):
    consumer = offline.consumer()
    consumer.assign([TopicPartition("t", 0), TopicPartition("t", 1)])
    assert consumer.unassign() is None
    assert consumer.assignment() == []


def test_unassign_without_an_assignment_does_nothing(offline):
    assert offline.consumer().unassign() is None


def test_unassign_stops_consuming(online, filled):
    topic = filled("v0", "v1")
    consumer = online.consumer({"enable.partition.eof": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    read(consumer, 1)
    consumer.unassign()
    assert consumer.poll(0.5) is None


def test_incremental_assign_and_unassign_change_part_of_the_assignment(online, filled):
    topic = filled("v", partitions=2)
    consumer = online.consumer()
    assert consumer.incremental_assign([TopicPartition(topic, 0, 0)]) is None
    assert read(consumer, 1)[0].partition() == 0
    assert consumer.incremental_assign([TopicPartition(topic, 1, 0)]) is None
    assert read(consumer, 1)[0].partition() == 1
    assert consumer.incremental_unassign([TopicPartition(topic, 0)]) is None
    assert [p.partition for p in consumer.assignment()] == [1]


LISTS = ["assign", "incremental_assign", "incremental_unassign"]


@pytest.mark.parametrize("method", LISTS)
@pytest.mark.parametrize("make", [tuple, collections.deque, collections.UserList])
def test_any_sequence_of_partitions_will_do(offline, method, make):
    consumer = offline.consumer({"partition.assignment.strategy": "cooperative-sticky"})
    consumer.incremental_assign([TopicPartition("t", 1)])
    getattr(consumer, method)(make([TopicPartition("t", int(method == "incremental_unassign"))]))
    assert [p.partition for p in consumer.assignment()] == {"assign": [0], "incremental_assign": [0, 1]}.get(method, [])


@pytest.mark.parametrize("method", LISTS)
@pytest.mark.parametrize(
    "partitions",
    [{TopicPartition("t", 0)}, iter([]), {}, "t", b"", None, 5, TopicPartition("t", 0)],
    ids=lambda v: type(v).__name__,
)
def test_anything_but_a_sequence_is_a_type_error(offline, method, partitions):
    with pytest.raises(TypeError, match="requires list of TopicPartition"):
        getattr(offline.consumer(), method)(partitions)


@pytest.mark.parametrize("method", LISTS)
@pytest.mark.parametrize("element", ["t", ("t", 0), None], ids=repr)
def test_a_list_of_anything_else_is_a_type_error(offline, method, element):
    consumer = offline.consumer()
    with pytest.raises(TypeError, match="expected TopicPartition"):
        getattr(consumer, method)([TopicPartition("t", 0), element])
    assert consumer.assignment() == []


@pytest.mark.parametrize("method", LISTS)
def test_the_list_is_required(offline, method):
    with pytest.raises(TypeError):
        getattr(offline.consumer(), method)()


@pytest.mark.parametrize("method", ["unassign", "unsubscribe"])
def test_unassign_and_unsubscribe_take_no_arguments(offline, method):
    with pytest.raises(TypeError):
        getattr(offline.consumer(), method)(1)
