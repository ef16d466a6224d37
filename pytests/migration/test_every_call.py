"""Each method of a client by what it has to do with names of topics: none takes or gives one without the mapping.

A method that is new belongs into one of the two tables.
"""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest
from clusters import on_one_node

from mapr_streams_python import OFFSET_BEGINNING, Consumer, KafkaException, Producer, TopicPartition
from mapr_streams_python.testing import MockCluster, deliver, read, unique_name, wait_until

NAME = "/apps/clicks:pageviews"
TOPIC = "apps--clicks--pageviews"


def here(offset: int = OFFSET_BEGINNING) -> list[TopicPartition]:
    return [TopicPartition(NAME, 0, offset)]


def subscribed(consumer: Consumer) -> list[str]:
    """The names that the callbacks of a subscription get, and those of the messages that it brings."""
    seen: list[str] = []
    consumer.unassign()
    consumer.subscribe(
        [NAME],
        on_assign=lambda _, partitions: seen.extend(one.topic for one in partitions),
        on_revoke=lambda _, partitions: seen.extend(one.topic for one in partitions),
    )
    seen += [str(message.topic()) for message in read(consumer, 1, timeout=60)]
    consumer.unsubscribe()
    wait_until(lambda: consumer.poll(0.05) is None and len(seen) >= 3, timeout=60)
    return seen


# What each returns are the names that came back.
CONSUMER: dict[str, Callable[[Consumer], list[str | None]]] = {
    "assign": lambda c: [c.assign(here())],
    "assignment": lambda c: [one.topic for one in c.assignment()],
    "beginning_offsets": lambda c: [one.topic for one in c.beginning_offsets(here(), timeout=60)],
    "commit": lambda c: [one.topic for one in c.commit(offsets=here(1), asynchronous=False) or []],
    "committed": lambda c: [one.topic for one in c.committed(here(), timeout=60)],
    "consume": lambda c: [one.topic() for one in c.consume(1, 60)],
    "end_offsets": lambda c: [one.topic for one in c.end_offsets(here(), timeout=60)],
    "get_watermark_offsets": lambda c: [None] * len(c.get_watermark_offsets(here()[0], timeout=60) or ()),
    "incremental_assign": lambda c: [c.unassign(), c.incremental_assign(here())],
    "incremental_unassign": lambda c: [c.incremental_unassign(here())],
    "lag": lambda c: [one.topic for one in c.lag(timeout=60)],
    "list_topics": lambda c: [*c.list_topics(NAME, timeout=60).topics],
    "offsets_for_times": lambda c: [one.topic for one in c.offsets_for_times(here(0), timeout=60)],
    "pause": lambda c: [c.pause(here())],
    "poll": lambda c: [one.topic() for one in [c.poll(60)] if one is not None],
    "position": lambda c: [one.topic for one in c.position(here())],
    "resume": lambda c: [c.resume(here())],
    "seek": lambda c: [c.seek(here(1)[0])],
    "store_offsets": lambda c: [c.store_offsets(offsets=here(1))],
    "subscribe": subscribed,
}
# They take names, and give none.
GIVE_NONE = {
    *("assign", "get_watermark_offsets", "incremental_assign", "incremental_unassign"),
    *("pause", "resume", "seek", "store_offsets"),
}
# These take none and give none; `close` serves the callbacks that `subscribe` is tried with.
WITHOUT = {"cluster_id", "close", "metrics", "set_sasl_credentials"}
CONSUMERS_WITHOUT = WITHOUT | {"consumer_group_metadata", "memberid", "rebalance_protocol", "unassign", "unsubscribe"}


def reported(producer: Producer) -> list[str]:
    seen: list[str] = []
    producer.produce(NAME, b"x", on_delivery=lambda error, message: seen.append(message.topic()))
    assert producer.flush(60) == 0
    return seen


def reported_of_a_batch(producer: Producer) -> list[str]:
    seen: list[str] = []
    messages: list[dict[str, Any]] = [{"value": b"x"}]
    producer.produce_batch(NAME, messages, on_delivery=lambda error, message: seen.append(message.topic()))
    assert producer.flush(60) == 0
    return seen


PRODUCER: dict[str, Callable[[Producer], list[str | None]]] = {
    "list_topics": lambda p: [*p.list_topics(NAME, timeout=60).topics],
    "produce": reported,
    "produce_batch": reported_of_a_batch,
    "send": lambda p: [p.send(NAME, b"x").result(60).topic()],
    "poll": reported,
    "flush": reported,
}
# These are tried in a transaction.
IN_TRANSACTIONS = {"send_offsets_to_transaction", "transaction"}
PRODUCERS_WITHOUT = WITHOUT | {
    *("abort_transaction", "begin_transaction", "commit_transaction", "init_transactions", "purge"),
}


