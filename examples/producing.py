"""Produces numbered lines in three ways: through a small queue that it waits for, as a batch, and with futures.

    python examples/producing.py --bootstrap host:9092 lines
    python examples/producing.py lines      on a broker inside this program

It ends with what was delivered, and status 1 where something was not.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import sys
from typing import Any

from mapr_streams_python import KafkaError, KafkaException, Message, Producer
from mapr_streams_python.testing import MockCluster

PATIENCE = 60.0


class Tally:
    """Delivery reports, by what they say."""

    def __init__(self) -> None:
        self.counts: collections.Counter[str] = collections.Counter()

    def on_delivery(self, error: KafkaError | None, message: Message) -> None:
        self.counts["delivered" if error is None else error.name()] += 1


def one_by_one(producer: Producer, topic: str, count: int, tally: Tally) -> None:
    """More messages than the queue holds: produce() waits for room, and callbacks run meanwhile."""
    for number in range(count):
        producer.produce(topic, f"line {number}", on_delivery=tally.on_delivery, block=PATIENCE)


def as_a_batch(producer: Producer, topic: str, count: int, tally: Tally) -> int:
    messages: list[dict[str, Any]] = [
        {"value": f"line {number} of the batch", "key": f"{number % 3}", "headers": {"number": str(number)}}
        for number in range(count)
    ]
    queued = producer.produce_batch(topic, messages, on_delivery=tally.on_delivery, block=PATIENCE)
    for message in messages:
        if "_error" in message:
            print("not in the queue:", message["value"], message["_error"], file=sys.stderr)
    return count - queued


def with_futures(producer: Producer, topic: str, count: int) -> int:
    futures = [producer.send(topic, f"line {number} with a future", block=PATIENCE) for number in range(count)]
    failed = 0
    for future in futures:
        try:
            message = future.result(PATIENCE)
            print(f"{(message.value() or b'').decode()}: partition {message.partition()}, offset {message.offset()}")
        except KafkaException as error:
            print("not delivered:", error, file=sys.stderr)
            failed += 1
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description="Produce numbered lines in three ways.")
    parser.add_argument("topic")
    parser.add_argument("--bootstrap", help="host:port of a broker; a broker inside this program if it is left out")
    parser.add_argument("--count", type=int, default=50, help="lines for each way (default: %(default)s)")
    options = parser.parse_args()

    with contextlib.ExitStack() as stack:
        servers = options.bootstrap
        if not servers:
            servers = stack.enter_context(MockCluster()).bootstrap_servers
        # A small queue, so that there is something to wait for.
        config = {"bootstrap.servers": servers, "queue.buffering.max.messages": 10}
        producer, tally = stack.enter_context(Producer(config)), Tally()
        one_by_one(producer, options.topic, options.count, tally)
        failed = as_a_batch(producer, options.topic, options.count, tally)
        failed += with_futures(producer, options.topic, 5)
        left = producer.flush(PATIENCE)
        delivered = tally.counts.pop("delivered", 0)
        print(f"{delivered} lines delivered with callbacks, {left} left, failures: {dict(tally.counts)}")
        return 1 if failed or left or tally.counts else 0


if __name__ == "__main__":
    sys.exit(main())
