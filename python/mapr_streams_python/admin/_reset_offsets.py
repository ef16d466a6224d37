"""Where a group is to go on: a plan, and what carries it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Union

from ..cimpl import KafkaError, TopicPartition, _AdminClient, _exception_of
from ._deadline import Deadline
from ._group_offsets import ConsumerGroupTopicPartitions, GroupOffsetRequests
from ._groups import ConsumerGroupDescription, ConsumerGroupState, GroupRequests
from ._offsets import OffsetSpec
from ._requests import elements, flag, once, partitions as checked, text

_BEGINNING, _END = -2, -1
_SHOWN = 10


@dataclass(frozen=True)
class ShiftBy:
    """So many offsets on from the committed one; back where it is negative."""

    offsets: int

    def __post_init__(self) -> None:
        if isinstance(self.offsets, bool) or not isinstance(self.offsets, int):
            raise TypeError(f"offsets must be an int, not {type(self.offsets).__name__}")


#: Where `AdminClient.reset_offsets` goes to.
Target = Union[str, int, datetime, OffsetSpec, ShiftBy]


@dataclass(frozen=True)
class OffsetChange:
    """What becomes of one partition.

    Attributes:
        topic: its topic's name.
        partition: its number.
        old: the committed offset, or None where there is none.
        new: the offset that is to be committed.
    """

    topic: str
    partition: int
    old: int | None
    new: int


class OffsetPlan:
    """What `AdminClient.reset_offsets` would commit. `str` gives it as a table.

    Attributes:
        group_id: of which group.
        changes: an `OffsetChange` for each partition, those that stay where they are too.
        applied: whether it is done.
    """

    def __init__(self, admin: ResetRequests, group_id: str, changes: list[OffsetChange]) -> None:
        self._admin = admin
        self.group_id = group_id
        self.changes = changes
        self.applied = False

    def apply(self, *, timeout: float = 60.0) -> None:
        """Commit the new offsets.

        Args:
            timeout: seconds for it all.

        Raises:
            KafkaException: ``NON_EMPTY_GROUP`` where the group is in use by now, ``_CONFLICT`` where its offsets are no
                longer those of the plan; a partition was refused. A TimeoutException where the time is over.
            RuntimeError: the client is closed.
        """
        self._admin._apply(self, Deadline(timeout, f'the offsets of group "{self.group_id}"'))
        self.applied = True

    def __repr__(self) -> str:
        return f"OffsetPlan({self.group_id}, {len(self.changes)} partitions{', applied' if self.applied else ''})"

    def __str__(self) -> str:
        rows = [("topic", "partition", "old", "new")]
        rows += [(c.topic, str(c.partition), "-" if c.old is None else str(c.old), str(c.new)) for c in self.changes]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = [
            "  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))])
            for row in rows
        ]
        return "\n".join([f'group "{self.group_id}"', *lines])


def _time_of(to: Target) -> int | None:
    """What stands for the time in a request: an end of the log, or milliseconds. None for what needs no request."""
    if isinstance(to, ShiftBy):
        return None
    if isinstance(to, OffsetSpec):
        if to._value < _BEGINNING:
            raise ValueError("to must not be OffsetSpec.max_timestamp(): records with lower time stamps may follow it")
        return to._value
    if isinstance(to, datetime):
        if to.tzinfo is None:
            raise ValueError("to must have a time zone, as datetime.now(timezone.utc) has")
        return _not_negative(round(to.timestamp() * 1000), "a time from 1970 on")
    if isinstance(to, str):
        if to not in ("earliest", "latest"):
            raise ValueError(f'to must be "earliest" or "latest", an offset, a datetime or ShiftBy, not "{to}"')
        return _BEGINNING if to == "earliest" else _END
    if isinstance(to, bool) or not isinstance(to, int):
        raise TypeError(
            f'to must be "earliest", "latest", an int, a datetime, an OffsetSpec or ShiftBy, not {type(to).__name__}'
        )
    _not_negative(to, "an offset from 0 on: ShiftBy goes back by so many")
    return None


def _not_negative(number: int, what: str) -> int:
    if not 0 <= number < 2**63:
        raise ValueError(f"to must be {what}, not {number}")
    return number


def _refuse_active(group: ConsumerGroupDescription) -> None:
    # A group that is not there may have no offsets yet.
    if group.state in (ConsumerGroupState.EMPTY, ConsumerGroupState.DEAD):
        return
    names = [f"{member.client_id} ({member.host}, {member.member_id})" for member in group.members]
    if len(names) > _SHOWN:
        names = [*names[:_SHOWN], f"and {len(names) - _SHOWN} more"]
    state = group.state.name if group.state else "in use"
    members = ": " + ", ".join(names) if names else ""
    reason = f'group "{group.group_id}" is {state}, and would commit over it; stop its members first{members}'
    raise _exception_of(KafkaError(KafkaError.NON_EMPTY_GROUP, reason))


def _without_errors(partitions: Sequence[TopicPartition]) -> Sequence[TopicPartition]:
    for partition in partitions:
        if partition.error is not None:
            name = f"{partition.topic} [{partition.partition}]: {partition.error.str()}"
            raise _exception_of(KafkaError(partition.error.code(), name))
    return partitions


class ResetRequests(GroupRequests, GroupOffsetRequests, _AdminClient):
    """The plan, made of other requests."""

    def reset_offsets(
        self,
        group: str,
        to: Target,
        *,
        topics: Sequence[str] | None = None,
        partitions: Sequence[TopicPartition] | None = None,
        apply: bool = False,
        timeout: float = 60.0,
    ) -> OffsetPlan:
        """Plan where a group is to go on, and commit that where it is asked for. confluent-kafka has no such call.

        Args:
            group: its name. It must have no members.
            to: ``"earliest"`` or ``"latest"``; an offset, as an int; a time, as a datetime with a time zone: the first
                record from then on, or the end where there is none; `ShiftBy` for so many offsets on or back; an
                `OffsetSpec`. What lies outside of a partition's log becomes its nearest end.
            topics: those topics, with all of their partitions.
            partitions: those partitions. Without either, all that the group has committed offsets of.
            apply: commit at once. Else nothing changes until `OffsetPlan.apply`.
            timeout: seconds for it all.

        Returns:
            The plan, with the old and the new offset of each partition.

        Raises:
            TypeError, ValueError: of an argument, which is named.
            KafkaException: ``NON_EMPTY_GROUP``, with the names of the members, where the group is in use;
                ``_NO_OFFSET`` where it has no committed offset and the plan needs one; a partition or topic does not
                exist. A TimeoutException where the time is over.
            RuntimeError: the client is closed.

        ``rd_kafka_DescribeConsumerGroups``, ``rd_kafka_ListConsumerGroupOffsets``, ``rd_kafka_offsets_for_times``,
        ``rd_kafka_AlterConsumerGroupOffsets``. Consumers that are assigned partitions, and do not subscribe, are no
        members: nobody can know of them.
        """
        text("group", group)
        time = _time_of(to)
        asked: list[TopicPartition] | None = None
        if partitions is not None:
            if topics is not None:
                raise ValueError("topics and partitions must not both be given")
            asked = [TopicPartition(each.topic, each.partition) for each in checked("partitions", partitions)]
        names: list[str] = []
        if topics is not None:
            names = elements("topics", topics, str, "str")
            for index, name in enumerate(names):
                text(f"topics[{index}]", name)
            once("topics", names)
        if flag("apply", apply) is None:
            raise TypeError("apply must be a bool, not NoneType")
        deadline = Deadline(timeout, f'the offsets of group "{group}"')

        self._refuse_active(group, deadline)
        if names:
            asked = self._partitions_of(names, deadline)
        old = self._committed(group, asked, deadline)
        if not old:
            reason = f'group "{group}" has no committed offsets: name topics or partitions'
            raise _exception_of(KafkaError(KafkaError._NO_OFFSET, reason))
        plan = OffsetPlan(self, group, self._changes(group, old, to, time, deadline))
        if apply:
            self._apply(plan, deadline)
            plan.applied = True
        return plan

    def _refuse_active(self, group: str, deadline: Deadline) -> None:
        _refuse_active(self.describe_consumer_groups([group], request_timeout=deadline.left())[group].result())

    def _partitions_of(self, topics: list[str], deadline: Deadline) -> list[TopicPartition]:
        # Before the topics: names that the client has not heard of yet are Kafka's in a list of them.
        names = self._settled_topics(topics)
        # Of all topics: asked for one, the brokers may make it.
        known = self.list_topics(timeout=deadline.left()).topics
        found = []
        for name in names:
            topic = known.get(name)
            if topic is None or topic.error is not None:
                reason = topic.error.str() if topic is not None and topic.error is not None else "does not exist"
                raise _exception_of(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART, f'topic "{name}": {reason}'))
            found += [TopicPartition(name, number) for number in sorted(topic.partitions)]
        return found

    def _committed(
        self, group: str, asked: list[TopicPartition] | None, deadline: Deadline
    ) -> dict[TopicPartition, int | None]:
        """The committed offsets, in the order that was asked for, or of topics and numbers."""
        request = [ConsumerGroupTopicPartitions(group, asked)]
        future = self.list_consumer_group_offsets(request, require_stable=True, request_timeout=deadline.left())[group]
        found = _without_errors(future.result().topic_partitions or [])
        offsets = {each: each.offset if each.offset >= 0 else None for each in found}
        if asked is not None:
            names = self._settled_topics([each.topic for each in asked])
            order = [TopicPartition(name, each.partition) for name, each in zip(names, asked)]
        else:
            order = [TopicPartition(each.topic, each.partition) for each in sorted(found) if each.offset >= 0]
        return {each: offsets.get(each) for each in order}

    def _changes(
        self,
        group: str,
        old: dict[TopicPartition, int | None],
        to: Target,
        time: int | None,
        deadline: Deadline,
    ) -> list[OffsetChange]:
        asked = list(old)

        def found(at: int) -> list[int]:
            return [each.offset for each in _without_errors(self._offsets(asked, at, deadline.left()))]

        if time is not None:
            new = found(time)
        else:
            new = [
                min(max(low, wanted), high)
                for wanted, low, high in zip(_wanted(group, old, to), found(_BEGINNING), found(_END))
            ]
        return [OffsetChange(each.topic, each.partition, old[each], offset) for each, offset in zip(asked, new)]

    def _apply(self, plan: OffsetPlan, deadline: Deadline) -> None:
        changed = [change for change in plan.changes if change.new != change.old]
        if not changed:
            return
        self._refuse_active(plan.group_id, deadline)
        asked = [TopicPartition(change.topic, change.partition) for change in changed]
        now = self._committed(plan.group_id, asked, deadline)
        for partition, change in zip(asked, changed):
            if now[partition] != change.old:
                name = f'group "{plan.group_id}": {change.topic} [{change.partition}]'
                reason = f"{name} is at {now[partition]} by now, and not at {change.old} as the plan has it: plan anew"
                raise _exception_of(KafkaError(KafkaError._CONFLICT, reason))
        offsets = [TopicPartition(change.topic, change.partition, change.new) for change in changed]
        request = [ConsumerGroupTopicPartitions(plan.group_id, offsets)]
        future = self.alter_consumer_group_offsets(request, request_timeout=deadline.left())[plan.group_id]
        _without_errors(future.result().topic_partitions or [])


def _wanted(group: str, old: dict[TopicPartition, int | None], to: Target) -> list[int]:
    if not isinstance(to, ShiftBy):
        assert isinstance(to, int)
        return [to] * len(old)
    wanted = []
    for partition, offset in old.items():
        if offset is None:
            reason = (
                f'group "{group}" has no committed offset of {partition.topic} [{partition.partition}] to shift from'
            )
            raise _exception_of(KafkaError(KafkaError._NO_OFFSET, reason))
        wanted.append(offset + to.offsets)
    return wanted
