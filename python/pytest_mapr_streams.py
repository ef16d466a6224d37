"""Fixtures for tests of Kafka programs: a cluster, a topic, a producer and a consumer, torn down whatever a test did.

Loaded by pytest wherever mapr-streams-python is installed. It is a module outside of the package, and imports that only
inside its fixtures, so that a test run that uses none of them pays nothing. See docs/testing.md.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

import pytest

if TYPE_CHECKING:
    from mapr_streams_python import Consumer, Producer
    from mapr_streams_python.testing import Cluster, ExternalCluster, KafkaServer

MARKER = "kafka_cluster"
_MOST_REPLICAS = 3
_SERVERS = re.compile(r"[^,:\s]+:\d+(,[^,:\s]+:\d+)*|\[[0-9a-fA-F:]+\]:\d+")
_CLOSING = 5.0

_kinds = pytest.StashKey["list[str]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("kafka", "Kafka clusters for tests (mapr-streams-python)")
    group.addoption(
        "--kafka",
        action="append",
        metavar="mock|server|HOST:PORT",
        help="what the fixture kafka_cluster is: librdkafka's mock cluster (the default), an Apache Kafka started from "
        "KAFKA_HOME, or a cluster that runs already; given more than once, tests run once on each",
    )
    group.addoption(
        "--kafka-home",
        metavar="FOLDER",
        help="the Apache Kafka distribution of --kafka=server (default: the environment variable KAFKA_HOME)",
    )
    parser.addini("kafka", "what --kafka is where it is not given", type="args", default=["mock"])


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f"{MARKER}(brokers=1, partitions=1, only=None): how many brokers the fixture kafka_cluster has and how many "
        "partitions the fixture kafka_topic; only='mock' or only='server' skips the test on other clusters.",
    )
    chosen: list[str] = config.getoption("--kafka") or config.getini("kafka") or ["mock"]
    kinds = list(dict.fromkeys(chosen))
    for kind in kinds:
        if kind not in ("mock", "server") and not _SERVERS.fullmatch(kind):
            raise pytest.UsageError(f"--kafka must be mock, server, or HOST:PORT[,HOST:PORT], not {kind!r}")
    home = config.getoption("--kafka-home") or os.environ.get("KAFKA_HOME")
    if "server" in kinds:
        if not home:
            raise pytest.UsageError(
                "--kafka=server needs an Apache Kafka distribution: name its folder by --kafka-home or KAFKA_HOME"
            )
        if not Path(home, "bin", "kafka-server-start.sh").is_file():
            raise pytest.UsageError(
                f"--kafka=server: {home} is no Apache Kafka distribution: it has no bin/kafka-server-start.sh"
            )
    config.stash[_kinds] = kinds


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    kinds = metafunc.config.stash[_kinds]
    if len(kinds) < 2 or "kafka_cluster" not in metafunc.fixturenames:
        return
    for mark in metafunc.definition.iter_markers("parametrize"):
        names = mark.args[0] if mark.args else mark.kwargs.get("argnames", ())
        if "kafka_cluster" in (names.replace(",", " ").split() if isinstance(names, str) else names):
            return  # The test chooses for itself.
    metafunc.parametrize("kafka_cluster", kinds, indirect=True)


class _Wanted:
    """What the markers of a test ask for; the nearest one wins, keyword by keyword."""

    def __init__(self, node: pytest.Item) -> None:
        self.brokers: int = 1
        self.partitions: int = 1
        self.only: str | None = None
        for mark in reversed(list(node.iter_markers(MARKER))):
            unknown = [*map(repr, mark.args), *(name for name in mark.kwargs if name not in vars(self))]
            if unknown:
                raise pytest.UsageError(
                    f"{node.nodeid}: {MARKER} takes brokers=, partitions= and only=, not {', '.join(unknown)}"
                )
            vars(self).update(mark.kwargs)
        for name in ("brokers", "partitions"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise pytest.UsageError(f"{node.nodeid}: {name} of {MARKER} must be an int from 1 on, not {value!r}")
        if self.only not in (None, "mock", "server"):
            raise pytest.UsageError(f"{node.nodeid}: only of {MARKER} must be 'mock' or 'server', not {self.only!r}")


class _Shared:
    """The clusters that the tests of a session share, since starting or finding one takes seconds.

    One that did not come up is not tried again: each test that wants it fails at once, with the same error.
    """

    def __init__(self, home: str | None) -> None:
        self._home = home
        self._servers: dict[int, KafkaServer] = {}
        self._external: dict[str, ExternalCluster] = {}
        self._failures: dict[int | str, Exception] = {}

    def server(self, nodes: int) -> KafkaServer:
        from mapr_streams_python.testing import KafkaServer

        with self._failing_once(nodes):
            if nodes not in self._servers or self._servers[nodes].closed:
                self._servers[nodes] = KafkaServer(nodes, self._home)
            return self._servers[nodes]

    def external(self, bootstrap_servers: str) -> ExternalCluster:
        from mapr_streams_python.testing import ExternalCluster

        with self._failing_once(bootstrap_servers):
            if bootstrap_servers not in self._external:
                self._external[bootstrap_servers] = ExternalCluster(bootstrap_servers)
            return self._external[bootstrap_servers]

    def close(self) -> None:
        for server in self._servers.values():
            server.close()

    @contextlib.contextmanager
    def _failing_once(self, key: int | str) -> Iterator[None]:
        if key in self._failures:
            # Without the traceback of the test before, to which this one's would be added.
            raise self._failures[key].with_traceback(None)
        try:
            yield
        except Exception as failure:
            self._failures[key] = failure
            raise


@pytest.fixture(scope="session")
def _kafka_shared(request: pytest.FixtureRequest) -> Iterator[_Shared]:
    shared = _Shared(request.config.getoption("--kafka-home"))
    yield shared
    shared.close()


@pytest.fixture
def kafka_cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A Kafka cluster, as ``--kafka`` chooses: a `MockCluster` (by default), a `KafkaServer` or an `ExternalCluster`.

    A mock cluster is the test's own. A server is shared by the tests of the session; nodes that a test killed or paused
    run again when the next one begins. ``@pytest.mark.kafka_cluster(brokers=3)`` sets how many brokers it has.

    Parametrized indirectly, its parameter is what ``--kafka`` takes, or a pair of that and the number of brokers.
    """
    wanted = _Wanted(request.node)
    kind, brokers = request.config.stash[_kinds][0], wanted.brokers
    parameter = getattr(request, "param", None)
    if isinstance(parameter, tuple):
        kind, brokers = parameter
    elif parameter is not None:
        kind = parameter
    if wanted.only not in (None, kind):
        pytest.skip(f"only on --kafka={wanted.only}")
    if kind == "mock":
        from mapr_streams_python.testing import MockCluster

        with MockCluster(brokers) as cluster:
            yield cluster
    elif kind == "server":
        server = request.getfixturevalue("_kafka_shared").server(brokers)
        yield server
        try:
            server.restore()
        except Exception:
            server.close()  # The next test gets another one.
            raise
    else:
        external = request.getfixturevalue("_kafka_shared").external(kind)
        if external.brokers < brokers:
            pytest.skip(f"needs {brokers} brokers, and {kind} has {external.brokers}")
        yield external


