"""class TopicPartition: construction, attributes, comparison, printing, pickling."""

import copy
import pickle

import pytest

from mapr_streams_python import OFFSET_INVALID, TopicPartition


def all_fields(partition):
    return (
        partition.topic,
        partition.partition,
        partition.offset,
        partition.metadata,
        partition.leader_epoch,
        partition.error,
    )


def test_it_is_made_of_a_topic_a_partition_and_an_initial_offset():
    partition = TopicPartition("t", 1, 2)
    assert (partition.topic, partition.partition, partition.offset) == ("t", 1, 2)


def test_only_the_topic_is_required():
    partition = TopicPartition("t")
    assert all_fields(partition) == ("t", -1, OFFSET_INVALID, None, None, None)
    with pytest.raises(TypeError):
        TopicPartition()


def test_every_parameter_can_be_given_by_keyword():
    partition = TopicPartition(topic="t", partition=1, offset=2, metadata="meta", leader_epoch=5)
    assert all_fields(partition) == ("t", 1, 2, "meta", 5, None)


def test_error_is_none_unless_an_operation_set_one():
    assert TopicPartition("t").error is None


def test_offset_and_partition_can_be_set():
    partition = TopicPartition("t", 1)
    partition.offset = 9
    partition.partition = 7
    assert (partition.partition, partition.offset) == (7, 9)
    assert str(partition) == "TopicPartition{topic=t,partition=7,offset=9,error=None}"


@pytest.mark.parametrize("attribute", ["topic", "error"])
def test_topic_and_error_can_not_be_set(attribute):
    partition = TopicPartition("t")
    with pytest.raises(AttributeError):
        setattr(partition, attribute, None)


@pytest.mark.parametrize("attribute", ["partition", "offset"])
@pytest.mark.parametrize("value", ["x", None, 1.5])
def test_partition_and_offset_take_integers_only(attribute, value):
    partition = TopicPartition("t", 1, 2)
    with pytest.raises(TypeError):
        setattr(partition, attribute, value)
    assert (partition.partition, partition.offset) == (1, 2)


@pytest.mark.parametrize("attribute", ["partition", "offset"])
def test_partition_and_offset_can_not_be_deleted(attribute):
    partition = TopicPartition("t", 1, 2)
    with pytest.raises(TypeError):
        delattr(partition, attribute)


def test_it_takes_no_new_attributes():
    with pytest.raises(AttributeError):
        TopicPartition("t").comment = "x"


@pytest.mark.parametrize("topic", [None, b"t", 5])
def test_the_topic_must_be_a_string(topic):
    with pytest.raises(TypeError):
        TopicPartition(topic)


def test_the_topic_may_be_empty_or_beyond_ascii_but_holds_no_nul():
    assert TopicPartition("").topic == ""
    assert str(TopicPartition("tä")) == "TopicPartition{topic=tä,partition=-1,offset=-1001,error=None}"
    with pytest.raises(ValueError):
        TopicPartition("t\x00u")


@pytest.mark.parametrize("partition", ["x", None])
def test_the_partition_must_be_an_integer(partition):
    with pytest.raises(TypeError):
        TopicPartition("t", partition)


def test_the_partition_is_a_32_bit_integer():
    assert TopicPartition("t", -(2**31)).partition == -(2**31)
    with pytest.raises(OverflowError):
        TopicPartition("t", 2**31)
    with pytest.raises(OverflowError):
        TopicPartition("t").partition = 2**31


def test_the_offset_is_a_64_bit_integer():
    assert TopicPartition("t", 0, 2**62).offset == 2**62
    with pytest.raises(OverflowError):
        TopicPartition("t", 0, 2**63)


@pytest.mark.parametrize("render", [str, repr])
def test_it_prints_logical_offsets_as_numbers_and_neither_metadata_nor_epoch(render):
    assert render(TopicPartition("t")) == "TopicPartition{topic=t,partition=-1,offset=-1001,error=None}"
    assert render(TopicPartition("t", 1, -2)) == "TopicPartition{topic=t,partition=1,offset=-2,error=None}"
    assert render(TopicPartition("t", 1, 2, "meta", 5)) == "TopicPartition{topic=t,partition=1,offset=2,error=None}"


def test_equality_is_by_topic_and_partition():
    assert TopicPartition("a", 1, 5) == TopicPartition("a", 1, 6, "meta")
    assert TopicPartition("a", 1) != TopicPartition("a", 2)
    assert TopicPartition("a", 1) != TopicPartition("b", 1)


def test_order_is_by_topic_then_partition():
    a1, a2, b0 = TopicPartition("a", 1), TopicPartition("a", 2), TopicPartition("b", 0)
    assert [a1 < a2, a2 < b0, b0 > a2, a1 <= a1, a1 >= a2] == [True, True, True, True, False]
    assert sorted([b0, a2, a1]) == [a1, a2, b0]


def test_hash_agrees_with_equality():
    assert hash(TopicPartition("a", 1, 5)) == hash(TopicPartition("a", 1, 6))
    assert hash(TopicPartition("a", 1)) != hash(TopicPartition("a", 2))
    assert len({TopicPartition("a", 1, 5), TopicPartition("a", 1, 6), TopicPartition("a", 2)}) == 2


@pytest.mark.parametrize("other", [None, "a", 1, ("a", 1), object()])
def test_comparison_with_other_types_is_unequal(other):
    assert not TopicPartition("a", 1) == other
    assert TopicPartition("a", 1) != other
    assert not other == TopicPartition("a", 1)


@pytest.mark.parametrize("other", [None, "a", ("a", 1)])
def test_order_against_other_types_is_a_type_error(other):
    with pytest.raises(TypeError):
        TopicPartition("a", 1) < other  # noqa: B015


def test_it_is_true():
    assert bool(TopicPartition("a"))


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_copies_and_pickles_keep_everything(duplicate):
    original = TopicPartition("a", 1, 2, "meta", 5)
    twin = duplicate(original)
    assert twin is not original
    assert type(twin) is TopicPartition
    assert all_fields(twin) == ("a", 1, 2, "meta", 5, None)
    assert all_fields(duplicate(TopicPartition("a"))) == ("a", -1, OFFSET_INVALID, None, None, None)


class LabelledPartition(TopicPartition):
    """Module level, so that it can be pickled by reference."""


def test_subclasses_print_compare_and_pickle_like_it():
    assert str(LabelledPartition("t", 1)) == "TopicPartition{topic=t,partition=1,offset=-1001,error=None}"
    assert LabelledPartition("t", 1) == TopicPartition("t", 1)
    assert type(pickle.loads(pickle.dumps(LabelledPartition("t", 1)))) is LabelledPartition


def test_one_made_by_new_alone_has_no_topic():
    partition = TopicPartition.__new__(TopicPartition)
    assert partition.topic is None
    assert partition.error is None
