"""What the names of one file are set to: its assignments, parameters, options and what its functions return."""

from __future__ import annotations

from collections import defaultdict

from .check_outline import FUNCTIONS, SCOPES, class_of
from .check_source import Source
from .check_syntax import Node, arguments, call_name, field, text
from .check_values import MOST_VALUES, literal

PARAMETERS = ("default_parameter", "typed_default_parameter", "identifier", "typed_parameter")
PROPERTIES = ("property", "cached_property")


# What stands behind a function's name where it is what a call of it gives.
CALLED = "()"


class Definitions:
    """What a file sets, each as the expression that it is set to; None stands for what cannot be told."""

    def __init__(self, source: Source) -> None:
        # By the function or class around, 0 for the module, and the name. Here and below what a function returns has
        # its name, with CALLED behind it.
        self.names: defaultdict[tuple[int, str], list[Node | None]] = defaultdict(list)
        self.attributes: defaultdict[str, list[Node | None]] = defaultdict(list)
        # The same by the name of the class too, where it is known.
        self.members: defaultdict[tuple[str, str], list[Node | None]] = defaultdict(list)
        self.items: defaultdict[str, list[tuple[Node, Node]]] = defaultdict(list)
        # The parameters of functions: where they stand, behind self.
        self.parameters: dict[tuple[int, str], tuple[Node, int]] = {}
        for node in source.root.below(
            "function_definition",
            "assignment",
            "named_expression",
            "augmented_assignment",
            "for_statement",
            "for_in_clause",
            "call",
            "return_statement",
            "parameters",
            "lambda_parameters",
        ):
            self._note(node)

    def seen_from(self, node: Node, name: str) -> list[Node | None] | None:
        """What a name is set to, where the place sees it; None where the file does not set it."""
        scope = self._scope(node)
        while scope is not None:
            if (scope.id, name) in self.names:
                return self.names[scope.id, name]
            # The names of a class are not seen from its functions.
            scope = scope.enclosing(*FUNCTIONS)
        return self.names.get((0, name))

    def parameter(self, node: Node) -> tuple[Node, int] | None:
        """The function whose parameter a name is, and which one; None where it is none, or the last are many."""
        scope = self._scope(node)
        while scope is not None and (scope.id, text(node)) not in self.names:
            scope = scope.enclosing(*FUNCTIONS)
        return self.parameters.get((scope.id, text(node))) if scope is not None else None

    def _scope(self, node: Node) -> Node | None:
        """The function or class whose names a place sees first: of a parameter's default, what is around it."""
        scope = node.enclosing(*SCOPES)
        given = node.enclosing("parameters", "lambda_parameters")
        if scope is not None and given is not None and field(scope, "parameters") == given:
            return scope.enclosing(*SCOPES)
        return scope

    def _note(self, node: Node) -> None:
        kind = node.type
        if kind == "function_definition":
            self._note_function(node)
        elif kind == "assignment":
            self._set(field(node, "left"), field(node, "right"))
        elif kind == "named_expression":
            self._set(field(node, "name"), field(node, "value"))
        elif kind == "augmented_assignment":
            self._set(field(node, "left"), None)
        elif kind in ("for_statement", "for_in_clause"):
            right = field(node, "right")
            items: list[Node | None] = [None]
            if right is not None and right.type in ("list", "tuple", "set"):
                items = [child for child in right.named_children if child.type != "comment"]
            for item in items[: MOST_VALUES + 1]:
                self._set(field(node, "left"), item)
        elif kind in ("parameters", "lambda_parameters"):
            for child in node.named_children:
                self._note_parameter(node, child)
        elif kind == "call" and call_name(node) in ("add_argument", "add_option"):
            self._note_option(node)
        elif kind == "return_statement":
            self._note_return(node)

    def _note_function(self, node: Node) -> None:
        given = field(node, "parameters")
        own = [child for child in given.named_children if child.type != "comment"] if given is not None else []
        if class_of(node) is not None:
            own = own[1:]
        for position, parameter in enumerate(own):
            if parameter.type in ("list_splat_pattern", "dictionary_splat_pattern", "keyword_separator"):
                break
            name = field(parameter, "name") or (
                parameter.named_children[0] if parameter.type == "typed_parameter" else parameter
            )
            self.parameters[node.id, text(name)] = node, position

    def _note_return(self, node: Node) -> None:
        function = node.enclosing(*FUNCTIONS)
        name = field(function, "name") if function is not None else None
        if function is None or name is None:
            return
        value = next((child for child in node.named_children if child.type != "comment"), None)
        around = function.enclosing(*SCOPES)
        if around is not None and around.type == "class_definition":
            self._note_attribute(around, text(name) + CALLED, value)
            decorated = function.parent
            decorators = decorated.named_children if decorated is not None else []
            if any(text(one).rpartition(".")[2].lstrip("@").strip() in PROPERTIES for one in decorators[:-1]):
                self._note_attribute(around, text(name), value)
        else:
            self.names[around.id if around is not None else 0, text(name) + CALLED].append(value)

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
            scope = left.enclosing(*SCOPES)
            self.names[scope.id if scope is not None else 0, text(left)].append(right)
            if scope is not None and scope.type == "class_definition":
                self._note_attribute(scope, text(left), right)
        elif left.type == "attribute":
            target, attribute = field(left, "object"), field(left, "attribute")
            if attribute is not None:
                around = left.enclosing("class_definition")
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

    def _note_parameter(self, parameters: Node, node: Node) -> None:
        function = parameters.parent
        if node.type not in PARAMETERS:
            return
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
