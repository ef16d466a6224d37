"""Where librdkafka's log goes: to the `logging` module, whether or not anybody polls."""

import gc
import logging
import re
import sys
import threading
import weakref

import pytest

from mapr_streams_python import Consumer, Producer, kafka
from mapr_streams_python.admin import AdminClient
from mapr_streams_python.testing import wait_until

# Refused at once, which librdkafka logs at the level of errors.
REFUSED = {"bootstrap.servers": "127.0.0.1:1"}
KAFKA = {"streams.compatibility": "kafka"}


class Records(logging.Handler):
    """What was logged."""

    def __init__(self):
        super().__init__()
        self.records = []

    def emit(self, record):
        self.records.append(record)

    def wait(self, text="127.0.0.1:1"):
        assert wait_until(lambda: any(text in record.getMessage() for record in self.records), 60)
        return next(record for record in self.records if text in record.getMessage())


@pytest.fixture
def package_log():
    """What comes to the logger of the package; its levels are as they were afterwards."""
    logger, handler = logging.getLogger("mapr_streams_python"), Records()
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


@pytest.mark.parametrize("make", [kafka.Producer, Producer, Consumer, AdminClient], ids=lambda make: make.__qualname__)
def test_by_default_the_kafka_dialect_logs_to_the_packages_logger_though_nobody_polls(make, package_log):
    client = make(
        {**REFUSED, **KAFKA, "group.id": "g", "client.id": "me"} if make is Consumer else {**REFUSED, **KAFKA}
    )
    if make is Consumer:
        client.subscribe(["t"])
    record = package_log.wait()
    assert (record.name, record.levelname, record.args[0]) == ("mapr_streams_python", "ERROR", "FAIL")
    assert "#" in record.args[1]
    assert record.thread != threading.get_ident()
    client.close()


def test_the_mapr_dialect_prints_unless_a_logger_is_given(package_log, capfd):
    producer = Producer(REFUSED)
    assert wait_until(lambda: "127.0.0.1:1" in capfd.readouterr().err, 60)
    producer.close()
    assert package_log.records == []
    with Producer({**REFUSED, "logger": "mapr_streams_python"}):
        package_log.wait()


def test_none_is_no_logger(package_log, capfd):
    with kafka.Producer({**REFUSED, "logger": None}):
        assert wait_until(lambda: "127.0.0.1:1" in capfd.readouterr().err, 60)
    assert package_log.records == []


@pytest.mark.parametrize("dialect", ["mapr", "kafka"])
@pytest.mark.parametrize("is_named", [True, False], ids=["name", "Logger"])
def test_a_logger_or_the_name_of_one_gets_the_lines_though_nobody_polls(dialect, is_named):
    logger, handler = logging.getLogger(f"{__name__}.{dialect}"), Records()
    logger.addHandler(handler)
    with Producer({**REFUSED, "streams.compatibility": dialect, "logger": logger.name if is_named else logger}):
        record = handler.wait()
        assert (record.name, record.thread == threading.get_ident()) == (logger.name, False)


def test_an_adapter_gets_the_lines_though_nobody_polls():
    logger, handler = logging.Logger("own"), Records()
    logger.addHandler(handler)
    with Producer({**REFUSED, "logger": logging.LoggerAdapter(logger, {"where": "here"})}):
        assert handler.wait().where == "here"


def test_another_object_gets_the_lines_inside_of_calls_alone():
    """It may not be made for other threads."""

    class Log:
        threads = set()

        def log(self, level, text, *values):
            self.threads.add(threading.get_ident())

    heard = Records()
    logger = logging.Logger("own")
    logger.addHandler(heard)
    with Producer({**REFUSED, "logger": Log()}) as producer, Producer({**REFUSED, "logger": logger}):
        # By then the first one has failed too, as a rule.
        heard.wait()
        assert not Log.threads
        assert wait_until(lambda: Log.threads, 60, polling=[producer])
    assert Log.threads == {threading.get_ident()}


@pytest.mark.parametrize("value", [5, b"name", object()], ids=["int", "bytes", "object"])
def test_what_cannot_be_a_logger_is_refused(value):
    with pytest.raises(TypeError, match=f"^logger must be a logging.Logger, .* not {type(value).__name__}$"):
        Producer({"logger": value})


def test_the_level_follows_log_level_and_debug(package_log):
    logger = logging.getLogger("mapr_streams_python")
    assert not logger.isEnabledFor(logging.INFO), "the root logger's level is to be that of warnings"
    with kafka.Producer({**REFUSED, "debug": "broker"}):
        assert package_log.wait("BROKER").levelno == logging.DEBUG
    package_log.records.clear()
    with kafka.Producer({**REFUSED, "log_level": 2}) as silent, kafka.Producer(REFUSED) as other:
        package_log.wait()
        name = package_log.records[0].args[1]
        assert silent is not other
        # One of the two had nothing to say.
        assert {record.args[1] for record in package_log.records} == {name}


def test_a_level_that_the_program_sets_holds(package_log):
    logging.getLogger("mapr_streams_python").setLevel(logging.CRITICAL)
    heard = Records()
    logger = logging.Logger("own")
    logger.addHandler(heard)
    with kafka.Producer({**REFUSED, "debug": "all"}), kafka.Producer({**REFUSED, "logger": logger}):
        heard.wait()
    assert package_log.records == []


def test_all_is_logged_when_close_returns():
    logger, handler = logging.Logger("own"), Records()
    logger.addHandler(handler)
    Producer({**REFUSED, "debug": "generic", "logger": logger}).close()
    # The last that there is to say.
    assert "Termination done" in handler.records[-1].getMessage()


