"""Builds the extension's library with SwiftPM, with the options that make it one file for every CPython."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import requirements
from requirements import BuildError

PRODUCT = "MaprStreamsPython"
ENTRY_POINT = "PyInit_cimpl"

# The first Swift whose embedded mode compiles the sources.
OLDEST_EMBEDDED_SWIFT = (6, 3)

# Where a wheel keeps the librdkafka that it brings, beside the extension.
BUNDLE = ".libs"
LIBRDKAFKA_SONAME = "librdkafka.so.1"

# For a debug build that nobody debugs. A process that compiles some files of a module reads all the others as well, so
# one compiles them all; and it writes nothing for debuggers. Together that is a fifth less to do.
QUICKLY = ["-debug-info-format", "none"]
QUICKLY += [part for flag in ("-whole-module-optimization", "-num-threads", "1") for part in ("-Xswiftc", flag)]


def build(root: Path, scratch: Path) -> Path:
    """Builds the product of the package at ``root`` and returns its library. SwiftPM keeps its files in ``scratch``.

    Raises:
        BuildError: something is missing on the machine, or the sources do not compile.
    """
    requirements.check_interpreter()
    swift = requirements.find_swift()
    librdkafka = requirements.find_librdkafka()
    environ = environment(scratch)
    command = [swift, "build", "--configuration", "release", "--product", PRODUCT]
    command += ["--package-path", str(root), "--scratch-path", str(scratch)]
    command += _options(scratch, swift, librdkafka)
    ended = subprocess.run(command, env=environ, stderr=subprocess.STDOUT, check=False)
    if ended.returncode:
        failed = f"swift build failed with exit status {ended.returncode}, and what it said stands above"
        raise BuildError(f"{failed}. The command was:\n\n  {shlex.join(command)}")
    return scratch / "release" / f"lib{PRODUCT}{'.dylib' if sys.platform == 'darwin' else '.so'}"


def environment(scratch: Path) -> dict[str, str]:
    """The variables for a `swift build` that shall use the librdkafka and the Python headers that were found."""
    scratch.mkdir(parents=True, exist_ok=True)
    described = _describe(scratch / "pkgconfig", requirements.find_librdkafka(), requirements.find_python_headers())
    path = os.pathsep.join(filter(None, [str(described), os.environ.get("PKG_CONFIG_PATH")]))
    return dict(os.environ, PKG_CONFIG_PATH=path)


def _options(scratch: Path, swift_command: str, librdkafka: requirements.Librdkafka) -> list[str]:
    # An exclusivity check that fails ends the process: the debug build of `swift test` has them, and a user's program
    # does not. Cross-module optimisation lets the three targets inline into each other.
    swift = ["-enforce-exclusivity=unchecked", "-cross-module-optimization"]
    keep_symbols = os.environ.get("MAPR_STREAMS_KEEP_SYMBOLS")
    if sys.platform == "darwin":
        # The interpreter that loads the extension provides the Py* symbols, and the system the Swift runtime.
        linker = ["-undefined", "dynamic_lookup", "-exported_symbol", f"_{ENTRY_POINT}", "-dead_strip"]
        linker += ["-rpath", f"@loader_path/{BUNDLE}"] + ([] if keep_symbols else ["-x"])
    else:
        exports = _write(scratch / "exports.map", f"{{ global: {ENTRY_POINT}; local: *; }};\n")
        linker = [f"--version-script={exports}", "--gc-sections"] + ([] if keep_symbols else ["--strip-all"])
        # New dtags make it a RUNPATH, over which LD_LIBRARY_PATH wins: that is how a Data Fabric node puts its own
        # librdkafka in the place of the one in a wheel.
        linker += ["--enable-new-dtags", "-rpath", f"$ORIGIN/{BUNDLE}"]
        toolchain = Toolchain.of(swift_command)
        embedded = toolchain.embedded_folder() if toolchain else None
        if embedded:
            swift += ["-enable-experimental-feature", "Embedded", "-wmo"]
            # So that the linker can leave out what nobody calls: a third.
            swift += ["-Xfrontend", "-function-sections"]
            linker += [f"-L{embedded}", "-lswiftUnicodeDataTables"]
        else:
            swift.append("-static-stdlib")
            cxx_folder = toolchain.static_cxx(scratch / "static") if toolchain else None
            # The linker takes the first libstdc++ that it meets; the driver names the library itself, without a choice.
            linker += [f"-L{cxx_folder}"] if cxx_folder else []
    if os.environ.get("LIBRDKAFKA_PREFIX") and not _bundles():
        # Whoever builds against a library outside the linker's own folders means to run with it too.
        linker += ["-rpath", str(librdkafka.library_folder)]
    options = [part for flag in swift for part in ("-Xswiftc", flag)]
    options += [part for flag in linker for part in ("-Xlinker", flag)]
    return options + shlex.split(os.environ.get("MAPR_STREAMS_SWIFT_FLAGS", ""))


class Toolchain(NamedTuple):
    """A Swift toolchain, by what it says of itself."""

    version: tuple[int, ...]
    target: str
    resources: Path

    @classmethod
    def of(cls, swift_command: str) -> Toolchain | None:
        """The toolchain that a `swift` belongs to, which may be a mere link to it or a switch between several."""
        try:
            asked = subprocess.run([swift_command, "-print-target-info"], capture_output=True, text=True, check=True)
            told = json.loads(asked.stdout)
            version = re.search(r"(\d+)\.(\d+)", told["compilerVersion"])
            target, resources = told["target"]["unversionedTriple"], told["paths"]["runtimeResourcePath"]
        except (OSError, subprocess.CalledProcessError, ValueError, KeyError):
            return None
        return cls(tuple(map(int, version.groups())) if version else (0,), target, Path(resources))

    def embedded_folder(self) -> Path | None:
        """Where the libraries of Embedded Swift are, or None to build with the whole runtime.

        Embedded Swift compiles of the runtime what is used: the extension is a tenth of the size, takes two megabytes
        less in each process, and needs no C++ library. MAPR_STREAMS_EMBEDDED=0 does without.
        """
        if os.environ.get("MAPR_STREAMS_EMBEDDED", "1") in ("", "0") or self.version < OLDEST_EMBEDDED_SWIFT:
            return None
        folder = self.resources / "embedded"
        modules = [
            folder / f"{name}.swiftmodule" / f"{self.target}.swiftmodule" for name in ("Swift", "Synchronization")
        ]
        tables = folder / self.target / "libswiftUnicodeDataTables.a"
        return tables.parent if tables.is_file() and all(module.exists() for module in modules) else None

    def static_cxx(self, folder: Path) -> Path | None:
        """A folder with the static C++ library and nothing else, or None where the compiler has none.

        The whole Swift runtime uses a few functions of it. Taken in, they save each process a megabyte, and the package
        a dependency that small images lack.
        """
        clang = self.resources.parents[1] / "bin" / "clang"
        name = "libstdc++.a"
        try:
            asked = subprocess.run([clang, f"-print-file-name={name}"], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return None
        library = Path(asked.stdout.strip())
        # A compiler that has no such file repeats the bare name.
        if not library.is_absolute() or not library.is_file():
            return None
        folder.mkdir(exist_ok=True)
        link = folder / name
        if not link.is_symlink() or link.resolve() != library.resolve():
            link.unlink(missing_ok=True)
            link.symlink_to(library)
        return folder


def _describe(folder: Path, librdkafka: requirements.Librdkafka, headers: Path) -> Path:
    """Writes pkg-config files for what was found, so that SwiftPM uses that and not what it would find itself."""
    folder.mkdir(exist_ok=True)
    # The compiler's own default folders stay unnamed: named, they would come before those that it must search first.
    usual = str(librdkafka.include) == "/usr/include"
    include = "" if usual else _flag("-I", librdkafka.include)
    library = "" if usual or librdkafka.library_folder is None else _flag("-L", librdkafka.library_folder)
    for name, cflags, libs in (("python3", _flag("-I", headers), ""), ("rdkafka", include, f"{library} -lrdkafka")):
        text = f"Name: {name}\nDescription: {name}\nVersion: 0\nCflags: {cflags}\nLibs: {libs}\n"
        _write(folder / f"{name}.pc", text)
    return folder


def _flag(option: str, folder: Path) -> str:
    return option + str(folder).replace(" ", "\\ ")


def _write(file: Path, text: str) -> Path:
    # An unchanged file keeps its time, or SwiftPM would link anew.
    if not file.is_file() or file.read_text() != text:
        file.write_text(text)
    return file


def place(library: Path, extension: Path) -> None:
    """Copies the built library to where Python imports it, and librdkafka beside it if the wheel shall carry it.

    A file that is there is replaced, never written into: a program that runs may have it mapped.
    """
    _replace(library, extension)
    bundle = extension.parent / BUNDLE
    if _bundles():
        librdkafka = _librdkafka_to_bundle()
        _replace(librdkafka, bundle / librdkafka.name)
    else:
        # What an earlier build put there would be loaded instead of the system's.
        shutil.rmtree(bundle, ignore_errors=True)


def _bundles() -> bool:
    return os.environ.get("MAPR_STREAMS_BUNDLE_LIBRDKAFKA", "0") not in ("", "0")


def _librdkafka_to_bundle() -> Path:
    if sys.platform == "darwin":
        raise BuildError("MAPR_STREAMS_BUNDLE_LIBRDKAFKA works on Linux; on macOS, run delocate-wheel on the wheel.")
    folder = requirements.find_librdkafka().library_folder
    if folder is None or not (folder / LIBRDKAFKA_SONAME).is_file():
        raise BuildError(f"found no {LIBRDKAFKA_SONAME} to bundle; set LIBRDKAFKA_PREFIX to the folder above its lib.")
    return folder / LIBRDKAFKA_SONAME


def _replace(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.copy(source, fresh)
    os.replace(fresh, target)
