"""The sources that are checked together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from .check_definitions import Definitions
from .check_files import Files
from .check_outline import Calls, Outline, class_of, function_name
from .check_source import Source
from .check_syntax import Node, argument, field, text

# Functions of the client, which an application may have functions of the same name beside.
CLIENTS_OWN = ("produce", "subscribe", "poll", "consume", "commit", "assign", "flush", "close")

# A class, by the file that it is in and its name.
Class = tuple["Module", str]


class Project:
    """The files that are checked together, so that a name may come from another of them."""

    def __init__(self) -> None:
        self._files = Files()
        self._calls = Calls()
        self._subclasses: defaultdict[Class, list[Class]] | None = None
        self.modules: dict[int, Module] = {}

    def add(self, source: Source) -> Module:
        """Read what a file says to others."""
        module = self.modules[source.number] = Module(source, self, self._calls.add(source))
        self._subclasses = None
        self._files.add(source.path, source.number)
        return module

    def module(self, name: str, near: Module) -> Module | None:
        """The file that an import of this name in another file is most likely to get."""
        found = self._files.imported(name, near.source.path, near.source.number)
        return self.modules[found] if found is not None else None

    def owner(self, node: Node) -> Module:
        """The file that a node is in."""
        return self.modules[node.source.number]

    def given(self, function: Node, position: int, name: str) -> list[Node | None]:
        """What the calls of a function that is among the sources give it for a parameter; None for what is not seen.

        Functions are found by their names: of one that several functions have, or the client's, nothing is told.
        """
        module = self.owner(function)
        called = function_name(function)
        of_class = class_of(function)
        names = [called]
        if called == "__init__":
            # Classes that are derived from it may have no constructor of their own.
            found = _all_from((module, of_class or ""), self.subclasses)
            names = [name for one, name in found if one is module or name not in one.outline.initialised]
        elif self._calls.functions(called) > 1:
            return []
        calls = self._calls.of(names)
        if called in CLIENTS_OWN:
            if of_class is not None:
                return []
            functions = [(call, field(call, "function")) for call in calls]
            calls = [call for call, function in functions if function is not None and function.type == "identifier"]
        return [_argument(call, position, name) for call in calls]

    def subclasses(self, base: Class) -> list[Class]:
        """The classes that are derived from one directly."""
        if self._subclasses is None:
            self._subclasses = defaultdict(list)
            for module in self.modules.values():
                for name in module.outline.classes:
                    for one in module.bases(name):
                        self._subclasses[one].append((module, name))
        return self._subclasses.get(base, [])


class Module:
    """One file of a project: what its names are, wherever they come from."""

    def __init__(self, source: Source, project: Project, called: set[str]) -> None:
        self.source = source
        self.project = project
        self.outline = Outline(source)
        # The names of what it calls.
        self.called = called

    @property
    def own(self) -> Definitions:
        """What the file itself sets, which goes and comes with its tree."""
        tree = self.source.tree
        if tree.definitions is None:
            tree.definitions = Definitions(self.source)
        return tree.definitions

    def definitions(self, node: Node, called: str = "") -> list[Node | None]:
        """What a name is set to, where the place sees it; with `CALLED`, what the function of this name returns."""
        found = self.own.seen_from(node, text(node) + called)
        return found if found is not None else self.of_module(text(node), called)

    def of_module(self, name: str, called: str = "") -> list[Node | None]:
        """What a name of the module itself is set to, here or where it comes from."""
        for module, original in self._sources(name):
            if (0, original + called) in module.own.names:
                return module.own.names[0, original + called]
        return []

    def class_named(self, name: str, besides: Class | None = None) -> Class | None:
        """The class that a name of this file is, wherever it comes from; not the one that is given."""
        start: Module | None = self
        prefix, _, name = name.rpartition(".")
        if prefix:
            start = self.project.module(self.outline.modules[prefix], self) if prefix in self.outline.modules else None
        sources = start._sources(name) if start is not None else []
        return next((one for one in sources if one[1] in one[0].outline.classes and one != besides), None)

    def bases(self, name: str) -> list[Class]:
        """The classes that a class of this file is derived from directly, as far as they are here."""
        # A class may have the name of the one that it is derived from.
        found = [self.class_named(base, besides=(self, name)) for base in self.outline.classes.get(name, [])]
        return [one for one in found if one is not None]

    def initialises_itself(self, name: str) -> bool:
        """Whether a name of this file is a class among the sources that has a constructor of its own."""
        start = self.class_named(name)
        found = _all_from(start, lambda one: one[0].bases(one[1])) if start is not None else []
        return any(one[1] in one[0].outline.initialised for one in found)

    def _sources(self, name: str) -> list[Class]:
        """Where a name of the module may come from, itself first: modules, each with its own name for it.

        Each is there once: modules that take all names of each other make a net with ways without number.
        """
        found: dict[Class, None] = {}
        pending: list[Class] = [(self, name)]
        while pending:
            module, name = one = pending.pop()
            if one in found:
                continue
            found[one] = None
            if name in module.outline.imported:
                wanted = [module.outline.imported[name]]
            else:
                wanted = [(starred, name) for starred in module.outline.starred]
            others = [(self.project.module(source, module), original) for source, original in wanted]
            pending += [(other, original) for other, original in reversed(others) if other is not None]
        return list(found)

    def attribute_definitions(self, node: Node, called: str = "") -> list[Node | None]:
        """What an attribute of a module, of a class or of an object is set to; with `CALLED`, what it returns."""
        target, attribute = field(node, "object"), field(node, "attribute")
        if target is None or attribute is None:
            return []
        name = text(attribute)
        if text(target) in self.outline.modules:
            other = self.project.module(self.outline.modules[text(target)], self)
            found = other.of_module(name, called) if other is not None else []
            if found:
                return found
        name += called
        around = node.enclosing("class_definition")
        of_class = field(around, "name") if around is not None else None
        if of_class is not None and text(target) in ("self", "cls", "type(self)", "self.__class__"):
            found = self._members((self, text(of_class)), name, is_object=True)
        else:
            named = self.class_named(text(target))
            found = self._members(named, name, is_object=False) if named is not None else []
        if not found and not (called and self._is_of_module(target)):
            found = self.own.attributes.get(name, [])
        return found

    def _is_of_module(self, node: Node) -> bool:
        """Whether something is a module's, of which the sources know no more."""
        return text(node).partition(".")[0] in self.outline.modules

    def _members(self, start: Class, name: str, *, is_object: bool) -> list[Node | None]:
        """What a class sets, or else those that it is derived from, and for an object those derived from it too."""
        found: list[Node | None] = []
        for above in _all_from(start, lambda one: one[0].bases(one[1])):
            found = above[0].own.members.get((above[1], name), [])
            if found:
                break
        if is_object:
            below = _all_from(start, self.project.subclasses)[1:]
            found = found + [node for one in below for node in one[0].own.members.get((one[1], name), [])]
        return found


def _argument(call: Node, position: int, name: str) -> Node | None:
    given = field(call, "arguments")
    if given is None or any(child.type.endswith("_splat") for child in given.named_children):
        return None
    return argument(call, position, name)


def _all_from(start: Class, following: Callable[[Class], list[Class]]) -> list[Class]:
    """A class and all that are found from it, the nearest first."""
    found = {start: None}
    pending = [start]
    for one in pending:
        for other in following(one):
            if other not in found:
                found[other] = None
                pending.append(other)
    return pending
