"""What a producer counts as waiting, and what a program that ends is told of what still waits."""

import os
import subprocess
import sys

import pytest
from limits import HANG
from reports import report_of

from mapr_streams_python import KafkaError, KafkaException, Producer
from mapr_streams_python.testing import MockCluster, wait_until

NOBODY = "127.0.0.1:1"


def told(program):
    # Python's development mode would show the warning about a dropped producer as well.
    command = [sys.executable, "-W", "ignore::ResourceWarning", "-c", program]
    # Memory that is used after it was freed is found.
    environment = {**os.environ, "PYTHONMALLOC": "debug"}
    ended = subprocess.run(command, capture_output=True, text=True, timeout=HANG, env=environment)
    assert ended.returncode == 0, ended.stderr
    return [line for line in ended.stderr.splitlines() if "undelivered" in line]


PRODUCER = (
    "import atexit, os, sys\n"
    "from mapr_streams_python import Producer\n"
    f"p = Producer({{'bootstrap.servers': '{NOBODY}', 'log_level': 0}})\n"
)


def test_a_program_that_ends_is_told_once_how_many_messages_are_undelivered():
    said = told(
        PRODUCER + "for _ in range(3): p.produce('t', 'v')\nq = Producer({'log_level': 0}); q.produce('t', 'v')"
    )
    assert said == ["mapr_streams_python: the program ends with 4 messages undelivered: call flush() before"]


def test_it_is_told_of_those_of_a_producer_that_was_dropped():
    said = told(PRODUCER + "p.produce('t', 'v')\ndel p")
    assert said == ["mapr_streams_python: the program ends with 1 message undelivered: call flush() before"]


HOLDERS = {
    "its owner's method": """
class Application:
    def __init__(self):
        self.producer = Producer({'bootstrap.servers': NOBODY, 'error_cb': self.on_error, 'log_level': 0})
    def on_error(self, error):
        pass
Application().producer.produce('t', 'v')
""",
    "the callback of a newer one": """
old = Producer({'bootstrap.servers': NOBODY, 'log_level': 0})
new = Producer({'bootstrap.servers': NOBODY, 'log_level': 0, 'error_cb': lambda error, held=old: None})
old.produce('t', 'v')
new.produce('t', 'v')
del old
""",
    "the callback of a newer one's message": """
old = Producer({'bootstrap.servers': NOBODY, 'log_level': 0})
new = Producer({'bootstrap.servers': NOBODY, 'log_level': 0})
old.produce('t', 'v')
new.produce('t', 'given up', on_delivery=lambda error, message, held=old: None)
new.purge()
new.produce('t', 'v')
del old
""",
    "a finalizer that closes it": """
class Closes:
    def __call__(self, error):
        pass
    def __del__(self):
        producers.pop().close(0)
producers = [Producer({'bootstrap.servers': NOBODY, 'log_level': 0, 'error_cb': Closes()})]
producers[0].produce('t', 'v')
""",
}


@pytest.mark.parametrize("holder", list(HOLDERS))
def test_a_producer_that_is_held_by_nothing_but_a_callback_is_counted_when_the_program_ends(holder):
    program = f"import gc\nfrom mapr_streams_python import Producer\ngc.disable()\nNOBODY = '{NOBODY}'\n"
    said = told(program + HOLDERS[holder])
    count = {"its owner's method": "1 message", "a finalizer that closes it": None}.get(holder, "2 messages")
    # A close says itself what it leaves.
    assert said == (
        [f"mapr_streams_python: the program ends with {count} undelivered: call flush() before"] if count else []
    )


@pytest.mark.parametrize(
    "end",
    [
        "",
        "p.produce('t', 'v'); p.purge(); p.flush()",
        "p.produce('t', 'v'); sys.stderr = None",
        "p.produce('t', 'v'); p.close(0)",
        "atexit.register(lambda: (p.purge(), p.flush())); p.produce('t', 'v')",
    ],
    ids=["nothing", "given up", "no stderr", "closed, which says so itself", "flushed at exit"],
)
def test_nothing_is_told_where_nothing_is_left_or_nobody_hears(end):
    assert told(PRODUCER + end) == []


# What runs at exit after the functions that are registered once the package is imported.
AT_THE_END = {
    "flushed by a function that was registered before the import": (
        "import atexit\natexit.register(lambda: (p.purge(), p.flush()))\n",
        "p.produce('t', 'v')",
        None,
    ),
    "produced by a function that was registered before the import": (
        "import atexit\natexit.register(lambda: [p.produce('t', 'v') for _ in range(2)])\n",
        "p.produce('t', 'v')",
        "3 messages",
    ),
    "flushed by a finalizer": (
        "",
        "class Ends:\n"
        "    def __init__(self, producer): self.producer = producer\n"
        "    def __del__(self): self.producer.purge(); self.producer.flush()\n"
        "p.produce('t', 'v')\n"
        "end = Ends(p); del p",
        None,
    ),
    "closed by a function that was registered before the import": (
        "import atexit\natexit.register(lambda: p.close(0))\n",
        "p.produce('t', 'v')",
        None,
    ),
    "held to the end": (
        "",
        "import threading\n"
        "p.produce('t', 'v')\n"
        "thread = threading.Thread(target=lambda held: threading.Event().wait(), args=(p,), daemon=True)\n"
        "thread.start(); del p",
        "1 message",
    ),
}


