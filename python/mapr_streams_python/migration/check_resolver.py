"""What an expression's text is, as far as the sources tell it without being run."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from .check_source import Source, argument, arguments, call_name, enclosing, field, text, walk
from .check_values import MOST_VALUES, Hole, Value, content, is_known, joined, literal, shown

if TYPE_CHECKING:
    from tree_sitter import Node

# How far names are followed to other names.
DEEPEST = 20

FUNCTIONS = ("function_definition", "lambda")


class Project:
    """The files that are checked together, so that a name may come from another of them."""

    def __init__(self) -> None:
        self.modules: dict[str, Resolver] = {}

    def add(self, source: Source) -> Resolver:
        """Read what a file's names are set to."""
        resolver = Resolver(source, self)
        self.modules.setdefault(Path(source.name).stem, resolver)
        return resolver


class Resolver:
    """What the names of one file are set to."""

    def __init__(self, source: Source, project: Project) -> None:
        self.project = project
        # By the function around, 0 for the module, and the name. None stands for what cannot be told.
        self.names: defaultdict[tuple[int, str], list[Node | None]] = defaultdict(list)
        self.attributes: defaultdict[str, list[Node | None]] = defaultdict(list)
        self.items: defaultdict[str, list[tuple[Node, Node]]] = defaultdict(list)
        self.imported: dict[str, tuple[str, str]] = {}
        for node in walk(source.root):
            self._note(node)

    # What is set where

    @staticmethod
    def _scope(node: Node) -> int:
        function = enclosing(node, *FUNCTIONS)
        return function.id if function is not None else 0

    def _note(self, node: Node) -> None:
        if node.type == "assignment":
            self._set(field(node, "left"), field(node, "right"))
        elif node.type == "augmented_assignment":
            self._set(field(node, "left"), None)
        elif node.type == "for_statement":
            right = field(node, "right")
            items: list[Node | None] = [None]
            if right is not None and right.type in ("list", "tuple", "set"):
                items = list(right.named_children)
            for item in items:
                self._set(field(node, "left"), item)
        elif node.type in ("default_parameter", "typed_default_parameter", "identifier", "typed_parameter"):
            self._note_parameter(node)
        elif node.type == "call" and call_name(node) in ("add_argument", "add_option"):
            self._note_option(node)
        elif node.type == "import_from_statement":
            module = field(node, "module_name")
            for name in node.children_by_field_name("name"):
                original, alias = (
                    (field(name, "name"), field(name, "alias")) if name.type == "aliased_import" else (name, name)
                )
                if module is not None and original is not None and alias is not None:
                    self.imported[text(alias)] = (text(module).split(".")[-1], text(original))

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
            self.names[self._scope(left), text(left)].append(right)
            if enclosing(left, *FUNCTIONS, "class_definition") is not None and self._scope(left) == 0:
                self.attributes[text(left)].append(right)
        elif left.type == "attribute":
            attribute = field(left, "attribute")
            if attribute is not None:
                self.attributes[text(attribute)].append(right)
        elif left.type == "subscript":
            target, key = field(left, "value"), field(left, "subscript")
            if target is not None and key is not None and right is not None:
                self.items[text(target)].append((key, right))

    def _note_parameter(self, node: Node) -> None:
        parameters = node.parent
        if parameters is None or parameters.type not in ("parameters", "lambda_parameters"):
            return
        function = parameters.parent
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
        found = self._values(node, depth) if depth < DEEPEST else []
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
                plain = inner is not None and not any(part.type == "format_specifier" for part in child.children)
                parts.append(self.values(inner, depth) if inner is not None and plain else [(Hole(text(child)[1:-1]),)])
        return joined(parts)

    def _of_concatenated_string(self, node: Node, depth: int) -> list[Value]:
        return joined([self.values(child, depth) for child in node.named_children if child.type == "string"])

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
        named = {key: value for key, value in self._pairs(right)} if right.type == "dictionary" else {}
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
            return self._join([("/",)], positional, depth)
        if name in ("encode", "decode", "strip", "rstrip") and target is not None and not keywords:
            return self.values(target, depth)
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
        function = enclosing(node, *FUNCTIONS)
        while function is not None:
            if (function.id, name) in self.names:
                return self.names[function.id, name]
            function = enclosing(function, *FUNCTIONS)
        if (0, name) in self.names:
            return self.names[0, name]
        module, original = self.imported.get(name, ("", ""))
        other = self.project.modules.get(module)
        return other.names.get((0, original), []) if other is not None and other is not self else []

    def _of_attribute(self, node: Node, depth: int) -> list[Value]:
        target, name = field(node, "object"), field(node, "attribute")
        if target is None or name is None:
            return []
        other = self.project.modules.get(text(target))
        if other is not None and other is not self and (0, text(name)) in other.names:
            return self._all(other.names[0, text(name)], node, depth)
        return self._all(self.attributes.get(text(name), []), node, depth)

    def _of_subscript(self, node: Node, depth: int) -> list[Value]:
        target, key = field(node, "value"), field(node, "subscript")
        wanted = literal(key) if key is not None else None
        if target is None or wanted is None:
            return []
        found = [value for name, value in self.items_of(target) if name == wanted]
        return [result for value in found for result in self.values(value, depth)]

    # Dictionaries and lists

    def _pairs(self, dictionary: Node) -> list[tuple[str, Node]]:
        pairs = []
        for pair in dictionary.named_children:
            key, value = field(pair, "key"), field(pair, "value")
            name = literal(key) if pair.type == "pair" and key is not None else None
            if name is not None and value is not None:
                pairs.append((name, value))
        return pairs

    def items_of(self, node: Node) -> list[tuple[str, Node]]:
        """The keys that are known of a dictionary, and their values."""
        return [(name, value) for key, value in self.entries(node) if (name := literal(key)) is not None]

    def entries(self, node: Node, depth: int = 0) -> list[tuple[Node, Node]]:
        """The keys of a dictionary and their values; a keyword of ``dict`` is a key too."""
        if depth > DEEPEST:
            return []
        entries: list[tuple[Node, Node]] = []
        if node.type == "dictionary":
            for child in node.named_children:
                key, value = field(child, "key"), field(child, "value")
                if key is not None and value is not None:
                    entries.append((key, value))
                elif child.type == "dictionary_splat":
                    entries += self.entries(child.named_children[0], depth + 1)
        elif node.type in ("identifier", "attribute"):
            name = field(node, "attribute") if node.type == "attribute" else None
            nodes = self.attributes.get(text(name), []) if name is not None else self.definitions(node)
            for definition in nodes:
                entries += self.entries(definition, depth + 1) if definition is not None else []
            entries += self.items.get(text(node), [])
        elif node.type == "call" and call_name(node) in ("dict", "copy", "deepcopy"):
            function = field(node, "function")
            target = field(function, "object") if function is not None else None
            inner = argument(node, 0, "")
            for one in (inner, target):
                entries += self.entries(one, depth + 1) if one is not None else []
        return entries

    def elements(self, node: Node, depth: int = 0) -> list[Node]:
        """The expressions in a list; the node itself where it is no list that can be seen."""
        if node.type in ("list", "tuple", "set"):
            return [child for child in node.named_children if child.type != "comment"]
        if node.type in ("identifier", "attribute") and depth < DEEPEST:
            name = field(node, "attribute") if node.type == "attribute" else None
            nodes = self.attributes.get(text(name), []) if name is not None else self.definitions(node)
            if nodes and all(one is not None and one.type in ("list", "tuple", "set") for one in nodes):
                return [element for one in nodes if one is not None for element in self.elements(one, depth + 1)]
        return [node]
