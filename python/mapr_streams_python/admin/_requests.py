"""What all requests share: checks of arguments, futures, and what an answer does to them."""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from enum import Enum
from types import SimpleNamespace
from typing import Any, TypeVar

from ..cimpl import KafkaError, KafkaException, TopicPartition, _AdminClient

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
Member = TypeVar("Member", bound=Enum)

# The seconds of the longest time that librdkafka takes, which is an hour.
_LONGEST = 3600


class OrderedEnum(Enum):
    """An enum whose members sort by their numbers."""

    def __lt__(self, other: object) -> bool:
        if isinstance(other, type(self)):
            return bool(self.value < other.value)
        return NotImplemented


class _Completing(threading.local):
    """Which client's futures this thread is completing."""

    client: weakref.ref[_AdminClient] | None = None

    @contextmanager
    def futures_of(self, client: weakref.ref[_AdminClient]) -> Iterator[None]:
        self.client = client
        try:
            yield
        finally:
            # Other clients have this thread after this one.
            self.client = None


_completing = _Completing()


class AdminFuture(Future[Value]):
    """A future that does not wait for what cannot come.

    That is an answer in the child of a fork, since it comes to the parent alone; and one in a callback of another
    future of the client, whose thread would bring it.
    """

    def __init__(self, client: weakref.ref[_AdminClient]) -> None:
        super().__init__()
        self._client = client
        self._process = os.getpid()
        # From now on it cannot be cancelled: what the request asks for may be done already.
        self.set_running_or_notify_cancel()

    def _check(self) -> None:
        if self.done():
            return
        if os.getpid() != self._process:
            raise RuntimeError(
                "the AdminClient of this future was made before this process was forked: the answer comes to the parent"
            )
        # A client has one such reference, whichever future asks for it.
        if _completing.client is self._client:
            raise RuntimeError(
                "a callback of a future waits for another future of the same AdminClient, which would be done on this"
                " thread, after the callback: add a callback to that one, too, or wait on another thread"
            )

    def result(self, timeout: float | None = None) -> Value:
        self._check()
        return super().result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        self._check()
        return super().exception(timeout)


def request(
    client: _AdminClient,
    name: str,
    arguments: Sequence[object],
    keys: Sequence[Key],
    answer: Callable[[Any], tuple[BaseException | None, Value]],
    **options: Any,
) -> dict[Key, Future[Value]]:
    """Send a request, with a future for each of its items.

    Args:
        name: of its row in the extension's table of requests.
        arguments: one for each item.
        keys: of the futures, in the order of the items; the answer has the items in the same order.
        answer: what an item of the answer comes to, its exception or its value.
        options: see `_options`.

    Without items nothing is sent.
    """
    given = _options(**options)
    if not keys:
        _check_open(client)
        return {}
    reference = weakref.ref(client)
    futures: dict[Key, Future[Value]] = {key: AdminFuture(reference) for key in keys}
    waiting = list(futures.values())

    def complete(exception: BaseException | None, items: list[Any] | None) -> None:
        if exception is None and (items is None or len(items) != len(waiting)):
            exception = KafkaException(KafkaError(KafkaError._BAD_MSG, "the brokers' answer does not have all items"))
        with _completing.futures_of(reference):
            for index, future in enumerate(waiting):
                _end(future, exception, None if items is None or exception is not None else items[index], answer)

    client._request(name, arguments, given, complete)
    return futures


def request_one(
    client: _AdminClient,
    name: str,
    arguments: object,
    answer: Callable[[Any], tuple[BaseException | None, Value]],
    **options: Any,
) -> Future[Value]:
    """Send a request that has one future, whose answer it is as a whole. The arguments are those of `request`."""
    reference = weakref.ref(client)
    future: Future[Value] = AdminFuture(reference)

    def complete(exception: BaseException | None, items: Any) -> None:
        with _completing.futures_of(reference):
            _end(future, exception, items, answer)

    client._request(name, arguments, _options(**options), complete)
    return future


def nothing(client: _AdminClient, value: Value, **options: Any) -> Future[Value]:
    """The future of a request that asks for nothing, which is not sent. The options are those of `request`."""
    _options(**options)
    _check_open(client)
    future: Future[Value] = AdminFuture(weakref.ref(client))
    future.set_result(value)
    return future


def _check_open(client: _AdminClient) -> None:
    client._settled_topics([])


def _options(
    *,
    timeout: float | None = None,
    request_timeout: float | None = None,
    operation_timeout: float | None = None,
    validate_only: bool | None = None,
    broker: int | None = None,
    include_authorized_operations: bool | None = None,
) -> tuple[float | None, float | None, bool | None, int | None, bool | None]:
    if timeout is not None:
        for name, other in (("operation_timeout", operation_timeout), ("request_timeout", request_timeout)):
            if other is not None:
                raise ValueError(f"timeout and {name} must not both be given: timeout is both of them")
        request_timeout = operation_timeout = seconds("timeout", timeout)
    if isinstance(broker, int) and broker < 0:
        raise ValueError(f"broker must be 0 or more, not {broker}")
    return (
        seconds("request_timeout", request_timeout),
        seconds("operation_timeout", operation_timeout),
        flag("validate_only", validate_only),
        integer("broker", broker),
        # Where it is not asked for, librdkafka may be older than the function that does so.
        flag("include_authorized_operations", include_authorized_operations) or None,
    )


