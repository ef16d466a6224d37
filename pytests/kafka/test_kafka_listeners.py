"""Each way into a real Kafka: plaintext, TLS with and without a client certificate, and SASL over both."""

from __future__ import annotations

import base64
import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable
from urllib.parse import parse_qs

import pytest
from clusters import on_one_node
from limits import HANG

from mapr_streams_python import KafkaException, TopicPartition, libversion
from mapr_streams_python.cimpl import _loaded_library
from mapr_streams_python.testing import KafkaServer, deliver, read, unsecured_token, wait_until

Factory = Callable[..., Any]

# librdkafka's fault in SCRAM, which Kafka 4 refuses: see test_kafka_refusals.
SCRAM_WORKS = libversion()[1] >= 0x02060100
needs_scram = pytest.mark.skipif(not SCRAM_WORKS, reason="librdkafka before 2.6.1 cannot do SCRAM with Kafka 4")
# Debian's 2.0.2 is built without curl.
needs_oidc = pytest.mark.skipif(
    "oidc" not in _loaded_library()[1].split(","), reason="the loaded librdkafka has no OpenID Connect"
)


@on_one_node
@pytest.mark.parametrize(
    ("listener", "mechanism"),
    [
        ("plaintext", ""),
        ("ssl", ""),
        ("mutual_ssl", ""),
        ("sasl_plaintext", "PLAIN"),
        ("sasl_plaintext", "OAUTHBEARER"),
        ("sasl_ssl", "PLAIN"),
        ("sasl_ssl", "OAUTHBEARER"),
        pytest.param("sasl_plaintext", "SCRAM-SHA-256", marks=needs_scram),
        pytest.param("sasl_ssl", "SCRAM-SHA-512", marks=needs_scram),
    ],
)
def test_messages_go_in_and_out_by_the_listener(
    kafka_cluster: KafkaServer,
    listener: str,
    mechanism: str,
    make_topic: Factory,
    make_producer: Factory,
    make_consumer: Factory,
) -> None:
    config = kafka_cluster.client_config(listener, mechanism)
    name = make_topic()
    deliver(make_producer(config), name, [b"one", b"two", b"three"])

    reader = make_consumer(config)
    reader.subscribe([name])
    assert [message.value() for message in read(reader, 3, timeout=HANG)] == [b"one", b"two", b"three"]
    (committed,) = reader.commit(asynchronous=False)
    assert (committed.offset, committed.error) == (3, None)


@on_one_node
def test_a_client_without_a_certificate_is_refused_where_one_is_wanted(
    kafka_cluster: KafkaServer, make_topic: Factory, make_consumer: Factory
) -> None:
    name = make_topic()
    config = {**kafka_cluster.client_config("ssl"), "bootstrap.servers": kafka_cluster.listener("mutual_ssl")}
    with pytest.raises(KafkaException):
        make_consumer(config).committed([TopicPartition(name, 0)], timeout=3.0)


@on_one_node
def test_oauth_cb_gets_its_configuration_and_is_called_before_the_first_request(
    kafka_cluster: KafkaServer, make_topic: Factory, make_consumer: Factory
) -> None:
    name = make_topic()
    calls: list[str] = []

    def token(config: str) -> tuple[str, float]:
        calls.append(config)
        return unsecured_token("alice")

    reader = make_consumer(
        {
            **kafka_cluster.client_config("sasl_plaintext", "OAUTHBEARER"),
            "sasl.oauthbearer.config": "scope=everything",
            "oauth_cb": token,
        }
    )
    # Nothing has polled: a request by itself must get the token, or it would wait for ever.
    assert reader.get_watermark_offsets(TopicPartition(name, 0), timeout=HANG) == (0, 0)
    assert calls and set(calls) == {"scope=everything"}


@on_one_node
def test_oauth_cb_is_called_again_before_the_token_expires_while_the_application_does_nothing(
    kafka_cluster: KafkaServer, make_producer: Factory
) -> None:
    calls: list[str] = []

    def short_lived(config: str) -> tuple[str, float]:
        calls.append(config)
        return unsecured_token("alice", lifetime=2.0)

    config = {**kafka_cluster.client_config("sasl_plaintext", "OAUTHBEARER"), "oauth_cb": short_lived}
    make_producer(config)
    wait_until(lambda: len(calls) >= 3, HANG, "oauth_cb is called three times")


@contextlib.contextmanager
def token_endpoint(user: str) -> Iterator[tuple[str, list[tuple[str, dict[str, list[str]]]]]]:
    """A server of OpenID Connect's tokens: yields its address, and each request's credentials and fields."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            scheme, _, credentials = self.headers["Authorization"].partition(" ")
            assert scheme == "Basic"
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked.append((base64.b64decode(credentials).decode(), parse_qs(body)))
            token = {"access_token": unsecured_token(user)[0], "token_type": "Bearer", "expires_in": 3600}
            answer = json.dumps(token).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/token", asked
        finally:
            server.shutdown()


@on_one_node
@needs_oidc
@pytest.mark.parametrize("listener", ["sasl_plaintext", "sasl_ssl"])
def test_a_token_of_openid_connect_lets_messages_in_and_out(
    kafka_cluster: KafkaServer, listener: str, make_topic: Factory, make_producer: Factory, make_consumer: Factory
) -> None:
    config = kafka_cluster.client_config(listener, "OAUTHBEARER")
    del config["oauth_cb"]
    name = make_topic()
    with token_endpoint("alice") as (address, asked):
        config.update(
            {
                "sasl.oauthbearer.method": "oidc",
                "sasl.oauthbearer.client.id": "a client",
                "sasl.oauthbearer.client.secret": "its secret",
                "sasl.oauthbearer.scope": "everything",
                "sasl.oauthbearer.token.endpoint.url": address,
            }
        )
        deliver(make_producer(config), name, [b"one", b"two"])
        reader = make_consumer(config)
        reader.subscribe([name])
        assert [message.value() for message in read(reader, 2, timeout=HANG)] == [b"one", b"two"]
    assert len(asked) == 2
    assert asked[0] == ("a client:its secret", {"grant_type": ["client_credentials"], "scope": ["everything"]})


@on_one_node
def test_new_credentials_let_a_client_in_that_was_refused(
    kafka_cluster: KafkaServer, make_consumer: Factory, make_producer: Factory
) -> None:
    right = kafka_cluster.client_config("sasl_plaintext")
    wrong = {**right, "sasl.password": "not-the-password", "log_level": 0}
    for client in (make_consumer(wrong), make_producer(wrong)):
        with pytest.raises(KafkaException):
            client.cluster_id(2.0)
        client.set_sasl_credentials(right["sasl.username"], right["sasl.password"])
        assert client.cluster_id(HANG) == make_producer(right).cluster_id(HANG)
