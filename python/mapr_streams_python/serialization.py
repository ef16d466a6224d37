"""Serializers and deserializers: how `SerializingProducer` and `DeserializingConsumer` make bytes of objects, and back.

A serializer is a callable that takes an object and a `SerializationContext`, and returns bytes, or None for a message
without that part. A deserializer takes bytes, or None, and a context, and returns an object. Those here need no schema
registry. None of them waits for anything or keeps state, so one may serve several clients and threads.
"""

from __future__ import annotations

import struct
from enum import Enum
from typing import Any, Callable

from .cimpl import KafkaException

__all__ = [
    "Deserializer",
    "DeserializerBuilder",
    "DoubleDeserializer",
    "DoubleSerializer",
    "IntegerDeserializer",
    "IntegerSerializer",
    "KafkaException",
    "MessageField",
    "SerializationContext",
    "SerializationError",
    "Serializer",
    "SerializerBuilder",
    "StringDeserializer",
    "StringSerializer",
]


class SerializationError(KafkaException):
    """An object cannot be made into bytes, or bytes into an object.

    What clients raise are its subclasses in `mapr_streams_python.error`, whose ``args[0]`` is a `KafkaError`; what a
    serializer raises has a text there.
    """


class MessageField(str, Enum):
    """Which part of a message a serializer works on: ``SerializationContext.field``. Its members are str."""

    NONE = "none"
    KEY = "key"
    VALUE = "value"

    def __str__(self) -> str:
        # In an f-string too, in every Python.
        return str(self.value)


class SerializationContext:
    """What a serializer is told beside the object.

    Args:
        topic: the topic that the message is for, or has come from.
        field: ``MessageField.KEY`` or ``MessageField.VALUE``.
        headers: the message's headers, or None. What a serializer adds to the list of a message that is produced goes
            with it.
    """

    def __init__(self, topic: str | None, field: MessageField, headers: Any = None) -> None:
        self.topic = topic
        self.field = field
        self.headers = headers

    def __repr__(self) -> str:
        return f"SerializationContext(topic={self.topic!r}, field={self.field!r}, headers={self.headers!r})"


class _Part:
    """What serializers and deserializers have in common: nothing, by default, to ask and to release."""

    def set_cluster_id_resolver(self, resolver: Callable[[], str | None]) -> None:
        """Take a function that gives the id of the client's cluster. By default it is not used.

        A client calls this once, when it is made. The function asks the brokers the first time (`Producer.cluster_id`),
        and may raise a `KafkaException`: call it when the id is needed, and not in here.
        """

    def close(self) -> None:
        """Release what this holds. A client calls it for what it has built by a builder. By default nothing is done."""


class Serializer(_Part):
    """Makes bytes of objects: the base of those below, and of your own."""

    def __call__(self, obj: Any, ctx: SerializationContext | None = None) -> bytes | None:
        """Return the bytes of an object, or None.

        Raises:
            SerializationError: the object has none.
        """
        raise NotImplementedError


class Deserializer(_Part):
    """Makes objects of bytes: the base of those below, and of your own."""

    def __call__(self, value: bytes | None, ctx: SerializationContext | None = None) -> Any:
        """Return the object of bytes. None, the key or value that a message does not have, gives None as a rule.

        Raises:
            SerializationError: the bytes are not those of an object.
        """
        raise NotImplementedError


class SerializerBuilder:
    """Builds the serializer of a client: for ``key.serializer.builder`` and ``value.serializer.builder``.

    The client that has it built owns the serializer, and closes it when it is closed itself.
    """

    def build(self, conf: dict[str, Any], is_key: bool) -> tuple[Callable[..., Any], dict[str, Any]]:
        """Return a serializer, and the properties that are left for the client.

        Args:
            conf: the client's properties, without its serializers. Those that are the serializer's are to be left
                out of what is returned.
            is_key: whether it is for keys, or else for values.
        """
        raise NotImplementedError


