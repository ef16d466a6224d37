"""What transactions' calls are given, and how a signal ends them: what was lost or read on behind its end before."""

import os
import signal
import sys

import pytest
from limits import HANG

from mapr_streams_python import Consumer
from mapr_streams_python.testing import wait_until


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
