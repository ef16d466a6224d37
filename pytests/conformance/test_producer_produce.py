"""Producer.produce(): its arguments, and what happens to the message."""

import enum

import pytest
from limits import HANG
from reports import report_of

from mapr_streams_python import KafkaError, KafkaException, TopicPartition
from mapr_streams_python.testing import read

from .support import raises_kafka_error


@pytest.fixture
def producer(offline):
    """A producer without a server. Something hears the reports, so that no NULL payload is an error of the call."""
    return offline.producer({"on_delivery": lambda error, message: None})


def round_trip(online, topic, **arguments):
    """Produces one message to partition 0 of a new topic and consumes it."""
    name = topic()
    error, _ = report_of(online.producer(), name, partition=0, **arguments)
    assert error is None
    consumer = online.consumer()
    consumer.assign([TopicPartition(name, 0, 0)])
    return read(consumer, 1)[0]


# Arguments.


def test_it_returns_none(producer):
    assert producer.produce("t", "v") is None


def test_arguments_by_position_are_topic_value_key_partition_callback_on_delivery(online, make_topic):
    name, reports = make_topic(partitions=2), []
    producer = online.producer()
    producer.produce(name, "v", "k", 1, None, lambda error, message: reports.append(message))
    producer.produce(name, "v", "k", 1, lambda error, message: reports.append(message), None)
    assert producer.flush(HANG) == 0
    assert [(m.value(), m.key(), m.partition()) for m in reports] == [(b"v", b"k", 1)] * 2


def test_arguments_by_keyword(online, make_topic):
    name, reports = make_topic(partitions=2), []
    producer = online.producer()
    producer.produce(
        topic=name,
        value="v",
        key="k",
        partition=1,
        on_delivery=lambda error, message: reports.append(message),
        timestamp=1234,
        headers=[("a", "b")],
    )
    assert producer.flush(HANG) == 0
    assert [(m.value(), m.key(), m.partition()) for m in reports] == [(b"v", b"k", 1)]


def test_the_topic_is_required(producer):
    with pytest.raises(TypeError):
        producer.produce()


@pytest.mark.parametrize("topic", [5, b"t", None])
def test_the_topic_must_be_a_string(producer, topic):
    with pytest.raises(TypeError):
        producer.produce(topic, "v")


def test_a_topic_with_a_nul_is_a_value_error(producer):
    with pytest.raises(ValueError):
        producer.produce("t\x00u", "v")


@pytest.mark.parametrize("topic", ["", "t" * 300])
def test_a_topic_that_no_broker_accepts_is_taken(producer, topic):
    assert producer.produce(topic, "v") is None


@pytest.mark.parametrize("value", [1.5, ["v"], True, 5, {}, object], ids=repr)
@pytest.mark.parametrize("name", ["value", "key"])
def test_value_and_key_of_another_type_are_a_type_error_that_names_the_type(producer, name, value):
    with pytest.raises(TypeError, match=type(value).__name__):
        producer.produce("t", **{"value": "v", name: value})
    assert len(producer) == 0


@pytest.mark.parametrize("name", ["value", "key"])
def test_text_is_sent_as_utf_8(online, make_topic, name):
    message = round_trip(online, make_topic, **{"value": "v", name: "vä€"})
    assert getattr(message, name)() == b"v\xc3\xa4\xe2\x82\xac"


@pytest.mark.parametrize("name", ["value", "key"])
def test_bytes_are_sent_as_they_are(online, make_topic, name):
    message = round_trip(online, make_topic, **{"value": "v", name: b"\xff\xfe\x00"})
    assert getattr(message, name)() == b"\xff\xfe\x00"


@pytest.mark.parametrize("name", ["value", "key"])
def test_a_lone_surrogate_is_a_unicode_encode_error(producer, name):
    with pytest.raises(UnicodeEncodeError):
        producer.produce("t", **{"value": "v", name: "\ud800"})


@pytest.mark.parametrize("partition", ["0", 1.5])
def test_a_partition_that_is_no_integer_is_a_type_error(producer, partition):
    with pytest.raises(TypeError):
        producer.produce("t", "v", partition=partition)


def test_a_partition_beyond_32_bits_is_an_overflow_error(producer):
    with pytest.raises(OverflowError):
        producer.produce("t", "v", partition=2**31)


@pytest.mark.parametrize("partition", [-1, -2, 999999])
def test_a_partition_that_does_not_exist_is_taken(producer, partition):
    assert producer.produce("t", "v", partition=partition) is None


