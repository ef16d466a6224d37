"""What a real Kafka refuses at the door ends in an error that tells the user what to do.

librdkafka itself tries again for ever, and lets calls end in a time-out that says nothing of the reason.
"""

from __future__ import annotations

from typing import Any, Callable

import pytest
from clusters import on_one_node
from limits import HANG

from mapr_streams_python import Consumer, KafkaError, KafkaException, Producer, TopicPartition, libversion
from mapr_streams_python.testing import KafkaServer, wait_until

Factory = Callable[..., Any]

SCRAM_FAULT = libversion()[1] < 0x02060100


def _error_of_callback(make: Callable[[dict[str, Any]], Consumer], config: dict[str, Any]) -> KafkaError:
    """The first error of authentication or TLS that error_cb gets."""
    errors: list[KafkaError] = []
    client = make({**config, "error_cb": errors.append})

    def refused() -> list[KafkaError]:
        client.poll(0.05)
        return [error for error in errors if error.code() in (KafkaError._AUTHENTICATION, KafkaError._SSL)]

    wait_until(refused, HANG, f"error_cb hears of it; it heard of {errors}")
    return refused()[0]


def _error_of_call(client: Consumer, seconds: float) -> KafkaError:
    """The error of a call that fails because the client is refused."""
    with pytest.raises(KafkaException) as raised:
        client.committed([TopicPartition("any", 0)], timeout=seconds)
    error = raised.value.args[0]
    assert isinstance(error, KafkaError)
    return error


def _errors(config: dict[str, Any], code: int, consumer: Factory, producer: Factory, *says: str) -> list[str]:
    """What each way in which a program can hear of the refusal says: error_cb, a call, a delivery report."""
    for seconds in (3.0, 30.0, 300.0):
        errors = _errors_within(seconds, config, code, consumer, producer)
        # A machine that stands still may not hear of the refusal in the time of a call.
        if all(text in error for text in says for error in errors):
            break
    return errors


def _errors_within(
    seconds: float, config: dict[str, Any], code: int, consumer: Factory, producer: Factory
) -> list[str]:
    reports: list[KafkaError | None] = []
    sender: Producer = producer({**config, "message.timeout.ms": int(seconds * 1000)})
    sender.produce("any", b"x", on_delivery=lambda error, message: reports.append(error))
    heard = _error_of_callback(consumer, config)
    assert heard.code() == code
    raised = _error_of_call(consumer(config), seconds)
    assert sender.flush(HANG) == 0
    (report,) = reports
    assert report is not None
    return [heard.str(), raised.str(), report.str()]


@on_one_node
@pytest.mark.parametrize("listener", ["sasl_plaintext", "sasl_ssl"])
def test_a_wrong_password_names_the_properties_to_look_at(
    kafka_cluster: KafkaServer, listener: str, make_consumer: Factory, make_producer: Factory
) -> None:
    config = {**kafka_cluster.client_config(listener), "sasl.password": "not-the-password"}
    says = ("sasl.username", "sasl.password")
    for text in _errors(config, KafkaError._AUTHENTICATION, make_consumer, make_producer, *says):
        assert "sasl.username" in text
        assert "sasl.password" in text
        assert "not-the-password" not in text


@on_one_node
def test_an_untrusted_certificate_names_the_property_to_set(
    kafka_cluster: KafkaServer, make_consumer: Factory, make_producer: Factory
) -> None:
    config = {**kafka_cluster.client_config("ssl"), "ssl.ca.location": str(kafka_cluster.certificates.other_ca)}
    for text in _errors(config, KafkaError._SSL, make_consumer, make_producer, "ssl.ca.location"):
        assert "ssl.ca.location" in text


@on_one_node
@pytest.mark.skipif(not SCRAM_FAULT, reason="the loaded librdkafka does SCRAM right")
@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_scram_by_a_librdkafka_that_cannot_do_it_names_the_version_that_can(
    kafka_cluster: KafkaServer, mechanism: str, make_consumer: Factory, make_producer: Factory
) -> None:
    config = kafka_cluster.client_config("sasl_plaintext", mechanism)
    for text in _errors(config, KafkaError._AUTHENTICATION, make_consumer, make_producer, "2.6.1"):
        assert "2.6.1" in text
