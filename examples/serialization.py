"""Sends orders as objects and reads them back: one serializer is the package's, the other the program's own.

    python examples/serialization.py --bootstrap host:9092 orders
    python examples/serialization.py                                on a broker inside this program

What cannot be read is told, and the program goes on behind it.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import sys
from typing import Any

from mapr_streams_python import DeserializingConsumer, KafkaError, Message, Producer, SerializingProducer
from mapr_streams_python.error import ValueDeserializationError
from mapr_streams_python.serialization import (
    Deserializer,
    IntegerDeserializer,
    IntegerSerializer,
    SerializationContext,
    SerializationError,
    Serializer,
)
from mapr_streams_python.testing import MockCluster


@dataclasses.dataclass
class Order:
    item: str
    count: int


class OrderSerializer(Serializer):
    """An `Order` as JSON."""

    def __call__(self, obj: Order, ctx: SerializationContext | None = None) -> bytes:
        return json.dumps(dataclasses.asdict(obj)).encode()


class OrderDeserializer(Deserializer):
    """JSON as an `Order`."""

    def __call__(self, value: bytes | None, ctx: SerializationContext | None = None) -> Order:
        try:
            return Order(**json.loads(value or b""))
        except (ValueError, TypeError) as error:
            raise SerializationError(f"no order: {error}") from error


def on_delivery(error: KafkaError | None, message: Message) -> None:
    if error is not None:
        print(f"not delivered: {error.str()}", file=sys.stderr)


def produce(config: dict[str, Any], topic: str, orders: dict[int, Order]) -> None:
    serializers = {"key.serializer": IntegerSerializer(), "value.serializer": OrderSerializer()}
    with SerializingProducer[int, Order]({**config, **serializers}) as producer:
        for number, order in orders.items():
            producer.produce(topic, number, order, on_delivery=on_delivery)
        producer.flush(30)


def read(config: dict[str, Any], topic: str, count: int) -> None:
    deserializers = {"key.deserializer": IntegerDeserializer(), "value.deserializer": OrderDeserializer()}
    with DeserializingConsumer[int, Order]({**config, **deserializers}) as consumer:
        consumer.subscribe([topic])
        while count:
            try:
                message = consumer.poll(1.0)
            except ValueDeserializationError as error:
                bad = error.kafka_message
                place = f"{bad.topic()} [{bad.partition()}] at offset {bad.offset()}" if bad is not None else topic
                print(f"{place} is left out: {error.exception}", file=sys.stderr)
            else:
                if message is None:
                    continue
                order = message.value()
                print(f"order {message.key()}: {order.count} x {order.item}")
            count -= 1


def main() -> int:
    parser = argparse.ArgumentParser(description="Send and read orders.")
    parser.add_argument("topic", nargs="?", default="orders")
    parser.add_argument("--bootstrap", help="host:port of a broker; a broker inside this program if it is left out")
    options = parser.parse_args()

    with contextlib.ExitStack() as stack:
        servers = options.bootstrap or stack.enter_context(MockCluster()).bootstrap_servers
        orders = {1: Order("apples", 3), 2: Order("pears", 1)}
        produce({"bootstrap.servers": servers}, options.topic, orders)
        with Producer({"bootstrap.servers": servers}) as plain:
            plain.produce(options.topic, b"three apples, please")
            plain.flush(30)
        group = {"group.id": "order-readers", "auto.offset.reset": "earliest", "enable.partition.eof": False}
        read({"bootstrap.servers": servers, **group}, options.topic, len(orders) + 1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
