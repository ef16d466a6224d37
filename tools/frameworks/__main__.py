"""Runs programs of frameworks for confluent-kafka on this package, under that name: docs/frameworks.md.

Usage: .venv/bin/python tools/frameworks [--librdkafka system|newest] [PROGRAM ...]
       .venv/bin/python tools/frameworks --their-own [--librdkafka system|newest] [DISTRIBUTION ...]

Each program of this folder names the packages that it needs, which get an environment of their own in build/frameworks.
By default all are run with the newest librdkafka that is locked. It takes the network, some minutes the first time, and
is no part of `make test`.

--their-own runs the unit tests of source distributions instead, on this package and on confluent-kafka: _own_tests.py.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ENVIRONMENTS = ROOT / "build" / "frameworks"
LIMIT = 600
# Beside its name, some programs run once more with these.
ARGUMENTS = {"registry_serializers": [[], ["import"]]}


def programs() -> dict[str, list[str]]:
    """The packages of each program, by its name."""
    found = {}
    for file in sorted(HERE.glob("[a-z]*.py")):
        named = re.match(r"# packages: (.+)", file.read_text())
        if named:
            found[file.stem] = named[1].split()
    return found


def environment(name: str, packages: list[str]) -> Path:
    """The interpreter of a program's environment, which is made where it is not there."""
    folder = ENVIRONMENTS / name
    mark = folder / ".made-for"
    wanted = hashlib.sha256(" ".join([sys.version, *packages]).encode()).hexdigest()
    if not mark.is_file() or mark.read_text() != wanted:
        print(f"installing {' '.join(packages)}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *packages], check=True)
        mark.write_text(wanted)
    return folder / "bin" / "python"


def run(name: str, arguments: list[str], python: Path, library: Path | None) -> bool:
    """Runs a program, prints what came of it, and tells whether that was all right."""
    environ = dict(os.environ, PYTHONPATH=str(ROOT / "python"), PYTHONWARNINGS="ignore")
    environ.pop("MAPR_STREAMS_COMPATIBILITY", None)
    if library is not None:
        environ["LD_LIBRARY_PATH"] = str(library)
    command = [str(python), str(HERE / f"{name}.py"), *arguments]
    try:
        ran = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        print(f"{' '.join([name, *arguments])}: still running after {LIMIT} s", flush=True)
        return False
    # A framework may log what comes behind it.
    said = [line for line in ran.stdout.splitlines() if line.startswith("ok: ")]
    good = ran.returncode == 0 and bool(said)
    told = said[-1] if good else f"exit status {ran.returncode}\n{ran.stdout}{ran.stderr}"
    print(f"{' '.join([name, *arguments])}: {told}", flush=True)
    return good


def main() -> int:
    sys.path[:0] = [str(HERE), str(HERE.parent)]
    import _own_tests
    import run_variant

    known = programs()
    parser = argparse.ArgumentParser(description="Run programs of frameworks for confluent-kafka on this package.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join([*known, *_own_tests.DISTRIBUTIONS]))
    parser.add_argument("--their-own", action="store_true", help="the unit tests of source distributions")
    parser.add_argument("--librdkafka", choices=("system", "newest"), default="newest")
    options = parser.parse_args()
    unknown = set(options.names) - set(_own_tests.DISTRIBUTIONS if options.their_own else known)
    if unknown:
        parser.error(f"no such {'distribution' if options.their_own else 'program'}: {', '.join(sorted(unknown))}")
    library = run_variant.newer_librdkafka() if options.librdkafka == "newest" else None
    if options.their_own:
        return _own_tests.run(options.names or list(_own_tests.DISTRIBUTIONS), environment, library)
    failed = []
    for name in options.names or known:
        python = environment(name, known[name])
        failed += [name for arguments in ARGUMENTS.get(name, [[]]) if not run(name, arguments, python, library)]
    print(f"failed: {' '.join(failed)}" if failed else "all are well", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
