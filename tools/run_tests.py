"""Runs every test and check of the project, shows what they print, and closes with one summary.

Usage: .venv/bin/python tools/run_tests.py [--checks]

--checks leaves out the tests and runs the format, lint and type checks alone. Where the environment variable CI is set,
pyright is one of them, a part of the tests also runs on other builds, see run_variant.py, and what they ran on is held
against what they have to run on, see ran_on.py. With LIBRDKAFKA=newest in the environment, the tests of Swift and of
Python load the newest librdkafka that is locked instead of the system's.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import find_pythons
import kafka_classes
import ran_on
import run_variant
import side_by_side
import swift_build
from ran_on import RanOn
from side_by_side import ROOT, Ended, Running, Unshown

SWIFT = os.environ.get("SWIFT") or "swift"
# What is compiled of Python sources, where the environment says to leave nothing beside them (PYTHONDONTWRITEBYTECODE):
# tests start hundreds of interpreters, and each would compile the package anew.
BYTECODE = ROOT / "build" / "bytecode"
# Tests mostly wait, for brokers and for the clocks of librdkafka: with half as many workers, two processors stood idle
# for most of the second half of a run.
WORKERS = max(16, 2 * (os.cpu_count() or 1))
# Where the Swift tests are built: not in .build, which belongs to a plain `swift build`, whose options are others.
SWIFT_TESTS = ["--scratch-path", str(ROOT / "build" / "swift-tests")]
# A crash prints the stack of its thread: what came of one test is gone with the process, and the next run may pass.
BACKTRACE = "SWIFT_BACKTRACE=enable=yes,color=no,interactive=no,images=none,registers=none,threads=crashed"
# What the compiler says of each module that it compiles at once.
AT_ONCE = Unshown(
    re.compile(r"warning: ignoring '-enable-batch-mode'|remark: Incremental compilation has been disabled")
)
# Of `swift test`, what is neither a failure nor the summary: what began, what passed, and what librdkafka logs.
PASSING = Unshown(
    line=re.compile(
        r"◇ |✔ Suite |✔ Test (?!run with )|Test (Suite|Case) .* (started|passed)|\s*Executed 0 tests"
        r"|↳ (Testing Library|Target Platform)|\[\d+/\d+\] |%\d\|"
    ),
    first=re.compile("[◇✔] Test case passing "),
    last=re.compile(r" (started|passed after [\d.]+ seconds)\.$"),
)
# How many tests there are in each file.
COLLECTED = Unshown(re.compile(r"pytests/\S+: \d+$|$"))


class Counts(NamedTuple):
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


class Step(NamedTuple):
    name: str
    command: list[str]
    # Reads the counts out of what a test runner printed; a step without one counts as one check.
    counts: Callable[[str], Counts] | None = None
    unshown: Unshown | None = None
    needs: tuple[str, ...] = ()


class Outcome(NamedTuple):
    name: str
    ok: bool
    counts: Counts
    seconds: float
    tests: bool


def extension() -> Step:
    """What `make install` builds: it takes one processor, and lets others have the rest."""
    return Step("extension", [os.environ.get("MAKE", "make"), "--no-print-directory", "install"])


def swift_tests() -> list[Step]:
    # The extension is waited for by more; this takes what it leaves of the processors.
    build = ["nice", "-n", "5", SWIFT, "build", "--build-tests", *SWIFT_TESTS, *swift_build.QUICKLY]
    steps = [Step("swift build", build, unshown=AT_ONCE)]
    if ".testTarget(" in (ROOT / "Package.swift").read_text():
        # A process each: the extension gives its process words of Python's, and tests of Streams read those of Swift.
        for name, tests in (("swift test", "--skip"), ("of extension", "--filter")):
            command = ["env", BACKTRACE, SWIFT, "test", "--skip-build", *SWIFT_TESTS, tests, "MaprStreamsPythonTests"]
            steps.append(Step(name, [*with_librdkafka(), *command], count_swift, PASSING))
    return steps


def python_tests() -> list[Step]:
    pytest = [*with_librdkafka(), sys.executable, "-m", "pytest", "--color=" + ("yes" if sys.stdout.isatty() else "no")]
    # Tests of one group, such as those of one Kafka, run one after the other: see pytests/clusters.py. The order of the
    # groups is that of pytests/workers.py.
    shared_out = ["--numprocesses", str(WORKERS), "--dist", "loadgroup", "--no-loadscope-reorder"]
    return [
        # Each worker collects all tests. It finds them compiled: the first time, that takes more than everything else.
        Step("collection", [*pytest, "--collect-only", "-qq", "pytests"], unshown=COLLECTED, needs=("extension",)),
        Step(
            "pytest",
            [*pytest, *shared_out, "pytests"],
            count_pytest,
            needs=("collection", *(step.name for step in kafka())),
        ),
    ]


def with_librdkafka() -> list[str]:
    """What a command begins with that is to load another librdkafka than the system's."""
    wanted = os.environ.get(ran_on.LIBRDKAFKA, "")
    if not wanted:
        return []
    if wanted != "newest":
        sys.exit(f"error: {ran_on.LIBRDKAFKA} is newest, or nothing for the system's: {wanted}")
    environ = {"LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", "")}
    run_variant.before(environ, "LD_LIBRARY_PATH", run_variant.newer_librdkafka())
    return ["env", *(f"{name}={value}" for name, value in environ.items())]


