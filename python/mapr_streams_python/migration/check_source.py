"""Python sources, of Python 2 too, as syntax trees."""

from __future__ import annotations

import io
import re
import shlex
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

# What the extra "migration" brings. By their own names, since there is a package of the vendor's with the name of ours.
INSTALL = "pip install 'tree-sitter>=0.23' 'tree-sitter-python>=0.23'"


class MissingParser(Exception):
    """The library that parses is not installed, or another release of it than is needed."""


class UnreadableSource(Exception):
    """A file that is no text. The message says why."""


def _parse(data: bytes) -> Node:
    try:
        import tree_sitter
        import tree_sitter_python
    except ImportError as error:
        raise MissingParser(f"the check needs {error.name}, which parses Python 2 and 3: {INSTALL}") from None
    try:
        parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_python.language()))
    except (TypeError, ValueError, AttributeError) as error:
        raise MissingParser(
            f"the tree_sitter and the tree_sitter_python that are installed do not fit together ({error}): {INSTALL}"
        ) from None
    return parser.parse(data).root_node


class Source:
    """One file.

    Positions in the tree are bytes of `data`, which is the text in UTF-8, whatever the encoding of the file is.

    Raises:
        UnreadableSource: it is no text.
        MissingParser: see there.
    """

    def __init__(self, path: Path, name: str | None = None) -> None:
        self.path = path
        self.name = name or str(path)
        if path.exists() and not path.is_file():
            raise UnreadableSource("the folder cannot be opened" if path.is_dir() else "it is no regular file")
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise UnreadableSource(error.strerror or str(error)) from None
        if path.suffix == ".ipynb":
            raise UnreadableSource(
                f"it is a notebook: jupyter nbconvert --to script {shlex.quote(self.name)} makes a source of it"
            )
        if b"\0" in raw:
            raise UnreadableSource("it is no text: there is a NUL in it")
        try:
            self.encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
            self.text = raw.decode(self.encoding)
        except (SyntaxError, UnicodeDecodeError, LookupError) as error:
            raise UnreadableSource(f"its encoding cannot be told: {error}") from None
        self.data = self.text.encode("utf-8")
        # To Python a carriage return by itself ends a line, and to the parser it does not.
        self.root = _parse(re.sub(rb"\r(?!\n)", b"\n", self.data))
        # A node looks for its own parent among all the children of the root, and a table has hundreds of thousands.
        self._parents = {child.id: node for node in walk(self.root) if node.child_count for child in node.children}

    def has(self, node: Node) -> bool:
        """Whether a node is of this file."""
        return node.id in self._parents or node == self.root

    def parent(self, node: Node) -> Node | None:
        """The node that this one is directly in."""
        return self._parents.get(node.id)

    def enclosing(self, node: Node, *kinds: str) -> Node | None:
        """The nearest node around this one that is of one of the kinds."""
        parent = self.parent(node)
        while parent is not None and parent.type not in kinds:
            parent = self.parent(parent)
        return parent

    def write(self, data: bytes) -> None:
        """Replace the file's text, in the encoding that it has."""
        self.path.write_bytes(data.decode("utf-8").encode(self.encoding))


def walk(node: Node) -> Iterator[Node]:
    """All nodes below and the node itself, in the order of the text."""
    pending = [node]
    while pending:
        node = pending.pop()
        yield node
        # A list of none would be made for each word, and kept.
        if node.child_count:
            pending.extend(reversed(node.children))


def text(node: Node) -> str:
    """The source of a node."""
    return (node.text or b"").decode("utf-8")


def line(node: Node) -> int:
    """The line that a node begins in, from 1."""
    return int(node.start_point[0]) + 1


def column(node: Node) -> int:
    """The byte of its line that a node begins with, from 1."""
    return int(node.start_point[1]) + 1


def field(node: Node, name: str) -> Node | None:
    """A field of a node."""
    return node.child_by_field_name(name)


def call_name(call: Node) -> str:
    """The last word of what is called: ``produce`` of ``self.producer.produce(...)``."""
    function = field(call, "function")
    if function is not None and function.type == "attribute":
        function = field(function, "attribute")
    return text(function) if function is not None and function.type == "identifier" else ""


def arguments(call: Node) -> tuple[list[Node], dict[str, Node]]:
    """What a call is given by position, and by keyword. What comes by ``*`` and ``**`` is left out."""
    given = field(call, "arguments")
    positional: list[Node] = []
    keywords: dict[str, Node] = {}
    for child in given.named_children if given is not None and given.type == "argument_list" else []:
        if child.type == "keyword_argument":
            name, value = field(child, "name"), field(child, "value")
            if name is not None and value is not None:
                keywords[text(name)] = value
        elif child.type == "list_splat":
            break
        elif child.type not in ("dictionary_splat", "comment"):
            positional.append(child)
    return positional, keywords


def argument(call: Node, position: int, name: str) -> Node | None:
    """One argument of a call, given either way."""
    positional, keywords = arguments(call)
    return positional[position] if len(positional) > position else keywords.get(name)
