"""What cannot be measured beside a memory checker; tools/run_variant.py runs tests under one."""

from __future__ import annotations

import os

import pytest

CHECKER = os.environ.get("MEMORY_CHECKER")

measures_memory = pytest.mark.skipif(
    CHECKER is not None, reason=f"{CHECKER} keeps what was freed, and takes memory of its own: sizes say nothing there"
)

# AddressSanitizer knows of no thread that C11's thrd_create makes, as librdkafka does. Those share an allocator, whose
# lock one of them may hold at a fork: in the child, threads of librdkafka's wait for it for ever. It is sure to happen
# where the fork is on such a thread, or where librdkafka is busy at each of many.
forks_beside_busy_threads = pytest.mark.skipif(
    CHECKER == "asan", reason="asan's allocator may be locked in the child of a fork, by a thread that it does not know"
)
