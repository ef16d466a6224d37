"""Every hot path a few thousand times, for a memory checker."""

from __future__ import annotations

import gc
import sys

from mapr_streams_python import Consumer, Producer
from mapr_streams_python.testing import MockCluster

MESSAGES = 2_000
TOPIC = "loops"
HEADERS = [("name", b"value"), ("none", None)]


def produce(servers: str) -> None:
    reports = []

    def on_delivery(error: object, message: object) -> None:
        # Every third is kept, so that it outlives librdkafka's record.
        if len(reports) < MESSAGES and not error:
            reports.append(message)

    producer = Producer({"bootstrap.servers": servers, "linger.ms": 1})
    for number in range(MESSAGES):
        value = b"v" * (number % 2_000 + 1)
        if number % 4 == 0:
            producer.produce(TOPIC, value, on_delivery=on_delivery)
        elif number % 4 == 1:
            producer.produce(TOPIC, value=value, key=str(number), headers=HEADERS)
        elif number % 4 == 2:
            producer.produce(TOPIC, bytearray(value), callback=on_delivery, timestamp=1_700_000_000_000)
        else:
            producer.produce(TOPIC, key=b"only", on_delivery=on_delivery)
        producer.poll(0)
    assert producer.flush(60) == 0
    for message in reports:
        message.topic(), message.value(), message.key(), message.offset(), message.headers(), message.timestamp()
    producer.close()


def consume(servers: str, batch: int) -> None:
    commits = []
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": f"loops-{batch}",
            "auto.offset.reset": "earliest",
            # Or there may be nothing left to commit at the end.
            "enable.auto.commit": False,
            "on_commit": lambda error, partitions: commits.append((error, partitions)),
        }
    )
    consumer.subscribe([TOPIC], on_assign=lambda consumer, partitions: consumer.assign(partitions))
    kept, left = [], MESSAGES * 3 // 4
    while left > 0:
        messages = consumer.consume(batch, 1.0) if batch else [consumer.poll(1.0)]
        for message in messages:
            if message is None or message.error():
                continue
            left -= 1
            message.topic(), message.value(), message.key(), message.offset(), message.headers(), len(message)
            if left % 3 == 0:
                kept.append(message)
            # Never the last one, for the same reason.
            if left % 500 == 1:
                consumer.commit(message)
    consumer.commit(asynchronous=False)
    consumer.position(consumer.assignment())
    consumer.close()
    assert all(message.value() is not None for message in kept)


def main() -> int:
    cluster = MockCluster(brokers=1)
    cluster.create_topic(TOPIC, partitions=2)
    produce(cluster.bootstrap_servers)
    for batch in (0, 100):
        consume(cluster.bootstrap_servers, batch)
    cluster.close()
    gc.collect()
    return 0


if __name__ == "__main__":
    sys.exit(main())
