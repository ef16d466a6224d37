"""What a partition is asked for in the moment in which librdkafka begins to fetch it: it is done all
the same, and fetching begins.

librdkafka numbers what a partition is asked for, and drops what its main thread finds behind a higher number. A thread
that is held up between the two, by an allocation, is overtaken there: the application's by the begin, or the main
thread, which asks for the begin, by the application.
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

# Holds up what librdkafka allocates at one place of a call, until it is let go; or at one place of its main thread,
# until the application begins to wait for that.
HOLDUP = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <unistd.h>

static atomic_int left = -1, leftOfMain = -1, isHeld, isMainHeld, isLetGo, rounds;
static _Thread_local int isExempt;

void holdup_exempt(void) { isExempt = 1; }
void holdup_at(int place) { isHeld = isLetGo = 0; left = place; }
void holdup_main_at(int place) { rounds++; isHeld = isMainHeld = isLetGo = 0; leftOfMain = place; }
void holdup_end(void) { left = leftOfMain = -1; isLetGo = 1; }
int holdup_held(void) { return isHeld; }

extern void *__libc_calloc(size_t, size_t);

static int isOf(void *address, char name[16]) {
    Dl_info caller;
    *name = 0;
    return dladdr(address, &caller) && caller.dli_fname && strstr(caller.dli_fname, "librdkafka") &&
           !pthread_getname_np(pthread_self(), name, 16);
}

// The threads of librdkafka's have names that begin so.
static int isOfApplication(void *address) {
    char name[16];
    return isOf(address, name) && strncmp(name, "rdk:", 4);
}

static int isOfMainThread(void *address) {
    char name[16];
    return isOf(address, name) && !strcmp(name, "rdk:main");
}

void *calloc(size_t count, size_t size) {
    void *caller = __builtin_return_address(0);
    int isMain = leftOfMain >= 0 && isOfMainThread(caller) && leftOfMain-- == 0;
    if (isMain || (left >= 0 && !isExempt && isOfApplication(caller) && left-- == 0)) {
        int mine = rounds;
        isMainHeld = isMain;
        isHeld = 1;
        while (!isLetGo && rounds == mine) usleep(1000);
    }
    return __libc_calloc(count, size);
}

// Who waits has put into the queue what he waits for.
#define WAITS(type, name, parameters, arguments)                                                              \
    type name parameters {                                                                                    \
        static type (*next) parameters;                                                                       \
        if (!next) next = (type (*) parameters)dlsym(RTLD_NEXT, #name);                                       \
        if (isMainHeld && isOfApplication(__builtin_return_address(0))) isLetGo = 1;                          \
        return next arguments;                                                                                \
    }

WAITS(int, cnd_wait, (cnd_t * condition, mtx_t *mutex), (condition, mutex))
WAITS(int, cnd_timedwait, (cnd_t * condition, mtx_t *mutex, const struct timespec *until), (condition, mutex, until))
WAITS(int, pthread_cond_wait, (pthread_cond_t * condition, pthread_mutex_t *mutex), (condition, mutex))
WAITS(int, pthread_cond_timedwait,
      (pthread_cond_t * condition, pthread_mutex_t *mutex, const struct timespec *until), (condition, mutex, until))
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


BEGIN = """
import ctypes, time
from mapr_streams_python import Consumer, Producer, TopicPartition
from mapr_streams_python.testing import MockCluster, wait_until

native = ctypes.CDLL(None)
FIRST = TopicPartition("t", 0, 0)

def read():
    return wait_until(lambda: consumer.poll(0.1), 300, what=f"reads, {held} of {place + 1} held up")

with MockCluster(brokers=1) as cluster:
    cluster.create_topic("t")
    config = {"bootstrap.servers": cluster.bootstrap_servers, "enable.partition.eof": False, "fetch.wait.max.ms": 10}
    producer = Producer(config)
    producer.produce("t", "first")
    assert producer.flush(60) == 0
    consumer = Consumer({**config, "group.id": "g"})
    place = held = missed = 0
    consumer.assign([FIRST])
    read()
    # Some of the main thread's allocations come between the assignment and the begin, and none soon after it: then
    # three in a row do not come. One alone may be due to a thread that stood still.
    while missed < 3 and place < 40:
        if PAUSED:
            consumer.pause([FIRST])
        # What was read is committed before the partition is fetched anew: that takes until then.
        cluster.set_broker_rtt(1, 0.03)
        consumer.assign([FIRST])
        native.holdup_main_at(place)
        deadline = time.monotonic() + 3
        while not native.holdup_held() and time.monotonic() < deadline:
            time.sleep(0.001)
        held += native.holdup_held()
        missed = 0 if native.holdup_held() else missed + 1
        if missed:
            native.holdup_end()
        if not PAUSED:
            consumer.pause([FIRST])
        consumer.resume([FIRST])
        native.holdup_end()
        cluster.set_broker_rtt(1, 0)
        assert read().value() == b"first"
        place += 1
    assert held > 5, held
    consumer.close()
"""


@pytest.mark.parametrize("is_paused_before", [True, False])
def test_a_pause_and_a_resume_that_overtake_the_begin_of_fetching_do_not_end_it(run_python, holdup, is_paused_before):
    """librdkafka drops the begin, and the partition would be assigned and never read (2.0.2 to 2.16.1)."""
    preload = ":".join(filter(None, [os.environ.get("LD_PRELOAD"), holdup]))
    run_python(BEGIN.replace("PAUSED", str(is_paused_before)), env={"LD_PRELOAD": preload}).check()
