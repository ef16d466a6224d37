"""A record that fails for good without a delivery callback is told of in the log, with both names and the cure."""

from __future__ import annotations

import logging
import threading

import pytest

from mapr_streams_python import KafkaError, Producer
from mapr_streams_python.testing import MockCluster


class Lines(logging.Handler):
    """What a client's logger is told of lost records."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.threads: set[int] = set()

    def emit(self, record: logging.LogRecord) -> None:
        if "LOST" in record.args:
            self.texts.append(record.getMessage())
            self.threads.add(threading.get_ident())
            assert record.levelno == logging.ERROR


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
def logger(lines):
    logger = logging.Logger("client")
    logger.addHandler(lines)
    return logger


@pytest.fixture
def refusing():
    """A cluster that has the topic `a--b--bad`, as it says, under no such name, and no `a--b--none`."""
    with MockCluster(brokers=1) as cluster:
        cluster.set_topic_error("a--b--bad", "TOPIC_EXCEPTION")
        cluster.set_topic_error("a--b--none", "UNKNOWN_TOPIC_OR_PART")
        # Each producer has its messages before it hears of the topics: after that librdkafka takes none.
        cluster.set_broker_rtt(-1, 0.5)
        yield cluster


def config(cluster, **more):
    # Else librdkafka looks for a topic that does not exist for half a minute.
    return {"bootstrap.servers": cluster.bootstrap_servers, "topic.metadata.propagation.max.ms": 1000, **more}


def test_each_topic_and_error_is_told_once_with_both_names_and_the_cure(refusing, logger, lines):
    refusing.set_broker_down(1)
    with Producer(config(refusing, logger=logger)) as producer:
        for _ in range(3):
            producer.produce("/a/b:bad", b"x")
            producer.produce("/a/b:none", b"x" * 1000)
        refusing.set_broker_up(1)
        assert producer.flush(60) == 0
        bad, none = sorted(lines.texts, key=lambda text: "none" in text)
        assert '"/a/b:bad" ("a--b--bad" on Kafka)' in bad
        assert "TOPIC_EXCEPTION" in bad
        assert "249" in bad
        assert '"/a/b:none" ("a--b--none" on Kafka)' in none
        assert "UNKNOWN_TOPIC_OR_PART" in none
        assert "--create --topic 'a--b--none'" in none
        # From the call that serves the producer, not from a thread of librdkafka's.
        assert lines.threads == {threading.get_ident()}


def test_a_name_of_kafkas_own_stands_there_once(refusing, logger, lines):
    with Producer(config(refusing, logger=logger)) as producer:
        producer.produce("a--b--bad", b"x")
        assert producer.flush(60) == 0
    (text,) = lines.texts
    assert 'topic "a--b--bad" was lost' in text
    assert "on Kafka)" not in text


@pytest.mark.parametrize("how", ["argument", "property"])
def test_who_has_a_callback_hears_of_it_there_and_only_there(refusing, logger, lines, how):
    reports = []
    own = {"on_delivery": lambda *report: reports.append(report)}
    with Producer({**config(refusing, logger=logger), **(own if how == "property" else {})}) as producer:
        producer.produce("/a/b:bad", b"x", **(own if how == "argument" else {}))
        assert producer.flush(60) == 0
    assert [error.code() for error, _ in reports] == [KafkaError.TOPIC_EXCEPTION]
    assert lines.texts == []


def test_reports_of_errors_alone_do_not_hide_it(refusing, logger, lines):
    more = {"delivery.report.only.error": True}
    with Producer({**config(refusing, logger=logger), **more}) as producer:
        producer.produce("/a/b:bad", b"x")
        assert producer.flush(60) == 0
    assert len(lines.texts) == 1


def test_what_the_program_itself_gives_up_is_no_loss(logger, lines):
    with Producer({"logger": logger}) as producer:
        producer.produce("t", b"x")
        producer.purge()
        assert producer.flush(60) == 0
    assert lines.texts == []


def test_a_time_out_says_why(logger, lines):
    with Producer({"logger": logger, "message.timeout.ms": 100}) as producer:
        producer.produce("t", b"x")
        assert producer.flush(60) == 0
    (text,) = lines.texts
    assert "_MSG_TIMED_OUT" in text
    assert "bootstrap.servers is not set" in text


def test_without_a_logger_it_is_printed_and_log_level_holds(run_python):
    program = """
from mapr_streams_python import Producer
producer = Producer({"message.timeout.ms": 100, "log_level": @})
producer.produce("t", b"x")
print(producer.flush(60))
"""
    ran = run_python(program.replace("@", "3"))
    assert ran.check() == "0\n"
    (line,) = [line for line in ran.stderr.splitlines() if "LOST" in line]
    assert line.startswith("%3|")
    assert 'topic "t" was lost: _MSG_TIMED_OUT' in line
    assert "LOST" not in run_python(program.replace("@", "2")).stderr


@pytest.mark.parametrize("logger", ["", "'logger': logging.getLogger('x')"], ids=["stderr", "logger"])
def test_a_loss_that_is_found_when_the_program_ends_is_printed(run_python, logger):
    ran = run_python(f"""
import logging, time
from mapr_streams_python import Producer
producer = Producer({{"message.timeout.ms": 50, "streams.compatibility": "kafka", {logger}}})
producer.produce("t", b"x")
# Nobody serves it. In this dialect a report that waits counts once more.
deadline = time.monotonic() + 300
while len(producer) < 2 and time.monotonic() < deadline:
    time.sleep(0.01)
""")
    ran.check()
    assert ran.stderr.count("LOST") == 1


def test_an_exception_of_the_logger_comes_out_of_the_call(refusing):
    class Raising(logging.Handler):
        def emit(self, record):
            if "LOST" in record.args:
                raise ValueError("no room")

    logger = logging.Logger("client")
    logger.addHandler(Raising())
    with Producer(config(refusing, logger=logger)) as producer:
        producer.produce("/a/b:bad", b"x")
        with pytest.raises(ValueError, match="no room"):
            producer.flush(60)
        assert producer.flush(60) == 0