class DeserializerBuilder:
    """Builds the deserializer of a client: for ``key.deserializer.builder`` and ``value.deserializer.builder``.

    The client that has it built owns the deserializer, and closes it when it is closed itself.
    """

    def build(self, conf: dict[str, Any], is_key: bool) -> tuple[Callable[..., Any], dict[str, Any]]:
        """Return a deserializer, and the properties that are left for the client.

        Args:
            conf: the client's properties, without its deserializers. Those that are the deserializer's are to be left
                out of what is returned.
            is_key: whether it is for keys, or else for values.
        """
        raise NotImplementedError


class StringSerializer(Serializer):
    """Text as bytes.

    Args:
        codec: the name of one of Python's encodings.
    """

    def __init__(self, codec: str = "utf_8") -> None:
        self.codec = codec

    def __call__(self, obj: str | None, ctx: SerializationContext | None = None) -> bytes | None:
        """Return the encoded text; None for None.

        Raises:
            SerializationError: it is no text, or has a character that the encoding lacks.
        """
        if obj is None:
            return None
        if not isinstance(obj, str):
            raise SerializationError(f"a str is needed, not {type(obj).__name__}")
        try:
            return obj.encode(self.codec)
        except (UnicodeError, LookupError) as error:
            raise SerializationError(str(error)) from error


class StringDeserializer(Deserializer):
    """Bytes as text.

    Args:
        codec: the name of one of Python's encodings.
    """

    def __init__(self, codec: str = "utf_8") -> None:
        self.codec = codec

    def __call__(self, value: bytes | None, ctx: SerializationContext | None = None) -> str | None:
        """Return the decoded text; None for None.

        Raises:
            SerializationError: the bytes are no text of that encoding.
        """
        if value is None:
            return None
        try:
            return value.decode(self.codec)
        except (UnicodeError, LookupError) as error:
            raise SerializationError(str(error)) from error


_INTEGER = struct.Struct(">i")
_DOUBLE = struct.Struct(">d")


class IntegerSerializer(Serializer):
    """Whole numbers as four bytes, the highest first, as the Java client's ``IntegerSerializer`` writes them."""

    def __call__(self, obj: int | None, ctx: SerializationContext | None = None) -> bytes | None:
        """Return the bytes of a number; None for None.

        Raises:
            SerializationError: it is no whole number from -2147483648 to 2147483647.
        """
        return None if obj is None else _packed(_INTEGER, obj)


class IntegerDeserializer(Deserializer):
    """Four bytes, the highest first, as a whole number."""

    def __call__(self, value: bytes | None, ctx: SerializationContext | None = None) -> int | None:
        """Return the number; None for None.

        Raises:
            SerializationError: they are not four bytes.
        """
        return None if value is None else _unpacked(_INTEGER, value)


class DoubleSerializer(Serializer):
    """Numbers as eight bytes, the highest first, in IEEE 754's double precision, as the Java client writes them."""

    def __call__(self, obj: float | None, ctx: SerializationContext | None = None) -> bytes | None:
        """Return the bytes of a number; None for None.

        Raises:
            SerializationError: it is no number, or one that a float cannot hold.
        """
        return None if obj is None else _packed(_DOUBLE, obj)


class DoubleDeserializer(Deserializer):
    """Eight bytes, the highest first, as a float."""

    def __call__(self, value: bytes | None, ctx: SerializationContext | None = None) -> float | None:
        """Return the number; None for None.

        Raises:
            SerializationError: they are not eight bytes.
        """
        return None if value is None else _unpacked(_DOUBLE, value)


def _packed(form: struct.Struct, obj: Any) -> bytes:
    try:
        return form.pack(obj)
    except (struct.error, OverflowError) as error:
        raise SerializationError(f"{obj!r}: {error}") from error


def _unpacked(form: struct.Struct, value: bytes) -> Any:
    try:
        return form.unpack(value)[0]
    except struct.error as error:
        raise SerializationError(f"{len(value)} bytes: {error}") from error
