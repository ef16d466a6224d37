"""Sends each line of standard input as a message, and tells where it was stored.

python examples/producer.py --bootstrap host:9092 orders < lines.txt
printf 'alice:one\nbob:two\n' | python examples/producer.py --keys orders    on a broker inside this program
"""

from __future__ import annotations

import argparse
import contextlib
import sys

from mapr_streams_python import KafkaError, Message, Producer
from mapr_streams_python.testing import MockCluster

failures = 0


def on_delivery(error: KafkaError | None, message: Message) -> None:
    """Called from poll() and flush(), once for each message."""
    global failures
    if error is not None:
        failures += 1
        print(f"not delivered: {error.str()}", file=sys.stderr)
    else:
        print(f"{message.topic()} [{message.partition()}] at offset {message.offset()}")


def produce(producer: Producer, topic: str, line: str, keys: bool) -> None:
    key, value = line.split(":", 1) if keys and ":" in line else (None, line)
    while True:
        try:
            producer.produce(topic, value, key, on_delivery=on_delivery)
            return
        except BufferError:
            # The queue is full: wait until the broker has taken some of it.
            producer.poll(1.0)


def main() -> int:
    parser = argparse.ArgumentParser(description="Send each line of standard input as a message.")
    parser.add_argument("topic")
    parser.add_argument("--bootstrap", help="host:port of a broker; a broker inside this program if it is left out")
    parser.add_argument("--keys", action="store_true", help="what stands before a line's first colon is its key")
    options = parser.parse_args()

    with contextlib.ExitStack() as stack:
        servers = options.bootstrap or stack.enter_context(MockCluster()).bootstrap_servers
        producer = stack.enter_context(Producer({"bootstrap.servers": servers, "linger.ms": 20}))
        for line in sys.stdin:
            produce(producer, options.topic, line.rstrip("\n"), options.keys)
            producer.poll(0)
        left = producer.flush(30)
        if left:
            print(f"{left} messages are not delivered after 30 seconds", file=sys.stderr)
            producer.purge()
        return 1 if left or failures else 0


if __name__ == "__main__":
    sys.exit(main())
