"""Text that a source tells without being run, with holes for what it does not tell."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from itertools import product
from typing import Union

from .check_syntax import Node, text

# Where a name may have more values than this, it is computed for our purpose.
MOST_VALUES = 8


# What is shown of an expression.
LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Hole:
    """A part that is known only when the program runs."""

    source: str

    def __str__(self) -> str:
        return self.source if len(self.source) <= LONGEST_SHOWN else f"{self.source[:LONGEST_SHOWN]}…"


# Text with holes.
Value = tuple[Union[str, Hole], ...]


def is_known(value: Value) -> bool:
    """Whether there is no hole in it."""
    return all(isinstance(part, str) for part in value)


def shown(value: Value) -> str:
    """The text, with the source of each hole in braces."""
    return "".join(part if isinstance(part, str) else f"{{{part}}}" for part in value)


def joined(parts: list[list[Value]]) -> list[Value]:
    """All texts that there are of parts which each may have several."""
    values = []
    for combination in product(*parts):
        merged: list[str | Hole] = []
        for part in (part for value in combination for part in value):
            if isinstance(part, str) and merged and isinstance(merged[-1], str):
                merged[-1] += part
            else:
                merged.append(part)
        values.append(tuple(merged))
        if len(values) > MOST_VALUES:
            break
    return values


def literal(node: Node) -> str | None:
    """The text of a string without interpolation."""
    if node.type == "concatenated_string":
        parts = [literal(child) for child in node.named_children if child.type == "string"]
        return None if None in parts else "".join(part for part in parts if part is not None)
    if node.type != "string" or any(child.type == "interpolation" for child in node.children):
        return None
    return "".join(content(node, child) for child in node.children if child.type == "string_content")


def content(string: Node, part: Node) -> str:
    """What a `string_content` of a string says."""
    prefix = text(string.children[0]).lower()
    piece = text(part)
    if "f" in prefix:
        piece = piece.replace("{{", "{").replace("}}", "}")
    if "r" in prefix or "\\" not in piece:
        return piece
    try:
        return str(ast.literal_eval('"""' + re.sub(r'(?<!\\)"', r"\"", piece) + '"""'))
    except (SyntaxError, ValueError):
        return piece
