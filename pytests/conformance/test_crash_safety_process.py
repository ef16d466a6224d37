"""fork, and the end of the interpreter, with clients in whatever state."""

import os
import sys
import textwrap

import pytest
from checkers import measures_memory

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

# Runs `body` in a forked child and asserts that it ends with status 0.
FORK = """
def in_child(body, leave=sys.exit):
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            body()
        except Exception:
            import traceback
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        leave(0)
    deadline = time.monotonic() + 300
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGABRT)
            os.waitpid(child, 0)
            raise AssertionError("the child hangs")
        time.sleep(0.005)
    assert status == 0, f"the child ended with {status}"
"""


@needs_fork
def test_ruling_18_calls_in_the_child_raise_and_the_parent_is_undisturbed(program, filled):
    program(
        FORK
        + """
reports = []
producer = make_producer()
consumer = make_consumer()
consumer.assign([TopicPartition(topic, 0, 0)])
wait_for(lambda: consumer.poll(0.1) is not None)
producer.produce(topic, "before", on_delivery=lambda error, message: reports.append(error))
partition = TopicPartition(topic, 0, 1)

def child():
    for call in (
        lambda: producer.produce(topic, "x"), lambda: producer.poll(0), lambda: producer.flush(0),
        lambda: producer.list_topics(None, 1), lambda: producer.purge(), lambda: consumer.poll(0),
        lambda: consumer.consume(1, 0), lambda: consumer.commit(), lambda: consumer.commit(asynchronous=False),
        lambda: consumer.subscribe([topic]), lambda: consumer.assign([partition]), lambda: consumer.assignment(),
        lambda: consumer.position([partition]), lambda: consumer.committed([partition], 1), lambda: consumer.memberid(),
        lambda: consumer.get_watermark_offsets(partition, 1), lambda: consumer.pause([partition]),
    ):
        result = outcome(call)
        assert result.startswith("RuntimeError") and "fork" in result, result
    producer.close(), consumer.close()
    gc.collect()

in_child(child)
in_child(lambda: None)
in_child(lambda: None, os._exit)
# The child of a child.
in_child(lambda: in_child(child))

producer.produce(topic, "after", on_delivery=lambda error, message: reports.append(error))
assert producer.flush(300) == 0
assert reports == [None, None]
wait_for(lambda: (consumer.poll(0.1) or Message("t")).value() == b"after")
assert consumer.commit(asynchronous=False)
consumer.close()
""",
        topic=filled("v"),
    )


@needs_fork
def test_ruling_18_the_child_may_drop_what_it_inherited(program, filled):
    program(
        FORK
        + """
producer, consumer = make_producer(), make_consumer()
consumer.subscribe([topic])
messages = []
wait_for(lambda: messages.extend(consumer.consume(10, 0.1)) or messages)
producer.produce(topic, "waiting", on_delivery=lambda error, message: None)

def child():
    global producer, consumer
    assert messages[0].value() == b"v"
    del producer, consumer
    messages.clear()
    gc.collect()

in_child(child)
assert messages[0].value() == b"v"
assert producer.flush(300) == 0
consumer.close()
""",
        topic=filled("v"),
    )


@needs_fork
def test_ruling_18_the_child_may_make_clients_of_its_own(program, filled):
    program(
        FORK
        + """
inherited = make_producer()
inherited.produce(topic, "first")
# It is connected from now on. A fork while another thread is inside getaddrinfo leaves glibc's own lock (check_pf)
# taken in the child, where no name could be looked up any more, by whatever program.
assert inherited.flush(300) == 0
inherited.list_topics(timeout=300)
inherited.produce(topic, "parent")

def child():
    reports = []
    own = make_producer()
    own.produce(topic, "child", on_delivery=lambda error, message: reports.append(error))
    assert own.flush(300) == 0
    assert reports == [None]
    # The thread that made the same request for the parent has stayed there.
    assert topic in own.list_topics(timeout=300).topics
    own.close()
    consumer = make_consumer()
    consumer.assign([TopicPartition(topic, 0, 0)])
    wait_for(lambda: (consumer.poll(0.1) or Message("t")).value() == b"child")
    consumer.close()

in_child(child)
assert inherited.flush(300) == 0
""",
        topic=filled("v"),
    )


