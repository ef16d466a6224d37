"""What an expression's text is, as far as the sources tell it without being run."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from .check_source import Source, argument, arguments, call_name, field, text, walk
from .check_values import MOST_VALUES, Hole, Value, content, is_known, joined, literal, shown

if TYPE_CHECKING:
    from tree_sitter import Node

# How far names are followed to other names.
DEEPEST = 20

FUNCTIONS = ("function_definition", "lambda")
SCOPES = (*FUNCTIONS, "class_definition")
COMPREHENSIONS = ("list_comprehension", "set_comprehension", "generator_expression")
# Methods of text that can be called here, where all that they are given is known.
METHODS = ("strip", "lstrip", "rstrip", "lower", "upper", "replace")


class Project:
    """The files that are checked together, so that a name may come from another of them."""

    def __init__(self) -> None:
        # By every name that one could be imported by: `conf`, `package.conf`, …
        self._modules: defaultdict[str, list[Resolver]] = defaultdict(list)
        self.resolvers: list[Resolver] = []
        # Pairs of a property and its value that were looked at.
        self.seen: set[int] = set()

    def add(self, source: Source) -> Resolver:
        """Read what a file's names are set to."""
        resolver = Resolver(source, self)
        self.resolvers.append(resolver)
        parts = list(source.path.absolute().with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        for index in range(len(parts)):
            self._modules[".".join(parts[index:])].append(resolver)
        return resolver

    def module(self, name: str, near: Resolver) -> Resolver | None:
        """The file that an import of this name in another file is most likely to get."""
        name = name.lstrip(".")
        found = self._modules.get(name) or self._modules.get(name.rpartition(".")[2]) or []
        folder = near.source.path.absolute().parent
        distances = [
            (len(os.path.relpath(one.source.path.absolute(), folder).split(os.sep)), index)
            for index, one in enumerate(found)
            if one is not near
        ]
        return found[min(distances)[1]] if distances else None

    def owner(self, node: Node, first: Resolver) -> Resolver:
        """The file that a node is in."""
        return next((one for one in (first, *self.resolvers) if one.source.has(node)), first)


class Resolver:
    """What the names of one file are set to."""

    def __init__(self, source: Source, project: Project) -> None:
        self.source = source
        self.project = project
        # By the function or class around, 0 for the module, and the name. None stands for what cannot be told.
        self.names: defaultdict[tuple[int, str], list[Node | None]] = defaultdict(list)
        self.attributes: defaultdict[str, list[Node | None]] = defaultdict(list)
        # The same by the name of the class too, where it is known.
        self.members: defaultdict[tuple[str, str], list[Node | None]] = defaultdict(list)
        self.items: defaultdict[str, list[tuple[Node, Node]]] = defaultdict(list)
        # Names of other modules' names, names of modules, and modules all of whose names are taken.
        self.imported: dict[str, tuple[str, str]] = {}
        self.modules: dict[str, str] = {}
        self.starred: list[str] = []
        for node in walk(source.root):
            self._note(node)

    # What is set where

    def _note(self, node: Node) -> None:
        if node.type == "assignment":
            self._set(field(node, "left"), field(node, "right"))
        elif node.type == "named_expression":
            self._set(field(node, "name"), field(node, "value"))
        elif node.type == "augmented_assignment":
            self._set(field(node, "left"), None)
        elif node.type in ("for_statement", "for_in_clause"):
            right = field(node, "right")
            items: list[Node | None] = [None]
            if right is not None and right.type in ("list", "tuple", "set"):
                items = [child for child in right.named_children if child.type != "comment"]
            for item in items[: MOST_VALUES + 1]:
                self._set(field(node, "left"), item)
        elif node.type in ("default_parameter", "typed_default_parameter", "identifier", "typed_parameter"):
            self._note_parameter(node)
        elif node.type == "call" and call_name(node) in ("add_argument", "add_option"):
            self._note_option(node)
        elif node.type in ("import_statement", "import_from_statement"):
            self._note_import(node)

    def _note_import(self, node: Node) -> None:
        module = text(field(node, "module_name") or node) if node.type == "import_from_statement" else ""
        if any(child.type == "wildcard_import" for child in node.children):
            self.starred.append(module)
        for name in node.children_by_field_name("name"):
            original, alias = (
                (field(name, "name"), field(name, "alias")) if name.type == "aliased_import" else (name, name)
            )
            if original is None or alias is None:
                continue
            if module:
                self.imported[text(alias)] = (module, text(original))
            self.modules[text(alias)] = f"{module}.{text(original)}" if module else text(original)

    def _set(self, left: Node | None, right: Node | None) -> None:
        if left is None:
            return
        if left.type in ("pattern_list", "tuple_pattern"):
            values: list[Node | None] = [None] * len(left.named_children)
            if (
                right is not None
                and right.type in ("expression_list", "tuple")
                and len(right.named_children) == len(values)
            ):
                values = list(right.named_children)
            for name, value in zip(left.named_children, values):
                self._set(name, value)
        elif left.type == "identifier":
            scope = self.source.enclosing(left, *SCOPES)
            self.names[scope.id if scope is not None else 0, text(left)].append(right)
            if scope is not None and scope.type == "class_definition":
                self._note_attribute(scope, text(left), right)
        elif left.type == "attribute":
            target, attribute = field(left, "object"), field(left, "attribute")
            if attribute is not None:
                around = self.source.enclosing(left, "class_definition")
                is_own = target is not None and text(target) in ("self", "cls")
                self._note_attribute(around if is_own else None, text(attribute), right)
        elif left.type == "subscript":
            target, key = field(left, "value"), field(left, "subscript")
            if target is not None and key is not None and right is not None:
                self.items[text(target)].append((key, right))

    def _note_attribute(self, around: Node | None, name: str, value: Node | None) -> None:
        self.attributes[name].append(value)
        of_class = field(around, "name") if around is not None else None
        if of_class is not None:
            self.members[text(of_class), name].append(value)

    def _note_parameter(self, node: Node) -> None:
        parameters = self.source.parent(node)
        if parameters is None or parameters.type not in ("parameters", "lambda_parameters"):
            return
        function = self.source.parent(parameters)
        name = field(node, "name") or (node.named_children[0] if node.type == "typed_parameter" else node)
        if function is not None:
            self.names[function.id, text(name)].append(field(node, "value"))

    def _note_option(self, call: Node) -> None:
        positional, keywords = arguments(call)
        flags = [flag for flag in map(literal, positional) if flag]
        names = [flag.lstrip("-") for flag in flags if flag.startswith("--")] or [flag.lstrip("-") for flag in flags]
        dest = literal(keywords["dest"]) if "dest" in keywords else None
        if dest or names:
            self.attributes[dest or names[0].replace("-", "_")].append(keywords.get("default"))

    # What an expression is

    def values(self, node: Node, depth: int = 0) -> list[Value]:
        """The texts that an expression may have: at least one, of holes if need be."""
        owner = self.project.owner(node, self)
        found = owner._values(node, depth) if depth < DEEPEST else []
        unique = list(dict.fromkeys(found))
        return unique if 0 < len(unique) <= MOST_VALUES else [(Hole(text(node)),)]

    def _values(self, node: Node, depth: int) -> list[Value]:
        known = literal(node)
        if known is not None:
            return [(known,)]
        find = getattr(self, f"_of_{node.type}", None)
        return find(node, depth + 1) if find is not None else []

    def _all(self, nodes: list[Node | None], unknown: Node, depth: int) -> list[Value]:
        hole: Value = (Hole(text(unknown)),)
        return [value for node in nodes for value in (self.values(node, depth) if node is not None else [hole])]

    def _of_string(self, node: Node, depth: int) -> list[Value]:
        parts: list[list[Value]] = []
        for child in node.children:
            if child.type == "string_content":
                parts.append([(content(node, child),)])
            elif child.type == "interpolation":
                inner = field(child, "expression")
                plain = inner is not None and not any(
                    part.type == "format_specifier" or (part.type == "type_conversion" and text(part) != "!s")
                    for part in child.children
                )
                parts.append(self.values(inner, depth) if inner is not None and plain else [(Hole(text(child)[1:-1]),)])
        return joined(parts)

    def _of_integer(self, node: Node, depth: int) -> list[Value]:
        number = text(node)
        return [(str(int(number)),)] if number.isdecimal() and (number == "0" or number[0] != "0") else []

    def _of_concatenated_string(self, node: Node, depth: int) -> list[Value]:
        return joined([self.values(child, depth) for child in node.named_children if child.type == "string"])

    def _of_named_expression(self, node: Node, depth: int) -> list[Value]:
        value = field(node, "value")
        return self.values(value, depth) if value is not None else []

    def _of_parenthesized_expression(self, node: Node, depth: int) -> list[Value]:
        inner = [child for child in node.named_children if child.type != "comment"]
        return self.values(inner[0], depth) if len(inner) == 1 else []

    def _of_conditional_expression(self, node: Node, depth: int) -> list[Value]:
        first, _, second = node.named_children[:3]
        return self.values(first, depth) + self.values(second, depth)

    def _of_boolean_operator(self, node: Node, depth: int) -> list[Value]:
        # `given or "/default:t"`
        sides = [side for side in (field(node, "left"), field(node, "right")) if side is not None]
        return [value for side in sides for value in self.values(side, depth)]

    def _of_binary_operator(self, node: Node, depth: int) -> list[Value]:
        left, operator, right = field(node, "left"), field(node, "operator"), field(node, "right")
        if left is None or operator is None or right is None:
            return []
        if operator.type == "+":
            return joined([self.values(left, depth), self.values(right, depth)])
        return self._percent(left, right, depth) if operator.type == "%" else []

    def _percent(self, left: Node, right: Node, depth: int) -> list[Value]:
        formats = self.values(left, depth)
        given = list(right.named_children) if right.type == "tuple" else [right]
        named = dict(self.items_of(right))
        results: list[Value] = []
        for value in formats:
            if not is_known(value):
                return []
            parts: list[list[Value]] = []
            position = 0
            for plain, key, conversion in re.findall(
                r"([^%]+)|%(?:\((\w+)\))?[-#0 +]*\d*(?:\.\d+)?([a-zA-Z%])", shown(value)
            ):
                if plain:
                    parts.append([(plain,)])
                elif conversion == "%":
                    parts.append([("%",)])
                else:
                    source = named.get(key) if key else given[position] if position < len(given) else None
                    position += 0 if key else 1
                    parts.append(self.values(source, depth) if source is not None else [(Hole(key or "?"),)])
            results += joined(parts)
        return results

    def _of_call(self, node: Node, depth: int) -> list[Value]:
        function = field(node, "function")
        target = field(function, "object") if function is not None and function.type == "attribute" else None
        name = call_name(node)
        positional, keywords = arguments(node)
        if name == "format" and target is not None:
            return self._format(target, positional, keywords, depth)
        if name == "join" and target is not None and len(positional) == 1 and positional[0].type in ("list", "tuple"):
            return self._join(self.values(target, depth), list(positional[0].named_children), depth)
        if name == "join" and target is not None and text(target).endswith("path"):
            return self._path(call=node, items=positional, depth=depth)
        if name in ("encode", "decode") and target is not None:
            return self.values(target, depth)
        if name in METHODS and target is not None and not keywords:
            return self._method(name, target, positional, depth)
        if name in ("str", "unicode", "text_type") and len(positional) == 1:
            return self.values(positional[0], depth)
        if name in ("get", "getenv") and len(positional) == 2:
            # The default of a setting that the sources do not hold.
            return self.values(positional[1], depth)
        return []

    def _join(self, separators: list[Value], items: list[Node], depth: int) -> list[Value]:
        parts: list[list[Value]] = []
        for index, item in enumerate(items):
            parts += [separators] * bool(index) + [self.values(item, depth)]
        return joined(parts)

    def _path(self, call: Node, items: list[Node], depth: int) -> list[Value]:
        """`os.path.join`, which begins anew with each path that is absolute."""
        given = field(call, "arguments")
        if given is None or any(child.type == "list_splat" for child in given.named_children):
            return []
        paths: list[Value] = [()]
        for item in items:
            paths = [
                part
                if not path or (isinstance(part[0], str) and part[0].startswith("/"))
                else joined([[path], [("" if str(path[-1]).endswith("/") else "/",)], [part]])[0]
                for path in paths
                for part in self.values(item, depth)
            ][: MOST_VALUES + 1]
        return paths if items else []

    def _method(self, name: str, target: Node, positional: list[Node], depth: int) -> list[Value]:
        given = [literal(one) for one in positional]
        values = self.values(target, depth)
        if None in given or not all(map(is_known, values)):
            return []
        try:
            return [(getattr(shown(value), name)(*given),) for value in values]
        except TypeError:
            return []

    def _format(self, target: Node, positional: list[Node], keywords: dict[str, Node], depth: int) -> list[Value]:
        results: list[Value] = []
        for value in self.values(target, depth):
            if not is_known(value):
                return []
            parts: list[list[Value]] = []
            position = 0
            for plain, key in re.findall(r"((?:[^{}]|\{\{|\}\})+)|\{([^{}]*)\}", shown(value)):
                if plain:
                    parts.append([(plain.replace("{{", "{").replace("}}", "}"),)])
                    continue
                source = keywords.get(key)
                if key.isdigit() or not key:
                    index = int(key) if key else position
                    position += not key
                    source = positional[index] if index < len(positional) else None
                parts.append(self.values(source, depth) if source is not None else [(Hole(key or "?"),)])
            results += joined(parts)
        return results

    def _of_identifier(self, node: Node, depth: int) -> list[Value]:
        return self._all(self.definitions(node), node, depth)

    def definitions(self, node: Node) -> list[Node | None]:
        """What a name is set to, where the place sees it."""
        name = text(node)
        scope = self.source.enclosing(node, *SCOPES)
        while scope is not None:
            if (scope.id, name) in self.names:
                return self.names[scope.id, name]
            # The names of a class are not seen from its functions.
            scope = self.source.enclosing(scope, *FUNCTIONS)
        return self.of_module(name)

    def of_module(self, name: str, depth: int = 0) -> list[Node | None]:
        """What a name of the module itself is set to, here or where it comes from."""
        if (0, name) in self.names:
            return self.names[0, name]
        if depth > DEEPEST:
            return []
        module, original = self.imported.get(name, ("", ""))
        for source, wanted in [(module, original)] if module else [(starred, name) for starred in self.starred]:
            other = self.project.module(source, self)
            found = other.of_module(wanted, depth + 1) if other is not None else []
            if found:
                return found
        return []

    def _of_attribute(self, node: Node, depth: int) -> list[Value]:
        return self._all(self.attribute_definitions(node), node, depth)

    def attribute_definitions(self, node: Node) -> list[Node | None]:
        """What an attribute of a module, of a class or of an object is set to."""
        target, attribute = field(node, "object"), field(node, "attribute")
        if target is None or attribute is None:
            return []
        name = text(attribute)
        if text(target) in self.modules:
            other = self.project.module(self.modules[text(target)], self)
            found = other.of_module(name) if other is not None else []
            if found:
                return found
        around = self.source.enclosing(node, "class_definition")
        of_class = field(around, "name") if around is not None else None
        is_own = of_class is not None and text(target) in ("self", "cls", "type(self)", "self.__class__")
        key = (text(of_class) if is_own and of_class is not None else text(target), name)
        if key in self.members:
            return self.members[key]
        module, original = self.imported.get(text(target), ("", ""))
        other = self.project.module(module, self) if module else None
        if other is not None and (original, name) in other.members:
            return other.members[original, name]
        return self.attributes.get(name, [])

    def _of_subscript(self, node: Node, depth: int) -> list[Value]:
        target, key = field(node, "value"), field(node, "subscript")
        wanted = literal(key) if key is not None else None
        if target is None or wanted is None:
            return []
        found = [value for name, value in self.items_of(target) if name == wanted]
        return [result for value in found for result in self.values(value, depth)]

    # Dictionaries and lists

    def items_of(self, node: Node) -> list[tuple[str, Node]]:
        """The keys that are known of a dictionary, and their values."""
        return [(name, value) for key, value in self.entries(node) if (name := self.key(key)) is not None]

    def key(self, key: Node) -> str | None:
        """What a key of a dictionary is, where the sources tell it."""
        owner = self.project.owner(key, self)
        parent = owner.source.parent(key)
        if parent is not None and parent.type == "keyword_argument":
            return text(key)
        values = owner.values(key)
        return shown(values[0]) if len(values) == 1 and is_known(values[0]) else None

    def entries(self, node: Node, depth: int = 0) -> list[tuple[Node, Node]]:
        """The keys of a dictionary and their values; a keyword of ``dict`` is a key too."""
        if depth > DEEPEST:
            return []
        owner = self.project.owner(node, self)
        if owner is not self:
            return owner.entries(node, depth)
        entries: list[tuple[Node, Node]] = []
        if node.type == "dictionary":
            for child in node.named_children:
                key, value = field(child, "key"), field(child, "value")
                if key is not None and value is not None:
                    entries.append((key, value))
                elif child.type == "dictionary_splat":
                    entries += self.entries(child.named_children[0], depth + 1)
        elif node.type in ("identifier", "attribute"):
            nodes = self.attribute_definitions(node) if node.type == "attribute" else self.definitions(node)
            for definition in nodes:
                entries += self.entries(definition, depth + 1) if definition is not None else []
            entries += self.items.get(text(node), [])
        elif node.type == "call" and call_name(node) in ("dict", "copy", "deepcopy"):
            function, given = field(node, "function"), field(node, "arguments")
            target = field(function, "object") if function is not None else None
            inner = argument(node, 0, "")
            for one in (inner, target):
                entries += self.entries(one, depth + 1) if one is not None else []
            for child in given.named_children if given is not None else []:
                key, value = field(child, "name"), field(child, "value")
                if child.type == "keyword_argument" and key is not None and value is not None:
                    entries.append((key, value))
                elif child.type == "dictionary_splat":
                    entries += self.entries(child.named_children[0], depth + 1)
        return entries

    def elements(self, node: Node, depth: int = 0) -> list[Node]:
        """The expressions in a list; the node itself where it is no list that can be seen."""
        owner = self.project.owner(node, self)
        if owner is not self:
            return owner.elements(node, depth)
        if node.type in ("list", "tuple", "set"):
            return [child for child in node.named_children if child.type != "comment"]
        if node.type in COMPREHENSIONS:
            body = field(node, "body")
            return [body] if body is not None else [node]
        if node.type in ("identifier", "attribute") and depth < DEEPEST:
            nodes = self.attribute_definitions(node) if node.type == "attribute" else self.definitions(node)
            if nodes and all(one is not None and one.type in ("list", "tuple", "set") for one in nodes):
                return [element for one in nodes if one is not None for element in self.elements(one, depth + 1)]
        return [node]
