"""Writes 16 MB and reads them again in little memory: queues are bounded, and what came is not kept.

python examples/memory.py --bootstrap host:9092 bulk
python examples/memory.py bulk                         on a broker inside this program, which keeps all of it

Nobody else may write to the topic meanwhile.
"""

from __future__ import annotations

import argparse
import contextlib

from mapr_streams_python import Consumer, Message, Producer, TopicPartition
from mapr_streams_python.testing import MockCluster

PATIENCE = 60.0
MESSAGES, SIZE = 160, 100_000
# Sizes of queues, in kilobytes: of what waits to be sent, and of what was fetched before it was asked for.
WRITER = {"queue.buffering.max.kbytes": 1024}
READER = {"queued.max.messages.kbytes": 1024, "max.partition.fetch.bytes": 262_144, "enable.partition.eof": False}


def take(consumer: Consumer, most: int) -> list[Message]:
    """Up to so many messages, or fewer where Python has no memory for so many."""
    while True:
        try:
            return consumer.consume(most, PATIENCE)
        except MemoryError:
            # Nothing is lost: what no Message could be made for is kept, and the next call gives it.
            if most == 1:
                raise
            most //= 2


def write(producer: Producer, topic: str, partitions: int) -> int:
    """Returns how many messages waited at the most."""
    waiting = 0
    for number in range(MESSAGES):
        # Waits for room in the queue. Without block a full one is a BufferError.
        producer.produce(topic, b"-" * SIZE, partition=number % partitions, block=PATIENCE)
        waiting = max(waiting, len(producer))
    if producer.flush(PATIENCE):
        raise SystemExit("not all was delivered")
    return waiting


def read(consumer: Consumer, count: int) -> int:
    """Returns how many messages came at once at the most."""
    longest = 0
    while count:
        messages = take(consumer, min(count, 50))
        if not messages or any(message.error() for message in messages):
            raise SystemExit(f"{count} messages have not come: {messages[:1]}")
        count, longest = count - len(messages), max(longest, len(messages))
    return longest


def main() -> None:
    parser = argparse.ArgumentParser(description="Write 16 MB and read them again in little memory.")
    parser.add_argument("topic")
    parser.add_argument("--bootstrap", help="host:port of a broker; a broker inside this program if it is left out")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        servers = options.bootstrap
        if not servers:
            cluster = stack.enter_context(MockCluster())
            cluster.create_topic(options.topic, partitions=4)
            servers = cluster.bootstrap_servers
        producer = stack.enter_context(Producer({"bootstrap.servers": servers, **WRITER}))
        consumer = stack.enter_context(Consumer({"bootstrap.servers": servers, "group.id": "example-memory", **READER}))
        numbers = consumer.list_topics(options.topic, PATIENCE).topics[options.topic].partitions
        if not numbers:
            raise SystemExit(f"there is no topic {options.topic}")
        consumer.assign(list(consumer.end_offsets([TopicPartition(options.topic, n) for n in numbers], PATIENCE)))
        waiting = write(producer, options.topic, len(numbers))
        print(f"wrote {MESSAGES} messages of {SIZE} bytes, {waiting} in the queue at the most")
        print(f"read them, {read(consumer, MESSAGES)} at once at the most")


if __name__ == "__main__":
    main()
