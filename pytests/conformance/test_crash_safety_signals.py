"""Ctrl-C, and other threads, while a call waits.

A blocking call releases the GIL and answers a signal within 200 ms.
"""

import pytest
from checkers import CHECKER

# The calls wait for many seconds, and in slices of a tenth of one. A busy machine and a memory checker take their time.
ALLOWED_SECONDS = 1 if CHECKER is None else 2
TRIES = 5

# A client whose every call waits: its server accepts connections and answers nothing.
SILENT = """
import socket
silent = socket.socket()
silent.bind(("127.0.0.1", 0))
silent.listen()
config = {"bootstrap.servers": "127.0.0.1:%d" % silent.getsockname()[1], "group.id": "g", "log_level": 0}
producer = Producer(config)
producer.produce("t", "v")
full = Producer({**config, "queue.buffering.max.messages": 1})
full.produce("t", "v")
consumer = Consumer(config)
consumer.assign([TopicPartition("t", 0, 0)])
partition = TopicPartition("t", 0, 1)
transactional = Producer({**config, "transactional.id": "tx"})
"""

# In the midst of a transaction, with a broker that answers half a minute late from now on.
TRANSACTION = """
from mapr_streams_python.testing import MockCluster
cluster = MockCluster(brokers=1)
cluster.create_topic("t")
config = {"bootstrap.servers": cluster.bootstrap_servers, "transactional.id": "tx", "log_level": 0}
producer = Producer(config)
producer.init_transactions()
producer.begin_transaction()
producer.produce("t", "v")
producer.flush()
cluster.set_broker_rtt(-1, 30)
"""

# A consumer whose broker answers half a minute late from now on.
LATE = """
from mapr_streams_python.testing import MockCluster
cluster = MockCluster(brokers=1)
cluster.create_topic("t")
# At the end of the program librdkafka waits for the answer to a commit, for a session's time at the most.
config = {
    "bootstrap.servers": cluster.bootstrap_servers, "group.id": "g", "session.timeout.ms": 3000, "log_level": 0}
consumer = Consumer(config)
consumer.assign([TopicPartition("t", 0, 0)])
partition = TopicPartition("t", 0, 1)
# A commit does not wait for a coordinator for longer than a session's time.
consumer.committed([partition], 300)
consumer.commit(offsets=[partition], asynchronous=False)
cluster.set_broker_rtt(-1, 30)
"""

WAITING_CALLS = {
    "Producer.poll": (SILENT, "producer.poll(20)"),
    "Producer.poll without a timeout": (SILENT, "producer.poll()"),
    "Producer.produce": (SILENT, "full.produce('t', 'v', block=20)"),
    "Producer.produce without an end": (SILENT, "full.produce('t', 'v', block=True)"),
    "Producer.produce_batch": (SILENT, "full.produce_batch('t', [{'value': 'v'}], block=True)"),
    "Producer.send, and its result": (SILENT, "producer.send('t', 'v').result()"),
    "Producer.flush": (SILENT, "producer.flush(20)"),
    "Producer.flush without a timeout": (SILENT, "producer.flush()"),
    "Producer.close": (SILENT, "producer.close()"),
    "Producer.list_topics": (SILENT, "producer.list_topics(timeout=20)"),
    "Producer.cluster_id": (SILENT, "producer.cluster_id(20)"),
    "Producer.init_transactions": (SILENT, "transactional.init_transactions()"),
    "Producer.commit_transaction": (TRANSACTION, "producer.commit_transaction()"),
    "Producer.abort_transaction": (TRANSACTION, "producer.abort_transaction()"),
    "Consumer.poll": (SILENT, "consumer.poll(20)"),
    "Consumer.poll without a timeout": (SILENT, "consumer.poll()"),
    "Consumer.consume": (SILENT, "consumer.consume(10, 20)"),
    "Consumer.consume without a timeout": (SILENT, "consumer.consume(10)"),
    "Consumer iteration": (SILENT, "next(consumer)"),
    "Consumer.committed": (SILENT, "consumer.committed([partition], 20)"),
    "Consumer.get_watermark_offsets": (SILENT, "consumer.get_watermark_offsets(partition, 20)"),
    "Consumer.offsets_for_times": (SILENT, "consumer.offsets_for_times([partition], 20)"),
    "Consumer.beginning_offsets": (SILENT, "consumer.beginning_offsets([partition], 20)"),
    "Consumer.end_offsets": (SILENT, "consumer.end_offsets([partition])"),
    "Consumer.lag": (LATE, "consumer.lag(timeout=20)"),
    "Consumer.list_topics": (SILENT, "consumer.list_topics(timeout=20)"),
    "Consumer.cluster_id without a timeout": (SILENT, "consumer.cluster_id()"),
    "Consumer.commit": (LATE, "consumer.commit(offsets=[partition], asynchronous=False)"),
    "Consumer.commit with a timeout": (LATE, "consumer.commit(offsets=[partition], asynchronous=False, timeout=20)"),
    "Consumer.committed, sent": (LATE, "consumer.committed([partition], 20)"),
    "Consumer.close": (LATE, "consumer.commit(offsets=[partition]) or consumer.close()"),
    "Consumer.close with a timeout": (LATE, "consumer.commit(offsets=[partition]) or consumer.close(20)"),
}


def assert_quick(word, run):
    """Asserts that a program prints this word, and a number of seconds that a call may take at most.

    On a busy machine a thread may stand still for longer: then it is another try that counts. A call that does not
    answer is not quick in any of them.
    """
    printed = []
    while len(printed) < TRIES:
        printed.append(run())
        said, seconds = printed[-1].rsplit(None, 1)
        if said == word and 0 <= float(seconds) < ALLOWED_SECONDS:
            return
    pytest.fail(f"none of these is {word!r} within {ALLOWED_SECONDS} s: {printed}")


