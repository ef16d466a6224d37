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
from typing import TYPE_CHECKING, Any, Callable

import pytest

if TYPE_CHECKING:
    from mapr_streams_python import Consumer, Producer
    from mapr_streams_python.testing import Cluster, KafkaServer

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
    kinds: list[str] = config.getoption("--kafka") or config.getini("kafka")
    for kind in kinds:
        if kind not in ("mock", "server") and not _SERVERS.fullmatch(kind):
            raise pytest.UsageError(f"--kafka must be mock, server, or HOST:PORT[,HOST:PORT], not {kind!r}")
    home = config.getoption("--kafka-home") or os.environ.get("KAFKA_HOME")
    if "server" in kinds and not home:
        raise pytest.UsageError(
            "--kafka=server needs an Apache Kafka distribution: name its folder by --kafka-home or KAFKA_HOME"
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


@pytest.fixture(scope="session")
def _kafka_servers(request: pytest.FixtureRequest) -> Iterator[Callable[[int], KafkaServer]]:
    """The Apache Kafka clusters of the session, by their number of nodes: one takes seconds to start."""
    from mapr_streams_python.testing import KafkaServer

    with contextlib.ExitStack() as stack:
        servers: dict[int, KafkaServer] = {}

        def get(nodes: int) -> KafkaServer:
            if nodes not in servers:
                home = request.config.getoption("--kafka-home")
                servers[nodes] = stack.enter_context(KafkaServer(nodes, home))
            return servers[nodes]

        yield get


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
        server = request.getfixturevalue("_kafka_servers")(brokers)
        yield server
        server.restore()
    else:
        from mapr_streams_python.testing import ExternalCluster

        external = ExternalCluster(kind)
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
        for name in made:
            kafka_cluster.delete_topic(name)


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
        except Exception:
            continue


@pytest.fixture
def make_consumer(request: pytest.FixtureRequest, kafka_cluster: Cluster) -> Iterator[Callable[..., Consumer]]:
    """``make_consumer({'group.id': 'g'})`` makes a consumer of the test's cluster, with these properties.

    Unless they say otherwise it is in a group of its own, begins with the earliest message, and takes part in
    rebalances without delay. It is subscribed to nothing.
    """
    from mapr_streams_python import Consumer
    from mapr_streams_python.testing import unique_name

    made: list[Consumer] = []

    def make(config: Mapping[str, Any] | None = None) -> Consumer:
        defaults: dict[str, Any] = {
            "bootstrap.servers": kafka_cluster.bootstrap_servers,
            "group.id": unique_name(request.node.name),
            "auto.offset.reset": "earliest",
            "session.timeout.ms": 6000,
            "heartbeat.interval.ms": 500,
        }
        made.append(Consumer({**defaults, **(config or {})}))
        return made[-1]

    yield make
    failures: list[Exception] = []
    for consumer in made:
        try:
            consumer.close()
        except Exception as failure:
            # The others are closed first. A callback raised, and the consumer may be open still.
            failures.append(failure)
            with contextlib.suppress(Exception):
                consumer.close()
    if failures:
        raise failures[0]


@pytest.fixture
def producer(make_producer: Callable[..., Producer]) -> Producer:
    """A producer of the test's cluster."""
    return make_producer()


@pytest.fixture
def consumer(make_consumer: Callable[..., Consumer]) -> Consumer:
    """A consumer of the test's cluster: see `make_consumer`."""
    return make_consumer()
