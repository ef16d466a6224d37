import contextlib
import sys
import textwrap

import pytest
from compiled import library_of
from limits import HANG
from reports import report_of

from mapr_streams_python import Consumer, Producer

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

def wait_for(predicate, seconds=300):
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
    """Makes producers and consumers of one dialect."""

    def __init__(self, dialect, make_producer, make_consumer):
        self.dialect = dialect
        self._make_producer = make_producer
        self._make_consumer = make_consumer

    def config(self, properties=None):
        """The properties of a client of this dialect, with the given ones on top."""
        return {"streams.compatibility": self.dialect, **(properties or {})}

    def producer(self, properties=None):
        return self._make_producer(self.config(properties))

    def consumer(self, properties=None):
        return self._make_consumer(self.config(properties))


@pytest.fixture(params=DIALECTS)
def dialect(request):
    return request.param


@pytest.fixture
def offline(dialect):
    """Clients without a server."""

    def quietly(call):
        # A test may have closed the client, or left a callback behind that raises.
        with contextlib.suppress(Exception):
            call()

    with contextlib.ExitStack() as stack:

        def producer(config):
            made = Producer(config)
            stack.callback(quietly, made.close)
            stack.callback(quietly, made.purge)
            return made

        def consumer(config):
            made = Consumer({"group.id": "g", **config})
            stack.callback(quietly, made.close)
            return made

        yield Clients(dialect, producer, consumer)


@pytest.fixture
def online(dialect, make_producer, make_consumer):
    """Clients of the mock cluster."""
    return Clients(dialect, make_producer, make_consumer)


@pytest.fixture
def mapr_clients(make_producer, make_consumer):
    """Clients of the mock cluster in the mapr dialect, for statements that the kafka dialect does not share."""
    return Clients("mapr", make_producer, make_consumer)


@pytest.fixture
def kafka_clients(make_producer, make_consumer):
    """Clients of the mock cluster in the kafka dialect, for statements that the mapr dialect does not share."""
    return Clients("kafka", make_producer, make_consumer)


@pytest.fixture
def failing(offline):
    """A producer whose messages time out: librdkafka looks for expired ones once a second."""
    return offline.producer({"message.timeout.ms": 20})


@pytest.fixture
def reported(online, make_topic):
    """(error, message) of a successful delivery."""
    return report_of(online.producer(), make_topic(), value="value", key="key", partition=0)


@pytest.fixture
def filled(kafka_cluster, make_topic):
    """A factory: a topic that holds these values, in each of its partitions."""

    def fill(*values, keys=None, partitions=1, headers=None):
        name = make_topic(partitions=partitions)
        producer = Producer({"bootstrap.servers": kafka_cluster.bootstrap_servers})
        for partition in range(partitions):
            for index, value in enumerate(values):
                producer.produce(name, value, keys and keys[index], partition, headers=headers)
        assert producer.flush(HANG) == 0
        return name

    return fill


@pytest.fixture
def program(run_python, kafka_cluster):
    """Runs a program with clients of the mock cluster in a process of its own; returns what it printed.

    A program that crashes, hangs or ends with an exception fails the test. Keywords become strings of the program.
    """

    def run(code, timeout=HANG, python=sys.executable, env=None, **names):
        lines = [f"{name} = {value!r}\n" for name, value in names.items()]
        prelude = PRELUDE.replace("@SERVERS@", kafka_cluster.bootstrap_servers)
        code = prelude + "".join(lines) + textwrap.dedent(code)
        return run_python(code, timeout=timeout, python=python, env=env).check()

    return run


@pytest.fixture(autouse=True)
def no_dialect_in_the_environment(monkeypatch):
    """The tests name the dialect themselves."""
    monkeypatch.delenv("MAPR_STREAMS_COMPATIBILITY", raising=False)


# Ends the child of a fork, with a status of its own, where librdkafka asks for a lock.
WATCH = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#include <threads.h>
#include <unistd.h>

static int isChild;
static void inChild(void) { isChild = 1; }
__attribute__((constructor)) static void begin(void) { pthread_atfork(0, 0, inChild); }

#define WATCHED(function, type)                                                                    \
    int function(type *lock) {                                                                     \
        static int (*real)(type *);                                                                \
        Dl_info caller;                                                                            \
        if (isChild && dladdr(__builtin_return_address(0), &caller) && caller.dli_fname &&         \
            strstr(caller.dli_fname, "librdkafka"))                                                \
            _exit(66);                                                                             \
        if (!real) real = (int (*)(type *))dlsym(RTLD_NEXT, #function);                            \
        return real(lock);                                                                         \
    }
WATCHED(mtx_lock, mtx_t)
WATCHED(pthread_mutex_lock, pthread_mutex_t)
WATCHED(pthread_rwlock_rdlock, pthread_rwlock_t)
WATCHED(pthread_rwlock_wrlock, pthread_rwlock_t)
"""


@pytest.fixture(scope="session")
def watch(tmp_path_factory):
    """The library that ends a child which comes into librdkafka."""
    if sys.platform != "linux":
        pytest.skip("interposes functions as Linux's loader does")
    return library_of(WATCH, tmp_path_factory.mktemp("watch"))


@pytest.fixture(params=[Producer, Consumer], ids=lambda cls: cls.__name__)
def client(request):
    """A type of client, one after the other."""
    return request.param


@pytest.fixture
def make(client, dialect):
    """Makes a client with these properties."""

    def make_client(properties=None, **more):
        config = {"streams.compatibility": dialect, "group.id": "g"}
        config.update(properties or {})
        return client(config, **more)

    return make_client
