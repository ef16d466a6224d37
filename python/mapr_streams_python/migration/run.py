"""``python -m mapr_streams_python run``: a program that imports ``confluent_kafka`` gets this package."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from .._alias import DIALECTS, START, installed_version
from .._version import __version__

ALIAS = "confluent_kafka"
RUN_AS = "MAPR_STREAMS_RUN_AS"
DIALECT = "MAPR_STREAMS_COMPATIBILITY"
USAGE = "run PROGRAM.py, run COMMAND, or run -m MODULE, each with its own arguments behind it"

DESCRIPTION = """\
Runs a program, a module or a command, and every Python that it starts, with confluent_kafka being this package: MapR's
own had that name from EEP 5.0 on. Nothing is installed, and what is installed under that name stays as it is.
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to those of ``python -m mapr_streams_python``."""
    parser = commands.add_parser(
        "run",
        help="run a program that imports confluent_kafka",
        description=DESCRIPTION,
        usage="%(prog)s [-h] [--dialect {mapr,kafka}] (PROGRAM | COMMAND | -m MODULE) [ARGUMENT ...]",
    )
    parser.add_argument(
        "--dialect",
        choices=DIALECTS,
        help=f"whose rules hold where MapR's differ from librdkafka's (default: ${DIALECT}, or mapr)",
    )
    parser.add_argument("-m", dest="module", action="store_true", help="the program is a module's name")
    parser.add_argument("program", nargs="?", metavar="PROGRAM", help="a Python source, a command on PATH, or a module")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGUMENT", help="the program's own")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Become the program. Returns only where there is none."""
    # As clients read the variable.
    dialect = options.dialect or os.environ.get(DIALECT, "").lower() or "mapr"
    problem = None
    if dialect not in DIALECTS:
        problem = f'environment variable {DIALECT} must be "mapr" or "kafka", not "{os.environ[DIALECT]}"'
    elif options.program is None:
        problem = f"no {'module' if options.module else 'program'} is named ({USAGE})"
    command = None if problem else _command(options.program, options.module)
    if command is None:
        problem = problem or f"{options.program} is neither a file nor a command on PATH ({USAGE})"
        print(f"error: {problem}", file=sys.stderr)
        return 2
    installed = installed_version(ALIAS)
    if installed is not None:
        print(
            f"{ALIAS} {installed} is installed, and left alone: this program gets mapr_streams_python {__version__}",
            file=sys.stderr,
        )
    sys.stdout.flush()
    sys.stderr.flush()
    environ = environment(os.environ, dialect)
    own = _own_commands()
    if own is not None and os.path.dirname(command[0]) == own:
        # As activating it does: `opentelemetry-instrument python program.py` is to find this environment's python.
        environ["PATH"] = os.pathsep.join(filter(None, [own, environ.get("PATH")]))
    os.execvpe(command[0], [*command, *options.arguments], environ)


def _command(program: str, is_module: bool) -> list[str] | None:
    python = [sys.executable, *_interpreter_options()]
    if is_module:
        return [*python, "-m", program]
    path = Path(program)
    if path.is_dir() or (path.is_file() and (path.suffix in (".py", ".pyz") or not os.access(path, os.X_OK))):
        return [*python, program]
    # In a virtual environment its own commands are meant, whose Python has this package, though it be not activated.
    own = _own_commands()
    found = (own and os.sep not in program and shutil.which(program, path=own)) or shutil.which(program)
    # A file here that is no command on PATH can be meant alone.
    found = found or (str(path.absolute()) if path.is_file() else None)
    return [found] if found is not None else None


def _interpreter_options() -> list[str]:
    """What this Python was told beside the program: `python -u -X dev -m mapr_streams_python run …`.

    Less what would keep it from the variables that tell it of this package, or from `sitecustomize`.
    """
    options = [
        # `-I` stands for `-E -P -s`.
        option
        for option in subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
        if option not in ("-I", "-E", "-S")
    ]
    # No flag tells of -u.
    return [*options, "-u"] if getattr(sys.stdout, "write_through", False) else options


def _own_commands() -> str | None:
    """Where the virtual environment has its commands; None outside of one."""
    return os.path.dirname(sys.executable) if sys.prefix != sys.base_prefix else None


def environment(environ: Mapping[str, str], dialect: str) -> dict[str, str]:
    """Return the environment in which each Python begins with `start/sitecustomize.py`, or finds what is beside it."""
    paths = [path for path in environ.get("PYTHONPATH", "").split(os.pathsep) if path and path != START]
    return {
        **environ,
        "PYTHONPATH": os.pathsep.join([START, *paths]),
        RUN_AS: f"{ALIAS}:{dialect}",
        DIALECT: dialect,
    }
