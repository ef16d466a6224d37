"""``python -m mapr_streams_python topic``: which Kafka topic a stream's topic becomes, and back."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Iterable, Iterator

from ..cimpl import KafkaException, _TopicNames
from .settings import BOOTSTRAP_SERVERS, SettingsError, add_name_options, topic_names

DESCRIPTION = """\
Prints the Kafka topic that each name becomes, and the command that creates it. Names without a stream are Kafka's
already, unless there is a default stream. A name of - is read from standard input, line by line.
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to those of ``python -m mapr_streams_python``."""
    parser = commands.add_parser("topic", help="the Kafka topics of stream names, and back", description=DESCRIPTION)
    parser.add_argument("names", nargs="+", metavar="NAME", help="/path/to/stream:topic, or - for standard input")
    parser.add_argument("--reverse", action="store_true", help="from Kafka topics to stream names")
    parser.add_argument("--plain", action="store_true", help="print the results alone, one on each line")
    add_name_options(parser)
    parser.add_argument(
        "--partitions",
        type=_positive,
        metavar="N",
        help="for the command that creates the topic; take as many as the stream's topic has",
    )
    parser.add_argument(
        "--bootstrap-server",
        metavar="HOST:PORT",
        help=f"for the command that creates the topic (default: ${BOOTSTRAP_SERVERS}, or localhost:9092)",
    )
    parser.set_defaults(run=run)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: at least 1 partition")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Print what the names become. 1 where one of them becomes nothing, 2 where the rules are wrong."""
    try:
        mapping = topic_names(options)
    except SettingsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    translate = _reversed if options.reverse else _forward
    status = 0
    for name in _names(options.names):
        try:
            lines = translate(mapping, name, options)
        except (KafkaException, LookupError, ValueError) as error:
            what = error.args[0]
            print(f"error: {what.str() if isinstance(error, KafkaException) else what}", file=sys.stderr)
            status = 1
        else:
            print(*lines, sep="\n")
    return status


def _names(given: Iterable[str]) -> Iterator[str]:
    for name in given:
        if name == "-":
            yield from filter(None, (line.rstrip("\r\n") for line in sys.stdin))
        else:
            yield name


def _forward(mapping: _TopicNames, name: str, options: argparse.Namespace) -> list[str]:
    topic = mapping.kafka_topic(name)
    if topic == name and not topic.startswith("^"):
        # Kafka's own, which nobody has looked at yet.
        from ..testing._names import check_topic_name

        check_topic_name(topic)
    if options.plain:
        return [topic]
    if topic.startswith("^"):
        return [f"{name} = {topic}", "  # a pattern: it matches topics, and creates none"]
    return [f"{name} = {topic}", f"  {create_command(topic, options.partitions, options.bootstrap_server)}"]


def create_command(topic: str, partitions: int | None = None, bootstrap_server: str | None = None) -> str:
    """Return the command line that creates a topic with Kafka's own tool."""
    server = bootstrap_server or os.environ.get(BOOTSTRAP_SERVERS) or "localhost:9092"
    command = ["kafka-topics.sh", "--bootstrap-server", server, "--create", "--if-not-exists", "--topic", topic]
    if partitions:
        command += ["--partitions", str(partitions)]
    return shlex.join(command)


def _reversed(mapping: _TopicNames, topic: str, options: argparse.Namespace) -> list[str]:
    name = mapping.stream_name(topic)
    if name is None:
        raise LookupError(f"{topic}: no stream's topic becomes this Kafka topic, by these rules")
    return [name if options.plain else f"{topic} = {name}"]
