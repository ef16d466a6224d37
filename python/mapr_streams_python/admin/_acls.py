"""Requests about access control lists."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from enum import Enum
from functools import total_ordering
from typing import Any

from ..cimpl import _AdminClient
from ._configs import ResourceType
from ._requests import OrderedEnum, elements, member, once, request, request_one, text


class ResourcePatternType(OrderedEnum):
    """How the name of a resource is to be understood."""

    UNKNOWN = 0
    #: In a filter: any of them.
    ANY = 1
    #: In a filter: whatever counts for the resource of that name: its own, its prefixes', and that of ``*``.
    MATCH = 2
    #: The resource of that name; all of the type where the name is ``*``.
    LITERAL = 3
    #: Every resource whose name begins so.
    PREFIXED = 4


class AclOperation(OrderedEnum):
    """What is done to a resource."""

    UNKNOWN = 0
    #: In a filter: any of them.
    ANY = 1
    #: All of them.
    ALL = 2
    READ = 3
    WRITE = 4
    CREATE = 5
    DELETE = 6
    ALTER = 7
    DESCRIBE = 8
    CLUSTER_ACTION = 9
    DESCRIBE_CONFIGS = 10
    ALTER_CONFIGS = 11
    IDEMPOTENT_WRITE = 12


class AclPermissionType(OrderedEnum):
    """Whether it is allowed. What is denied goes before what is allowed."""

    UNKNOWN = 0
    #: In a filter: both.
    ANY = 1
    DENY = 2
    ALLOW = 3


_FIELDS = ("restype", "name", "resource_pattern_type", "principal", "host", "operation", "permission_type")


def _checked(place: str, acl: AclBinding) -> tuple[Any, ...]:
    """The fields as they are to be: their values are anybody's."""
    is_filter = isinstance(acl, AclBindingFilter)

    def words(name: str, given: object) -> str | None:
        return None if given is None and is_filter else text(name, given)

    found = (
        member(f"{place}restype", acl.restype, ResourceType),
        words(f"{place}name", acl.name),
        member(f"{place}resource_pattern_type", acl.resource_pattern_type, ResourcePatternType),
        words(f"{place}principal", acl.principal),
        words(f"{place}host", acl.host),
        member(f"{place}operation", acl.operation, AclOperation),
        member(f"{place}permission_type", acl.permission_type, AclPermissionType),
    )
    for name, value in zip(_FIELDS, found):
        if isinstance(value, Enum) and value.name in (("UNKNOWN",) if is_filter else ("ANY", "MATCH")):
            why = "" if is_filter else ", which is for an AclBindingFilter"
            raise ValueError(f"{place}{name} cannot be {value.name}{why}")
    return found


@total_ordering
class AclBinding:
    """What a user may do to a resource, or may not.

    Attributes:
        restype: the `ResourceType`.
        name: of the resource: a topic's, of a stream too; a group's; a transactional id; ``kafka-cluster`` of
            `ResourceType.BROKER`, which stands for the cluster.
        resource_pattern_type: the `ResourcePatternType` of the name.
        principal: who, as in ``User:alice``.
        host: from where: an IP address, or ``*`` for everywhere.
        operation: the `AclOperation`.
        permission_type: the `AclPermissionType`.
    """

    restype: ResourceType
    name: str
    resource_pattern_type: ResourcePatternType
    principal: str
    host: str
    operation: AclOperation
    permission_type: AclPermissionType

    def __init__(
        self,
        restype: ResourceType | str | int,
        name: str,
        resource_pattern_type: ResourcePatternType | str | int,
        principal: str,
        host: str,
        operation: AclOperation | str | int,
        permission_type: AclPermissionType | str | int,
    ) -> None:
        """AclBinding(restype, name, resource_pattern_type, principal, host, operation, permission_type)

        Enums may be given by their names, in letters of any case, or by their numbers.

        Raises:
            TypeError: an argument has another type.
            ValueError: an enum has no such member, it is for filters alone, or a text is empty.
        """
        self._set((restype, name, resource_pattern_type, principal, host, operation, permission_type))

    def _set(self, values: tuple[object, ...]) -> None:
        for field, value in zip(_FIELDS, values):
            setattr(self, field, value)
        for field, value in zip(_FIELDS, _checked("", self)):
            setattr(self, field, value)

    @property
    def restype_int(self) -> int:
        """``restype`` by number."""
        return self.restype.value

    @property
    def resource_pattern_type_int(self) -> int:
        """``resource_pattern_type`` by number."""
        return self.resource_pattern_type.value

    @property
    def operation_int(self) -> int:
        """``operation`` by number."""
        return self.operation.value

    @property
    def permission_type_int(self) -> int:
        """``permission_type`` by number."""
        return self.permission_type.value

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, field) for field in _FIELDS)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({','.join(map(str, self._values()))})"

    def __hash__(self) -> int:
        return hash(self._values())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, AclBinding):
            return self._values() == other._values()
        return NotImplemented

    def __lt__(self, other: object) -> bool:
        if isinstance(other, AclBinding):
            return self._values() < other._values()
        return NotImplemented


