"""Measures how many messages a second go each way here, call by call.

python examples/rates.py --bootstrap host:9092 rates
python examples/rates.py rates                          on a broker inside this program

Most of it is the broker's and the network's time; benchmarks/ has what the client itself takes.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from typing import Callable

from mapr_streams_python import Consumer, KafkaError, Message, Producer, TopicPartition
from mapr_streams_python.testing import MockCluster

PATIENCE = 60.0
VALUE = b"-" * 100


def on_delivery(error: KafkaError | None, message: Message) -> None:
    if error is not None:
        raise SystemExit(f"not delivered: {error}")


def one_by_one(producer: Producer, topic: str, count: int) -> None:
    for _ in range(count):
        # Waits where the queue is full, and runs callbacks meanwhile.
        producer.produce(topic, VALUE, on_delivery=on_delivery, block=PATIENCE)
    if producer.flush(PATIENCE):
        raise SystemExit("not delivered in time")


def in_batches(producer: Producer, topic: str, count: int) -> None:
    for first in range(0, count, 1000):
        messages = [{"value": VALUE} for _ in range(first, min(first + 1000, count))]
        producer.produce_batch(topic, messages, on_delivery=on_delivery, block=PATIENCE)
    if producer.flush(PATIENCE):
        raise SystemExit("not delivered in time")


def poll(consumer: Consumer, count: int) -> None:
    for _ in range(count):
        message = consumer.poll(PATIENCE)
        if message is None or message.error() is not None:
            raise SystemExit(f"not all has come: {message}")


def consume(consumer: Consumer, count: int) -> None:
    while count > 0:
        messages = consumer.consume(min(count, 500), PATIENCE)
        count -= len(messages)
        if not messages or any(message.error() for message in messages):
            raise SystemExit(f"not all has come: {messages[:1]}")


def tell(what: str, count: int, call: Callable[[], None]) -> None:
    began = time.perf_counter()
    call()
    print(f"{what:24}{count / (time.perf_counter() - began):12,.0f} messages/s")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how many messages a second go each way here.")
    parser.add_argument("topic")
    parser.add_argument("--bootstrap", help="host:port of a broker; a broker inside this program if it is left out")
    parser.add_argument("--count", type=int, default=20_000, help="messages for each call (default: %(default)s)")
    options = parser.parse_args()
    topic, count = options.topic, options.count
    with contextlib.ExitStack() as stack:
        servers = {"bootstrap.servers": options.bootstrap or stack.enter_context(MockCluster()).bootstrap_servers}
        group = {"group.id": "example-rates", "enable.auto.commit": False, "enable.partition.eof": False}
        producer = stack.enter_context(Producer(servers))
        consumer = stack.enter_context(Consumer({**servers, **group}))
        one_by_one(producer, topic, 1)  # the topic is there then, and connections are up
        numbers = consumer.list_topics(topic, PATIENCE).topics[topic].partitions
        ends = consumer.end_offsets([TopicPartition(topic, number) for number in numbers], PATIENCE)
        tell("produce()", count, lambda: one_by_one(producer, topic, count))
        tell("produce_batch() of 1000", count, lambda: in_batches(producer, topic, count))
        consumer.assign(list(ends))
        tell("poll()", count, lambda: poll(consumer, count))
        tell("consume() of 500", count, lambda: consume(consumer, count))


if __name__ == "__main__":
    main()
