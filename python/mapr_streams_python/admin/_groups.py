"""Requests about groups of consumers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any
from warnings import warn

from .._metadata import GroupMetadata, _group
from ..cimpl import KafkaError, TopicPartition, _AdminClient
from ._acls import AclOperation
from ._cluster import Node, _known, _node, _operations
from ._requests import OrderedEnum, elements, member, once, request, request_one, text


class ConsumerGroupState(OrderedEnum):
    """Where a group is in its life."""

    UNKNOWN = 0
    #: Another name of UNKNOWN, which is spelt so in confluent-kafka.
    UNKOWN = 0
    PREPARING_REBALANCING = 1
    COMPLETING_REBALANCING = 2
    STABLE = 3
    #: There is no such group.
    DEAD = 4
    #: It has offsets, and no members.
    EMPTY = 5


class ConsumerGroupType(OrderedEnum):
    """By which protocol a group shares its partitions out."""

    UNKNOWN = 0
    #: The brokers do (``group.protocol=consumer``).
    CONSUMER = 1
    #: One of the members does.
    CLASSIC = 2


class ConsumerGroupListing:
    """A group, as `AdminClient.list_consumer_groups` has it.

    Attributes:
        group_id: its name.
        is_simple_consumer_group: it only has offsets: nobody has ever subscribed in it.
        state: its `ConsumerGroupState`.
        type: its `ConsumerGroupType`; None where the loaded librdkafka is older than 2.6.0.
    """

    def __init__(
        self,
        group_id: str,
        is_simple_consumer_group: bool,
        state: ConsumerGroupState | str | int | None = None,
        type: ConsumerGroupType | str | int | None = None,
    ) -> None:
        self.group_id = group_id
        self.is_simple_consumer_group = is_simple_consumer_group
        self.state = None if state is None else member("state", state, ConsumerGroupState)
        self.type = None if type is None else member("type", type, ConsumerGroupType)

    def __repr__(self) -> str:
        return f"ConsumerGroupListing({self.group_id}, {self.state.name if self.state else None})"


class ListConsumerGroupsResult:
    """The groups of a cluster.

    Attributes:
        valid: a list of `ConsumerGroupListing`.
        errors: a KafkaError for each broker that was asked and has not told: its groups are missing. Those of a broker
            that the cluster has given up, and that no other has taken over, are missing without one
            (docs/admin/groups.md).
    """

    def __init__(self, valid: list[ConsumerGroupListing] | None = None, errors: list[KafkaError] | None = None) -> None:
        self.valid = valid
        self.errors = errors

    def __repr__(self) -> str:
        return f"ListConsumerGroupsResult({self.valid}, {self.errors})"


@dataclass(eq=False)
class MemberAssignment:
    """What a member of a group consumes.

    Attributes:
        topic_partitions: a list of TopicPartition.
    """

    topic_partitions: list[TopicPartition] | None = None

    def __post_init__(self) -> None:
        self.topic_partitions = self.topic_partitions or []


@dataclass(eq=False)
class MemberDescription:
    """A member of a group.

    Attributes:
        member_id: what the group's coordinator calls it.
        client_id: its ``client.id``.
        host: where it is.
        assignment: its `MemberAssignment`.
        group_instance_id: its ``group.instance.id``, or None.
        target_assignment: what it is to have once the rebalance that is under way is over; None in a group that is not
            of the type CONSUMER, and where the loaded librdkafka is older than 2.10.0.
    """

    member_id: str
    client_id: str
    host: str
    assignment: MemberAssignment
    group_instance_id: str | None = None
    target_assignment: MemberAssignment | None = None


class ConsumerGroupDescription:
    """A group, as its coordinator describes it.

    Attributes:
        group_id: its name.
        is_simple_consumer_group: it only has offsets: nobody has ever subscribed in it.
        members: a list of `MemberDescription`.
        partition_assignor: the assignor that its members have agreed on; empty where it has none.
        state: its `ConsumerGroupState`; DEAD where there is no such group.
        coordinator: the `Node` that leads it, or None.
        authorized_operations: what this user may do to it, a list of `AclOperation`; None where that was not asked for.
        type: its `ConsumerGroupType`; UNKNOWN where the loaded librdkafka is older than 2.10.0.
    """

    def __init__(
        self,
        group_id: str,
        is_simple_consumer_group: bool,
        members: list[MemberDescription],
        partition_assignor: str,
        state: ConsumerGroupState | str | int | None,
        coordinator: Node | None,
        authorized_operations: Collection[AclOperation | str | int] | None = None,
        type: ConsumerGroupType | str | int = ConsumerGroupType.UNKNOWN,
    ) -> None:
        self.group_id = group_id
        self.is_simple_consumer_group = is_simple_consumer_group
        self.members = members
        self.partition_assignor = partition_assignor
        self.state = None if state is None else member("state", state, ConsumerGroupState)
        self.coordinator = coordinator
        self.authorized_operations = _operations(authorized_operations)
        self.type = member("type", type, ConsumerGroupType)

    def __repr__(self) -> str:
        state = self.state.name if self.state else None
        return f"ConsumerGroupDescription({self.group_id}, {state}, {len(self.members)} members)"


def _listed(answer: tuple[list[tuple[Any, ...]], list[KafkaError]]) -> tuple[None, ListConsumerGroupsResult]:
    return None, ListConsumerGroupsResult([ConsumerGroupListing(*group) for group in answer[0]], answer[1])


def _member(
    member_id: str,
    client_id: str,
    host: str,
    assigned: list[TopicPartition],
    instance_id: str | None,
    target: list[TopicPartition] | None,
) -> MemberDescription:
    target_assignment = None if target is None else MemberAssignment(target)
    return MemberDescription(member_id, client_id, host, MemberAssignment(assigned), instance_id, target_assignment)


def _described(item: tuple[Any, ...]) -> tuple[BaseException | None, ConsumerGroupDescription]:
    error, name, is_simple, members, assignor, state, coordinator, operations, kind = item
    return error, ConsumerGroupDescription(
        name,
        is_simple,
        [_member(*found) for found in members],
        assignor,
        state,
        _node(coordinator),
        _known(operations),
        kind or 0,
    )


def _deleted(item: tuple[BaseException | None, str, list[TopicPartition]]) -> tuple[BaseException | None, None]:
    return item[0], None


def _numbers(name: str, given: object, kind: type[OrderedEnum]) -> list[int]:
    if given is None:
        return []
    if isinstance(given, (str, bytes)) or not isinstance(given, Collection):
        raise TypeError(f"{name} must be a set of {kind.__name__}, not {type(given).__name__}")
    for each in given:
        if not isinstance(each, kind):
            raise TypeError(f"{name} must be a set of {kind.__name__}, not of {type(each).__name__}")
    return sorted({each.value for each in given})


def _group_ids(given: Sequence[str]) -> list[str]:
    names = elements("group_ids", given, str, "str")
    for index, name in enumerate(names):
        text(f"group_ids[{index}]", name)
    once("group_ids", names)
    return names


class GroupRequests(_AdminClient):
    """The requests about groups of consumers."""

    def list_consumer_groups(
        self,
        *,
        states: Collection[ConsumerGroupState] | None = None,
        types: Collection[ConsumerGroupType] | None = None,
        request_timeout: float | None = None,
    ) -> Future[ListConsumerGroupsResult]:
        """List the groups of the cluster. Every broker that the client knows of is asked.

        Args:
            states: those alone that are in one of them.
            types: those alone that are of one of them.
            request_timeout: how many seconds to wait for the answers.

        Returns:
            One future.

        Raises:
            TypeError, ValueError: of an argument, which is named.
            KafkaException: ``_NOT_IMPLEMENTED`` for types where the loaded librdkafka is older than 2.6.0.
            RuntimeError: the client is closed.

        ``rd_kafka_ListConsumerGroups``.
        """
        arguments = (
            _numbers("states", states, ConsumerGroupState),
            _numbers("types", types, ConsumerGroupType),
        )
        return request_one(self, "list_consumer_groups", arguments, _listed, request_timeout=request_timeout)

    def describe_consumer_groups(
        self,
        group_ids: Sequence[str],
        *,
        include_authorized_operations: bool = False,
        request_timeout: float | None = None,
    ) -> dict[str, Future[ConsumerGroupDescription]]:
        """Describe groups, with their members and what those consume.

        Args:
            group_ids: their names.
            include_authorized_operations: have the brokers tell what this user may do to them, too.
            request_timeout: how many seconds to wait for the answers.

        Returns:
            A future for each group, by its name. A group that is not there is DEAD, and no error.

        Raises:
            TypeError, ValueError: of an argument, which is named.
            KafkaException: ``_NOT_IMPLEMENTED`` for authorised operations where the loaded librdkafka is older than
                2.3.0.
            RuntimeError: the client is closed.

        ``rd_kafka_DescribeConsumerGroups``.
        """
        futures: dict[str, Future[ConsumerGroupDescription]] = {}
        # By themselves: a coordinator that does not answer keeps those alone that ask it.
        for name in _group_ids(group_ids):
            futures |= request(
                self,
                "describe_consumer_groups",
                [name],
                [name],
                _described,
                request_timeout=request_timeout,
                include_authorized_operations=include_authorized_operations,
            )
        return futures

    def delete_consumer_groups(
        self, group_ids: Sequence[str], *, request_timeout: float | None = None
    ) -> dict[str, Future[None]]:
        """Delete groups, with their offsets.

        Args:
            group_ids: their names.
            request_timeout: how many seconds to wait for the answers. A group may be deleted after it, when its
                coordinator is there and the client still is.

        Returns:
            A future for each group, by its name. Its exception is a `KafkaException`: ``NON_EMPTY_GROUP`` where it has
            members, ``GROUP_ID_NOT_FOUND`` where there is none.

        Raises:
            TypeError, ValueError: of an argument, which is named.
            RuntimeError: the client is closed.

        ``rd_kafka_DeleteGroups``.
        """
        futures: dict[str, Future[None]] = {}
        for name in _group_ids(group_ids):
            futures |= request(
                self, "delete_consumer_groups", [name], [name], _deleted, request_timeout=request_timeout
            )
        return futures

    def list_groups(self, group: str | None = None, timeout: float = -1) -> list[GroupMetadata]:
        """Tell of groups of any protocol type: what the brokers said before there was `list_consumer_groups`.

        Deprecated: use `list_consumer_groups` and `describe_consumer_groups`.

        Args:
            group: its name; None for all groups.
            timeout: seconds to wait at the most; a negative number waits for the answer.

        Raises:
            KafkaException: the request has failed.
            RuntimeError: the client is closed.

        ``rd_kafka_list_groups``.
        """
        warn(
            "list_groups() is deprecated, use list_consumer_groups() and describe_consumer_groups() instead.",
            category=DeprecationWarning,
            stacklevel=2,
        )
        return [_group(*found) for found in self._list_groups(group, timeout)]
