"""Runs tests on an extension that is built to find faults: one test runner, several builds.

Usage: .venv/bin/python tools/run_variant.py {asan,debug,runtime,librdkafka,valgrind} [PYTEST ARGUMENTS]
       .venv/bin/python tools/run_variant.py wheel [FILE [PYTEST ARGUMENTS]]

asan        AddressSanitizer in our code, and in what it calls of malloc; Python's own allocator is out of the way
debug       assertions on, exclusivity enforced, the GIL asserted at each release of a reference; PYTHONDEVMODE
runtime     the whole Swift runtime instead of Embedded Swift, with its traps: what other toolchains and macOS build
librdkafka  the shipped build with a newer librdkafka, that of the newest confluent-kafka wheel
wheel       the package and the librdkafka that a wheel carries; without a file that of this machine, built first;
            one for musl runs with a CPython that is built for it
valgrind    the shipped build under memcheck, in the loops of tools/hot_loops.py, or in tests, which take very long

Without arguments asan, debug and wheel run pytests/behaviour and pytests/conformance, the others but valgrind a part of
them.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import bootstrap
import requirements
import swift_build

ROOT = Path(__file__).resolve().parent.parent
EXTENSION = "cimpl.abi3.so"
# How tools/wheels ends where a source cannot be had.
NO_SOURCE = 77
DESCRIBE = """
import platform, mapr_streams_python as package
print(f"Python {platform.python_version()}, librdkafka {package.libversion()[0]}, {package.cimpl.__file__}")
"""


class Variant(NamedTuple):
    """How an extension is built, and what its tests run with."""

    configuration: str
    swift: Sequence[str]
    environ: dict[str, str]
    tests: Sequence[str]


SIDE_BY_SIDE = ["--numprocesses", os.environ.get("TEST_WORKERS", "6"), "--dist", "loadgroup"]
WHOLE = ["pytests/behaviour", "pytests/conformance"]
CONTENTS = ["pytests/packaging/test_wheel_contents.py"]
PART = [
    "pytests/behaviour/test_closing.py",
    "pytests/behaviour/test_info_command.py",
    "pytests/behaviour/test_known_fault_warnings.py",
    "pytests/behaviour/test_known_faults.py",
    "pytests/behaviour/test_lent_values.py",
    *(
        f"pytests/conformance/test_{name}.py"
        for name in ("message", "kafka_error", "producer_delivery", "consumer_poll", "consumer_commit")
    ),
    "pytests/conformance/test_crash_safety_close.py",
    "pytests/conformance/test_crash_safety_groups.py",
    "pytests/kafka/test_mock_cluster.py",
]
# What an older librdkafka lacks is tried with the newest alone.
NEWEST = [
    *PART,
    "pytests/conformance/test_cooperative_groups.py",
    "pytests/conformance/test_group_protocol.py",
    "pytests/kafka/test_kafka_groups.py",
    "pytests/packaging/test_newest_names.py",
    "pytests/testing/test_example_programs.py",
]
VARIANTS = {
    "asan": Variant(
        "release",
        ["--sanitize=address", "-Xswiftc", "-enforce-exclusivity=checked"],
        # Python keeps what it has at exit, and librdkafka's global tables stay: leaks are the valgrind mode's.
        {
            "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1:handle_segv=0",
            "PYTHONMALLOC": "malloc",
            "MEMORY_CHECKER": "asan",
        },
        WHOLE,
    ),
    "debug": Variant("debug", ["-Xswiftc", "-enforce-exclusivity=checked"], {"PYTHONDEVMODE": "1"}, WHOLE),
    "runtime": Variant("release", [], {}, PART),
}


def build(name: str) -> Path:
    """Builds a variant; returns the folder to put on PYTHONPATH, in which the package has that extension."""
    folder = ROOT / "build" / "variants" / name
    variant = VARIANTS[name]
    swift = requirements.find_swift()
    environ = swift_build.environment(folder)
    command = [swift, "build", "--configuration", variant.configuration, "--product", swift_build.PRODUCT]
    command += ["--package-path", str(ROOT), "--scratch-path", str(folder / "swift"), *variant.swift]
    # The runtime is taken in, as it is where a toolchain without Embedded Swift builds the extension.
    command += ["-Xswiftc", "-static-stdlib"]
    if subprocess.run(command, env=environ, check=False).returncode:
        sys.exit(f"error: the {name} variant does not build")
    return place(folder / "swift" / variant.configuration / f"lib{swift_build.PRODUCT}.so", folder / "site")


def place(library: Path, site: Path) -> Path:
    """Makes a folder that holds the package with this extension."""
    shutil.rmtree(site, ignore_errors=True)
    shutil.copytree(ROOT / "python", site, ignore=shutil.ignore_patterns("*.so", "*.egg-info", "__pycache__", ".libs"))
    shutil.copy(library, site / "mapr_streams_python" / EXTENSION)
    return site


def built_wheel() -> str:
    """Builds this machine's wheel, and returns it; an empty text where a source of it cannot be had."""
    tag, output = f"manylinux_2_28_{os.uname().machine}", ROOT / "build" / "wheels" / "dist"
    bootstrap.install_packages(bootstrap.missing_packages("wheels"))
    shutil.rmtree(output, ignore_errors=True)
    command = [sys.executable, str(ROOT / "tools" / "wheels"), "--output", str(output), tag]
    status = subprocess.run(command, check=False).returncode
    if status == NO_SOURCE:
        return ""
    if status:
        sys.exit(f"error: the wheel for {tag} does not build")
    return str(next(output.glob("*.whl")))