@needs_fork
def test_ruling_18_a_fork_inside_a_callback(program, filled):
    program(
        FORK
        + """
done = []

def callback(error, message):
    in_child(lambda: outcome(producer.poll, 0).startswith("RuntimeError") or os._exit(3), os._exit)
    done.append(message.value())

producer = make_producer()
producer.produce(topic, "v", on_delivery=callback)
assert producer.flush(300) == 0
assert done == [b"v"]
""",
        topic=filled(),
    )


@needs_fork
def test_ruling_18_a_fork_while_other_threads_are_inside_calls(program, filled):
    program(
        FORK
        + """
producer, consumer = make_producer(), make_consumer()
consumer.assign([TopicPartition(topic, 0, 0)])
stop = threading.Event()

def poll(client):
    while not stop.is_set():
        client.poll(0.05)

threads = [threading.Thread(target=poll, args=(client,)) for client in (producer, consumer)]
for thread in threads:
    thread.start()

def child():
    assert "fork" in outcome(producer.poll, 0)
    assert "fork" in outcome(consumer.poll, 0)

for _ in range(5):
    producer.produce(topic, "v")
    in_child(child, os._exit)
stop.set()
for thread in threads:
    thread.join(300)
    assert not thread.is_alive()
assert producer.flush(300) == 0
consumer.close()
""",
        topic=filled("v"),
    )


def test_ruling_18_the_child_of_a_process_pool_ends(program, filled):
    program(
        """
        import multiprocessing

        def work(number):
            return number * 2

        if __name__ == "__main__" and "fork" in multiprocessing.get_all_start_methods():
            producer = make_producer()
            producer.produce(topic, "v")
            with multiprocessing.get_context("fork").Pool(2) as pool:
                assert pool.map(work, [1, 2, 3]) == [2, 4, 6]
            assert producer.flush(300) == 0
        """,
        topic=filled(),
        env={"PYTHONWARNINGS": "ignore::DeprecationWarning"},
    )


# The end of the interpreter. What a program leaves behind, however it ends.

