"""Which file an import gets."""

from __future__ import annotations

import os
from collections import defaultdict
from functools import lru_cache
from pathlib import Path

# How many parts the path of a file has, and its number.
File = tuple[int, int]


class Files:
    """The files of a project, by every name that one could be imported by: `conf`, `package.conf`, …"""

    def __init__(self) -> None:
        self._named: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        # Of the files of a name those that have the shortest ways from each folder above them. Two, since one may be
        # the file that imports.
        self._nearest: dict[str, dict[tuple[str, ...], list[File]]] = {}

    def add(self, path: Path, number: int) -> None:
        """Add a file. All must have been added before an import is asked for."""
        parts = list(path.absolute().with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        # As `os.path.relpath` makes paths: without `..`.
        where = os.path.abspath(path)
        for index in range(len(parts)):
            self._named[".".join(parts[index:])].append((where, number))

    def imported(self, name: str, path: Path, number: int) -> int | None:
        """The number of the file that an import in another file is most likely to get: of those the nearest.

        Args:
            name: what is imported.
            path: the file that imports it.
            number: the number of that.
        """
        name = name.lstrip(".")
        if name not in self._named:
            name = name.rpartition(".")[2]
        if name not in self._named:
            return None
        if name not in self._nearest:
            self._nearest[name] = self._by_folder(name)
        by_folder = self._nearest[name]
        folder = _parts(os.path.dirname(os.path.abspath(path)))
        found: list[tuple[int, int]] = []
        for depth in range(len(folder) + 1):
            for length, other in by_folder.get(folder[:depth], ()):
                if other != number:
                    found.append((len(folder) + length - 2 * depth, other))
                    break
        return min(found)[1] if found else None

    def _by_folder(self, name: str) -> dict[tuple[str, ...], list[File]]:
        found: dict[tuple[str, ...], list[File]] = {}
        for where, number in self._named[name]:
            parts = _parts(where)
            for depth in range(len(parts)):
                nearest = found.setdefault(parts[:depth], [])
                nearest.append((len(parts), number))
                nearest.sort()
                del nearest[2:]
        return found


@lru_cache(maxsize=1024)
def _parts(path: str) -> tuple[str, ...]:
    return tuple(path.split(os.sep))
