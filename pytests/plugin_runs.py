"""Test runs of the pytest plugin inside of a test, as users have them.

Most of them are in this process, since pytest takes longer to start than to run a test or two.
"""

from __future__ import annotations

import pytest
from limits import HANG


@pytest.fixture(autouse=True)
def user_run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """The runs are those of a user: strict, and with every warning an error.

    But for one, of the process that they share with other tests: those of distributions write down what belongs to this
    package in the midst of a run, and pytest would have liked to import that itself.
    """
    ignored = "ignore:Module already imported so cannot be rewritten; benchmarks:pytest.PytestAssertRewriteWarning"
    filters = f"filterwarnings =\n    error\n    {ignored}\n"
    pytester.makeini(f"[pytest]\naddopts = --strict-markers -p no:cacheprovider\n{filters}")
    monkeypatch.delenv("KAFKA_HOME", raising=False)


def run(pytester: pytest.Pytester, code: str, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(code)
    return pytester.runpytest_inprocess("-rs", *arguments)


def run_apart(pytester: pytest.Pytester, code: str, *arguments: str) -> pytest.RunResult:
    """In a process of its own."""
    pytester.makepyfile(code)
    return pytester.runpytest_subprocess("-rs", *arguments, timeout=HANG)