@pytest.fixture
def make_topic(request: pytest.FixtureRequest, kafka_cluster: Cluster) -> Iterator[Callable[..., str]]:
    """``make_topic(partitions=1)`` creates a topic of an unused name, on up to three brokers, and returns the name."""
    from mapr_streams_python.testing import ExternalCluster, unique_name

    made: list[str] = []

    def make(partitions: int = 1) -> str:
        name = unique_name(request.node.name)
        kafka_cluster.create_topic(name, partitions, min(_MOST_REPLICAS, kafka_cluster.brokers))
        made.append(name)
        return name

    yield make
    if isinstance(kafka_cluster, ExternalCluster):
        from mapr_streams_python import KafkaException

        for name in made:
            # The test may have deleted it; and what a test did to the cluster is no failure of another kind.
            with contextlib.suppress(KafkaException, OSError):
                kafka_cluster.delete_topic(name)


def _end_faults(cluster: Cluster) -> None:
    """End what the test did to the brokers: a consumer that closes waits up to a minute for a slow one."""
    from mapr_streams_python.testing import KafkaServer, MockCluster

    # What cannot be mended is an error of the teardown of `kafka_cluster`.
    with contextlib.suppress(Exception):
        if isinstance(cluster, (KafkaServer, MockCluster)):
            cluster.restore()


