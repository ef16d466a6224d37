"""Does what goes wrong, and tells how a program catches each of it.

python examples/errors.py --bootstrap host:9092
python examples/errors.py                           on a broker inside this program
"""

from __future__ import annotations

import argparse
import contextlib
from typing import Callable

from mapr_streams_python import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    RetriableException,
    TimeoutException,
    TopicPartition,
    UnknownTopicException,
)
from mapr_streams_python.testing import MockCluster

NO_BROKER = {"bootstrap.servers": "127.0.0.1:1", "log_level": 0}


def tell(what: str, call: Callable[[], object]) -> None:
    """The first that fits takes it: subclasses of KafkaException come before it."""
    try:
        call()
    except TimeoutException as exception:
        print(f"{what}: nothing came in time: {exception.args[0].name()}")
    except UnknownTopicException as exception:
        print(f"{what}: there is none: {exception.args[0].name()}")
    except RetriableException as exception:
        print(f"{what}: may be tried again: {exception.args[0].str()}")
    except KafkaException as exception:
        error: KafkaError = exception.args[0]
        print(f"{what}: {error.name()}: {error.str()}")
    except BufferError:
        print(f"{what}: the queue is full, poll() makes room")
    else:
        print(f"{what}: well")


def produce_to_nobody() -> None:
    """What becomes of a message is told to its callback, and raised by nothing."""

    def on_delivery(error: KafkaError | None, message: Message) -> None:
        if error == KafkaError._MSG_TIMED_OUT:
            print(f"a message for {message.topic()} was not delivered in time")

    with Producer({**NO_BROKER, "message.timeout.ms": 100, "queue.buffering.max.messages": 1}) as producer:
        producer.produce("orders", "first", on_delivery=on_delivery)
        tell("a second message", lambda: producer.produce("orders", "second"))
        producer.flush(30)


def main() -> None:
    parser = argparse.ArgumentParser(description="Tell how a program catches what goes wrong.")
    parser.add_argument("--bootstrap", help="host:port of a broker; a broker inside this program if it is left out")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        servers = options.bootstrap or stack.enter_context(MockCluster()).bootstrap_servers
        consumer = stack.enter_context(Consumer({"bootstrap.servers": servers, "group.id": "example-errors"}))
        tell("a cluster", lambda: consumer.list_topics(timeout=30))
        # The topic is there, or comes with the question; the partition is not.
        nowhere = TopicPartition("example-errors", 100_000)
        tell("a partition", lambda: consumer.get_watermark_offsets(nowhere, 30))
        lonely = stack.enter_context(Consumer({**NO_BROKER, "group.id": "example-errors"}))
        tell("a cluster that is not there", lambda: lonely.committed([nowhere], 0.2))
        tell("a property", lambda: Producer({"no.such.property": 1}))
    produce_to_nobody()


if __name__ == "__main__":
    main()
