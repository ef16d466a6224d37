"""An import that has failed for want of memory, and is made again in the same process."""

import subprocess
import sys
from pathlib import Path

import pytest

from mapr_streams_python import cimpl

PROGRAM = Path(__file__).with_name("importing_without_memory.py")


def test_an_import_that_failed_half_way_makes_the_rest_when_it_is_made_again():
    pytest.importorskip("_testcapi", reason="this Python lacks _testcapi, which makes allocations fail")
    ended = subprocess.run(
        [sys.executable, "-X", "faulthandler", PROGRAM, cimpl.__file__],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-4000:]
    # Far more than the tables of methods alone.
    assert int(ended.stdout) > 100
