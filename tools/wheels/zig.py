"""The C compiler of the wheels: zig's, which has the C libraries of all platforms, old ones too."""

from __future__ import annotations

import os
import shlex
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


def tools(target: Target, build: Path) -> dict[str, str]:
    """Writes small commands for the target, named alike on every machine; returns an environment that finds them."""
    folder = build / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    zig = shlex.quote(str(zig_folder() / "zig"))
    commands = {
        "wheel-cc": f"cc -target {target.zig} {shlex.join(compiler_flags(build))}",
        "wheel-ar": "ar",
        "wheel-ranlib": "ranlib",
    }
    for name, arguments in commands.items():
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec {zig} {arguments} "$@"\n')
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
