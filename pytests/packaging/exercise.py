"""A program that uses the client end to end, for running under one interpreter after the other.

It fails by an exception, and prints one line of JSON when all went well.
"""

import json
import pickle
import platform
import time

import mapr_streams_python
from mapr_streams_python import Consumer, KafkaError, KafkaException, Producer, TopicPartition, cimpl
from mapr_streams_python.testing import MockCluster

MESSAGES = 300
PARTITIONS = 3
TOPIC = "one-binary"


def produce(cluster):
    delivered = []

    def on_delivery(error, message):
        assert error is None, error
        delivered.append((message.partition(), message.offset()))

    producer = Producer({"bootstrap.servers": cluster.bootstrap_servers, "log_level": 3})
    for number in range(MESSAGES):
        headers = [("number", str(number).encode())]
        producer.produce(TOPIC, f"value {number}", f"key {number}", headers=headers, on_delivery=on_delivery)
        producer.poll(0)
    assert producer.flush(30) == 0
    assert len(producer) == 0
    return delivered


def consume(cluster):
    assigned = []
    config = {
        "bootstrap.servers": cluster.bootstrap_servers,
        "group.id": "exercise",
        # Else the timer of a slow run commits a part first, and the commit below is of the rest alone.
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "log_level": 3,
    }
    consumer = Consumer(config)
    consumer.subscribe([TOPIC], on_assign=lambda _, partitions: assigned.extend(partitions))
    values = {}
    deadline = time.monotonic() + 60
    while len(values) < MESSAGES:
        assert time.monotonic() < deadline, f"{len(values)} messages, assigned {assigned}"
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error() is None:
            values[message.key()] = message.value()
            assert message.headers() == [("number", message.value().split()[1])]
        else:
            assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
    committed = consumer.commit(**{"async": False})
    consumer.close()
    assert sorted(partition.partition for partition in assigned) == list(range(PARTITIONS))
    assert sum(partition.offset for partition in committed) == MESSAGES, committed
    return values


def objects():
    error = KafkaError(KafkaError._TIMED_OUT, "exercise")
    assert pickle.loads(pickle.dumps(error)) == error
    raised = pickle.loads(pickle.dumps(KafkaException(error)))
    assert raised.args[0].code() == KafkaError._TIMED_OUT
    place = TopicPartition(TOPIC, 1, 42)
    assert pickle.loads(pickle.dumps(place)) == place
    try:
        Consumer({"group.id": "exercise", "no.such.property": 1})
    except KafkaException as problem:
        assert "no.such.property" in str(problem)
    else:
        raise AssertionError("an unknown property was accepted")


with MockCluster() as mock:
    mock.create_topic(TOPIC, partitions=PARTITIONS)
    reports = produce(mock)
    received = consume(mock)
assert len(reports) == len(set(reports)) == MESSAGES
assert received == {f"key {number}".encode(): f"value {number}".encode() for number in range(MESSAGES)}
objects()
print(
    json.dumps(
        {
            "python": platform.python_version(),
            "extension": cimpl.__file__,
            "package": mapr_streams_python.__version__,
            "delivered": len(reports),
            "consumed": len(received),
        }
    )
)
