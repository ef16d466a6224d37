"""``python -m mapr_streams_python COMMAND``: a demonstration, what is loaded, and the way from MapR to Apache Kafka."""

from __future__ import annotations

import contextlib
import os
import sys

if __name__ == "__main__":
    # `python -m` looks for modules where one stands first: an application is there, whose json.py is not what is meant.
    with contextlib.suppress(OSError):
        if sys.path[0] == os.getcwd() != os.path.dirname(os.path.dirname(__file__)):
            del sys.path[0]

import argparse  # noqa: E402
from collections.abc import Sequence  # noqa: E402

from . import _info, demo  # noqa: E402
from .migration import check, config, names, run  # noqa: E402

# Each brings its parser by `add_command`, and with it the function that runs it.
COMMANDS = (demo, names, check, config, run, _info)

OK = 0
FINDINGS = 1
# argparse's own, too.
USAGE = 2
# As shells say it of SIGINT.
INTERRUPTED = 130


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
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


if __name__ == "__main__":
    sys.exit(main())