@pytest.mark.parametrize("case", list(AT_THE_END))
def test_what_runs_at_exit_after_all_others_counts_as_well(case):
    before, program, count = AT_THE_END[case]
    said = told(before + PRODUCER + program)
    assert said == (
        [f"mapr_streams_python: the program ends with {count} undelivered: call flush() before"] if count else []
    )


def test_a_stderr_without_a_file_is_told_when_the_interpreter_exits():
    program = (
        "import atexit, io, sys\n"
        "atexit.register(lambda: sys.__stderr__.write(sys.stderr.getvalue()))\n"
        + PRODUCER
        + "sys.stderr = io.StringIO(); p.produce('t', 'v')"
    )
    assert told(program) == ["mapr_streams_python: the program ends with 1 message undelivered: call flush() before"]


def test_the_child_of_a_fork_is_not_told_of_its_parents_messages():
    said = told(PRODUCER + "p.produce('t', 'v')\nif os.fork() == 0: sys.exit(0)\nos.wait(); p.purge(); p.flush()")
    assert said == []


def test_messages_that_were_delivered_and_not_reported_are_not_undelivered():
    with MockCluster() as cluster:
        program = (
            "from mapr_streams_python import Consumer, Producer\n"
            f"p = Producer({{'bootstrap.servers': '{cluster.bootstrap_servers}'}})\n"
            "p.produce('t', 'v', on_delivery=print)\n"
            f"c = Consumer({{'bootstrap.servers': '{cluster.bootstrap_servers}', 'group.id': 'g',"
            " 'default.topic.config': {'auto.offset.reset': 'earliest'}})\n"
            "c.subscribe(['t'])\n"
            "while True:\n"
            "    m = c.poll(30)\n"
            "    if m is not None and m.error() is None: break\n"
            "c.close()\n"
            # The broker answers one after the other: after this the producer has heard of the delivery, too.
            "p.list_topics()\n"
        )
        assert told(program) == []


@pytest.mark.parametrize("dialect", ["mapr", "kafka"])
def test_len_counts_events_that_wait_only_as_librdkafka_does(dialect):
    errors = []
    producer = Producer(
        {"bootstrap.servers": NOBODY, "log_level": 0, "streams.compatibility": dialect, "error_cb": errors.append}
    )
    # Two errors at least: the broker's, and that all brokers are down.
    assert wait_until(lambda: errors, HANG, polling=[producer])
    producer.produce("t", "v")
    assert len(producer) >= 1
    producer.purge()
    producer.flush(30)
    if dialect == "mapr":
        assert len(producer) == 0
    producer.close(0)


def test_log_lines_that_wait_are_no_messages():
    import logging

    producer = Producer({"bootstrap.servers": NOBODY, "debug": "all", "logger": logging.getLogger("silent")})
    logging.getLogger("silent").setLevel(100)
    assert len(producer) == 0
    assert producer.flush(5) == 0


def test_a_message_that_is_too_large_for_the_producer_names_its_limit_and_its_size():
    producer = Producer({"message.max.bytes": 2000})
    for arguments in [{"value": b"x" * 3000}, {"value": b"x" * 2990, "key": b"k" * 10, "headers": {"a": "b"}}]:
        with pytest.raises(KafkaException) as refused:
            producer.produce("t", **arguments)
        error = refused.value.args[0]
        assert error.code() == KafkaError.MSG_SIZE_TOO_LARGE
        assert "3000 bytes" in error.str() and "message.max.bytes of 2000" in error.str()
        assert "Broker" not in error.str()


def test_a_message_that_is_too_large_for_the_broker_names_the_topics_limit():
    with MockCluster() as cluster:
        cluster.create_topic("t")
        cluster.push_request_errors(0, [KafkaError.MSG_SIZE_TOO_LARGE] * 5)
        producer = Producer({"bootstrap.servers": cluster.bootstrap_servers, "retries": 0})
        error, _ = report_of(producer, "t", value=b"v")
        assert error.code() == KafkaError.MSG_SIZE_TOO_LARGE
        assert "max.message.bytes" in error.str()


def test_after_a_fatal_error_each_call_names_its_cause():
    with MockCluster() as cluster:
        cluster.create_topic("t")
        cluster.push_request_errors(22, [KafkaError.CLUSTER_AUTHORIZATION_FAILED] * 20)
        errors, reports = [], []
        producer = Producer(
            {"bootstrap.servers": cluster.bootstrap_servers, "enable.idempotence": True, "error_cb": errors.append}
        )
        producer.produce("t", "v", on_delivery=lambda error, message: reports.append(error))
        wait_until(lambda: any(error.fatal() for error in errors), HANG, polling=[producer])
        fatal = next(error for error in errors if error.fatal())
        for arguments in [{}, {"headers": {"a": "b"}}, {"value": b"x" * 1000}]:
            with pytest.raises(KafkaException) as refused:
                producer.produce("t", **{"value": "v", **arguments})
            error = refused.value.args[0]
            assert error.fatal() and error.code() == fatal.code()
            assert fatal.str() in error.str()
        producer.purge()
        producer.flush(30)
        assert reports
        producer.close(0)
