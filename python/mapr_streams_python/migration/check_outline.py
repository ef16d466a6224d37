"""What one file says to others: its imports, classes, functions and calls, by their names, which take little memory."""

from __future__ import annotations

from array import array
from collections import defaultdict
from sys import intern

from .check_source import Source
from .check_syntax import Node, call_name, field, text

FUNCTIONS = ("function_definition", "lambda")
SCOPES = (*FUNCTIONS, "class_definition")


class Calls:
    """The calls and the functions of all files, by their names."""

    def __init__(self) -> None:
        self._sources: dict[int, Source] = {}
        # The ids of the nodes.
        self._calls: defaultdict[str, array[int]] = defaultdict(lambda: array("Q"))
        self._functions: defaultdict[str, int] = defaultdict(int)

    def add(self, source: Source) -> set[str]:
        """Note those of a file, and return the names of what it calls."""
        self._sources[source.number] = source
        names = set()
        for call in source.root.below("call"):
            name = intern(call_name(call))
            self._calls[name].append(call.id)
            names.add(name)
        for function in source.root.below("function_definition"):
            self._functions[intern(function_name(function))] += 1
        return names

    def functions(self, name: str) -> int:
        """How many functions have this name."""
        return self._functions.get(name, 0)

    def of(self, names: list[str]) -> list[Node]:
        """All calls of these names, file by file."""
        found = [
            (call >> 32, index, call & 0xFFFFFFFF)
            for index, name in enumerate(names)
            for call in self._calls.get(name, ())
        ]
        return [Node(self._sources[source], number) for source, _, number in sorted(found)]


class Outline:
    """The imports and the classes of a file."""

    __slots__ = ("classes", "imported", "initialised", "modules", "starred")

    def __init__(self, source: Source) -> None:
        # Names of other modules' names, names of modules, and modules all of whose names are taken.
        self.imported: dict[str, tuple[str, str]] = {}
        self.modules: dict[str, str] = {}
        self.starred: list[str] = []
        # The classes, and what each is derived from.
        self.classes: dict[str, list[str]] = {}
        # Those that have a constructor of their own.
        self.initialised: set[str] = set()
        for node in source.root.below("import_statement", "import_from_statement"):
            self._note_import(node)
        for node in source.root.below("class_definition"):
            self._note_class(node)
        for node in source.root.below("function_definition"):
            if function_name(node) == "__init__":
                around = field(node.enclosing(*SCOPES) or node, "name")
                self.initialised.add(_word(around) if around is not None else "")

    def _note_import(self, node: Node) -> None:
        module = _word(field(node, "module_name") or node) if node.type == "import_from_statement" else ""
        if any(child.type == "wildcard_import" for child in node.children):
            self.starred.append(module)
        for name in node.fields("name"):
            original, alias = (
                (field(name, "name"), field(name, "alias")) if name.type == "aliased_import" else (name, name)
            )
            if original is None or alias is None:
                continue
            if module:
                self.imported[_word(alias)] = (module, _word(original))
            self.modules[_word(alias)] = intern(f"{module}.{text(original)}") if module else _word(original)

    def _note_class(self, node: Node) -> None:
        name, bases = field(node, "name"), field(node, "superclasses")
        if name is not None:
            self.classes.setdefault(_word(name), []).extend(
                _word(base)
                for base in (bases.named_children if bases is not None else [])
                if base.type in ("identifier", "attribute")
            )


def function_name(function: Node) -> str:
    """The name of a function; of a lambda, its text."""
    return text(field(function, "name") or function)


def class_of(function: Node) -> str | None:
    """The class whose method a function is."""
    around = function.enclosing(*SCOPES)
    name = field(around, "name") if around is not None and around.type == "class_definition" else None
    return text(name) if name is not None else None


def _word(node: Node) -> str:
    # Thousands of files have most of their words in common.
    return intern(text(node))
