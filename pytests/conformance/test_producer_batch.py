"""Producer.produce_batch(): many messages in one call, with a report and an error for each."""

import gc
import weakref

import pytest
from limits import HANG

from mapr_streams_python import KafkaError, TopicPartition
from mapr_streams_python.testing import read


def records_of(online, topic, count, partition=0):
    consumer = online.consumer()
    consumer.assign([TopicPartition(topic, partition, 0)])
    return read(consumer, count)


@pytest.fixture
def producer(offline):
    """A producer without a server. Something hears the reports, so that no NULL payload is an error."""
    return offline.producer({"on_delivery": lambda error, message: None})


def test_every_field_arrives(online, make_topic):
    name, producer, reports = make_topic(partitions=2), online.producer(), []
    long = b"x" * 5000
    messages = [
        {"value": "text", "partition": 1},
        {"value": b"bytes", "key": "k", "partition": 1},
        {"value": bytearray(b"buffer"), "key": memoryview(b"view"), "partition": 1},
        {"value": long, "partition": 1},
        {"value": "h", "headers": [("a", b"b"), ("c", None)], "partition": 1},
        {"value": "t", "timestamp": 1234567890123, "partition": 1},
        {
            "value": "all",
            "key": b"k",
            "headers": {"a": "b"},
            "timestamp": 1234567890124,
            "partition": 1,
            "on_delivery": lambda error, message: reports.append((error, message.value())),
        },
    ]
    assert producer.produce_batch(name, messages) == 7
    assert producer.flush(HANG) == 0
    assert reports == [(None, b"all")]
    records = records_of(online, name, 7, partition=1)
    assert [(r.value(), r.key(), r.headers()) for r in records] == [
        (b"text", None, None),
        (b"bytes", b"k", None),
        (b"buffer", b"view", None),
        (long, None, None),
        (b"h", None, [("a", b"b"), ("c", None)]),
        (b"t", None, None),
        (b"all", b"k", [("a", b"b")]),
    ]
    assert [r.timestamp()[1] for r in records[5:]] == [1234567890123, 1234567890124]
    assert all("_error" not in message for message in messages)


def test_messages_keep_their_order_whatever_they_have(online, make_topic):
    name, producer, order = make_topic(), online.producer(), []
    kinds = [{}, {"headers": {"a": "b"}}, {"timestamp": 1}, {"partition": 0}, {"key": "k"}]
    values = [str(number).encode() * (600 if number % 7 == 0 else 1) for number in range(2500)]
    messages = [{"value": value, **kinds[number % 11 % 5]} for number, value in enumerate(values)]
    report = lambda error, message: order.append(message.value())  # noqa: E731
    assert producer.produce_batch(name, messages, on_delivery=report) == 2500
    assert producer.flush(HANG) == 0
    assert [record.value() for record in records_of(online, name, 2500)] == values
    assert sorted(order) == sorted(values)


def test_what_the_messages_do_not_have_comes_from_the_call(online, make_topic):
    name, producer, seen = make_topic(partitions=3), online.producer(), []
    producer.produce_batch(
        name,
        [
            {"value": "a"},
            {"value": "b", "partition": 2, "callback": lambda error, m: seen.append(("own", m.partition()))},
        ],
        1,
        lambda error, m: seen.append(("call's", m.partition())),
    )
    assert producer.flush(HANG) == 0
    assert sorted(seen) == [("call's", 1), ("own", 2)]


@pytest.mark.parametrize("name", ["callback", "on_delivery"])
def test_none_is_as_good_as_nothing(online, make_topic, name):
    topic, producer, seen = make_topic(), online.producer(), []
    message = {"value": "v", "key": None, "headers": None, "timestamp": None, "partition": None, name: None}
    assert producer.produce_batch(topic, [message], None, **{name: lambda error, m: seen.append(error)}) == 1
    assert producer.flush(HANG) == 0
    assert seen == [None]


def test_callback_wins_over_on_delivery(online, make_topic):
    producer, seen = online.producer(), []
    message = {
        "value": "v",
        "callback": lambda *_: seen.append("callback"),
        "on_delivery": lambda *_: seen.append("no"),
    }
    producer.produce_batch(make_topic(), [message])
    assert producer.flush(HANG) == 0
    assert seen == ["callback"]


