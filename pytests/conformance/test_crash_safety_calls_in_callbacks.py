"""Every call inside every callback does what its documentation says, or says why not: nothing hangs or crashes."""

import ast
import re

import pytest

# In a process of its own: a thread and a client for each call. Each prints the call, its outcome in the callback, and
# that of a close after it.
THREADS = """
def ended(client, name, run):
    made, outcomes = threading.Event(), []

    def callback(*arguments):
        if not made.is_set() or outcomes:
            return
        outcomes.append(None)
        outcomes[0] = outcome(run, client[0], *arguments)

    client[0] = start(callback, made)
    made.set()
    wait_for(lambda: serve(client[0], outcomes) and outcomes and outcomes[0] is not None)
    with lock:
        print((name, outcomes[0][:200], outcome(client[0].close)[:200]), flush=True)

def serve(client, outcomes):
    # What the callback has closed serves nothing any more.
    return outcome(client.poll, 0.02) is not None

lock = threading.Lock()
threads = [threading.Thread(target=ended, args=([None], name, run)) for name, run in CALLS.items()]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""

PRODUCER_CALLS = """
CALLS = {
    "poll(0)": lambda p, *_: p.poll(0),
    "poll(0.05)": lambda p, *_: p.poll(0.05),
    "flush(0)": lambda p, *_: p.flush(0),
    "flush(0.05)": lambda p, *_: p.flush(0.05),
    "flush()": lambda p, *_: p.flush(),
    "close()": lambda p, *_: p.close(),
    "close(0.05)": lambda p, *_: p.close(0.05),
    "purge()": lambda p, *_: p.purge(),
    "produce()": lambda p, *_: p.produce(topic, "from a callback"),
    "produce(block)": lambda p, *_: p.produce(topic, "from a callback", block=0.05),
    "produce(block=True)": lambda p, *_: p.produce(topic, "from a callback", block=True),
    "produce_batch()": lambda p, *_: p.produce_batch(topic, [{"value": "v"}, {"value": "w", "headers": {"a": "b"}}]),
    "send()": lambda p, *_: p.send(topic, "from a callback").done() in (True, False),
    "list_topics()": lambda p, *_: sorted(p.list_topics(topic, patience).topics) == [topic],
    "len()": lambda p, *_: len(p) >= 0,
}
"""

CONSUMER_CALLS = """
whole = TopicPartition(topic, 0, 0)
# So long librdkafka lets a commit wait for the coordinator, before it says that there is none.
PATIENT = {"session.timeout.ms": 60000}
CALLS = {
    "poll(0)": lambda c, *_: c.poll(0) and "a message",
    "poll(0.05)": lambda c, *_: c.poll(0.05) and "a message",
    "consume(0)": lambda c, *_: len(c.consume(1, 0)) < 2,
    "consume(0.05)": lambda c, *_: len(c.consume(1, 0.05)) < 2,
    "close()": lambda c, *_: c.close(),
    "commit()": lambda c, *_: c.commit(),
    "commit(offsets)": lambda c, *_: c.commit(offsets=[whole]),
    "commit(offsets, sync)": lambda c, *_: c.commit(offsets=[whole], asynchronous=False),
    "pause()": lambda c, *_: c.pause([whole]),
    "resume()": lambda c, *_: c.resume([whole]),
    "seek()": lambda c, *_: c.seek(whole),
    "assign()": lambda c, *_: c.assign([whole]),
    "unassign()": lambda c, *_: c.unassign(),
    "unsubscribe()": lambda c, *_: c.unsubscribe(),
    "subscribe()": lambda c, *_: c.subscribe([topic]),
    "list_topics()": lambda c, *_: sorted(c.list_topics(topic, patience).topics) == [topic],
    "position()": lambda c, *_: len(c.position([whole])),
    "committed()": lambda c, *_: len(c.committed([whole], patience)),
    "get_watermark_offsets()": lambda c, *_: c.get_watermark_offsets(whole, patience),
    "offsets_for_times()": lambda c, *_: len(c.offsets_for_times([whole], patience)),
    "end_offsets()": lambda c, *_: c.end_offsets([whole], patience)[whole],
    "lag()": lambda c, *_: c.lag([whole], patience)[whole],
    "memberid()": lambda c, *_: c.memberid() is None or True,
    "rebalance_protocol()": lambda c, *_: c.rebalance_protocol() in ("NONE", "EAGER", None),
}
"""

PRODUCER_CALLBACKS = {
    "on_delivery": """
