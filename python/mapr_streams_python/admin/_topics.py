"""Requests about topics: making and deleting them, and giving them more partitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import total_ordering

from ..cimpl import _AdminClient
from ._requests import elements, integer, once, properties, request, text

# librdkafka's bounds, RD_KAFKAP_PARTITIONS_MAX and RD_KAFKAP_BROKERS_MAX.
_MOST_PARTITIONS, _MOST_BROKERS = 100_000, 10_000


@total_ordering
@dataclass
class NewTopic:
    """A topic to be made.

    Attributes:
        topic: its name; of a stream's topic too.
        num_partitions: how many partitions it is to have; -1 for the brokers' default (``num.partitions``).
        replication_factor: on how many brokers each of them is to be; -1 for the brokers' default
            (``default.replication.factor``).
        replica_assignment: for each partition the ids of the brokers that it is to be on, the preferred leader first;
            it takes the place of both numbers.
        config: properties of the topic, such as ``{"cleanup.policy": "compact"}``.
    """

    topic: str
    num_partitions: int = -1
    replication_factor: int = -1
    replica_assignment: Sequence[Sequence[int]] | None = None
    config: Mapping[str, object] | None = None

    def __hash__(self) -> int:
        return hash(self.topic)

    def __lt__(self, other: object) -> bool:
        if isinstance(other, NewTopic):
            return (self.topic, self.num_partitions) < (other.topic, other.num_partitions)
        return NotImplemented


@total_ordering
@dataclass
class NewPartitions:
    """How many partitions a topic is to have.

    Attributes:
        topic: its name.
        new_total_count: how many there are to be with those that are there.
        replica_assignment: for each partition that is to be added the ids of the brokers that it is to be on.
    """

    topic: str
    new_total_count: int
    replica_assignment: Sequence[Sequence[int]] | None = None

    def __hash__(self) -> int:
        return hash(self.topic)

    def __lt__(self, other: object) -> bool:
        if isinstance(other, NewPartitions):
            return (self.topic, self.new_total_count) < (other.topic, other.new_total_count)
        return NotImplemented


def _replicas(name: str, given: object) -> tuple[tuple[int, ...], ...]:
    if given is None:
        return ()
    if isinstance(given, (str, bytes)) or not isinstance(given, Sequence):
        raise TypeError(f"{name} must be a list of lists of broker ids, not {type(given).__name__}")
    found = []
    for partition, brokers in enumerate(given):
        if isinstance(brokers, (str, bytes)) or not isinstance(brokers, Sequence):
            raise TypeError(f"{name}[{partition}] must be a list of broker ids, not {type(brokers).__name__}")
        if not brokers:
            raise ValueError(f"{name}[{partition}] must not be empty")
        for broker in brokers:
            number = integer(f"{name}[{partition}]", broker)
            if number is None:
                raise TypeError(f"{name}[{partition}] must be a list of broker ids, not of None")
            if number < 0:
                raise ValueError(f"{name}[{partition}] must be a list of broker ids, 0 or more, not of {number}")
        found.append(tuple(brokers))
    return tuple(found)


def _count(name: str, given: int, lowest: int, highest: int) -> int | None:
    """A number that is positive, or -1 for the brokers' default where that is allowed."""
    if given is None:
        raise TypeError(f"{name} must be an int, not None")
    if isinstance(given, int) and not isinstance(given, bool):
        if given == -1 and lowest < 0:
            return None
        if given < 1:
            raise ValueError(f"{name} must be 1 or more, not {given}")
        if given > highest:
            raise ValueError(f"{name} must be {highest} or less, not {given}: librdkafka takes no more")
    return integer(name, given)


def _done(item: tuple[str, BaseException | None]) -> tuple[BaseException | None, None]:
    return item[1], None


