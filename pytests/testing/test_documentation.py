"""The Python of docs/testing.md runs as it stands, and so does the test in the README."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from limits import HANG

PAGE = Path(__file__).parents[2] / "docs" / "testing.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
TESTS = {block.split("\n")[0].lstrip("# "): block for block in BLOCKS if block.startswith("# test_")}
README = (PAGE.parents[1] / "README.md").read_text()
TESTS["test_readme.py"] = next(
    b for b in re.findall(r"^```python\n(.*?)^```$", README, re.M | re.S) if "def test_" in b
)
PROGRAMS = [block for block in BLOCKS if not block.startswith("# test_")]


def test_the_page_has_an_example_for_each_kind_of_fault() -> None:
    faults = ["leader_change", "broker_gone", "not_allowed", "slow_broker", "coordinator_moves"]
    assert {f"test_{fault}.py" for fault in faults} <= set(TESTS)


@pytest.fixture(scope="module")
def tested(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[ElementTree.Element]]:
    """The test cases that pytest has run of each file: all in one run, so that they share the real Kafka."""
    folder = tmp_path_factory.mktemp("page")
    for name, text in TESTS.items():
        (folder / name).write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers -p no:cacheprovider\n")
    clusters = ["--kafka=mock"] + (["--kafka=server"] if os.environ.get("KAFKA_HOME") else [])
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "--junit-xml=report.xml", *clusters, *TESTS]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=HANG, check=False)
    assert ended.returncode in (0, pytest.ExitCode.TESTS_FAILED), ended.stdout + ended.stderr
    cases: dict[str, list[ElementTree.Element]] = {}
    for case in ElementTree.parse(folder / "report.xml").iter("testcase"):
        cases.setdefault(f"{case.attrib['classname']}.py", []).append(case)
    return cases


@pytest.mark.xdist_group("documentation")
@pytest.mark.parametrize("name", TESTS)
def test_a_test_file_of_the_page_passes(tested: dict[str, list[ElementTree.Element]], name: str) -> None:
    cases = tested[name]
    assert len({case.attrib["name"].split("[")[0] for case in cases}) == TESTS[name].count("def test_")
    assert "".join(part.text or "" for case in cases for part in case if part.tag in ("failure", "error")) == ""
    # Without a real Kafka, the tests that are for it alone are skipped.
    ran = [case for case in cases if case.find("skipped") is None]
    assert ran or not os.environ.get("KAFKA_HOME")


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_a_program_of_the_page_runs(tmp_path: Path, number: int) -> None:
    command = [sys.executable, "-W", "error", "-c", PROGRAMS[number]]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=HANG, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
