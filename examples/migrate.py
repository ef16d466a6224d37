"""An application that was written for MapR Event Store, running on Apache Kafka.

    python examples/migrate.py                           on a broker inside this program
    python examples/migrate.py --bootstrap host:9092     on a Kafka cluster

`Sensors` and `Dashboard` are such an application: the configuration, the calls and the loop are those of its time. What
the move changes are the two values that `main` passes to it: a topic's name without a stream, and bootstrap.servers.
Each documented MapR behaviour that the application relies on is marked; with the property streams.compatibility set to
kafka, librdkafka's behaviour would take its place.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from typing import Any

from mapr_streams_python import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from mapr_streams_python.testing import MockCluster


class Sensors:
    """The producing half."""

    def __init__(self, topic: str, config: dict[str, Any]) -> None:
        self.topic = topic
        self.rejected: list[str] = []
        # Topic properties in a dictionary of their own were the custom.
        self.producer = Producer(dict(config, **{"default.topic.config": {"message.timeout.ms": 30000}}))

    def delivered(self, err: KafkaError | None, msg: Message) -> None:
        if err is not None:
            self.rejected.append(err.name())

    def run(self) -> None:
        for number in range(10):
            # The key is the third argument.
            self.producer.produce(self.topic, f"reading {number}", f"sensor {number % 3}", callback=self.delivered)
            self.producer.poll(0)
        # MapR: a message without a payload is an error for the callback. Kafka would store a tombstone.
        self.producer.produce(self.topic, None, "sensor 0", callback=self.delivered)
        # MapR: len() is positive while anything waits.
        while len(self.producer) > 0:
            self.producer.poll(0.1)
        print("sent 10 readings; rejected:", ", ".join(self.rejected))


class Dashboard:
    """The consuming half."""

    def __init__(self, topic: str, config: dict[str, Any]) -> None:
        self.topic = topic
        self.consumer = Consumer(
            dict(
                config,
                **{
                    "group.id": "dashboard",
                    # The old name of "earliest", at its old place.
                    "default.topic.config": {"auto.offset.reset": "smallest", "enable.auto.commit": False},
                },
            )
        )

    def run(self) -> None:
        partition = TopicPartition(self.topic, 0)
        self.consumer.assign([partition])
        # MapR: 0 before anything was consumed. Kafka's answer is -1001.
        print("position before reading:", self.consumer.position([partition])[0].offset)
        try:
            self.consumer.subscribe([self.topic])
        except KafkaException as exception:
            # MapR: a consumer either assigns or subscribes. Kafka allows both.
            print("subscribe while assigned:", exception.args[0].name())

        readings = 0
        running = True
        while running:
            msg = self.consumer.poll(timeout=10.0)
            if msg is None:
                raise SystemExit("no message within 10 seconds")
            error = msg.error()
            if error is None:
                readings += 1
            # MapR, and librdkafka of that time: the end of the partition is an event, unless it is turned off.
            elif error.code() == KafkaError._PARTITION_EOF:
                running = False
            else:
                print(error.str())
                running = False
        # `async` is a keyword of Python since 3.7. This is how it is passed now; its new name is asynchronous.
        self.consumer.commit(**{"async": False})
        committed = self.consumer.committed([partition])[0].offset
        print(f"read {readings} readings; committed offset {committed}")
        self.consumer.close()


def main() -> int:
    parser = argparse.ArgumentParser(description="Run an application that was written for MapR Event Store.")
    parser.add_argument("--bootstrap", help="host:port of a broker; a broker inside this program if it is left out")
    parser.add_argument("--topic", default="readings", help="a topic of one partition (default: %(default)s)")
    options = parser.parse_args()

    with contextlib.ExitStack() as stack:
        servers = options.bootstrap
        if not servers:
            cluster = stack.enter_context(MockCluster())
            cluster.create_topic(options.topic)
            servers = cluster.bootstrap_servers
        config = {"bootstrap.servers": servers}
        Sensors(options.topic, config).run()
        Dashboard(options.topic, config).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
