"""Reports, exceptions and events that tell why there is no connection."""

import contextlib
import socket
import subprocess
import sys

import pytest
from limits import HANG

from mapr_streams_python import Consumer, KafkaError, KafkaException, Producer
from mapr_streams_python.testing import wait_until

# For a message that is to fail after its connection has: the client may take its time to try that.
LONG_ENOUGH = {"message.timeout.ms": 15_000}


def report(servers, **properties):
    """The text of the report of a message that cannot be sent."""
    producer = Producer({"message.timeout.ms": 1000, "log_level": 0, **servers, **properties})
    reports = []
    producer.produce("t", "v", on_delivery=lambda error, message: reports.append((error, message.error())))
    assert producer.flush(60) == 0
    error, same = reports[0]
    assert error == same == KafkaError._MSG_TIMED_OUT
    return error.str()


@pytest.fixture
def refused():
    """An address where connections are refused."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def test_a_report_tells_of_a_refused_connection(refused):
    text = report({"bootstrap.servers": refused}, **LONG_ENOUGH)
    assert text.startswith("Local: Message timed out (")
    assert refused in text
    assert "Connection refused" in text


def test_a_report_tells_of_a_host_that_is_not_known():
    text = report({"bootstrap.servers": "no-such-host.invalid:9092"}, **LONG_ENOUGH)
    assert "Failed to resolve 'no-such-host.invalid:9092'" in text


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("https://localhost:9092", "is a URL: it must be host:port"),
        ("kafka://localhost:9092", "is a URL: it must be host:port"),
        ("host:port:9092", "has more than one colon: it must be host:port, with an IPv6 address in brackets"),
        ("::1", "has more than one colon: it must be host:port, with an IPv6 address in brackets"),
        ("localhost:99999", "has no port between 1 and 65535"),
        ("localhost:0", "has no port between 1 and 65535"),
        ("localhost:", "has no port between 1 and 65535"),
        ("localhost:kafka", "has no port between 1 and 65535"),
        ("a:1;b:2", "is not one address: addresses are separated by commas"),
        ("a:1 b:2", "is not one address: addresses are separated by commas"),
    ],
)
def test_a_report_tells_of_an_address_that_cannot_be_one(address, fault):
    assert f'"{address}" in bootstrap.servers {fault}' in report({"bootstrap.servers": address})


def test_a_report_tells_of_servers_that_were_not_named():
    assert report({}) == "Local: Message timed out (bootstrap.servers is not set, so the client knows no brokers)"


@pytest.mark.parametrize("address", ["127.0.0.1:1", "[::1]:1", "plaintext://127.0.0.1:1", "127.0.0.1"])
def test_of_an_address_that_may_be_one_nothing_is_said(address):
    assert "bootstrap.servers" not in report({"bootstrap.servers": address})


def test_a_port_where_something_else_listens_is_told_of():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        # It takes connections, and ends them at once.
        producer = Producer({"bootstrap.servers": address, "log_level": 0, **LONG_ENOUGH})
        reports = []
        producer.produce("t", "v", on_delivery=lambda error, message: reports.append(error))
        server.settimeout(0.05)

        def served():
            with contextlib.suppress(socket.timeout):
                server.accept()[0].close()
            producer.poll(0)
            return bool(reports)

        wait_until(served, HANG, "the report comes")
        assert address in reports[0].str()
        assert "isconnect" in reports[0].str() or "closed" in reports[0].str() or "reset" in reports[0].str()


def test_an_exception_tells_of_a_refused_connection(refused):
    consumer = Consumer({"group.id": "g", "bootstrap.servers": refused, "log_level": 0})

    def refusal():
        with pytest.raises(KafkaException) as caught:
            consumer.list_topics(timeout=1)
        error = caught.value.args[0]
        # A client that has not come to connect in that time has no reason to tell yet.
        return error if "Connection refused" in error.str() else None

    assert wait_until(refusal, HANG) in (KafkaError._TRANSPORT, KafkaError._TIMED_OUT)


def test_an_event_that_says_all_brokers_are_down_says_why(refused):
    events = []
    producer = Producer({"bootstrap.servers": refused, "log_level": 0, "error_cb": events.append})

    def down():
        producer.poll(0.1)
        return [event for event in events if event == KafkaError._ALL_BROKERS_DOWN]

    wait_until(down, HANG, "the event comes")
    assert "Connection refused" in down()[0].str()


# Files.


@pytest.mark.parametrize("client", [Producer, Consumer])
@pytest.mark.parametrize(
    "name",
    ["ssl.ca.location", "ssl.certificate.location", "ssl.key.location", "ssl.crl.location", "ssl.keystore.location"],
)
def test_a_file_of_tls_that_is_missing_is_named_with_the_reason(client, name, tmp_path):
    path = tmp_path / "missing.pem"
    config = {"group.id": "g", "security.protocol": "ssl", name: path, "log_level": 0}
    if name == "ssl.keystore.location":
        config["ssl.keystore.password"] = "secret"
    with pytest.raises(KafkaException) as caught:
        client(config)
    assert f'{name} is "{path}": No such file or directory' in caught.value.args[0].str()


def test_a_file_of_tls_that_holds_something_else_is_named(tmp_path):
    path = tmp_path / "something.pem"
    path.write_text("something else")
    with pytest.raises(KafkaException) as caught:
        Producer({"security.protocol": "ssl", "ssl.ca.location": path, "log_level": 0})
    assert f'(ssl.ca.location is "{path}")' in caught.value.args[0].str()


# The log.


@pytest.mark.parametrize(
    ("properties", "is_told"),
    [({}, True), ({"log_level": 3}, True), ({"log_level": 2}, False), ({"log_level": 0}, False)],
    ids=str,
)
def test_errors_without_an_error_cb_are_printed_as_log_level_says(properties, is_told, refused):
    # What is not told takes half a second as a rule; what is told has its time to come.
    properties = {**properties, **(LONG_ENOUGH if is_told else {"message.timeout.ms": 500})}
    code = f"""
from mapr_streams_python import Producer
producer = Producer({{"bootstrap.servers": {refused!r}, **{properties}}})
producer.produce("t", "v", on_delivery=lambda error, message: None)
producer.flush(60)
producer.poll(0)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=HANG)
    assert ("_ALL_BROKERS_DOWN" in run.stderr) == is_told
    assert (run.stderr == "") == (not is_told)


def test_errors_go_to_a_logger_as_log_level_says(refused):
    class Logger:
        def __init__(self):
            self.lines = []

        def log(self, level, pattern, *arguments):
            self.lines.append(pattern % arguments)

    for level, is_told in ((6, True), (0, False)):
        logger = Logger()
        producer = Producer(
            {"bootstrap.servers": refused, "message.timeout.ms": 500, "log_level": level, "logger": logger}
        )

        def tells(logger=logger):
            return any("_ALL_BROKERS_DOWN" in line for line in logger.lines)

        if is_told:
            wait_until(tells, HANG, polling=[producer])
        producer.produce("t", "v", on_delivery=lambda error, message: None)
        assert producer.flush(60) == 0
        producer.poll(0)
        assert tells() == is_told
        assert bool(logger.lines) == is_told