def start(callback, made):
    producer = make_producer()
    producer.produce(topic, "v", on_delivery=callback)
    return producer
""",
    "error_cb": """
def start(callback, made):
    return make_producer(
        {"bootstrap.servers": "127.0.0.1:1", "message.timeout.ms": 500, "log_level": 0, "error_cb": callback})
""",
    "stats_cb": """
def start(callback, made):
    return make_producer({"statistics.interval.ms": 50, "stats_cb": callback})
""",
    "logger": """
class Logger:
    def __init__(self, callback):
        self.log = callback

def start(callback, made):
    return make_producer({"debug": "all", "logger": Logger(callback)})
""",
    "oauth_cb": """
PROPERTIES = {
    "message.timeout.ms": 500, "security.protocol": "sasl_plaintext", "sasl.mechanisms": "OAUTHBEARER", "log_level": 0}

def start(callback, made):
    def token(text):
        # On a thread of its own: the client is there before it goes on.
        if made.wait(60):
            callback(text)
        return "token", time.time() + 3600
    return make_producer({**PROPERTIES, "oauth_cb": token})
""",
}

CONSUMER_CALLBACKS = {
    "error_cb": """
def start(callback, made):
    consumer = make_consumer(
        {"group.id": f"{id(callback)}", "bootstrap.servers": "127.0.0.1:1", "log_level": 0, "error_cb": callback})
    consumer.assign([whole])
    return consumer
""",
    "stats_cb": """
def start(callback, made):
    consumer = make_consumer(
        {**PATIENT, "group.id": f"{id(callback)}", "statistics.interval.ms": 50, "stats_cb": callback})
    consumer.assign([whole])
    return consumer
""",
    "logger": """
class Logger:
    def __init__(self, callback):
        self.log = callback

def start(callback, made):
    consumer = make_consumer({**PATIENT, "group.id": f"{id(callback)}", "debug": "all", "logger": Logger(callback)})
    consumer.assign([whole])
    return consumer
""",
    "oauth_cb": PRODUCER_CALLBACKS["oauth_cb"]
    .replace("make_producer({", "make_consumer({")
    .replace('"message.timeout.ms": 500, ', ""),
    "on_commit": """
def start(callback, made):
    consumer = make_consumer({**PATIENT, "group.id": f"{id(callback)}", "on_commit": callback})
    consumer.assign([whole])
    consumer.commit(offsets=[whole])
    return consumer
""",
    "on_assign": """
def start(callback, made):
    consumer = make_consumer({"group.id": f"{id(callback)}"})
    consumer.subscribe([topic], on_assign=callback)
    return consumer
""",
    "on_revoke": """
def start(callback, made):
    consumer = make_consumer({"group.id": f"{id(callback)}"})
    consumer.subscribe([topic], on_revoke=callback)
    wait_for(lambda: consumer.poll(0.02) is not None)
    consumer.unsubscribe()
    return consumer
""",
    # Each consumer is a member before the coordinator begins to forget them.
    "on_lost": """
joined, lost = threading.Barrier(len(CALLS)), []

def forget():
    while len(lost) < len(CALLS):
        cluster.push_request_errors(12, [KafkaError.UNKNOWN_MEMBER_ID])
        time.sleep(0.02)
    cluster.clear_request_errors(12)

