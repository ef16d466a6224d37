"""What happened to a client, in its order."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import NamedTuple

from ..cimpl import Consumer, KafkaError, Message, TopicPartition


class Event(NamedTuple):
    """Something that a callback was told.

    Attributes:
        kind: ``'assign'``, ``'revoke'``, ``'lost'``, ``'commit'``, ``'delivery'`` or ``'error'``.
        partitions: those of a rebalance or a commit.
        error: the error, where there is one.
        message: the message of a delivery report.
        when: seconds of `time.monotonic`.
    """

    kind: str
    partitions: list[TopicPartition]
    error: KafkaError | None
    message: Message | None
    when: float


class EventRecord:
    """Callbacks that write down what they are told: rebalances, commits, delivery reports and errors.

    Give it to the client whole or in parts::

        record = EventRecord()
        consumer = Consumer({..., 'error_cb': record.error_cb, 'on_commit': record.on_commit})
        consumer.subscribe(['orders'], listener=record)
        ...
        assert record.kinds() == ['assign', 'revoke']

    One record may serve several clients, on several threads.
    """

    def __init__(self) -> None:
        self._events: list[Event] = []

    def on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """For ``subscribe(on_assign=…)``."""
        self._note("assign", partitions)

    def on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """For ``subscribe(on_revoke=…)``."""
        self._note("revoke", partitions)

    def on_lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """For ``subscribe(on_lost=…)``."""
        self._note("lost", partitions)

    def on_commit(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        """For the property ``on_commit`` of a consumer."""
        self._note("commit", partitions, error)

    def on_delivery(self, error: KafkaError | None, message: Message) -> None:
        """For ``produce(on_delivery=…)``, and for the property of that name."""
        self._note("delivery", (), error, message)

    def error_cb(self, error: KafkaError) -> None:
        """For the property ``error_cb``."""
        self._note("error", (), error)

    @property
    def events(self) -> list[Event]:
        """Everything, in its order."""
        return list(self._events)

    def kinds(self) -> list[str]:
        """What happened, in its order, without its details."""
        return [event.kind for event in self._events]

    @property
    def assigned(self) -> list[list[TopicPartition]]:
        """The partitions of each assignment."""
        return self._partitions("assign")

    @property
    def revoked(self) -> list[list[TopicPartition]]:
        """The partitions of each revocation."""
        return self._partitions("revoke")

    @property
    def lost(self) -> list[list[TopicPartition]]:
        """The partitions of each time that partitions were lost."""
        return self._partitions("lost")

    @property
    def committed(self) -> list[list[TopicPartition]]:
        """The partitions of each commit."""
        return self._partitions("commit")

    @property
    def delivered(self) -> list[Message]:
        """The messages that were delivered."""
        return [event.message for event in self._events if event.message is not None and event.error is None]

    @property
    def errors(self) -> list[KafkaError]:
        """Every error: of clients, of commits, and of messages that were not delivered."""
        return [event.error for event in self._events if event.error is not None]

    def clear(self) -> None:
        """Forget everything so far."""
        self._events.clear()

    def __repr__(self) -> str:
        lines = [f"<EventRecord of {len(self._events)}>"]
        first = self._events[0].when if self._events else 0.0
        for event in self._events:
            about: list[str | KafkaError] = [f"{part.topic} [{part.partition}]" for part in event.partitions]
            if event.message is not None:
                about.append(f"{event.message.topic()} [{event.message.partition()}] @ {event.message.offset()}")
            if event.error is not None:
                about.append(event.error)
            lines.append(f"  {event.when - first:8.3f} s  {event.kind}: {', '.join(map(str, about))}")
        return "\n".join(lines)

    def _note(
        self,
        kind: str,
        partitions: Iterable[TopicPartition],
        error: KafkaError | None = None,
        message: Message | None = None,
    ) -> None:
        # One append, which the interpreter does not interrupt: several threads may write.
        self._events.append(Event(kind, list(partitions), error, message, time.monotonic()))

    def _partitions(self, kind: str) -> list[list[TopicPartition]]:
        return [event.partitions for event in self._events if event.kind == kind]
