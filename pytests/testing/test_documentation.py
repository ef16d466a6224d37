"""The Python of docs/testing.md runs as it stands, and so does the test in the README."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("name", TESTS)
def test_a_test_file_of_the_page_passes(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(TESTS[name])
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers -p no:cacheprovider\n")
    clusters = ["--kafka=mock"] + (["--kafka=server"] if os.environ.get("KAFKA_HOME") else [])
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", *clusters, name]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=110, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert re.search(r"\d+ passed", ended.stdout) or "server" not in "".join(clusters)


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_a_program_of_the_page_runs(tmp_path: Path, number: int) -> None:
    command = [sys.executable, "-W", "error", "-c", PROGRAMS[number]]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
