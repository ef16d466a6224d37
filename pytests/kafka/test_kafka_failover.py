"""A node of three dies, comes back, and no message is lost."""

from __future__ import annotations

from typing import Any, Callable, Optional

from clusters import on_three_nodes
from limits import HANG

from mapr_streams_python import Consumer, KafkaError, KafkaException, Message
from mapr_streams_python.testing import KafkaServer, unique_name, wait_until

Factory = Callable[..., Any]
Place = tuple[Optional[int], Optional[int]]

# What a reader may hear while the leader of a partition is gone; librdkafka tries again by itself.
TRANSIENT = {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT}


class Traffic:
    """A producer that is never done, and a group that reads along."""

    def __init__(self, producer: Any, readers: list[Consumer], topic: str) -> None:
        self.topic = topic
        self.produced = 0
        self.delivered: dict[Place, bytes | None] = {}
        self.read: dict[Place, bytes | None] = {}
        self.failures: list[KafkaError] = []
        self._producer = producer
        self._readers = readers

    def step(self) -> None:
        """Produce a few messages and read what there is."""
        for _ in range(5):
            self._producer.produce(self.topic, b"%d" % self.produced, on_delivery=self._report)
            self.produced += 1
        self.drain()

    def drain(self) -> None:
        """Serve the callbacks, and read what there is."""
        self._producer.poll(0)
        for reader in self._readers:
            while (message := reader.poll(0.005)) is not None:
                error = message.error()
                if error is None:
                    self.read[message.partition(), message.offset()] = message.value()
                elif error.code() != KafkaError._PARTITION_EOF and error.code() not in TRANSIENT:
                    raise KafkaException(error)

    def _report(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self.failures.append(error)
        else:
            self.delivered[message.partition(), message.offset()] = message.value()


@on_three_nodes
def test_nothing_is_lost_when_a_node_is_killed_and_restarted_under_load(
    kafka_cluster: KafkaServer,
    make_topic: Factory,
    make_producer: Factory,
    make_consumer: Factory,
) -> None:
    name, group = make_topic(partitions=3), unique_name()
    readers = [make_consumer({"group.id": group}) for _ in range(2)]
    for reader in readers:
        reader.subscribe([name])
    traffic = Traffic(make_producer({"acks": "all", "enable.idempotence": True}), readers, name)

    def carry_on(more: int, what: str) -> None:
        """Keep the traffic going until this many more messages are delivered and read."""
        delivered, read = len(traffic.delivered) + more, len(traffic.read) + more

        def done() -> bool:
            traffic.step()
            return len(traffic.delivered) >= delivered and len(traffic.read) >= read

        wait_until(done, HANG, what)

    carry_on(500, "the traffic gets going")
    victim = kafka_cluster.leader(name, 0)
    kafka_cluster.kill(victim)
    try:
        carry_on(1000, "the traffic goes on with two nodes")
        wait_until(lambda: kafka_cluster.leader(name, 0) not in (victim, -1), HANG, "another node leads")
    finally:
        kafka_cluster.restart(victim)
    carry_on(500, "the traffic goes on while the node catches up")

    def has_caught_up() -> bool:
        traffic.step()
        return all(kafka_cluster.in_sync(name, partition) == [1, 2, 3] for partition in range(3))

    wait_until(has_caught_up, HANG, "the node has caught up")

    def all_were_read() -> bool:
        traffic.drain()
        return len(traffic.delivered) == traffic.produced and traffic.delivered.keys() <= traffic.read.keys()

    wait_until(all_were_read, HANG, "every message is delivered and read")
    assert traffic.failures == []
    assert traffic.read == traffic.delivered
    # An idempotent producer's tries again write nothing twice: each value is in one place.
    values = sorted(int(value or b"") for value in traffic.read.values())
    assert values == list(range(traffic.produced))
