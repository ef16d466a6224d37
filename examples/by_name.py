"""A program for confluent-kafka, unchanged but for its first two lines.

    python examples/by_name.py --bootstrap host:9092 orders
    python examples/by_name.py orders                       on a broker inside this program

Or without them: python -m mapr_streams_python run --dialect kafka PROGRAM. Frameworks that import confluent_kafka
themselves run so too.
"""

# Without confluent-kafka beside it type checkers know nothing of that name.
# pyright: basic, reportMissingImports=false

from __future__ import annotations

import mapr_streams_python

mapr_streams_python.install_as("confluent_kafka")

import argparse  # noqa: E402
import contextlib  # noqa: E402

import confluent_kafka  # noqa: E402
from confluent_kafka import Consumer, Producer  # noqa: E402
from confluent_kafka.serialization import StringSerializer  # noqa: E402

from mapr_streams_python.testing import MockCluster  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description="Produce and consume by another package's name.")
    parser.add_argument("topic")
    parser.add_argument("--bootstrap", help="host:port of a broker; a broker inside this program if it is left out")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        servers = options.bootstrap or stack.enter_context(MockCluster()).bootstrap_servers
        producer = stack.enter_context(Producer({"bootstrap.servers": servers}))
        value = StringSerializer("utf_8")("by another name")
        producer.produce(options.topic, value, on_delivery=lambda error, message: print("delivered:", error is None))
        producer.flush()
        config = {"bootstrap.servers": servers, "group.id": "example-by-name", "auto.offset.reset": "earliest"}
        consumer = Consumer(config)
        consumer.subscribe([options.topic])
        message = None
        while message is None or message.error():
            message = consumer.poll(1.0)
        print("consumed:", message.value().decode())
        consumer.close()
    print("confluent_kafka is", confluent_kafka.__name__)


if __name__ == "__main__":
    main()
