"""Runs pyright, strict, on the examples and on the file of revealed types: what pyproject.toml says in tool.pyright.

Usage: .venv/bin/python tools/run_pyright.py [ARGUMENTS OF PYRIGHT]

It is basedpyright, which PyPI has whole: pyright's own package there fetches the program by npm. With the Node.js that
it runs on it is 75 MB to download, so that it gets a folder of its own, and only CI runs it with every other check.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import bootstrap

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str]) -> int:
    folder = bootstrap.download("pyright", ROOT / "build" / "pyright")
    # Not among what mypy and pytest import, which it is not for.
    environ = dict(os.environ, PYTHONPATH=str(folder))
    command = [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