@pytest.fixture
def kafka_topic(request: pytest.FixtureRequest, make_topic: Callable[..., str]) -> str:
    """The name of a topic that is the test's own; ``@pytest.mark.kafka_cluster(partitions=4)`` sets its partitions."""
    return make_topic(_Wanted(request.node).partitions)


@pytest.fixture
def make_producer(kafka_cluster: Cluster) -> Iterator[Callable[..., Producer]]:
    """``make_producer({'linger.ms': 0})`` makes a producer of the test's cluster, with these properties.

    What it has not delivered when the test ends is given up.
    """
    from mapr_streams_python import Producer

    made: list[Producer] = []

    def make(config: Mapping[str, Any] | None = None) -> Producer:
        made.append(Producer({"bootstrap.servers": kafka_cluster.bootstrap_servers, **(config or {})}))
        return made[-1]

    yield make
    if made:
        _end_faults(kafka_cluster)
    for producer in made:
        _give_up(producer)


def _give_up(producer: Producer) -> None:
    """Close a producer. Callbacks that the test left behind run, and what they raise comes too late for the test."""
    deadline = time.monotonic() + _CLOSING
    with contextlib.suppress(Exception):
        producer.purge()
    while time.monotonic() < deadline:
        try:
            producer.close(max(0.0, deadline - time.monotonic()))
            return
        except KeyboardInterrupt:
            raise
        except BaseException:
            # One callback raised, perhaps by pytest.fail(), which is no Exception. The others are still to come.
            continue


@pytest.fixture
def make_consumer(request: pytest.FixtureRequest, kafka_cluster: Cluster) -> Iterator[Callable[..., Consumer]]:
    """``make_consumer({'group.id': 'g'})`` makes a consumer of the test's cluster, with these properties.

    Unless they say otherwise it is in a group of its own, begins with the earliest message, and takes part in
    rebalances without delay (in Kafka's new protocol of groups the brokers say when). It is subscribed to nothing.
    """
    from mapr_streams_python import Consumer
    from mapr_streams_python.testing import unique_name

    made: list[Consumer] = []

    def make(config: Mapping[str, Any] | None = None) -> Consumer:
        defaults: dict[str, Any] = {
            "bootstrap.servers": kafka_cluster.bootstrap_servers,
            "group.id": unique_name(request.node.name),
            "auto.offset.reset": "earliest",
        }
        if (config or {}).get("group.protocol", "classic") == "classic":
            defaults.update({"session.timeout.ms": 6000, "heartbeat.interval.ms": 500})
        made.append(Consumer({**defaults, **(config or {})}))
        return made[-1]

    yield make
    if made:
        _end_faults(kafka_cluster)
    failures: list[BaseException] = []
    for consumer in made:
        try:
            consumer.close()
        except KeyboardInterrupt:
            raise
        except BaseException as failure:
            # A callback raised. It is closed all the same, and the others are closed before the failure is told.
            failures.append(failure)
    if failures:
        first = failures[0]
        if isinstance(first, (Exception, pytest.fail.Exception)):
            raise first
        # pytest lets a SystemExit through, and would leave every other fixture as it is.
        raise RuntimeError(f"{first!r} came out of a callback of a consumer that was closed") from first


@pytest.fixture
def producer(make_producer: Callable[..., Producer]) -> Producer:
    """A producer of the test's cluster."""
    return make_producer()


@pytest.fixture
def consumer(make_consumer: Callable[..., Consumer]) -> Consumer:
    """A consumer of the test's cluster: see `make_consumer`."""
    return make_consumer()
