"""Steps of tests that are about groups of consumers: join one, commit for it, look at what is committed."""

from __future__ import annotations

import contextlib

from clusters import NO_COORDINATOR_YET
from limits import HANG

from mapr_streams_python import Consumer, KafkaException, TopicPartition
from mapr_streams_python.testing import wait_for_assignment, wait_until


@contextlib.contextmanager
def member_of(cluster, group, topic, **config):
    """A consumer that has joined a group."""
    given = {**cluster.client_config(), "group.id": group, "enable.auto.commit": False, **config}
    with Consumer(given) as consumer:
        consumer.subscribe([topic])
        wait_for_assignment(consumer, timeout=HANG)
        yield consumer


@contextlib.contextmanager
def asking_for(cluster, group):
    """A consumer that can ask for a group's offsets, and is no member of it."""
    with Consumer({**cluster.client_config(), "group.id": group}) as consumer:
        yield consumer


def committed(cluster, group, topic, count):
    with asking_for(cluster, group) as consumer:
        found = consumer.committed([TopicPartition(topic, number) for number in range(count)], HANG)
    return [partition.offset for partition in found]


def commit_of(consumer, partitions):
    """Commit these offsets, as soon as the consumer's group has a coordinator."""

    def is_done():
        try:
            consumer.commit(offsets=partitions, asynchronous=False)
        except KafkaException as exception:
            if exception.args[0].code() not in NO_COORDINATOR_YET:
                raise
            return False
        return True

    wait_until(is_done, HANG)


def commit(cluster, group, topic, *offsets):
    with asking_for(cluster, group) as consumer:
        commit_of(consumer, [TopicPartition(topic, number, offset) for number, offset in enumerate(offsets)])
