"""What ``list_topics`` of a consumer or a producer returns: the cluster, its brokers, its topics, their partitions."""

from __future__ import annotations

from .cimpl import KafkaError


class ClusterMetadata:
    """The cluster as one of its brokers described it.

    Attributes:
        cluster_id: id of the cluster, or None where the broker tells none.
        controller_id: id of the broker that is the controller, or -1.
        brokers: `BrokerMetadata` by broker id.
        topics: `TopicMetadata` by topic name.
        orig_broker_id: id of the broker that answered, or -1 where that is not known.
        orig_broker_name: name of the broker that answered, or None.
    """

    def __init__(self) -> None:
        self.cluster_id: str | None = None
        self.controller_id = -1
        self.brokers: dict[int, BrokerMetadata] = {}
        self.topics: dict[str, TopicMetadata] = {}
        self.orig_broker_id = -1
        self.orig_broker_name: str | None = None

    def __repr__(self) -> str:
        return f"ClusterMetadata({self.cluster_id})"

    def __str__(self) -> str:
        return str(self.cluster_id)


class BrokerMetadata:
    """One broker.

    Attributes:
        id: the broker's id.
        host: the host name under which clients reach it.
        port: the port under which clients reach it.
    """

    def __init__(self) -> None:
        self.id = -1
        self.host: str | None = None
        self.port = -1

    def __repr__(self) -> str:
        return f"BrokerMetadata({self.id}, {self.host}:{self.port})"

    def __str__(self) -> str:
        return f"{self.host}:{self.port}/{self.id}"


class TopicMetadata:
    """One topic.

    Attributes:
        topic: the topic's name.
        partitions: `PartitionMetadata` by partition id.
        error: `KafkaError`, or None where the broker reported none.
    """

    def __init__(self) -> None:
        self.topic: str | None = None
        self.partitions: dict[int, PartitionMetadata] = {}
        self.error: KafkaError | None = None

    def __repr__(self) -> str:
        return f"TopicMetadata({self.topic}, {len(self.partitions)} partitions{_error_suffix(self.error)})"

    def __str__(self) -> str:
        return str(self.topic)


class PartitionMetadata:
    """One partition of a topic. A broker that is down may be missing from ``ClusterMetadata.brokers``.

    Attributes:
        id: the partition's number.
        leader: id of the broker that leads it, or -1.
        replicas: ids of the brokers that hold a replica.
        isrs: ids of the brokers whose replica is in sync.
        error: `KafkaError`, or None where the broker reported none.
    """

    def __init__(self) -> None:
        self.id = -1
        self.leader = -1
        self.replicas: list[int] = []
        self.isrs: list[int] = []
        self.error: KafkaError | None = None

    def __repr__(self) -> str:
        return f"PartitionMetadata({self.id}{_error_suffix(self.error)})"

    def __str__(self) -> str:
        return str(self.id)


class GroupMetadata:
    """A group of any protocol type, as ``list_groups`` of an AdminClient tells of it.

    Attributes:
        broker: `BrokerMetadata` of the broker that told.
        id: the group's name.
        error: `KafkaError`, or None where the broker reported none.
        state: the group's state, as the broker writes it: ``Stable``.
        protocol_type: ``consumer`` of a group of consumers.
        protocol: the assignor that its members have agreed on.
        members: a list of `GroupMember`.
    """

    def __init__(self) -> None:
        self.broker: BrokerMetadata | None = None
        self.id: str | None = None
        self.error: KafkaError | None = None
        self.state: str | None = None
        self.protocol_type: str | None = None
        self.protocol: str | None = None
        self.members: list[GroupMember] = []

    def __repr__(self) -> str:
        return f"GroupMetadata({self.id}{_error_suffix(self.error)})"

    def __str__(self) -> str:
        return str(self.id)


class GroupMember:
    """A member of a group.

    Attributes:
        id: what the broker calls it.
        client_id: its ``client.id``.
        client_host: where it is.
        metadata: what it said when it joined, in the form of the protocol type.
        assignment: what the group's leader has given it, in the form of the protocol type.
    """

    def __init__(self) -> None:
        self.id: str | None = None
        self.client_id: str | None = None
        self.client_host: str | None = None
        self.metadata: bytes | None = None
        self.assignment: bytes | None = None


def _error_suffix(error: KafkaError | None) -> str:
    return "" if error is None else f", {error}"


def _cluster(
    cluster_id: str | None,
    controller_id: int,
    orig_broker_id: int,
    orig_broker_name: str | None,
    brokers: list[tuple[int, str, int]],
    topics: list[tuple[str, KafkaError | None, list[tuple[int, KafkaError | None, int, list[int], list[int]]]]],
) -> ClusterMetadata:
    """Builds a `ClusterMetadata` for the extension.

    ``brokers`` is a list of (id, host, port), ``topics`` one of (topic, error, partitions), ``partitions`` one of
    (id, error, leader, replicas, isrs).
    """
    cluster = ClusterMetadata()
    cluster.cluster_id = cluster_id
    cluster.controller_id = controller_id
    cluster.orig_broker_id = orig_broker_id
    cluster.orig_broker_name = orig_broker_name
    cluster.brokers = {broker[0]: _broker(*broker) for broker in brokers}
    for name, error, partitions in topics:
        cluster.topics[name] = _topic(name, error, partitions)
    return cluster


def _group(
    broker: tuple[int, str, int],
    name: str,
    error: KafkaError | None,
    state: str,
    protocol_type: str,
    protocol: str,
    members: list[tuple[str, str, str, bytes, bytes]],
) -> GroupMetadata:
    group = GroupMetadata()
    group.broker = _broker(*broker)
    group.id, group.error, group.state = name, error, state
    group.protocol_type, group.protocol = protocol_type, protocol
    for found in members:
        member = GroupMember()
        member.id, member.client_id, member.client_host, member.metadata, member.assignment = found
        group.members.append(member)
    return group


def _broker(number: int, host: str, port: int) -> BrokerMetadata:
    broker = BrokerMetadata()
    broker.id, broker.host, broker.port = number, host, port
    return broker


def _topic(
    name: str,
    error: KafkaError | None,
    partitions: list[tuple[int, KafkaError | None, int, list[int], list[int]]],
) -> TopicMetadata:
    topic = TopicMetadata()
    topic.topic = name
    topic.error = error
    for partition in partitions:
        entry = PartitionMetadata()
        entry.id, entry.error, entry.leader, entry.replicas, entry.isrs = partition
        topic.partitions[entry.id] = entry
    return topic
