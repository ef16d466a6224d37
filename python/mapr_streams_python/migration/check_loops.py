"""Loops that end at the first end of a partition.

A stream's topic has one partition more often than not, and a Kafka topic has several: each of them reports its end, and
a loop that takes the first report for the end of the topic leaves messages behind.

The body of each loop is followed as it runs for a message whose error is `_PARTITION_EOF`. Branches that depend on
anything else are left out, so that a loop which counts the ends is no finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto

from .check_findings import Finding
from .check_source import Source
from .check_syntax import Node, call_name, field, line, text, walk

LOOPS = ("while_statement", "for_statement")
READS = ("poll", "consume")
END = "_PARTITION_EOF"
END_CODE = "-191"

TEXT = (
    "the loop that begins in line {loop} ends here at the first _PARTITION_EOF: a Kafka topic has several partitions, "
    "each reports its end, and what the others still hold is not read. Count the ends: one for each assigned partition"
)


def find(source: Source) -> Iterator[Finding]:
    """All such loops of a file."""
    loops = [loop for loop in source.root.below(*LOOPS) if _reads(loop)]
    functions = _functions(source) if loops else {}
    for loop in loops:
        try:
            end = _Follower(functions, loop).follow()
        except RecursionError:
            # A condition that is so deep in itself is no hand's.
            continue
        if end is not None:
            yield Finding.at(source, end, "loop", TEXT.format(loop=line(loop)))


def _functions(source: Source) -> dict[str, Node]:
    """The functions of a file, lambdas with a name too, but for those that share their name."""
    found: dict[str, list[Node]] = {}
    for node in source.root.below("function_definition", "assignment"):
        name, function = field(node, "name"), node
        if node.type == "assignment":
            name, function = field(node, "left"), field(node, "right") or node
        if name is not None and function.type in ("function_definition", "lambda"):
            found.setdefault(text(name), []).append(function)
    return {name: functions[0] for name, functions in found.items() if len(functions) == 1}


def _reads(loop: Node) -> bool:
    """Whether a loop itself, and not one inside of it, takes messages from a consumer."""
    iterated = field(loop, "right")
    if iterated is not None and _calls_one(iterated):
        # `for message in consumer.consume(100)` goes through one batch. The loop around it is the one that drains.
        return loop.enclosing("while_statement") is None
    return any(call_name(call) in READS and call.enclosing(*LOOPS) == loop for call in loop.below("call")) or any(
        inner.enclosing(*LOOPS) == loop and _calls_one(field(inner, "right") or inner)
        for inner in loop.below("for_statement")
    )


def _calls_one(node: Node) -> bool:
    """Whether something in it is a call that takes messages."""
    return any(call_name(call) in READS for call in node.below("call"))


class _What(Enum):
    """What an expression is for the message that ends a partition."""

    ERROR = auto()
    CODE = auto()
    NAME = auto()
    TRUE = auto()
    FALSE = auto()
    NONE = auto()
    END = auto()


class _Exit(Enum):
    GO_ON = auto()
    NEXT_ROUND = auto()


class _Follower:
    """Follows one loop, or a function that tells it whether a message is the end of a partition."""

    def __init__(self, functions: dict[str, Node], loop: Node) -> None:
        self.functions = functions
        self.loop = loop
        self.known: dict[str, _What | None] = {}
        condition = field(loop, "condition")
        self.condition = condition
        # Names that end the loop when they are set, and the value that does: `while running`, `while not done`.
        self.flags: dict[str, bool] = {}
        if condition is not None:
            self._note_flags(condition)

    def _note_flags(self, condition: Node, value: bool = False) -> None:
        if condition.type == "parenthesized_expression":
            self._note_flags(condition.named_children[0], value)
        elif condition.type == "not_operator":
            inner = field(condition, "argument")
            if inner is not None:
                self._note_flags(inner, not value)
        elif condition.type in ("identifier", "attribute"):
            self.flags[text(condition)] = value
        elif condition.type == "boolean_operator" and text(field(condition, "operator") or condition) == "and":
            for side in (field(condition, "left"), field(condition, "right")):
                if side is not None and not value:
                    self._note_flags(side, value)
        elif condition.type == "comparison_operator" and len(condition.named_children) == 2:
            left, right = condition.named_children
            if text(right) in ("True", "False") and text(condition.children[1]) in ("==", "is"):
                self.flags[text(left)] = text(right) != "True"

    def follow(self) -> Node | None:
        """The statement that ends the loop, or None where none does."""
        if self.loop.type == "for_statement":
            self._note_message(self.loop)
        body = field(self.loop, "body")
        end = self._block(body, False, True) if body is not None else None
        return self._condition() if end is None or isinstance(end, _Exit) else end

    def _condition(self) -> Node | None:
        """The loop's condition where it does not hold for the end of a partition: `while not message.error():`."""
        if self.condition is None or not self._is_about_the_end(self.condition):
            return None
        return self.condition if self._truth(self.condition) is False else None

    def _note_message(self, loop: Node) -> None:
        """The name that a loop gives to each message."""
        name = field(loop, "left")
        if name is not None:
            self.known[text(name)] = _What.TRUE

    def _block(self, block: Node, depends: bool, is_ours: bool) -> Node | _Exit | None:
        """Follow statements.

        Args:
            depends: these run because a partition has ended.
            is_ours: a break in them ends our loop.
        """
        for statement in block.named_children:
            end = self._statement(statement, depends, is_ours)
            if end is not None:
                return end
        return None

    def _statement(self, node: Node, depends: bool, is_ours: bool) -> Node | _Exit | None:
        if node.type == "expression_statement" and node.named_children:
            return self._expression(node.named_children[0], depends)
        if node.type == "if_statement":
            return self._if(node, depends, is_ours)
        if node.type in ("with_statement", "try_statement"):
            body = field(node, "body")
            return self._block(body, depends, is_ours) if body is not None else None
        if node.type == "for_statement":
            self._note_message(node)
            body = field(node, "body")
            end = self._block(body, depends, False) if body is not None else None
            return end if not isinstance(end, _Exit) else None
        if node.type == "break_statement":
            return (node if depends else _Exit.NEXT_ROUND) if is_ours else _Exit.GO_ON
        if node.type in ("return_statement", "raise_statement"):
            return node if depends else _Exit.NEXT_ROUND
        if node.type == "continue_statement":
            return _Exit.NEXT_ROUND
        return None

    def _expression(self, node: Node, depends: bool) -> Node | None:
        if node.type == "assignment":
            left, right = field(node, "left"), field(node, "right")
            if left is not None and right is not None:
                if depends and text(right) in ("True", "False", "0", "1"):
                    ends = self.flags.get(text(left))
                    if ends is not None and ends is (text(right) in ("True", "1")):
                        return node
                self.known[text(left)] = self._what(right)
        elif (
            node.type == "call"
            and depends
            and text(field(node, "function") or node) in ("sys.exit", "exit", "quit", "os._exit")
        ):
            return node
        return None

    def _if(self, node: Node, depends: bool, is_ours: bool) -> Node | _Exit | None:
        branches: list[tuple[Node | None, Node | None]] = [(field(node, "condition"), field(node, "consequence"))]
        for alternative in node.fields("alternative"):
            if alternative.type == "elif_clause":
                branches.append((field(alternative, "condition"), field(alternative, "consequence")))
            else:
                branches.append((None, field(alternative, "body")))
        hinges = False
        for condition, block in branches:
            truth = True if condition is None else self._truth(condition)
            hinges = hinges or (condition is not None and self._is_about_the_end(condition))
            if truth is None:
                # It depends on something else, whatever this condition says: only what is the same in any case counts.
                return None
            if truth:
                return self._block(block, depends or hinges, is_ours) if block is not None else None
        return None

    def _is_about_the_end(self, condition: Node) -> bool:
        return any(
            self._what(node) in (_What.ERROR, _What.CODE, _What.NAME, _What.END)
            or (node.type == "call" and self._returned(node) is not None)
            for node in walk(condition)
        )

    def _returned(self, call: Node) -> bool | None:
        """What a function of this file says of the message; None where that depends on anything else."""
        name = call_name(call)
        function = self.functions.get(name)
        if function is None or name in READS:
            return None
        # A function that calls itself is not found by its own.
        others = {other: one for other, one in self.functions.items() if one != function}
        inner = _Follower(others, function)
        body = field(function, "body")
        if body is None:
            return None
        if not any(inner._what(node) in (_What.CODE, _What.NAME, _What.END) for node in walk(body)):
            return None
        return inner._truth(body) if function.type == "lambda" else inner._returned_by(body)

    def _returned_by(self, block: Node) -> bool | None:
        for statement in block.named_children:
            if statement.type == "return_statement":
                return self._truth(statement.named_children[0]) if statement.named_children else False
            if statement.type == "expression_statement":
                self._expression(statement.named_children[0], False)
            elif statement.type == "if_statement":
                condition, consequence = field(statement, "condition"), field(statement, "consequence")
                truth = self._truth(condition) if condition is not None else None
                if truth is None or statement.fields("alternative"):
                    return None
                if truth and consequence is not None:
                    return self._returned_by(consequence)
            elif statement.type != "comment":
                return None
        return False

    def _truth(self, node: Node) -> bool | None:
        if node.type == "parenthesized_expression":
            return self._truth(node.named_children[0])
        if node.type == "not_operator":
            inner = field(node, "argument")
            truth = self._truth(inner) if inner is not None else None
            return None if truth is None else not truth
        if node.type == "boolean_operator":
            return self._both(node)
        if node.type == "comparison_operator":
            return self._compared(node)
        what = self._what(node)
        if what in (_What.FALSE, _What.NONE):
            return False
        if what is None and node.type == "call":
            return self._returned(node)
        return None if what is None else True

    def _both(self, node: Node) -> bool | None:
        left, right, operator = field(node, "left"), field(node, "right"), field(node, "operator")
        if left is None or right is None or operator is None:
            return None
        truths = (self._truth(left), self._truth(right))
        decisive = bool(operator.type == "or")
        if decisive in truths:
            return decisive
        return None if None in truths else not decisive

    def _compared(self, node: Node) -> bool | None:
        operands = node.named_children
        if len(operands) != 2:
            return None
        operator = " ".join(child.type for child in node.children if not child.is_named)
        left, right = (self._what(operand) for operand in operands)
        is_same: bool | None = None
        if right is _What.NONE:
            is_same = None if left is None else left is _What.NONE
        elif {left, right} == {_What.CODE, _What.END} or left is _What.NAME:
            is_same = True if left is not _What.NAME else END in text(operands[1])
        elif left is _What.CODE and operator in ("in", "not in"):
            members = list(walk(operands[1]))
            is_same = any(self._what(member) is _What.END for member in members) or None
            return is_same if operator == "in" or is_same is None else not is_same
        elif left is _What.CODE and right is None and "KafkaError." in text(operands[1]):
            is_same = False
        if is_same is None or operator not in ("==", "!=", "<>", "is", "is not"):
            return None
        return is_same if operator in ("==", "is") else not is_same

    def _what(self, node: Node) -> _What | None:
        source = text(node)
        if source in self.known:
            return self.known[source]
        if node.type == "parenthesized_expression":
            return self._what(node.named_children[0])
        if node.type in ("true", "false", "none"):
            return {"true": _What.TRUE, "false": _What.FALSE, "none": _What.NONE}[node.type]
        if source.replace(" ", "") == END_CODE or (node.type in ("attribute", "identifier") and source.endswith(END)):
            return _What.END
        if node.type == "call":
            name = call_name(node)
            if name in READS:
                # The message itself, which is there.
                return _What.TRUE
            function = field(node, "function")
            target = field(function, "object") if function is not None and function.type == "attribute" else None
            if target is not None and name in ("error", "code", "name"):
                return {"error": _What.ERROR, "code": _What.CODE, "name": _What.NAME}[name]
        return None
