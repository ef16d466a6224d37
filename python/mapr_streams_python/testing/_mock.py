"""librdkafka's mock cluster, as a context manager."""

from __future__ import annotations

from ._mock_handle import MAX_PARTITIONS, milliseconds, partition_number, whole_number
from ._mock_requests import MockRequest, MockRequests
from ._protocol import Error, error_code

__all__ = ["MockCluster", "MockRequest"]


class MockCluster(MockRequests):
    """A Kafka cluster inside this process, for tests: librdkafka's mock cluster.

    It listens on loopback, so clients of other processes and languages reach it too. Brokers have the ids 1 to
    `brokers`.

    What it does not do: it keeps at most 5 MiB or 100,000 batches a partition (older ones go), answers no admin
    requests, has no TLS, no authentication and no access control (`push_request_errors` shows a client the errors of
    all of these). A topic that a client asks for is created, with four partitions; see `check_topic_names` for those
    that Kafka takes none of.

    Args:
        brokers: how many brokers the cluster has, up to 1,000.
        check_topic_names: whether names of topics that Kafka rejects are rejected: by every method with a ValueError,
            and clients of this process that use one get TOPIC_EXCEPTION, as from Kafka. A client of another process, or
            of another library, makes such a topic; then `close()` gives a UserWarning. To look for those, it sends a
            request to the first broker, and gives it 0.2 seconds to answer.

    Raises:
        KafkaException: the mock cluster could not be started, as where the process may not open so many sockets, no
            port is free, or the loaded librdkafka has none.
        ValueError: `brokers` is out of range.

    Every method may be called from any thread. It raises RuntimeError after `close()` and in the child of a fork,
    ValueError where an argument is out of range, and KafkaException where librdkafka refuses: with _NOT_IMPLEMENTED,
    and the name of the missing function, where the loaded librdkafka is too old.
    """

    # Topics and partitions

    def create_topic(self, topic: str, partitions: int = 1, replication_factor: int = 1) -> None:
        """Create a topic (``rd_kafka_mock_topic_create``).

        Args:
            topic: a name that Kafka takes: 1 to 249 of ``a-z A-Z 0-9 . _ -``, and neither ``.`` nor ``..``.
            partitions: number of partitions, up to 10,000.
            replication_factor: on how many brokers each partition is; at most as many as there are.

        Raises:
            ValueError: Kafka would refuse the name, or a number is out of range.
            KafkaException: the topic exists (TOPIC_ALREADY_EXISTS), or librdkafka refuses.
        """
        self._open().create_topic(
            self._topic(topic),
            whole_number("partitions", partitions, 1, MAX_PARTITIONS),
            whole_number("replication_factor", replication_factor, 1, self._brokers),
        )

    def delete_topic(self, topic: str) -> None:
        """Delete a topic (``rd_kafka_mock_topic_delete``, of librdkafka 2.15 and later).

        Raises:
            KafkaException: there is no such topic (UNKNOWN_TOPIC_OR_PART), or librdkafka cannot do it.
        """
        self._open().delete_topic(self._topic(topic))

    def delete_records(self, topic: str, partition: int, before: int) -> None:
        """Delete the messages of a partition that come before an offset, as retention does.

        ``rd_kafka_mock_partition_delete_records``, of librdkafka 2.15 and later.

        Args:
            topic: the topic's name.
            partition: the partition's number.
            before: the first offset that stays.

        Raises:
            KafkaException: there is no such partition (UNKNOWN_TOPIC_OR_PART), `before` is above the partition's end
                (OFFSET_OUT_OF_RANGE), or librdkafka cannot do it.
        """
        self._open().delete_records(self._topic(topic), partition_number(partition), whole_number("before", before, 0))

    def set_partition_leader(self, topic: str, partition: int, broker_id: int) -> None:
        """Make the broker the partition's leader (``rd_kafka_mock_partition_set_leader``).

        Args:
            topic: the topic's name. One that does not exist is created, with partitions up to this one.
            partition: the partition's number.
            broker_id: a broker, or -1 to leave the partition without a leader.

        Raises:
            KafkaException: the topic has no such partition (UNKNOWN_TOPIC_OR_PART).
        """
        native, broker = self._open(), self._broker(broker_id, "no leader")
        native.set_partition_leader(self._topic(topic), partition_number(partition), broker)

    def set_partition_follower(self, topic: str, partition: int, broker_id: int) -> None:
        """Tell consumers to fetch the partition from this broker and not from its leader, as for a rack that is nearer.

        ``rd_kafka_mock_partition_set_follower``. The leader tells so every consumer that fetches from it, whatever its
        ``client.rack``, and gives it no messages. Producers keep to the leader.

        Args:
            topic: the topic's name. One that does not exist is created, with partitions up to this one.
            partition: the partition's number.
            broker_id: a broker, or -1 for none.

        Raises:
            KafkaException: the topic has no such partition (UNKNOWN_TOPIC_OR_PART).
        """
        native, broker = self._open(), self._broker(broker_id, "no follower")
        native.set_partition_follower(self._topic(topic), partition_number(partition), broker)

    def set_follower_watermarks(
        self, topic: str, partition: int, low: int | None = None, high: int | None = None
    ) -> None:
        """Say how much of a partition its follower has (``rd_kafka_mock_partition_set_follower_wmarks``).

        A consumer gets no message outside of these from the follower. It goes back to the leader for an offset that the
        follower does not have, is told to fetch from the follower again, and so waits for the offset.

        Args:
            topic: the topic's name. One that does not exist is created, with partitions up to this one.
            partition: the partition's number.
            low: the first offset that it has; None for the leader's.
            high: the high watermark that it tells; None for the leader's. A message of just this offset, if the leader
                has one, is served too, and none after it.

        Raises:
            KafkaException: the topic has no such partition (UNKNOWN_TOPIC_OR_PART).
        """
        native = self._open()
        first = -1 if low is None else whole_number("low", low, 0)
        end = -1 if high is None else whole_number("high", high, max(first, 0))
        native.set_follower_watermarks(self._topic(topic), partition_number(partition), first, end)

    def set_topic_error(self, topic: str, error: Error) -> None:
        """Let metadata requests answer with this error for the topic (``rd_kafka_mock_topic_set_error``).

        Args:
            topic: the topic's name. One that does not exist is created, with four partitions.
            error: a constant of KafkaError, a KafkaError, its name, or None for none.

        Raises:
            KafkaException: with librdkafka 2.3 to 2.9, whose clients crash on the answer (_NOT_IMPLEMENTED).
        """
        self._open().set_topic_error(self._topic(topic), error_code(error))

    # Brokers and coordinators

    def set_broker_down(self, broker_id: int) -> None:
        """Close the broker's connections and accept no more (``rd_kafka_mock_broker_set_down``).

        Its partitions keep it as their leader.

        Args:
            broker_id: a broker, or -1 for all.
        """
        self._open().set_broker_down(self._broker(broker_id))
        self._disturbed = True

    def set_broker_up(self, broker_id: int) -> None:
        """Accept connections again (``rd_kafka_mock_broker_set_up``).

        Args:
            broker_id: a broker, or -1 for all.
        """
        self._open().set_broker_up(self._broker(broker_id))

    def set_broker_rtt(self, broker_id: int, seconds: float) -> None:
        """Delay every answer of the broker (``rd_kafka_mock_broker_set_rtt``).

        Args:
            broker_id: a broker, or -1 for all.
            seconds: the delay, to the millisecond; 0 ends it.
        """
        self._open().set_broker_rtt(self._broker(broker_id), milliseconds(seconds))
        self._disturbed = True

    def restore(self) -> None:
        """Bring every broker up that is down, and let those answer at once that are slow; none once closed.

        Consumers that are closed then need not wait for them.
        """
        # Where nothing is to be done, librdkafka is not asked: its cluster may take up to a second to take a call.
        if self._disturbed and self._native is not None:
            self.set_broker_rtt(-1, 0)
            self.set_broker_up(-1)
            self._disturbed = False

    def set_broker_rack(self, broker_id: int, rack: str) -> None:
        """Set the rack that the broker names in its metadata (``rd_kafka_mock_broker_set_rack``).

        Args:
            broker_id: a broker, or -1 for all.
            rack: the rack's name.
        """
        self._open().set_broker_rack(self._broker(broker_id), rack)

    def set_coordinator(self, key_type: str, key: str, broker_id: int) -> None:
        """Make the broker the coordinator of a consumer group or of a transactional producer.

        ``rd_kafka_mock_coordinator_set``.

        Args:
            key_type: ``'group'`` or ``'transaction'``.
            key: the ``group.id`` or the ``transactional.id``.
            broker_id: the new coordinator.
        """
        native = self._open()
        if key_type not in ("group", "transaction"):
            raise ValueError(f"key_type must be 'group' or 'transaction', not {key_type!r}")
        native.set_coordinator(key_type, key, self._broker(broker_id, None))

    def set_group_initial_rebalance_delay(self, seconds: float) -> None:
        """Set how long a new group waits for more members before it assigns partitions; it is three seconds.

        ``rd_kafka_mock_group_initial_rebalance_delay_ms``, of librdkafka 2.6 and later.

        Args:
            seconds: how long, to the millisecond.
        """
        self._open().set_group_initial_rebalance_delay(milliseconds(seconds))
