"""class Message: what delivery reports and consumed messages hold, and messages that a program makes itself."""

import copy
import pickle

import pytest
from reports import report_of

from mapr_streams_python import (
    TIMESTAMP_CREATE_TIME,
    TIMESTAMP_LOG_APPEND_TIME,
    TIMESTAMP_NOT_AVAILABLE,
    KafkaError,
    Message,
    TopicPartition,
)
from mapr_streams_python.testing import read

from .support import next_event


@pytest.fixture
def consumed(online, filled):
    """A factory: the only message of a topic, consumed."""

    def consume(value="value", key="key", headers=None):
        topic = filled(value, keys=[key], headers=headers)
        consumer = online.consumer()
        consumer.assign([TopicPartition(topic, 0, 0)])
        return topic, read(consumer, 1)[0]

    return consume


# What the accessors return.


def test_a_consumed_message_has_all_its_parts(consumed):
    topic, message = consumed(headers=[("h", b"1")])
    assert message.error() is None
    assert (message.topic(), message.partition(), message.offset()) == (topic, 0, 0)
    assert (message.key(), message.value(), len(message)) == (b"key", b"value", 5)
    assert message.headers() == [("h", b"1")]


def test_a_delivered_message_has_its_partition_and_offset(reported):
    error, message = reported
    assert error is None
    assert message.error() is None
    assert (message.partition(), message.offset()) == (0, 0)
    assert (message.key(), message.value()) == (b"key", b"value")


def test_a_message_that_failed_has_the_error_and_no_offset(failing):
    error, message = report_of(failing, "t", value="v", key="k")
    assert message.error() == error == KafkaError._MSG_TIMED_OUT
    assert (message.topic(), message.partition(), message.offset()) == ("t", None, None)
    assert (message.key(), message.value()) == (b"k", b"v")


def test_a_message_that_failed_has_the_partition_that_was_asked_for(failing):
    assert report_of(failing, value="v", partition=3)[1].partition() == 3


def test_a_topic_name_beyond_ascii_comes_back_as_it_was(failing):
    assert report_of(failing, "tä", value="v")[1].topic() == "tä"


@pytest.mark.parametrize(
    ("value", "key", "value_bytes", "key_bytes"),
    [
        ("vä", "k€", b"v\xc3\xa4", b"k\xe2\x82\xac"),
        (b"\x00\xff\x00", b"\x00", b"\x00\xff\x00", b"\x00"),
        ("", "", b"", b""),
        ("v", None, b"v", None),
    ],
)
def test_key_and_value_are_bytes_or_none_whatever_was_produced(online, make_topic, value, key, value_bytes, key_bytes):
    name = make_topic()
    _, message = report_of(online.producer(), name, value=value, key=key, partition=0)
    assert (message.key(), message.value(), len(message)) == (key_bytes, value_bytes, len(value_bytes))
    consumer = online.consumer()
    consumer.assign([TopicPartition(name, 0, 0)])
    message = read(consumer, 1)[0]
    assert (message.key(), message.value(), len(message)) == (key_bytes, value_bytes, len(value_bytes))


def test_len_is_the_size_of_the_value_without_the_key(consumed):
    assert len(consumed(value="12345", key="a long key")[1]) == 5


def test_an_empty_value_makes_the_message_false(consumed):
    assert not consumed(value="")[1]
    assert consumed(value="x")[1]


def test_the_timestamp_is_its_type_and_milliseconds(online, make_topic):
    name = make_topic()
    report_of(online.producer(), name, value="v", timestamp=1234567, partition=0)
    consumer = online.consumer()
    consumer.assign([TopicPartition(name, 0, 0)])
    assert read(consumer, 1)[0].timestamp() == (TIMESTAMP_CREATE_TIME, 1234567)


def test_a_delivered_message_has_a_timestamp(reported):
    kind, milliseconds = reported[1].timestamp()
    # The broker decides which: librdkafka's mock broker stamps what it appends.
    assert kind in (TIMESTAMP_CREATE_TIME, TIMESTAMP_LOG_APPEND_TIME)
    assert milliseconds > 0


