"""What an application may call inside of on_assign and on_revoke: it takes effect, or is refused and says why.

The mock coordinator takes three seconds to form a group: one consumer for each thing that is called, all at once.
"""

import os
import threading
import time
import types

import pytest
from limits import HANG

from mapr_streams_python import OFFSET_INVALID, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from mapr_streams_python.testing import KafkaServer, MockCluster

from .conftest import DIALECTS
from .support import GROUP_TIMEOUT, fields

TOPIC, OTHER = "rebalance", "rebalance-other"
FIRST = TopicPartition(TOPIC, 0)


def refused(call, *arguments, **keywords):
    try:
        return call(*arguments, **keywords)
    except KafkaException as exception:
        return exception.args[0]


def _add(consumer, partitions, strategy):
    add = consumer.incremental_assign if strategy == "cooperative-sticky" else consumer.assign
    add(partitions)


def _in_another_thread(consumer, partitions):
    thread = threading.Thread(target=consumer.incremental_assign, args=(partitions[:1],))
    thread.start()
    thread.join()


ON_ASSIGN = {
    "nothing": lambda consumer, partitions, strategy: None,
    "pause": lambda consumer, partitions, strategy: consumer.pause([FIRST]),
    "pause, assign": lambda consumer, partitions, strategy: (
        consumer.pause([FIRST]),
        _add(consumer, partitions, strategy),
    ),
    "assign, pause": lambda consumer, partitions, strategy: (
        _add(consumer, partitions, strategy),
        consumer.pause([FIRST]),
    ),
    "pause, resume": lambda consumer, partitions, strategy: (consumer.pause(partitions), consumer.resume([FIRST])),
    "seek": lambda consumer, partitions, strategy: consumer.seek(TopicPartition(TOPIC, 0, 2)),
    "seek, assign": lambda consumer, partitions, strategy: (
        consumer.seek(TopicPartition(TOPIC, 0, 2)),
        _add(consumer, partitions, strategy),
    ),
    "assign, seek": lambda consumer, partitions, strategy: (
        _add(consumer, partitions, strategy),
        consumer.seek(TopicPartition(TOPIC, 0, 2)),
    ),
    "assign": lambda consumer, partitions, strategy: _add(
        consumer, [TopicPartition(TOPIC, 0, 2), TopicPartition(TOPIC, 1, 0)], strategy
    ),
    "assign as a whole": lambda consumer, partitions, strategy: consumer.assign(
        [TopicPartition(TOPIC, 0, 2), TopicPartition(TOPIC, 1, 0)]
    ),
    "the other assign": lambda consumer, partitions, strategy: refused(
        consumer.assign if strategy == "cooperative-sticky" else consumer.incremental_assign, partitions
    ),
    "assign in another thread": lambda consumer, partitions, strategy: (
        _in_another_thread(consumer, partitions) if strategy == "cooperative-sticky" else None
    ),
    "position": lambda consumer, partitions, strategy: fields(consumer.position(partitions)),
    "committed": lambda consumer, partitions, strategy: fields(consumer.committed(partitions, HANG)),
    "watermarks": lambda consumer, partitions, strategy: consumer.get_watermark_offsets(FIRST, HANG),
    "store_offsets": lambda consumer, partitions, strategy: refused(
        consumer.store_offsets, offsets=[TopicPartition(TOPIC, 0, 1)]
    ),
    "commit": lambda consumer, partitions, strategy: consumer.commit(),
    "commit offsets": lambda consumer, partitions, strategy: fields(
        consumer.commit(offsets=[TopicPartition(TOPIC, 0, 2)], asynchronous=False)
    ),
    "unsubscribe": lambda consumer, partitions, strategy: consumer.unsubscribe(),
    "subscribe": lambda consumer, partitions, strategy: consumer.subscribe([OTHER]),
    "close": lambda consumer, partitions, strategy: consumer.close(),
}

ON_REVOKE = {
    "nothing": lambda consumer, partitions: None,
    "pause": lambda consumer, partitions: consumer.pause(partitions),
    "resume": lambda consumer, partitions: consumer.resume(partitions),
    "seek": lambda consumer, partitions: refused(consumer.seek, TopicPartition(TOPIC, 0, 1)),
    "position": lambda consumer, partitions: fields(consumer.position(partitions)),
    "committed": lambda consumer, partitions: refused(consumer.committed, partitions),
    "store_offsets": lambda consumer, partitions: consumer.store_offsets(offsets=[TopicPartition(TOPIC, 0, 2)]),
    "commit": lambda consumer, partitions: fields(
        consumer.commit(offsets=[TopicPartition(TOPIC, 0, 2)], asynchronous=False)
    ),
    "assignment": lambda consumer, partitions: fields(consumer.assignment()) != [],
    "unassign": lambda consumer, partitions: refused(consumer.unassign),
    "incremental_unassign": lambda consumer, partitions: refused(consumer.incremental_unassign, partitions),
    "incremental_unassign of a part": lambda consumer, partitions: refused(
        consumer.incremental_unassign, [TopicPartition("never", 0)]
    ),
    "subscribe": lambda consumer, partitions: refused(consumer.subscribe, [OTHER]),
    "unsubscribe": lambda consumer, partitions: consumer.unsubscribe(),
    "close": lambda consumer, partitions: consumer.close(),
}


