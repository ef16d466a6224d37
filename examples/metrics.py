"""Watches itself: produces and consumes, and prints how far it is behind and how long brokers take.

    python examples/metrics.py localhost:9092 TOPIC [SECONDS [PORT]]

It does so for 10 seconds, unless told otherwise. With prometheus_client installed, http://localhost:8000/metrics has
all of it, or that port; 0 takes one that is free.
"""

from __future__ import annotations

import sys
import time

from mapr_streams_python import Consumer, Producer
from mapr_streams_python.metrics import Metrics


def described(metrics: Metrics) -> str:
    """One line of what is worth knowing."""
    latencies = [broker.rtt.p99 / 1000 for broker in (metrics.brokers or {}).values() if broker.rtt.cnt]
    slowest = f"{max(latencies):.1f} ms" if latencies else "not known"
    return (
        f"{metrics.name}: {metrics.txmsgs} sent, {metrics.rxmsgs} received, {metrics.msg_cnt} queued, "
        f"slowest answers {slowest}, behind {sum(metrics.lag.values())}"
    )


def serve(clients: list[Producer | Consumer], port: int) -> None:
    """Has Prometheus find what clients know, where prometheus_client is installed."""
    try:
        from prometheus_client import REGISTRY, start_http_server

        from mapr_streams_python.metrics.prometheus import Collector
    except ImportError:
        return
    REGISTRY.register(Collector(clients))
    server, _ = start_http_server(port, "127.0.0.1")
    print(f"http://127.0.0.1:{server.server_port}/metrics", flush=True)


def main(servers: str, topic: str, seconds: float, port: int) -> None:
    often = {"bootstrap.servers": servers, "statistics.interval.ms": 1000}
    group = {"group.id": "metrics-example", "auto.offset.reset": "earliest"}
    with Producer(often) as producer, Consumer({**often, **group}) as consumer:
        serve([producer, consumer], port)
        consumer.subscribe([topic])
        told: dict[str, Metrics] = {}
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            producer.produce(topic, b"tick", block=1)
            # Statistics come when a client is served.
            producer.poll(0)
            consumer.poll(0.1)
            for metrics in (producer.metrics(), consumer.metrics()):
                if metrics is not None and told.get(metrics.name) is not metrics:
                    told[metrics.name] = metrics
                    print(described(metrics), flush=True)


if __name__ == "__main__":
    if not 3 <= len(sys.argv) <= 5:
        sys.exit(__doc__)
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 10.0
    port = int(sys.argv[4]) if len(sys.argv) > 4 else 8000
    main(sys.argv[1], sys.argv[2], seconds, port)
