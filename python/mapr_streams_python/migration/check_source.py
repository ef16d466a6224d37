"""Python sources, of Python 2 too."""

from __future__ import annotations

import codecs
import io
import re
import shlex
import tokenize
from collections import deque
from itertools import count
from pathlib import Path

from .check_syntax import Node, Tree

# Python's own rule, of the first two lines.
NAMES_ENCODING = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*[-\w.]+")
# How many nodes the trees that are kept may have together, which is some three hundred files.
MOST_NODES = 500_000


class UnreadableSource(Exception):
    """A file that is no text. The message says why."""


class ChangedSource(Exception):
    """A file was changed while it was checked."""


class Trees:
    """The trees that are kept: the latest, as many as fit. What it lets go of is parsed again where it is asked for."""

    def __init__(self) -> None:
        self._nodes = 0
        self._held: deque[Source] = deque()

    def keep(self, source: Source, tree: Tree) -> None:
        """Keep one more, the largest even by itself."""
        self._nodes += len(tree)
        while self._held and self._nodes > MOST_NODES:
            self._nodes -= self._held.popleft().drop()
        self._held.append(source)


class Source:
    """One file.

    Positions in the tree are bytes of `data`, which is the text in UTF-8, whatever the encoding of the file is.

    Raises:
        UnreadableSource: it is no text.
        MissingParser: see there.
    """

    _numbers = count(1)

    def __init__(self, path: Path, trees: Trees) -> None:
        self.path = path
        self.name = str(path)
        self.number = next(self._numbers)
        self.root = Node(self, 0)
        self._trees = trees
        self._tree: Tree | None = None
        data = self._read()
        # Whether it is the same when it is read again.
        self._digest = hash(data)
        self._parse(data)

    @property
    def tree(self) -> Tree:
        """Its tree. Of a node that is kept for long it is asked anew each time.

        Raises:
            ChangedSource: the file is not what it was.
        """
        tree = self._tree
        return tree if tree is not None else self._parse(self.data)

    @property
    def data(self) -> bytes:
        """Its text in UTF-8, which is read again.

        Raises:
            ChangedSource: the file is not what it was.
        """
        try:
            data = self._read()
        except UnreadableSource:
            data = b""
        if hash(data) != self._digest:
            raise ChangedSource(f"{self.name}: the file was changed while it was checked")
        return data

    def drop(self) -> int:
        """Let go of the tree, and return how many nodes it had."""
        nodes = len(self._tree) if self._tree is not None else 0
        self._tree = None
        return nodes

    def write(self, data: bytes) -> None:
        """Replace the file's text, in the encoding that it has."""
        self.path.write_bytes(data.decode("utf-8").encode(self.encoding))

    def _parse(self, data: bytes) -> Tree:
        # To Python a carriage return by itself ends a line, and to the parser it does not.
        tree = Tree(re.sub(rb"\r(?!\n)", b"\n", data))
        self._trees.keep(self, tree)
        self._tree = tree
        return tree

    def _read(self) -> bytes:
        path = self.path
        try:
            if path.exists() and not path.is_file():
                raise UnreadableSource("the folder cannot be opened" if path.is_dir() else "it is no regular file")
            raw = path.read_bytes()
        except OSError as error:
            raise UnreadableSource(error.strerror or str(error)) from None
        if path.suffix.lower() == ".ipynb":
            raise UnreadableSource(
                f"it is a notebook: jupyter nbconvert --to script {shlex.quote(self.name)} makes a source of it"
            )
        if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise UnreadableSource("its encoding is UTF-16, in which Python reads no source: write it in UTF-8")
        if b"\0" in raw:
            raise UnreadableSource("it is no text: there is a NUL in it")
        try:
            self.encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
            return raw.decode(self.encoding).encode("utf-8")
        except (SyntaxError, ValueError, LookupError) as error:
            if not any(map(NAMES_ENCODING.match, raw.split(b"\n", 2)[:2])):
                raise UnreadableSource(
                    "its encoding is not UTF-8, and no line at its top names another, as # -*- coding: latin-1 -*- does"
                ) from None
            raise UnreadableSource(f"its encoding cannot be told: {error}") from None
