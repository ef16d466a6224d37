"""Finds the CPythons of this machine that the extension has to run on: every one from 3.9 up.

Usage: python3 tools/find_pythons.py        prints one line for each
"""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

OLDEST = (3, 9)
# Names that an interpreter has in a folder of PATH; python3-config and the like do not match.
NAME = re.compile(r"python3(\.\d+)?")
# Holds those that were found, for the processes of a test run.
KNOWN = "FOUND_PYTHONS"
# No guess at the speed of a machine: one that takes longer never answers.
HANG = 600
ASK = """
import json, os, sys, sysconfig
print(json.dumps([os.path.realpath(sys.executable), list(sys.version_info[:3]), sys.implementation.name,
                  bool(sysconfig.get_config_var("Py_GIL_DISABLED"))]))
"""


class Python(NamedTuple):
    executable: str
    version: tuple[int, ...]

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.version))} ({self.executable})"


def candidates() -> Iterator[Path]:
    yield Path(sys.executable)
    folders = [Path(folder) for folder in os.get_exec_path() if os.path.isabs(folder)]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python")
    for manager in (pyenv / "versions", uv):
        folders += sorted(manager.glob("*/bin"))
    for folder in folders:
        # pyenv's shims only lead to the versions, which are looked at themselves.
        if folder.is_dir() and folder.name != "shims":
            yield from sorted(file for file in folder.iterdir() if NAME.fullmatch(file.name))


@functools.cache
def all_of_them() -> tuple[Python, ...]:
    """Each interpreter once, oldest first. Left out are other implementations and free-threaded builds."""
    known = tuple(Python(path, tuple(version)) for path, version in json.loads(os.environ.get(KNOWN) or "[]"))
    # One that is run by another than these, such as one for musl, is among its own.
    if os.path.realpath(sys.executable) in [python.executable for python in known]:
        return known
    found = set()
    for executable in dict.fromkeys(os.path.realpath(candidate) for candidate in candidates()):
        try:
            answer = subprocess.run([executable, "-I", "-c", ASK], capture_output=True, timeout=HANG, check=True).stdout
            path, version, implementation, free_threaded = json.loads(answer)
        except (OSError, subprocess.SubprocessError, ValueError):
            continue  # No Python 3 that runs.
        if tuple(version) >= OLDEST and implementation == "cpython" and not free_threaded:
            found.add(Python(path, tuple(version)))
    return tuple(sorted(found, key=lambda python: (python.version, python.executable)))


def share() -> None:
    """Spares every process from here on to ask each interpreter: each worker of a test run has to know them."""
    os.environ[KNOWN] = json.dumps(all_of_them())


if __name__ == "__main__":
    for python in all_of_them():
        print(python)
