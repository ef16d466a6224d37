"""The helpers of `mapr_streams_python.testing`: what they return, and what they say when they fail."""

from __future__ import annotations

import re
import time
from typing import Any, Callable

import pytest
from limits import HANG

from mapr_streams_python import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from mapr_streams_python.testing import (
    EventRecord,
    MockCluster,
    deliver,
    read,
    unique_name,
    wait_for_assignment,
    wait_until,
)

Factory = Callable[..., Any]


def test_deliver_returns_the_messages_in_the_order_of_the_records(make_topic: Factory, producer: Producer) -> None:
    topic = make_topic(partitions=4)
    records = [{"value": f"v{number}", "key": f"k{number}", "partition": 3 - number % 4} for number in range(20)]
    messages = deliver(producer, topic, records)
    assert [message.value() for message in messages] == [f"v{number}".encode() for number in range(20)]
    assert [message.partition() for message in messages] == [3 - number % 4 for number in range(20)]
    assert all(message.error() is None and (message.offset() or 0) >= 0 for message in messages)


def test_deliver_goes_on_where_the_queue_is_full(kafka_topic: str, make_producer: Factory) -> None:
    producer = make_producer({"queue.buffering.max.messages": 10, "linger.ms": 250000})
    assert len(deliver(producer, kafka_topic, ["v"] * 200, timeout=200)) == 200


def test_deliver_sends_what_lingers(kafka_topic: str, make_producer: Factory) -> None:
    began = time.monotonic()
    deliver(make_producer({"linger.ms": 250000}), kafka_topic, ["v"], timeout=200)
    assert time.monotonic() - began < 150


@pytest.mark.kafka_cluster(brokers=2)
def test_deliver_tells_how_many_failed_and_why(
    kafka_cluster: MockCluster, make_topic: Factory, make_producer: Factory
) -> None:
    topic = make_topic(partitions=2)
    for partition in (0, 1):
        kafka_cluster.set_partition_leader(topic, partition, partition + 1)
    kafka_cluster.push_request_errors("Produce", ["INVALID_RECORD"], broker_id=2)
    with pytest.raises(AssertionError) as caught:
        records = [{"value": "v", "partition": partition} for partition in (0, 1, 0)]
        deliver(make_producer({"retries": 0}), topic, records)
    assert re.search(r"1 of 3 messages to '.*' failed; record 1: .*code=INVALID_RECORD", str(caught.value))


@pytest.mark.parametrize("limit", [{}, {"queue.buffering.max.messages": 2}])
def test_deliver_tells_what_was_not_delivered_in_time(
    kafka_cluster: MockCluster, kafka_topic: str, make_producer: Factory, limit: dict[str, int]
) -> None:
    producer = make_producer(limit)
    kafka_cluster.set_broker_down(-1)
    text = "3 of 3 messages to '.*' were not delivered within 0.3 s"
    with pytest.raises(AssertionError, match="queue .* was full for 0.3 s: record 2" if limit else text):
        deliver(producer, kafka_topic, ["a", "b", "c"], timeout=0.3)


@pytest.mark.parametrize("records", ["abc", b"abc"])
def test_deliver_takes_no_text_for_a_list(producer: Producer, records: Any) -> None:
    with pytest.raises(TypeError, match="records must be a list of records"):
        deliver(producer, "t", records)


@pytest.mark.parametrize("name", ["topic", "callback", "on_delivery"])
def test_deliver_tells_at_once_of_a_record_whose_report_it_would_not_get(
    kafka_topic: str, producer: Producer, name: str
) -> None:
    with pytest.raises(TypeError, match=f"record 1 must not have {name}"):
        deliver(producer, kafka_topic, ["a", {"value": "b", name: print}])


def test_read_returns_as_many_messages_as_were_asked_for(
    kafka_topic: str, producer: Producer, consumer: Consumer
) -> None:
    deliver(producer, kafka_topic, ["a", "b", "c"])
    consumer.assign([TopicPartition(kafka_topic, 0, 0)])
    assert [message.value() for message in read(consumer, 2)] == [b"a", b"b"]
    assert [message.value() for message in read(consumer, 1, timeout=HANG)] == [b"c"]


def test_read_shows_what_did_arrive(kafka_topic: str, producer: Producer, consumer: Consumer) -> None:
    deliver(producer, kafka_topic, [{"value": f"v{number}", "key": "k"} for number in range(7)])
    for seconds in (2, 20, 200):
        consumer.assign([TopicPartition(kafka_topic, 0, 0)])
        with pytest.raises(AssertionError) as caught:
            read(consumer, 8, timeout=seconds)
        lines = str(caught.value).split("\n")
        # On a machine that stands still they may need longer.
        if lines[0].startswith("7 "):
            break
    assert lines[0] == f"7 of 8 messages within {seconds} s"
    assert lines[-2] == f"  {kafka_topic} [0] @ 6: key b'k', value b'v6'"
    assert lines[-1] == f"  assigned: {kafka_topic} [0], position 7"
    assert len(lines) == 8 and "v1" not in str(caught.value)


