"""Brokers, as answers name them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ._acls import AclOperation
from ._requests import member


@dataclass
class Node:
    """A broker.

    Attributes:
        id: its number.
        host: the host name under which clients reach it; empty while it is down.
        port: the port under which clients reach it.
        rack: ``broker.rack``, or None.
        id_string: its number as text.
    """

    id: int
    host: str
    port: int
    rack: str | None = None

    def __post_init__(self) -> None:
        self.id_string = str(self.id)

    def __hash__(self) -> int:
        return hash(self.id)

    def __str__(self) -> str:
        return f"({self.id}) {self.host}:{self.port} {f'(Rack - {self.rack})' if self.rack else ''}"


def _operations(given: Iterable[AclOperation | str | int] | None) -> list[AclOperation] | None:
    return None if given is None else [member("authorized_operations", each, AclOperation) for each in given]


def _known(numbers: list[int] | None) -> list[AclOperation] | None:
    """Operations by the numbers of an answer: there may be newer ones than we know."""
    if numbers is None:
        return None
    known = {operation.value: operation for operation in AclOperation}
    return [known.get(number, AclOperation.UNKNOWN) for number in numbers]


def _node(given: tuple[int, str, int, str | None] | None) -> Node | None:
    return None if given is None else Node(*given)
