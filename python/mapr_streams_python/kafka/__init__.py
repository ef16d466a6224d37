"""The names of `mapr_streams_python`, with clients that follow librdkafka's rules where MapR's differ.

    from mapr_streams_python.kafka import Consumer, KafkaError, Producer

It is as if every client had ``streams.compatibility`` set to ``kafka``. The property still wins where it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import (
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
    Consumer as _Consumer,
    FatalException,
    KafkaError,
    KafkaException,
    Message,
    Producer as _Producer,
    RetriableException,
    ThrottleEvent,
    TimeoutException,
    TopicPartition,
    UnknownTopicException,
    __version__,
    consistent,
    fnv1a,
    known_faults,
    libversion,
    murmur2,
    version,
)

if TYPE_CHECKING:
    from . import admin as admin
    from .admin import (
        ConsumerGroupState as ConsumerGroupState,
        ConsumerGroupTopicPartitions as ConsumerGroupTopicPartitions,
        ConsumerGroupType as ConsumerGroupType,
        ElectionType as ElectionType,
        IsolationLevel as IsolationLevel,
        Node as Node,
        TopicCollection as TopicCollection,
        TopicPartitionInfo as TopicPartitionInfo,
        Uuid as Uuid,
    )
    from .deserializing_consumer import DeserializingConsumer
    from .serializing_producer import SerializingProducer

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
    "ConsumerGroupState",
    "ConsumerGroupTopicPartitions",
    "ConsumerGroupType",
    "DeserializingConsumer",
    "ElectionType",
    "FatalException",
    "IsolationLevel",
    "KafkaError",
    "KafkaException",
    "Message",
    "Node",
    "Producer",
    "RetriableException",
    "SerializingProducer",
    "ThrottleEvent",
    "TimeoutException",
    "TopicCollection",
    "TopicPartition",
    "TopicPartitionInfo",
    "UnknownTopicException",
    "Uuid",
    "__version__",
    "admin",
    "consistent",
    "fnv1a",
    "known_faults",
    "libversion",
    "murmur2",
    "version",
]

_PROPERTY = "streams.compatibility"


def _with_dialect(arguments: tuple[Any, ...], properties: dict[str, Any]) -> tuple[Any, ...]:
    """The arguments of a constructor with the property in them, unless they say it themselves or are wrong."""
    if _PROPERTY in properties:
        return arguments
    if arguments and isinstance(arguments[0], Mapping):
        return ({_PROPERTY: "kafka", **arguments[0]}, *arguments[1:])
    if not arguments:
        properties[_PROPERTY] = "kafka"
    return arguments


class Producer(_Producer):
    """A producer that follows librdkafka's rules: see `mapr_streams_python.Producer`."""

    if not TYPE_CHECKING:

        def __init__(self, *config, **properties):
            super().__init__(*_with_dialect(config, properties), **properties)


class Consumer(_Consumer):
    """A consumer that follows librdkafka's rules: see `mapr_streams_python.Consumer`."""

    if not TYPE_CHECKING:

        def __init__(self, *config, **properties):
            super().__init__(*_with_dialect(config, properties), **properties)


if not TYPE_CHECKING:

    def __getattr__(name):
        # What few programs use, and takes typing and enum to import. Its modules are attributes too, without an import.
        where = {
            "ConsumerGroupState": "admin",
            "ConsumerGroupTopicPartitions": "admin",
            "ConsumerGroupType": "admin",
            "DeserializingConsumer": "deserializing_consumer",
            "ElectionType": "admin",
            "IsolationLevel": "admin",
            # Of `cimpl` by another name, which is this module.
            "NewPartitions": "admin",
            "NewTopic": "admin",
            "Node": "admin",
            "SerializingProducer": "serializing_producer",
            "TopicCollection": "admin",
            "TopicPartitionInfo": "admin",
            "Uuid": "admin",
        }
        if name not in where and name.isupper():
            # Of `cimpl` too.
            from ._constants import constant

            number = constant(name)
            if number is not None:
                return number
        module = where.get(name, name)
        if module not in ("error", "serialization", *where.values()):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        imported = import_module(f".{module}", __name__)
        return imported if module == name else getattr(imported, name)