def kafka() -> list[Step]:
    """What makes the nodes of a real Kafka start sooner, where there is one."""
    command = [sys.executable, str(ROOT / "tools" / "kafka_classes.py")]
    return [Step("kafka classes", command, needs=("extension",))] if kafka_classes.archive() else []


def other_builds() -> list[Step]:
    """What a user's run leaves out: a part of pytest with the whole Swift runtime, a newer librdkafka, and a wheel."""
    variant = [sys.executable, str(ROOT / "tools" / "run_variant.py")]
    return [
        Step(name, [*variant, name], count_pytest, needs=("extension",)) for name in ("runtime", "librdkafka", "wheel")
    ]


def checks() -> list[Step]:
    swift_files = [name for name in ("Sources", "Tests", "Package.swift", "examples/swift") if (ROOT / name).exists()]
    python = sys.executable
    stubtest = [python, "-m", "mypy.stubtest", "--mypy-config-file", "pyproject.toml"]
    stubtest += ["--allowlist", "tools/stubtest_allowlist.txt", "mapr_streams_python"]
    return [
        Step("swift format", [SWIFT, "format", "lint", "--strict", "--parallel", "--recursive", *swift_files]),
        Step("ruff check", [python, "-m", "ruff", "check", "."]),
        Step("ruff format", [python, "-m", "ruff", "format", "--check", "."]),
        *properties(),
        Step("mypy", [python, "-m", "mypy"], needs=("extension",)),
        Step("stubtest", stubtest, needs=("extension",)),
        *pyright(),
    ]


def properties() -> list[Step]:
    """Holds the types of properties against the newest librdkafka, which comes from a wheel for Linux."""
    command = [sys.executable, str(ROOT / "tools" / "property_types.py"), "--check"]
    return [Step("properties", command)] if sys.platform == "linux" else []


def pyright() -> list[Step]:
    """In CI alone: for a second opinion of what mypy has looked at, it is much to download."""
    command = [sys.executable, str(ROOT / "tools" / "run_pyright.py")]
    return [Step("pyright", command, needs=("extension",))] if os.environ.get("CI") else []


def keep_bytecode() -> None:
    """Has every interpreter from here on keep what it compiles, as it does where nothing else is wished."""
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        os.environ.setdefault("PYTHONPYCACHEPREFIX", str(BYTECODE))


