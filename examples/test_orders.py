"""Tests of a program, with the fixtures and helpers that installing this package brings to pytest.

pytest examples/test_orders.py                      each test on a cluster of its own, inside the test run
pytest --kafka=host:9092 examples/test_orders.py    on a cluster that runs already
pytest --kafka=server examples/test_orders.py       on an Apache Kafka that is started for them: KAFKA_HOME says which
"""

from __future__ import annotations

import json
from typing import Callable

import pytest

from mapr_streams_python import (
    OFFSET_INVALID,
    AuthorizationException,
    Consumer,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from mapr_streams_python.testing import MockCluster, deliver, read

# The program, which would be a module of its own: it sends a bill for each order, and then commits the order.


def bill(order: Message) -> str:
    fields = json.loads(order.value() or b"")
    return json.dumps({"customer": fields["customer"], "cents": fields["count"] * fields["price"]})


def bill_next(consumer: Consumer, producer: Producer, bills: str) -> None:
    for order in consumer.consume(1, 30):
        error = order.error()
        if error is not None:
            raise KafkaException(error)
        producer.send(bills, bill(order), order.key()).result(30)
        consumer.commit(order, asynchronous=False)


# Its consumers commit an order when it is billed, and not because time has gone by.
BY_ITSELF = {"enable.auto.commit": False}

# Its tests.

ORDER = '{"customer": "ann", "count": 3, "price": 250}'


def test_a_bill_is_for_all_that_was_ordered() -> None:
    # What takes a message needs no broker.
    assert json.loads(bill(Message(topic="orders", value=ORDER.encode()))) == {"customer": "ann", "cents": 750}


def test_an_order_is_billed_under_its_key(
    kafka_topic: str,
    make_topic: Callable[[], str],
    producer: Producer,
    make_consumer: Callable[..., Consumer],
) -> None:
    bills, consumer = make_topic(), make_consumer(BY_ITSELF)
    deliver(producer, kafka_topic, [{"value": ORDER, "key": "ann"}])
    consumer.subscribe([kafka_topic])
    bill_next(consumer, producer, bills)
    (committed,) = consumer.committed([TopicPartition(kafka_topic, 0)], 30)
    assert committed.offset == 1
    reader = make_consumer()
    reader.assign([TopicPartition(bills, 0, 0)])
    (billed,) = read(reader, 1)
    assert (billed.key(), json.loads(billed.value() or b"")["cents"]) == (b"ann", 750)


@pytest.mark.kafka_cluster(only="mock")
def test_an_order_whose_bill_is_refused_is_not_committed(
    kafka_cluster: MockCluster, kafka_topic: str, producer: Producer, make_consumer: Callable[..., Consumer]
) -> None:
    consumer = make_consumer(BY_ITSELF)
    deliver(producer, kafka_topic, [ORDER])
    consumer.subscribe([kafka_topic])
    kafka_cluster.push_request_errors("Produce", ["TOPIC_AUTHORIZATION_FAILED"])
    with pytest.raises(AuthorizationException):
        bill_next(consumer, producer, "bills")
    (committed,) = consumer.committed([TopicPartition(kafka_topic, 0)], 30)
    assert committed.offset == OFFSET_INVALID
