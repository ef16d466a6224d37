"""Syntax trees of Python, 2 too, and their nodes.

A node is no more than the file that it is in and its place there, and may be kept for as long as anybody likes. What it
is, is asked of the file's tree, which is parsed anew where it has been dropped meanwhile (`check_source.Trees`): a
project has thousands of files, and few of them matter at a time.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .check_definitions import Definitions
    from .check_source import Source

# What the extra "migration" brings. By their own names, since there is a package of the vendor's with the name of ours.
INSTALL = "pip install 'tree-sitter>=0.23' 'tree-sitter-python>=0.23'"


class MissingParser(Exception):
    """The library that parses is not installed, or another release of it than is needed."""


def _grammar() -> tuple[Any, Any]:
    """A parser, and the language that it parses."""
    try:
        import tree_sitter
        import tree_sitter_python
    except ImportError as error:
        raise MissingParser(f"the check needs {error.name}, which parses Python 2 and 3: {INSTALL}") from None
    try:
        language = tree_sitter.Language(tree_sitter_python.language())
        return tree_sitter.Parser(language), language
    except (TypeError, ValueError, AttributeError) as error:
        raise MissingParser(
            f"the tree_sitter and the tree_sitter_python that are installed do not fit together ({error}): {INSTALL}"
        ) from None


# The types of nodes by the parser's numbers for them, and whether they are named: as they are met.
_types: dict[int, tuple[str, bool]] = {}


@cache
def _numbers(known: int, types: tuple[str, ...]) -> frozenset[int]:
    """The parser's numbers for types of nodes, of those that are known."""
    return frozenset(number for number, (name, _) in _types.items() if name in types)


@cache
def _field_number(name: str) -> int:
    return int(_grammar()[1].field_id_for_name(name))


class Tree:
    """The tree of one file, some thirty bytes for each node. Nodes are numbered in the order of the text.

    Raises:
        MissingParser: see there.
    """

    __slots__ = (
        "__weakref__",
        "_lines",
        "_of_kind",
        "afters",
        "data",
        "definitions",
        "ends",
        "fields",
        "first_error",
        "kinds",
        "parents",
        "starts",
    )

    def __init__(self, data: bytes) -> None:
        self.data = data
        # The parser's number for the type of each node, its first byte and the byte behind its last one.
        self.kinds, self.starts, self.ends = array("H"), array("I"), array("I")
        # The node that each is directly in, the one that comes behind all that is in it, the parser's number for its
        # field.
        self.parents, self.afters, self.fields = array("I"), array("I"), array("H")
        # The first node that is no Python, and what is said where it has no text.
        self.first_error: tuple[int, str] | None = None
        # What the file's names are set to, once somebody asks.
        self.definitions: Definitions | None = None
        self._lines: array[int] | None = None
        self._of_kind: dict[int, array[int]] | None = None
        self._read(data)

    def _read(self, data: bytes) -> None:
        root = _grammar()[0].parse(data).root_node
        has_error = root.has_error
        cursor = root.walk()
        # Of the parser's own nodes only what is asked of each: this is most of what a check's time goes to.
        down, aside, up = cursor.goto_first_child, cursor.goto_next_sibling, cursor.goto_parent
        kinds, starts, ends, fields = self.kinds.append, self.starts.append, self.ends.append, self.fields.append
        parents, afters = self.parents.append, self.afters
        types = _types
        around = [0]
        parent = number = 0
        while True:
            node = cursor.node
            kind = node.kind_id
            if kind not in types:
                types[kind] = (node.type, node.is_named)
            kinds(kind)
            starts(node.start_byte)
            ends(node.end_byte)
            fields(cursor.field_id or 0)
            parents(parent)
            if has_error and self.first_error is None and (node.is_error or node.is_missing):
                self.first_error = number, f"{node.type} is missing"
            following = number + 1
            afters.append(following)
            if down():
                around.append(number)
                parent = number
            else:
                while not aside():
                    if not up():
                        return
                    afters[around.pop()] = following
                    parent = around[-1]
            number = following

    def __len__(self) -> int:
        return len(self.kinds)

    def of_kinds(self, kinds: Iterable[int], first: int) -> list[int]:
        """The nodes of some kinds that are in one, which may be one of them, in the order of the text."""
        if self._of_kind is None:
            self._of_kind = {}
            for number, kind in enumerate(self.kinds):
                self._of_kind.setdefault(kind, array("I")).append(number)
        end = self.afters[first]
        found: list[int] = []
        for kind in kinds:
            numbers = self._of_kind.get(kind)
            if numbers is not None:
                found += numbers[bisect_left(numbers, first) : bisect_left(numbers, end)]
        found.sort()
        return found

    def place(self, byte: int) -> tuple[int, int]:
        """The line and the byte in it, both from 0."""
        if self._lines is None:
            self._lines = array("I", [0])
            end = self.data.find(b"\n")
            while end >= 0:
                self._lines.append(end + 1)
                end = self.data.find(b"\n", end + 1)
        line = bisect_right(self._lines, byte) - 1
        return line, byte - self._lines[line]


