"""What a partition is asked for in the moment in which librdkafka begins to fetch it: it is done all the same.

librdkafka numbers what a partition is asked for, and drops what its main thread finds behind a higher number. A thread
that is held up between the two, by an allocation, is overtaken there.
"""

import os
import subprocess
import sys

import pytest
import requirements
import swift_build
from checkers import CHECKER

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="interposes functions as Linux's loader does"),
    pytest.mark.skipif(CHECKER is not None, reason=f"{CHECKER} has an allocator of its own"),
]

# Holds up what librdkafka allocates at one place of a call, until it is let go.
HOLDUP = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_int left = -1, isHeld, isLetGo;
static _Thread_local int isExempt;

void holdup_exempt(void) { isExempt = 1; }
void holdup_at(int place) { isHeld = isLetGo = 0; left = place; }
void holdup_end(void) { left = -1; isLetGo = 1; }
int holdup_held(void) { return isHeld; }

extern void *__libc_calloc(size_t, size_t);

static int counts(void *address) {
    char name[16] = "";
    Dl_info caller;
    // The threads of librdkafka's have names that begin so.
    return !isExempt && dladdr(address, &caller) && caller.dli_fname && strstr(caller.dli_fname, "librdkafka") &&
           !pthread_getname_np(pthread_self(), name, sizeof name) && strncmp(name, "rdk:", 4);
}

void *calloc(size_t count, size_t size) {
    if (left >= 0 && counts(__builtin_return_address(0)) && left-- == 0) {
        isHeld = 1;
        while (!isLetGo) usleep(1000);
    }
    return __libc_calloc(count, size);
}
"""

PROGRAM = """
import ctypes, threading
from mapr_streams_python import Consumer, Producer, TopicPartition
from mapr_streams_python.testing import MockCluster, wait_until

native = ctypes.CDLL(None)
FIRST, OTHER = TopicPartition("t", 0), TopicPartition("t", 1)

def pause():
    consumer.pause([FIRST])
    # What the other partition gets after that comes after all that was fetched of the first one.
    producer.produce("t", str(place), partition=0)
    producer.produce("t", str(place), partition=1)
    assert producer.flush(60) == 0
    got = []
    wait_until(lambda: got and got[-1] == (1, str(place).encode()), 60, polling=[Reader(got)])
    assert [one for one in got if one[0] == 0] == [], got
    consumer.resume([FIRST])

def seek():
    consumer.seek(TopicPartition("t", 0, 2))
    got = []
    wait_until(lambda: any(partition == 0 for partition, _ in got), 60, polling=[Reader(got)])
    assert [one for one in got if one[0] == 0] == [(0, b"third")]

class Reader:
    def __init__(self, got):
        self.got = got

    def poll(self, seconds):
        message = consumer.poll(seconds)
        if message is not None and message.error() is None:
            self.got.append((message.partition(), message.value()))

def let_go():
    native.holdup_exempt()
    # Both are fetched from the same moment on, which has overtaken the call. It may have paused the first one before.
    read = []
    try:
        wait_until(lambda: any(partition == 1 for partition, _ in read), 60, polling=[Reader(read)])
    finally:
        cluster.set_broker_rtt(1, 0)
        native.holdup_end()

with MockCluster(brokers=1) as cluster:
    cluster.create_topic("t", 2)
    config = {"bootstrap.servers": cluster.bootstrap_servers, "enable.partition.eof": False}
    producer = Producer(config)
    for value in ("first", "second", "third"):
        producer.produce("t", value, partition=0)
    producer.produce("t", "of the other", partition=1)
    assert producer.flush(60) == 0
    consumer = Consumer({**config, "group.id": "g", "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.assign([FIRST, OTHER])
    wait_until(lambda: consumer.poll(0.1), 60)
    # So that nothing else is asked for the partitions before they are fetched.
    consumer.commit(offsets=[TopicPartition("t", 0, 0), TopicPartition("t", 1, 0)], asynchronous=False)
    place, was_held = 0, True
    # Of a seek, which tries again and again, the first tries.
    while was_held and place < 6:
        consumer.unassign()
        wait_until(lambda: consumer.assignment() == [], 60)
        # The committed offset comes when the call is held up.
        cluster.set_broker_rtt(1, 0.1)
        consumer.assign([FIRST, OTHER])
        native.holdup_at(place)
        thread = threading.Thread(target=let_go)
        thread.start()
        try:
            CALL()
        finally:
            thread.join()
        was_held = bool(native.holdup_held())
        place += 1
    assert place > 2, "nothing was held up"
    consumer.close()
"""


@pytest.fixture(scope="module")
def holdup(tmp_path_factory):
    folder = tmp_path_factory.mktemp("holdup")
    source, library = folder / "holdup.c", folder / "holdup.so"
    source.write_text(HOLDUP)
    # Every Swift toolchain brings this compiler.
    compiler = swift_build.Toolchain.of(requirements.find_swift()).resources.parents[1] / "bin" / "clang"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", str(source), "-o", str(library), "-ldl"], check=True)
    return str(library)


@pytest.mark.parametrize("call", ["pause", "seek"])
def test_a_call_that_the_begin_of_fetching_overtakes_is_done(run_python, holdup, call):
    preload = ":".join(filter(None, [os.environ.get("LD_PRELOAD"), holdup]))
    run_python(PROGRAM.replace("CALL", call), env={"LD_PRELOAD": preload}).check()