def test_a_partition_that_does_not_exist_is_reported(online, make_topic):
    producer, name, reports = online.producer(), make_topic(), []
    try:
        producer.produce(
            name, "v", partition=999999, on_delivery=lambda error, message: reports.append((error, message.partition()))
        )
    except KafkaException as refused:
        # librdkafka's threads have learnt the topic's partitions already.
        assert refused.args[0] == KafkaError._UNKNOWN_PARTITION
        return
    assert producer.flush(HANG) == 0
    assert reports == [(KafkaError._UNKNOWN_PARTITION, 999999)]


def test_a_partition_that_is_known_not_to_exist_is_an_error_of_the_call(online, make_topic):
    producer, name = online.producer(), make_topic()
    error, _ = report_of(producer, name, value="v", partition=0)
    assert error is None
    with raises_kafka_error("_UNKNOWN_PARTITION"):
        producer.produce(name, "v", partition=999999)


def test_without_a_partition_the_partitioner_chooses_by_key(online, make_topic):
    name = make_topic(partitions=4)
    producer = online.producer({"partitioner": "consistent"})
    partitions = {report_of(producer, name, value="v", key="same")[1].partition() for _ in range(5)}
    assert len(partitions) == 1


@pytest.mark.parametrize("timestamp", [0, -5, 1234567])
def test_a_timestamp_is_milliseconds(producer, timestamp):
    assert producer.produce("t", "v", timestamp=timestamp) is None


@pytest.mark.parametrize("timestamp", ["x", 1.5])
def test_a_timestamp_that_is_no_integer_is_a_type_error(producer, timestamp):
    with pytest.raises(TypeError):
        producer.produce("t", "v", timestamp=timestamp)


def test_an_unknown_keyword_is_a_type_error_that_names_it(producer):
    with pytest.raises(TypeError, match="bogus"):
        producer.produce("t", "v", bogus=1)


def test_too_many_arguments_are_a_type_error(producer):
    with pytest.raises(TypeError):
        producer.produce("t", "v", "k", 0, None, None, 0, None, None, 5)


def test_a_message_beyond_the_maximum_size_is_refused(producer, dialect):
    limit = 10551296 if dialect == "mapr" else 1000000
    text = (
        f"Unable to produce message: value and key of {2 * limit} bytes are, with headers and framing, more than this"
        f' producer\'s message.max.bytes of {limit}: raise that, and max.message.bytes of topic "t" with it'
    )
    with raises_kafka_error("MSG_SIZE_TOO_LARGE", text):
        producer.produce("t", "x" * (2 * limit))
    assert len(producer) == 0


def test_a_full_queue_is_a_buffer_error(offline):
    producer = offline.producer({"queue.buffering.max.messages": 1})
    producer.produce("t", "v")
    with pytest.raises(BufferError, match="^Local: Queue full$"):
        producer.produce("t", "v")
    assert len(producer) == 1


# Headers.


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (None, None),
        ({}, None),
        ([], None),
        ([("a", "b")], [("a", b"b")]),
        ([("a", b"b")], [("a", b"b")]),
        ([("a", None)], [("a", None)]),
        ([("a", "")], [("a", b"")]),
        ({"a": "b", "c": None}, [("a", b"b"), ("c", None)]),
        ([("h", "1"), ("h", "2"), ("e", "ä")], [("h", b"1"), ("h", b"2"), ("e", b"\xc3\xa4")]),
        ([(enum.Enum("Names", {"A": "a"}, type=str).A, "b")], [("a", b"b")]),
    ],
    ids=repr,
)
def test_headers_are_a_dict_or_a_list_of_pairs(online, make_topic, headers, expected):
    assert round_trip(online, make_topic, value="v", headers=headers).headers() == expected


@pytest.mark.parametrize("headers", [(("a", "b"),), 5, "ab"], ids=repr)
def test_headers_of_another_type_are_a_type_error(producer, headers):
    text = f"^expected headers to be dict or list of \\(key, value\\) tuples, not {type(headers).__name__}$"
    with pytest.raises(TypeError, match=text):
        producer.produce("t", "v", headers=headers)


@pytest.mark.parametrize("headers", [[("a",)], [["a", "b"]], ["ab"], [("a", "b", "c")]], ids=repr)
def test_headers_that_are_no_pairs_are_a_type_error(producer, headers):
    with pytest.raises(TypeError, match=r"^Headers are expected to be a list of \(key, value\) tuples$"):
        producer.produce("t", "v", headers=headers)


