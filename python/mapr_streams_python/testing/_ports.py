"""The listeners of a node and the ports that they are at."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator

LISTENERS: dict[str, str] = {
    "plaintext": "PLAINTEXT",
    "ssl": "SSL",
    "mutual_ssl": "SSL",
    "sasl_plaintext": "SASL_PLAINTEXT",
    "sasl_ssl": "SASL_SSL",
}
"""The listeners for clients, each with its security protocol."""

CONTROLLER = "controller"
"""The listener by which the nodes elect the controller among themselves."""


def free_ports(nodes: int) -> list[dict[str, int]]:
    """Choose a port that nothing listens on now for each listener of each node.

    They lie below the ranges from which systems choose ports for outgoing connections. In such a range, a client that
    tries to reach a node that is down can be given the node's own port, and is then connected to itself.
    """
    names = [*LISTENERS, CONTROLLER]
    candidates = iter(random.SystemRandom().sample(range(20000, 32000), 1000))
    try:
        return [{name: _next_free(candidates) for name in names} for _ in range(nodes)]
    except StopIteration:
        raise RuntimeError("no free ports between 20000 and 32000") from None


def _next_free(candidates: Iterator[int]) -> int:
    while True:
        port = next(candidates)
        with socket.socket() as probe:
            # As Kafka binds: connections that a former user of the port has left behind do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