def test_a_lent_value_is_the_very_object_in_its_report(online, make_topic):
    producer, seen = online.producer(), []
    values = [bytes([number]) * 5000 for number in range(3)]
    producer.produce_batch(
        make_topic(), [{"value": value} for value in values], 0, lambda error, m: seen.append(m.value())
    )
    assert producer.flush(HANG) == 0
    assert all(one is value for one, value in zip(seen, values)) and len(seen) == 3


@pytest.mark.parametrize("messages", [[], ()], ids=repr)
def test_of_no_messages_none_is_queued(producer, messages):
    assert producer.produce_batch("t", messages) == 0


def test_any_sequence_will_do(producer):
    class Sequence:
        def __len__(self):
            return 2

        def __getitem__(self, index):
            return [{"value": "a"}, {"value": "b"}][index]

    assert producer.produce_batch("t", ({"value": "a"},)) == 1
    assert producer.produce_batch("t", Sequence()) == 2


def test_names_of_fields_need_not_be_interned(producer):
    import json

    class Text(str):
        pass

    assert producer.produce_batch("t", json.loads('[{"value": "a", "key": "b"}, {"headers": {}}]')) == 2
    assert producer.produce_batch("t", [{Text("value"): "a"}]) == 1


# What is wrong with a message.


@pytest.mark.parametrize(
    ("message", "error", "text"),
    [
        ("v", TypeError, r"messages\[3\] must be a dict, not str"),
        (
            {"vlaue": "v"},
            TypeError,
            r'messages\[3\]\["vlaue"\] is unknown: a message has value, key, headers, timestamp,',
        ),
        ({"value": "v", "topic": "t"}, TypeError, r'messages\[3\]\["topic"\] is unknown'),
        ({5: "v"}, TypeError, r"messages\[3\]: a key must be str, not int"),
        ({"value": 5}, TypeError, r"messages\[3\]: value must be str, bytes, a bytes-like object or None, not int"),
        ({"key": 1.5}, TypeError, r"messages\[3\]: key must be str, bytes, a bytes-like object or None, not float"),
        ({"value": "\ud800"}, ValueError, r"messages\[3\]: 'utf-8' codec can't encode"),
        ({"partition": "1"}, TypeError, r"messages\[3\]: partition must be an int, not str"),
        ({"partition": 2**31}, OverflowError, r"messages\[3\]: partition must be between"),
        ({"timestamp": 1.5}, TypeError, r"messages\[3\]: timestamp must be an int, not float"),
        (
            {"headers": 5},
            TypeError,
            r"messages\[3\]: expected headers to be dict or list of \(key, value\) tuples, not int",
        ),
        ({"headers": [("a\0", "")]}, ValueError, r"messages\[3\]: a header's name must not contain a null character"),
        ({"on_delivery": 5}, TypeError, r'messages\[3\]\["on_delivery"\] must be callable, not int'),
        ({"callback": "f"}, TypeError, r'messages\[3\]\["callback"\] must be callable, not str'),
    ],
    ids=repr,
)
def test_what_is_wrong_is_named_with_its_place_and_nothing_is_queued(producer, message, error, text):
    good = {"value": b"x" * 5000, "key": bytearray(b"k"), "headers": {"a": "b"}, "on_delivery": print}
    with pytest.raises(error, match=f"^{text}"):
        producer.produce_batch("t", [dict(good), dict(good), dict(good), message, dict(good)])
    assert len(producer) == 0
    assert "_error" not in message


def test_what_a_message_of_the_application_raises_comes_out_as_it_is(producer):
    class Index:
        def __index__(self):
            raise LookupError("mine")

    with pytest.raises(LookupError, match="^mine$"):
        producer.produce_batch("t", [{"value": "v", "partition": Index()}])


@pytest.mark.parametrize(
    "messages", [None, 5, "text", b"bytes", {"value": "v"}, {"v"}, iter([])], ids=lambda value: type(value).__name__
)
def test_messages_that_are_no_sequence_are_a_type_error(producer, messages):
    with pytest.raises(TypeError, match="messages must be a list or another sequence of dicts, not"):
        producer.produce_batch("t", messages)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "missing required argument 'topic'"),
        (("t",), "missing required argument 'messages'"),
        ((5, []), "topic must be str, not int"),
        (("t", [], "1"), "partition must be an int, not str"),
        (("t", [], -1, 5), "callback must be callable, not int"),
        (("t", [], -1, None, 5), "on_delivery must be callable, not int"),
        (("t", [], -1, None, None, 1), "at most 5 positional arguments"),
    ],
)
def test_wrong_arguments_are_a_type_error_that_names_them(producer, arguments, text):
    with pytest.raises(TypeError, match=text):
        producer.produce_batch(*arguments)


