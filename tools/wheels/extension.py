"""Compiles the extension for one platform: Embedded Swift's objects, linked by zig against the C library of the target.

SwiftPM is not asked: it has no way to build for a machine without an SDK, and three modules need no build system.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import requirements
import swift_build
import zig
from native import Native
from sources import WheelError
from targets import Target

ROOT = Path(__file__).resolve().parents[2]

MODULES = ("PythonBridge", "Streams", "MaprStreamsPython")
MODULE_MAPS = ("CPython", "CRdkafka", "CSystem")
# Targets of C, which SwiftPM would write a module map for.
C_TARGETS = ("CServing",)


def built(target: Target, native: Native, folder: Path) -> Path:
    """Compiles and links the extension into ``folder``, and returns it.

    Raises:
        WheelError: there is no Embedded Swift for the target, or a step fails.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        swift = requirements.find_swift()
        headers = requirements.find_python_headers()
    except requirements.BuildError as problem:
        raise WheelError(str(problem)) from None
    toolchain = swift_build.Toolchain.of(swift)
    if toolchain is None or toolchain.version < swift_build.OLDEST_EMBEDDED_SWIFT:
        oldest = ".".join(map(str, swift_build.OLDEST_EMBEDDED_SWIFT))
        raise WheelError(f"wheels are built with Embedded Swift, of Swift {oldest} or newer")
    embedded = toolchain.resources / "embedded"
    if not (embedded / "Swift.swiftmodule" / f"{target.swift}.swiftmodule").is_file():
        raise WheelError(f"this Swift has no Embedded Swift for {target.swift}")
    _python_headers(headers, folder / "include")
    objects = [_compile_c(name, target, native, folder) for name in C_TARGETS]
    objects += [_compile(module, target, native, toolchain, folder) for module in MODULES]
    return _link(objects, target, native, embedded, folder)


def swift_license() -> Path:
    """The licence text of what the extension has of Swift's library."""
    toolchain = swift_build.Toolchain.of(requirements.find_swift())
    found = toolchain and toolchain.resources.parents[1] / "share" / "swift" / "LICENSE.txt"
    if not found or not found.is_file():
        raise WheelError("this Swift has no share/swift/LICENSE.txt, which the wheel must bring")
    return found


def _python_headers(headers: Path, folder: Path) -> None:
    """Copies Python's headers, with the one of its own that says what machine it is for.

    What the limited API reads of that one, sizes of C's types, is alike on all platforms that have wheels.
    """
    shutil.copytree(headers, folder)
    configuration = folder / "pyconfig.h"
    # Debian's chooses between those of several machines, which lie elsewhere.
    chosen = re.search(r"<(x86_64-linux-gnu/[^>]+/pyconfig\.h)>", configuration.read_text())
    if chosen:
        shutil.copy(headers.parent / chosen[1], configuration)


def _compile_c(name: str, target: Target, native: Native, folder: Path) -> Path:
    """Compiles a target of C, of one source file, and writes its module map."""
    sources = ROOT / "Sources" / name
    (header,), (source,) = (sources / "include").glob("*.h"), sources.glob("*.c")
    (folder / name).mkdir()
    (folder / name / "module.modulemap").write_text(f'module {name} {{\n    header "{header}"\n    export *\n}}\n')
    compiled = folder / f"{name}.o"
    command = [str(zig.zig_folder() / "zig"), "cc", "-target", target.zig, *zig.compiler_flags(ROOT)]
    command += ["-ffunction-sections", f"-I{header.parent}", f"-I{native.headers}"]
    _run([*command, "-c", "-o", str(compiled), str(source)], folder)
    return compiled


def _compile(module: str, target: Target, native: Native, toolchain: swift_build.Toolchain, folder: Path) -> Path:
    compiled = folder / f"{module}.o"
    command = [str(toolchain.resources.parents[1] / "bin" / "swiftc"), "-target", target.swift]
    command += ["-module-name", module, "-emit-module", "-emit-module-path", str(folder / f"{module}.swiftmodule")]
    # As swift_build.py has it for everybody else.
    command += ["-O", "-wmo", "-parse-as-library", "-swift-version", "6", "-enable-experimental-feature", "Embedded"]
    command += ["-enforce-exclusivity=unchecked", "-cross-module-optimization", "-Xfrontend", "-function-sections"]
    # A hash of its own for each run of the compiler.
    command += ["-Xfrontend", "-disable-incremental-llvm-codegen", "-suppress-warnings"]
    command += ["-file-prefix-map", f"{ROOT}=.", "-module-cache-path", str(folder / "cache"), "-I", str(folder)]
    maps = [f"-fmodule-map-file={ROOT / 'Sources' / name / 'module.modulemap'}" for name in MODULE_MAPS]
    maps += [f"-fmodule-map-file={folder / name / 'module.modulemap'}" for name in C_TARGETS]
    includes = [f"-I{folder / 'include'}", f"-I{native.headers}"]
    for flag in [*zig.header_flags(target), "-fPIC", *maps, *includes]:
        command += ["-Xcc", flag]
    command += ["-c", "-o", str(compiled), *map(str, sorted((ROOT / "Sources" / module).rglob("*.swift")))]
    _run(command, folder)
    return compiled


def _link(objects: list[Path], target: Target, native: Native, embedded: Path, folder: Path) -> Path:
    linked = folder / "cimpl.abi3.so"
    exports = folder / "exports.map"
    exports.write_text(f"{{ global: {swift_build.ENTRY_POINT}; local: *; }};\n")
    processor = target.swift.partition("-")[0]
    # The tables are data, and the same for every system of the processor.
    tables = [embedded / target.swift, *sorted(embedded.glob(f"{processor}-*"))]
    archives = [path / "libswiftUnicodeDataTables.a" for path in tables]
    archive = next((path for path in archives if path.is_file()), None)
    if archive is None:
        raise WheelError(f"this Swift has no libswiftUnicodeDataTables for {processor}")
    linker = [f"--version-script={exports}", "--gc-sections", "--strip-all", "-z,relro", "-z,now"]
    linker += ["--enable-new-dtags", f"-rpath,$ORIGIN/{swift_build.BUNDLE}", "-soname,cimpl.abi3.so"]
    command = [str(zig.zig_folder() / "zig"), "cc", "-target", target.zig, "-shared", "-o", str(linked)]
    command += [*map(str, objects), str(archive), str(native.library), "-lm", *zig.linked_to(target, folder)]
    command += [f"-Wl,{flag}" for flag in linker]
    _run(command, folder)
    return linked


def _run(command: list[str], folder: Path) -> None:
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise WheelError(f"{shlex.join(command)} failed:\n{ended.stdout}{ended.stderr}")
