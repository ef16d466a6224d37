"""Consumer groups: who reads what, where a group goes on, and what the rebalance callbacks may change."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from clusters import on_all, on_kafka
from group_steps import commit_of
from limits import HANG

from mapr_streams_python import Consumer, KafkaError, KafkaException, Message, TopicPartition, libversion
from mapr_streams_python.testing import Cluster, MockCluster, deliver, read, unique_name, wait_until

Factory = Callable[..., Any]


def _values(messages: list[Message]) -> list[int]:
    return sorted(int(message.value() or b"") for message in messages)


def _records(numbers: range, partitions: int) -> list[dict[str, Any]]:
    return [{"value": b"%d" % number, "partition": number % partitions} for number in numbers]


PROTOCOLS = {
    "eager": {},
    "cooperative": {"partition.assignment.strategy": "cooperative-sticky"},
    "consumer": {"group.protocol": "consumer"},
}
_new = pytest.mark.skipif(
    [int(part) for part in libversion()[0].split("-")[0].split(".")[:2]] < [2, 12],
    reason="the loaded librdkafka has no more than a preview of the new protocol",
)


@pytest.fixture(params=["eager", "cooperative", pytest.param("consumer", marks=_new)])
def protocol(request: pytest.FixtureRequest, kafka_cluster: Cluster) -> str:
    """Each protocol of groups, by a key of `PROTOCOLS`."""
    if request.param == "consumer" and isinstance(kafka_cluster, MockCluster):
        pytest.skip("the mock cluster does not have the new protocol")
    name: str = request.param
    return name


class Member:
    """A consumer of a group, which keeps what it read and how it was rebalanced."""

    def __init__(self, consumer: Consumer, topic: str, commit_on_revoke: bool = False) -> None:
        self.consumer = consumer
        self.messages: list[Message] = []
        self.assigned: list[int] = []
        self.rebalances: list[tuple[str, list[int]]] = []
        self._next: dict[int, int] = {}
        self._commit_on_revoke = commit_on_revoke
        consumer.subscribe([topic], on_assign=self._assign, on_revoke=self._revoke)

    def _assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        assert consumer is self.consumer
        given = sorted(partition.partition for partition in partitions)
        # In an eager group all were revoked before.
        self.assigned = sorted(self.assigned + given)
        self.rebalances.append(("assign", given))

    def _revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self.rebalances.append(("revoke", sorted(partition.partition for partition in partitions)))
        read = [p for p in partitions if p.partition in self._next]
        if read and self._commit_on_revoke:
            offsets = [TopicPartition(p.topic, p.partition, self._next[p.partition]) for p in read]
            consumer.commit(offsets=offsets, asynchronous=False)
        gone = {partition.partition for partition in partitions}
        self.assigned = [partition for partition in self.assigned if partition not in gone]
        self._next = {partition: offset for partition, offset in self._next.items() if partition not in gone}

    def poll(self) -> None:
        """Wait for a message, and take a few more when there are any."""
        for turn in range(20):
            message = self.consumer.poll(0.0 if turn else 0.01)
            if message is None:
                return
            error = message.error()
            if error is None:
                partition, offset = message.partition(), message.offset()
                assert partition is not None and offset is not None
                self.messages.append(message)
                self._next[partition] = offset + 1
            elif error.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(error)


def _poll_until(condition: Callable[[], bool], members: list[Member], what: str) -> None:
    def poll() -> bool:
        for member in members:
            member.poll()
        return condition()

    wait_until(poll, HANG, what)


@on_all
def test_a_group_of_two_reads_each_message_once_with_a_rebalance_between(
    make_topic: Factory, make_producer: Factory, make_consumer: Factory, protocol: str
) -> None:
    name, sender = make_topic(partitions=4), make_producer()
    config = {"group.id": unique_name(), "enable.auto.commit": False, **PROTOCOLS[protocol]}
    deliver(sender, name, _records(range(200), 4))

    first = Member(make_consumer(config), name)
    _poll_until(lambda: len(first.messages) >= 200, [first], "the first member reads")
    first.consumer.commit(asynchronous=False)
    assert first.rebalances == [("assign", [0, 1, 2, 3])]

    second = Member(make_consumer(config), name)
    both = [first, second]
    _poll_until(lambda: all(len(m.assigned) == 2 for m in both), both, "each member has two partitions")
    assert sorted(first.assigned + second.assigned) == [0, 1, 2, 3]
    if protocol == "eager":
        assert first.rebalances[1] == ("revoke", [0, 1, 2, 3])
    else:
        # It has kept what it keeps.
        assert [step for step in first.rebalances[1:] if step[1]] == [("revoke", second.assigned)]

    deliver(sender, name, _records(range(200, 400), 4))
    _poll_until(lambda: len(first.messages + second.messages) >= 400, both, "the members read")
    assert _values(first.messages + second.messages) == list(range(400))
    assert len(second.messages) == 100


@on_kafka
def test_members_that_commit_when_partitions_are_revoked_lose_and_repeat_nothing_in_mid_stream(
    make_topic: Factory, make_producer: Factory, make_consumer: Factory, protocol: str
) -> None:
    # Not on the mock cluster: it refuses a commit while a rebalance is under way, which Kafka takes.
    name = make_topic(partitions=4)
    config = {"group.id": unique_name(), "enable.auto.commit": False, **PROTOCOLS[protocol]}
    sender = make_producer()
    deliver(sender, name, _records(range(3000), 4))

    first = Member(make_consumer(config), name, commit_on_revoke=True)
    _poll_until(lambda: len(first.messages) >= 50, [first], "the first member reads")
    second = Member(make_consumer(config), name, commit_on_revoke=True)
    both = [first, second]
    _poll_until(lambda: bool(second.assigned), both, "the second member has partitions")
    # Under the new protocol that takes heartbeats of five seconds, in which the first may have read all that there was.
    deliver(sender, name, _records(range(3000, 4000), 4))
    # The first is not polled meanwhile, or it may have read its share before the second gets a message.
    _poll_until(lambda: bool(second.messages), [second], "the second member reads")
    share = len(first.messages) + 50
    # Under the others it reads on meanwhile, and may have read all of its share by now.
    if protocol == "eager":
        _poll_until(lambda: len(first.messages) >= share, both, "the first member reads its share")
        assert len(first.messages + second.messages) < 4000 - 200  # Both had something left to read.

    first.consumer.close()
    assert first.rebalances[-1][0] == "revoke"
    _poll_until(lambda: second.assigned == [0, 1, 2, 3], [second], "the second is given all partitions")
    _poll_until(lambda: len(first.messages + second.messages) >= 4000, [second], "the second reads the rest")
    assert _values(first.messages + second.messages) == list(range(4000))


@on_all
def test_a_group_goes_on_after_a_synchronous_commit(
    make_topic: Factory, make_producer: Factory, make_consumer: Factory, protocol: str
) -> None:
    name, group = make_topic(partitions=2), unique_name()
    deliver(make_producer(), name, _records(range(100), 2))
    reader = make_consumer({"group.id": group, "enable.auto.commit": False, **PROTOCOLS[protocol]})
    reader.subscribe([name])
    done = read(reader, 60, timeout=HANG)

    committed = reader.commit(asynchronous=False)
    ends: dict[int, int] = {}
    for message in done:
        ends[message.partition()] = message.offset() + 1
    assert {(p.topic, p.partition): p.offset for p in committed} == {(name, p): end for p, end in ends.items()}
    assert all(p.error is None for p in committed)
    asked = [TopicPartition(name, partition) for partition in ends]
    assert {p.partition: p.offset for p in reader.committed(asked, timeout=HANG)} == ends
    reader.close()

    successor = make_consumer({"group.id": group, **PROTOCOLS[protocol]})
    successor.subscribe([name])
    assert _values(done + read(successor, 40, timeout=HANG)) == list(range(100))


@on_all
def test_a_group_goes_on_after_an_asynchronous_commit_that_on_commit_reported(
    make_topic: Factory,
    make_producer: Factory,
    make_consumer: Factory,
) -> None:
    name, group = make_topic(partitions=1), unique_name()
    deliver(make_producer(), name, _records(range(100), 1))
    commits: list[tuple[KafkaError | None, list[TopicPartition]]] = []
    reader = make_consumer(
        {
            "group.id": group,
            "enable.auto.commit": False,
            "on_commit": lambda error, partitions: commits.append((error, partitions)),
        }
    )
    reader.assign([TopicPartition(name, 0)])
    done = read(reader, 50, timeout=HANG)

    assert reader.commit(message=done[-1], asynchronous=True) is None
    assert commits == []  # It is called from poll, and from nowhere else.

    def is_reported() -> bool:
        reader.poll(0.02)
        return bool(commits)

    wait_until(is_reported, HANG, "on_commit is called")
    ((error, partitions),) = commits
    assert error is None
    assert [(p.topic, p.partition, p.offset, p.error) for p in partitions] == [(name, 0, 50, None)]
    reader.close()

    successor = make_consumer({"group.id": group})
    successor.assign([TopicPartition(name, 0)])
    assert _values(done + read(successor, 50, timeout=HANG)) == list(range(100))


@on_all
def test_close_commits_what_was_read_so_that_the_group_goes_on_after_it(
    make_topic: Factory, make_producer: Factory, make_consumer: Factory
) -> None:
    name, group, sender = make_topic(partitions=2), unique_name(), make_producer()
    deliver(sender, name, _records(range(100), 2))
    # Left to itself it would commit after an hour: what is committed here, close() committed.
    reader = make_consumer({"group.id": group, "auto.commit.interval.ms": 3_600_000})
    reader.assign([TopicPartition(name, 0), TopicPartition(name, 1)])
    done = read(reader, 70, timeout=HANG)
    reader.close()

    successor = make_consumer({"group.id": group})
    successor.assign([TopicPartition(name, 0), TopicPartition(name, 1)])
    assert _values(done + read(successor, 30, timeout=HANG)) == list(range(100))


@on_all
def test_without_automatic_commit_close_commits_nothing(
    make_topic: Factory, make_producer: Factory, make_consumer: Factory
) -> None:
    name, group = make_topic(partitions=1), unique_name()
    deliver(make_producer(), name, _records(range(50), 1))
    for _ in range(2):
        reader = make_consumer({"group.id": group, "enable.auto.commit": False})
        reader.assign([TopicPartition(name, 0)])
        assert _values(read(reader, 50, timeout=HANG)) == list(range(50))
        reader.close()


@on_all
def test_on_assign_chooses_the_offsets_at_which_a_group_begins(
    make_topic: Factory, make_producer: Factory, make_consumer: Factory, protocol: str
) -> None:
    name = make_topic(partitions=2)
    deliver(make_producer(), name, _records(range(100), 2))
    reader = make_consumer({"group.id": unique_name(), **PROTOCOLS[protocol]})
    given: list[tuple[int, int]] = []

    def begin_at_forty(member: Consumer, partitions: list[TopicPartition]) -> None:
        given.extend((p.partition, p.offset) for p in partitions)
        member.assign([TopicPartition(p.topic, p.partition, 40) for p in partitions])

    reader.subscribe([name], on_assign=begin_at_forty)
    places = [(message.partition(), message.offset()) for message in read(reader, 20, timeout=HANG)]
    assert sorted(places) == [(partition, offset) for partition in (0, 1) for offset in range(40, 50)]
    assert sorted(given) == [(0, -1001), (1, -1001)]


@on_all
def test_offsets_committed_by_one_consumer_are_seen_by_another_of_its_group(
    make_topic: Factory, make_consumer: Factory
) -> None:
    name, group = make_topic(partitions=2), unique_name()
    one, other = make_consumer({"group.id": group}), make_consumer({"group.id": group})
    commit_of(one, [TopicPartition(name, 1, 17)])

    found = other.committed([TopicPartition(name, 0), TopicPartition(name, 1)], timeout=HANG)
    assert [(p.partition, p.offset, p.error) for p in found] == [(0, -1001, None), (1, 17, None)]
