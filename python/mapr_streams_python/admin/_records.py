"""Requests about records."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from ..cimpl import OFFSET_END, TopicPartition, _AdminClient
from ._requests import partitions, request


@dataclass(eq=False)
class DeletedRecords:
    """What is left of a partition.

    Attributes:
        low_watermark: the offset of its oldest record; -1 where the broker cannot tell.
    """

    low_watermark: int


def _deleted(item: tuple[BaseException | None, int]) -> tuple[BaseException | None, DeletedRecords]:
    return item[0], DeletedRecords(item[1])


class RecordRequests(_AdminClient):
    """The requests about records."""

    def delete_records(
        self,
        topic_partition_offsets: Sequence[TopicPartition],
        *,
        timeout: float | None = None,
        operation_timeout: float | None = None,
        request_timeout: float | None = None,
    ) -> dict[TopicPartition, Future[DeletedRecords]]:
        """Delete the oldest records of partitions. Their offsets do not come again.

        Args:
            topic_partition_offsets: each with the ``offset`` of the first record that is to stay; ``OFFSET_END``
                deletes all that the partition has. Of none, none are deleted.
            timeout: seconds for all of it, in place of the two that follow: the brokers work on it, and the answer is
                waited for, for so long.
            operation_timeout: how many seconds the brokers wait for the work to be done before they answer; 0 does not
                wait. The default is 60.
            request_timeout: how many seconds to wait for the answer.

        Returns:
            A future for each partition, whose result is a `DeletedRecords`. Its exception is a `KafkaException`:
            ``OFFSET_OUT_OF_RANGE`` where there is no such offset yet, ``POLICY_VIOLATION`` where the topic's
            ``cleanup.policy`` is ``compact`` alone.

        Raises:
            TypeError, ValueError: of an argument, which is named.
            KafkaException: a name cannot be a topic's.
            RuntimeError: the client is closed.

        ``rd_kafka_DeleteRecords``.
        """
        found = partitions("topic_partition_offsets", topic_partition_offsets, may_be_empty=True)
        for index, partition in enumerate(found):
            if partition.offset < 0 and partition.offset != OFFSET_END:
                raise ValueError(
                    f"topic_partition_offsets[{index}].offset must be 0 or more, or OFFSET_END, not {partition.offset}"
                )
        return request(
            self,
            "delete_records",
            found,
            found,
            _deleted,
            timeout=timeout,
            operation_timeout=operation_timeout,
            request_timeout=request_timeout,
        )
