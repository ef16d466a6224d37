"""What all tests share: brokers, topics, clients that are closed whatever a test did, and Python in a subprocess.

Tests that take `cluster` run on the mock cluster and, where KAFKA_HOME names an Apache Kafka distribution, on a real
cluster of one node and on one of three. `topic`, `producer` and `consumer` belong to the cluster that the test names
(`cluster`, `kafka`, `kafka_one`, `kafka_three`, `mock_cluster`), and to the mock cluster when it names none.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

import pytest

# The fixtures import the package where they need it: tests of the build run before there is one to import.
if TYPE_CHECKING:
    from typing import Union

    from mapr_streams_python import Consumer, KafkaError, Message, Producer
    from mapr_streams_python.testing import KafkaServer, MockCluster

    Cluster = Union[MockCluster, KafkaServer]

CLUSTER_FIXTURES = {"mock": "mock_cluster", "kafka-1-node": "kafka_one", "kafka-3-nodes": "kafka_three"}


# Clusters


@pytest.fixture(scope="session")
def mock_cluster() -> Iterator[MockCluster]:
    """The mock cluster, with three brokers."""
    from mapr_streams_python.testing import MockCluster

    with MockCluster(brokers=3) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def kafka_one() -> Iterator[KafkaServer]:
    """A real Kafka of one node."""
    yield from _kafka(nodes=1)


@pytest.fixture(scope="session")
def kafka_three() -> Iterator[KafkaServer]:
    """A real Kafka of three nodes. A test that stops a node starts it again."""
    yield from _kafka(nodes=3)


def _kafka(nodes: int) -> Iterator[KafkaServer]:
    if not os.environ.get("KAFKA_HOME"):
        pytest.skip("KAFKA_HOME is not set: it names the Apache Kafka distribution for tests on a real broker")
    from mapr_streams_python.testing import KafkaServer

    with KafkaServer(nodes) as server:
        yield server


@pytest.fixture(params=list(CLUSTER_FIXTURES))
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """Each cluster in turn: the mock, and a real Kafka of one node and of three."""
    found: Cluster = request.getfixturevalue(CLUSTER_FIXTURES[request.param])
    return found


@pytest.fixture(params=[name for name in CLUSTER_FIXTURES if name != "mock"])
def kafka(request: pytest.FixtureRequest) -> KafkaServer:
    """A real Kafka: of one node, and of three."""
    found: KafkaServer = request.getfixturevalue(CLUSTER_FIXTURES[request.param])
    return found


@pytest.fixture
def _test_cluster(request: pytest.FixtureRequest) -> Cluster:
    for name in ("cluster", "kafka", "kafka_three", "kafka_one"):
        if name in request.fixturenames:
            break
    else:
        name = "mock_cluster"
    found: Cluster = request.getfixturevalue(name)
    return found


# Topics and clients


@pytest.fixture
def unique(request: pytest.FixtureRequest) -> Callable[[], str]:
    """Make names that no other test uses: legal for topics, groups and transactional ids."""
    base = re.sub("[^a-zA-Z0-9._-]", "-", request.node.name)[:120]
    return lambda: f"{base}-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def topic(_test_cluster: Cluster, unique: Callable[[], str]) -> Callable[..., str]:
    """`topic(partitions=1)` creates a topic on as many brokers as it may be, up to three, and returns its name."""
    from mapr_streams_python.testing import MockCluster

    brokers = _test_cluster.brokers if isinstance(_test_cluster, MockCluster) else len(_test_cluster.nodes)

    def create(partitions: int = 1) -> str:
        name = unique()
        _test_cluster.create_topic(name, partitions, min(3, brokers))
        return name

    return create


@pytest.fixture
def producer(_test_cluster: Cluster) -> Iterator[Callable[..., Producer]]:
    """`producer({'linger.ms': 0})` makes a producer for the test's cluster. Dropping it drops what is in its queue."""
    from mapr_streams_python import Producer

    made: list[Producer] = []

    def make(config: Mapping[str, Any] | None = None) -> Producer:
        made.append(Producer({"bootstrap.servers": _test_cluster.bootstrap_servers, **(config or {})}))
        return made[-1]

    yield make
    made.clear()