@pytest.mark.parametrize("headers", [[("a", 5)], {"a": 5}], ids=repr)
def test_a_header_value_of_another_type_is_a_type_error(producer, headers):
    text = "^expected header value to be None, binary, or unicode string, not int$"
    with pytest.raises(TypeError, match=text):
        producer.produce("t", "v", headers=headers)
    assert len(producer) == 0


@pytest.mark.parametrize("name", [5, b"a", None], ids=repr)
def test_a_header_name_of_another_type_is_a_type_error(producer, name):
    for headers in ([("a", "b"), (name, "b")], {name: "b"}):
        with pytest.raises(TypeError, match=f"^a header's name must be str, not {type(name).__name__}"):
            producer.produce("t", "v", headers=headers)
    assert len(producer) == 0


def test_a_null_character_in_a_header_name_is_a_value_error(producer):
    # Seen before, and not: a name that is given again is not read again.
    for _ in range(2):
        for value in ("c", b"c"):
            with pytest.raises(ValueError, match=r"^a header's name must not contain a null character: 'a\\x00b'$"):
                producer.produce("t", "v", headers=[("a\0b", value)])
    assert len(producer) == 0


def test_header_names_are_told_apart_however_many_there_are(online, make_topic):
    names = [f"name {number}" for number in range(200)]
    for _ in range(2):
        message = round_trip(online, make_topic, value="v", headers=[(name, b"x") for name in names])
        assert [name for name, _ in message.headers()] == names


def test_the_headers_given_are_not_changed(producer):
    headers = [("a", "b"), ("c", None)]
    producer.produce("t", "v", headers=headers)
    assert headers == [("a", "b"), ("c", None)]


# A NULL payload.


@pytest.mark.parametrize("arguments", [{}, {"value": None}, {"value": None, "key": None}], ids=repr)
def test_a_null_payload_is_reported_as_an_invalid_argument_in_the_mapr_dialect(mapr_clients, make_topic, arguments):
    name = make_topic()
    error, message = report_of(mapr_clients.producer(), name, **arguments)
    assert error == KafkaError._INVALID_ARG
    assert message.error() == KafkaError._INVALID_ARG
    assert (message.topic(), message.value()) == (name, None)


@pytest.mark.parametrize("keeps", [False, True], ids=["in the callback", "kept"])
def test_a_null_payload_is_reported_with_its_headers(mapr_clients, make_topic, keeps):
    headers, seen = [("a", b"1"), ("b", None), ("a", b"")], []
    producer = mapr_clients.producer()
    for given in (headers, {"c": "2"}, [], {}, None):
        producer.produce(
            make_topic(),
            headers=given,
            on_delivery=lambda error, message: seen.append(message if keeps else message.headers()),
        )
    assert producer.flush(HANG) == 0
    assert [message.headers() if keeps else message for message in seen] == [headers, [("c", b"2")], None, None, None]


def test_a_null_payload_with_headers_that_are_none_is_refused(mapr_clients):
    producer = mapr_clients.producer()
    with pytest.raises(TypeError, match="expected header value to be None, binary, or unicode string, not int"):
        producer.produce("t", headers={"a": 1}, on_delivery=print)
    assert len(producer) == 0


def test_headers_of_null_payloads_that_nobody_served_go_with_the_producer(mapr_clients):
    mapr_clients.producer().produce("t", headers={"a": "b"}, on_delivery=print)


def test_a_null_payload_is_a_tombstone_in_the_kafka_dialect(kafka_clients, make_topic):
    name = make_topic()
    error, _ = report_of(kafka_clients.producer(), name, key="k", partition=0)
    assert error is None
    consumer = kafka_clients.consumer()
    consumer.assign([TopicPartition(name, 0, 0)])
    message = read(consumer, 1)[0]
    assert (message.key(), message.value(), len(message)) == (b"k", None, 0)


def test_the_partitioner_keyword_of_the_first_releases_is_taken_and_ignored(online, make_topic):
    error, message = report_of(
        online.producer(), make_topic(partitions=2), value="value", partition=1, partitioner=object()
    )
    assert error is None
    assert message.partition() == 1


def test_the_partitioner_is_taken_by_keyword_alone(offline):
    with pytest.raises(TypeError, match="at most 8 positional arguments"):
        offline.producer().produce("t", "value", None, -1, None, None, 0, None, object())
