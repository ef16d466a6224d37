"""Requests for elections of leaders."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from ..cimpl import KafkaError, TopicPartition, _AdminClient
from ._requests import OrderedEnum, nothing, partitions as checked, request_one


class ElectionType(OrderedEnum):
    """Who may become the leader of a partition."""

    #: The first of its replicas, where it is in sync.
    PREFERRED = 0
    #: Any of its replicas, where none is in sync: records may be lost.
    UNCLEAN = 1


def _elected(
    answer: list[tuple[TopicPartition, KafkaError | None]],
) -> tuple[None, dict[TopicPartition, KafkaError | None]]:
    return None, dict(answer)


class ElectionRequests(_AdminClient):
    """The requests for elections."""

    def elect_leaders(
        self,
        election_type: ElectionType,
        partitions: Sequence[TopicPartition] | None = None,
        *,
        timeout: float | None = None,
        operation_timeout: float | None = None,
        request_timeout: float | None = None,
    ) -> Future[dict[TopicPartition, KafkaError | None]]:
        """Have the leaders of partitions elected, after a broker has come back, say.

        Args:
            election_type: who may become the leader.
            partitions: of which partitions; None for all of the cluster, and of none where it is empty.
            timeout: seconds for all of it, in place of the two that follow: the brokers work on it, and the answer is
                waited for, for so long.
            operation_timeout: how many seconds the brokers wait for the work to be done before they answer; 0 does not
                wait. The default is 60.
            request_timeout: how many seconds to wait for the answer.

        Returns:
            A future, whose result is a dict: for each partition None, or the `KafkaError` why it has no other leader:
            ``ELECTION_NOT_NEEDED``, ``PREFERRED_LEADER_NOT_AVAILABLE``, ``ELIGIBLE_LEADERS_NOT_AVAILABLE``. Where
            all partitions were meant, those that needed no election are left out.

        Raises:
            TypeError, ValueError: of an argument, which is named.
            KafkaException: a name cannot be a topic's; the loaded librdkafka is older than 2.6.0
                (``_NOT_IMPLEMENTED``).
            RuntimeError: the client is closed.

        ``rd_kafka_ElectLeaders``.
        """
        if not isinstance(election_type, ElectionType):
            raise TypeError(f"election_type must be an ElectionType, not {type(election_type).__name__}")
        found = None if partitions is None else checked("partitions", partitions, may_be_empty=True)
        timeouts = {
            "timeout": timeout,
            "operation_timeout": operation_timeout,
            "request_timeout": request_timeout,
        }
        if found == []:
            return nothing(self, {}, **timeouts)
        return request_one(self, "elect_leaders", (election_type.value, found), _elected, **timeouts)
