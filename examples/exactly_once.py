"""Copies a topic to another in capitals, each record exactly once, however often this program is killed.

    python examples/exactly_once.py --bootstrap host:9092 orders shouted
    python examples/exactly_once.py orders shouted      on a broker inside this program that holds a few messages

Readers of the copy see it so where their ``isolation.level`` is ``read_committed``. It ends with Ctrl-C, or with
--exit-at-end when it has copied every partition to its end.
"""

from __future__ import annotations

import argparse
import contextlib
import sys

from mapr_streams_python import (
    AbortableException,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from mapr_streams_python.testing import MockCluster


class Assignment:
    """What has been assigned, and not been read to its end."""

    def __init__(self) -> None:
        self.reading: set[tuple[str, int]] | None = None

    def on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self.reading = {(p.topic, p.partition) for p in partitions}

    def is_read(self, messages: list[Message]) -> bool:
        if self.reading is not None:
            for message in messages:
                error = message.error()
                place = (message.topic() or "", message.partition() or 0)
                if error is None:
                    self.reading.add(place)
                elif error.code() == KafkaError._PARTITION_EOF:
                    self.reading.discard(place)
                else:
                    raise KafkaException(error)
        return self.reading is not None and not self.reading

    def comes_again(self, records: list[Message]) -> None:
        if self.reading is not None:
            self.reading |= {(record.topic() or "", record.partition() or 0) for record in records}


def copy(consumer: Consumer, producer: Producer, target: str, assignment: Assignment, exit_at_end: bool) -> None:
    is_read = False
    while not (exit_at_end and is_read):
        messages = consumer.consume(100, 1.0)
        is_read = assignment.is_read(messages)
        records = [message for message in messages if message.error() is None]
        if not records:
            continue
        try:
            with producer.transaction(consumer=consumer):
                for record in records:
                    producer.produce(target, (record.value() or b"").upper(), record.key())
        except AbortableException as error:
            # Nothing of it is to be seen, and the consumer has gone back: the same records come again.
            print(f"aborted, and tried again: {error}", file=sys.stderr)
            assignment.comes_again(records)
            is_read = False


def fill(servers: str, topic: str) -> None:
    with Producer({"bootstrap.servers": servers}) as producer:
        for number in range(5):
            producer.produce(topic, f"message {number}", f"key {number}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Copy a topic to another in capitals, each record exactly once.")
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--bootstrap", help="host:port of a broker; a broker inside this program if it is left out")
    parser.add_argument("--id", default="example-copies", help="group.id and transactional.id (default: %(default)s)")
    parser.add_argument("--exit-at-end", action="store_true", help="end when every partition is copied to its end")
    options = parser.parse_args()

    with contextlib.ExitStack() as stack:
        servers = options.bootstrap
        if not servers:
            servers = stack.enter_context(MockCluster()).bootstrap_servers
            fill(servers, options.source)
        producer = Producer({"bootstrap.servers": servers, "transactional.id": options.id})
        consumer = Consumer(
            {
                "bootstrap.servers": servers,
                "group.id": options.id,
                "auto.offset.reset": "earliest",
                # The offsets are committed with the transaction, and not without it.
                "enable.auto.commit": False,
                "enable.partition.eof": True,
            }
        )
        assignment = Assignment()
        try:
            # Waits for the transaction of a program that was killed to be ended.
            producer.init_transactions(60)
            consumer.subscribe([options.source], on_assign=assignment.on_assign)
            copy(consumer, producer, options.target, assignment, options.exit_at_end)
        except KeyboardInterrupt:
            pass
        finally:
            consumer.close()
            producer.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