class Life:
    """One member of a group of its own: what it called, what that gave, and what it consumed."""

    def __init__(self, config, strategy, on_assign, on_revoke):
        self.config = config
        self.events = []
        self.answers = types.SimpleNamespace(assign=[], revoke=[])
        self.errors = []
        self.consumer = Consumer({**config, "group.id": f"{on_assign}/{on_revoke}", "error_cb": self.errors.append})

        def assigned(consumer, partitions):
            if partitions and partitions[0].topic == TOPIC and not self.answers.assign:
                self.answers.assign.append(ON_ASSIGN[on_assign](consumer, partitions, strategy))

        def revoked(consumer, partitions):
            self.answers.revoke.append(ON_REVOKE[on_revoke](consumer, partitions))

        self.consumer.subscribe([TOPIC], assigned, revoked)

    def poll(self, timeout=0):
        try:
            event = self.consumer.poll(timeout)
        except RuntimeError as error:
            self.events.append(str(error))
            return
        if event is not None:
            error = event.error()
            self.events.append((event.topic(), event.partition(), error.name() if error else event.offset()))

    def has_ended(self, topic, partition):
        return (topic, partition, "_PARTITION_EOF") in self.events

    def offsets(self, partition):
        return [event[2] for event in self.events if event[:2] == (TOPIC, partition) and isinstance(event[2], int)]

    def poll_until(self, condition):
        deadline = time.monotonic() + GROUP_TIMEOUT
        while not condition():
            assert time.monotonic() < deadline, (self.events, self.answers)
            self.poll(0.05)


MEMBERS = [("mock", d, s) for d in DIALECTS for s in ("range", "cooperative-sticky")]
MEMBERS += [("kafka", "mapr", "range"), ("kafka", "kafka", "cooperative-sticky")]


# A group each: a run with several workers makes the cluster and its consumers once, in one of them.
@pytest.fixture(
    scope="module",
    params=[
        pytest.param(m, id="-".join(m), marks=pytest.mark.xdist_group(f"rebalance-{'-'.join(m)}")) for m in MEMBERS
    ],
)
def lives(request):
    where, dialect, strategy = request.param
    if where == "kafka" and not os.environ.get("KAFKA_HOME"):
        pytest.skip("KAFKA_HOME is not set: it names the Apache Kafka distribution for tests on a real broker")
    with MockCluster(brokers=1) if where == "mock" else KafkaServer() as cluster:
        config = {
            "bootstrap.servers": cluster.bootstrap_servers,
            "streams.compatibility": dialect,
            "partition.assignment.strategy": strategy,
            "enable.partition.eof": True,
            "enable.auto.offset.store": False,
            "session.timeout.ms": 6000,
            "heartbeat.interval.ms": 500,
            "auto.offset.reset": "earliest",
            "log_level": 0,
        }
        producer = Producer({"bootstrap.servers": cluster.bootstrap_servers})
        for topic in (TOPIC, OTHER):
            cluster.create_topic(topic, 2)
            for partition in (0, 1):
                for _ in range(3):
                    producer.produce(topic, "v", partition=partition)
        assert producer.flush(HANG) == 0
        found = types.SimpleNamespace(dialect=dialect, strategy=strategy)
        found.cooperative = strategy == "cooperative-sticky"
        found.assign = {name: Life(config, strategy, name, "nothing") for name in ON_ASSIGN}
        found.revoke = {name: Life(config, strategy, "nothing", name) for name in ON_REVOKE if name != "nothing"}
        everybody = [*found.assign.values(), *found.revoke.values()]
        deadline = time.monotonic() + GROUP_TIMEOUT
        while not all(life.answers.assign for life in everybody):
            assert time.monotonic() < deadline
            for life in everybody:
                life.poll(0.001)
        for life in found.revoke.values():
            life.poll_until(lambda life=life: life.has_ended(TOPIC, 0) and life.has_ended(TOPIC, 1))
            life.consumer.close()
        yield found
        for life in found.assign.values():
            life.consumer.close()


def consumed(life):
    life.poll_until(lambda: life.has_ended(TOPIC, 0) and life.has_ended(TOPIC, 1))
    return life.offsets(0), life.offsets(1)


