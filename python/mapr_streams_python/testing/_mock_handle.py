"""The mock cluster that a `MockCluster` holds, from its start to its end, and the checks of what methods are given."""

from __future__ import annotations

import operator
import struct
import warnings
from types import TracebackType
from typing import TypeVar

from ..cimpl import _MockCluster
from ._names import check_topic_name
from ._protocol import api_key
from ._wire import topic_names

# Far more than a test needs. librdkafka ends the process where it finds no port for one.
MAX_BROKERS = 1_000
# As many as Kafka creates by one request. librdkafka ends the process where it has no memory for them.
MAX_PARTITIONS = 10_000

# Seconds for the names of the topics when a cluster is closed: one that a test made slow is not waited for.
_OF_DISTURBED, _OF_OTHERS = 0.2, 10.0

Self = TypeVar("Self", bound="MockHandle")


class MockHandle:
    """The start and the end of a mock cluster."""

    # Of a subclass that never calls super().__init__(): it is as one that is closed.
    _native: _MockCluster | None = None
    _bootstrap_servers = ""
    # Whether any broker may be down or slow: see `MockCluster.restore`.
    _disturbed = False
    _brokers = 0
    _checks_names = True

    def __init__(self, brokers: int = 1, *, check_topic_names: bool = True) -> None:
        self._brokers = whole_number("brokers", brokers, 1, MAX_BROKERS)
        self._checks_names = check_topic_names
        self._native = _MockCluster(self._brokers, check_topic_names)
        self._bootstrap_servers = self._native.bootstrap_servers()
        # The requests of which a single broker was given errors of its own: see `push_request_errors`.
        self._delayed: set[int] = set()

    @property
    def bootstrap_servers(self) -> str:
        """The value for a client's ``bootstrap.servers``: ``host:port`` of every broker, separated by commas."""
        return self._bootstrap_servers

    @property
    def brokers(self) -> int:
        """How many brokers the cluster has; their ids are 1 to this number."""
        return self._brokers

    def close(self) -> None:
        """Stop the cluster. A second call does nothing.

        Gives a UserWarning for each topic that no Kafka takes and a client of another process, or of another library,
        has made, unless `check_topic_names` is off.
        """
        self._close()

    def _close(self) -> None:
        native, self._native = self._native, None
        if native is None:
            return
        try:
            illegal = self._illegal_topics(native) if self._checks_names else []
        finally:
            native.close()
        for problem in illegal:
            # For the line that called close(), or that closed the with block.
            warnings.warn(f"a client made a topic of the MockCluster that no Kafka takes: {problem}", stacklevel=3)

    def __enter__(self: Self) -> Self:
        self._open()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._close()
        except UserWarning:
            # Where warnings are errors, this one must not take the place of what ended the block.
            if exception is None:
                raise

    def __repr__(self) -> str:
        state = self._bootstrap_servers if self._native is not None else "closed"
        return f"<MockCluster {state}>"

    def _open(self) -> _MockCluster:
        native = self._native
        if native is None:
            raise RuntimeError("MockCluster closed")
        native.bootstrap_servers()  # Raises RuntimeError in the child of a fork.
        return native

    def _topic(self, topic: str) -> str:
        return check_topic_name(topic) if self._checks_names else topic

    def _broker(self, broker_id: int, minus_one: str | None = "all brokers") -> int:
        """Return the id; raise where there is no such broker."""
        broker = operator.index(broker_id)
        if not 1 <= broker <= self._brokers and not (broker == -1 and minus_one):
            known = "broker 1 alone" if self._brokers == 1 else f"brokers 1 to {self._brokers}"
            also = f", and -1 means {minus_one}" if minus_one else ""
            raise ValueError(f"broker_id {broker}: the cluster has {known}{also}")
        return broker

    def _illegal_topics(self, native: _MockCluster) -> list[str]:
        try:
            native.bootstrap_servers()
            port = int(self._bootstrap_servers.partition(",")[0].rpartition(":")[2])
            is_slow = self._disturbed or api_key("Metadata") in self._delayed
            names = topic_names(port, _OF_DISTURBED if is_slow else _OF_OTHERS)
        except (OSError, RuntimeError, ValueError, struct.error):
            # The broker is down or slow, or it is the parent's of this process; or a name is no text, or longer than
            # the protocol can tell.
            return []
        problems = []
        for name in names:
            try:
                check_topic_name(name)
            except ValueError as problem:
                problems.append(str(problem))
        return problems


def whole_number(name: str, value: int, least: int, most: int = 2**63 - 1) -> int:
    """Return the number; raise where it is out of range."""
    number = operator.index(value)
    if not least <= number <= most:
        expected = f"between {least} and {most}" if most < 2**31 - 1 or number > most else f"at least {least}"
        raise ValueError(f"{name} must be {expected}, not {number}")
    return number


def partition_number(partition: int) -> int:
    """Return the number; raise where no partition can have it."""
    return whole_number("partition", partition, 0, MAX_PARTITIONS - 1)


def milliseconds(seconds: float) -> int:
    """Return the seconds as milliseconds; raise where they are out of range."""
    if not 0 <= seconds <= 2**31 / 1000 - 1:
        raise ValueError(f"seconds must not be negative, and must fit 24 days, not {seconds}")
    return round(seconds * 1000)
