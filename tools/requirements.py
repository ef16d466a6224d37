"""What the build needs from the machine, where it looks for it, and what it says when something is missing.

Standard library only: setup.py imports this before anything is installed, and so does tools/bootstrap.py.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

OLDEST_PYTHON = (3, 9)
OLDEST_SWIFT = (6, 0)
OLDEST_LIBRDKAFKA = (2, 0, 2)


class BuildError(Exception):
    """The build cannot go on. The message is meant for the person who started it, and needs no traceback."""


class Requirement(NamedTuple):
    """One thing that the build needs, how to install it, and the environment variable that points at another one."""

    needed: str
    debian: str
    fedora: str
    macos: str
    variable: str
    variable_holds: str

    def missing(self, found: str) -> BuildError:
        return BuildError(
            f"mapr-streams-python needs {self.needed}: {found}.\n\n"
            f"  Debian, Ubuntu:  {self.debian}\n"
            f"  Fedora:          {self.fedora}\n"
            f"  macOS:           {self.macos}\n\n"
            f"To use another one, set {self.variable} to {self.variable_holds}."
        )


SWIFT = Requirement(
    needed="a Swift toolchain, 6.0 or newer",
    debian="curl -O https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz && "
    "tar xzf swiftly-$(uname -m).tar.gz && ./swiftly init",
    fedora="sudo dnf install swift-lang",
    macos="xcode-select --install",
    variable="SWIFT",
    variable_holds="the path of its swift command",
)
LIBRDKAFKA = Requirement(
    needed="librdkafka and its headers, 2.0.2 or newer",
    debian="sudo apt-get install librdkafka-dev",
    fedora="sudo dnf install librdkafka-devel",
    macos="brew install librdkafka",
    variable="LIBRDKAFKA_PREFIX",
    variable_holds="the folder that holds its include/librdkafka and lib",
)
PYTHON_HEADERS = Requirement(
    needed="Python.h, the headers of CPython 3.9 or newer",
    debian="sudo apt-get install python3-dev",
    fedora="sudo dnf install python3-devel",
    macos="brew install python3",
    variable="PYTHON_INCLUDE_DIR",
    variable_holds="the folder that holds Python.h",
)


class Librdkafka(NamedTuple):
    """Where librdkafka's headers are (the folder above librdkafka/rdkafka.h), and its library, None for the default."""

    include: Path
    library_folder: Path | None

    @property
    def version(self) -> tuple[int, ...]:
        return _librdkafka_version(self.include / "librdkafka" / "rdkafka.h")


def check_interpreter() -> None:
    """Raises `BuildError` where the interpreter that runs this cannot import the extension that it would build."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        raise BuildError(f"mapr-streams-python needs CPython 3.9 or newer; {sys.executable} is Python {version}.")
    if sys.implementation.name != "cpython":
        raise BuildError(f"mapr-streams-python needs CPython; {sys.executable} is {sys.implementation.name}.")
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        raise BuildError(
            f"mapr-streams-python does not support free-threaded Python; {sys.executable} is a free-threaded build "
            f"of Python {version}. The extension is built against the stable ABI (abi3), which free-threaded "
            "interpreters cannot load. Use an ordinary build of the same version (python3 instead of python3t)."
        )


def find_swift(environ: Mapping[str, str] = os.environ) -> str:
    """Returns the path of the swift command: $SWIFT, or the one on PATH."""
    wanted = environ.get("SWIFT") or "swift"
    swift = shutil.which(wanted, path=environ.get("PATH"))
    if swift is None:
        where = f"SWIFT is {wanted}, which is no command" if environ.get("SWIFT") else "no swift command is on PATH"
        raise SWIFT.missing(where)
    asked = subprocess.run([swift, "--version"], capture_output=True, text=True, check=False)
    version = re.search(r"Swift version (\d+)\.(\d+)", asked.stdout)
    if version is None:
        said = (asked.stderr.strip() or asked.stdout.strip()).split("\n")[-1]
        raise SWIFT.missing(f"{swift} --version does not tell a version of Swift, but: {said or 'nothing'}")
    if (int(version[1]), int(version[2])) < OLDEST_SWIFT:
        raise SWIFT.missing(f"{swift} is Swift {version[1]}.{version[2]}")
    return swift


def find_librdkafka(environ: Mapping[str, str] = os.environ) -> Librdkafka:
    """Returns librdkafka's folders: under $LIBRDKAFKA_PREFIX, or as pkg-config says, or the usual ones."""
    prefix = environ.get("LIBRDKAFKA_PREFIX")
    places = [_librdkafka_under(Path(prefix).resolve())] if prefix else _librdkafka_places(environ)
    for place in places:
        header = place.include / "librdkafka" / "rdkafka.h"
        if header.is_file():
            version = _librdkafka_version(header)
            if version < OLDEST_LIBRDKAFKA:
                raise LIBRDKAFKA.missing(f"{header} is of version {'.'.join(map(str, version))}")
            return place
    folders = ", ".join(str(place.include) for place in places)
    raise LIBRDKAFKA.missing(f"librdkafka/rdkafka.h is not in {folders}")