class TopicRequests(_AdminClient):
    """The requests about topics."""

    def create_topics(
        self,
        new_topics: Sequence[NewTopic],
        *,
        timeout: float | None = None,
        operation_timeout: float | None = None,
        request_timeout: float | None = None,
        validate_only: bool = False,
    ) -> dict[str, Future[None]]:
        """Make topics.

        Args:
            new_topics: what is to be made.
            timeout: seconds for all of it, in place of the two that follow: the brokers work on it, and the answer is
                waited for, for so long.
            operation_timeout: how many seconds the brokers wait for the topics to be known in the cluster before they
                answer. With 0 a Kafka with KRaft answers at once, and makes none. The default is 60.
            request_timeout: how many seconds to wait for the answer.
            validate_only: have the brokers only say whether they would make them.

        Returns:
            A future for each topic, by its name. Its exception is a `KafkaException`: ``TOPIC_ALREADY_EXISTS``,
            ``INVALID_REPLICATION_FACTOR`` and so on.

        Raises:
            TypeError, ValueError, OverflowError: of an argument, which is named.
            KafkaException: a name cannot be a topic's.
            RuntimeError: the client is closed.

        ``rd_kafka_CreateTopics``.
        """
        topics = elements("new_topics", new_topics, NewTopic, "NewTopic")
        arguments = []
        for index, topic in enumerate(topics):
            name = f"new_topics[{index}]"
            replicas = _replicas(f"{name}.replica_assignment", topic.replica_assignment)
            count = _count(f"{name}.num_partitions", topic.num_partitions, -1, _MOST_PARTITIONS)
            if replicas and count is not None and count != len(replicas):
                raise ValueError(
                    f"{name}: num_partitions is {count}, and replica_assignment has {len(replicas)}: leave one out"
                )
            factor = _count(f"{name}.replication_factor", topic.replication_factor, -1, _MOST_BROKERS)
            if replicas and factor is not None and any(len(brokers) != factor for brokers in replicas):
                raise ValueError(
                    f"{name}: replication_factor is {factor}, and replica_assignment says otherwise: leave one out"
                )
            config = properties(f"{name}.config", topic.config)
            arguments.append((text(f"{name}.topic", topic.topic), count, factor, replicas, config))
        names = [topic.topic for topic in topics]
        once("new_topics", names)
        return request(
            self,
            "create_topics",
            arguments,
            names,
            _done,
            timeout=timeout,
            operation_timeout=operation_timeout,
            request_timeout=request_timeout,
            validate_only=validate_only,
        )

    def delete_topics(
        self,
        topics: Sequence[str],
        *,
        timeout: float | None = None,
        operation_timeout: float | None = None,
        request_timeout: float | None = None,
    ) -> dict[str, Future[None]]:
        """Delete topics, and the records in them.

        Args:
            topics: their names.
            timeout: seconds for all of it, in place of the two that follow: the brokers work on it, and the answer is
                waited for, for so long.
            operation_timeout: how many seconds the brokers wait for them to be gone before they answer. With 0 a
                Kafka with KRaft answers at once, and deletes none. The default is 60.
            request_timeout: how many seconds to wait for the answer.

        Returns:
            A future for each topic, by its name. Its exception is a `KafkaException`: an `UnknownTopicException` where
            there is no such topic.

        Raises:
            TypeError, ValueError: of an argument, which is named.
            KafkaException: a name cannot be a topic's.
            RuntimeError: the client is closed.

        ``rd_kafka_DeleteTopics``.
        """
        names = elements("topics", topics, str, "str")
        for index, name in enumerate(names):
            text(f"topics[{index}]", name)
        once("topics", names)
        return request(
            self,
            "delete_topics",
            names,
            names,
            _done,
            timeout=timeout,
            operation_timeout=operation_timeout,
            request_timeout=request_timeout,
        )

    def create_partitions(
        self,
        new_partitions: Sequence[NewPartitions],
        *,
        timeout: float | None = None,
        operation_timeout: float | None = None,
        request_timeout: float | None = None,
        validate_only: bool = False,
    ) -> dict[str, Future[None]]:
        """Give topics more partitions. What is in a topic stays where it is; new records with a key may go elsewhere.

        Args:
            new_partitions: which topics are to have how many.
            timeout: seconds for all of it, in place of the two that follow: the brokers work on it, and the answer is
                waited for, for so long.
            operation_timeout: how many seconds the brokers wait for them to be known in the cluster before they
                answer; 0 does not wait. The default is 60.
            request_timeout: how many seconds to wait for the answer.
            validate_only: have the brokers only say whether they would make them.

        Returns:
            A future for each topic, by its name. Its exception is a `KafkaException`: ``INVALID_PARTITIONS`` where the
            topic has as many already.

        Raises:
            TypeError, ValueError, OverflowError: of an argument, which is named.
            KafkaException: a name cannot be a topic's.
            RuntimeError: the client is closed.

        ``rd_kafka_CreatePartitions``.
        """
        topics = elements("new_partitions", new_partitions, NewPartitions, "NewPartitions")
        arguments = []
        for index, topic in enumerate(topics):
            name = f"new_partitions[{index}]"
            arguments.append(
                (
                    text(f"{name}.topic", topic.topic),
                    _count(f"{name}.new_total_count", topic.new_total_count, 1, _MOST_PARTITIONS),
                    _replicas(f"{name}.replica_assignment", topic.replica_assignment),
                )
            )
        names = [topic.topic for topic in topics]
        once("new_partitions", names)
        return request(
            self,
            "create_partitions",
            arguments,
            names,
            _done,
            timeout=timeout,
            operation_timeout=operation_timeout,
            request_timeout=request_timeout,
            validate_only=validate_only,
        )
