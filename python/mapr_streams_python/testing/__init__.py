"""Brokers for tests: a mock cluster inside the process, and a real Apache Kafka from a distribution on disk.

`MockCluster` is librdkafka's mock cluster: it starts in milliseconds, needs nothing installed, and fails on demand.
`KafkaServer` is Apache Kafka itself, with TLS and SASL listeners; it needs a distribution (``KAFKA_HOME``) and Java.
Both are context managers with the same ``bootstrap_servers`` and ``create_topic``, so one test can run on either::

    from mapr_streams_python import Producer
    from mapr_streams_python.testing import MockCluster

    with MockCluster(brokers=3) as cluster:
        cluster.create_topic('orders', partitions=4)
        producer = Producer({'bootstrap.servers': cluster.bootstrap_servers})
        producer.produce('orders', b'one')
        assert producer.flush(10) == 0

``python -m mapr_streams_python.testing --help`` runs a mock cluster as a process of its own.

Nothing here is imported by ``import mapr_streams_python``, and nothing starts before a cluster is made.
"""

from ._certificates import Certificates
from ._cluster import Cluster, unique_name
from ._external import ExternalCluster
from ._helpers import deliver, read, wait_for_assignment, wait_until
from ._mock import MockCluster, MockRequest
from ._properties import USERS
from ._record import Event, EventRecord
from ._server import KafkaServer
from ._token import unsecured_token

__all__ = [
    "USERS",
    "Certificates",
    "Cluster",
    "Event",
    "EventRecord",
    "ExternalCluster",
    "KafkaServer",
    "MockCluster",
    "MockRequest",
    "deliver",
    "read",
    "unique_name",
    "unsecured_token",
    "wait_for_assignment",
    "wait_until",
]