STATES = {
    "messages in flight": """
        producer = make_producer({"linger.ms": 5000})
        for index in range(1000):
            producer.produce(topic, "v", on_delivery=lambda error, message: print("called", error))
    """,
    "messages without a server": """
        producer = Producer({"bootstrap.servers": "127.0.0.1:1"})
        for index in range(1000):
            producer.produce(topic, "v", on_delivery=lambda error, message: message.value())
    """,
    "a NULL payload to be reported": """
        producer = make_producer()
        producer.produce(topic, on_delivery=lambda error, message: None)
    """,
    "reports that nobody served": """
        producer = make_producer({"linger.ms": 0})
        producer.produce(topic, "v", on_delivery=lambda error, message: None)
        time.sleep(0.5)  # nothing tells that the report has come, without serving it
    """,
    "a subscribed consumer": """
        consumer = make_consumer({"on_commit": lambda error, partitions: None})
        consumer.subscribe([topic], on_assign=print, on_revoke=print)
        wait_for(lambda: consumer.poll(0.1) is not None)
    """,
    "a consumer that is joining": """
        consumer = make_consumer()
        consumer.subscribe([topic], on_assign=print)
        consumer.poll(0.2)
    """,
    "an assigned consumer with messages": """
        consumer = make_consumer()
        consumer.assign([TopicPartition(topic, 0, 0)])
        kept = []
        wait_for(lambda: kept.extend(consumer.consume(2, 0.1)) or kept)
        iterator = iter(consumer)
    """,
    "a consumer without a server": """
        consumer = Consumer({"bootstrap.servers": "127.0.0.1:1", "group.id": "g", "error_cb": lambda error: None})
        consumer.subscribe([topic])
        consumer.poll(0.2)
    """,
    "messages set aside by a callback that raised": """
        def bad(text):
            raise ValueError
        consumer = make_consumer({"statistics.interval.ms": 5, "stats_cb": bad})
        consumer.assign([TopicPartition(topic, 0, 0)])
        for _ in range(20):
            outcome(consumer.consume, 1, 0.02)
    """,
    "statistics, logs and errors to be told": """
        import logging
        client = make_consumer({
            "bootstrap.servers": "127.0.0.1:1", "statistics.interval.ms": 1, "stats_cb": lambda text: None,
            "error_cb": lambda error: None, "debug": "all", "logger": logging.getLogger("x")})
        client.subscribe([topic])
        time.sleep(0.3)  # what librdkafka has to tell piles up
    """,
    "a daemon thread inside poll": """
        consumer, producer = make_consumer(), make_producer()
        consumer.subscribe([topic])
        inside = threading.Event()
        def poll(client):
            inside.set()
            while True:
                client.poll(10)
        for client in (consumer, producer):
            threading.Thread(target=poll, args=(client,), daemon=True).start()
        inside.wait()
        time.sleep(0.2)  # nothing tells that the thread is inside the C function
    """,
    "a daemon thread inside a callback": """
        producer = make_producer()
        inside = threading.Event()
        def callback(error, message):
            inside.set()
            while True:
                time.sleep(0.001)
        producer.produce(topic, "v", on_delivery=callback)
        threading.Thread(target=producer.flush, daemon=True).start()
        inside.wait()
    """,
    "a daemon thread inside a request": """
        consumer = Consumer({"bootstrap.servers": "127.0.0.1:1", "group.id": "g"})
        inside = threading.Event()
        def ask():
            inside.set()
            consumer.committed([TopicPartition("t", 0)], 30)
        threading.Thread(target=ask, daemon=True).start()
        inside.wait()
        time.sleep(0.2)  # nothing tells that the thread is inside the C function
    """,
    "clients in a reference cycle": """
        class App:
            def __init__(self):
                self.producer = make_producer({"on_delivery": self.report})
                self.consumer = make_consumer({"on_commit": self.report})
                self.consumer.subscribe([topic], on_assign=self.report)
                self.producer.produce(topic, "v")
            def report(self, *arguments):
                pass
        app = App()
        app.me = app
    """,
    "clients in a module's globals and in sys": """
        sys.kept = [make_producer(), make_consumer()]
        sys.kept[0].produce(topic, "v", on_delivery=lambda error, message: None)
        import atexit
        atexit.register(lambda: sys.kept[0].poll(0))
    """,
}


@pytest.mark.parametrize("state", STATES)
def test_the_interpreter_ends_with(program, filled, state):
    # check() of the fixture holds the exit status; a crash after the last line would show there alone.
    topic = filled(*(f"v{index}" for index in range(10)))
    printed = program(textwrap.dedent(STATES[state]) + "\nprint('end', flush=True)\n", topic=topic)
    assert "end" in printed.splitlines()


def test_the_interpreter_ends_with_an_exception(run_python, kafka_cluster):
    code = f"""
from mapr_streams_python import Consumer, Producer
producer = Producer({{"bootstrap.servers": {kafka_cluster.bootstrap_servers!r}}})
consumer = Consumer({{"bootstrap.servers": {kafka_cluster.bootstrap_servers!r}, "group.id": "g"}})
consumer.subscribe(["t"])
producer.produce("t", "v", on_delivery=lambda error, message: None)
raise ValueError("the end")
"""
    result = run_python(code)
    assert result.status == 1
    assert "ValueError: the end" in result.stderr
    assert "Fatal Python error" not in result.stderr


@measures_memory
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc and RLIMIT_AS")
def test_a_request_that_no_thread_can_be_started_for_is_an_error(program, filled):
    program(
        """
        import resource

        consumer = make_consumer()
        consumer.assign([TopicPartition(topic, 0, 0)])
        # What librdkafka's threads need when they begin they have by then.
        wait_for(lambda: consumer.poll(0.1) is not None)
        with open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        limits = resource.getrlimit(resource.RLIMIT_AS)
        # Less than the stack of a thread.
        resource.setrlimit(resource.RLIMIT_AS, (used + (4 << 20), limits[1]))
        told = outcome(lambda: consumer.list_topics(topic, timeout=300))
        resource.setrlimit(resource.RLIMIT_AS, limits)
        assert "_FAIL" in told and "no thread could be started" in told, told
        assert topic in consumer.list_topics(topic, timeout=300).topics
        consumer.close()
        """,
        topic=filled("v0"),
    )