def count_pytest(output: str) -> Counts:
    lines = re.findall(r"^=*\s*((?:\d+ \w+(?:, )?)+) in [\d.]+s", output, re.MULTILINE)
    found = dict((word, int(number)) for number, word in re.findall(r"(\d+) (\w+)", lines[-1])) if lines else {}

    def of(*words: str) -> int:
        return sum(found.get(word, 0) for word in words)

    return Counts(of("passed", "xpassed"), of("failed", "error", "errors"), of("skipped", "xfailed"))


def count_swift(output: str) -> Counts:
    """Adds up what XCTest and Swift Testing, which `swift test` runs one after the other, say of themselves."""
    total = failed = skipped = 0
    # XCTest closes each suite with such a line, and the last one is the sum.
    for line in re.findall(r"Executed (\d+) tests?, with (?:(\d+) tests? skipped and )?(\d+) failure", output)[-1:]:
        total, skipped, failed = (int(number or 0) for number in line)
    ended = re.findall(
        r"^\S+ +Test (?!run with|case passing).* (?:(failed|passed) after|(skipped))", output, re.MULTILINE
    )
    runs = re.findall(r"Test run with (\d+) tests?", output)
    # A process that has died says nothing in the end.
    total += int(runs[-1]) if runs else len(ended)
    failed += sum(how == "failed" for how, _ in ended)
    skipped += sum(how == "skipped" for _, how in ended)
    return Counts(total - failed - skipped, failed, skipped)


def outcome(step: Step, ended: Ended) -> Outcome:
    counts = step.counts(ended.output) if step.counts else Counts(int(ended.status == 0), int(ended.status != 0))
    if ended.status and not counts.failed:
        # A runner that dies, or finds no test to run, has failed whatever it counted.
        counts = counts._replace(failed=1)
    return Outcome(step.name, not counts.failed, counts, ended.seconds, step.counts is not None)


def summary(outcomes: list[Outcome], seconds: float) -> None:
    print("\n==== summary")
    for outcome in outcomes:
        verdict = "ok" if outcome.ok else "FAILED"
        counts = str(outcome.counts) if outcome.tests else ""
        print(f"  {verdict:<7} {outcome.name:<13} {outcome.seconds:7.1f} s   {counts}".rstrip())
    print(f"  {'':<7} {'in all':<13} {seconds:7.1f} s\n")
    # The last line counts each check as one test.
    print(Counts(*map(sum, zip(*(outcome.counts for outcome in outcomes)))), flush=True)


def held_against_what_must_run(lanes: list[list[Step]], ended: Mapping[str, Ended]) -> list[Outcome]:
    """Says what the tests have run on. In CI it is an outcome too, whether that is all that they have to run on."""
    steps = [step.name for lane in lanes for step in lane if step.counts is count_pytest]
    ran = {name: RanOn.told(ended[name].output) for name in steps}
    print("\n==== ran on")
    for name, told in ran.items():
        print(f"  {name}: {told}")
    if not os.environ.get("CI"):
        return []
    problems = ran_on.missing(ran)
    print("".join(f"  {problem}\n" for problem in problems), end="")
    return [Outcome("ran on", not problems, Counts(int(not problems), int(bool(problems))), 0.0, False)]


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--checks"]):
        print(__doc__)
        return 2
    print("CPythons that the extension is tested with:", ", ".join(map(str, find_pythons.all_of_them())), flush=True)
    tests = [[*swift_tests(), *checks()], [extension(), *python_tests()], kafka()]
    lanes = [[extension()], checks()] if arguments else tests
    if os.environ.get("CI") and not arguments:
        lanes[0] += other_builds()
    keep_bytecode()
    kafka_classes.share()
    find_pythons.share()
    started = time.monotonic()
    try:
        ended = side_by_side.run(
            [[Running(step.name, step.command, step.unshown, needs=step.needs) for step in lane] for lane in lanes]
        )
    except KeyboardInterrupt:
        return 130
    outcomes = [outcome(step, ended[step.name]) for lane in lanes for step in lane]
    if not arguments:
        outcomes += held_against_what_must_run(lanes, ended)
    summary(outcomes, time.monotonic() - started)
    return 0 if all(outcome.ok for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
