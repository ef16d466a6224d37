"""Builds the wheels that carry everything: `make wheels`, or python tools/wheels [--output FOLDER] [PLATFORM ...].

Each has a current librdkafka with TLS, SASL (but Kerberos) and all compressions inside, and needs nothing but CPython
3.9 or newer where it is installed. Any Linux of x86_64 that has Swift 6.3, make, perl and pkg-config builds them all.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import bootstrap  # noqa: E402
import extension  # noqa: E402
import native  # noqa: E402
import pack  # noqa: E402
from sources import SourceError, WheelError  # noqa: E402
from targets import TARGETS  # noqa: E402

# The exit status where a source cannot be had: nothing is wrong with what is here.
NO_SOURCE = 77


def main() -> int:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(
        prog="make wheels", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("platforms", nargs="*", metavar="PLATFORM", help=f"of {', '.join(TARGETS)}; default: all")
    parser.add_argument("--output", type=Path, default=ROOT / "dist", help="where to put them; default: dist")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.platforms if name not in TARGETS]
    if unknown:
        parser.error(f"unknown platform {unknown[0]!r}: there are {', '.join(TARGETS)}")
    # The compiler of C; nothing of it is imported by anything else.
    sys.path.insert(1, str(bootstrap.download("wheels", ROOT / "build" / "wheel-tools")))
    try:
        for name in arguments.platforms or TARGETS:
            wheel = build(name, arguments.output)
            print(f"{wheel}  {wheel.stat().st_size / 1e6:.2f} MB", flush=True)
    except WheelError as problem:
        print(f"\nerror: {problem}\n", file=sys.stderr, flush=True)
        return NO_SOURCE if isinstance(problem, SourceError) else 1
    return 0


def build(name: str, output: Path) -> Path:
    target = TARGETS[name]
    library = native.built(target)
    compiled = extension.built(target, library, ROOT / "build" / "wheels" / name)
    return pack.built(target, compiled, library, extension.swift_license(), output)


if __name__ == "__main__":
    sys.exit(main())
