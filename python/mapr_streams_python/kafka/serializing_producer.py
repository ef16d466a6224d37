"""A producer of objects, which follows librdkafka's rules."""

from __future__ import annotations

from .._serializers import K, V
from ..serializing_producer import (
    KeySerializationError,
    MessageField,
    SerializationContext,
    SerializingProducer as _SerializingProducer,
    ValueSerializationError,
)
from . import Producer

__all__ = [
    "KeySerializationError",
    "MessageField",
    "SerializationContext",
    "SerializingProducer",
    "ValueSerializationError",
]


class SerializingProducer(_SerializingProducer[K, V], Producer):
    """A producer of objects that follows librdkafka's rules: see `mapr_streams_python.SerializingProducer`."""
