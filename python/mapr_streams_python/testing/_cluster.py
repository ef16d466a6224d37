"""What all clusters for tests have in common."""

from __future__ import annotations

import re
import uuid
from typing import Protocol


class Cluster(Protocol):
    """A `MockCluster`, a `KafkaServer`, or an `ExternalCluster`."""

    @property
    def bootstrap_servers(self) -> str:
        """The value for a client's ``bootstrap.servers``."""
        ...

    @property
    def brokers(self) -> int:
        """How many brokers the cluster has."""
        ...

    def create_topic(self, topic: str, partitions: int = 1, replication_factor: int = 1) -> None:
        """Create a topic.

        Args:
            topic: the topic's name.
            partitions: number of partitions.
            replication_factor: on how many brokers each partition is.

        Raises:
            ValueError: Kafka would refuse the name, or a number is out of range.
            KafkaException: the cluster refuses.
        """
        ...


def unique_name(prefix: str = "test") -> str:
    """Return a name that nothing else has, legal for topics, groups and transactional ids.

    Args:
        prefix: what it begins with, up to 120 characters; what is not legal in it becomes ``-``.
    """
    return f"{re.sub('[^a-zA-Z0-9._-]', '-', prefix)[:120]}-{uuid.uuid4().hex[:12]}"
