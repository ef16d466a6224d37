"""librdkafka's statistics for OpenTelemetry, by opentelemetry-api, which the extra ``opentelemetry`` brings.

    instrument(producer, consumer)

The names are those of librdkafka's own dashboard; see `Metrics.samples`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from opentelemetry.metrics import CallbackOptions, Meter, Observation, get_meter

from . import Broker, ConsumerGroup, Eos, Metrics, Partition, Topic, Window
from ._clients import Client, Clients

__all__ = ["instrument"]

_WAYS = {
    Metrics: "librdkafka",
    Broker: "librdkafka_brokers",
    Topic: "librdkafka_topics",
    Partition: "librdkafka_topics_partitions",
    ConsumerGroup: "librdkafka_cgrp",
    Eos: "librdkafka_eos",
}


def names() -> list[str]:
    """The names of the instruments: OpenTelemetry wants to know them before there are numbers."""
    found = []
    for kind, way in _WAYS.items():
        for name, annotation in kind.__annotations__.items():
            if annotation in ("int", "bool"):
                found.append(f"{way}_{name}")
            elif annotation == "Window":
                found += [f"{way}_{name}_{part}" for part in Window.__annotations__]
    return found


class _Observed:
    """What clients know, as observations by name: made once for all instruments that ask for the same statistics."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._metrics: list[Metrics] = []
        self._by_name: dict[str, list[Observation]] = {}

    def __call__(self, name: str, options: CallbackOptions) -> Iterable[Observation]:
        metrics = self._clients.metrics()
        if [id(one) for one in metrics] != [id(one) for one in self._metrics]:
            by_name: dict[str, list[Observation]] = {}
            for one in metrics:
                for sample in one.samples():
                    by_name.setdefault(sample.name, []).append(Observation(sample.value, dict(sample.labels)))
            self._metrics, self._by_name = metrics, by_name
        return self._by_name.get(name, [])


def instrument(*clients: Client, meter: Meter | None = None) -> Clients:
    """Has OpenTelemetry observe what clients know of themselves, whenever it collects. No client is kept alive.

    Args:
        clients: with ``statistics.interval.ms``.
        meter: of the application's provider by default.

    Returns:
        what has a method ``add`` for one more client.

    Raises:
        KafkaException: ``_NOT_CONFIGURED``, a client has no ``statistics.interval.ms``.
        RuntimeError: a client is closed.
    """
    observed = Clients(clients)
    observe = _Observed(observed)
    meter = meter or get_meter("mapr_streams_python")
    for name in names():
        meter.create_observable_gauge(name, [partial(observe, name)])
    return observed