def _end(
    future: Future[Value],
    exception: BaseException | None,
    item: Any,
    answer: Callable[[Any], tuple[BaseException | None, Value]],
) -> None:
    try:
        if exception is None:
            exception, value = answer(item)
        if exception is not None:
            future.set_exception(exception)
        else:
            future.set_result(value)
    except BaseException as raised:
        # Futures catch what is an Exception of their callbacks. The others of the request wait.
        _report(raised)
        if not future.done():
            future.set_exception(raised)


def _report(raised: BaseException) -> None:
    """Hands what nobody can catch to ``sys.unraisablehook``."""
    fields = {"exc_type": type(raised), "exc_value": raised, "exc_traceback": raised.__traceback__}
    sys.unraisablehook(SimpleNamespace(**fields, err_msg=None, object=None))


# Checks. Each names the argument, or the element of it, as in new_topics[2].num_partitions.


def elements(name: str, given: object, kind: type[Value], called: str, *, may_be_empty: bool = False) -> list[Value]:
    """A list of elements of one kind, which is not empty unless it may be."""
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise TypeError(f"{name} must be a list of {called}, not {type(given).__name__}")
    found = list(given)
    if not found and not may_be_empty:
        raise ValueError(f"{name} must not be empty: it is a list of {called}")
    for index, element in enumerate(found):
        if not isinstance(element, kind):
            raise TypeError(f"{name}[{index}] must be {called}, not {type(element).__name__}")
    return found


def once(name: str, keys: Sequence[Hashable]) -> None:
    """Refuses what is there twice: its future would be one."""
    seen = set()
    for index, key in enumerate(keys):
        if key in seen:
            raise ValueError(f"{name}[{index}]: {key!r} is there twice")
        seen.add(key)


def partitions(name: str, given: object, *, may_be_empty: bool = False) -> list[TopicPartition]:
    """Partitions, each there once, with a topic and a number."""
    found = elements(name, given, TopicPartition, "TopicPartition", may_be_empty=may_be_empty)
    for index, partition in enumerate(found):
        text(f"{name}[{index}].topic", partition.topic)
        if partition.partition < 0:
            raise ValueError(f"{name}[{index}].partition must be 0 or more, not {partition.partition}")
    once(name, found)
    return found


def member(name: str, given: object, kind: type[Member]) -> Member:
    """A member of an enum, which may be given by its name, in letters of any case, or by its number."""
    if isinstance(given, kind):
        return given
    names = ", ".join(member.name for member in kind)
    if isinstance(given, str):
        try:
            return kind[given.upper()]
        except KeyError:
            raise ValueError(f'{name}: there is no "{given}": it is one of {names}') from None
    if isinstance(given, bool) or not isinstance(given, int):
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        raise TypeError(f"{name} must be {article} {kind.__name__}, or its name, not {type(given).__name__}")
    try:
        return kind(given)
    except ValueError:
        raise ValueError(f"{name}: there is no {given}: it is one of {names}") from None


def text(name: str, given: object) -> str:
    if not isinstance(given, str):
        raise TypeError(f"{name} must be str, not {type(given).__name__}")
    if not given:
        raise ValueError(f"{name} must not be empty")
    if "\0" in given:
        raise ValueError(f"{name} must not contain a null character")
    return given


def integer(name: str, given: int | None) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int):
        raise TypeError(f"{name} must be an int, not {type(given).__name__}")
    if not -(2**31) <= given < 2**31:
        raise OverflowError(f"{name} must have 32 bits, not be {given}")
    return given


def flag(name: str, given: bool | None) -> bool | None:
    if given is not None and not isinstance(given, bool):
        raise TypeError(f"{name} must be a bool, not {type(given).__name__}")
    return given


def seconds(name: str, given: float | None) -> float | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise TypeError(f"{name} must be a number of seconds, not {type(given).__name__}")
    if not 0 <= given <= _LONGEST:
        raise ValueError(f"{name} must be between 0 and {_LONGEST} seconds, not {given}")
    return given


def properties(name: str, given: object) -> tuple[tuple[str, str], ...]:
    """Names and values of a configuration, as texts."""
    if given is None:
        return ()
    try:
        pairs = dict(given).items()  # type: ignore[call-overload]
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a dict, not {type(given).__name__}") from None
    return tuple((text(f"{name}: a property's name", key), property_value(name, key, value)) for key, value in pairs)


def property_value(name: str, key: object, value: object) -> str:
    """What a property is set to: numbers as Kafka writes them, and bool as true and false."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if not isinstance(value, str):
        raise TypeError(f'{name}: the value of "{key}" must be str, int, float or bool, not {type(value).__name__}')
    if "\0" in value:
        raise ValueError(f'{name}: the value of "{key}" must not contain a null character')
    return value
