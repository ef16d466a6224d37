"""A child that is forked inside a callback, and leaves it, never goes back into librdkafka.

A function of librdkafka's that took a lock there would wait for ever, now and then: a thread of the parent's may have
held it at the fork. So that this is no matter of luck, a library that is loaded before librdkafka ends such a child.
"""

import os
import sys

import pytest
from checkers import forks_beside_busy_threads

from .support import NO_SERVER

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="interposes functions as Linux's loader does")

# `fork()` once, and leave the callback in the child as the test says.
PROGRAM = """
child = None

def fork(*_):
    global child
    if child is not None:
        return None
    sys.stdout.flush()
    child = os.fork()
    if child == 0 and leave is not None:
        raise {"ValueError": ValueError, "SystemExit": SystemExit}[leave](3)

class Forks:
    def __call__(self, *_):
        pass

    def __del__(self):
        fork()

    def log(self, *_):
        # Lines that the making of the client logs come from no call of librdkafka's.
        if "client" in globals():
            fork()

SCENARIO

deadline = time.monotonic() + 300
raised = None
while child is None:
    assert time.monotonic() < deadline, "no callback was called"
    try:
        step()
    except BaseException as exception:
        raised = exception
if child == 0:
    # The call says what became of it, or the exception of the callback comes out.
    if finalizer or leave is None:
        assert "fork" in str(raised), repr(raised)
    else:
        assert type(raised).__name__ == leave, repr(raised)
    for name in ("flush", "poll", "close"):
        method = getattr(client, name, None)
        if method:
            outcome(method)
    del client
    gc.collect()
    os._exit(0)
ended, status = os.waitpid(child, 0)
assert status == 0, f"the child ended with {os.WEXITSTATUS(status)}, or signal {os.WTERMSIG(status)}"
assert raised is None or finalizer, repr(raised)
client.close()
"""

SCENARIOS = {
    "delivery in poll": """
client = make_producer()
for number in range(100):
    client.produce(topic, str(number), on_delivery=fork)
step = lambda: client.poll(1)
""",
    "delivery in flush": """
client = make_producer({"linger.ms": 200})
for number in range(100):
    client.produce(topic, str(number), on_delivery=fork)
step = lambda: client.flush(300)
""",
    "delivery in produce": """
client = make_producer({"queue.buffering.max.messages": 1})
step = lambda: client.produce(topic, "v", on_delivery=fork, block=300)
""",
    "delivery in result": """
client = make_producer()
step = lambda: client.send(topic, "v", on_delivery=fork).result(300)
""",
    "finalizer": """
client = make_producer()
client.produce(topic, "v", on_delivery=Forks())
step = lambda: client.poll(1)
""",
    "error_cb": """
client = make_producer({"bootstrap.servers": NO_SERVER, "error_cb": fork})
step = lambda: client.poll(1)
""",
    "stats_cb": """
client = make_producer({"statistics.interval.ms": 10, "stats_cb": fork})
step = lambda: client.poll(1)
""",
    "logger": """
client = make_producer({"debug": "broker", "logger": Forks()})
step = lambda: client.poll(1)
""",
    "on_assign in poll": """
client = make_consumer()
client.subscribe([topic], on_assign=fork)
step = lambda: client.poll(1)
""",
    "on_assign in consume": """
client = make_consumer()
client.subscribe([topic], on_assign=fork)
step = lambda: client.consume(10, 1)
""",
    "on_commit": """
client = make_consumer({"on_commit": fork, "enable.auto.commit": False})
client.assign([TopicPartition(topic, 0, 0)])
wait_for(lambda: client.poll(0.1) is not None)
client.commit(offsets=[TopicPartition(topic, 0, 1)])
step = lambda: client.poll(1)
""",
}


@pytest.mark.parametrize("leave", [None, "ValueError", "SystemExit"], ids=["returns", "raises", "exits"])
@pytest.mark.parametrize("scenario", list(SCENARIOS), ids=[name.replace(" ", "-") for name in SCENARIOS])
def test_a_child_that_leaves_the_callback_it_was_forked_in_calls_nothing_of_librdkafkas(
    program, filled, watch, scenario, leave
):
    # AddressSanitizer, where it is there, insists on being the first.
    preload = ":".join(filter(None, [os.environ.get("LD_PRELOAD"), watch]))
    program(
        PROGRAM.replace("SCENARIO", SCENARIOS[scenario]),
        env={"LD_PRELOAD": preload},
        topic=filled("v"),
        leave=leave,
        # What a finalizer raises does not come out of the call.
        finalizer=scenario == "finalizer",
        NO_SERVER=NO_SERVER,
    )


@pytest.mark.parametrize(
    ("end", "status"),
    [("return None", 0), ("raise ValueError('wrong')", 1), ("sys.exit(3)", 3), ("sys.exit()", 0)],
    ids=["returns", "raises", "exits-3", "exits"],
)
@forks_beside_busy_threads
def test_a_child_that_leaves_oauth_cb_ends(program, end, status):
    said = program(
        f"""
ended = []

def token(config):
    if not ended:
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            print("printed in the child")
            {end}
        ended.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    return "token", time.time() + 3600

producer = Producer({{
    "bootstrap.servers": NO_SERVER, "security.protocol": "sasl_plaintext", "sasl.mechanism": "OAUTHBEARER",
    "oauth_cb": token, "log_level": 0,
}})
wait_for(lambda: producer.poll(0.1) is None or ended)
assert ended == [{status}], ended
producer.close()
""",
        NO_SERVER=NO_SERVER,
    )
    assert said == "printed in the child\n"


