"""librdkafka's statistics for Prometheus, by prometheus_client, which the extra ``prometheus`` brings.

    REGISTRY.register(Collector([producer, consumer]))

The names are those of librdkafka's own dashboard; see `Metrics.samples`. Prometheus has a label
``instance`` of its own, which its ``honor_labels: true`` leaves to the client's; without it the client's is
``exported_instance``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client.core import UnknownMetricFamily
from prometheus_client.registry import Collector as _Collector

from ._clients import Client, Clients

__all__ = ["Collector"]


class Collector(_Collector):
    """A collector for a registry. It asks clients for what they know when it is asked, and keeps none alive.

    Args:
        clients: with ``statistics.interval.ms``; `add` adds more.
    """

    def __init__(self, clients: Iterable[Client] = ()) -> None:
        self._clients = Clients(clients)

    def add(self, client: Client) -> None:
        """Tells of one more client.

        Raises:
            KafkaException: ``_NOT_CONFIGURED``, the client has no ``statistics.interval.ms``.
            RuntimeError: the client is closed.
        """
        self._clients.add(client)

    def describe(self) -> list[UnknownMetricFamily]:
        """Tell a registry nothing before it collects, so that it asks no client when it gets this collector."""
        # What there is depends on what the clients come to know.
        return []

    def collect(self) -> Iterator[UnknownMetricFamily]:
        """Give `Metrics.samples` of all clients that are not closed and have statistics, a family for each name.

        Units are those of librdkafka's STATISTICS.md.
        """
        # Not counters: the names of those end in "_total" here, and librdkafka's do not.
        families: dict[tuple[str, tuple[str, ...]], UnknownMetricFamily] = {}
        for metrics in self._clients.metrics():
            for sample in metrics.samples():
                labels = tuple(sample.labels)
                family = families.get((sample.name, labels))
                if family is None:
                    family = UnknownMetricFamily(sample.name, "See librdkafka's STATISTICS.md", labels=labels)
                    families[sample.name, labels] = family
                family.add_metric(list(sample.labels.values()), sample.value)
        yield from families.values()
