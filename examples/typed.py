"""Configurations and messages that type checkers know: a wrong property, or a value of the wrong type, is found unrun.

mypy --strict examples/typed.py
python examples/typed.py --bootstrap host:9092 counts
python examples/typed.py counts                         on a broker inside this program
"""

from __future__ import annotations

import argparse
import contextlib

from mapr_streams_python import DeserializingConsumer, Message, SerializingProducer, TopicPartition
from mapr_streams_python.properties import DeserializingConsumerProperties, SerializingProducerProperties
from mapr_streams_python.serialization import (
    IntegerDeserializer,
    IntegerSerializer,
    StringDeserializer,
    StringSerializer,
)
from mapr_streams_python.testing import MockCluster


def produce(servers: str, topic: str, counts: dict[str, int]) -> None:
    # "linger": 5, or "linger.ms": "five", would be an error here.
    config: SerializingProducerProperties = {
        "bootstrap.servers": servers,
        "linger.ms": 5,
        "key.serializer": StringSerializer(),
        "value.serializer": IntegerSerializer(),
    }
    producer = SerializingProducer[str, int](config)
    for word, count in counts.items():
        producer.produce(topic, key=word, value=count)
    producer.flush()


def consume(servers: str, topic: str, count: int) -> int:
    config: DeserializingConsumerProperties = {
        "bootstrap.servers": servers,
        "group.id": "example-typed",
        "key.deserializer": StringDeserializer(),
        "value.deserializer": IntegerDeserializer(),
    }
    total = 0
    with contextlib.closing(DeserializingConsumer[str, int](config)) as consumer:
        consumer.assign([TopicPartition(topic, 0, 0)])
        while count > 0:
            message: Message[str, int] | None = consumer.poll(1.0)
            value = message.value() if message is not None else None
            if value is not None:
                total, count = total + value, count - 1
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description="Produce and consume with types.")
    parser.add_argument("topic", help="one with a single partition")
    parser.add_argument("--bootstrap", help="host:port of a broker; a broker inside this program if it is left out")
    options = parser.parse_args()
    counts = {"one": 1, "two": 2, "three": 3}
    with contextlib.ExitStack() as stack:
        servers = options.bootstrap
        if not servers:
            cluster = stack.enter_context(MockCluster())
            cluster.create_topic(options.topic, 1)
            servers = cluster.bootstrap_servers
        produce(servers, options.topic, counts)
        print("in all", consume(servers, options.topic, len(counts)))


if __name__ == "__main__":
    main()
