"""Builds a CPython for musl, which Debian has none of: what `make test-wheel` runs a wheel for musl with.

It is a part of one: no OpenSSL, no ctypes, no headers. Its modules are inside of the program, since their build would
search the headers of this machine. Like what wheels carry it is built by zig of a pinned source, and kept in the cache.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterable
from pathlib import Path

import find_pythons
import sources
from builds import Build
from sources import Source, WheelError
from targets import Target

SOURCE = Source(
    name="python",
    version="3.11.2",
    file="python3.11_3.11.2.orig.tar.gz",
    folder="pool/main/p/python3.11",
    sha256="2411c74bda5bbcfcddaf4531f66d1adc73f247f529aee981b029513aefdbf849",
    sha1="54d04be4309e6fb445477dd0ae2ac548cee473e7",
    license="Python-2.0",
    licenses=["LICENSE"],
    homepage="https://www.python.org",
    cpe="cpe:2.3:a:python:python:3.11.2:*:*:*:*:*:*:*",
)
SERIES = tuple(map(int, SOURCE.version.split(".")[:2]))
FOLDER = f"python{'.'.join(map(str, SERIES))}"

# What configure would find out by running a program of the target, and what musl 1.2.3 has not, though zig's musl does.
ANSWERS = shlex.split("""
    ac_cv_file__dev_ptmx=yes ac_cv_file__dev_ptc=no ac_cv_buggy_getaddrinfo=no ac_cv_func_preadv2=no
    ac_cv_func_pwritev2=no py_cv_module__crypt=n/a
""")
OPTIONS = shlex.split("--prefix=/usr --disable-test-modules --without-ensurepip MODULE_BUILDTYPE=static")


def built(target: Target) -> Path:
    """Builds it, or finds it in the cache; returns the program.

    Raises:
        WheelError: a source, a CPython of the same series or musl's loader is missing, or a step fails.
    """
    if not Path("/lib", target.loader).exists():
        raise WheelError(f"there is no /lib/{target.loader} to run a program of musl's (Debian: apt-get install musl)")
    return MuslPython.kept(target) / MuslPython.made


class MuslPython(Build):
    """A part of CPython."""

    kind = "python"
    title = f"CPython {SOURCE.version}"
    made = f"bin/{FOLDER}"

    @classmethod
    def parts(cls) -> Iterable[Source]:
        return [SOURCE, sources.pinned()["zlib"]]

    def run(self) -> None:
        # pytest's plugins import it, and pip needs it to unpack a wheel.
        zlib = sources.unpack(sources.pinned()["zlib"], self.folder)
        self.step(zlib, "./configure", "--static", f"--uname=Linux-{self.target.tag}")
        self.make(zlib, "libz.a")

        folder = sources.unpack(SOURCE, self.folder)
        (folder / "Modules" / "Setup.local").unlink(missing_ok=True)
        self.step(
            folder,
            "./configure",
            f"--host={self.target.triple}",
            "--build=x86_64-linux-gnu",
            f"--with-build-python={_same_series()}",
            *OPTIONS,
            *ANSWERS,
            # By its path, since configure takes the bare name for a tool of the wrong machine.
            f"READELF={_readelf()}",
            "PKG_CONFIG=/bin/false",
            f"ZLIB_CFLAGS=-I{zlib}",
            f"ZLIB_LIBS={zlib / 'libz.a'}",
            "OPT=-DNDEBUG -fwrapv",
            # Its build time is in it, which zig takes for a fault.
            "CFLAGS=-Wno-date-time -w",
            # Without the first zig links musl in, and such a program loads no extension.
            "LDFLAGS=-dynamic -Wl,-export-dynamic",
        )
        shutil.copy(folder / "Modules" / "Setup.stdlib", folder / "Modules" / "Setup.local")
        # Neither `all` nor `install`: both would have setup.py build what is left, with the headers of this machine.
        self.make(folder, "python", "pybuilddir.txt")

        library = self.result / "lib" / FOLDER
        (self.result / "bin").mkdir(parents=True)
        shutil.copy(folder / "python", self.result / "bin" / FOLDER)
        tests = shutil.ignore_patterns("test", "tests", "idlelib", "tkinter", "turtledemo", "lib2to3", "__pycache__")
        shutil.copytree(folder / "Lib", library, ignore=tests)
        # Where a Python looks for its modules; without the folder it says at each start that there is none.
        (library / "lib-dynload").mkdir()
        generated = folder / (folder / "pybuilddir.txt").read_text().strip()
        for description in generated.glob("_sysconfigdata_*.py"):
            shutil.copy(description, library)


def _readelf() -> str:
    found = shutil.which("readelf") or shutil.which("llvm-readelf")
    if found is None:
        raise WheelError("readelf is needed to build a CPython for musl (Debian: apt-get install binutils)")
    return found


def _same_series() -> str:
    """A CPython of this machine that can do for the new one what takes running Python."""
    for python in find_pythons.all_of_them():
        if python.version[:2] == SERIES:
            return python.executable
    raise WheelError(f"CPython {SOURCE.version} is built with one of the same series, and this machine has none")