def start(callback, made):
    consumer = make_consumer({"group.id": f"{id(callback)}", "heartbeat.interval.ms": 100})

    def on_lost(*arguments):
        callback(*arguments)
        if made.is_set():
            lost.append(callback)

    consumer.subscribe([topic], on_lost=on_lost)
    wait_for(lambda: consumer.poll(0.02) is not None)
    if joined.wait() == 0:
        threading.Thread(target=forget).start()
    return consumer
""",
}

CLUSTER = """
from mapr_streams_python.testing import MockCluster
cluster = MockCluster(brokers=1)
cluster.create_topic(topic)
SERVERS = cluster.bootstrap_servers
filler = make_producer()
for index in range(20):
    filler.produce(topic, "v")
filler.flush()
"""


UNREACHABLE = [table[name] for table in (PRODUCER_CALLBACKS, CONSUMER_CALLBACKS) for name in ("error_cb", "oauth_cb")]


def outcomes(program, callbacks, calls, dialect):
    # Where no broker can be reached, and there is nothing to wait for.
    patience = 0.2 if callbacks in UNREACHABLE else 60
    printed = program(
        f"topic, patience = 't', {patience}\n{CLUSTER}{calls}{callbacks}{THREADS}",
        env={"MAPR_STREAMS_COMPATIBILITY": dialect},
    )
    return {name: (inside, after) for name, inside, after in map(ast.literal_eval, printed.splitlines())}


# What a call may raise in a callback, and its text or the name of its error. Nothing else is raised.
REFUSALS = {
    "flush()": r"RuntimeError: flush\(\) without a timeout cannot end inside a callback of the same Producer",
    "produce(block=True)": r"RuntimeError: produce\(\) with block=True may never end inside a callback of the same",
    "subscribe()": r"\w*Exception: .*code=_CONFLICT,.*call unassign\(\) before subscribe\(\)",
    "seek()": r"\w*Exception: .*code=(_STATE|_UNKNOWN_PARTITION),",
    # A member that has lost its partitions.
    "commit(offsets, sync)": r"\w*Exception: .*code=UNKNOWN_MEMBER_ID,",
}
# And where no broker is reached.
NO_ANSWER = r"\w*Exception: .*code=(_TRANSPORT|_TIMED_OUT|_ALL_BROKERS_DOWN|_WAIT_COORD),"
QUESTIONS = [
    *("list_topics()", "committed()", "offsets_for_times()", "end_offsets()", "lag()", "get_watermark_offsets()"),
    "commit(offsets, sync)",
]


def check(seen, callbacks, calls):
    assert sorted(seen) == sorted(calls_of(calls))
    for name, (inside, after) in seen.items():
        if re.match(r"\w+(Error|Exception|Interrupt|Exit): ", inside):
            allowed = [REFUSALS[name]] if name in REFUSALS else []
            if callbacks in UNREACHABLE and name in QUESTIONS:
                allowed.append(NO_ANSWER)
            assert any(re.match(pattern, inside) for pattern in allowed), (name, inside)
        # Whatever was called, the client can be closed then.
        assert after in ("None", "True", "False"), (name, inside, after)


def calls_of(calls):
    return re.findall(r'^    "(.+?)": lambda', calls, re.MULTILINE)


@pytest.mark.parametrize("callback", PRODUCER_CALLBACKS)
def test_whatever_a_callback_calls_of_its_producer(program, callback, dialect):
    callbacks = PRODUCER_CALLBACKS[callback]
    seen = outcomes(program, callbacks, PRODUCER_CALLS, dialect)
    check(seen, callbacks, PRODUCER_CALLS)
    # oauth_cb runs on a thread of its own, beside the calls of the client.
    assert seen["flush()"][0].startswith("0" if callback == "oauth_cb" else "RuntimeError")


@pytest.mark.parametrize("callback", CONSUMER_CALLBACKS)
def test_whatever_a_callback_calls_of_its_consumer(program, callback, dialect):
    callbacks = CONSUMER_CALLBACKS[callback]
    check(outcomes(program, callbacks, CONSUMER_CALLS, dialect), callbacks, CONSUMER_CALLS)
