"""The rulings on topics that do not exist, on names of streams, and on other names of the package."""

import logging

import pytest

from mapr_streams_python import Consumer, KafkaError, Producer
from mapr_streams_python.testing import MockCluster, wait_until

from .support import raises_kafka_error


@pytest.mark.parametrize("dialect", ["mapr", "kafka"])
def test_ruling_24_a_subscribed_topic_that_does_not_exist(dialect):
    told = []
    events = []
    logger = logging.Logger("client")
    handler = logging.Handler()
    handler.emit = lambda record: told.append(record.getMessage())
    logger.addHandler(handler)
    with MockCluster() as cluster:
        cluster.set_topic_error("s--t", "UNKNOWN_TOPIC_OR_PART")
        config = {"bootstrap.servers": cluster.bootstrap_servers, "group.id": "g", "streams.compatibility": dialect}
        with Consumer({**config, "logger": logger, "topic.metadata.refresh.interval.ms": 50}) as consumer:
            consumer.subscribe(["/s:t"])

            def heard():
                message = consumer.poll(0.05)
                if message is not None and message.error():
                    events.append(message.error().code())
                return bool(events or [text for text in told if "NOTOPIC" in text])

            wait_until(heard, timeout=60)
            # The next refreshes find the same.
            for _ in range(10):
                heard()
    notices = [text for text in told if "NOTOPIC" in text]
    if dialect == "mapr":
        assert (len(notices), events) == (1, [])
        assert '"/s:t" ("s--t" on Kafka)' in notices[0]
    else:
        assert (notices, events[0]) == ([], KafkaError.UNKNOWN_TOPIC_OR_PART)


def test_ruling_25_two_names_that_become_one_topic_are_both_named(monkeypatch, tmp_path):
    (tmp_path / "settings").write_text("[names]\n/one:* = *\n/other:* = *\n")
    monkeypatch.setenv("MAPR_STREAMS_CONFIG", str(tmp_path / "settings"))
    with MockCluster() as cluster, Producer({"bootstrap.servers": cluster.bootstrap_servers}) as producer:
        producer.produce("/one:t", b"1")
        both = "/one:t and /other:t both become the Kafka topic t: one of them needs a rule of its own in [names]"
        both += " of the file that MAPR_STREAMS_CONFIG names"
        with raises_kafka_error("_INVALID_ARG", f"Unable to produce message: {both}"):
            producer.produce("/other:t", b"1")


def test_ruling_26_install_as_gives_the_kafka_dialect_and_run_the_mapr_dialect(run_python, tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import confluent_kafka\nprint(confluent_kafka.__name__)\n")
    assert run_python(
        "import mapr_streams_python\nmapr_streams_python.install_as('confluent_kafka')\n" + program.read_text()
    ).check() == ("mapr_streams_python.kafka\n")
    assert run_python(f"from mapr_streams_python.__main__ import main\nmain(['run', {str(program)!r}])\n").check() == (
        "mapr_streams_python\n"
    )