def unpacked(wheel: Path) -> Path:
    """Puts what a wheel carries into a folder, as an installation would, and returns that."""
    folder = ROOT / "build" / "variants" / "wheel"
    shutil.rmtree(folder, ignore_errors=True)
    # Beside the environment, whose editable package a folder of PYTHONPATH goes before.
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile"]
    if is_musl(wheel):
        command += ["--platform", platform_of(wheel), "--only-binary", ":all:"]
    if subprocess.run([*command, "--target", str(folder), str(wheel)], check=False).returncode:
        sys.exit(f"error: {wheel} cannot be installed")
    return folder


def platform_of(wheel: Path) -> str:
    return wheel.stem.rpartition("-")[2]


def is_musl(wheel: Path) -> bool:
    return platform_of(wheel).startswith("musllinux")


def musl_tools(wheel: Path) -> tuple[str, str]:
    """The CPython that a wheel for musl is tested with, built first where it is not in the cache; a C compiler."""
    sys.path += [str(ROOT / "tools" / "wheels"), str(bootstrap.download("wheels", ROOT / "build" / "wheel-tools"))]
    import musl_python
    import zig
    from sources import WheelError
    from targets import TARGETS

    target = TARGETS[platform_of(wheel)]
    missing = bootstrap.missing_packages("wheels")
    bootstrap.install_packages(missing if Path("/lib", target.loader).exists() else [*missing, "musl"])
    tools = ROOT / "build" / "variants" / "musl-tools"
    try:
        compiler = zig.tools(target, tools)["CC"]
        return str(musl_python.built(target)), str(tools / "bin" / compiler)
    except WheelError as problem:
        sys.exit(f"error: {problem}")