@pytest.fixture
def consumer(_test_cluster: Cluster, unique: Callable[[], str]) -> Iterator[Callable[..., Consumer]]:
    """`consumer({'group.id': 'g'})` makes a consumer for the test's cluster, in a group of its own by default.

    It begins with the earliest message, and it heeds a rebalance within half a second.
    """
    from mapr_streams_python import Consumer

    made: list[Consumer] = []

    def make(config: Mapping[str, Any] | None = None) -> Consumer:
        defaults: dict[str, Any] = {
            "bootstrap.servers": _test_cluster.bootstrap_servers,
            "group.id": unique(),
            "auto.offset.reset": "earliest",
            "session.timeout.ms": 6000,
            "heartbeat.interval.ms": 500,
        }
        made.append(Consumer({**defaults, **(config or {})}))
        return made[-1]

    yield make
    failures = []
    for one in made:
        try:
            one.close()
        except BaseException as failure:  # noqa: B036 - the others must be closed first, whatever it is
            failures.append(failure)
    if failures:
        raise failures[0]


# Steps that most tests take


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """`wait_until(predicate, timeout=10, what='')` waits until `predicate()` is true, and fails after `timeout`."""

    def wait(predicate: Callable[[], object], timeout: float = 10.0, what: str = "") -> None:
        deadline = time.monotonic() + timeout
        while not predicate():
            if time.monotonic() > deadline:
                pytest.fail(f"not within {timeout:g} s: {what or predicate}")
            time.sleep(0.01)

    return wait


@pytest.fixture
def deliver() -> Callable[..., list[Message]]:
    """`deliver(producer, topic, records, timeout=30)` produces, and returns the delivery reports in their order.

    Each record is the value of a message, or a dict with the keyword arguments of `produce`.
    """

    def run(producer: Producer, topic: str, records: Iterable[Any], timeout: float = 30.0) -> list[Message]:
        reports: list[Message] = []
        errors: list[KafkaError] = []

        def report(error: KafkaError | None, message: Message) -> None:
            reports.append(message)
            if error is not None:
                errors.append(error)

        count = 0
        for record in records:
            arguments = record if isinstance(record, dict) else {"value": record}
            producer.produce(topic, on_delivery=report, **arguments)
            count += 1
        left = producer.flush(timeout)
        assert not errors, f"{len(errors)} of {count} messages failed: {errors[0]}"
        assert left == 0, f"{left} of {count} messages were not delivered within {timeout:g} s"
        assert len(reports) == count
        return reports

    return run


@pytest.fixture
def read() -> Callable[..., list[Message]]:
    """`read(consumer, count, timeout=30)` polls until there are `count` messages, and returns them.

    Ends of partitions are skipped; any other error is raised.
    """
    from mapr_streams_python import KafkaError, KafkaException

    def run(consumer: Consumer, count: int, timeout: float = 30.0) -> list[Message]:
        messages: list[Message] = []
        deadline = time.monotonic() + timeout
        while len(messages) < count:
            left = deadline - time.monotonic()
            message = consumer.poll(max(0.0, min(left, 0.5)))
            if message is None:
                if left <= 0:
                    came = [f"{m.topic()}[{m.partition()}]@{m.offset()}: {m.value()!r}" for m in messages[-5:]]
                    pytest.fail(f"{len(messages)} of {count} messages within {timeout:g} s; the last ones: {came}")
                continue
            error = message.error()
            if error is None:
                messages.append(message)
            elif error.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(error)
        return messages

    return run


# Python in a subprocess


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


@pytest.fixture
def run_python() -> Callable[..., Ran]:
    """`run_python(code, timeout=60, env={}, python=sys.executable)` runs code in another process: see `Ran`.

    It imports the same `mapr_streams_python` as this process. One that hangs is aborted, which prints the stack of
    each of its threads, and fails the test.
    """

    import mapr_streams_python

    assert mapr_streams_python.__file__ is not None
    package = str(Path(mapr_streams_python.__file__).parents[1])

    def run(
        code: str,
        *,
        timeout: float = 60.0,
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
                stdout, stderr = process.communicate(timeout=10.0)
            except subprocess.TimeoutExpired:
                process.kill()
                stdout, stderr = process.communicate()
            pytest.fail(f"still running after {timeout:g} s\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
        return Ran(process.returncode, stdout, stderr)

    return run
