"""Makes the same calls in both dialects, MapR's and librdkafka's, and prints what came of each.

python examples/dialects.py --bootstrap host:9092 lines
python examples/dialects.py lines                       on a broker inside this program

A message without a value is sent to the topic, which the MapR dialect refuses.
"""

from __future__ import annotations

import argparse
import contextlib

from mapr_streams_python import Consumer, KafkaException, Message, Producer, TopicPartition
from mapr_streams_python.testing import MockCluster

PATIENCE = 60.0
DIALECTS = ("mapr", "kafka")


def producing(config: dict[str, object], topic: str) -> dict[str, str]:
    told: list[str] = []

    def on_delivery(error: object, message: Message) -> None:
        told.append("told as an error" if error else "is sent: a tombstone")

    with Producer(config) as producer:
        empty = str(bool(producer))
        producer.produce(topic, None, "key", partition=0, on_delivery=on_delivery)
        producer.flush(PATIENCE)
        return {"bool(producer)": empty, "produce() without a value": "".join(told)}


def consuming(config: dict[str, object], topic: str) -> dict[str, str]:
    with Consumer(config) as consumer:
        (end,) = consumer.end_offsets([TopicPartition(topic, 0)], PATIENCE)
        if end.error is not None:
            raise SystemExit(f"{topic}: {end.error.str()}")
        consumer.assign([end])
        position = str(consumer.position([end])[0].offset)
        # In librdkafka's dialect there is nothing to wait for.
        event = consumer.poll(PATIENCE if config["streams.compatibility"] == "mapr" else 1.0)
        error = event.error() if event is not None else None
        subscribing = "subscribes"
        try:
            consumer.subscribe([topic])
        except KafkaException as exception:
            subscribing = f"raises {exception.args[0].name()}"
        return {
            "position() before a message": position,
            "the end of a partition": error.name() if error else "nothing",
            "subscribe() after assign()": subscribing,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the same calls in both dialects.")
    parser.add_argument("topic")
    parser.add_argument("--bootstrap", help="host:port of a broker; a broker inside this program if it is left out")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        servers = options.bootstrap
        if not servers:
            cluster = stack.enter_context(MockCluster())
            cluster.create_topic(options.topic)
            servers = cluster.bootstrap_servers
        found: dict[str, dict[str, str]] = {}
        for dialect in DIALECTS:
            config: dict[str, object] = {"bootstrap.servers": servers, "streams.compatibility": dialect}
            group = {**config, "group.id": "example-dialects"}
            found[dialect] = {**producing(config, options.topic), **consuming(group, options.topic)}
    print(f"{'':30}" + "".join(f"{dialect:30}" for dialect in DIALECTS))
    for row in found["mapr"]:
        print(f"{row:30}" + "".join(f"{found[dialect][row]:30}" for dialect in DIALECTS))


if __name__ == "__main__":
    main()
