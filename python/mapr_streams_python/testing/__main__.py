"""Run a mock cluster as a process of its own, so that it shares no core and no interpreter lock with the clients."""

from __future__ import annotations

import argparse
import sys

from ._mock import MockCluster
from ._names import check_topic_name


def _topic(text: str) -> tuple[str, int]:
    name, separator, partitions = text.partition(":")
    try:
        check_topic_name(name)
        count = int(partitions) if separator else 1
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text}: at least 1 partition")
    return name, count


def _brokers(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: at least 1 broker")
    return int(text)


def main(arguments: list[str] | None = None) -> int:
    """Serve until standard input ends; the first line of output is ``READY <bootstrap servers>``."""
    parser = argparse.ArgumentParser(
        prog="python -m mapr_streams_python.testing",
        description='Run a mock Kafka cluster on loopback. Prints "READY <bootstrap servers>" once it takes '
        "connections, and serves until its standard input is closed (Ctrl-D, or the end of the program that started "
        "it).",
    )
    parser.add_argument("--brokers", type=_brokers, default=1, metavar="N", help="how many brokers (default: 1)")
    parser.add_argument(
        "--topic",
        type=_topic,
        action="append",
        default=[],
        metavar="NAME:PARTITIONS",
        help="create a topic; may be repeated",
    )
    options = parser.parse_args(arguments)
    with MockCluster(options.brokers) as cluster:
        for name, partitions in options.topic:
            cluster.create_topic(name, partitions)
        print(f"READY {cluster.bootstrap_servers}", flush=True)
        try:
            while sys.stdin.buffer.read(65536):
                pass
        except KeyboardInterrupt:
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
