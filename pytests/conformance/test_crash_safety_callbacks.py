"""Callbacks that raise: the first exception comes out of the call that ran them, none is lost, the client goes on."""

import pytest

# Exceptions that come out of calls, and those that go to sys.unraisablehook.
COLLECT = """
unraisable, raised = [], []
sys.unraisablehook = lambda info: unraisable.append(str(info.exc_value))

def collect(function, *arguments):
    try:
        return function(*arguments)
    except (ValueError, SystemExit, KeyboardInterrupt) as exception:
        raised.append(str(exception))
"""


@pytest.mark.parametrize("method", ["poll", "flush"])
@pytest.mark.parametrize("partitions", [1, 3])
def test_every_delivery_callback_runs_and_no_exception_is_lost(program, filled, method, partitions):
    program(
        COLLECT
        + f"""
count, partitions = 30, {partitions}
called = []

def bad(error, message):
    called.append(message.value().decode())
    raise ValueError(message.value().decode())

producer = make_producer({{"linger.ms": 50}})
for index in range(count):
    producer.produce(topic, str(index), partition=index % partitions, on_delivery=bad)
wait_for(lambda: collect(producer.{method}, 0.1) is not False and len(called) == count)
assert len(producer) == 0
# The first of each call comes out of it, the others are shown.
assert raised and raised[0] == called[0]
assert sorted(raised + unraisable) == sorted(called) == sorted(map(str, range(count)))

fine = []
producer.produce(topic, "later", on_delivery=lambda error, message: fine.append(error))
assert producer.flush(300) == 0
assert fine == [None]
""",
        topic=filled(partitions=3),
    )


def test_close_runs_every_delivery_callback_though_they_raise(program, filled):
    program(
        COLLECT
        + """
called = []

def bad(error, message):
    called.append(message.value().decode())
    raise ValueError(message.value().decode())

producer = make_producer()
for index in range(10):
    producer.produce(topic, str(index), on_delivery=bad)
for _ in range(20):
    collect(producer.close)
assert outcome(producer.poll, 0).startswith("RuntimeError: Producer closed")
assert raised[0] == called[0]
assert sorted(raised + unraisable) == sorted(called) == sorted(map(str, range(10)))
""",
        topic=filled(),
    )


@pytest.mark.parametrize("exception", ["SystemExit", "KeyboardInterrupt"])
def test_exceptions_that_end_programs_come_out_too(program, filled, exception):
    program(
        COLLECT
        + f"""
def bad(error, message):
    raise {exception}("from callback")

producer = make_producer()
producer.produce(topic, "v", on_delivery=bad)
wait_for(lambda: collect(producer.poll, 0.1) is not False and raised)
assert raised == ["from callback"]
producer.produce(topic, "v")
assert producer.flush(300) == 0
""",
        topic=filled(),
    )


@pytest.mark.parametrize("name", ["error_cb", "stats_cb"])
@pytest.mark.parametrize("make", ["make_producer", "make_consumer"])
def test_event_callbacks_that_raise_leave_the_client_usable(program, filled, make, name):
    program(
        COLLECT
        + f"""
from mapr_streams_python.testing import MockCluster

def bad(argument):
    raise ValueError("from callback")

cluster = MockCluster(brokers=1)
cluster.create_topic(topic)
client = {make}({{
    "bootstrap.servers": cluster.bootstrap_servers, "statistics.interval.ms": 20, "{name}": bad,
    **({{"enable.partition.eof": True}} if {make} is make_consumer else {{}})}})
if "{name}" == "error_cb":
    client.list_topics(topic, 300)
    cluster.set_broker_down(-1)
wait_for(lambda: collect(client.poll, 0.1) is not False and raised)
assert raised[0] == "from callback"
cluster.set_broker_up(-1)
if type(client) is Producer:
    client.produce(topic, "v")
    wait_for(lambda: collect(client.flush, 0.1) is not False and len(client) == 0)
else:
    # The end of the empty partition is an event.
    client.assign([TopicPartition(topic, 0, 0)])
    wait_for(lambda: (collect(client.poll, 0.1) or Message("t")).error() == KafkaError._PARTITION_EOF)
collect(client.close)
collect(client.close)
""",
        topic="t",
    )


