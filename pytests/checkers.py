"""What cannot be measured beside a memory checker; tools/run_variant.py runs tests under one."""

from __future__ import annotations

import os

import pytest

CHECKER = os.environ.get("MEMORY_CHECKER")

measures_memory = pytest.mark.skipif(
    CHECKER is not None, reason=f"{CHECKER} keeps what was freed, and takes memory of its own: sizes say nothing there"
)