def test_a_close_inside_of_the_logger_ends():
    closed = threading.Event()

    class Closes(logging.Handler):
        def emit(self, record):
            if not closed.is_set() and made.wait(60):
                producer.close()
                closed.set()

    made = threading.Event()
    logger = logging.Logger("own")
    logger.addHandler(Closes())
    producer = Producer({**REFUSED, "logger": logger})
    made.set()
    assert closed.wait(60)


class Background(logging.Logger):
    """Does with librdkafka's lines what a test says; what the package has to say in a call is nothing to it."""

    def __init__(self, act):
        super().__init__("own")
        self.act, self.thread = act, threading.get_ident()

    def log(self, *arguments):
        if threading.get_ident() != self.thread:
            self.act()


def test_a_logger_that_waits_for_the_close_does_not_hold_it_up():
    waiting, closed = threading.Event(), threading.Event()

    def act():
        waiting.set()
        assert closed.wait(60)

    producer = Producer({**REFUSED, "logger": Background(act)})
    assert waiting.wait(60)
    producer.close()
    closed.set()


def test_what_a_logger_raises_is_reported_and_the_next_line_logged(monkeypatch):
    def act():
        raise ValueError("from the logger")

    reported = []
    monkeypatch.setattr(sys, "unraisablehook", lambda info: reported.append((str(info.exc_value), info.object)))
    logger = Background(act)
    with Producer({**REFUSED, "debug": "broker", "logger": logger}) as producer:
        assert wait_until(lambda: len(reported) > 1, 60)
        producer.poll(0)
    assert set(reported) == {("from the logger", logger)}


def test_a_client_that_its_logger_refers_to_is_collected():
    class Holds(logging.Logger):
        client = None

    logger = Holds("own")
    logger.client = Producer({**REFUSED, "debug": "all", "logger": logger})
    gone = weakref.ref(logger)
    del logger
    assert wait_until(lambda: gc.collect() is not None and gone() is None, 60)


def test_without_a_handler_the_lines_are_printed_as_librdkafka_does(run_python):
    result = run_python(
        "from mapr_streams_python.kafka import Producer\n"
        "errors = []\n"
        "producer = Producer({'bootstrap.servers': '127.0.0.1:1', 'client.id': 'me', 'error_cb': errors.append})\n"
        # Logged before it is told of.
        "while not errors:\n"
        "    producer.poll(0.1)\n"
    )
    assert result.status == 0
    assert re.search(r"^%3\|\d+\.\d{3}\|FAIL\|me#producer-1\| \[thrd:127.0.0.1:1/bootstrap\]: ", result.stderr, re.M)


def test_who_logs_nothing_imports_no_logging(run_python):
    result = run_python(
        "import sys\n"
        "from mapr_streams_python.kafka import Producer\n"
        "with Producer({'log_level': 0}):\n"
        "    print('logging' in sys.modules)\n"
    )
    assert result.stdout == "False\n"


def test_what_waits_is_logged_when_the_program_ends(run_python):
    result = run_python(
        "import logging, time\n"
        "from mapr_streams_python.kafka import Producer\n"
        "class Slow(logging.StreamHandler):\n"
        "    def emit(self, record):\n"
        "        time.sleep(0.01)\n"
        "        super().emit(record)\n"
        "logging.getLogger('mapr_streams_python').addHandler(Slow())\n"
        "producer = Producer({'debug': 'conf'})\n"
    )
    assert result.status == 0
    assert "client.software.version" in result.stderr


def test_what_librdkafka_says_at_its_end_is_logged_when_close_returns(run_python):
    result = run_python(
        "import logging, sys\n"
        "from mapr_streams_python.admin import AdminClient\n"
        "logger = logging.Logger('own')\n"
        "logger.addHandler(logging.StreamHandler(sys.stdout))\n"
        "client = AdminClient({'bootstrap.servers': '127.0.0.1:1', 'debug': 'all', 'logger': logger})\n"
        "client.close()\n"
    )
    # What librdkafka says when it is destroyed, at its begin and at its end.
    for text in ("Terminating instance", "Termination done"):
        assert text in result.stdout


def test_what_waits_when_a_client_is_dropped_is_printed_where_its_logger_has_gone(run_python):
    result = run_python(
        "import logging\n"
        "from mapr_streams_python.admin import AdminClient\n"
        "logger = logging.Logger('own')\n"
        "logger.addHandler(logging.NullHandler())\n"
        "client = AdminClient({'bootstrap.servers': '127.0.0.1:1', 'debug': 'all', 'logger': logger})\n"
        "del client\n"
    )
    # All that librdkafka says when it is destroyed, after the logger has been let go of.
    assert "Termination done" in result.stderr


def test_a_child_that_was_forked_in_the_logger_ends_with_it(run_python):
    result = run_python(
        "import logging, os, threading\n"
        "from mapr_streams_python import Producer\n"
        "ended = threading.Event()\n"
        # A handler holds a lock, which its logging module does not leave to a child.
        "class Forks(logging.Logger):\n"
        "    def log(self, *arguments):\n"
        "        if threading.current_thread() is not threading.main_thread() and not ended.is_set():\n"
        "            child = os.fork()\n"
        "            if child:\n"
        "                print(os.waitpid(child, 0)[1], flush=True)\n"
        "                ended.set()\n"
        "with Producer({'bootstrap.servers': '127.0.0.1:1', 'logger': Forks('own')}):\n"
        "    assert ended.wait(60)\n"
    )
    assert (result.status, result.stdout) == (0, "0\n")
