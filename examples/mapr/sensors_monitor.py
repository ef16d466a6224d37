"""Follows all hosts of a stream by a pattern; each start is a group of its own."""

import sys
import time

from confluent_kafka import Consumer, KafkaError

consumer = Consumer(
    {
        "bootstrap.servers": "this.will.be.ignored:9092",
        "group.id": str(time.time()),
        "streams.consumer.default.stream": "/var/metrics/sensors",
        "default.topic.config": {"auto.offset.reset": "smallest"},
    }
)
consumer.subscribe(["^node.*"])

wanted = int(sys.argv[1])
readings = []
while len(readings) < wanted:
    msg = consumer.poll(1.0)
    if msg is None:
        continue
    if msg.error():
        if msg.error().code() == KafkaError._PARTITION_EOF:
            continue
        print(msg.error())
        sys.exit(1)
    stream, host = msg.topic().split(":")
    readings.append((host, stream, msg.key().decode(), msg.value().decode()))
consumer.close()

for reading in sorted(readings):
    print(*reading)