@pytest.mark.parametrize("name", ["pause", "pause, assign", "assign, pause"])
def test_partitions_that_on_assign_pauses_stay_paused_until_they_are_resumed(lives, name):
    life = lives.assign[name]
    life.poll_until(lambda: life.has_ended(TOPIC, 1))
    life.poll(0.3)
    assert (life.offsets(0), life.offsets(1)) == ([], [0, 1, 2])
    life.consumer.resume([FIRST])
    assert consumed(life) == ([0, 1, 2], [0, 1, 2])


def test_what_on_assign_pauses_and_resumes_is_consumed(lives):
    life = lives.assign["pause, resume"]
    life.poll_until(lambda: life.has_ended(TOPIC, 0))
    life.poll(0.3)
    assert (life.offsets(0), life.offsets(1)) == ([0, 1, 2], [])


@pytest.mark.parametrize("name", ["seek", "seek, assign", "assign, seek", "assign", "assign as a whole"])
def test_on_assign_may_say_where_to_begin(lives, name):
    assert consumed(lives.assign[name]) == ([2], [0, 1, 2])


@pytest.mark.parametrize(
    "name", ["nothing", "the other assign", "assign in another thread", "position", "committed", "watermarks", "commit"]
)
def test_what_on_assign_only_asks_changes_nothing(lives, name):
    assert consumed(lives.assign[name]) == ([0, 1, 2], [0, 1, 2])
    assert lives.assign[name].errors == []


def test_on_assign_gets_answers(lives):
    answers = {name: life.answers.assign for name, life in lives.assign.items()}
    nowhere = 0 if lives.dialect == "mapr" else OFFSET_INVALID
    assert answers["position"] == [[(TOPIC, 0, nowhere, None), (TOPIC, 1, nowhere, None)]]
    assert answers["committed"] == [[(TOPIC, 0, OFFSET_INVALID, None), (TOPIC, 1, OFFSET_INVALID, None)]]
    assert answers["watermarks"] == [(0, 3)]


def test_on_assign_may_commit_offsets_and_the_partitions_begin_there(lives):
    assert lives.assign["commit offsets"].answers.assign == [[(TOPIC, 0, 2, None)]]
    assert consumed(lives.assign["commit offsets"]) == ([2], [0, 1, 2])


def test_the_way_of_assigning_that_is_not_the_groups_is_refused_where_it_is_eager_alone(
    lives,
):
    [error] = lives.assign["the other assign"].answers.assign
    if lives.cooperative:
        assert error is None
    else:
        assert error.code() == KafkaError._STATE
        assert "must be made using assign() when rebalance protocol type is EAGER" in error.str()


def test_what_is_not_assigned_yet_has_no_offset_to_store_and_the_error_says_so(lives):
    [error] = lives.assign["store_offsets"].answers.assign
    assert error.code() in (KafkaError._STATE, KafkaError._UNKNOWN_PARTITION)
    assert f"{TOPIC} [0] is not assigned" in error.str()


def test_on_assign_may_end_the_subscription(lives):
    life = lives.assign["unsubscribe"]
    life.poll_until(lambda: life.answers.revoke)
    life.poll_until(lambda: life.consumer.assignment() == [])


def test_on_assign_may_subscribe_to_something_else(lives):
    life = lives.assign["subscribe"]
    life.poll_until(lambda: life.has_ended(OTHER, 0) and life.has_ended(OTHER, 1))
    assert {p.topic for p in life.consumer.assignment()} == {OTHER}


def test_on_assign_may_close_the_consumer(lives):
    life = lives.assign["close"]
    life.poll_until(lambda: "Consumer closed" in life.events)


def test_what_on_revoke_calls_inside_a_close_takes_effect_or_says_why(lives):
    """That every consumer here has closed is the first of it."""
    answers = {name: life.answers.revoke for name, life in lives.revoke.items()}
    assert all(len(given) == 1 for given in answers.values()), answers
    position = (3, None)
    assert [f[2:] for f in answers["position"][0]] == [position, position]
    assert answers["commit"] == [[(TOPIC, 0, 2, None)]]
    assert answers["assignment"] == [True]
    assert answers["unassign"] == [None]
    for name in ("subscribe", "committed"):
        [error] = answers[name]
        assert error.code() == KafkaError._STATE
        assert "the consumer is being closed" in error.str()
    for life in lives.revoke.values():
        assert life.errors == []


def test_what_on_revoke_stores_is_committed(lives):
    asker = Consumer({**lives.revoke["store_offsets"].config, "group.id": "nothing/store_offsets"})
    assert [p.offset for p in asker.committed([FIRST], 20)] == [2]
    asker.close()
