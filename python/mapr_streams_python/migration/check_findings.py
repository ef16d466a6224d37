"""What the check finds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .check_source import Source
from .check_syntax import Node, column, line

# What each kind of finding is called in the output, and what is to be done about those that were found, once for all.
KINDS = {
    "unparsed": "Make the files that cannot be parsed Python 3.9 or later, for example with fissix, or with 2to3, which"
    " Python has up to 3.12; of those that cannot be read, the findings say what is wrong.",
    "topic": "Create the Kafka topics, with as many partitions as the streams' topics have.",
    "computed": "Look at the names that are computed: python -m mapr_streams_python topic NAME says what each becomes.",
    "collision": "Give names that become one Kafka topic a rule each, in the section [names] of the file of settings.",
    "name": "Correct the names that cannot become Kafka topics, or set what their findings say: a rule in the section"
    " [names], or MAPR_STREAMS_HOME_CLUSTER.",
    "property": "Look at the configuration properties.",
    "servers": "Set MAPR_STREAMS_BOOTSTRAP_SERVERS to the brokers, where the application runs.",
    "override": "Replace servers of the sources that are not the brokers, in [override] of the file of settings.",
    "async": "Rewrite async= as asynchronous=: --fix does it in calls of commit.",
    "import": "Look at the imports.",
    "loop": "Let loops that drain a topic end when each of its partitions has reported its end, and not the first.",
    "platform": "Replace what asks the Data Fabric and not a client.",
}

# How many characters of a finding's text are told.
LONGEST_TEXT = 1000


@dataclass(frozen=True)
class Edit:
    """Bytes of a file's text in UTF-8 to be replaced."""

    start: int
    end: int
    new: bytes


@dataclass
class Finding:
    """One line of the report."""

    file: str
    line: int
    column: int
    kind: str
    text: str
    # The name of a stream's topic, and of the Kafka topic that it becomes, where the finding is about one.
    name: str | None = None
    topic: str | None = None
    edits: tuple[Edit, ...] = field(default=(), repr=False)

    @property
    def place(self) -> tuple[int, int, str, str]:
        """What two findings of a file do not share."""
        return self.line, self.column, self.kind, self.text

    @classmethod
    def at(
        cls,
        source: Source,
        node: Node,
        kind: str,
        text: str,
        *,
        name: str | None = None,
        topic: str | None = None,
        edits: tuple[Edit, ...] = (),
    ) -> Finding:
        """Make the finding for a node of a file's tree."""
        return cls(source.name, line(node), column(node), kind, _in_one_line(text), name, topic, edits)

    @classmethod
    def unparsed(cls, file: str, line: int, text: str) -> Finding:
        """Make the finding for a line that has no tree."""
        return cls(file, line, 1, "unparsed", _in_one_line(text))


def _in_one_line(text: str) -> str:
    """A finding's text without what a terminal would obey, and without what nobody reads."""
    line = re.sub(r"\s*[\r\n]\s*", " ", text)
    line = re.sub(r"[\0-\x08\x0b-\x1f\x7f-\x9f]", lambda one: ascii(one[0])[1:-1], line)
    return line if len(line) <= LONGEST_TEXT else f"{line[:LONGEST_TEXT]}…"


def replacement(node: Node, new: str) -> tuple[Edit, ...]:
    """The edit that writes something else in the place of a node."""
    return (Edit(node.start_byte, node.end_byte, new.encode("utf-8")),)


def applied(data: bytes, edits: list[Edit]) -> bytes:
    """The text with all edits made."""
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        data = data[: edit.start] + edit.new + data[edit.end :]
    return data
