"""Producing and reading: what is delivered is what was produced, once, where the report says, in order."""

from __future__ import annotations

from typing import Any, Callable

from clusters import on_all
from limits import HANG

from mapr_streams_python import TIMESTAMP_CREATE_TIME, Consumer, KafkaError, Message, TopicPartition
from mapr_streams_python.testing import deliver, read, wait_until

Factory = Callable[..., Any]

pytestmark = on_all


def _place(message: Message) -> tuple[Any, Any]:
    return message.partition(), message.offset()


def test_each_message_gets_one_report_with_the_partition_and_offset_where_it_is_read(
    make_topic: Factory, make_producer: Factory, make_consumer: Factory
) -> None:
    name = make_topic(partitions=4)
    values = [b"%d" % number for number in range(400)]
    reports = deliver(make_producer(), name, [{"value": value, "key": b"k" + value[-2:]} for value in values])

    assert sorted(report.value() for report in reports) == sorted(values)
    assert len({report.partition() for report in reports}) > 1
    reader = make_consumer()
    reader.subscribe([name])
    found = {_place(message): message.value() for message in read(reader, len(values), timeout=HANG)}
    assert found == {_place(report): report.value() for report in reports}


def test_messages_of_one_key_stay_in_one_partition_and_in_the_order_produced(
    make_topic: Factory, make_producer: Factory, make_consumer: Factory
) -> None:
    name = make_topic(partitions=4)
    keys = [f"key {number}" for number in range(20)]
    # Without idempotence a batch that is sent again may come behind the next one.
    sender = make_producer({"enable.idempotence": True})
    deliver(sender, name, [{"key": key, "value": str(turn)} for turn in range(10) for key in keys])

    reader = make_consumer()
    reader.subscribe([name])
    by_key: dict[Any, list[Message]] = {}
    for message in read(reader, 200, timeout=HANG):
        by_key.setdefault(message.key(), []).append(message)
    assert sorted(by_key) == sorted(key.encode() for key in keys)
    for messages in by_key.values():
        assert len({message.partition() for message in messages}) == 1
        assert [message.value() for message in messages] == [b"%d" % turn for turn in range(10)]


def test_key_value_headers_and_timestamp_arrive_as_they_were_produced(
    make_topic: Factory, make_producer: Factory, make_consumer: Factory
) -> None:
    name = make_topic(partitions=2)
    record = {
        "key": "Schlüssel",
        "value": b"\0\xff",
        "headers": [("a", b"1"), ("a", None), ("b", "zwei")],
        "timestamp": 1_700_000_000_123,
        "partition": 1,
    }
    (report,) = deliver(make_producer(), name, [record])

    reader = make_consumer()
    reader.assign([TopicPartition(name, 1, 0)])
    (message,) = read(reader, 1, timeout=HANG)
    assert (message.topic(), message.partition(), message.offset()) == (name, 1, report.offset())
    assert (message.key(), message.value()) == ("Schlüssel".encode(), b"\0\xff")
    assert message.headers() == [("a", b"1"), ("a", None), ("b", b"zwei")]
    assert message.timestamp() == (TIMESTAMP_CREATE_TIME, 1_700_000_000_123)


def _next_end(consumer: Consumer) -> Message:
    """Poll, past any messages, until an end of a partition."""
    ends: list[Message] = []

    def poll() -> bool:
        message = consumer.poll(0.1)
        if message is not None:
            error = message.error()
            if error is not None:
                assert error.code() == KafkaError._PARTITION_EOF, error
                ends.append(message)
        return bool(ends)

    wait_until(poll, HANG, "an end of a partition")
    return ends[0]


def test_each_time_the_end_of_a_partition_is_reached_one_event_says_at_which_offset(
    make_topic: Factory, make_producer: Factory, make_consumer: Factory
) -> None:
    name = make_topic(partitions=2)
    sender = make_producer()
    deliver(sender, name, [{"value": b"x", "partition": partition} for partition in (0, 0, 0, 1)])
    reader = make_consumer()
    reader.assign([TopicPartition(name, 0, 0), TopicPartition(name, 1, 0)])

    ends = [_next_end(reader) for _ in range(2)]
    assert sorted(map(_place, ends)) == [(0, 3), (1, 1)]
    deliver(sender, name, [{"value": b"x", "partition": 1}])
    assert _place(_next_end(reader)) == (1, 2)


def test_the_watermarks_of_a_partition_are_its_first_and_its_next_offset(
    make_topic: Factory, make_producer: Factory, make_consumer: Factory
) -> None:
    name = make_topic(partitions=2)
    deliver(make_producer(), name, [{"value": b"x", "partition": 1}] * 7)
    reader = make_consumer()

    assert reader.get_watermark_offsets(TopicPartition(name, 1), timeout=HANG) == (0, 7)
    assert reader.get_watermark_offsets(TopicPartition(name, 0), timeout=HANG) == (0, 0)
