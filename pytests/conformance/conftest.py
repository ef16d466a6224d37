import contextlib
import sys
import textwrap
import uuid

import pytest

from mapr_streams_python import Consumer, Producer
from mapr_streams_python.testing import MockCluster

from .support import deliver

DIALECTS = ("mapr", "kafka")

# What every program of the crash safety tests begins with.
PRELUDE = """
import gc, os, signal, sys, threading, time
from mapr_streams_python import *

SERVERS = "@SERVERS@"

def make_producer(config={}):
    return Producer({"bootstrap.servers": SERVERS, **config})

def make_consumer(config={}):
    return Consumer({
        "bootstrap.servers": SERVERS, "group.id": f"g{time.time()}", "auto.offset.reset": "earliest",
        "session.timeout.ms": 6000, "heartbeat.interval.ms": 500, "enable.partition.eof": False, **config})

def wait_for(predicate, seconds=30):
    deadline = time.monotonic() + seconds
    while not predicate():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.005)

def outcome(function, *arguments):
    try:
        return repr(function(*arguments))
    except BaseException as exception:
        return type(exception).__name__ + ": " + str(exception)

"""


class Clients:
    """Makes producers and consumers of one dialect, and closes them when the test is over."""

    def __init__(self, dialect, bootstrap_servers=None):
        self.dialect = dialect
        self._bootstrap_servers = bootstrap_servers
        self._clients = []

    def config(self, properties=None):
        """The properties of a client of this dialect, with the given ones on top."""
        config = {"streams.compatibility": self.dialect}
        if self._bootstrap_servers is not None:
            config["bootstrap.servers"] = self._bootstrap_servers
        config.update(properties or {})
        return config

    def producer(self, properties=None):
        self._clients.append(Producer(self.config(properties)))
        return self._clients[-1]

    def consumer(self, properties=None):
        defaults = {
            "group.id": uuid.uuid4().hex,
            "auto.offset.reset": "earliest",
            # The mock coordinator waits about as long as this for the members to come back to a rebalance.
            "session.timeout.ms": 6000,
            "heartbeat.interval.ms": 500,
        }
        self._clients.append(Consumer(self.config({**defaults, **(properties or {})})))
        return self._clients[-1]

    def close(self):
        for client in self._clients:
            # A test may have left a callback behind that raises, and messages that are not to be waited for.
            with contextlib.suppress(Exception):
                if type(client) is Producer:
                    client.purge()
                client.close()


@pytest.fixture(params=DIALECTS)
def dialect(request):
    return request.param


@pytest.fixture
def offline(dialect):
    """Clients without a server."""
    clients = Clients(dialect)
    yield clients
    clients.close()


@pytest.fixture
def online(dialect, kafka_cluster):
    """Clients of the mock cluster."""
    clients = Clients(dialect, kafka_cluster.bootstrap_servers)
    yield clients
    clients.close()


class OwnCluster(Clients):
    """A mock cluster of one broker that a test may disturb, and clients of it in the mapr dialect."""

    def __init__(self):
        self.cluster = MockCluster(brokers=1)
        self.create_topic = self.cluster.create_topic
        self.push_request_errors = self.cluster.push_request_errors
        super().__init__("mapr", self.cluster.bootstrap_servers)

    def close(self):
        super().close()
        self.cluster.close()


@pytest.fixture
def own_cluster():
    cluster = OwnCluster()
    yield cluster
    cluster.close()


@pytest.fixture
def mapr_clients(kafka_cluster):
    """Clients of the mock cluster in the mapr dialect, for statements that the kafka dialect does not share."""
    clients = Clients("mapr", kafka_cluster.bootstrap_servers)
    yield clients
    clients.close()


@pytest.fixture
def kafka_clients(kafka_cluster):
    """Clients of the mock cluster in the kafka dialect, for statements that the mapr dialect does not share."""
    clients = Clients("kafka", kafka_cluster.bootstrap_servers)
    yield clients
    clients.close()


@pytest.fixture
def failing(offline):
    """A producer whose messages time out: librdkafka looks for expired ones once a second."""
    return offline.producer({"message.timeout.ms": 20})


@pytest.fixture
def reported(online, make_topic):
    """(error, message) of a successful delivery."""
    return deliver(online.producer(), make_topic(), value="value", key="key", partition=0)


@pytest.fixture
def filled(kafka_cluster, make_topic):
    """A factory: a topic that holds these values, in each of its partitions."""

    def fill(*values, keys=None, partitions=1, headers=None):
        name = make_topic(partitions=partitions)
        producer = Producer({"bootstrap.servers": kafka_cluster.bootstrap_servers})
        for partition in range(partitions):
            for index, value in enumerate(values):
                producer.produce(name, value, keys and keys[index], partition, headers=headers)
        assert producer.flush(20) == 0
        return name

    return fill


@pytest.fixture
def program(run_python, kafka_cluster):
    """Runs a program with clients of the mock cluster in a process of its own; returns what it printed.

    A program that crashes, hangs or ends with an exception fails the test. Keywords become strings of the program.
    """

    def run(code, timeout=60, python=sys.executable, env=None, **names):
        lines = [f"{name} = {value!r}\n" for name, value in names.items()]
        prelude = PRELUDE.replace("@SERVERS@", kafka_cluster.bootstrap_servers)
        code = prelude + "".join(lines) + textwrap.dedent(code)
        return run_python(code, timeout=timeout, python=python, env=env).check()

    return run


@pytest.fixture(autouse=True)
def no_dialect_in_the_environment(monkeypatch):
    """The tests name the dialect themselves."""
    monkeypatch.delenv("MAPR_STREAMS_COMPATIBILITY", raising=False)
