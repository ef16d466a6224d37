"""librdkafka's mock cluster, as a context manager."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType

from ..cimpl import _MockCluster
from ._names import check_topic_name

# Kafka's request types by the names of its protocol guide, as far as the mock cluster answers them.
_API_KEYS = {
    "Produce": 0,
    "Fetch": 1,
    "ListOffsets": 2,
    "Metadata": 3,
    "OffsetCommit": 8,
    "OffsetFetch": 9,
    "FindCoordinator": 10,
    "JoinGroup": 11,
    "Heartbeat": 12,
    "LeaveGroup": 13,
    "SyncGroup": 14,
    "SaslHandshake": 17,
    "ApiVersions": 18,
    "InitProducerId": 22,
    "OffsetForLeaderEpoch": 23,
    "AddPartitionsToTxn": 24,
    "AddOffsetsToTxn": 25,
    "EndTxn": 26,
    "TxnOffsetCommit": 28,
    "SaslAuthenticate": 36,
}


def _api_key(api: int | str) -> int:
    if isinstance(api, str):
        try:
            return _API_KEYS[api]
        except KeyError:
            raise ValueError(f"api {api!r}: expected a number or one of {', '.join(_API_KEYS)}") from None
    return api


class MockCluster:
    """A Kafka cluster inside this process, for tests: librdkafka's mock cluster.

    It listens on loopback, so clients of other processes and languages reach it too. Brokers have the ids 1 to
    `brokers`. Topics that a client asks for are created, with four partitions.

    What it does not do: it keeps at most 5 MiB or 100,000 messages a partition (older ones go), answers no admin
    requests, has no TLS, no authentication and no access control.

    Args:
        brokers: how many brokers the cluster has.

    Raises:
        KafkaException: the mock cluster could not be started, or the loaded librdkafka has none.
        ValueError: `brokers` is below 1.

    Every method raises RuntimeError after `close()`, and KafkaException where librdkafka refuses.
    """

    def __init__(self, brokers: int = 1) -> None:
        if brokers < 1:
            raise ValueError(f"brokers must be at least 1, not {brokers}")
        self._brokers = brokers
        self._native: _MockCluster | None = _MockCluster(brokers)
        self._bootstrap_servers = self._native.bootstrap_servers()

    @property
    def bootstrap_servers(self) -> str:
        """The value for a client's ``bootstrap.servers``: ``host:port`` of every broker, separated by commas."""
        return self._bootstrap_servers

    @property
    def brokers(self) -> int:
        """How many brokers the cluster has; their ids are 1 to this number."""
        return self._brokers

    def create_topic(self, topic: str, partitions: int = 1, replication_factor: int = 1) -> None:
        """Create a topic.

        Args:
            topic: a name that Kafka takes: 1 to 249 of ``a-z A-Z 0-9 . _ -``, and neither ``.`` nor ``..``.
            partitions: number of partitions.
            replication_factor: on how many brokers each partition is; at most as many as there are.

        Raises:
            ValueError: Kafka would refuse the name, or a number is out of range.
            KafkaException: the topic exists (TOPIC_ALREADY_EXISTS), or librdkafka refuses.
        """
        check_topic_name(topic)
        if partitions < 1:
            raise ValueError(f"partitions must be at least 1, not {partitions}")
        if not 1 <= replication_factor <= self._brokers:
            raise ValueError(
                f"replication_factor must be between 1 and the number of brokers ({self._brokers}), "
                f"not {replication_factor}"
            )
        self._open().create_topic(topic, partitions, replication_factor)

    def set_broker_down(self, broker_id: int) -> None:
        """Close the broker's connections and accept no more. Its partitions keep it as their leader.

        Args:
            broker_id: a broker, or -1 for all.
        """
        self._open().set_broker_down(broker_id)

    def set_broker_up(self, broker_id: int) -> None:
        """Accept connections again.

        Args:
            broker_id: a broker, or -1 for all.
        """
        self._open().set_broker_up(broker_id)

    def set_broker_rtt(self, broker_id: int, seconds: float) -> None:
        """Delay every answer of the broker.

        Args:
            broker_id: a broker, or -1 for all.
            seconds: the delay, to the millisecond; 0 ends it.
        """
        if not seconds >= 0:
            raise ValueError(f"seconds must not be negative, not {seconds}")
        self._open().set_broker_rtt(broker_id, round(seconds * 1000))

    def set_partition_leader(self, topic: str, partition: int, broker_id: int) -> None:
        """Make the broker the partition's leader. A topic that does not exist is created.

        Args:
            topic: the topic's name.
            partition: the partition's number.
            broker_id: a broker, or -1 to leave the partition without a leader.
        """
        self._open().set_partition_leader(check_topic_name(topic), partition, broker_id)

    def set_coordinator(self, key_type: str, key: str, broker_id: int) -> None:
        """Make the broker the coordinator of a consumer group or of a transactional producer.

        Args:
            key_type: ``'group'`` or ``'transaction'``.
            key: the ``group.id`` or the ``transactional.id``.
            broker_id: the new coordinator.
        """
        if key_type not in ("group", "transaction"):
            raise ValueError(f"key_type must be 'group' or 'transaction', not {key_type!r}")
        self._open().set_coordinator(key_type, key, broker_id)

    def push_request_errors(self, api: int | str, errors: Iterable[int]) -> None:
        """Let the next requests of one type fail, one after the other.

        Args:
            api: the request's type, by name (``'Produce'``) or by its API key (0).
            errors: the error of the next such request, of the one after it, and so on: constants of KafkaError.
                ``KafkaError._TRANSPORT`` closes the connection instead of answering, 0 answers as usual.
        """
        self._open().push_request_errors(_api_key(api), [int(error) for error in errors])

    def clear_request_errors(self, api: int | str) -> None:
        """Forget the errors that are still waiting for requests of this type.

        Args:
            api: the request's type, by name (``'Produce'``) or by its API key (0).
        """
        self._open().clear_request_errors(_api_key(api))

    def set_topic_error(self, topic: str, error: int) -> None:
        """Let metadata requests answer with this error for the topic.

        Args:
            topic: the topic's name. It is created when it does not exist.
            error: a constant of KafkaError, or 0 for none.
        """
        self._open().set_topic_error(check_topic_name(topic), int(error))

    def close(self) -> None:
        """Stop the cluster. A second call does nothing."""
        native, self._native = self._native, None
        if native is not None:
            native.close()

    def __enter__(self) -> MockCluster:
        self._open()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = self._bootstrap_servers if self._native is not None else "closed"
        return f"<MockCluster {state}>"

    def _open(self) -> _MockCluster:
        if self._native is None:
            raise RuntimeError("MockCluster closed")
        return self._native
