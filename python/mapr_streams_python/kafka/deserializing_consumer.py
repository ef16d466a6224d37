"""A consumer of objects, which follows librdkafka's rules."""

from __future__ import annotations

from .._serializers import K, V
from ..deserializing_consumer import (
    ConsumeError,
    DeserializingConsumer as _DeserializingConsumer,
    KeyDeserializationError,
    MessageField,
    SerializationContext,
    ValueDeserializationError,
)
from . import Consumer

__all__ = [
    "ConsumeError",
    "DeserializingConsumer",
    "KeyDeserializationError",
    "MessageField",
    "SerializationContext",
    "ValueDeserializationError",
]


class DeserializingConsumer(_DeserializingConsumer[K, V], Consumer):
    """A consumer of objects that follows librdkafka's rules: see `mapr_streams_python.DeserializingConsumer`."""