def test_rebalance_and_commit_callbacks_that_raise_leave_the_consumer_usable(program, filled):
    program(
        COLLECT
        + """
def bad(name):
    def callback(*arguments):
        raise ValueError(name)
    return callback

consumer = make_consumer({"on_commit": bad("on_commit"), "auto.commit.interval.ms": 100})
consumer.subscribe([topic], on_assign=bad("on_assign"), on_revoke=bad("on_revoke"))
messages = []

def poll():
    message = collect(consumer.poll, 0.1)
    if message is not None:
        messages.append(message.value())

wait_for(lambda: poll() or (len(messages) == 3 and "on_commit" in raised))
assert raised[0] == "on_assign"
# No message that came in the same call as an exception is lost.
assert messages == [b"v0", b"v1", b"v2"]
collect(consumer.close)
assert "on_revoke" in raised + unraisable
assert outcome(consumer.poll, 0) == "RuntimeError: Consumer closed"
""",
        topic=filled("v0", "v1", "v2"),
    )


def test_messages_that_came_with_an_exception_are_returned_by_the_next_consume(program, filled):
    program(
        COLLECT
        + """
def bad(argument):
    raise ValueError("from stats_cb")

consumer = make_consumer({"statistics.interval.ms": 10, "stats_cb": bad})
consumer.assign([TopicPartition(topic, 0, 0)])
offsets = []
wait_for(lambda: offsets.extend(m.offset() for m in collect(consumer.consume, 7, 0.01) or ()) or len(offsets) >= 200)
assert offsets == list(range(200)), offsets
assert raised
""",
        topic=filled(*(f"v{index}" for index in range(200))),
    )


def test_a_logger_that_raises_leaves_the_client_usable(program, filled):
    program(
        COLLECT
        + """
class Logger:
    def log(self, *arguments):
        raise ValueError("from logger")

producer = make_producer({"debug": "all", "logger": Logger()})
wait_for(lambda: collect(producer.poll, 0.1) is not False and raised)
producer.produce(topic, "v")
wait_for(lambda: collect(producer.flush, 0.1) is not False and len(producer) == 0)
""",
        topic=filled(),
    )


@pytest.mark.parametrize(
    "body",
    ["gc.collect()", "time.sleep(0.01)", "threading.Thread(target=gc.collect).start()", "sys.setswitchinterval(1e-6)"],
)
def test_callbacks_may_let_other_threads_run_and_collect_garbage(program, filled, body):
    program(
        f"""
        called = []

        def callback(error, message):
            called.append(message.value())
            {body}

        producer = make_producer()
        for index in range(20):
            producer.produce(topic, str(index), on_delivery=callback)
        assert producer.flush(300) == 0
        assert called == [b"%d" % index for index in range(20)]
        """,
        topic=filled(),
    )


def test_callbacks_may_use_the_client_that_calls_them(program, filled):
    program(
        """
        used = []
        producer = make_producer()

        def callback(error, message):
            used.append([outcome(producer.poll, 0), len(producer), outcome(producer.flush, 0)])
            # Without a timeout it would wait for the reports that come after this one.
            assert outcome(producer.flush).startswith("RuntimeError"), outcome(producer.flush)
            if len(used) < 20:
                producer.produce(topic, "v", on_delivery=callback)
            producer.list_topics(topic, 300)

        for index in range(5):
            producer.produce(topic, "v", on_delivery=callback)
        wait_for(lambda: producer.flush(1) == 0)
        assert len(used) >= 20

        calls = []

        def on_assign(consumer, partitions):
            calls.append([
                outcome(consumer.assignment), outcome(consumer.position, partitions),
                outcome(consumer.committed, partitions, 10), outcome(consumer.memberid),
                outcome(consumer.get_watermark_offsets, partitions[0], 10), outcome(consumer.poll, 0),
                outcome(consumer.consume, 1, 0), outcome(consumer.commit, None, None, False),
                outcome(consumer.subscribe, [topic]), outcome(consumer.list_topics, topic, 10),
            ])
            consumer.assign(partitions)

        consumer = make_consumer()
        consumer.subscribe([topic], on_assign=on_assign)
        wait_for(lambda: consumer.poll(0.1) is not None)
        assert calls
        assert not [text for text in calls[0] if text.split(":")[0] in ("SystemError", "TypeError")], calls
        consumer.close()
        """,
        topic=filled("v"),
    )
