"""librdkafka's mock cluster, as a context manager."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Iterable
from types import TracebackType
from typing import NamedTuple

from ..cimpl import _MockCluster
from ._names import check_topic_name
from ._protocol import API_NAMES, DelayedError, Error, api_key, delayed_error, error_code
from ._wire import topic_names


class MockRequest(NamedTuple):
    """A request that a broker of a `MockCluster` got.

    Attributes:
        broker_id: the broker.
        api: the request's name, as ``'Produce'``, or its number where it has no name here.
        timestamp: seconds of a clock of librdkafka's: only differences between two mean something.
    """

    broker_id: int
    api: str | int
    timestamp: float


class MockCluster:
    """A Kafka cluster inside this process, for tests: librdkafka's mock cluster.

    It listens on loopback, so clients of other processes and languages reach it too. Brokers have the ids 1 to
    `brokers`. Topics that a client asks for are created, with four partitions.

    What it does not do: it keeps at most 5 MiB or 100,000 messages a partition (older ones go), answers no admin
    requests, has no TLS, no authentication and no access control (`push_request_errors` shows a client the errors of
    all of these).

    Args:
        brokers: how many brokers the cluster has.
        check_topic_names: whether names of topics that Kafka rejects are rejected: by every method with a ValueError,
            and with a UserWarning of `close()` where a client made such a topic, which librdkafka takes.

    Raises:
        KafkaException: the mock cluster could not be started, or the loaded librdkafka has none.
        ValueError: `brokers` is below 1.

    Every method may be called from any thread. It raises RuntimeError after `close()` and in the child of a fork, and
    KafkaException where librdkafka refuses: with _NOT_IMPLEMENTED, and the name of the missing function, where the
    loaded librdkafka is too old.
    """

    def __init__(self, brokers: int = 1, *, check_topic_names: bool = True) -> None:
        if brokers < 1:
            raise ValueError(f"brokers must be at least 1, not {brokers}")
        self._brokers = brokers
        self._checks_names = check_topic_names
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

    # Topics and partitions

    def create_topic(self, topic: str, partitions: int = 1, replication_factor: int = 1) -> None:
        """Create a topic (``rd_kafka_mock_topic_create``).

        Args:
            topic: a name that Kafka takes: 1 to 249 of ``a-z A-Z 0-9 . _ -``, and neither ``.`` nor ``..``.
            partitions: number of partitions.
            replication_factor: on how many brokers each partition is; at most as many as there are.

        Raises:
            ValueError: Kafka would refuse the name, or a number is out of range.
            KafkaException: the topic exists (TOPIC_ALREADY_EXISTS), or librdkafka refuses.
        """
        name = self._topic(topic)
        if partitions < 1:
            raise ValueError(f"partitions must be at least 1, not {partitions}")
        if not 1 <= replication_factor <= self._brokers:
            raise ValueError(
                f"replication_factor must be between 1 and the number of brokers ({self._brokers}), "
                f"not {replication_factor}"
            )
        self._open().create_topic(name, partitions, replication_factor)

    def delete_topic(self, topic: str) -> None:
        """Delete a topic (``rd_kafka_mock_topic_delete``; librdkafka 2.0 does not have it)."""
        self._open().delete_topic(self._topic(topic))

    def delete_records(self, topic: str, partition: int, before: int) -> None:
        """Delete the messages of a partition that come before an offset, as retention does.

        ``rd_kafka_mock_partition_delete_records``; librdkafka 2.0 does not have it.
        """
        self._open().delete_records(self._topic(topic), _partition(partition), before)

    def set_partition_leader(self, topic: str, partition: int, broker_id: int) -> None:
        """Make the broker the partition's leader (``rd_kafka_mock_partition_set_leader``).

        Args:
            topic: the topic's name. One that does not exist is created.
            partition: the partition's number.
            broker_id: a broker, or -1 to leave the partition without a leader.
        """
        broker = self._broker(broker_id, "no leader")
        self._open().set_partition_leader(self._topic(topic), _partition(partition), broker)

    def set_partition_follower(self, topic: str, partition: int, broker_id: int) -> None:
        """Tell consumers to fetch the partition from this broker and not from its leader, as for a rack that is nearer.

        ``rd_kafka_mock_partition_set_follower``. Consumers are told so by the leader when they fetch.

        Args:
            topic: the topic's name. One that does not exist is created.
            partition: the partition's number.
            broker_id: a broker, or -1 for none.
        """
        broker = self._broker(broker_id, "no follower")
        self._open().set_partition_follower(self._topic(topic), _partition(partition), broker)

    def set_follower_watermarks(
        self, topic: str, partition: int, low: int | None = None, high: int | None = None
    ) -> None:
        """Say how much of a partition its follower has (``rd_kafka_mock_partition_set_follower_wmarks``).

        Args:
            topic: the topic's name. One that does not exist is created.
            partition: the partition's number.
            low: the first offset that it has; None for the leader's.
            high: the offset after the last that it has; None for the leader's.
        """
        for name, offset in (("low", low), ("high", high)):
            if offset is not None and offset < 0:
                raise ValueError(f"{name} must not be negative, not {offset}")
        self._open().set_follower_watermarks(
            self._topic(topic), _partition(partition), -1 if low is None else low, -1 if high is None else high
        )

    def set_topic_error(self, topic: str, error: Error) -> None:
        """Let metadata requests answer with this error for the topic (``rd_kafka_mock_topic_set_error``).

        Args:
            topic: the topic's name. It is created when it does not exist.
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
        self._open().set_broker_rtt(self._broker(broker_id), _milliseconds(seconds))

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
        if key_type not in ("group", "transaction"):
            raise ValueError(f"key_type must be 'group' or 'transaction', not {key_type!r}")
        self._open().set_coordinator(key_type, key, self._broker(broker_id, None))

    def set_group_initial_rebalance_delay(self, seconds: float) -> None:
        """Set how long a new group waits for more members before it assigns partitions; it is three seconds.

        ``rd_kafka_mock_group_initial_rebalance_delay_ms``; librdkafka 2.0 does not have it.
        """
        self._open().set_group_initial_rebalance_delay(_milliseconds(seconds))

    # Requests that fail

    def set_api_versions(self, api: int | str, min_version: int, max_version: int) -> None:
        """Set which versions of a request the brokers say they understand (``rd_kafka_mock_set_apiversion``).

        Clients that connect from then on send what both sides understand.

        Args:
            api: the request's type, by name (``'Produce'``) or by its API key (0).
            min_version: the lowest version.
            max_version: the highest; not above what the mock implements, since it could not read it.
        """
        if not 0 <= min_version <= max_version < 2**15:
            raise ValueError(
                f"min_version and max_version must be numbers from 0 on, and the first not the larger one, "
                f"not {min_version} and {max_version}; disable_api() lets the brokers know no version"
            )
        self._open().set_api_versions(api_key(api), min_version, max_version)

    def disable_api(self, api: int | str) -> None:
        """Let the brokers say that they do not know this type of request (``rd_kafka_mock_set_apiversion``).

        Args:
            api: the request's type, by name (``'InitProducerId'``) or by its API key (22).
        """
        self._open().set_api_versions(api_key(api), -1, -1)

    def push_request_errors(
        self,
        api: int | str,
        errors: Iterable[DelayedError],
        *,
        broker_id: int | None = None,
        topic: str | None = None,
        partition: int | None = None,
    ) -> None:
        """Let the next requests of one type fail, one after the other.

        Without `broker_id` and `topic`, whichever broker they go to (``rd_kafka_mock_push_request_errors_array``).

        Args:
            api: the request's type, by name (``'Produce'``) or by its API key (0).
            errors: the error of the next such request, of the one after it, and so on: constants of KafkaError,
                KafkaErrors, or their names, as in ``'NOT_LEADER_FOR_PARTITION'``. ``KafkaError._TRANSPORT`` closes the
                connection instead of answering; None answers as usual. A pair of an error and seconds holds the answer
                back for so long, to the millisecond; in a cluster of several brokers it needs `broker_id`.
            broker_id: for requests to this broker alone (``rd_kafka_mock_broker_push_request_error_rtts``). These win
                over those of the cluster, of which such a request uses one up all the same.
            topic: together with `partition`: the answer says the error of this partition alone, without a delay
                (``rd_kafka_mock_partition_push_request_errors``). librdkafka 2.0 does not have it; there, give the
                `broker_id` of the partition's leader.
            partition: the partition's number.

        Raises:
            ValueError: there is no such request type, error or broker, or the arguments do not go together.
            KafkaException: the loaded librdkafka cannot do it (_NOT_IMPLEMENTED).
        """
        key = api_key(api)
        if isinstance(errors, str):
            raise TypeError(f"errors must be a list of errors, not the str {errors!r}")
        pairs = [delayed_error(error) for error in errors]
        codes, delays = [code for code, _ in pairs], [delay for _, delay in pairs]
        if (topic is None) != (partition is None):
            raise ValueError("topic and partition must be given together")
        if topic is not None and partition is not None:
            if broker_id is not None:
                raise ValueError("broker_id must not be given together with topic and partition")
            if any(delays):
                raise ValueError("errors of a partition cannot be delayed: leave the seconds out, or give broker_id")
            self._open().push_partition_errors(key, codes, self._topic(topic), _partition(partition))
        elif broker_id is not None or (any(delays) and self._brokers == 1):
            broker = self._broker(1 if broker_id is None else broker_id, None)
            self._open().push_broker_errors(key, codes, delays, broker)
        elif any(delays):
            raise ValueError("a delayed error needs broker_id: librdkafka delays the answers of one broker")
        else:
            self._open().push_request_errors(key, codes)

    def clear_request_errors(self, api: int | str) -> None:
        """Forget the errors that are left for requests of this type to whichever broker.

        ``rd_kafka_mock_clear_request_errors``. Those that were pushed with `broker_id` stay.

        Args:
            api: the request's type, by name (``'Produce'``) or by its API key (0).
        """
        self._open().clear_request_errors(api_key(api))

    def request_errors_left(self, api: int | str, broker_id: int) -> int:
        """Return how many errors that were pushed with `broker_id` are left (``rd_kafka_mock_broker_error_stack_cnt``).

        Args:
            api: the request's type, by name (``'Produce'``) or by its API key (0).
            broker_id: the broker.
        """
        return self._open().request_errors_left(api_key(api), self._broker(broker_id, None))

    # Requests that came: librdkafka 2.0 cannot tell

    def start_request_tracking(self) -> None:
        """Begin to note requests (``rd_kafka_mock_start_request_tracking``; librdkafka 2.0 does not have it)."""
        self._open().start_request_tracking()

    def stop_request_tracking(self) -> None:
        """Note no more requests, and forget those that were noted (``rd_kafka_mock_stop_request_tracking``)."""
        self._open().stop_request_tracking()

    def clear_requests(self) -> None:
        """Forget the requests that were noted (``rd_kafka_mock_clear_requests``)."""
        self._open().clear_requests()

    def requests(self) -> list[MockRequest]:
        """Return the requests since `start_request_tracking`, in their order (``rd_kafka_mock_get_requests``)."""
        return [
            MockRequest(broker, API_NAMES.get(key, key), microseconds / 1e6)
            for broker, key, microseconds in self._open().requests()
        ]

    def close(self) -> None:
        """Stop the cluster. A second call does nothing.

        Gives a UserWarning for each topic of a client's that no Kafka takes, unless `check_topic_names` is off.
        """
        native, self._native = self._native, None
        if native is None:
            return
        illegal = self._illegal_topics() if self._checks_names else []
        native.close()
        for problem in illegal:
            warnings.warn(f"a client made a topic of the MockCluster that no Kafka takes: {problem}", stacklevel=2)

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

    def _topic(self, topic: str) -> str:
        return check_topic_name(topic) if self._checks_names else topic

    def _broker(self, broker_id: int, minus_one: str | None = "all brokers") -> int:
        """Return the id; raise where there is no such broker, which librdkafka does not always notice."""
        broker = operator.index(broker_id)
        if not 1 <= broker <= self._brokers and not (broker == -1 and minus_one):
            also = f", or -1 for {minus_one}" if minus_one else ""
            raise ValueError(f"broker_id must be between 1 and {self._brokers}{also}, not {broker}")
        return broker

    def _illegal_topics(self) -> list[str]:
        port = int(self._bootstrap_servers.partition(",")[0].rpartition(":")[2])
        try:
            names = topic_names(port)
        except OSError:
            return []  # The broker is down, slow, or the parent's.
        problems = []
        for name in names:
            try:
                check_topic_name(name)
            except ValueError as problem:
                problems.append(str(problem))
        return problems


def _partition(partition: int) -> int:
    number = operator.index(partition)
    if number < 0:
        raise ValueError(f"partition must not be negative, not {number}")
    return number


def _milliseconds(seconds: float) -> int:
    if not 0 <= seconds <= 2**31 / 1000 - 1:
        raise ValueError(f"seconds must not be negative, and must fit 24 days, not {seconds}")
    return round(seconds * 1000)
