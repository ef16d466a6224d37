"""Ends of partitions and lag where a real Kafka has a say in them: in transactions, and with several brokers."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from clusters import on_one_node, on_three_nodes
from limits import HANG

from mapr_streams_python import Consumer, KafkaError, Producer, TopicPartition
from mapr_streams_python.testing import KafkaServer, deliver, read, unique_name, wait_until

Factory = Callable[..., Any]


def consumer_of(cluster: KafkaServer, **config: Any) -> Consumer:
    return Consumer({**cluster.client_config(), "group.id": unique_name("g"), "enable.auto.commit": False, **config})


def fill(cluster: KafkaServer, topic: str, count: int) -> None:
    with Producer(cluster.client_config()) as producer:
        deliver(producer, topic, [b"v"] * count)


@on_one_node
@pytest.mark.parametrize(("isolation", "end"), [("read_committed", 2), ("read_uncommitted", 4)])
def test_the_end_is_that_of_what_the_isolation_level_lets_the_consumer_read(
    kafka_cluster: KafkaServer, make_topic: Factory, isolation: str, end: int
) -> None:
    topic = make_topic()
    partitions = [TopicPartition(topic, 0)]
    config = {**kafka_cluster.client_config(), "transactional.id": unique_name("tx")}
    with consumer_of(kafka_cluster, **{"isolation.level": isolation}) as consumer, Producer(config) as producer:
        fill(kafka_cluster, topic, 2)
        consumer.assign([TopicPartition(topic, 0, 1)])
        consumer.pause(partitions)
        producer.init_transactions(HANG)
        producer.begin_transaction()
        for _ in range(2):
            producer.produce(topic, b"open")
        producer.flush()
        assert consumer.end_offsets(partitions, HANG) == {partitions[0]: end}
        assert consumer.lag(partitions, HANG) == {partitions[0]: end - 1}
        producer.commit_transaction(HANG)
        # The marker of its end is an offset too.
        wait_until(lambda: consumer.end_offsets(partitions, HANG) == {partitions[0]: 5}, HANG)
        assert consumer.beginning_offsets(partitions, HANG) == {partitions[0]: 0}


@on_three_nodes
def test_partitions_of_several_brokers_are_asked_for_at_once(kafka_cluster: KafkaServer, make_topic: Factory) -> None:
    topic = make_topic(partitions=12)
    with Producer(kafka_cluster.client_config()) as producer:
        deliver(producer, topic, [{"value": b"v", "partition": p} for p in range(12) for _ in range(p)])
    partitions = [TopicPartition(topic, p) for p in reversed(range(12))]
    with consumer_of(kafka_cluster) as consumer:
        assert list(consumer.end_offsets(partitions, HANG).items()) == [(p, p.partition) for p in partitions]
        missing = TopicPartition(unique_name("no-such-topic"), 0)
        found = consumer.end_offsets([TopicPartition(topic, 99), missing, *partitions], HANG)
        (unknown, topicless, *_), values = zip(*found.items())
        assert values == (None, None, *(p.partition for p in partitions))
        assert unknown.error.code() == KafkaError._UNKNOWN_PARTITION
        assert topicless.error.code() in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC)
        assert f'topic "{missing.topic}" does not exist' in topicless.error.str()
        consumer.assign([TopicPartition(topic, p, 0) for p in (4, 5)])
        read(consumer, 9)
        assert consumer.lag(timeout=HANG) == {TopicPartition(topic, p): 0 for p in (4, 5)}
