"""Steps that tests of Kafka programs take: produce and wait, read, wait for an assignment, wait for anything else."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, Callable, TypeVar, Union

from ..cimpl import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

_Value = TypeVar("_Value")

# A value, or the keyword arguments of `Producer.produce`.
Record = Union[str, bytes, "Mapping[str, Any]"]

# How long a poll waits before the clock, the predicate and Ctrl-C have their turn.
_SLICE = 0.05
_SHOWN = 5


def deliver(
    producer: Producer, topic: str, records: Iterable[Record | None], *, timeout: float = 30.0
) -> list[Message]:
    """Produce, and wait until every message is delivered.

    Args:
        producer: a producer.
        topic: the topic's name.
        records: each is the value of a message, or a mapping with the keyword arguments of ``produce``, but for the
            topic and the callback.
        timeout: seconds until all must be delivered, those that wait for room in a full queue included.

    Returns:
        What the delivery reports say of the messages, in the order of `records`.

    Raises:
        AssertionError: messages failed, or were not delivered in time; the text has numbers, and the first error.
        TypeError: `records` is a str or bytes, or a record has a callback of its own.
    """
    if isinstance(records, (str, bytes)):
        raise TypeError(f"records must be a list of records, not the {type(records).__name__} {records!r}")
    deadline = time.monotonic() + timeout
    reports: dict[int, Message] = {}
    errors: list[tuple[int, KafkaError]] = []
    count = 0
    for count, record in enumerate(records, 1):
        index = count - 1

        def report(error: KafkaError | None, message: Message, index: int = index) -> None:
            reports[index] = message
            if error is not None:
                errors.append((index, error))

        arguments = record if isinstance(record, Mapping) else {"value": record}
        taken = {"topic", "callback", "on_delivery"} & set(arguments)
        if taken:
            raise TypeError(f"record {index} must not have {', '.join(sorted(taken))}: deliver() gives these itself")
        while True:
            try:
                producer.produce(topic, on_delivery=report, **arguments)
                break
            except BufferError:
                if time.monotonic() > deadline:
                    raise AssertionError(
                        f"the queue of the producer was full for {timeout:g} s: record {index} found no room"
                    ) from None
                # Not poll(): in a full queue, too, messages may linger.
                producer.flush(_SLICE)
        producer.poll(0)
    while len(reports) < count and time.monotonic() < deadline:
        # flush() also sends what still lingers; in slices, so that other messages of the producer do not hold it up.
        producer.flush(min(_SLICE, max(0.0, deadline - time.monotonic())))
    if errors:
        index, first = errors[0]
        raise AssertionError(f"{len(errors)} of {count} messages to {topic!r} failed; record {index}: {first}")
    if len(reports) < count:
        left = count - len(reports)
        raise AssertionError(f"{left} of {count} messages to {topic!r} were not delivered within {timeout:g} s")
    return [reports[index] for index in range(count)]


def read(consumer: Consumer, count: int, *, timeout: float = 30.0) -> list[Message]:
    """Poll until there are so many messages.

    Ends of partitions are skipped.

    Args:
        consumer: a consumer that is subscribed or assigned.
        count: how many messages.
        timeout: seconds for all of them.

    Raises:
        AssertionError: fewer came; the text shows the last ones, the assignment, and the positions.
        KafkaException: the consumer got any other error.
    """
    messages: list[Message] = []
    deadline = time.monotonic() + timeout
    while len(messages) < count:
        left = deadline - time.monotonic()
        message = consumer.poll(max(0.0, min(left, _SLICE)))
        if message is None:
            if left <= 0:
                raise AssertionError(_what_came(consumer, messages, count, timeout))
            continue
        error = message.error()
        if error is None:
            messages.append(message)
        elif error.code() != KafkaError._PARTITION_EOF:
            raise KafkaException(error)
    return messages


def _what_came(consumer: Consumer, messages: list[Message], count: int, timeout: float) -> str:
    lines = [f"{len(messages)} of {count} messages within {timeout:g} s"]
    if len(messages) > _SHOWN:
        lines.append(f"  the last {_SHOWN}:")
    for message in messages[-_SHOWN:]:
        where = f"{message.topic()} [{message.partition()}] @ {message.offset()}"
        lines.append(f"  {where}: key {message.key()!r}, value {message.value()!r}")
    assignment = consumer.assignment()
    if not assignment:
        lines.append("  no partition is assigned to the consumer")
    for position in consumer.position(assignment):
        lines.append(f"  assigned: {position.topic} [{position.partition}], position {position.offset}")
    return "\n".join(lines)


def wait_for_assignment(
    consumer: Consumer, partitions: int | None = None, *, timeout: float = 30.0
) -> list[TopicPartition]:
    """Poll a subscribed consumer until partitions are assigned to it. No message is lost.

    A message that a poll brings meanwhile (of a partition that was assigned before) is sought back to, so that the next
    poll brings it again.

    Args:
        consumer: a consumer that is subscribed.
        partitions: how many partitions; None for any number but zero.
        timeout: seconds.

    Raises:
        AssertionError: they were not assigned in time; the text names those that were.
        KafkaException: the consumer got an error.
    """
    deadline = time.monotonic() + timeout
    while True:
        assignment = consumer.assignment()
        if len(assignment) == partitions or (partitions is None and assignment):
            return assignment
        if time.monotonic() > deadline:
            wanted = "no partition was" if partitions is None else f"{len(assignment)} of {partitions} partitions were"
            held = "".join(f"\n  {part.topic} [{part.partition}]" for part in assignment)
            raise AssertionError(f"{wanted} assigned within {timeout:g} s{held}")
        message = consumer.poll(_SLICE if not assignment else 0)
        if message is None:
            if assignment:
                # With messages at hand a poll that waits would bring one; a group's news arrives in its own time.
                time.sleep(_SLICE / 5)
            continue
        error, topic = message.error(), message.topic()
        if error is None and topic is not None:
            consumer.seek(TopicPartition(topic, message.partition() or 0, message.offset() or 0))
        elif error is not None and error.code() != KafkaError._PARTITION_EOF:
            raise KafkaException(error)


def wait_until(
    predicate: Callable[[], _Value],
    timeout: float = 10.0,
    what: str = "",
    *,
    polling: Iterable[Producer | Consumer] = (),
) -> _Value:
    """Wait until a predicate is true.

    Args:
        predicate: called again and again.
        timeout: seconds.
        what: what is waited for, for the text of the failure.
        polling: clients to poll meanwhile, so that their callbacks run. What a consumer among them reads is dropped.

    Returns:
        What the predicate returned.

    Raises:
        AssertionError: it was not true in time.
    """
    clients = list(polling)
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout:g} s: {what or predicate}")
        for client in clients:
            client.poll(_SLICE / len(clients))
        if not clients:
            time.sleep(0.005)
