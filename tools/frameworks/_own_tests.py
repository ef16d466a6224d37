"""The unit tests that frameworks bring in their source distributions, on this package and on confluent-kafka itself."""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FOLDER = ROOT / "build" / "frameworks" / "their-own"
LOCKED = re.search(r"^confluent-kafka==\S+", (HERE.parent / "requirements-librdkafka.txt").read_text(), re.MULTILINE)[0]
LIMIT = 600
OURS, THEIRS = "mapr_streams_python", "confluent_kafka"
RUN = ["-m", "mapr_streams_python", "run", "--dialect", "kafka"]
COUNTED = ("passed", "failed", "skipped", "xfailed")
# What else is in the tests' environment.
PYTEST = "pytest==9.2.0"
TEST_TOOLS = "opentelemetry-test-utils==0.66b1"
AIRFLOW = (
    "apache-airflow-core==3.3.2",
    "apache-airflow-providers-common-messaging==2.1.2",
    "apache-airflow-providers-openlineage==2.20.3",
    "pytest-asyncio==1.5.0",
    "pytest-mock==3.17.0",
)


class Distribution(NamedTuple):
    """A source distribution, and how its tests are run."""

    version: str
    packages: Sequence[str]
    tests: str = "tests"
    # Files that are not run, each with the reason.
    left_out: Mapping[str, str] = {}
    # A folder beside this file with what the tests import, and no distribution has.
    stand_ins: str = ""


DISTRIBUTIONS = {
    "opentelemetry-instrumentation-confluent-kafka": Distribution("0.66b1", (TEST_TOOLS,)),
    "sentry-arroyo": Distribution("2.48.0", (), left_out={"tests/test_kip848_e2e.py": "it wants an Apache Kafka"}),
    "apache-airflow-providers-apache-kafka": Distribution(
        "2.1.0", AIRFLOW, tests="tests/unit", stand_ins="airflow_stand_ins"
    ),
}


class Results(NamedTuple):
    """How each test ended, by its name, and why files could not be imported whose modules are left out."""

    outcomes: dict[str, str]
    not_imported: dict[str, str]

    def __str__(self) -> str:
        counts = Counter(self.outcomes.values())
        return ", ".join(f"{counts[outcome]} {outcome}" for outcome in COUNTED if counts[outcome]) or "no test"


