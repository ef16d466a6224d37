"""What an expression's text is, as far as the sources tell it without being run."""

from __future__ import annotations

import re
from typing import Any

from .check_definitions import CALLED
from .check_project import Project
from .check_syntax import Node, argument, arguments, call_name, field, text
from .check_values import MOST_VALUES, Hole, Value, content, is_known, joined, literal, shown

# How far names are followed to other names.
DEEPEST = 20
# How much is known at most from one file to the next, of values, names, parameters and dictionaries.
MOST_KNOWN = 100_000

COMPREHENSIONS = ("list_comprehension", "set_comprehension", "generator_expression")
# Methods of text that can be called here, where all that they are given is known.
METHODS = ("strip", "lstrip", "rstrip", "lower", "upper", "replace")


class Resolver:
    """What the expressions of a project are. All of its files must have been added."""

    def __init__(self, project: Project) -> None:
        self.project = project
        # By the node and how far it is from the expression that was asked for: a name that is set to itself twice
        # would be followed on a number of ways that doubles with each step.
        self._known_values: dict[tuple[int, int], list[Value]] = {}
        # By what a name is set to, so that not each of its uses goes through all of it again.
        self._known_names: dict[tuple[int, str, int], tuple[list[Node | None], list[Value]]] = {}
        # By the function and its parameter.
        self._known_given: dict[tuple[int, str], list[Node | None]] = {}
        self._known_entries: dict[tuple[int, int], list[tuple[Node, Node]]] = {}
        self._known_named_entries: dict[
            tuple[int, str, int, int], tuple[list[Node | None], list[tuple[Node, Node]]]
        ] = {}

    def forget(self) -> None:
        """Let go of what is known by now, where it is much. It is found again where it is asked for."""
        known: list[dict[Any, Any]] = [
            self._known_values,
            self._known_names,
            self._known_given,
            self._known_entries,
            self._known_named_entries,
        ]
        if sum(map(len, known)) > MOST_KNOWN:
            for one in known:
                one.clear()

    def values(self, node: Node, depth: int = 0) -> list[Value]:
        """The texts that an expression may have: at least one, of holes if need be."""
        known = self._known_values.get((node.id, depth))
        if known is None:
            found = self._values(node, depth) if depth < DEEPEST else []
            unique = list(dict.fromkeys(found))
            known = unique if 0 < len(unique) <= MOST_VALUES else [(Hole(text(node)),)]
            self._known_values[node.id, depth] = known
        return known

    def _values(self, node: Node, depth: int) -> list[Value]:
        known = literal(node)
        if known is not None:
            return [(known,)]
        find = getattr(self, f"_of_{node.type}", None)
        return find(node, depth + 1) if find is not None else []

    def _all(self, nodes: list[Node | None], unknown: Node, depth: int) -> list[Value]:
        key = id(nodes), text(unknown), depth
        if key in self._known_names:
            return self._known_names[key][1]
        # A name that is declared with None is set to what it is somewhere else.
        set_to = [node for node in nodes if node is None or node.type != "none"] or nodes
        found: dict[Value, None] = {}
        for node in set_to:
            if node is None or node.type == "none":
                found[(Hole(text(unknown)),)] = None
            else:
                found.update(dict.fromkeys(self.values(node, depth)))
            if len(found) > MOST_VALUES:
                break
        # The nodes are kept, since another list could have the id of one that is gone.
        self._known_names[key] = nodes, list(found)
        return self._known_names[key][1]

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
        return [(number,)] if number.isdecimal() and (number == "0" or number[0] != "0") else []

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
        named = dict(self.items_of(right, depth))
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
        default = self._default(name, target, positional, keywords)
        if default is not None:
            return self.values(default, depth)
        # Of what the function itself only computes, the call says more.
        return [
            value if any(isinstance(part, str) for part in value) else (Hole(text(node)),)
            for value in self._all(self._returned(node), node, depth)
        ]

    def _default(
        self, name: str, target: Node | None, positional: list[Node], keywords: dict[str, Node]
    ) -> Node | None:
        """The default of a setting that the sources do not hold."""
        if name == "get" and "fallback" in keywords:
            return keywords["fallback"]
        if name not in ("get", "getenv") or len(positional) != 2:
            return None
        # ConfigParser.get(section, option) has none.
        second = literal(positional[1])
        is_option = name == "get" and (second is None or re.fullmatch(r"[\w.-]+", second) is not None)
        of_dictionary = target is not None and (text(target).endswith("environ") or bool(self.entries(target)))
        return positional[1] if not is_option or of_dictionary else None

    def _of_await(self, node: Node, depth: int) -> list[Value]:
        return self.values(node.named_children[0], depth)

    def _returned(self, call: Node) -> list[Node | None]:
        """What a call of a function that is among the sources gives."""
        function = field(call, "function")
        if function is None or function.type not in ("identifier", "attribute"):
            return []
        named = [field(one, "body") for one in self.definitions(function) if one is not None and one.type == "lambda"]
        return named or self.definitions(function, CALLED)

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
                if re.fullmatch("[0-9]{0,4}", key):
                    index = int(key) if key else position
                    position += not key
                    source = positional[index] if index < len(positional) else None
                parts.append(self.values(source, depth) if source is not None else [(Hole(key or "?"),)])
            results += joined(parts)
        return results

    def _of_identifier(self, node: Node, depth: int) -> list[Value]:
        return self._all(self.definitions(node), node, depth)

    def _of_attribute(self, node: Node, depth: int) -> list[Value]:
        return self._all(self.definitions(node), node, depth)

    def _of_subscript(self, node: Node, depth: int) -> list[Value]:
        target, key = field(node, "value"), field(node, "subscript")
        wanted = literal(key) if key is not None else None
        if target is None or wanted is None:
            return []
        found = [value for name, value in self.items_of(target, depth) if name == wanted]
        return [result for value in found for result in self.values(value, depth)]

    # Dictionaries and lists

    def items_of(self, node: Node, depth: int = 0) -> list[tuple[str, Node]]:
        """The keys that are known of a dictionary, and their values."""
        items = [(self.key(key, depth + 1), value) for key, value in self.entries(node, depth)]
        return [(name, value) for name, value in items if name is not None]

    def key(self, key: Node, depth: int = 0) -> str | None:
        """What a key of a dictionary is, where the sources tell it."""
        parent = key.parent
        if parent is not None and parent.type == "keyword_argument":
            return text(key)
        values = self.values(key, depth)
        return shown(values[0]) if len(values) == 1 and is_known(values[0]) else None

    def entries(self, node: Node, depth: int = 0) -> list[tuple[Node, Node]]:
        """The keys of a dictionary and their values; a keyword of ``dict`` is a key too."""
        known = self._known_entries.get((node.id, depth))
        if known is None:
            found = self._entries(node, depth) if depth <= DEEPEST else []
            # A dictionary that is made of itself has each of its entries once.
            known = list({(key.id, value.id): (key, value) for key, value in found}.values())
            self._known_entries[node.id, depth] = known
        return known

    def _entries(self, node: Node, depth: int) -> list[tuple[Node, Node]]:
        entries: list[tuple[Node, Node]] = []
        if node.type == "dictionary":
            for child in node.named_children:
                key, value = field(child, "key"), field(child, "value")
                if key is not None and value is not None:
                    entries.append((key, value))
                elif child.type == "dictionary_splat":
                    entries += self.entries(child.named_children[0], depth + 1)
        elif node.type in ("identifier", "attribute"):
            return self._named_entries(node, depth)
        elif node.type == "call" and call_name(node) not in ("dict", "copy", "deepcopy"):
            for one in self._returned(node):
                entries += self.entries(one, depth + 1) if one is not None else []
        elif node.type == "call":
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

    def _named_entries(self, node: Node, depth: int) -> list[tuple[Node, Node]]:
        definitions, owner = self.definitions(node), self.project.owner(node)
        key = id(definitions), text(node), id(owner), depth
        if key not in self._known_named_entries:
            found: dict[tuple[int, int], tuple[Node, Node]] = {}
            for definition in definitions:
                entries = self.entries(definition, depth + 1) if definition is not None else []
                found.update({(name.id, value.id): (name, value) for name, value in entries})
            entries = [*found.values(), *owner.own.items.get(text(node), [])]
            # The definitions are kept as those of `_all` are.
            self._known_named_entries[key] = definitions, entries
        return self._known_named_entries[key][1]

    def elements(self, node: Node, depth: int = 0) -> list[Node]:
        """The expressions in a list; the node itself where it is no list that can be seen."""
        if node.type in ("list", "tuple", "set"):
            found: list[Node] = []
            for child in node.named_children:
                if child.type == "list_splat" and depth < DEEPEST:
                    found += self.elements(child.named_children[0], depth + 1)
                elif child.type != "comment":
                    found.append(child)
            return found
        if node.type in COMPREHENSIONS:
            body = field(node, "body")
            return [body] if body is not None else [node]
        if node.type in ("identifier", "attribute", "call") and depth < DEEPEST:
            nodes = self._returned(node) if node.type == "call" else self.definitions(node)
            if nodes and all(one is not None and one.type in ("list", "tuple", "set") for one in nodes):
                return [element for one in nodes if one is not None for element in self.elements(one, depth + 1)]
        return [node]

    def definitions(self, node: Node, called: str = "") -> list[Node | None]:
        """What a name or an attribute is set to; with `CALLED`, what the function of this name returns."""
        owner = self.project.owner(node)
        if node.type == "attribute":
            return owner.attribute_definitions(node, called)
        found = owner.definitions(node, called)
        return found if called else self._with_given(node, found)

    def _with_given(self, node: Node, found: list[Node | None]) -> list[Node | None]:
        """The same with what calls give, where the name is a parameter."""
        parameter = self.project.owner(node).own.parameter(node)
        if parameter is None:
            return found
        function, position = parameter
        key = function.id, text(node)
        if key not in self._known_given:
            given = self.project.given(function, position, text(node))
            if None in given and any(one is not None for one in found):
                # Those have its default.
                given = [one for one in given if one is not None]
            own = list(found)
            if given and None in own:
                own.remove(None)
            self._known_given[key] = own + given
        return self._known_given[key]
