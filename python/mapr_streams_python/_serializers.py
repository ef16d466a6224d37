"""The serializers and deserializers of a client: from its properties to its close."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from .cimpl import KafkaError, KafkaException
from .serialization import Deserializer, Serializer

if TYPE_CHECKING:
    # With what a class that is named without types has. At run time it takes Python 3.13.
    from typing_extensions import TypeVar

    K = TypeVar("K", default=Any)
    V = TypeVar("V", default=Any)
else:
    from typing import TypeVar

    K = TypeVar("K")
    V = TypeVar("V")

_UNKNOWN = object()


class _Client(Protocol):
    def cluster_id(self, timeout: float | None = None) -> str | None: ...


class Serializers:
    """Those that a client was given, and those that were built for it.

    Args:
        properties: the client's properties. They stay as they are.
        what: ``serializer`` or ``deserializer``.

    Attributes:
        properties: those that are librdkafka's.
        key: what is called for keys with the object and a context, or None.
        value: what is called for values, or None.

    Raises:
        KafkaException: _INVALID_ARG where a property belongs to the client of the other kind.
        TypeError: what is given cannot be called, or builds nothing.
        ValueError: both a serializer and a builder, or a builder that does not return what it has to.
    """

    def __init__(self, properties: Mapping[str, Any], what: str) -> None:
        self.properties = dict(properties)
        self._what = what
        self._owned: list[Any] = []
        given = {part: self._take(part) for part in ("key", "value")}
        self._refuse_those_of_the_other_kind()
        try:
            self.key = self._made("key", *given["key"])
            self.value = self._made("value", *given["value"])
        except BaseException:
            self.close()
            raise

    def _take(self, part: str) -> tuple[Any, Any]:
        name = f"{part}.{self._what}"
        given, builder = self.properties.pop(name, None), self.properties.pop(f"{name}.builder", None)
        if given is not None and builder is not None:
            raise ValueError(f"{name} and {name}.builder exclude each other")
        base = Serializer if self._what == "serializer" else Deserializer
        if isinstance(given, type) and issubclass(given, base):
            raise TypeError(f"{name} must be an instance, {given.__name__}(), and not the class")
        if given is not None and not callable(given):
            raise TypeError(f"{name} must be callable, with an object and a SerializationContext: {given!r} is not")
        if builder is not None and (isinstance(builder, type) or not callable(getattr(builder, "build", None))):
            raise TypeError(f"{name}.builder must be an object with a method build(conf, is_key): {builder!r} is not")
        return given, builder

    def _refuse_those_of_the_other_kind(self) -> None:
        other, owner = ("deserializer", "DeserializingConsumer"), "SerializingProducer"
        if self._what == "deserializer":
            other, owner = ("serializer", "SerializingProducer"), "DeserializingConsumer"
        for part in ("key", "value"):
            for name in (f"{part}.{other[0]}", f"{part}.{other[0]}.builder"):
                if name in self.properties:
                    text = f'No such configuration property: "{name}"; it is one of {other[1]}, and this is a {owner}'
                    raise KafkaException(KafkaError(KafkaError._INVALID_ARG, text))

    def _made(self, part: str, given: Any, builder: Any) -> Any:
        if builder is None:
            return given
        name = f"{part}.{self._what}"
        built = builder.build(dict(self.properties), part == "key")
        try:
            serializer, self.properties = built
        except (TypeError, ValueError):
            raise ValueError(f"{name}.builder must return a {self._what} and properties, not {built!r}") from None
        self._owned.append(serializer)
        if not callable(serializer):
            raise TypeError(f"{name}.builder has built {serializer!r}, which cannot be called")
        return serializer

    def initialise(self, client: _Client, initialise: Callable[[dict[str, Any]], None]) -> None:
        """Initialise their client with librdkafka's properties; where that fails, what was built is closed."""
        try:
            initialise(self.properties)
            self._attach(client)
        except BaseException:
            self.close()
            raise

    def _attach(self, client: _Client) -> None:
        """Tell each serializer, once, how to find out the id of the client's cluster."""
        resolver = _ClusterId(client)
        for serializer in {id(each): each for each in (self.key, self.value)}.values():
            take = getattr(serializer, "set_cluster_id_resolver", None)
            if callable(take):
                take(resolver)

    def close(self) -> None:
        """Close what was built, each though another one raises. A second time does nothing."""
        owned, self._owned = self._owned, []
        raised: BaseException | None = None
        for serializer in owned:
            close = getattr(serializer, "close", None)
            if callable(close):
                try:
                    close()
                except BaseException as error:
                    raised = raised or error
        if raised is not None:
            raise raised


class _ClusterId:
    """Gives the id of a client's cluster. It asks once, and does not keep the client alive."""

    def __init__(self, client: _Client) -> None:
        self._client = weakref.ref(client)
        self._lock = threading.Lock()
        self._id: Any = _UNKNOWN

    def __call__(self) -> str | None:
        with self._lock:
            if self._id is _UNKNOWN:
                client = self._client()
                if client is None:
                    raise RuntimeError("the client that the serializer was made for is gone")
                self._id = client.cluster_id()
            return None if self._id is None else str(self._id)
