"""Requests about the offsets that groups have committed."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from ..cimpl import OFFSET_INVALID, TopicPartition, _AdminClient
from ._requests import elements, flag, partitions, request, text


class ConsumerGroupTopicPartitions:
    """A group, and partitions with its offsets.

    Attributes:
        group_id: its name.
        topic_partitions: a list of TopicPartition; None for all that it has committed offsets of.
    """

    def __init__(self, group_id: str, topic_partitions: list[TopicPartition] | None = None) -> None:
        self.group_id = group_id
        self.topic_partitions = topic_partitions

    def __repr__(self) -> str:
        return f"ConsumerGroupTopicPartitions({self.group_id}, {self.topic_partitions})"


Answer = tuple["BaseException | None", str, "list[TopicPartition]"]


def _offsets(item: Answer) -> tuple[BaseException | None, ConsumerGroupTopicPartitions]:
    return item[0], ConsumerGroupTopicPartitions(item[1], item[2])


def _one(name: str, given: object) -> tuple[str, ConsumerGroupTopicPartitions]:
    """The one group of a request, and how errors name it."""
    found = elements(name, given, ConsumerGroupTopicPartitions, "ConsumerGroupTopicPartitions")
    if len(found) != 1:
        raise ValueError(f"{name} must have one group, not {len(found)}: librdkafka takes one in a request")
    text(f"{name}[0].group_id", found[0].group_id)
    return f"{name}[0].topic_partitions", found[0]


class GroupOffsetRequests(_AdminClient):
    """The requests about the offsets that groups have committed."""

    def list_consumer_group_offsets(
        self,
        list_consumer_group_offsets_request: Sequence[ConsumerGroupTopicPartitions],
        *,
        require_stable: bool = False,
        request_timeout: float | None = None,
    ) -> dict[str, Future[ConsumerGroupTopicPartitions]]:
        """Ask for the offsets that a group has committed.

        Args:
            list_consumer_group_offsets_request: one group; without partitions, those of all that it has offsets of.
            require_stable: wait until transactions that are about to commit offsets of the group have done so, or not.
            request_timeout: how many seconds to wait for the answer.

        Returns:
            A future, by the group's name. The partitions of its result have offsets, OFFSET_INVALID where none is
            committed, and errors of their own (``error``).

        Raises:
            TypeError, ValueError: of an argument, which is named.
            KafkaException: a name cannot be a topic's.
            RuntimeError: the client is closed.

        ``rd_kafka_ListConsumerGroupOffsets``.
        """
        name, group = _one("list_consumer_group_offsets_request", list_consumer_group_offsets_request)
        asked = None
        if group.topic_partitions is not None:
            asked = partitions(name, group.topic_partitions)
            for index, partition in enumerate(asked):
                if partition.offset != OFFSET_INVALID:
                    raise ValueError(f"{name}[{index}].offset must not be set: it is what is asked for")
        stable = flag("require_stable", require_stable)
        return request(
            self,
            "list_consumer_group_offsets",
            (group.group_id, asked, stable or False),
            [group.group_id],
            _offsets,
            request_timeout=request_timeout,
        )

    def alter_consumer_group_offsets(
        self,
        alter_consumer_group_offsets_request: Sequence[ConsumerGroupTopicPartitions],
        *,
        request_timeout: float | None = None,
    ) -> dict[str, Future[ConsumerGroupTopicPartitions]]:
        """Commit offsets for a group. `reset_offsets` finds out which, and looks whether the group is in use.

        Args:
            alter_consumer_group_offsets_request: one group, and partitions with the offsets.
            request_timeout: how many seconds to wait for the answer. The offsets may be committed after it, when the
                group's coordinator is there and the client still is.

        Returns:
            A future, by the group's name. Its exception is a `KafkaException`: ``UNKNOWN_MEMBER_ID`` where the group
            has members. The partitions of its result have errors of their own (``error``).

        Raises:
            TypeError, ValueError: of an argument, which is named.
            KafkaException: a name cannot be a topic's.
            RuntimeError: the client is closed.

        ``rd_kafka_AlterConsumerGroupOffsets``.
        """
        name, group = _one("alter_consumer_group_offsets_request", alter_consumer_group_offsets_request)
        given = partitions(name, group.topic_partitions)
        for index, partition in enumerate(given):
            if partition.offset < 0:
                raise ValueError(f"{name}[{index}].offset must be 0 or more, not {partition.offset}")
        return request(
            self,
            "alter_consumer_group_offsets",
            (group.group_id, given),
            [group.group_id],
            _offsets,
            request_timeout=request_timeout,
        )

    def delete_consumer_group_offsets(
        self,
        delete_consumer_group_offsets_request: Sequence[ConsumerGroupTopicPartitions],
        *,
        request_timeout: float | None = None,
    ) -> dict[str, Future[ConsumerGroupTopicPartitions]]:
        """Delete offsets of a group, which then has none for these partitions. confluent-kafka has no such call.

        Args:
            delete_consumer_group_offsets_request: one group, and partitions.
            request_timeout: how many seconds to wait for the answer. The offsets may be deleted after it, when the
                group's coordinator is there and the client still is.

        Returns:
            A future, by the group's name. Its exception is a `KafkaException`: ``GROUP_ID_NOT_FOUND`` where there is
            none. The partitions of its result have errors of their own (``error``): ``GROUP_SUBSCRIBED_TO_TOPIC``
            where a member subscribes to the topic.

        Raises:
            TypeError, ValueError: of an argument, which is named.
            KafkaException: a name cannot be a topic's.
            RuntimeError: the client is closed.

        ``rd_kafka_DeleteConsumerGroupOffsets``.
        """
        name, group = _one("delete_consumer_group_offsets_request", delete_consumer_group_offsets_request)
        given = partitions(name, group.topic_partitions)
        return request(
            self,
            "delete_consumer_group_offsets",
            (group.group_id, given),
            [group.group_id],
            _offsets,
            request_timeout=request_timeout,
        )
