"""Python client of MapR (HPE Ezmeral Data Fabric) Event Store, and of any Apache Kafka cluster.

    from mapr_streams_python import Consumer, KafkaError, Producer

The documented MapR behaviours are the default. The configuration property ``streams.compatibility``, or the environment
variable ``MAPR_STREAMS_COMPATIBILITY``, set to ``kafka`` selects librdkafka's.
"""

# Nothing here imports typing, enum or logging: a short-lived program pays for the extension and for nothing else.
from ._version import __version__
from .cimpl import (
    OFFSET_BEGINNING,
    OFFSET_END,
    OFFSET_INVALID,
    OFFSET_STORED,
    TIMESTAMP_CREATE_TIME,
    TIMESTAMP_LOG_APPEND_TIME,
    TIMESTAMP_NOT_AVAILABLE,
    AbortableException,
    AuthenticationException,
    AuthorizationException,
    Consumer,
    FatalException,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    RetriableException,
    TimeoutException,
    TopicPartition,
    UnknownTopicException,
    consistent,
    fnv1a,
    libversion,
    murmur2,
    version,
)

__all__ = [
    "OFFSET_BEGINNING",
    "OFFSET_END",
    "OFFSET_INVALID",
    "OFFSET_STORED",
    "TIMESTAMP_CREATE_TIME",
    "TIMESTAMP_LOG_APPEND_TIME",
    "TIMESTAMP_NOT_AVAILABLE",
    "AbortableException",
    "AuthenticationException",
    "AuthorizationException",
    "Consumer",
    "FatalException",
    "KafkaError",
    "KafkaException",
    "Message",
    "Producer",
    "RetriableException",
    "ThrottleEvent",
    "TimeoutException",
    "TopicPartition",
    "UnknownTopicException",
    "__version__",
    "consistent",
    "fnv1a",
    "install_as",
    "known_faults",
    "libversion",
    "murmur2",
    "version",
]


def install_as(name="confluent_kafka", dialect="kafka"):
    """Let this process import this package under another name.

    Call it before anything else imports that name. What is installed under it stays as it is; only this process does
    not see it any more, but for ``schema_registry`` and ``avro``: those of an installed confluent-kafka work on this
    package. A second call with the same arguments does nothing.

    Args:
        name: the name, of a top-level package.
        dialect: ``kafka`` for librdkafka's rules, which is what programs that use that name expect, or ``mapr`` for
            those that MapR documents.

    Returns:
        The version of what is really installed under the name, or None where nothing is.

    Raises:
        RuntimeError: the name is imported already, as something else.
        ValueError: the name or the dialect is none.
    """
    from ._alias import install_as

    return install_as(name, dialect)


def known_faults():
    """Tell which known faults the loaded librdkafka has.

    docs/librdkafka.md has the table for all releases.

    Returns:
        A list of named tuples: ``text``, ``issue`` (the number at librdkafka's, or None), ``releases``, ``mended`` (the
        first release without it, or None), ``meets`` (which clients meet it), ``kept`` (whether this client keeps it
        from the application) and ``how`` (or None). Empty for a vendor's build, of which nothing is known.
    """
    from ._librdkafka import known_faults

    return known_faults()


class ThrottleEvent:
    """What ``throttle_cb`` is called with when a broker has delayed a request to enforce a quota.

    Attributes:
        broker_name: host name (and port) of the broker.
        broker_id: id of the broker.
        throttle_time: how long the broker delayed the request, in seconds.
    """

    def __init__(self, broker_name, broker_id, throttle_time):
        self.broker_name = broker_name
        self.broker_id = broker_id
        self.throttle_time = throttle_time

    def __str__(self):
        # int() cuts off as the reference does: 0.0019 s is 1 ms.
        return f"{self.broker_name}/{self.broker_id} throttled for {int(self.throttle_time * 1000)} ms"


def __getattr__(name):
    # What few programs use, and takes typing and enum to import. Its modules are attributes too, without an import.
    where = {
        "ConsumerGroupState": "admin",
        "ConsumerGroupTopicPartitions": "admin",
        "ConsumerGroupType": "admin",
        "DeserializingConsumer": "deserializing_consumer",
        "ElectionType": "admin",
        "IsolationLevel": "admin",
        "Node": "admin",
        "SerializingProducer": "serializing_producer",
        "TopicCollection": "admin",
        "TopicPartitionInfo": "admin",
        "Uuid": "admin",
    }
    module = where.get(name, name)
    if module not in ("error", "serialization", *where.values()):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    imported = import_module(f".{module}", __name__)
    return imported if module == name else getattr(imported, name)
