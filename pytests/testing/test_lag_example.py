"""examples/lag.py prints what it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from limits import HANG

EXAMPLE = Path(__file__).parents[2] / "examples" / "lag.py"

pytestmark = pytest.mark.skipif(not EXAMPLE.is_file(), reason="the examples are not part of this distribution")


def test_the_example_prints_the_lag_of_a_group_partition_by_partition() -> None:
    command = [sys.executable, "-W", "error", str(EXAMPLE), "--group", "g", "orders", "payments"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=HANG, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert [line.split() for line in ended.stdout.splitlines()] == [
        ["partition", "first", "committed", "end", "lag"],
        ["orders", "[0]", "0", "4", "10", "6"],
        ["orders", "[1]", "0", "-", "0", "-"],
        ["payments", "[0]", "0", "4", "10", "6"],
        ["payments", "[1]", "0", "-", "0", "-"],
        ["12", "behind", "in", "2", "of", "4", "partitions"],
    ]