def test_read_says_that_nothing_is_assigned(consumer: Consumer) -> None:
    with pytest.raises(AssertionError, match="0 of 1 messages within 0.1 s\n  no partition is assigned"):
        read(consumer, 1, timeout=0.1)


def test_read_raises_other_errors(kafka_topic: str, make_consumer: Factory) -> None:
    consumer = make_consumer({"auto.offset.reset": "error"})
    consumer.assign([TopicPartition(kafka_topic, 0, 1000)])
    with pytest.raises(KafkaException) as caught:
        read(consumer, 1, timeout=HANG)
    assert caught.value.args[0] == KafkaError._AUTO_OFFSET_RESET


@pytest.mark.kafka_cluster(partitions=2)
def test_wait_for_assignment_loses_no_message(kafka_topic: str, producer: Producer, make_consumer: Factory) -> None:
    deliver(producer, kafka_topic, [{"value": f"{number}", "partition": number % 2} for number in range(10)])
    first, second = make_consumer({"group.id": "g"}), make_consumer({"group.id": "g"})
    first.subscribe([kafka_topic])
    assert len(wait_for_assignment(first, timeout=HANG)) == 2
    # A message is read before the assignment is looked at again, and must come again.
    wait_until(lambda: first.get_watermark_offsets(first.assignment()[0], cached=True)[1] > 0, HANG, polling=[second])
    with pytest.raises(
        AssertionError, match="2 of 3 partitions were assigned within 0.2 s\n  .* \\[0\\]\n  .* \\[1\\]"
    ):
        wait_for_assignment(first, 3, timeout=0.2)
    values = sorted(int(message.value()) for message in read(first, 10, timeout=HANG))
    assert values == list(range(10))


def test_wait_for_assignment_gives_up(consumer: Consumer) -> None:
    with pytest.raises(AssertionError, match="no partition was assigned within 0.1 s"):
        wait_for_assignment(consumer, timeout=0.1)


def test_wait_until_returns_what_the_predicate_did_and_polls_meanwhile(kafka_topic: str, producer: Producer) -> None:
    reports: list[object] = []
    producer.produce(kafka_topic, "v", on_delivery=lambda error, message: reports.append(message))
    assert wait_until(lambda: reports, HANG, polling=[producer]) is reports


def test_wait_until_says_what_did_not_come() -> None:
    with pytest.raises(AssertionError, match="not within 0.05 s: the moon"):
        wait_until(lambda: False, 0.05, "the moon")


def test_a_record_tells_of_rebalances_commits_reports_and_errors_in_their_order(
    kafka_cluster: MockCluster, kafka_topic: str, make_producer: Factory, make_consumer: Factory
) -> None:
    record = EventRecord()
    producer = make_producer({"on_delivery": record.on_delivery, "error_cb": record.error_cb})
    producer.produce(kafka_topic, "v")
    assert producer.flush(HANG) == 0
    consumer = make_consumer({"on_commit": record.on_commit})
    consumer.subscribe([kafka_topic], listener=record)
    (message,) = read(consumer, 1, timeout=HANG)
    consumer.commit(message)
    wait_until(lambda: record.committed, HANG, polling=[consumer])
    consumer.close()
    kinds = record.kinds()
    # close() commits as well.
    assert kinds[:3] == ["delivery", "assign", "commit"] and "revoke" in kinds
    where = [(kafka_topic, 0)]
    assert [[(part.topic, part.partition) for part in parts] for parts in record.assigned + record.revoked] == [
        where
    ] * 2
    assert [message.value() for message in record.delivered] == [b"v"]
    assert [event.when for event in record.events] == sorted(event.when for event in record.events)
    assert record.errors == [] and record.lost == []
    kafka_cluster.set_broker_down(-1)
    wait_until(lambda: record.errors, HANG, polling=[producer])
    assert record.kinds()[-1] == "error"
    assert f"s  assign: {kafka_topic} [0]\n" in repr(record)
    record.clear()
    assert record.kinds() == []


def test_unique_names_are_legal_and_differ() -> None:
    names = {unique_name("test[größe /x]") for _ in range(100)}
    assert len(names) == 100
    assert all(re.fullmatch(r"test-gr--e--x--[0-9a-f]{12}", name) for name in names)
