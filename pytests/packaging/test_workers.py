"""How the tests are shared out to workers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import workers
from limits import HANG

pytest.importorskip("xdist")

DYING = """
import os, pytest

@pytest.mark.parametrize("number", range(6))
def test_one(number):
    if number == 5:
        os.abort()
"""


# Two workers die, the second one while the one in the place of the first still collects; so does the next one then.
DYING_TOGETHER = """
import os, pathlib, pytest, time

WORKER = os.environ["PYTEST_XDIST_WORKER"]

def wait_for(name):
    while not pathlib.Path(name).exists():
        time.sleep(0.01)

@pytest.mark.parametrize("number", range(8))
def test_one(number):
    if WORKER == "gw1":
        wait_for("gw2")
    if WORKER in ("gw0", "gw1"):
        os.abort()
    pathlib.Path("ran").touch()

pathlib.Path(WORKER).touch()
if WORKER == "gw2":
    wait_for("gw3")
if WORKER == "gw3":
    wait_for("ran")
"""


def run(tests, folder):
    (folder / "test_dying.py").write_text(tests)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", workers.__name__]
    command += ["--numprocesses", "2", "--dist", "loadgroup", "test_dying.py"]
    environ = dict(os.environ, PYTHONPATH=str(Path(workers.__file__).parent))
    ended = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=HANG)
    return ended.stdout + ended.stderr


def test_a_worker_that_dies_in_the_last_test_does_not_hold_up_the_run(tmp_path):
    said = run(DYING, tmp_path)
    assert "1 failed, 5 passed" in said, said
    assert "crashed while running 'test_dying.py::test_one[5]'" in said


def test_each_test_that_a_worker_died_of_is_named_when_several_die(tmp_path):
    said = run(DYING_TOGETHER, tmp_path)
    assert "2 failed, 6 passed" in said, said
    for number in (0, 1):
        assert f"crashed while running 'test_dying.py::test_one[{number}]'" in said
