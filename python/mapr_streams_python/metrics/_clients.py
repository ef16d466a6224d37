"""The clients that a system of metrics is told of."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from contextlib import suppress
from typing import Protocol

from . import Metrics


class Client(Protocol):
    """A Producer, a Consumer or an AdminClient with ``statistics.interval.ms``."""

    def metrics(self) -> Metrics | None: ...


class Clients:
    """Clients that are not kept alive: one that is closed or gone is told of no more."""

    def __init__(self, clients: Iterable[Client]) -> None:
        self._clients: list[weakref.ref[Client]] = []
        for client in clients:
            self.add(client)

    def add(self, client: Client) -> None:
        """Tells of one more client.

        Raises:
            KafkaException: ``_NOT_CONFIGURED``, the client has no ``statistics.interval.ms``.
            RuntimeError: the client is closed.
        """
        client.metrics()
        self._clients.append(weakref.ref(client))

    def metrics(self) -> list[Metrics]:
        """Of each client what it has."""
        found = []
        # Of a copy: systems of metrics ask on threads of their own.
        for reference in list(self._clients):
            client = reference()
            try:
                metrics = client.metrics() if client is not None else None
            except RuntimeError:
                client = metrics = None
            if client is None:
                with suppress(ValueError):
                    self._clients.remove(reference)
            if metrics is not None:
                found.append(metrics)
        return found
