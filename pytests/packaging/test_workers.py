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
import os, pathlib, pytest

@pytest.mark.parametrize("number", range(6))
def test_one(number):
    died = pathlib.Path("died")
    if number == 5 and not died.exists():
        died.touch()
        os.abort()
"""


def test_a_worker_that_dies_in_the_last_test_does_not_hold_up_the_run(tmp_path):
    (tmp_path / "test_dying.py").write_text(DYING)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", workers.__name__]
    command += ["--numprocesses", "2", "--dist", "loadgroup", "test_dying.py"]
    environ = dict(os.environ, PYTHONPATH=str(Path(workers.__file__).parent))
    ended = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=HANG)
    assert "1 failed, 6 passed" in ended.stdout, ended.stdout + ended.stderr
    assert "crashed while running 'test_dying.py::test_one[5]'" in ended.stdout
