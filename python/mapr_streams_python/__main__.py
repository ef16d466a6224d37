"""``python -m mapr_streams_python COMMAND``: for the way from MapR to Apache Kafka, and what is loaded."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import _info
from .migration import check, config, names, run

# Each brings its parser by `add_command`, and with it the function that runs it.
COMMANDS = (names, check, config, run, _info)

OK = 0
FINDINGS = 1
# argparse's own, too.
USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the result is the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m mapr_streams_python",
        description="Commands to move applications from MapR Event Store to Apache Kafka, and to see what is loaded.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in COMMANDS:
        module.add_command(commands)
    options = parser.parse_args(arguments)
    status: int = options.run(options)
    return status


if __name__ == "__main__":
    sys.exit(main())
