"""The files of a `KafkaServer`'s nodes."""

from __future__ import annotations

from pathlib import Path

# How much of a log the text of an error has.
_END = 3000


class NodeFiles:
    """Where the nodes of a cluster have their files, all below one folder, and what is in their logs."""

    def __init__(self, folder: Path, nodes: int) -> None:
        self._folder = folder
        self._nodes = range(1, nodes + 1)

    def folder(self, node: int) -> Path:
        return self._folder / f"node{node}"

    def properties(self, node: int) -> Path:
        return self.folder(node) / "server.properties"

    def log(self, node: int) -> Path:
        return self.folder(node) / "server.log"

    def read_log(self, node: int) -> str:
        return self.log(node).read_text(errors="replace")

    def end_of_log(self, node: int) -> str:
        return self.read_log(node)[-_END:]

    def ends_of_logs(self) -> str:
        return "\n".join(f"node {node} ends with:\n{self.end_of_log(node)}" for node in self._nodes)

    def log_sizes(self) -> list[int]:
        return [self.log(node).stat().st_size for node in self._nodes if self.log(node).exists()]