def test_a_message_that_failed_has_no_timestamp_even_if_one_was_given(failing):
    message = report_of(failing, value="v", timestamp=1234567)[1]
    assert message.timestamp() == (TIMESTAMP_NOT_AVAILABLE, -1)


def test_headers_keep_their_order_and_their_duplicates(consumed):
    headers = [("h", "1"), ("h", None), ("e", b""), ("b", b"\x00\xff")]
    assert consumed(headers=headers)[1].headers() == [("h", b"1"), ("h", None), ("e", b""), ("b", b"\x00\xff")]


def test_headers_are_none_when_there_are_none(consumed):
    assert consumed()[1].headers() is None


def test_a_delivery_report_has_the_headers_of_its_message(online, make_topic):
    assert report_of(online.producer(), make_topic(), value="v", headers={"a": "b"})[1].headers() == [("a", b"b")]


def test_latency_is_seconds_in_a_delivery_report_and_none_in_a_consumed_message(reported, consumed):
    latency = reported[1].latency()
    assert type(latency) is float
    assert 0 < latency < 60
    assert consumed()[1].latency() is None


def test_the_leader_epoch_of_a_message_that_failed_is_none(failing):
    assert report_of(failing, value="v")[1].leader_epoch() is None


def test_the_leader_epoch_of_a_consumed_message_is_an_integer_or_none(consumed):
    # librdkafka before 2.1 knows none.
    epoch = consumed()[1].leader_epoch()
    assert epoch is None or type(epoch) is int


def test_an_end_of_partition_is_a_message_with_an_error_and_a_place(online, filled):
    topic = filled("v0", "v1")
    consumer = online.consumer({"enable.partition.eof": True})
    consumer.assign([TopicPartition(topic, 0, 2)])
    event = next_event(consumer)
    assert event.error() == KafkaError._PARTITION_EOF
    assert event.error().name() == "_PARTITION_EOF"
    assert (event.topic(), event.partition(), event.offset()) == (topic, 0, 2)
    assert event.key() is None
    # Its value is the error's text: librdkafka 2.0.2 says "Fetch from broker 1 reached end of partition ...".
    assert event.value().decode() == event.error().str()
    assert len(event) > 0


def test_a_message_outlives_its_producer_and_its_consumer(online, filled):
    topic = filled("value")
    consumer = online.consumer()
    consumer.assign([TopicPartition(topic, 0, 0)])
    message = read(consumer, 1)[0]
    consumer.close()
    assert (message.topic(), message.value(), message.offset()) == (topic, b"value", 0)


# The setters.


def test_setters_take_any_object_and_return_none(consumed):
    message = consumed()[1]
    assert message.set_value({"a": 1}) is None
    assert message.value() == {"a": 1}
    assert message.set_key(5) is None
    assert message.key() == 5
    assert message.set_headers([("q", b"1")]) is None
    assert message.headers() == [("q", b"1")]
    assert message.set_key(None) is None
    assert message.key() is None


def test_len_follows_set_value(consumed):
    message = consumed()[1]
    message.set_value("xyz")
    assert (message.value(), len(message)) == ("xyz", 3)
    message.set_value(None)
    assert (message.value(), len(message)) == (None, 0)


def test_len_of_a_value_without_a_length_is_a_type_error(consumed):
    message = consumed()[1]
    message.set_value(5)
    with pytest.raises(TypeError):
        len(message)


@pytest.mark.parametrize("setter", ["set_value", "set_key", "set_headers", "set_topic", "set_error"])
def test_a_setter_takes_exactly_one_argument(setter):
    message = Message("t", b"v")
    with pytest.raises(TypeError):
        getattr(message, setter)()
    with pytest.raises(TypeError):
        getattr(message, setter)(None, None)


def test_topic_and_error_can_be_set():
    message = Message("t", b"v")
    message.set_topic("u")
    assert message.topic() == "u"
    error = KafkaError(3)
    message.set_error(error)
    assert message.error() is error
    message.set_error(None)
    assert message.error() is None


# Messages that a program makes itself.