# What does not get in.


def test_what_does_not_fit_has_its_error_and_the_rest_is_queued(offline):
    producer = offline.producer({"message.max.bytes": 1000})
    messages = [{"value": "a"}, {"value": b"x" * 2000}, {"value": "b"}, {"value": b"y" * 2000, "headers": {"a": "b"}}]
    assert producer.produce_batch("t", messages) == 2
    assert len(producer) == 2
    assert ["_error" in message for message in messages] == [False, True, False, True]
    for message in (messages[1], messages[3]):
        error = message["_error"]
        assert type(error) is KafkaError and error == KafkaError.MSG_SIZE_TOO_LARGE
        assert "message.max.bytes of 1000" in error.str()


def test_behind_the_first_that_finds_the_queue_full_none_gets_in(offline):
    producer = offline.producer({"queue.buffering.max.messages": 3})
    messages = [{"value": str(number), **({"headers": {"a": "b"}} if number % 2 else {})} for number in range(8)]
    assert producer.produce_batch("t", messages) == 3
    assert [message.get("_error") for message in messages] == [None] * 3 + [KafkaError._QUEUE_FULL] * 5
    assert messages[3]["_error"].str() == "Local: Queue full"


def test_what_did_not_get_in_can_be_given_again(offline):
    producer = offline.producer({"queue.buffering.max.messages": 3})
    messages = [{"value": str(number)} for number in range(5)]
    assert producer.produce_batch("t", messages) == 3
    producer.purge()
    producer.poll(0)
    assert producer.produce_batch("t", [message for message in messages if "_error" in message]) == 2
    assert messages == [{"value": str(number)} for number in range(5)]


def test_a_partition_that_does_not_exist_is_the_error_of_its_message(online, make_topic):
    name, producer = make_topic(), online.producer()
    producer.produce(name, "so that the topic is known")
    assert producer.flush(HANG) == 0
    messages = [{"value": "a"}, {"value": "b", "partition": 7}, {"value": "c"}]
    assert producer.produce_batch(name, messages) == 2
    assert messages[1]["_error"] == KafkaError._UNKNOWN_PARTITION
    assert producer.flush(HANG) == 0


def test_a_message_without_a_value_is_reported_as_produce_does_in_the_mapr_dialect(mapr_clients):
    producer, seen = mapr_clients.producer(), []
    report = lambda error, message: seen.append((error, message.key(), message.headers()))  # noqa: E731
    messages = [{"key": "a"}, {"key": "b", "headers": {"h": "1"}, "on_delivery": report}, {"value": "c"}]
    assert producer.produce_batch("t", messages) == 2
    error = messages[0]["_error"]
    assert error == KafkaError._INVALID_ARG and "value must not be None" in error.str()
    producer.poll(0)
    assert seen == [(KafkaError._INVALID_ARG, b"b", [("h", b"1")])]


def test_a_message_without_a_value_is_a_tombstone_in_the_kafka_dialect(kafka_clients, make_topic):
    name, producer = make_topic(), kafka_clients.producer()
    assert producer.produce_batch(name, [{"key": "k"}, {"key": "l", "value": None}], 0) == 2
    assert producer.flush(HANG) == 0
    assert [(r.key(), r.value()) for r in records_of(kafka_clients, name, 2)] == [(b"k", None), (b"l", None)]


# What it holds.


class Callback:
    def __call__(self, error, message):
        pass


@pytest.mark.parametrize("ends", ["delivered", "refused", "wrong"])
def test_nothing_is_held_once_all_is_reported(online, make_topic, ends):
    producer = online.producer({"queue.buffering.max.messages": 2})
    callback = Callback()
    gone = weakref.ref(callback)
    messages = [{"value": b"x" * 1000, "key": "k", "headers": {"a": "b"}, "on_delivery": callback} for _ in range(5)]
    if ends == "wrong":
        with pytest.raises(TypeError):
            producer.produce_batch(make_topic(), [*messages, {"value": 5}])
    else:
        assert producer.produce_batch(make_topic(), messages, block=ends == "delivered") == (
            5 if ends == "delivered" else 2
        )
    assert producer.flush(HANG) == 0
    del callback, messages
    gc.collect()
    assert gone() is None
