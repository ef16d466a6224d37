"""The C compiler of the wheels: zig's, which has the C libraries of all platforms, old ones too."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from sources import WheelError
from targets import Target


def zig_folder() -> Path:
    """Where the package `ziglang` has the compiler.

    Raises:
        WheelError: it is not installed.
    """
    try:
        import ziglang
    except ImportError:
        raise WheelError("there is no package ziglang: `make wheels` installs the one that is pinned") from None
    assert ziglang.__file__ is not None
    return Path(ziglang.__file__).parent


def zig_version() -> str:
    zig_folder()
    return version("ziglang")


def header_flags(target: Target) -> list[str]:
    """For a clang that is not zig's, such as the one in Swift: the headers of the target's C library and no others."""
    folder = zig_folder() / "lib" / "libc" / "include"
    flags = ["-nostdlibinc", *(f"-D{macro}" for macro in target.defines)]
    return flags + [f"-isystem{folder / name}" for name in target.headers]


def compiler_flags(build: Path) -> list[str]:
    """What every C source is compiled with: no path of this machine gets into it, and nothing for a debugger."""
    hardened = ["-fstack-protector-strong", "-fno-sanitize=all"]
    return ["-O2", "-g0", "-fPIC", *hardened, f"-ffile-prefix-map={build}=."]


def linked_to(target: Target, build: Path) -> list[str]:
    """What a shared library is linked to, beside what zig itself adds.

    For musl it is a stub, made in the folder ``build`` of the list that zig makes its own of, called `libc.so`.
    This one comes before that, has all that it has, and Alpine's name: zig's is left without a use, and not needed.

    Raises:
        WheelError: zig fails.
    """
    if not target.is_musl:
        return []
    stub = build / "stub" / target.libc
    stub.parent.mkdir(parents=True, exist_ok=True)
    processor = target.triple.partition("-")[0]
    # As zig compiles its own.
    defines = ["-DPTR64", f"-DARCH_{processor}", f"-DFAMILY_{'x86' if processor == 'x86_64' else processor}"]
    command = [str(zig_folder() / "zig"), "cc", "-target", target.zig, "-shared", "-nostdlib", *defines]
    command += [f"-Wl,-soname,{target.libc}", "-o", str(stub), str(zig_folder() / "lib" / "libc" / "musl" / "libc.S")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise WheelError(f"{shlex.join(command)} failed:\n{ended.stdout}{ended.stderr}")
    return [str(stub)]


def tools(target: Target, build: Path) -> dict[str, str]:
    """Writes small commands for the target, named alike on every machine; returns an environment that finds them."""
    folder = build / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    zig = shlex.quote(str(zig_folder() / "zig"))
    libraries = shlex.join(linked_to(target, build))
    linked = f'case " $* " in *" -shared "*) set -- "$@" {libraries};; esac\n' if libraries else ""
    commands = {
        "wheel-cc": (linked, f"cc -target {target.zig} {shlex.join(compiler_flags(build))}"),
        "wheel-ar": ("", "ar"),
        "wheel-ranlib": ("", "ranlib"),
    }
    for name, (before, arguments) in commands.items():
        script = folder / name
        script.write_text(f'#!/bin/sh\n{before}exec {zig} {arguments} "$@"\n')
        script.chmod(0o755)
    return dict(
        os.environ,
        PATH=f"{folder}{os.pathsep}{os.environ['PATH']}",
        CC="wheel-cc",
        # There is no C++ in the libraries, whose configure scripts want a compiler of it all the same.
        CXX="wheel-cc",
        AR="wheel-ar",
        RANLIB="wheel-ranlib",
        PYTHON=sys.executable,
        LC_ALL="C",
        TZ="UTC",
    )
