"""Programs that assign and unassign as a whole, as all did before there were cooperative groups, in a cooperative one.

What else the callbacks of such a group may do: test_consumer_rebalance.py.
"""

import contextlib
import logging

import pytest
from clusters import on_one_node
from limits import HANG

from mapr_streams_python import Consumer, KafkaError, KafkaException, Producer, TopicPartition, libversion
from mapr_streams_python.testing import MockCluster, deliver, unique_name, wait_until

EAGER, COOPERATIVE = {"partition.assignment.strategy": "range"}, {"partition.assignment.strategy": "cooperative-sticky"}
WORDS = "a rebalance callback has assigned or unassigned all partitions at once"


class Member:
    """A consumer whose callbacks are those of a sample from old times."""

    def __init__(self, config, topic):
        self.log = logging.getLogger(unique_name("member"))
        self.log.propagate = False
        self.lines = []
        handler = logging.Handler()
        handler.emit = lambda record: self.lines.append((record.levelno, record.getMessage()))
        self.log.addHandler(handler)
        self.given, self.taken, self.read, self.errors = [], [], [], []
        config = {**config, "enable.auto.commit": False, "auto.offset.reset": "latest"}
        if "group.protocol" not in config:
            # The brokers' own to say under the new one.
            config = {**config, "session.timeout.ms": 6000, "heartbeat.interval.ms": 500}
        self.consumer = Consumer({**config, "logger": self.log, "error_cb": self.errors.append})
        self.consumer.subscribe([topic], self.on_assign, self.on_revoke)

    def on_assign(self, consumer, partitions):
        self.given.append(sorted(p.partition for p in partitions))
        for partition in partitions:
            partition.offset = 2
        consumer.assign(partitions)

    def on_revoke(self, consumer, partitions):
        self.taken.append(sorted(p.partition for p in partitions))
        consumer.unassign()

    def poll(self):
        message = self.consumer.poll(0.02)
        if message is not None and message.error() is None:
            self.read.append((message.partition(), message.offset()))

    @property
    def has(self):
        return sorted(p.partition for p in self.consumer.assignment())

    @property
    def warnings(self):
        return [level for level, text in self.lines if WORDS in text]


def poll_until(members, condition):
    def served():
        for member in members:
            member.poll()
        return condition()

    wait_until(served, HANG)


def live(servers, topic, protocol, expected):
    """Two members share two partitions, one goes, and the other has both again."""
    config = {"bootstrap.servers": servers, "group.id": unique_name("g"), **protocol}
    with Producer({"bootstrap.servers": servers}) as producer:
        deliver(producer, topic, [{"value": b"v", "partition": p} for p in (0, 1) for _ in range(3)])
    first = Member(config, topic)
    with contextlib.closing(first.consumer):
        assert first.consumer.rebalance_protocol() == "NONE" or "group.protocol" in protocol
        poll_until([first], lambda: first.has == [0, 1])
        assert first.consumer.rebalance_protocol() == expected
        # From the offset that the callback has set, not from the end.
        poll_until([first], lambda: {(0, 2), (1, 2)} <= set(first.read))
        second = Member(config, topic)
        with contextlib.closing(second.consumer):
            poll_until([first, second], lambda: len(first.has) == len(second.has) == 1)
            assert sorted(first.has + second.has) == [0, 1]
        poll_until([first], lambda: first.has == [0, 1])
    return first, second


@pytest.mark.parametrize("protocol", [EAGER, COOPERATIVE], ids=["eager", "cooperative"])
def test_callbacks_that_assign_and_unassign_as_a_whole_work_under_either_protocol(protocol):
    with MockCluster(brokers=1) as cluster:
        cluster.create_topic("t", 2)
        with contextlib.suppress(KafkaException):
            cluster.set_group_initial_rebalance_delay(0.1)
        is_cooperative = protocol is COOPERATIVE
        first, second = live(cluster.bootstrap_servers, "t", protocol, "COOPERATIVE" if is_cooperative else "EAGER")
    assert first.errors == second.errors == []
    if is_cooperative:
        # It keeps what it has, and is told of what changes; the log tells once what was done instead.
        assert first.given[0] == [0, 1]
        assert [0, 1] not in first.given[1:] + first.taken[:-1]
        assert first.warnings == second.warnings == [logging.WARNING]
    else:
        assert first.given[0] == first.given[-1] == [0, 1]
        assert first.warnings == second.warnings == []


@on_one_node
@pytest.mark.parametrize("choice", ["consumer", "auto"])
def test_callbacks_that_assign_and_unassign_as_a_whole_work_under_kafkas_new_protocol(
    kafka_cluster, make_topic, choice
):
    if [int(part) for part in libversion()[0].split("-")[0].split(".")[:2]] < [2, 12]:
        pytest.skip("group.protocol=consumer is no more than a preview before librdkafka 2.12")
    topic = make_topic(partitions=2)
    first, second = live(kafka_cluster.bootstrap_servers, topic, {"group.protocol": choice}, "COOPERATIVE")
    assert first.errors == second.errors == []
    assert first.warnings == second.warnings == [logging.WARNING]


def test_outside_of_its_callbacks_a_cooperative_group_still_refuses_an_assignment_as_a_whole():
    with MockCluster(brokers=1) as cluster:
        cluster.create_topic("t", 2)
        with contextlib.suppress(KafkaException):
            cluster.set_group_initial_rebalance_delay(0.1)
        member = Member({"bootstrap.servers": cluster.bootstrap_servers, "group.id": "g", **COOPERATIVE}, "t")
        with contextlib.closing(member.consumer):
            poll_until([member], lambda: member.has == [0, 1])
            with pytest.raises(KafkaException) as raised:
                member.consumer.assign([TopicPartition("t", 0)])
            assert raised.value.args[0].code() == KafkaError._STATE
            assert member.has == [0, 1]


# rebalance_protocol().


def test_the_protocol_before_the_group_is_joined_is_none_of_the_two(offline):
    assert offline.consumer().rebalance_protocol() == "NONE"


def test_a_consumer_without_a_group_has_no_protocol():
    with Consumer({}) as consumer:
        assert consumer.rebalance_protocol() is None


def test_the_protocol_may_be_asked_for_in_callbacks_and_while_the_consumer_closes():
    said = []
    with MockCluster(brokers=1) as cluster:
        cluster.create_topic("t", 1)
        with contextlib.suppress(KafkaException):
            cluster.set_group_initial_rebalance_delay(0.1)
        with Consumer({"bootstrap.servers": cluster.bootstrap_servers, "group.id": "g"}) as consumer:
            note = lambda consumer, partitions: said.append(consumer.rebalance_protocol())  # noqa: E731
            consumer.subscribe(["t"], on_assign=note, on_revoke=note)
            wait_until(lambda: consumer.poll(0.02) is not None or said, HANG)
    assert said == ["EAGER", "EAGER"]
