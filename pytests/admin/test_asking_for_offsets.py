"""What a program does while `list_consumer_group_offsets` makes a client of its own, or ends that, which takes time.

It takes as long as the test says: a library that is loaded before librdkafka holds up the function that does it.
"""

import os
import sys

import pytest
from checkers import CHECKER, forks_beside_busy_threads
from compiled import library_of

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="interposes functions as Linux's loader does"),
    pytest.mark.skipif(CHECKER is not None, reason=f"{CHECKER} comes before what is preloaded"),
]

# Holds up one call, until it is let go; but not for ever, since the thread that is to do so may be held up by the call.
HOLD_UP = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

enum { NOTHING, MAKING, ENDING };
static atomic_int what, held, late, clients;

void hold_up(int which) { held = 0; what = which; }
void let_go(void) { what = NOTHING; }
int is_held(void) { return held; }
int was_late(void) { return late; }
int clients_made(void) { return clients; }

static void *real(const char *name) {
    /* It is loaded, but not among the libraries that the loader would look through for the next one. */
    return dlsym(dlopen("librdkafka.so.1", RTLD_NOLOAD | RTLD_LAZY), name);
}

static void wait_where(int which) {
    if (what != which) return;
    held = 1;
    for (int left = 60000; what == which; left--) {
        if (left == 0) {
            late = 1;
            return;
        }
        usleep(1000);
    }
}

void *rd_kafka_new(int kind, void *configuration, char *text, size_t size) {
    clients++;
    wait_where(MAKING);
    return ((void *(*)(int, void *, char *, size_t))real("rd_kafka_new"))(kind, configuration, text, size);
}

void rd_kafka_destroy_flags(void *client, int flags) {
    wait_where(ENDING);
    ((void (*)(void *, int))real("rd_kafka_destroy_flags"))(client, flags);
}
"""

PROGRAM = """
import ctypes, os, signal, threading
from mapr_streams_python import Consumer, KafkaError, KafkaException, TopicPartition
from mapr_streams_python.admin import AdminClient, ConsumerGroupTopicPartitions
from mapr_streams_python.testing import MockCluster, wait_until

MAKING, ENDING = 1, 2
HANG = 600
native = ctypes.CDLL(None)

def ask(client):
    request = [ConsumerGroupTopicPartitions("g", [TopicPartition("t", 0)])]
    return client.list_consumer_group_offsets(request, request_timeout=HANG)["g"]

def offset(future):
    return future.result(HANG).topic_partitions[0].offset

def beside(action):
    # Done by Python, on another thread, while the call is held up.
    def act():
        wait_until(native.is_held, HANG)
        try:
            action()
        finally:
            native.let_go()
    thread = threading.Thread(target=act)
    thread.start()
    return thread

with MockCluster(1) as cluster:
    cluster.create_topic("t")
    servers = {"bootstrap.servers": cluster.bootstrap_servers}
    with Consumer({**servers, "group.id": "g"}) as consumer:
        consumer.commit(offsets=[TopicPartition("t", 0, 3)], asynchronous=False)
    client = AdminClient(servers)
"""

GOES_ON = """
    for what in MAKING, ENDING:
        native.hold_up(what)
        other = beside(lambda: None)
        assert offset(ask(client)) == 3
        other.join()
        assert not native.was_late(), what
    client.close()
"""

CLOSED = """
    cluster.set_broker_down(1)
    native.hold_up(MAKING)
    other = beside(client.close)
    assert ask(client).exception(HANG).args[0] == KafkaError._DESTROY
    other.join()
    assert not native.was_late()
"""

AT_ONCE = """
    # Nobody is answered before all have asked.
    cluster.set_broker_down(1)
    futures = []
    before = native.clients_made()
    native.hold_up(MAKING)
    threads = [threading.Thread(target=lambda: futures.append(ask(client))) for _ in range(3)]
    for thread in threads:
        thread.start()
    beside(lambda: None).join()
    for thread in threads:
        thread.join()
    cluster.set_broker_up(1)
    assert [offset(future) for future in futures] == [3, 3, 3]
    assert native.clients_made() == before + 1
    client.close()
"""

INTERRUPTED = """
    native.hold_up(MAKING)
    other = beside(lambda: signal.raise_signal(signal.SIGINT))
    try:
        ask(client)
        other.join()
        raise AssertionError("it was not interrupted")
    except KeyboardInterrupt:
        other.join()
    assert not native.was_late()
    assert offset(ask(client)) == 3
    client.close()
"""

FORKED = """
    child = None

    def fork():
        global child
        child = os.fork()
        if child == 0:
            status = 1
            try:
                native.let_go()
                with AdminClient(servers) as own:
                    assert offset(ask(own)) == 3
                status = 0
            finally:
                os._exit(status)

    native.hold_up(MAKING)
    other = beside(fork)
    assert offset(ask(client)) == 3
    other.join()
    assert os.waitpid(child, 0)[1] == 0
    assert not native.was_late()
    client.close()
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    library = library_of(HOLD_UP, tmp_path_factory.mktemp("hold_up"))
    return {"LD_PRELOAD": ":".join(filter(None, [os.environ.get("LD_PRELOAD"), library]))}


def test_other_threads_of_the_program_go_on(run_python, environment):
    run_python(PROGRAM + GOES_ON, env=environment).check()


def test_a_close_meanwhile_ends_the_request(run_python, environment):
    run_python(PROGRAM + CLOSED, env=environment).check()


def test_who_asks_at_the_same_time_shares_that_client(run_python, environment):
    run_python(PROGRAM + AT_ONCE, env=environment).check()


def test_ctrl_c_meanwhile_comes_after_it(run_python, environment):
    run_python(PROGRAM + INTERRUPTED, env=environment).check()


@forks_beside_busy_threads
def test_the_child_of_a_fork_meanwhile_makes_clients_of_its_own(run_python, environment):
    run_python(PROGRAM + FORKED, env=environment).check()
