"""How long a call of several requests may take."""

from __future__ import annotations

import time

from ..cimpl import KafkaError, _exception_of
from ._requests import seconds


class Deadline:
    """A time from now on.

    Args:
        timeout: seconds.
        what: what is waited for, for the text of the exception.
    """

    def __init__(self, timeout: float, what: str) -> None:
        given = seconds("timeout", timeout)
        if given is None:
            raise TypeError("timeout must be a number of seconds, not None")
        self._timeout, self.what = given, what
        self._end = time.monotonic() + given

    def left(self) -> float:
        """The seconds that are left. Raises a TimeoutException where there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise _exception_of(KafkaError(KafkaError._TIMED_OUT, f"{self.what}: not within {self._timeout:g} s"))
        return left
