"""Requests for descriptions of the cluster and of topics."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from ..cimpl import _AdminClient
from ._acls import AclOperation
from ._requests import elements, member, once, request, request_one, text


@dataclass
class Node:
    """A broker.

    Attributes:
        id: its number.
        host: the host name under which clients reach it; empty while it is down.
        port: the port under which clients reach it.
        rack: ``broker.rack``, or None.
        id_string: its number as text.
    """

    id: int
    host: str
    port: int
    rack: str | None = None

    def __post_init__(self) -> None:
        self.id_string = str(self.id)

    def __hash__(self) -> int:
        return hash(self.id)

    def __str__(self) -> str:
        return f"({self.id}) {self.host}:{self.port} {f'(Rack - {self.rack})' if self.rack else ''}"


class Uuid:
    """An id of 128 bits.

    `str` gives it as Kafka's tools do: the base64 of its bytes, with ``-`` and ``_``, and without ``=``.
    """

    def __init__(self, most_significant_bits: int, least_significant_bits: int) -> None:
        """Uuid(most_significant_bits, least_significant_bits)

        Args:
            most_significant_bits: the first half, of 64 bits, with a sign or without.
            least_significant_bits: the second half.

        Raises:
            TypeError: one of them is no int.
            OverflowError: one of them does not fit 64 bits.
        """
        self._halves = (
            _half("most_significant_bits", most_significant_bits),
            _half("least_significant_bits", least_significant_bits),
        )

    def get_most_significant_bits(self) -> int:
        """The first half, as a number with a sign."""
        return self._halves[0]

    def get_least_significant_bits(self) -> int:
        """The second half, as a number with a sign."""
        return self._halves[1]

    def __str__(self) -> str:
        data = b"".join(half.to_bytes(8, "big", signed=True) for half in self._halves)
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    def __repr__(self) -> str:
        return str(self)

    def __int__(self) -> int:
        high, low = (half % 2**64 for half in self._halves)
        return high * 2**64 + low

    def __hash__(self) -> int:
        return hash(self._halves)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Uuid):
            return self._halves == other._halves
        return NotImplemented


def _half(name: str, given: int) -> int:
    if isinstance(given, bool) or not isinstance(given, int):
        raise TypeError(f"{name} must be an int, not {type(given).__name__}")
    if not -(2**63) <= given < 2**64:
        raise OverflowError(f"{name} must have 64 bits, not be {given}")
    return given if given < 2**63 else given - 2**64


class TopicCollection:
    """Which topics `AdminClient.describe_topics` is to describe.

    Attributes:
        topic_names: their names; of streams' topics too.
    """

    def __init__(self, topic_names: Sequence[str]) -> None:
        self.topic_names = topic_names

    def __repr__(self) -> str:
        return f"TopicCollection({self.topic_names!r})"


@dataclass(eq=False)
class TopicPartitionInfo:
    """A partition of a topic.

    Attributes:
        id: its number.
        leader: the `Node` that leads it, or None.
        replicas: the nodes that are to hold it, the preferred leader first.
        isr: those of them that are in sync.
    """

    id: int
    leader: Node | None
    replicas: list[Node]
    isr: list[Node]


def _operations(given: Iterable[AclOperation | str | int] | None) -> list[AclOperation] | None:
    return None if given is None else [member("authorized_operations", each, AclOperation) for each in given]


class TopicDescription:
    """A topic.

    Attributes:
        name: its name.
        topic_id: its `Uuid`.
        is_internal: it is Kafka's own, such as ``__consumer_offsets``.
        partitions: a `TopicPartitionInfo` for each.
        authorized_operations: what this user may do to it, a list of `AclOperation`; None where that was not asked for.
    """

    def __init__(
        self,
        name: str,
        topic_id: Uuid,
        is_internal: bool,
        partitions: list[TopicPartitionInfo],
        authorized_operations: Iterable[AclOperation | str | int] | None = None,
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.is_internal = is_internal
        self.partitions = partitions
        self.authorized_operations = _operations(authorized_operations)

    def __repr__(self) -> str:
        return f"TopicDescription({self.name}, {self.topic_id}, {len(self.partitions)} partitions)"


class DescribeClusterResult:
    """A cluster.

    Attributes:
        cluster_id: its id, or None where the brokers are too old to have one.
        controller: the `Node` that acts as the controller, or None.
        nodes: its brokers, as a list of `Node`.
        authorized_operations: what this user may do to it, a list of `AclOperation`; None where that was not asked for.
    """

    def __init__(
        self,
        controller: Node | None,
        nodes: list[Node],
        cluster_id: str | None = None,
        authorized_operations: Iterable[AclOperation | str | int] | None = None,
    ) -> None:
        self.cluster_id = cluster_id
        self.controller = controller
        self.nodes = nodes
        self.authorized_operations = _operations(authorized_operations)

    def __repr__(self) -> str:
        return f"DescribeClusterResult({self.cluster_id}, {len(self.nodes)} nodes)"


def _known(numbers: list[int] | None) -> list[AclOperation] | None:
    """Operations by the numbers of an answer: there may be newer ones than we know."""
    if numbers is None:
        return None
    known = {operation.value: operation for operation in AclOperation}
    return [known.get(number, AclOperation.UNKNOWN) for number in numbers]


def _node(given: tuple[int, str, int, str | None] | None) -> Node | None:
    return None if given is None else Node(*given)


def _nodes(given: list[tuple[int, str, int, str | None]]) -> list[Node]:
    return [Node(*node) for node in given]


def _cluster(answer: tuple[Any, ...]) -> tuple[None, DescribeClusterResult]:
    cluster_id, controller, nodes, operations = answer
    return None, DescribeClusterResult(_node(controller), _nodes(nodes), cluster_id, _known(operations))


def _topic(item: tuple[BaseException | None, Any]) -> tuple[BaseException | None, Any]:
    exception, found = item
    if exception is not None:
        return exception, None
    name, high, low, is_internal, partitions, operations = found
    infos = [
        TopicPartitionInfo(number, _node(leader), _nodes(replicas), _nodes(isr))
        for number, leader, replicas, isr in partitions
    ]
    return None, TopicDescription(name, Uuid(high, low), is_internal, infos, _known(operations))


class DescriptionRequests(_AdminClient):
    """The requests for descriptions."""

    def describe_cluster(
        self,
        *,
        include_authorized_operations: bool = False,
        request_timeout: float | None = None,
    ) -> Future[DescribeClusterResult]:
        """Ask for the cluster's id, its brokers and its controller.

        Args:
            include_authorized_operations: have it tell too what this user may do to the cluster.
            request_timeout: how many seconds to wait for the answer.

        Returns:
            A future, whose result is a `DescribeClusterResult`.

        Raises:
            TypeError, ValueError: of an argument, which is named.
            KafkaException: the loaded librdkafka is older than 2.3.0 (``_NOT_IMPLEMENTED``).
            RuntimeError: the client is closed.

        ``rd_kafka_DescribeCluster``.
        """
        return request_one(
            self,
            "describe_cluster",
            None,
            _cluster,
            include_authorized_operations=include_authorized_operations,
            request_timeout=request_timeout,
        )

    def describe_topics(
        self,
        topics: TopicCollection,
        *,
        include_authorized_operations: bool = False,
        request_timeout: float | None = None,
    ) -> dict[str, Future[TopicDescription]]:
        """Ask for the ids of topics, and for their partitions.

        Args:
            topics: a `TopicCollection` of their names; none are asked for where it has none.
            include_authorized_operations: have it tell too what this user may do to each of them.
            request_timeout: how many seconds to wait for the answer.

        Returns:
            A future for each topic, by its name, whose result is a `TopicDescription`. Its exception is a
            `KafkaException`: an `UnknownTopicException` where there is no such topic.

        Raises:
            TypeError, ValueError: of an argument, which is named.
            KafkaException: a name cannot be a topic's; the loaded librdkafka is older than 2.3.0
                (``_NOT_IMPLEMENTED``).
            RuntimeError: the client is closed.

        ``rd_kafka_DescribeTopics``.
        """
        if not isinstance(topics, TopicCollection):
            raise TypeError(f"topics must be a TopicCollection, not {type(topics).__name__}")
        names = elements("topics.topic_names", topics.topic_names, str, "str", may_be_empty=True)
        for index, name in enumerate(names):
            text(f"topics.topic_names[{index}]", name)
        once("topics.topic_names", names)
        return request(
            self,
            "describe_topics",
            names,
            names,
            _topic,
            include_authorized_operations=include_authorized_operations,
            request_timeout=request_timeout,
        )
