"""One topic for each host, in a default stream, and one producer for each message."""

import sys

from confluent_kafka import Producer


def send(host, reading):
    # MapR's client goes to the cluster that its node belongs to, whatever stands here.
    producer = Producer(
        {
            "bootstrap.servers": "this.will.be.ignored:9092",
            "message.timeout.ms": 10,
            "streams.producer.default.stream": "/var/metrics/sensors",
        }
    )
    producer.produce(host, reading, host)
    producer.flush()


for argument in sys.argv[1:]:
    name, _, value = argument.partition("=")
    send(name, value)