def _librdkafka_under(root: Path) -> Librdkafka:
    for pattern in ("lib*", "lib/*"):
        for folder in sorted(root.glob(pattern)):
            if any((folder / name).exists() for name in ("librdkafka.so", "librdkafka.dylib")):
                return Librdkafka(root / "include", folder)
    raise LIBRDKAFKA.missing(f"librdkafka.so is not in a lib folder of LIBRDKAFKA_PREFIX, {root}")


def _librdkafka_places(environ: Mapping[str, str]) -> list[Librdkafka]:
    include = _pkg_config(environ, "--variable=includedir", "rdkafka")
    library = _pkg_config(environ, "--variable=libdir", "rdkafka")
    told = [Librdkafka(Path(include), Path(library))] if include and library else []
    usual = [Librdkafka(Path(root, "include"), Path(root, "lib")) for root in ("/usr/local", "/opt/homebrew")]
    return [*told, Librdkafka(Path("/usr/include"), None), *usual]


def _librdkafka_version(header: Path) -> tuple[int, ...]:
    found = re.search(r"#define\s+RD_KAFKA_VERSION\s+0x(\w\w)(\w\w)(\w\w)", header.read_text(errors="replace"))
    return tuple(int(part, 16) for part in found.groups()) if found else (0,)


def find_python_headers(environ: Mapping[str, str] = os.environ) -> Path:
    """Returns the folder of Python.h: $PYTHON_INCLUDE_DIR, or this interpreter's, or that of pkg-config's python3.

    Headers of any CPython from 3.9 on will do, since the extension uses nothing but the limited API of 3.9.
    """
    chosen = environ.get("PYTHON_INCLUDE_DIR")
    own = sysconfig.get_path("include")
    told = _pkg_config(environ, "--cflags-only-I", "python3")
    folders = [chosen] if chosen else [own, *(flag[2:] for flag in shlex.split(told))]
    problems = []
    for folder in folders:
        problem = _problem_of_headers(Path(folder))
        if problem is None:
            return Path(folder)
        problems.append(problem)
    raise PYTHON_HEADERS.missing(", ".join(dict.fromkeys(problems)))


def _problem_of_headers(folder: Path) -> str | None:
    if not (folder / "Python.h").is_file():
        return f"it is not in {folder}"
    minor = re.search(r"#define\s+PY_MINOR_VERSION\s+(\d+)", _text(folder / "patchlevel.h"))
    if minor is None or int(minor[1]) < OLDEST_PYTHON[1]:
        return f"that in {folder} is not of Python 3.9 or newer"
    if re.search(r"#define\s+Py_GIL_DISABLED\s+1", _text(folder / "pyconfig.h")):
        return f"that in {folder} is of a free-threaded build"
    return None


def _text(file: Path) -> str:
    return file.read_text(errors="replace") if file.is_file() else ""


def _pkg_config(environ: Mapping[str, str], *arguments: str) -> str:
    """What pkg-config answers, or nothing where it is missing or does not know the package."""
    command = shutil.which(environ.get("PKG_CONFIG") or "pkg-config", path=environ.get("PATH"))
    if command is None:
        return ""
    asked = subprocess.run([command, *arguments], capture_output=True, text=True, check=False, env=dict(environ))
    return asked.stdout.strip() if asked.returncode == 0 else ""