def sanitizer() -> str:
    """The run-time library of AddressSanitizer, which has to be there before Python's first allocation."""
    toolchain = swift_build.Toolchain.of(requirements.find_swift())
    clang = (toolchain.resources.parents[1] / "bin" / "clang") if toolchain else Path("clang")
    command = [str(clang), f"-print-file-name=libclang_rt.asan-{os.uname().machine}.so"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def run(name: str, arguments: Sequence[str]) -> int:
    interpreter = sys.executable
    if name == "valgrind":
        return valgrind(arguments)
    if name == "librdkafka":
        tests, environ = NEWEST, dict(os.environ)
        before(environ, "LD_LIBRARY_PATH", newer_librdkafka())
    elif name == "wheel":
        tests = [*WHOLE, "pytests/kafka", *CONTENTS] if arguments else [*PART, *CONTENTS]
        wheel, *arguments = arguments or [built_wheel()]
        if not wheel:
            print("wheel: skipped, for the reason above\n1 skipped in 0.00s", flush=True)
            return 0
        environ = dict(os.environ, WHEEL=str(Path(wheel).resolve()))
        if is_musl(Path(wheel)):
            # Tests make libraries of C, which the loader or librdkafka takes in: for musl too.
            interpreter, environ["CC"] = musl_tools(Path(wheel))
            # pytest and its plugins are Python alone, and serve another interpreter too.
            before(environ, "PYTHONPATH", Path(sysconfig.get_path("purelib")))
            if not arguments:
                # What looks at the archive has tools of its own, which are for this machine's Python.
                looked = subprocess.run([sys.executable, "-m", "pytest", *CONTENTS], cwd=ROOT, env=environ, check=False)
                if looked.returncode:
                    return looked.returncode
                # Those of behaviour have a CPython of this machine run the package.
                tests = ["pytests/conformance"]
        before(environ, "PYTHONPATH", unpacked(Path(wheel)))
    else:
        site = build(name)
        tests, environ = VARIANTS[name].tests, dict(os.environ, **VARIANTS[name].environ)
        before(environ, "PYTHONPATH", site)
    if name == "asan":
        environ["LD_PRELOAD"] = sanitizer()
    described = subprocess.run(
        [interpreter, "-c", DESCRIBE], env=environ, cwd=ROOT, capture_output=True, text=True, check=False
    )
    print(f"{name}: {described.stdout.strip() or described.stderr}", flush=True)
    command = [interpreter, "-m", "pytest", *(arguments or [*SIDE_BY_SIDE, *tests])]
    return subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode


def before(environ: dict[str, str], variable: str, folder: Path) -> None:
    environ[variable] = os.pathsep.join(filter(None, [str(folder), environ.get(variable)]))


def newer_librdkafka() -> Path:
    """A folder with the librdkafka of the confluent-kafka wheel that requirements-librdkafka.txt locks."""
    folder = ROOT / "build" / "librdkafka"
    wheel = bootstrap.download("librdkafka", folder)
    library = next((wheel / "confluent_kafka.libs").glob("librdkafka*.so*"))
    link = library.with_name(swift_build.LIBRDKAFKA_SONAME)
    # Another process may make it at this moment: workers of a test run ask for the folder at once.
    with contextlib.suppress(FileExistsError):
        link.symlink_to(library.name)
    return link.parent


# What a test runs beside Python is not ours, a compiler say.
NOT_WATCHED = ["cc", "gcc", "clang", "c++", "cc1", "as", "ld", "collect2", "swift*", "sh", "dash", "bash", "java"]


def valgrind(tests: Sequence[str]) -> int:
    """memcheck over the hot loops, or over tests, with the names of functions left in."""
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("clang")
    if shutil.which("valgrind") is None or compiler is None:
        sys.exit("error: valgrind or a C compiler is not installed (Debian: apt-get install valgrind gcc)")
    folder = ROOT / "build" / "variants" / "valgrind"
    os.environ["MAPR_STREAMS_KEEP_SYMBOLS"] = "1"
    site = place(swift_build.build(ROOT, folder / "swift"), folder / "site")
    integers = folder / "memcheck_integers.so"
    source = ROOT / "tools" / "memcheck_integers.c"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", str(source), "-o", str(integers), "-ldl"], check=True)
    said = folder / "said"
    shutil.rmtree(said, ignore_errors=True)
    said.mkdir()
    command = ["valgrind", "--quiet", "--error-exitcode=9", "--num-callers=40", f"--log-file={said}/%p"]
    command += [f"--suppressions={ROOT / 'tools' / 'valgrind.supp'}"]
    if tests:
        # The processes of the tests too. What these leave at their end, and what a child of a fork does, is no leak.
        command += ["--trace-children=yes", "--trace-children-skip=" + ",".join(f"*/{name}" for name in NOT_WATCHED)]
        command += [sys.executable, "-m", "pytest", *tests]
    else:
        command += ["--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite"]
        command += [sys.executable, str(ROOT / "tools" / "hot_loops.py")]
    environ = dict(os.environ, MEMORY_CHECKER="valgrind")
    before(environ, "PYTHONPATH", site)
    before(environ, "LD_PRELOAD", integers)
    status = subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode
    # A process may end by a signal, or be one whose status no test looks at: what memcheck said of it counts.
    errors = [text for text in (file.read_text() for file in sorted(said.iterdir())) if re.search("^==", text, re.M)]
    print(*errors, sep="\n")
    print("valgrind: errors, which stand above" if errors else "valgrind: no error", flush=True)
    return status or (9 if errors else 0)


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in [*VARIANTS, "librdkafka", "valgrind", "wheel"]:
        sys.exit(__doc__)
    sys.exit(run(sys.argv[1], sys.argv[2:]))
