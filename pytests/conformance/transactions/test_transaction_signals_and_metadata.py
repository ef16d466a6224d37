"""What transactions' calls are given, and how a signal ends them: what was lost or read on behind its end before."""

import os
import signal
import sys
import threading
import time

import pytest
from limits import HANG

from mapr_streams_python import Consumer, Producer
from mapr_streams_python.testing import unique_name, wait_until

from ..support import raises_kafka_error

# An abort waits two seconds for a message that nothing is heard of. On a busy machine all may take as long, at times.
AT_ONCE, TRIES = 0.5, 5


def test_what_a_callback_raised_is_reported_where_ctrl_c_ends_the_abort(cluster, ready, monkeypatch):
    reported = []
    monkeypatch.setattr(sys, "unraisablehook", lambda event: reported.append(event.exc_value))
    references = []

    def refuse(error, message):
        references.append(sys.getrefcount(ready))
        os.kill(os.getpid(), signal.SIGINT)
        raise ValueError("from the callback")

    def interrupt(number, frame):
        # The abort ends while its caller is kept here: its thread lets go of the producer.
        wait_until(lambda: references and sys.getrefcount(ready) < references[0], timeout=HANG)
        raise KeyboardInterrupt

    ready.begin_transaction()
    # So that the broker is asked to abort.
    ready.produce("t", b"v")
    ready.flush()
    cluster.set_broker_rtt(1, 2)
    ready.produce("t", b"v", on_delivery=refuse)
    handler = signal.signal(signal.SIGINT, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            ready.abort_transaction(HANG)
    finally:
        signal.signal(signal.SIGINT, handler)
    assert [str(error) for error in reported] == ["from the callback"]


def seconds_from_ctrl_c_to_the_abort(cluster):
    """Many, where Ctrl-C came before the abort had begun."""
    config = {
        "bootstrap.servers": cluster.bootstrap_servers,
        "transactional.id": unique_name("tx"),
        "linger.ms": 60_000,
        "message.timeout.ms": 120_000,
        "transaction.timeout.ms": 120_000,
        "log_level": 0,
    }
    reports = []
    with Producer(config) as producer:
        producer.init_transactions(HANG)
        producer.begin_transaction()
        producer.produce("t", b"v", on_delivery=lambda error, message: reports.append(error.name()))
        interrupt = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
        try:
            interrupt.start()
            producer.abort_transaction(HANG)
        except KeyboardInterrupt:
            ended = time.monotonic()
            while not reports and time.monotonic() - ended < 10:
                producer.poll(0.01)
            taken = time.monotonic() - ended
        producer.purge()
    assert reports == ["_PURGE_QUEUE"]
    return taken


def test_an_abort_that_ctrl_c_ends_is_not_put_off_any_more(cluster):
    """What the application does next, such as to commit, is not to come before it."""
    assert any(seconds_from_ctrl_c_to_the_abort(cluster) < AT_ONCE for _ in range(TRIES))


def test_without_a_transactional_id_an_abort_waits_for_no_message(cluster):
    with Producer({"bootstrap.servers": cluster.bootstrap_servers, "linger.ms": 60_000}) as producer:
        producer.produce("t", b"v")
        for _ in range(TRIES):
            began = time.monotonic()
            with raises_kafka_error("_NOT_CONFIGURED"):
                producer.abort_transaction(HANG)
            taken = time.monotonic() - began
            if taken < AT_ONCE:
                break
        assert taken < AT_ONCE


def test_group_metadata_that_are_cut_off_or_go_on_are_a_value_error(cluster, ready, consumer):
    config = {"bootstrap.servers": cluster.bootstrap_servers, "group.id": "g", "group.instance.id": "i"}
    with Consumer(config) as static:
        wholes = [consumer.consumer_group_metadata(), static.consumer_group_metadata()]
    ready.begin_transaction()
    for whole in wholes:
        for wrong in [whole[:length] for length in range(len(b"CGMDv2:"), len(whole))] + [whole + b"more"]:
            with pytest.raises(ValueError, match="group_metadata is cut off or damaged"):
                ready.send_offsets_to_transaction([], wrong, 0.1)
        ready.send_offsets_to_transaction([], whole, HANG)
    ready.abort_transaction(HANG)
