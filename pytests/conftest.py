"""What all tests share beside the fixtures of the pytest plugin: Python in a subprocess."""

from __future__ import annotations

import contextlib
import gc
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Callable

import pytest
from limits import HANG
from workers import begins_early, pytest_xdist_make_scheduler  # noqa: F401 - a hook of pytest-xdist

if TYPE_CHECKING:
    from mapr_streams_python.testing import Cluster

# A shell that runs us in the background may have SIGINT ignored, and every program that a test interrupts would inherit
# that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass(frozen=True)
class Ran:
    """How a subprocess ended. A negative status is the signal that killed it."""

    status: int
    stdout: str
    stderr: str

    def check(self) -> str:
        """Return what it printed, or fail the test with all of its output when it did not exit with 0."""
        assert self.status == 0, f"exit status {self.status}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"
        return self.stdout


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Workers that run side by side tell tests by their names, which must be the same in each of them."""
    unstable = [item.nodeid for item in items if re.search(r" at 0x[0-9a-f]+", item.nodeid)]
    if unstable:
        raise pytest.UsageError(f"give these tests ids without an object's address: {', '.join(unstable[:3])}")
    items.sort(key=begins_early)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish():
    """What is there of some thousand tests is not looked at each time that a test has Python collect garbage."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter, config):
    """Close with what the tests ran on, for tools/ran_on.py."""
    if config.option.collectonly:
        return
    import mapr_streams_python

    told = [pair for report in terminalreporter.stats.get("passed", []) for pair in report.user_properties]
    pythons = [version for name, version in told if name == "ran on CPython"]
    if pythons:
        pythons.sort(key=lambda version: [int(number) for number in version.split(".")])
        terminalreporter.write_line(f"ran on CPython {' '.join(dict.fromkeys(pythons))}")
    terminalreporter.write_line(f"ran with librdkafka {mapr_streams_python.libversion()[0]}")


@pytest.fixture
def run_python() -> Callable[..., Ran]:
    """`run_python(code, timeout=HANG, env={}, python=sys.executable)` runs code in another process: see `Ran`.

    It imports the same `mapr_streams_python` as this process. One that hangs is aborted, which prints the stack of
    each of its threads, and fails the test.
    """

    import mapr_streams_python

    assert mapr_streams_python.__file__ is not None
    package = str(Path(mapr_streams_python.__file__).parents[1])

    def run(
        code: str,
        *,
        timeout: float = HANG,
        env: Mapping[str, str] | None = None,
        python: str = sys.executable,
    ) -> Ran:
        path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
        process = subprocess.Popen(
            [python, "-X", "faulthandler", "-c", code],
            env={**os.environ, "PYTHONPATH": path, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            try:
                stdout, stderr = process.communicate(timeout=HANG)
            except subprocess.TimeoutExpired:
                process.kill()
                stdout, stderr = process.communicate()
            pytest.fail(f"still running after {timeout:g} s\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
        return Ran(process.returncode, stdout, stderr)

    return run


_is_last_of_group = pytest.StashKey[bool]()


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    # Where one worker has a group of tests for itself, pytest-xdist adds the group to their names.
    _, at, group = item.nodeid.rpartition("@")
    item.stash[_is_last_of_group] = bool(at) and not (nextitem and nextitem.nodeid.endswith(at + group))


@pytest.fixture
def kafka_cluster(kafka_cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """The plugin's; where librdkafka has a say in it, a new group of a mock cluster does not wait three seconds.

    A real Kafka ends with its group of tests, see clusters.py: an idle node keeps a processor busy by three hundredths.
    """
    from mapr_streams_python import KafkaException
    from mapr_streams_python.testing import KafkaServer, MockCluster

    if isinstance(kafka_cluster, MockCluster):
        with contextlib.suppress(KafkaException):
            kafka_cluster.set_group_initial_rebalance_delay(0.1)
    yield kafka_cluster
    if isinstance(kafka_cluster, KafkaServer) and request.node.stash[_is_last_of_group]:
        kafka_cluster.close()
