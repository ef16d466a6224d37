"""A topic whose name Kafka refuses is refused by the mock cluster in the same way: a test of it passes on neither."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from clusters import on_mock_and_one_node
from limits import HANG

from mapr_streams_python import Consumer, KafkaError, KafkaException, Producer
from mapr_streams_python.testing import wait_until

Factory = Callable[..., Any]

pytestmark = on_mock_and_one_node

# No name of a stream is mapped: it reaches the cluster as it is.
KAFKAS = {"streams.compatibility": "kafka", "streams.topic.mapping": False}
refused = pytest.mark.parametrize("name", ["a b", "a" * 250, "größe", "/apps/clicks:views"], ids=str.encode)


@refused
def test_a_producer_is_told_of_a_name_that_no_kafka_takes(make_producer: Factory, name: str) -> None:
    producer: Producer = make_producer(KAFKAS)
    told: list[KafkaError | None] = []
    try:
        producer.produce(name, b"x", on_delivery=lambda error, message: told.append(error))
    except KafkaException as raised:
        # The answer has come between librdkafka's hearing of the topic and the message.
        told.append(raised.args[0])
    assert producer.flush(HANG) == 0
    (refusal,) = told
    assert refusal is not None and refusal.code() in (KafkaError.TOPIC_EXCEPTION, KafkaError._UNKNOWN_TOPIC)
    assert "a topic's name on Kafka has up to 249 letters" in refusal.str()
    error = producer.list_topics(name, timeout=HANG).topics[name].error
    assert error is not None and error.code() == KafkaError.TOPIC_EXCEPTION
    # From now on librdkafka knows.
    with pytest.raises(KafkaException, match="a topic's name on Kafka has up to 249 letters"):
        producer.produce(name, b"x")


@refused
def test_a_subscriber_is_told_of_a_name_that_no_kafka_takes(make_consumer: Factory, name: str) -> None:
    consumer: Consumer = make_consumer(KAFKAS)
    consumer.subscribe([name])
    codes: list[int] = []

    def told() -> bool:
        message = consumer.poll(0.1)
        error = message and message.error()
        if error:
            codes.append(error.code())
        return bool(codes)

    wait_until(told, HANG, "an error of the topic comes")
    # librdkafka tells a subscriber no more than this of any topic that cannot be had.
    assert codes[0] in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.TOPIC_EXCEPTION)


def test_a_name_that_kafka_takes_is_taken(make_producer: Factory) -> None:
    producer: Producer = make_producer(KAFKAS)
    told: list[KafkaError | None] = []
    for name in ("a" * 249, "A.b_c-9"):
        producer.produce(name, b"x", on_delivery=lambda error, message: told.append(error))
    assert producer.flush(HANG) == 0
    assert told == [None, None]
