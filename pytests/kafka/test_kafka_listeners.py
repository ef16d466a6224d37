"""Each way into a real Kafka: plaintext, TLS with and without a client certificate, and SASL over both."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from mapr_streams_python import KafkaException, TopicPartition, libversion
from mapr_streams_python.testing import KafkaServer, unsecured_token

Factory = Callable[..., Any]

# librdkafka's fault in SCRAM, which Kafka 4 refuses: see test_kafka_refusals.
SCRAM_WORKS = libversion()[1] >= 0x02060100
needs_scram = pytest.mark.skipif(not SCRAM_WORKS, reason="librdkafka before 2.6.1 cannot do SCRAM with Kafka 4")


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
    kafka_one: KafkaServer,
    listener: str,
    mechanism: str,
    topic: Factory,
    producer: Factory,
    consumer: Factory,
    deliver: Factory,
    read: Factory,
) -> None:
    config = kafka_one.client_config(listener, mechanism)
    name = topic()
    deliver(producer(config), name, [b"one", b"two", b"three"])

    reader = consumer(config)
    reader.subscribe([name])
    assert [message.value() for message in read(reader, 3)] == [b"one", b"two", b"three"]
    (committed,) = reader.commit(asynchronous=False)
    assert (committed.offset, committed.error) == (3, None)


def test_a_client_without_a_certificate_is_refused_where_one_is_wanted(
    kafka_one: KafkaServer, topic: Factory, consumer: Factory
) -> None:
    name = topic()
    config = {**kafka_one.client_config("ssl"), "bootstrap.servers": kafka_one.listener("mutual_ssl")}
    with pytest.raises(KafkaException):
        consumer(config).committed([TopicPartition(name, 0)], timeout=3.0)


def test_oauth_cb_gets_its_configuration_and_is_called_before_the_first_request(
    kafka_one: KafkaServer, topic: Factory, consumer: Factory
) -> None:
    name = topic()
    calls: list[str] = []

    def token(config: str) -> tuple[str, float]:
        calls.append(config)
        return unsecured_token("alice")

    reader = consumer(
        {
            **kafka_one.client_config("sasl_plaintext", "OAUTHBEARER"),
            "sasl.oauthbearer.config": "scope=everything",
            "oauth_cb": token,
        }
    )
    # Nothing has polled: a request by itself must get the token, or it would wait for ever.
    assert reader.get_watermark_offsets(TopicPartition(name, 0), timeout=30.0) == (0, 0)
    assert calls and set(calls) == {"scope=everything"}


def test_oauth_cb_is_called_again_before_the_token_expires_while_the_application_does_nothing(
    kafka_one: KafkaServer, producer: Factory, wait_until: Factory
) -> None:
    calls: list[str] = []

    def short_lived(config: str) -> tuple[str, float]:
        calls.append(config)
        return unsecured_token("alice", lifetime=2.0)

    config = {**kafka_one.client_config("sasl_plaintext", "OAUTHBEARER"), "oauth_cb": short_lived}
    idle = producer(config)
    wait_until(lambda: len(calls) >= 3, 20.0, "oauth_cb is called three times")
    assert len(idle) == 0