def methods(cls: type) -> set[str]:
    return {name for name in dir(cls) if not name.startswith("_")}


def test_each_method_is_in_a_table():
    assert methods(Consumer) == set(CONSUMER) | CONSUMERS_WITHOUT
    assert methods(Producer) == set(PRODUCER) | IN_TRANSACTIONS | PRODUCERS_WITHOUT


@pytest.fixture(scope="module")
def cluster():
    with MockCluster() as cluster:
        cluster.create_topic(TOPIC, 1)
        with Producer({"bootstrap.servers": cluster.bootstrap_servers}) as producer:
            deliver(producer, TOPIC, [b"1", b"2", b"3"], timeout=60)
        yield cluster


def named(found: list[str | None]) -> set[str]:
    """The names that came back, without those of calls that give none."""
    return {one for one in found if one is not None}


@pytest.mark.parametrize("method", CONSUMER)
def test_a_consumers_method_takes_and_gives_the_streams_name(cluster, method, request):
    config = {
        "bootstrap.servers": cluster.bootstrap_servers,
        "group.id": request.node.name,
        "auto.offset.reset": "earliest",
        "enable.auto.offset.store": False,
        "enable.partition.eof": False,
    }
    with Consumer(config) as consumer:
        consumer.assign(here())
        assert named(CONSUMER[method](consumer)) == (set() if method in GIVE_NONE else {NAME})
        if method not in ("incremental_unassign", "subscribe"):
            # Whatever it was told, it was told of this topic: it reads it, and knows of none by another name.
            assert [one.topic for one in consumer.assignment()] == [NAME]
        known = consumer.list_topics(timeout=60).topics
        assert NAME in known
        assert TOPIC not in known
    # Else the mock cluster would have made a topic of the stream's name.
    with Consumer({**config, "streams.topic.mapping": False}) as consumer:
        assert [*consumer.list_topics(timeout=60).topics] == [TOPIC]


@pytest.mark.parametrize("method", PRODUCER)
def test_a_producers_method_takes_and_gives_the_streams_name(cluster, method):
    with Producer({"bootstrap.servers": cluster.bootstrap_servers}) as producer:
        assert named(PRODUCER[method](producer)) == {NAME}


@on_one_node
@pytest.mark.parametrize("method", sorted(IN_TRANSACTIONS))
def test_offsets_of_a_transaction_are_of_the_streams_topic(kafka_cluster, method):
    """On a real Kafka: the mock cluster keeps no offsets of transactions."""
    path = unique_name("s")
    name, topic = f"/{path}:t", f"{path}--t"
    kafka_cluster.create_topic(topic, 1)
    servers = {"bootstrap.servers": kafka_cluster.bootstrap_servers}
    group = {"group.id": path, "enable.auto.commit": False, "enable.partition.eof": False}
    with Consumer({**servers, **group}) as consumer, Producer({**servers, "transactional.id": path}) as producer:
        producer.init_transactions(60)
        with producer.transaction(timeout=60):
            producer.produce(name, b"x")
        consumer.assign([TopicPartition(name, 0, OFFSET_BEGINNING)])
        read(consumer, 1, timeout=60)
        if method == "transaction":
            with producer.transaction(consumer, timeout=60):
                producer.produce(name, b"y")
        else:
            producer.begin_transaction()
            offsets = [TopicPartition(name, 0, 1)]
            producer.send_offsets_to_transaction(offsets, consumer.consumer_group_metadata(), 60)
            producer.commit_transaction(60)
        (committed,) = consumer.committed([TopicPartition(name, 0)], timeout=60)
        assert committed.topic == name
    with Consumer({**servers, **group, "streams.topic.mapping": False}) as consumer:
        (found,) = consumer.committed([TopicPartition(topic, 0)], timeout=60)
        # Without the marker of the transaction, which is behind it.
        assert (found.topic, found.offset) == (topic, committed.offset)
        assert found.offset >= 1


def test_errors_statistics_and_metadata_have_the_streams_name(cluster):
    statistics: list[dict[str, Any]] = []
    config = {"bootstrap.servers": cluster.bootstrap_servers, "statistics.interval.ms": 50}
    with Producer({**config, "stats_cb": lambda text: statistics.append(json.loads(text))}) as producer:
        reported(producer)

        def told():
            producer.poll(0.05)
            return any(one["topics"] for one in statistics)

        wait_until(told, timeout=60)
        (topic,) = [one["topics"] for one in statistics if one["topics"]][-1].values()
        assert topic["topic"] == NAME
        metadata = producer.list_topics(NAME, timeout=60).topics[NAME]
        assert (metadata.topic, len(metadata.partitions)) == (NAME, 1)
        with pytest.raises(KafkaException) as raised:
            producer.produce(NAME, b"x", partition=9)
        assert f'"{NAME}" ("{TOPIC}" on Kafka)' in raised.value.args[0].str()
