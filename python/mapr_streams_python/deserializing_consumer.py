"""A consumer of objects, which it has deserialized."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, overload

from ._serializers import K, Serializers, V
from .cimpl import Consumer, Message
from .error import ConsumeError, KeyDeserializationError, ValueDeserializationError
from .serialization import MessageField, SerializationContext

if TYPE_CHECKING:
    from .properties import DeserializingConsumerProperties

__all__ = [
    "ConsumeError",
    "DeserializingConsumer",
    "KeyDeserializationError",
    "MessageField",
    "SerializationContext",
    "ValueDeserializationError",
]


class DeserializingConsumer(Consumer, Generic[K, V]):
    """A `Consumer` of messages whose keys and values are objects.

    Args:
        conf: the properties of a consumer, and beside them

            - ``key.deserializer``, ``value.deserializer``: callables that take bytes, or None, and a
              `SerializationContext`, and return an object. See `mapr_streams_python.serialization`. Without one the key
              or value is bytes;
            - ``key.deserializer.builder``, ``value.deserializer.builder``: a `DeserializerBuilder` instead. What it
              builds is closed with the consumer.

    Raises:
        KafkaException: librdkafka refuses a property.
        TypeError: a deserializer cannot be called.
        ValueError: a deserializer and a builder for the same part.
    """

    @overload
    def __init__(self, conf: DeserializingConsumerProperties) -> None: ...
    @overload
    def __init__(self, conf: Mapping[str, Any] | None = None, **properties: Any) -> None: ...
    def __init__(self, conf: Any = None, **properties: Any) -> None:
        if conf is not None and not isinstance(conf, Mapping):
            super().__init__(conf, **properties)  # which refuses it
        self._deserializers = deserializers = Serializers({**(conf or {}), **properties}, "deserializer")
        deserializers.initialise(self, super().__init__)
        self._key_deserializer = deserializers.key
        self._value_deserializer = deserializers.value

    def poll(self, timeout: float | None = None) -> Message[K, V] | None:  # type: ignore[override]
        """As `Consumer.poll`: the next message, deserialized, or None where none has come in time.

        Args:
            timeout: seconds to wait; None or a negative number waits for ever.

        Raises:
            ConsumeError: what `Consumer.poll` gives as a message with an error; ``kafka_message`` is that message.
            KeyDeserializationError: the key's deserializer has raised. ``kafka_message`` has the bytes; the next call
                goes on behind it.
            ValueDeserializationError: the value's deserializer has raised, likewise.
        """
        message = super().poll(timeout)
        return None if message is None else self._deserialized(message)

    def consume(  # type: ignore[override]
        self, num_messages: int = 1, timeout: float | None = None
    ) -> list[Message[K, V]]:
        """As `Consumer.consume`: up to so many messages, deserialized.

        As there, errors are messages of the list, so that none of the others is lost: one that cannot be deserialized
        has its bytes, and an ``error()`` of ``_KEY_DESERIALIZATION`` or ``_VALUE_DESERIALIZATION``, whose ``__cause__``
        is what the deserializer has raised.

        Args:
            num_messages: how many at the most.
            timeout: seconds to wait for so many; None or a negative number waits for ever.

        Raises:
            RuntimeError: the consumer is closed.
            ValueError: num_messages is out of range.
        """
        messages: list[Message[Any, Any]] = list(super().consume(num_messages, timeout))
        for message in messages:
            if message.error() is None:
                try:
                    self._deserialize(message)
                except ConsumeError as error:
                    error.args[0].__cause__ = error.exception
                    message.set_error(error.args[0])
        return messages

    def __iter__(self) -> Iterator[Message[K, V]]:  # type: ignore[override]
        return self

    def __next__(self) -> Message[K, V]:  # type: ignore[override]
        return self._deserialized(super().__next__())

    def _deserialized(self, message: Message[Any, Any]) -> Message[K, V]:
        error = message.error()
        if error is not None:
            raise ConsumeError(error, kafka_message=message)
        self._deserialize(message)
        return message

    def _deserialize(self, message: Message[Any, Any]) -> None:
        """Give a message its key and value, or raise and leave it as it is."""
        context = SerializationContext(message.topic(), MessageField.KEY, message.headers())
        key, value = message.key(), message.value()
        if self._key_deserializer is not None:
            try:
                key = self._key_deserializer(key, context)
            except Exception as error:
                raise KeyDeserializationError(error, message) from error
        if self._value_deserializer is not None:
            context.field = MessageField.VALUE
            try:
                value = self._value_deserializer(value, context)
            except Exception as error:
                raise ValueDeserializationError(error, message) from error
            message.set_value(value)
        if self._key_deserializer is not None:
            message.set_key(key)

    def close(self, timeout: float | None = None) -> bool | None:
        """As `Consumer.close`; what was built for this consumer is closed behind it.

        Args:
            timeout: seconds to wait for the brokers, as there; None or a negative number waits for the end.

        Returns:
            None, or, with a timeout of 0 or more, whether offsets were answered for and the group was left.
        """
        try:
            return super().close(timeout)
        finally:
            self._deserializers.close()

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
            self._deserializers.close()
