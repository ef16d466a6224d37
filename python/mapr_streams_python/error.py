"""The errors of `SerializingProducer` and `DeserializingConsumer`. All of them are `KafkaException`."""

from __future__ import annotations

from typing import Any

from .cimpl import KafkaError, KafkaException, Message
from .serialization import SerializationError

__all__ = [
    "ConsumeError",
    "KafkaError",
    "KafkaException",
    "KeyDeserializationError",
    "KeySerializationError",
    "ProduceError",
    "SerializationError",
    "ValueDeserializationError",
    "ValueSerializationError",
]


class _ClientError(KafkaException):
    """An error with the message that it is about.

    Attributes:
        exception: what the serializer raised, or None.
        kafka_message: the message, or None. Its key and value are bytes, as they came.
    """

    def __init__(
        self, kafka_error: KafkaError, exception: BaseException | None = None, kafka_message: Message | None = None
    ) -> None:
        super().__init__(kafka_error)
        self.exception = exception
        self.kafka_message = kafka_message

    def __reduce__(self) -> tuple[Any, ...]:
        # Copies and pickles keep `args`, which subclasses make of something else.
        return _restored, (type(self), *self.args), self.__dict__

    @property
    def code(self) -> int:
        """The code of the `KafkaError`."""
        return int(self.args[0].code())

    @property
    def name(self) -> str:
        """The name of that code."""
        return str(self.args[0].name())


def _restored(kind: type[_ClientError], *args: Any) -> _ClientError:
    return kind.__new__(kind, *args)


class ConsumeError(_ClientError):
    """What `DeserializingConsumer.poll` raises: an error that the consumer was told of instead of a message.

    Args:
        kafka_error: the error, ``args[0]``.
        exception: what has brought it about, or None.
        kafka_message: the message that came with it, or None.
    """


class KeyDeserializationError(ConsumeError, SerializationError):
    """The key of a message that has come is not what its deserializer takes: ``_KEY_DESERIALIZATION``.

    Args:
        exception: what the deserializer raised.
        kafka_message: the message, whose key and value are bytes.
    """

    def __init__(self, exception: BaseException | None = None, kafka_message: Message | None = None) -> None:
        super().__init__(KafkaError(KafkaError._KEY_DESERIALIZATION, str(exception)), exception, kafka_message)


class ValueDeserializationError(ConsumeError, SerializationError):
    """The value of a message that has come is not what its deserializer takes: ``_VALUE_DESERIALIZATION``.

    Args:
        exception: what the deserializer raised.
        kafka_message: the message, whose key and value are bytes.
    """

    def __init__(self, exception: BaseException | None = None, kafka_message: Message | None = None) -> None:
        super().__init__(KafkaError(KafkaError._VALUE_DESERIALIZATION, str(exception)), exception, kafka_message)


class ProduceError(_ClientError):
    """A message was not produced.

    Args:
        kafka_error: the error, ``args[0]``.
        exception: what has brought it about, or None.
    """

    def __init__(self, kafka_error: KafkaError, exception: BaseException | None = None) -> None:
        super().__init__(kafka_error, exception)


class KeySerializationError(ProduceError, SerializationError):
    """The key's serializer has raised, and nothing was produced: ``_KEY_SERIALIZATION``.

    Args:
        exception: what it raised.
    """

    def __init__(self, exception: BaseException | None = None) -> None:
        super().__init__(KafkaError(KafkaError._KEY_SERIALIZATION, str(exception)), exception)


class ValueSerializationError(ProduceError, SerializationError):
    """The value's serializer has raised, and nothing was produced: ``_VALUE_SERIALIZATION``.

    Args:
        exception: what it raised.
    """

    def __init__(self, exception: BaseException | None = None) -> None:
        super().__init__(KafkaError(KafkaError._VALUE_SERIALIZATION, str(exception)), exception)
