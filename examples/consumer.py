"""Prints the messages of topics as a member of a group, and commits what it has printed.

    python examples/consumer.py --bootstrap host:9092 --group readers orders
    python examples/consumer.py orders               on a broker inside this program that holds a few messages

It ends with Ctrl-C, or with --exit-at-end when it has read every partition to its end.
"""

from __future__ import annotations

import argparse
import contextlib
import sys

from mapr_streams_python import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from mapr_streams_python.testing import MockCluster


class Rebalances:
    """Tells of the partitions that come and go. Those in `reading` have not been read to their end."""

    def __init__(self) -> None:
        self.reading: set[tuple[str, int]] = set()
        self.assigned = False

    def on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self.assigned = True
        self.reading.update((p.topic, p.partition) for p in partitions)
        print("assigned:", sorted(self.reading), file=sys.stderr)

    def on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self.reading.difference_update((p.topic, p.partition) for p in partitions)
        # The last chance to say how far this member has come: the next one goes on from there.
        with contextlib.suppress(KafkaException):
            consumer.commit(asynchronous=False)


def read(consumer: Consumer, rebalances: Rebalances, exit_at_end: bool) -> None:
    while not (exit_at_end and rebalances.assigned and not rebalances.reading):
        message = consumer.poll(1.0)
        if message is None:
            continue
        error = message.error()
        place = (message.topic() or "", message.partition() or 0)
        if error is None:
            rebalances.reading.add(place)
            print(f"{place[0]} [{place[1]}] {message.offset()}: key={message.key()!r} value={message.value()!r}")
        elif error.code() == KafkaError._PARTITION_EOF:
            rebalances.reading.discard(place)
        else:
            raise KafkaException(error)


def fill(servers: str, topics: list[str]) -> None:
    producer = Producer({"bootstrap.servers": servers})
    for topic in topics:
        for number in range(5):
            producer.produce(topic, f"message {number}", f"key {number}")
    producer.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description="Print the messages of topics.")
    parser.add_argument("topics", nargs="+")
    parser.add_argument("--bootstrap", help="host:port of a broker; a broker inside this program if it is left out")
    parser.add_argument("--group", default="example-readers", help="the consumer group (default: %(default)s)")
    parser.add_argument("--exit-at-end", action="store_true", help="end when every partition is read to its end")
    options = parser.parse_args()

    with contextlib.ExitStack() as stack:
        servers = options.bootstrap
        if not servers:
            servers = stack.enter_context(MockCluster()).bootstrap_servers
            fill(servers, options.topics)
        consumer = Consumer(
            {
                "bootstrap.servers": servers,
                "group.id": options.group,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
            }
        )
        rebalances = Rebalances()
        try:
            consumer.subscribe(options.topics, listener=rebalances)
            read(consumer, rebalances, options.exit_at_end)
        except KeyboardInterrupt:
            pass
        finally:
            consumer.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