def test_the_constructor_takes_every_part_by_keyword():
    error = KafkaError(3)
    message = Message(
        topic="t",
        value=b"v",
        key=b"k",
        headers=[("h", b"1")],
        error=error,
        partition=2,
        offset=7,
        timestamp=(TIMESTAMP_CREATE_TIME, 1234),
        latency=0.5,
        leader_epoch=4,
    )
    assert (message.topic(), message.value(), message.key()) == ("t", b"v", b"k")
    assert message.headers() == [("h", b"1")]
    assert message.error() is error
    assert (message.partition(), message.offset(), message.leader_epoch()) == (2, 7, 4)
    assert message.timestamp() == (TIMESTAMP_CREATE_TIME, 1234)
    assert message.latency() == 0.5


def test_only_the_topic_is_required():
    message = Message("t")
    assert message.topic() == "t"
    assert (message.value(), message.key(), message.headers(), message.error()) == (None, None, None, None)
    assert (message.partition(), message.offset(), message.latency(), message.leader_epoch()) == (None,) * 4
    assert message.timestamp() == (TIMESTAMP_NOT_AVAILABLE, -1)
    assert len(message) == 0


@pytest.mark.parametrize(
    "arguments",
    [
        {"topic": 5},
        {"topic": "t", "partition": "x"},
        {"topic": "t", "offset": "x"},
        {"topic": "t", "timestamp": 5},
        {"topic": "t", "error": "x"},
        {"topic": "t", "latency": "x"},
        {"topic": "t", "bogus": 1},
    ],
    ids=lambda arguments: sorted(arguments)[0],
)
def test_a_part_of_another_type_is_a_type_error(arguments):
    with pytest.raises(TypeError):
        Message(**arguments)


def test_equality_is_by_content():
    assert Message("t", b"v", b"k", partition=1, offset=2) == Message("t", b"v", b"k", partition=1, offset=2)
    assert Message("t", b"v") != Message("t", b"w")
    assert Message("t", b"v", offset=1) != Message("t", b"v", offset=2)
    assert Message("t", b"v", headers=[("a", b"1")]) != Message("t", b"v")


@pytest.mark.parametrize("other", [None, "t", b"v", object()])
def test_comparison_with_other_types_is_unequal(other):
    assert not Message("t", b"v") == other
    assert Message("t", b"v") != other


def test_hash_agrees_with_equality_and_needs_no_hashable_value():
    assert hash(Message("t", b"v", partition=1, offset=2)) == hash(Message("t", b"v", partition=1, offset=2))
    assert hash(Message("t", {"a": 1}, partition=1, offset=2)) != hash(Message("t", {"a": 1}, partition=1, offset=3))
    assert Message("t", b"v") in {Message("t", b"v")}


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_copies_and_pickles_keep_everything(duplicate, consumed):
    made = Message("t", b"v", b"k", [("h", b"1")], KafkaError(3), 1, 2, (TIMESTAMP_CREATE_TIME, 9), 0.5, 4)
    for original in (made, Message("t"), consumed(headers=[("h", b"1")])[1]):
        twin = duplicate(original)
        assert type(twin) is Message
        assert twin is not original
        assert twin == original
        for accessor in ("topic", "partition", "offset", "key", "value", "headers", "error", "timestamp", "latency"):
            assert getattr(twin, accessor)() == getattr(original, accessor)(), accessor
        assert twin.leader_epoch() == original.leader_epoch()


class LabelledMessage(Message):
    """Module level, so that it can be pickled by reference."""


def test_subclasses_pickle_as_themselves():
    assert type(pickle.loads(pickle.dumps(LabelledMessage("t", b"v")))) is LabelledMessage


def test_repr_names_the_package(consumed):
    assert repr(consumed()[1]).startswith("<mapr_streams_python.Message")


def test_it_takes_no_new_attributes():
    with pytest.raises(AttributeError):
        Message("t").comment = "x"


@pytest.mark.parametrize("accessor", ["topic", "partition", "offset", "key", "value", "error", "timestamp", "headers"])
def test_accessors_take_no_arguments(accessor):
    with pytest.raises(TypeError):
        getattr(Message("t"), accessor)(1)
