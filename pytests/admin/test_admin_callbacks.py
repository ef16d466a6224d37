"""The callbacks of an AdminClient's configuration are those of the other clients."""

from __future__ import annotations

import json
import logging
import threading

import pytest
from limits import HANG

from mapr_streams_python import KafkaException
from mapr_streams_python.admin import AdminClient
from mapr_streams_python.testing import MockCluster, unsecured_token, wait_until

# Nobody listens there.
NOWHERE = {"bootstrap.servers": "127.0.0.1:1", "log_level": 0, "error_cb": lambda error: None}


def test_statistics_come_from_poll():
    told = []
    with MockCluster() as cluster:
        config = {"bootstrap.servers": cluster.bootstrap_servers, "statistics.interval.ms": 50}
        with AdminClient(config, stats_cb=told.append) as client:
            wait_until(lambda: client.poll(0.1) is not None and told, HANG)
    assert json.loads(told[0])["client_id"] == "rdkafka"


def test_log_lines_go_to_the_logger_from_poll():
    lines = []
    logger = logging.Logger("of the admin")
    logger.addHandler(logging.StreamHandler())
    logger.handlers[0].emit = lambda record: lines.append(record.getMessage())
    with AdminClient({"bootstrap.servers": "127.0.0.1:1", "debug": "broker"}, logger=logger) as client:
        wait_until(lambda: client.poll(0.1) is not None and any("127.0.0.1:1" in line for line in lines), HANG)


def test_oauth_cb_is_called_on_a_thread_of_the_clients_without_poll():
    called = threading.Event()
    asked = []

    def token(config):
        asked.append((config, threading.current_thread() is threading.main_thread()))
        called.set()
        return unsecured_token("alice")

    config = {**NOWHERE, "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "OAUTHBEARER"}
    with AdminClient({**config, "sasl.oauthbearer.config": "scope=x", "oauth_cb": token}):
        assert called.wait(HANG)
    assert asked[0] == ("scope=x", False)


def test_what_a_callback_raises_comes_out_of_poll_and_the_client_goes_on():
    def fail(error):
        raise LookupError(error)

    with AdminClient({**NOWHERE, "error_cb": fail}) as client:
        with pytest.raises(LookupError):
            wait_until(lambda: client.poll(0.1) is None, HANG)
        future = client.delete_topics(["t"], request_timeout=0.1)["t"]
        assert isinstance(future.exception(HANG), KafkaException)