def results(report: Path) -> Results:
    """Reads what pytest wrote in the form of JUnit."""
    outcomes, not_imported = {}, {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = "::".join(filter(None, [case.get("classname"), case.get("name")]))
        problems = [element for element in case if element.tag in ("failure", "error")]
        skipped = case.find("skipped")
        missing = [re.search(r"No module named '(tests\..+)'\s*$", problem.text or "") for problem in problems]
        if problems and problems[0].get("message") == "collection failure" and missing[0]:
            not_imported[name] = f"{missing[0][1]} is not in the distribution"
        elif problems:
            outcomes[name] = "failed"
        elif skipped is not None:
            outcomes.setdefault(name, "xfailed" if skipped.get("type") == "pytest.xfail" else "skipped")
        else:
            outcomes.setdefault(name, "passed")
    return Results(outcomes, not_imported)


def alone(here: Results, there: Results) -> dict[str, str]:
    """The tests that end worse here than there, and how."""
    found = {name: "cannot be imported" for name in here.not_imported if name not in there.not_imported}
    for name, outcome in there.outcomes.items():
        ended = here.outcomes.get(name, "did not run")
        if outcome != "failed" and ended not in (outcome, "passed"):
            found.setdefault(name, ended)
    found.update(
        (name, ended) for name, ended in here.outcomes.items() if ended == "failed" and name not in there.outcomes
    )
    return found


def source(name: str, version: str, python: Path) -> Path:
    """The folder of a source distribution, which is got from PyPI where it is not there."""
    folder = FOLDER / f"{name}-{version}"
    if not folder.is_dir():
        with tempfile.TemporaryDirectory(dir=FOLDER) as parent:
            # pip asks a source distribution for its metadata; what that is made with may come as wheels.
            pip = [str(python), "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
            pip += ["--no-binary", name, "--dest", parent]
            subprocess.run([*pip, f"{name}=={version}"], check=True, timeout=LIMIT)
            with tarfile.open(next(Path(parent).glob("*.tar.gz"))) as archive:
                archive.extractall(parent, filter="data")
            next(file for file in Path(parent).iterdir() if file.is_dir()).rename(folder)
    return folder


def tried(command: Sequence[str], environ: Mapping[str, str], folder: Path) -> tuple[int | None, str]:
    """Runs a command; returns its status and what it printed, and no status where it was still running at the end."""
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        try:
            status = subprocess.run(
                command, cwd=folder, env=environ, stdout=said, stderr=subprocess.STDOUT, timeout=LIMIT, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            status = None
        said.seek(0)
        return status, said.read()


def run_on(
    package: str, name: str, python: Path, folder: Path, library: Path | None, environ: dict[str, str]
) -> Results | None:
    """Runs the tests on one of the two packages; None where they came to no end."""
    distribution = DISTRIBUTIONS[name]
    paths = [str(HERE / distribution.stand_ins)] if distribution.stand_ins else []
    begin = [str(python)]
    if package == OURS:
        paths.append(str(ROOT / "python"))
        begin += RUN
        if library is not None:
            environ = dict(environ, LD_LIBRARY_PATH=str(library))
    environ = dict(environ, PYTHONPATH=os.pathsep.join(paths))
    _, described = tried([*begin, str(HERE / "_whose.py")], environ, folder)
    whose = described.strip().rpartition("\n")[2]
    report = FOLDER / f"{name}-{package}.xml"
    report.unlink(missing_ok=True)
    # The settings of pytest in this repository are not theirs.
    command = [*begin, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(folder), "--confcutdir", str(folder)]
    command += ["-p", "no:cacheprovider", "--continue-on-collection-errors", "--junitxml", str(report)]
    command += [f"--ignore={file}" for file in distribution.left_out]
    status, said = tried([*command, distribution.tests], environ, folder)
    # Some test failed, or none did.
    if status in (0, 1) and report.is_file() and whose.startswith(f"{package}, "):
        ended = results(report)
        print(f"  {whose}: {ended}", flush=True)
        return ended
    how = f"still running after {LIMIT} s" if status is None else f"exit status {status}"
    print(f"  {package} ({whose}): {how}\n{said[-4000:]}", flush=True)
    return None


def compare(name: str, environment: Callable[[str, list[str]], Path], library: Path | None) -> bool:
    """Runs the tests of a distribution on both packages; tells whether some pass there, and none fails here alone."""
    distribution = DISTRIBUTIONS[name]
    FOLDER.mkdir(parents=True, exist_ok=True)
    python = environment(
        f"their-own-{name}", [f"{name}=={distribution.version}", LOCKED, PYTEST, *distribution.packages]
    )
    folder = source(name, distribution.version, python)
    print(f"{name} {distribution.version}, {distribution.tests}", flush=True)
    with tempfile.TemporaryDirectory() as home:
        # Airflow writes its settings, its database and its logs there.
        environ = dict(os.environ, AIRFLOW_HOME=home)
        environ.pop("MAPR_STREAMS_COMPATIBILITY", None)
        here, there = (run_on(package, name, python, folder, library, environ) for package in (OURS, THEIRS))
    if here is None or there is None:
        return False
    for file, reason in {**distribution.left_out, **there.not_imported}.items():
        print(f"  left out: {file}: {reason}", flush=True)
    worse = alone(here, there)
    for test, ended in here.outcomes.items():
        if ended == "failed" and test not in worse:
            print(f"  fails on both: {test}", flush=True)
    for test, ended in worse.items():
        print(f"  here alone: {test}: {ended}", flush=True)
    # Where all fail on both, it is what they run in that is at fault.
    return not worse and "passed" in there.outcomes.values()


def run(names: Sequence[str], environment: Callable[[str, list[str]], Path], library: Path | None) -> int:
    failed = [name for name in names if not compare(name, environment, library)]
    print(f"failed: {' '.join(failed)}" if failed else "nothing fails here alone", flush=True)
    return 1 if failed else 0
