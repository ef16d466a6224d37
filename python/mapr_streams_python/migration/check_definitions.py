"""What the names of one file are set to: its assignments, parameters, options, imports and classes."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from .check_source import Source, arguments, call_name, field, text, walk
from .check_values import MOST_VALUES, literal

if TYPE_CHECKING:
    from tree_sitter import Node

FUNCTIONS = ("function_definition", "lambda")
SCOPES = (*FUNCTIONS, "class_definition")
PROPERTIES = ("property", "cached_property")


# What stands behind a function's name where it is what a call of it gives.
CALLED = "()"


class Definitions:
    """What a file sets, each as the expression that it is set to; None stands for what cannot be told."""

    def __init__(self, source: Source) -> None:
        self.source = source
        # By the function or class around, 0 for the module, and the name. Here and below what a function returns has
        # its name, with CALLED behind it.
        self.names: defaultdict[tuple[int, str], list[Node | None]] = defaultdict(list)
        self.attributes: defaultdict[str, list[Node | None]] = defaultdict(list)
        # The same by the name of the class too, where it is known.
        self.members: defaultdict[tuple[str, str], list[Node | None]] = defaultdict(list)
        self.items: defaultdict[str, list[tuple[Node, Node]]] = defaultdict(list)
        # Names of other modules' names, names of modules, and modules all of whose names are taken.
        self.imported: dict[str, tuple[str, str]] = {}
        self.modules: dict[str, str] = {}
        self.starred: list[str] = []
        # The classes, and what each is derived from.
        self.classes: defaultdict[str, list[str]] = defaultdict(list)
        # The calls and the functions of each name, and the parameters of functions: where they stand, behind self.
        self.calls: defaultdict[str, list[Node]] = defaultdict(list)
        self.functions: defaultdict[str, list[Node]] = defaultdict(list)
        self.parameters: dict[tuple[int, str], tuple[Node, int]] = {}
        # Those that have a constructor of their own.
        self.initialised: set[str] = set()
        for node in walk(source.root):
            self._note(node)

    def seen_from(self, node: Node, name: str) -> list[Node | None] | None:
        """What a name is set to, where the place sees it; None where the file does not set it."""
        scope = self._scope(node)
        while scope is not None:
            if (scope.id, name) in self.names:
                return self.names[scope.id, name]
            # The names of a class are not seen from its functions.
            scope = self.source.enclosing(scope, *FUNCTIONS)
        return self.names.get((0, name))

    def parameter(self, node: Node) -> tuple[Node, int] | None:
        """The function whose parameter a name is, and which one; None where it is none, or the last are many."""
        scope = self._scope(node)
        while scope is not None and (scope.id, text(node)) not in self.names:
            scope = self.source.enclosing(scope, *FUNCTIONS)
        return self.parameters.get((scope.id, text(node))) if scope is not None else None

    def _scope(self, node: Node) -> Node | None:
        """The function or class whose names a place sees first: of a parameter's default, what is around it."""
        scope = self.source.enclosing(node, *SCOPES)
        given = self.source.enclosing(node, "parameters", "lambda_parameters")
        if scope is not None and given is not None and field(scope, "parameters") == given:
            return self.source.enclosing(scope, *SCOPES)
        return scope

    def class_of(self, function: Node) -> str | None:
        """The class whose method a function is."""
        around = self.source.enclosing(function, *SCOPES)
        name = field(around, "name") if around is not None and around.type == "class_definition" else None
        return text(name) if name is not None else None

    def _note(self, node: Node) -> None:
        if node.type == "call":
            self.calls[call_name(node)].append(node)
        elif node.type == "function_definition":
            self._note_function(node)
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
        elif node.type == "class_definition":
            self._note_class(node)
        elif node.type == "function_definition" and text(field(node, "name") or node) == "__init__":
            around = field(self.source.enclosing(node, *SCOPES) or node, "name")
            self.initialised.add(text(around) if around is not None else "")
        elif node.type == "return_statement":
            self._note_return(node)

    def _note_function(self, node: Node) -> None:
        self.functions[text(field(node, "name") or node)].append(node)
        given = field(node, "parameters")
        own = [child for child in given.named_children if child.type != "comment"] if given is not None else []
        if self.class_of(node) is not None:
            own = own[1:]
        for position, parameter in enumerate(own):
            if parameter.type in ("list_splat_pattern", "dictionary_splat_pattern", "keyword_separator"):
                break
            name = field(parameter, "name") or (
                parameter.named_children[0] if parameter.type == "typed_parameter" else parameter
            )
            self.parameters[node.id, text(name)] = node, position

    def _note_class(self, node: Node) -> None:
        name, bases = field(node, "name"), field(node, "superclasses")
        if name is not None:
            self.classes[text(name)] += [
                text(base)
                for base in (bases.named_children if bases is not None else [])
                if base.type in ("identifier", "attribute")
            ]

    def _note_return(self, node: Node) -> None:
        function = self.source.enclosing(node, *FUNCTIONS)
        name = field(function, "name") if function is not None else None
        if function is None or name is None:
            return
        value = next((child for child in node.named_children if child.type != "comment"), None)
        around = self.source.enclosing(function, *SCOPES)
        if around is not None and around.type == "class_definition":
            self._note_attribute(around, text(name) + CALLED, value)
            decorated = self.source.parent(function)
            decorators = decorated.named_children if decorated is not None else []
            if any(text(one).rpartition(".")[2].lstrip("@").strip() in PROPERTIES for one in decorators[:-1]):
                self._note_attribute(around, text(name), value)
        else:
            self.names[around.id if around is not None else 0, text(name) + CALLED].append(value)

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
