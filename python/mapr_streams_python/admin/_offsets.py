"""Requests about offsets of partitions."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from ..cimpl import TopicPartition, _AdminClient
from ._requests import OrderedEnum, partitions, request


class IsolationLevel(OrderedEnum):
    """Which records of transactions count."""

    #: All records.
    READ_UNCOMMITTED = 0
    #: Those alone before the first transaction that is open.
    READ_COMMITTED = 1


class OffsetSpec:
    """Which offset of a partition is asked for: see the class methods."""

    _value: int

    def __new__(cls, index: int) -> OffsetSpec:
        """OffsetSpec(index)

        Args:
            index: -1 for the latest, -2 for the earliest, -3 for that of the highest time stamp, or a time.
        """
        if isinstance(index, bool) or not isinstance(index, int):
            raise TypeError(f"index must be an int, not {type(index).__name__}")
        if not -3 <= index < 2**63:
            raise ValueError(f"index must be -3, -2, -1, or milliseconds since the epoch, not {index}")
        spec = object.__new__(cls)
        spec._value = index
        return spec

    def __getnewargs__(self) -> tuple[int]:
        return (self._value,)

    @classmethod
    def earliest(cls) -> OffsetSpec:
        """The first offset."""
        return cls(-2)

    @classmethod
    def latest(cls) -> OffsetSpec:
        """The offset after the last record."""
        return cls(-1)

    @classmethod
    def max_timestamp(cls) -> OffsetSpec:
        """The offset of the record with the highest time stamp."""
        return cls(-3)

    @classmethod
    def for_timestamp(cls, timestamp: int) -> OffsetSpec:
        """The first offset from a time on, in milliseconds since the epoch."""
        if isinstance(timestamp, bool) or not isinstance(timestamp, int):
            raise TypeError(f"timestamp must be an int, of milliseconds, not {type(timestamp).__name__}")
        if timestamp < 0:
            raise ValueError(f"timestamp must be 0 or more, not {timestamp}")
        return cls(timestamp)

    @property
    def timestamp(self) -> int:
        """The time, in milliseconds since the epoch. AttributeError where it is none."""
        if self._value < 0:
            raise AttributeError(f"{self!r} has no timestamp")
        return self._value

    def __eq__(self, other: object) -> bool:
        return self._value == other._value if isinstance(other, OffsetSpec) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return self._value < other._value if isinstance(other, OffsetSpec) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        names = {-1: "latest()", -2: "earliest()", -3: "max_timestamp()"}
        return f"OffsetSpec.{names.get(self._value, f'for_timestamp({self._value})')}"


class ListOffsetsResultInfo:
    """The offset that was asked for.

    Attributes:
        offset: the offset; -1 where the partition has no record from that time on.
        timestamp: of the record there, in milliseconds since the epoch; -1 for the earliest and the latest.
        leader_epoch: of the leader at that offset, or None.
    """

    def __init__(self, offset: int, timestamp: int, leader_epoch: int) -> None:
        self.offset = offset
        self.timestamp = timestamp
        self.leader_epoch: int | None = None if leader_epoch < 0 else leader_epoch

    def __repr__(self) -> str:
        return f"ListOffsetsResultInfo({self.offset}, {self.timestamp}, {self.leader_epoch})"


def _listed(item: tuple[Any, ...]) -> tuple[BaseException | None, ListOffsetsResultInfo]:
    return item[0], ListOffsetsResultInfo(*item[1:])


class OffsetRequests(_AdminClient):
    """The requests about offsets of partitions."""

    def list_offsets(
        self,
        topic_partition_offsets: Mapping[TopicPartition, OffsetSpec],
        *,
        isolation_level: IsolationLevel | None = None,
        request_timeout: float | None = None,
    ) -> dict[TopicPartition, Future[ListOffsetsResultInfo]]:
        """Ask for offsets of partitions: where they begin and end, or where a time is.

        Args:
            topic_partition_offsets: which offset of which partition; none are asked for where it is empty.
            isolation_level: READ_COMMITTED for the end of what transactions have committed. The default is
                READ_UNCOMMITTED.
            request_timeout: how many seconds to wait for the answers.

        Returns:
            A future for each partition.

        Raises:
            TypeError, ValueError: of an argument, which is named.
            KafkaException: the loaded librdkafka is older than 2.3.0 (``_NOT_IMPLEMENTED``); a name cannot be a
                topic's.
            RuntimeError: the client is closed.

        ``rd_kafka_ListOffsets``.
        """
        name = "topic_partition_offsets"
        if not isinstance(topic_partition_offsets, Mapping):
            raise TypeError(
                f"{name} must be a dict of OffsetSpec by TopicPartition, not {type(topic_partition_offsets).__name__}"
            )
        asked = partitions(name, list(topic_partition_offsets), may_be_empty=True)
        for index, spec in enumerate(topic_partition_offsets.values()):
            if not isinstance(spec, OffsetSpec):
                raise TypeError(f"{name}[{index}] must have an OffsetSpec, not {type(spec).__name__}")
        if isolation_level is not None and not isinstance(isolation_level, IsolationLevel):
            raise TypeError(f"isolation_level must be an IsolationLevel, not {type(isolation_level).__name__}")
        return request(
            self,
            "list_offsets",
            (
                [(partition, spec._value) for partition, spec in topic_partition_offsets.items()],
                None if isolation_level is None else isolation_level.value,
            ),
            asked,
            _listed,
            request_timeout=request_timeout,
        )