class AclBindingFilter(AclBinding):
    """Which ACLs are meant: those that are so in every field.

    Attributes:
        restype: the `ResourceType`; ``ANY`` for all of them.
        name: of the resource; None for all of them.
        resource_pattern_type: the `ResourcePatternType`; ``ANY`` for all of them, ``MATCH`` for whatever counts for the
            resource of that name.
        principal: who; None for everybody.
        host: from where; None for whatever is there.
        operation: the `AclOperation`; ``ANY`` for all of them (``ALL`` is one of them).
        permission_type: the `AclPermissionType`; ``ANY`` for both.
    """

    name: str | None  # type: ignore[assignment]
    principal: str | None  # type: ignore[assignment]
    host: str | None  # type: ignore[assignment]

    def __init__(
        self,
        restype: ResourceType | str | int,
        name: str | None,
        resource_pattern_type: ResourcePatternType | str | int,
        principal: str | None,
        host: str | None,
        operation: AclOperation | str | int,
        permission_type: AclPermissionType | str | int,
    ) -> None:
        """AclBindingFilter(restype, name, resource_pattern_type, principal, host, operation, permission_type)

        Raises:
            TypeError: an argument has another type.
            ValueError: an enum has no such member, or a text is empty.
        """
        self._set((restype, name, resource_pattern_type, principal, host, operation, permission_type))


def _row(place: str, acl: AclBinding) -> tuple[object, ...]:
    """What the request is made of."""
    found = _checked(f"{place}.", acl)
    for name, value in zip(_FIELDS, found):
        if isinstance(value, Enum) and value.name == "UNKNOWN":
            raise ValueError(f"{place}.{name} cannot be UNKNOWN, which is for what this client does not know")
    return tuple(value.value if isinstance(value, Enum) else value for value in found)


def _bindings(given: list[tuple[Any, ...]]) -> list[AclBinding]:
    return [AclBinding(*binding) for binding in given]


def _created(item: tuple[BaseException | None, None]) -> tuple[BaseException | None, None]:
    return item


def _described(answer: list[tuple[Any, ...]]) -> tuple[None, list[AclBinding]]:
    return None, _bindings(answer)


def _deleted(item: tuple[BaseException | None, Any]) -> tuple[BaseException | None, Any]:
    return item[0], None if item[1] is None else _bindings(item[1])


class AclRequests(_AdminClient):
    """The requests about access control lists."""

    def create_acls(
        self, acls: Sequence[AclBinding], *, request_timeout: float | None = None
    ) -> dict[AclBinding, Future[None]]:
        """Allow, or deny, operations on resources. One that is there already stays.

        Args:
            acls: what is allowed, or denied.
            request_timeout: how many seconds to wait for the answer.

        Returns:
            A future for each of them. Its exception is a `KafkaException`: ``SECURITY_DISABLED`` where the brokers
            have no authorizer.

        Raises:
            TypeError, ValueError: of an argument, which is named.
            KafkaException: a name cannot be a topic's, or a prefix of topics.
            RuntimeError: the client is closed.

        ``rd_kafka_CreateAcls``.
        """
        found = elements("acls", acls, AclBinding, "AclBinding")
        for index, acl in enumerate(found):
            if isinstance(acl, AclBindingFilter):
                raise TypeError(f"acls[{index}] must be AclBinding, not AclBindingFilter")
        rows = [_row(f"acls[{index}]", acl) for index, acl in enumerate(found)]
        once("acls", found)
        return request(self, "create_acls", rows, found, _created, request_timeout=request_timeout)

    def describe_acls(
        self, acl_binding_filter: AclBindingFilter, *, request_timeout: float | None = None
    ) -> Future[list[AclBinding]]:
        """Ask what is allowed and denied.

        Args:
            acl_binding_filter: of which kind.
            request_timeout: how many seconds to wait for the answer.

        Returns:
            A future, whose result is a list of `AclBinding`. It is empty, too, where the brokers have no authorizer;
            and with librdkafka before 2.3.0 where this user may not ask: librdkafka does not tell.

        Raises:
            TypeError, ValueError: of an argument, which is named.
            KafkaException: a name cannot be a topic's, or a prefix of topics.
            RuntimeError: the client is closed.

        ``rd_kafka_DescribeAcls``.
        """
        if not isinstance(acl_binding_filter, AclBindingFilter):
            raise TypeError(f"acl_binding_filter must be AclBindingFilter, not {type(acl_binding_filter).__name__}")
        row = _row("acl_binding_filter", acl_binding_filter)
        return request_one(self, "describe_acls", row, _described, request_timeout=request_timeout)

    def delete_acls(
        self, acl_binding_filters: Sequence[AclBindingFilter], *, request_timeout: float | None = None
    ) -> dict[AclBindingFilter, Future[list[AclBinding]]]:
        """Take back what was allowed or denied.

        Args:
            acl_binding_filters: of which kinds.
            request_timeout: how many seconds to wait for the answer.

        Returns:
            A future for each filter, whose result is the list of the `AclBinding` that it has deleted.

        Raises:
            TypeError, ValueError: of an argument, which is named.
            KafkaException: a name cannot be a topic's, or a prefix of topics.
            RuntimeError: the client is closed.

        ``rd_kafka_DeleteAcls``.
        """
        found = elements("acl_binding_filters", acl_binding_filters, AclBindingFilter, "AclBindingFilter")
        rows = [_row(f"acl_binding_filters[{index}]", acl) for index, acl in enumerate(found)]
        once("acl_binding_filters", found)
        return request(self, "delete_acls", rows, found, _deleted, request_timeout=request_timeout)
