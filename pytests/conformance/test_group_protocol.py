"""`group.protocol`: the classic protocol of groups, Kafka's new one, or `auto`, the new one where both sides have it.

What groups do under each: test_cooperative_groups.py, and on a real Kafka kafka/test_kafka_groups.py.
"""

import logging
import os
import signal
import socket
import sys
import threading

import pytest
from clusters import on_one_node
from compiled import library_of
from limits import HANG

from mapr_streams_python import Consumer, KafkaError, KafkaException, Producer, libversion
from mapr_streams_python.admin import ConsumerGroupState, ConsumerGroupType
from mapr_streams_python.kafka.admin import AdminClient
from mapr_streams_python.testing import unique_name, wait_until

VERSION = [int(part) for part in libversion()[0].split("-")[0].split(".")[:2]]
old = pytest.mark.skipif(VERSION >= [2, 4], reason="the loaded librdkafka has the new protocol")
new = pytest.mark.skipif(
    VERSION < [2, 12], reason="the loaded librdkafka has no more than a preview of the new protocol"
)

CLASSIC = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500, "partition.assignment.strategy": "range"}
NAMES = ["session.timeout.ms", "heartbeat.interval.ms", "partition.assignment.strategy"]


LOG = """
import logging
texts = []
class Log(logging.Handler):
    def emit(self, record):
        texts.append(record.getMessage())
logger = logging.Logger("log")
logger.addHandler(Log())
"""


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
@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"bootstrap.servers": "127.0.0.1:1"}, "Connect to ipv4#127.0.0.1:1 failed: Connection refused"),
        ({"bootstrap.servers": "no-such-host.invalid:9092"}, "Failed to resolve 'no-such-host.invalid:9092'"),
        (
            {"bootstrap.servers": "127.0.0.1:1:2"},
            '"127.0.0.1:1:2" in bootstrap.servers has more than one colon: it must be host:port',
        ),
        ({}, "bootstrap.servers is not set"),
        ({"bootstrap.servers": "127.0.0.1:1", "api.version.request": False}, "api.version.request is "),
    ],
    ids=["refused", "resolve", "address", "none", "versions"],
)
def test_where_no_broker_can_be_asked_the_classic_protocol_is_taken_with_all_that_it_has(program, more, reason):
    # What has been warned of in a process is not said again.
    program(
        LOG
        + """
with Consumer({"group.id": "g", "logger": logger, "group.protocol": "auto", **more, **classic}):
    (told,) = [text for text in texts if "no broker has said" in text]
    assert "the classic one is taken (" in told and reason in told, told
assert not any("left out" in text for text in texts), texts
""",
        more=more,
        reason=reason,
        classic=CLASSIC,
    )


# Looks up no address before the file is there.
SILENT = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <unistd.h>

typedef const struct addrinfo Hints;

int getaddrinfo(const char *name, const char *service, Hints *hints, struct addrinfo **result) {
    int (*real)(const char *, const char *, Hints *, struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");
    while (access(getenv("NAME_SERVER_ANSWERS"), F_OK) != 0) usleep(1000);
    return real(name, service, hints, result);
}
"""


@pytest.fixture
def silent_name_server(tmp_path):
    if sys.platform != "linux":
        pytest.skip("interposes a function as Linux's loader does")
    return library_of(SILENT, tmp_path)


@new
def test_a_name_server_that_is_silent_is_waited_for_no_longer_than_brokers_are(program, silent_name_server, tmp_path):
    preload = ":".join(filter(None, [os.environ.get("LD_PRELOAD"), silent_name_server]))
    answers = str(tmp_path / "answers")
    program(
        LOG
        + """
consumer = Consumer({
    "bootstrap.servers": "localhost:9092", "group.id": "g", "group.protocol": "auto", "logger": logger})
# It has come here though no address has been looked up: the client that asked is waited for no longer.
assert not os.path.exists(answers)
assert any("the classic one is taken (none has answered for 5 seconds)" in text for text in texts), texts
open(answers, "w").close()
consumer.close()
""",
        env={"LD_PRELOAD": preload, "NAME_SERVER_ANSWERS": answers},
        answers=answers,
    )


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
        wait_until(lambda: consumer.poll(0.05) is None and consumer.assignment(), HANG)
        # The new one is cooperative, and what was left out is not.
        assert consumer.rebalance_protocol() == "COOPERATIVE"
        with AdminClient(kafka_cluster.client_config()) as admin:

            def group():
                return admin.describe_consumer_groups([config["group.id"]])[config["group.id"]].result(HANG)

            # The node counts the member as arrived when it says so.
            wait_until(lambda: group().state == ConsumerGroupState.STABLE, HANG, polling=[consumer])
            described = group()
        assert described.type == ConsumerGroupType.CONSUMER
        (member,) = described.members
        assert member.member_id == consumer.memberid()
        assert sorted(member.target_assignment.topic_partitions) == sorted(consumer.assignment())


def test_a_producer_is_not_concerned():
    with Producer(of("auto")):
        pass
