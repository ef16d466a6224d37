"""A producer of objects, which it has serialized."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Generic, overload

from ._serializers import K, Serializers, V
from .cimpl import KafkaError, Message, Producer
from .error import KeySerializationError, ValueSerializationError
from .serialization import MessageField, SerializationContext

if TYPE_CHECKING:
    from .properties import SerializingProducerProperties

__all__ = [
    "KeySerializationError",
    "MessageField",
    "SerializationContext",
    "SerializingProducer",
    "ValueSerializationError",
]


class SerializingProducer(Producer, Generic[K, V]):
    """A `Producer` whose keys and values are objects.

    Args:
        conf: the properties of a producer, and beside them

            - ``key.serializer``, ``value.serializer``: callables that take an object and a `SerializationContext`, and
              return bytes, or None. See `mapr_streams_python.serialization`. Without one the key or value is bytes or
              str;
            - ``key.serializer.builder``, ``value.serializer.builder``: a `SerializerBuilder` instead. What it builds is
              closed with the producer.

    Raises:
        KafkaException: librdkafka refuses a property.
        TypeError: a serializer cannot be called.
        ValueError: a serializer and a builder for the same part.
    """

    @overload
    def __init__(self, conf: SerializingProducerProperties) -> None: ...
    @overload
    def __init__(self, conf: Mapping[str, Any] | None = None, **properties: Any) -> None: ...
    def __init__(self, conf: Any = None, **properties: Any) -> None:
        if conf is not None and not isinstance(conf, Mapping):
            super().__init__(conf, **properties)  # which refuses it
        self._serializers = serializers = Serializers({**(conf or {}), **properties}, "serializer")
        serializers.initialise(self, super().__init__)
        self._key_serializer = serializers.key
        self._value_serializer = serializers.value

    def produce(  # type: ignore[override]
        self,
        topic: str,
        key: K | None = None,
        value: V | None = None,
        partition: int = -1,
        on_delivery: Callable[[KafkaError | None, Message], object] | None = None,
        timestamp: int = 0,
        headers: dict[str, Any] | list[tuple[str, Any]] | None = None,
        *,
        block: float | None = None,
    ) -> None:
        """Serialize key and value, the key first, and produce them. The key comes before the value here.

        Args:
            topic: the topic.
            key: what the key's serializer takes.
            value: what the value's serializer takes. It is called for None too.
            partition: the partition's number; -1 leaves it to the partitioner.
            on_delivery: called by `poll` and `flush` with the error or None, and the message, whose key and value are
                bytes.
            timestamp: milliseconds since 1970; 0 for now.
            headers: the headers. A serializer may add to them: to this very object, where there is one.
            block: how many seconds to wait for room in a full queue, or True for as long as it takes.

        Raises:
            BufferError: the queue is full.
            KafkaException: the message was refused.
            KeySerializationError: the key's serializer has raised.
            ValueSerializationError: the value's serializer has raised.
        """
        payload_key, payload, more = self._serialized(topic, key, value, headers)
        super().produce(
            topic,
            payload,
            payload_key,
            partition,
            on_delivery=on_delivery,
            timestamp=timestamp,
            headers=more,
            block=block,
        )

    def produce_batch(
        self,
        topic: str,
        messages: Sequence[dict[str, Any]],
        partition: int | None = -1,
        callback: Callable[[KafkaError | None, Message], object] | None = None,
        on_delivery: Callable[[KafkaError | None, Message], object] | None = None,
        *,
        block: float | None = None,
    ) -> int:
        """As `Producer.produce_batch`, with keys and values serialized, all of them before any is produced.

        Args:
            topic: the topic.
            messages: dicts, as there, whose keys and values are what the serializers take.
            partition: for messages that have none of their own; -1 leaves it to the partitioner.
            callback: another name of on_delivery.
            on_delivery: for messages that have none of their own.
            block: how many seconds to wait for room in a full queue, in all, or True for as long as it takes.

        Returns:
            How many messages are in the queue. Each of the others has its error in its dict, as ``_error``.

        Raises:
            KeySerializationError: a key's serializer has raised, and no message is in the queue.
            ValueSerializationError: a value's serializer has raised, likewise.
        """
        given: Any = messages
        if not isinstance(given, Sequence):
            # Refused there; to look at it here would use up an iterator.
            return super().produce_batch(topic, given, partition, callback, on_delivery, block=block)
        serialized: list[Any] = []
        for message in given:
            if isinstance(message, dict):
                parts = self._serialized(topic, message.get("key"), message.get("value"), message.get("headers"))
                serialized.append({**message, **dict(zip(("key", "value", "headers"), parts))})
            else:
                serialized.append(message)  # which is refused by its number
        try:
            return super().produce_batch(topic, serialized, partition, callback, on_delivery, block=block)
        finally:
            for message, produced in zip(given, serialized):
                if produced is not message:
                    message.pop("_error", None)
                    if "_error" in produced:
                        message["_error"] = produced["_error"]

    def _serialized(self, topic: str, key: Any, value: Any, headers: Any) -> tuple[Any, Any, Any]:
        """Key, value and headers as they are produced."""
        context = SerializationContext(topic, MessageField.KEY, [] if headers is None else headers)
        if self._key_serializer is not None:
            try:
                key = self._key_serializer(key, context)
            except Exception as error:
                raise KeySerializationError(error) from error
        if self._value_serializer is not None:
            context.field = MessageField.VALUE
            try:
                value = self._value_serializer(value, context)
            except Exception as error:
                raise ValueSerializationError(error) from error
        return key, value, context.headers or None

    def close(self, timeout: float | None = None) -> bool:
        """As `Producer.close`; what was built for this producer is closed behind it.

        Args:
            timeout: seconds to wait for messages to be delivered, as there.

        Returns:
            Whether every message was delivered or had failed by itself.
        """
        try:
            return super().close(timeout)
        finally:
            self._serializers.close()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        try:
            super().__exit__(exc_type, exc_value, traceback)
        finally:
            self._serializers.close()
