"""``python -m mapr_streams_python COMMAND``: a demonstration, what is loaded, and the way from MapR to Apache Kafka."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from . import _info, demo
from .migration import check, config, names, run

# Each brings its parser by `add_command`, and with it the function that runs it.
COMMANDS = (demo, names, check, config, run, _info)

OK = 0
FINDINGS = 1
# argparse's own, too.
USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the result is the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m mapr_streams_python",
        description="A demonstration, what is loaded, and commands to move applications from MapR to Apache Kafka.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in COMMANDS:
        module.add_command(commands)
    options = parser.parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads has enough: `… | head`. What Python would still flush at its end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINDINGS
    return status


if __name__ == "__main__":
    sys.exit(main())
