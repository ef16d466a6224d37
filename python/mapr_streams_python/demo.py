"""A producer and a consumer group exchange messages, and show what happens on the way.

    python -m mapr_streams_python demo                           on a broker inside this program
    python -m mapr_streams_python demo --bootstrap host:9092     on a Kafka cluster

The producer counts delivery callbacks. Anna consumes alone at first; when Ben joins her group, the rebalance callbacks
tell how they share the partitions.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator

from . import Consumer, KafkaError, Message, Producer, TopicPartition, libversion
from .testing import MockCluster

PARTITIONS = 6
CUSTOMERS = 1000
# How long a group on a real cluster may take to share out its partitions.
PATIENCE = 60.0

started = time.monotonic()
telling = threading.Lock()


def tell(who: str, what: str) -> None:
    # print() writes the end of a line apart from the line, and the threads tell at once.
    with telling:
        print(f"  {time.monotonic() - started:6.2f} s   {who:<9} {what}", flush=True)


def numbers(partitions: list[TopicPartition]) -> str:
    return " ".join(str(partition.partition) for partition in sorted(partitions)) or "none"


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"Gave up after {PATIENCE:.0f} seconds of waiting until {what}.")
        time.sleep(0.01)


class Member:
    """A consumer of the group, polling in a thread of its own."""

    def __init__(self, name: str, topic: str, properties: dict[str, str | int]) -> None:
        self.name = name
        self.assignments = 0
        self.received: list[tuple[int, int]] = []  # Partition and offset of each message.
        self.committed = 0
        self._first = self._last = 0.0
        self._leaving = threading.Event()
        self._consumer = Consumer(
            {
                **properties,
                "group.id": f"{topic}-readers",
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "heartbeat.interval.ms": 500,  # A member hears of a rebalance with its next heartbeat.
            }
        )
        tell(name, "joins the group")
        self._consumer.subscribe([topic], on_assign=self._on_assign, on_revoke=self._on_revoke)
        self._thread = threading.Thread(target=self._run, name=name)
        self._thread.start()

    def leave(self) -> None:
        self._leaving.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._leaving.is_set():
            message = self._consumer.poll(0.1)
            if message is not None:
                self._receive(message)
            elif len(self.received) > self.committed:
                self._commit()
        self._consumer.close()
        tell(self.name, "leaves the group")

    def _receive(self, message: Message) -> None:
        error = message.error()
        if error is None:
            partition, offset = message.partition(), message.offset()
            assert partition is not None and offset is not None
            self.received.append((partition, offset))
            self._last = time.perf_counter()
            self._first = self._first or self._last
        elif error.code() != KafkaError._PARTITION_EOF:
            tell(self.name, f"hears of an error: {error.str()}")

    def _commit(self) -> None:
        self._consumer.commit(asynchronous=False)
        count, seconds = len(self.received) - self.committed, self._last - self._first
        rate = f", {count / seconds:,.0f} a second," if seconds > 0 else ""
        tell(self.name, f"has received {count:,} messages{rate} and commits their offsets")
        self.committed = len(self.received)
        self._first = 0.0

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self.assignments += 1
        tell(self.name, f"is assigned partitions {numbers(partitions)}")

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        if len(self.received) > self.committed:
            # The next owner of each partition goes on where this commit says.
            self._commit()
        tell(self.name, f"gives back partitions {numbers(partitions)}")


def send(producer: Producer, topic: str, count: int) -> int:
    """Sends that many messages, waits for their delivery callbacks, and returns how many were delivered."""
    delivered = failed = size = 0

    def on_delivery(error: KafkaError | None, message: Message) -> None:
        nonlocal delivered, failed, size
        if error is None:
            delivered += 1
            size += len(message)
        else:
            failed += 1

    begun = time.perf_counter()
    for number in range(count):
        customer = number % CUSTOMERS
        value = f'{{"order": {number}, "customer": {customer}, "amount": {number * 7 % 990 / 10 + 1:.2f}}}'
        while True:
            try:
                producer.produce(topic, value, key=f"customer-{customer}", on_delivery=on_delivery)
                break
            except BufferError:
                producer.poll(0.1)  # The queue is full: some callbacks make room.
        producer.poll(0)
    producer.flush()
    seconds = time.perf_counter() - begun
    rate = f"{delivered / seconds:,.0f} messages a second, {size / seconds / 1e6:.1f} MB/s"
    tell("producer", f"{delivered:,} delivered, {failed:,} failed: {rate}")
    return delivered


# What is known of an older librdkafka is warned of in a client's log, amid the lines of this program: `python -m
# mapr_streams_python info` tells it too.
QUIET = {"log_level": 3}


@contextlib.contextmanager
def cluster(bootstrap: str | None, topic: str) -> Iterator[dict[str, str | int]]:
    """Gives the properties that a consumer needs for the cluster that was asked for, or for one inside this program."""
    version = libversion()[0]
    if bootstrap is not None:
        print(f"\n  Cluster at {bootstrap}, topic {topic}, librdkafka {version}\n")
        yield {"bootstrap.servers": bootstrap, **QUIET}
    else:
        with MockCluster() as mock:
            mock.create_topic(topic, partitions=PARTITIONS)
            print(f"\n  A broker inside this program: librdkafka {version}'s mock cluster, at {mock.bootstrap_servers}")
            print(f"  Topic {topic} with {PARTITIONS} partitions\n")
            # In a rebalance the mock cluster waits for members for as long as this, less a second, and a real one not.
            yield {"bootstrap.servers": mock.bootstrap_servers, "session.timeout.ms": 4000, **QUIET}


def table(members: list[Member]) -> None:
    print(f"\n  {'partition':>9} {'messages':>9} {'last offset':>12}" + "".join(f"{m.name:>9}" for m in members))
    counts = [Counter(partition for partition, _ in member.received) for member in members]
    last_offsets = dict(sorted(place for member in members for place in member.received))
    for partition, last_offset in last_offsets.items():
        shares = [count[partition] for count in counts]
        print(f"  {partition:>9} {sum(shares):>9,} {last_offset:>12,}" + "".join(f"{share:>9,}" for share in shares))
    totals = [len(member.received) for member in members]
    print(f"  {'all':>9} {sum(totals):>9,} {'':>12}" + "".join(f"{total:>9,}" for total in totals))


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to those of ``python -m mapr_streams_python``."""
    text = "A producer and a consumer group of two exchange messages."
    parser = commands.add_parser("demo", help="a producer and a consumer group at work", description=text)
    parser.add_argument("--bootstrap", metavar="HOST:PORT", help="a Kafka cluster (default: a broker in this program)")
    parser.add_argument("--topic", help="the topic (default: a new name, which the cluster has to create)")
    parser.add_argument("--messages", type=int, default=100_000, help="how many to send (default: %(default)s)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; the result is the exit status."""
    topic = options.topic or f"demo-{uuid.uuid4().hex[:8]}"
    half = options.messages // 2

    with cluster(options.bootstrap, topic) as properties:
        members: list[Member] = []
        with Producer({"bootstrap.servers": properties["bootstrap.servers"], "linger.ms": 5, **QUIET}) as producer:
            try:
                delivered = send(producer, topic, half)
                anna = Member("Anna", topic, properties)
                members.append(anna)
                wait_until(lambda: anna.committed >= delivered, "Anna has received what was sent")

                ben = Member("Ben", topic, properties)
                members.append(ben)
                wait_until(lambda: anna.assignments >= 2 and ben.assignments >= 1, "Anna and Ben share the partitions")
                delivered += send(producer, topic, options.messages - half)
                wait_until(lambda: anna.committed + ben.committed >= delivered, "the two have received everything")
            finally:
                for member in members:
                    member.leave()
        table(members)
        received = [place for member in members for place in member.received]
        print(f"\n  {delivered:,} messages delivered and {len(received):,} received: ", end="")
        if not len(set(received)) == len(received) == delivered:
            print("not each of them once!")
            return 1
        print("each of them once.")
    if options.bootstrap is None:
        command = os.environ.get("DEMO_COMMAND", "python -m mapr_streams_python demo --bootstrap host:9092")
        print(f"\n  To see it on a cluster of yours:  {command}\n")
    return 0
