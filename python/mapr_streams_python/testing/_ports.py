"""The listeners of a node and the ports that they are at."""

from __future__ import annotations

import random
import socket
import sys
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


class ReservedPorts:
    """A port for each listener of each node, that no other program which looks for a free one is given meanwhile.

    They lie below the ranges from which systems choose ports for outgoing connections. In such a range, a client that
    tries to reach a node that is down can be given the node's own port, and is then connected to itself.
    """

    def __init__(self, nodes: int) -> None:
        names = [*LISTENERS, CONTROLLER]
        candidates = iter(random.SystemRandom().sample(range(20000, 32000), 1000))
        self._sockets: list[socket.socket] = []
        try:
            self.of_nodes = [{name: self._next_free(candidates) for name in names} for _ in range(nodes)]
        except StopIteration:
            self.close()
            raise RuntimeError("no free ports between 20000 and 32000") from None

    def close(self) -> None:
        """Let go of the ports. A second call does nothing."""
        while self._sockets:
            self._sockets.pop().close()

    def _next_free(self, candidates: Iterator[int]) -> int:
        while True:
            port = next(candidates)
            holder = socket.socket()
            try:
                # Refused where another program has the port, whether it listens or holds it as we do.
                holder.bind(("127.0.0.1", port))
            except OSError:
                holder.close()
                continue
            if sys.platform == "linux":
                # From here on the node may bind it: Kafka sets SO_REUSEADDR too, and we never listen.
                holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                self._sockets.append(holder)
            else:
                holder.close()
            return port
