"""Waiting for what processes of a cluster do."""

from __future__ import annotations

import time
from typing import Callable


def wait_for(
    condition: Callable[[], bool], timeout: float, otherwise: str, progress: Callable[[], object] = lambda: None
) -> None:
    """Wait for a condition. The time-out begins anew when what `progress` returns is another than before.

    Raises:
        TimeoutError: it was not true in time; the text is `otherwise`, and the seconds.
    """
    reached, deadline = progress(), time.monotonic() + timeout
    while not condition():
        if (now := progress()) != reached:
            reached, deadline = now, time.monotonic() + timeout
        if time.monotonic() > deadline:
            raise TimeoutError(f"{otherwise} after {timeout:g} seconds")
        time.sleep(0.05)
