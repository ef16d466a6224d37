"""Two members of a group share a topic, and one leaves: what each protocol of groups tells their callbacks.

    python examples/rebalances.py --bootstrap host:9092 --protocol auto orders
    python examples/rebalances.py orders                    on a broker inside this program

The callbacks are the same under all of them. `auto` is Kafka's new protocol where client and brokers have it.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from typing import Callable

from mapr_streams_python import Consumer, KafkaException, TopicPartition
from mapr_streams_python.testing import MockCluster

# Soon to hear of others. The brokers say it in the new protocol.
SOON = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500}
PROTOCOLS: dict[str, dict[str, object]] = {
    "eager": {"partition.assignment.strategy": "range", **SOON},
    "cooperative": {"partition.assignment.strategy": "cooperative-sticky", **SOON},
    "consumer": {"group.protocol": "consumer"},
    "auto": {"group.protocol": "auto"},
}
PATIENCE = 60.0


class Member:
    def __init__(self, name: str, config: dict[str, object], topic: str) -> None:
        self.name, self.consumer = name, Consumer(config)
        self.consumer.subscribe([topic], on_assign=self.on_assign, on_revoke=self.on_revoke)

    def on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self.tell("is given", partitions)
        # Where a partition begins may be said here. It means the same under each protocol.
        consumer.assign(partitions)

    def on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self.tell("gives back", partitions)

    def tell(self, what: str, partitions: list[TopicPartition]) -> None:
        print(self.name, what, sorted(p.partition for p in partitions), self.consumer.rebalance_protocol())

    def count(self) -> int:
        return len(self.consumer.assignment())


def poll_until(members: list[Member], condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("the group has not come to rest")
        for member in members:
            message = member.consumer.poll(0.05)
            error = message.error() if message is not None else None
            if error is not None and not error.retriable() and error.name() != "_PARTITION_EOF":
                raise KafkaException(error)


def main() -> None:
    parser = argparse.ArgumentParser(description="Show rebalances under each protocol of groups.")
    parser.add_argument("topic")
    parser.add_argument("--bootstrap", help="host:port of a broker; a broker inside this program if it is left out")
    parser.add_argument("--protocol", choices=PROTOCOLS, default="eager", help="(default: %(default)s)")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        servers = options.bootstrap
        if not servers:
            cluster = stack.enter_context(MockCluster())
            cluster.create_topic(options.topic, 4)
            servers = cluster.bootstrap_servers
        config = {"bootstrap.servers": servers, "group.id": f"example-{time.time()}", **PROTOCOLS[options.protocol]}
        first = Member("first", config, options.topic)
        poll_until([first], lambda: first.count() > 0)
        total = first.count()
        second = Member("second", config, options.topic)
        both = [first, second]
        poll_until(both, lambda: first.count() + second.count() == total and second.count() > 0)
        # It commits what was read, leaves the group, and runs its last callbacks.
        print("first has left:", first.consumer.close(PATIENCE))
        poll_until([second], lambda: second.count() == total)
        second.consumer.close(PATIENCE)


if __name__ == "__main__":
    main()