@pytest.fixture(params=WAITING_CALLS)
def waiting_call(request):
    return WAITING_CALLS[request.param]


def test_control_c_ends_the_call_and_the_program_can_end(program, waiting_call):
    setup, call = waiting_call
    # The fixture also holds that the interpreter ends by itself, with status 0.
    code = (
        setup
        + f"""
sent, begun = [], []

def interrupt():
    sent.append(time.monotonic())
    os.kill(os.getpid(), signal.SIGINT)

timer = threading.Timer(0.5, interrupt)
try:
    timer.start()
    begun.append(time.monotonic())
    {call}
    print("returned", 0)
    timer.join()
except KeyboardInterrupt:
    print("interrupted" if begun and begun < sent else "early", time.monotonic() - sent[0])
"""
    )
    assert_quick("interrupted", lambda: program(code))


# What librdkafka answers by itself, and what is only asked for.
CALLS_THAT_DO_NOT_WAIT = [
    "consumer.subscribe(['t'])",
    "consumer.unsubscribe()",
    "consumer.assign([partition])",
    "consumer.unassign()",
    "consumer.assignment()",
    "consumer.memberid()",
    "consumer.rebalance_protocol()",
    "consumer.pause([partition])",
    "consumer.resume([partition])",
    "consumer.position([partition])",
    "consumer.commit(offsets=[partition])",
    "consumer.get_watermark_offsets(partition, cached=True)",
]


@pytest.mark.parametrize("state", [SILENT, LATE], ids=["a silent broker", "a late broker"])
def test_what_asks_no_broker_does_not_wait_for_one(program, state):
    """So there is nothing for Ctrl-C to end."""
    lines = "".join(f"    ask(lambda: {call})\n" for call in CALLS_THAT_DO_NOT_WAIT * 3)
    printed = program(
        state
        + f"""
def ask(call):
    try:
        call()
    except (KafkaException, RuntimeError):
        pass

# Before the late broker answers.
timer = threading.Timer(25, os.kill, (os.getpid(), signal.SIGINT))
timer.start()
try:
{lines}
except KeyboardInterrupt:
    print("interrupted")
timer.cancel()
print("end", flush=True)
os._exit(0)
"""
    )
    assert printed == "end\n"


@pytest.mark.parametrize("letting_go", ["del consumer", "consumer = None", "kept.clear()"])
def test_control_c_ends_the_end_of_a_consumer_that_nobody_holds(program, letting_go):
    """librdkafka's destroy waits for an answer that is half a minute away; a finalizer's exception goes to the hook."""
    code = (
        LATE
        + f"""
cluster.push_request_errors("OffsetCommit", [None], broker_id=1)
consumer.commit(offsets=[partition])
# Destroy drops what is not sent, and would have nothing to wait for.
wait_for(lambda: cluster.request_errors_left("OffsetCommit", 1) == 0)
kept = []
if {letting_go!r} == "kept.clear()":
    kept.append([consumer])
    kept[0].append(kept[0])
    del consumer

sent, told = [], []
sys.unraisablehook = lambda raised: told.append(raised.exc_type.__name__)

def interrupt():
    sent.append(time.monotonic())
    os.kill(os.getpid(), signal.SIGINT)

timer = threading.Timer(0.5, interrupt)
try:
    timer.start()
    {letting_go}
    gc.collect()
    ended = time.monotonic()
    timer.join()
    print(told, ended - sent[0])
except KeyboardInterrupt:
    # Before the end of the consumer, or after it.
    print("missed", 0)
"""
    )
    assert_quick("['KeyboardInterrupt']", lambda: program(code))


def test_an_exception_of_a_signal_handler_comes_out_and_the_client_goes_on(program, filled):
    program(
        """
        def handler(number, frame):
            raise ValueError("from the handler")

        signal.signal(signal.SIGUSR1, handler)
        consumer, producer = make_consumer(), make_producer()
        consumer.assign([TopicPartition(topic, 0, 1)])

        def interrupted(call):
            # Where the signal comes before the call, its exception comes out here, too.
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGUSR1)).start()
            return call()

        for call in (lambda: consumer.poll(60), lambda: consumer.consume(5, 60), lambda: producer.poll(60)):
            assert outcome(interrupted, call) == "ValueError: from the handler"
        producer.produce(topic, "later", partition=0)
        assert producer.flush(60) == 0
        assert consumer.poll(60).value() == b"later"
        consumer.close()
        """,
        topic=filled("v0"),
    )


def test_a_signal_handler_that_returns_does_not_end_the_call(program):
    program(
        """
        handled = []
        signal.signal(signal.SIGUSR1, lambda number, frame: handled.append(time.monotonic()))
        producer = make_producer()
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        start = time.monotonic()
        assert producer.poll(5) == 0
        ended = time.monotonic()
        assert ended - start > 4.9
        # Not at the end of the call.
        assert handled and handled[0] < ended - 1
        """
    )


def test_other_threads_run_while_the_call_waits(program, waiting_call):
    setup, call = waiting_call
    code = (
        setup
        + f"""
begun = threading.Event()

def wait():
    begun.set()
    outcome(lambda: {call})

threading.Thread(target=wait, daemon=True).start()
begun.wait()
longest, last = 0, time.monotonic()
end = last + 1
while last < end:
    time.sleep(0.001)
    now = time.monotonic()
    longest, last = max(longest, now - last), now
print("longest", longest)
sys.stdout.flush()
os._exit(0)
"""
    )
    # A call that kept the GIL would have stopped this thread for as long as it waits.
    assert_quick("longest", lambda: program(code))
