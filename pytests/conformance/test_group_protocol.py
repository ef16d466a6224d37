"""`group.protocol`: the classic protocol of groups, Kafka's new one, or `auto`, the new one where both sides have it.

What groups do under each: test_cooperative_groups.py, and on a real Kafka kafka/test_kafka_groups.py.
"""

import logging
import signal
import socket
import threading

import pytest
from clusters import on_one_node
from limits import HANG

from mapr_streams_python import Consumer, KafkaError, KafkaException, Producer, libversion
from mapr_streams_python.testing import unique_name, wait_until

VERSION = [int(part) for part in libversion()[0].split("-")[0].split(".")[:2]]
old = pytest.mark.skipif(VERSION >= [2, 4], reason="the loaded librdkafka has the new protocol")
new = pytest.mark.skipif(
    VERSION < [2, 12], reason="the loaded librdkafka has no more than a preview of the new protocol"
)

CLASSIC = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500, "partition.assignment.strategy": "range"}
NAMES = ["session.timeout.ms", "heartbeat.interval.ms", "partition.assignment.strategy"]


class Warnings(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.texts = []
        self.logger = logging.Logger(unique_name("log"))
        self.logger.addHandler(self)

    def emit(self, record):
        self.texts.append(record.getMessage())


def error_of(**properties):
    with pytest.raises(KafkaException) as raised:
        Consumer({"group.id": "g", **properties})
    return raised.value.args[0]


def of(protocol, **more):
    return {"group.protocol": protocol, **more}


@pytest.mark.parametrize("value", ["classic", "auto", "Auto"])
def test_every_librdkafka_takes_classic_and_auto(value):
    with Consumer({"group.id": "g", **CLASSIC, **of(value)}) as consumer:
        assert consumer.rebalance_protocol() == "NONE"


@old
def test_without_the_new_protocol_it_is_an_error_that_names_the_versions():
    error = error_of(**of("consumer"))
    assert error.code() == KafkaError._NOT_IMPLEMENTED
    assert f"librdkafka {libversion()[0]} " in error.str()
    assert "since 2.4.0" in error.str()


def test_another_protocol_is_refused():
    error = error_of(**of("newest"))
    assert error.code() == KafkaError._INVALID_ARG
    assert '"newest" for configuration property "group.protocol"' in error.str()


@new
@pytest.mark.parametrize("names", [NAMES[:1], NAMES], ids=["one", "all"])
def test_properties_of_the_classic_protocol_are_an_error_that_names_them(names):
    error = error_of(**of("consumer"), **{name: CLASSIC[name] for name in names})
    assert error.code() == KafkaError._INVALID_ARG
    assert f"{', '.join(names)}: not with group.protocol=consumer" in error.str()


@new
def test_where_no_broker_can_be_asked_the_classic_protocol_is_taken_with_all_that_it_has():
    log = Warnings()
    refused = {"bootstrap.servers": "127.0.0.1:1", "group.id": "g", "logger": log.logger}
    with Consumer({**refused, **CLASSIC, **of("auto")}):
        assert any("no broker has said" in text and "classic" in text for text in log.texts)
    assert not any("left out" in text for text in log.texts)


@new
def test_ctrl_c_ends_the_question():
    # It takes the connection, and says nothing.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        servers = f"127.0.0.1:{silent.getsockname()[1]}"
        ended = threading.Event()

        def interrupt():
            connection, _ = silent.accept()
            # The brokers are asked now, and do not answer.
            connection.recv(1)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
            ended.wait(HANG)
            connection.close()

        interrupter = threading.Thread(target=interrupt)
        with pytest.raises(KeyboardInterrupt):
            interrupter.start()
            Consumer({"bootstrap.servers": servers, "group.id": "g", **of("auto")})
        ended.set()
        interrupter.join()


@new
@on_one_node
def test_auto_takes_the_new_protocol_and_says_what_it_leaves_out(kafka_cluster, make_topic):
    log, topic = Warnings(), make_topic(partitions=1)
    config = {"bootstrap.servers": kafka_cluster.bootstrap_servers, "group.id": unique_name("g")}
    with Consumer({**config, **CLASSIC, **of("auto"), "logger": log.logger}) as consumer:
        (told,) = [text for text in log.texts if "left out" in text]
        assert f"has come to consumer, which does not have {', '.join(NAMES)}" in told
        consumer.subscribe([topic])
        wait_until(lambda: consumer.poll(0.05) is not None or consumer.assignment(), HANG)
        # The new one is cooperative, and what was left out is not.
        assert consumer.rebalance_protocol() == "COOPERATIVE"


def test_a_producer_is_not_concerned():
    with Producer(of("auto")):
        pass
