"""``python -m mapr_streams_python config``: what a client is made with here, and who says so."""

from __future__ import annotations

import argparse
import json
import sys

from ..cimpl import KafkaException, _effective_settings

DESCRIPTION = """\
Prints each property of a client whose application sets none: its value, and where it came from, which is a default, an
environment variable, or a line of the file that $MAPR_STREAMS_CONFIG names. What the application sets goes before all
of it but [override].
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to those of ``python -m mapr_streams_python``."""
    parser = commands.add_parser("config", help="the properties of clients here", description=DESCRIPTION)
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--producer", action="store_true", help="of producers alone")
    kinds.add_argument("--consumer", action="store_true", help="of consumers alone")
    parser.add_argument("--set", dest="set_only", action="store_true", help="leave out what is a default")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the properties. 2 where a setting is wrong."""
    kinds = [kind for kind in ("producer", "consumer") if getattr(options, kind)] or ["producer", "consumer"]
    try:
        found = {kind: _effective_settings(kind == "consumer") for kind in kinds}
    except KafkaException as error:
        print(f"error: {error.args[0].str()}", file=sys.stderr)
        return 2
    shown = {kind: [row[:3] for row in rows if row[3] or not options.set_only] for kind, rows in found.items()}
    if options.json:
        print(json.dumps({kind: [dict(zip(KEYS, row)) for row in rows] for kind, rows in shown.items()}, indent=2))
        return 0
    for number, (kind, rows) in enumerate(shown.items()):
        print(*([""] if number else []), f"# {kind}s", sep="\n")
        names, values = (max((min(len(row[column]), 48) for row in rows), default=0) for column in (0, 1))
        for name, value, origin in rows:
            print(f"{name:{names}} = {value:{values}}  # {origin}")
    return 0


KEYS = ("property", "value", "origin")
