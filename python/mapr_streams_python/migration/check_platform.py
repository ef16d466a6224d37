"""What an application asks the Data Fabric itself, which no client of Kafka can answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .check_findings import Finding
from .check_source import Source
from .check_syntax import Node, call_name, field, text

COMMANDS = {
    r"\bmaprcli\s+stream\s+topic\b": "maprcli manages topics of streams; on Kafka kafka-topics.sh does",
    r"\bmaprcli\s+stream\s+(?:assign|cursor)\b": "maprcli lists cursors; kafka-consumer-groups.sh lists offsets",
    r"\bmaprcli\b": "maprcli is the Data Fabric's; Kafka has no streams, and kafka-topics.sh creates topics",
    r"mapr-clusters\.conf": "mapr-clusters.conf tells the Data Fabric's clusters; Kafka's brokers are in "
    "bootstrap.servers, and the home cluster in MAPR_STREAMS_HOME_CLUSTER",
}
LINKS = ("islink", "readlink", "lexists", "is_symlink")


def find(source: Source, is_client: bool) -> Iterator[Finding]:
    """All such places of a file."""
    data = source.tree.data
    if not (is_client or b"mapr" in data or b"ojai" in data):
        return
    for node in source.root.below("string", "import_statement", "import_from_statement", "call"):
        if node.type == "string":
            yield from _command(source, node)
        elif node.type != "call":
            yield from _import(source, node)
        elif is_client and call_name(node) in LINKS:
            yield Finding.at(
                source,
                node,
                "platform",
                f"{call_name(node)}: a stream is a link in the Data Fabric's file system, a Kafka topic is in none; "
                "list_topics() says whether it is there",
            )


def _command(source: Source, string: Node) -> Iterator[Finding]:
    # A list of words is as good as a line.
    parent = string.parent
    if parent is not None and parent.type == "expression_statement":
        return
    words = text(string)
    if parent is not None and parent.type == "list" and parent.first_named == string:
        words = " ".join(text(child).strip("'\"") for child in parent.named_children)
    for pattern, problem in COMMANDS.items():
        if re.search(pattern, words):
            yield Finding.at(source, string, "platform", problem)
            return


def _import(source: Source, node: Node) -> Iterator[Finding]:
    names = [field(node, "module_name")] if node.type == "import_from_statement" else node.fields("name")
    for name in names:
        module = text(name) if name is not None else ""
        if re.match(r"mapr\.ojai\b|ojai\b", module) or (
            module == "mapr" and any(text(child) == "ojai" for child in node.fields("name"))
        ):
            yield Finding.at(source, node, "platform", "mapr.ojai is a client of MapR Database, and no matter of Kafka")