# What else runs Python on librdkafka's background thread than the callable itself. `fork()` forks once.
AROUND_OAUTH_CB = {
    "the expiry time": """
class Expiry:
    def __float__(self):
        fork()
        return time.time() + 3600

token = lambda config: ("token", Expiry())
""",
    "the extensions": """
class Extensions(collections.UserDict):
    def keys(self):
        fork()
        return super().keys()

token = lambda config: ("token", time.time() + 3600, "p", Extensions(a="b"))
""",
    "the text of an exception": """
class Wrong(Exception):
    def __str__(self):
        fork()
        return "wrong"

def token(config):
    raise Wrong
""",
    "the hook for an exception": """
sys.unraisablehook = lambda info: fork()

def token(config):
    raise ValueError
""",
    "a finalizer of what it returns": """
class Token(str):
    def __del__(self):
        fork()

token = lambda config: (Token("token"), time.time() + 3600)
""",
    "a finalizer of the thread's own": """
class Ends:
    def __del__(self):
        fork()

local = threading.local()

def token(config):
    local.ends = Ends()
    return "token", time.time() + 3600
""",
}


@pytest.mark.parametrize("what", list(AROUND_OAUTH_CB))
@forks_beside_busy_threads
def test_a_child_that_is_forked_around_oauth_cb_ends_and_calls_nothing_of_librdkafkas(program, watch, what):
    preload = ":".join(filter(None, [os.environ.get("LD_PRELOAD"), watch]))
    program(
        """
import collections
child = None

def fork():
    global child
    if child is None:
        sys.stdout.flush()
        child = os.fork()

TOKEN
sys.unraisablehook = sys.unraisablehook if sys.unraisablehook is not sys.__unraisablehook__ else lambda info: None
producer = Producer({
    "bootstrap.servers": NO_SERVER, "security.protocol": "sasl_plaintext", "sasl.mechanism": "OAUTHBEARER",
    "oauth_cb": token, "log_level": 0,
})
wait_for(lambda: producer.poll(0.1) is None or child)
ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
assert ended == 0, ended
producer.close()
""".replace("TOKEN", AROUND_OAUTH_CB[what]),
        env={"LD_PRELOAD": preload},
        NO_SERVER=NO_SERVER,
    )


# Where a transaction ends on a thread of the client's own, librdkafka is served there.
ENDING_PROGRAM = """
from mapr_streams_python.testing import MockCluster

child = None

def fork(*_):
    global child
    # What comes before is served by the thread that called.
    if child is not None or threading.current_thread() is threading.main_thread():
        return
    child = os.fork()
    if child == 0:
        sys.unraisablehook = lambda info: None
        LEAVE

class Logger:
    def log(self, *_):
        fork()

with MockCluster() as cluster:
    cluster.create_topic("t")
    producer = Producer({
        "bootstrap.servers": cluster.bootstrap_servers, "transactional.id": "x", "log_level": 0, **CONFIGURATION})
    producer.init_transactions(60)
    # So that the end of a transaction takes longer than from one event to the next.
    cluster.set_broker_rtt(1, 0.3)
    deadline = time.monotonic() + 300
    while child is None:
        assert time.monotonic() < deadline, "no callback was called"
        producer.begin_transaction()
        producer.produce("t", "v")
        producer.flush()
        producer.END(60)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert ended == STATUS, f"the child ended with {ended}"
    producer.close()
"""

ENDING_CALLBACKS = {
    "stats_cb": '{"statistics.interval.ms": 20, "stats_cb": fork}',
    "logger": '{"debug": "eos,broker,protocol", "logger": Logger()}',
}


@pytest.mark.parametrize(
    ("leave", "status"),
    [("return", 1), ("raise ValueError", 1), ("sys.exit(3)", 3)],
    ids=["returns", "raises", "exits"],
)
@pytest.mark.parametrize("callback", list(ENDING_CALLBACKS))
@pytest.mark.parametrize("end", ["commit_transaction", "abort_transaction"])
def test_a_child_that_leaves_a_callback_on_the_thread_that_ends_a_transaction_ends(
    program, watch, end, callback, leave, status
):
    code = ENDING_PROGRAM.replace("CONFIGURATION", ENDING_CALLBACKS[callback]).replace("LEAVE", leave)
    preload = ":".join(filter(None, [os.environ.get("LD_PRELOAD"), watch]))
    program(code.replace("END", end), env={"LD_PRELOAD": preload}, STATUS=status)


def test_a_child_that_leaves_a_commit_which_a_signal_interrupts_calls_nothing_of_librdkafkas(program, watch):
    preload = ":".join(filter(None, [os.environ.get("LD_PRELOAD"), watch]))
    program(
        """
from mapr_streams_python.testing import MockCluster
child = None

def fork(*_):
    global child
    if child is None:
        sys.stdout.flush()
        child = os.fork()

signal.signal(signal.SIGALRM, fork)
with MockCluster() as cluster:
    cluster.create_topic("t", 1)
    client = make_consumer({"bootstrap.servers": cluster.bootstrap_servers, "enable.auto.commit": False})
    client.assign([TopicPartition("t", 0, 0)])
    client.commit(offsets=[TopicPartition("t", 0, 1)], asynchronous=False)
    cluster.set_broker_rtt(1, 2)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    outcome(lambda: client.commit(offsets=[TopicPartition("t", 0, 2)], asynchronous=False))
    if child == 0:
        gc.collect()
        os._exit(0)
    wait_for(lambda: child is not None)
    ended, status = os.waitpid(child, 0)
    assert status == 0, f"the child ended with {status}"
    client.close()
""",
        env={"LD_PRELOAD": preload},
    )