class Node:
    """One node of a file's tree."""

    __slots__ = ("number", "source")

    def __init__(self, source: Source, number: int) -> None:
        self.source = source
        self.number = number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and self.number == other.number and self.source is other.source

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def id(self) -> int:
        """A number that no other node of any file has, and that is not 0."""
        return self.source.number << 32 | self.number

    @property
    def type(self) -> str:
        """What it is to the grammar."""
        return _types[self.source.tree.kinds[self.number]][0]

    @property
    def is_named(self) -> bool:
        """Whether it is more than a word or a sign of the grammar's."""
        return _types[self.source.tree.kinds[self.number]][1]

    @property
    def start_byte(self) -> int:
        """Its first byte of the text in UTF-8."""
        return self.source.tree.starts[self.number]

    @property
    def end_byte(self) -> int:
        """The byte behind its last one."""
        return self.source.tree.ends[self.number]

    @property
    def data(self) -> bytes:
        """Its text in UTF-8."""
        tree = self.source.tree
        return tree.data[tree.starts[self.number] : tree.ends[self.number]]

    @property
    def parent(self) -> Node | None:
        """The node that it is directly in."""
        return Node(self.source, self.source.tree.parents[self.number]) if self.number else None

    @property
    def children(self) -> list[Node]:
        """The nodes that are directly in it."""
        return list(self._each())

    def _each(self) -> Iterator[Node]:
        afters, source = self.source.tree.afters, self.source
        number, end = self.number + 1, afters[self.number]
        while number < end:
            yield Node(source, number)
            number = afters[number]

    @property
    def named_children(self) -> list[Node]:
        """Those that are named."""
        return [child for child in self._each() if child.is_named]

    @property
    def first_named(self) -> Node | None:
        """The first of these."""
        return next((child for child in self._each() if child.is_named), None)

    def fields(self, name: str) -> list[Node]:
        """The nodes directly in it that are one of its fields."""
        wanted, fields = _field_number(name), self.source.tree.fields
        return [child for child in self._each() if fields[child.number] == wanted]

    def field(self, name: str) -> Node | None:
        """The first of these."""
        tree = self.source.tree
        wanted, fields, afters = _field_number(name), tree.fields, tree.afters
        number, end = self.number + 1, afters[self.number]
        while number < end:
            if fields[number] == wanted:
                return Node(self.source, number)
            number = afters[number]
        return None

    def enclosing(self, *types: str) -> Node | None:
        """The nearest node around this one that is of one of the types."""
        tree = self.source.tree
        wanted, number = _numbers(len(_types), types), self.number
        while number:
            number = tree.parents[number]
            if tree.kinds[number] in wanted:
                return Node(self.source, number)
        return None

    def below(self, *types: str) -> list[Node]:
        """All nodes of some types that are in it, and the node itself where it is of one, in the order of the text."""
        source = self.source
        wanted = _numbers(len(_types), types)
        return [Node(source, number) for number in source.tree.of_kinds(wanted, self.number)]


def walk(node: Node) -> Iterator[Node]:
    """All nodes below and the node itself, in the order of the text."""
    return (Node(node.source, number) for number in range(node.number, node.source.tree.afters[node.number]))


def text(node: Node) -> str:
    """The source of a node."""
    return node.data.decode("utf-8")


def line(node: Node) -> int:
    """The line that a node begins in, from 1."""
    return node.source.tree.place(node.start_byte)[0] + 1


def column(node: Node) -> int:
    """The byte of its line that a node begins with, from 1."""
    return node.source.tree.place(node.start_byte)[1] + 1


def field(node: Node, name: str) -> Node | None:
    """A field of a node."""
    return node.field(name)


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
