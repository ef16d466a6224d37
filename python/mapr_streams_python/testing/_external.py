"""A cluster that somebody else runs."""

from __future__ import annotations

import time

from ..cimpl import KafkaError, KafkaException
from ..kafka.admin import AdminClient, NewTopic
from ._mock_handle import whole_number
from ._names import check_topic_name
from ._protocol import API_KEYS
from ._wire import api_versions, cluster_state

_TIMEOUT = 30.0
_PAUSE = 0.02


class ExternalCluster:
    """A Kafka cluster that runs already, with a listener that asks for neither TLS nor SASL.

    Args:
        bootstrap_servers: ``host:port`` of one broker or more, separated by commas.

    Raises:
        KafkaException: no broker answers.
    """

    def __init__(self, bootstrap_servers: str) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._client = AdminClient({"bootstrap.servers": bootstrap_servers})
        try:
            self._metadata = self._client.list_topics(timeout=_TIMEOUT)
        except KafkaException as failure:
            error: KafkaError = failure.args[0]
            text = f"no broker answers at {bootstrap_servers} within {_TIMEOUT:g} s: {error.str()}"
            raise KafkaException(KafkaError(error.code(), text)) from None

    @property
    def bootstrap_servers(self) -> str:
        """The value for a client's ``bootstrap.servers``."""
        return self._bootstrap_servers

    @property
    def brokers(self) -> int:
        """How many brokers the cluster has."""
        return len(self._metadata.brokers)

    def create_topic(self, topic: str, partitions: int = 1, replication_factor: int = 1) -> None:
        """Create a topic, and wait until every broker that answers knows a leader for each of its partitions.

        A cluster that takes no request for that, as a mock cluster, makes the topic when it is asked for it; it may
        then have more partitions than were asked for.

        Args:
            topic: the topic's name.
            partitions: number of partitions.
            replication_factor: on how many brokers each partition is.

        Raises:
            ValueError: Kafka would refuse the name, or a number is out of range.
            KafkaException: the cluster refuses, or no broker answers.
        """
        check_topic_name(topic)
        partitions = whole_number("partitions", partitions, 1, 2**31 - 1)
        replication_factor = whole_number("replication_factor", replication_factor, 1, 2**15 - 1)
        if not self._takes_requests_about_topics:
            self._create_by_asking(topic, partitions)
            return
        new = NewTopic(topic, partitions, replication_factor)
        self._client.create_topics([new], request_timeout=_TIMEOUT)[topic].result()
        for broker in self._metadata.brokers.values():
            self._await_leaders(broker.host or "", broker.port, topic, partitions)

    def delete_topic(self, topic: str) -> None:
        """Delete a topic; where the cluster takes no request for that, it stays.

        Raises:
            ValueError: Kafka would refuse the name.
            KafkaException: the cluster refuses, or no broker answers.
        """
        check_topic_name(topic)
        if self._takes_requests_about_topics:
            self._client.delete_topics([topic], request_timeout=_TIMEOUT)[topic].result()

    def __repr__(self) -> str:
        return f"<ExternalCluster {self._bootstrap_servers}>"

    def _create_by_asking(self, topic: str, partitions: int) -> None:
        deadline = time.monotonic() + _TIMEOUT
        while True:
            found = self._client.list_topics(topic, timeout=_TIMEOUT).topics[topic]
            if found.error is None and found.partitions:
                break
            if time.monotonic() > deadline:
                error = found.error or KafkaError(KafkaError._UNKNOWN_TOPIC, f"topic {topic} has no partitions")
                raise KafkaException(error)
            time.sleep(_PAUSE)
        if len(found.partitions) < partitions:
            raise KafkaException(
                KafkaError(
                    KafkaError.INVALID_PARTITIONS,
                    f"topic {topic}: the cluster creates no topics on request, and gave it {len(found.partitions)} "
                    f"partitions of {partitions}",
                )
            )

    def _await_leaders(self, host: str, port: int, topic: str, partitions: int) -> None:
        """Without this a consumer that asks a broker that lags is told that there is no such topic."""
        deadline = time.monotonic() + _TIMEOUT
        while True:
            try:
                found = cluster_state(port, (topic,), host=host).topics.get(topic, {})
            except OSError:
                return  # It is down, and tells no client anything either.
            if len(found) == partitions and all(partition.leader >= 0 for partition in found.values()):
                return
            if time.monotonic() > deadline:
                text = f"topic {topic}: {host}:{port} knows no leaders of it after {_TIMEOUT:g} s"
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT, text))
            time.sleep(_PAUSE)

    @property
    def _takes_requests_about_topics(self) -> bool:
        """Whether the brokers do: for one that does librdkafka waits, and a mock cluster has none.

        Raises:
            KafkaException: none of them answers.
        """
        reasons = []
        for broker in self._metadata.brokers.values():
            try:
                return API_KEYS["CreateTopics"] in api_versions(broker.port, _TIMEOUT, broker.host or "")
            except OSError as problem:
                reasons.append(f"{broker.host}:{broker.port}: {problem}")
        raise KafkaException(KafkaError(KafkaError._TRANSPORT, f"no broker answers: {', '.join(reasons)}"))
