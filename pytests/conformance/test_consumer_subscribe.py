"""Consumer.subscribe(), unsubscribe(), and the rebalance callbacks.

The mock coordinator takes three seconds to form a group. What can be seen in one life of a member is recorded once per
dialect (`session`); what needs a group of its own has one, in the mapr dialect alone unless the dialects differ.
"""

import collections
import enum
import re
import threading
import time
import types

import pytest
from limits import HANG

from mapr_streams_python import (
    OFFSET_INVALID,
    OFFSET_STORED,
    Consumer,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from mapr_streams_python.testing import MockCluster, read, unique_name, wait_for_assignment, wait_until

from .conftest import DIALECTS
from .support import GROUP_TIMEOUT, fields, raises_kafka_error


@pytest.fixture(scope="module", params=DIALECTS)
def session(request):
    """One member's life in a group, from subscribe() to close(), recorded."""
    with MockCluster() as cluster:
        return _live(cluster, request.param)


def _live(cluster, dialect):
    seen = types.SimpleNamespace(topic="session", calls=[], memberids=[], assignments=[])
    cluster.create_topic(seen.topic, 2)
    config = {"bootstrap.servers": cluster.bootstrap_servers, "streams.compatibility": dialect}
    producer = Producer(config)
    for partition in range(2):
        producer.produce(seen.topic, "v", partition=partition)
    assert producer.flush(HANG) == 0

    def on_assign(*arguments):
        seen.calls.append(("on_assign", *arguments))
        seen.assignments.append(seen.consumer.assignment())

    seen.consumer = Consumer({**config, "group.id": "session", "auto.offset.reset": "earliest"})
    seen.memberids.append(seen.consumer.memberid())
    seen.consumer.subscribe(
        [seen.topic],
        on_assign,
        lambda *arguments: seen.calls.append(("on_revoke", *arguments)),
        lambda *arguments: seen.calls.append(("on_lost", *arguments)),
    )
    seen.messages = [read(seen.consumer, 1)[0] for _ in range(2)]
    seen.memberids.append(seen.consumer.memberid())
    seen.assignments.append(seen.consumer.assignment())
    seen.calls_before_close = len(seen.calls)
    seen.consumer.close()
    return seen


# Arguments.


def test_subscribing_without_a_group_names_the_property():
    consumer = Consumer({"bootstrap.servers": "127.0.0.1:1", "log_level": 0})
    with raises_kafka_error("_UNKNOWN_GROUP", 'Failed to set subscription: the consumer has no group: set "group.id"'):
        consumer.subscribe(["t"])
    consumer.close()


@pytest.mark.parametrize("topics", [["t"], ["t", "u"], ["^t.*"]], ids=repr)
def test_subscribe_takes_a_list_of_topics(offline, topics):
    assert offline.consumer().subscribe(topics) is None


def test_subscribe_takes_topics_by_keyword(offline):
    assert offline.consumer().subscribe(topics=["t"]) is None


@pytest.mark.parametrize("topics", [("t",), collections.deque(["t"]), collections.UserList(["t"])], ids=repr)
def test_any_sequence_of_topics_will_do(offline, topics):
    assert offline.consumer().subscribe(topics) is None


@pytest.mark.parametrize(
    "topics", [{"t"}, "t", b"t", {"t": 1}, (name for name in "t"), None, 5], ids=lambda v: type(v).__name__
)
def test_anything_but_a_sequence_is_a_type_error(offline, topics):
    with pytest.raises(TypeError, match=f"^expected list of topic unicode strings, not {type(topics).__name__}"):
        offline.consumer().subscribe(topics)


def test_the_topics_are_required(offline):
    with pytest.raises(TypeError):
        offline.consumer().subscribe()


@pytest.mark.parametrize(
    ("element", "text"),
    [
        (b"t", "topics[1] must be str, not bytes: decode it first"),
        (5, "topics[1] must be str, not int"),
        (None, "topics[1] must be str, not NoneType"),
        (re.compile("^t"), 'topics[1] must be str, not Pattern: give its pattern as a str that begins with "^"'),
    ],
    ids=repr,
)
def test_elements_that_are_no_strings_are_named_in_a_type_error(offline, element, text):
    with pytest.raises(TypeError, match=f"^{re.escape(text)}$"):
        offline.consumer().subscribe(["t", element])


def test_a_member_of_an_enum_of_strings_is_the_topic_that_it_is_equal_to(mapr_clients, filled):
    topic = filled("v")
    topics = enum.Enum("Topics", {"FIRST": topic}, type=str)
    consumer = mapr_clients.consumer({"auto.offset.reset": "earliest", "group.id": topic})
    consumer.subscribe([topics.FIRST])
    assert read(consumer, 1)[0].topic() == topic


def test_a_null_character_in_a_topic_is_a_value_error(offline):
    with pytest.raises(ValueError, match="^topic must not contain a null character$"):
        offline.consumer().subscribe(["t\0u"])


@pytest.mark.parametrize("topics", [[], [""], ["^(["]], ids=repr)
def test_no_topic_an_empty_one_and_a_wrong_pattern_are_invalid_arguments(offline, topics):
    text = "Failed to set subscription: Local: Invalid argument or configuration"
    if topics == ["^(["]:
        text = (
            'Failed to set subscription: "^([" is no pattern: what follows the ^ must be an extended regular expression'
            " of POSIX"
        )
    with raises_kafka_error("_INVALID_ARG", text):
        offline.consumer().subscribe(topics)


@pytest.mark.parametrize("name", ["on_assign", "on_revoke", "on_lost"])
@pytest.mark.parametrize("value", [5, "x"], ids=repr)
def test_a_callback_that_is_not_callable_is_a_type_error(offline, name, value):
    with pytest.raises(TypeError, match=f"^{name} expects a callable"):
        offline.consumer().subscribe(["t"], **{name: value})


def test_an_unknown_keyword_is_a_type_error_that_names_it(offline):
    with pytest.raises(TypeError, match="bogus"):
        offline.consumer().subscribe(["t"], bogus=1)


# What a subscription does.


def test_a_subscription_that_fails_leaves_the_callbacks_of_the_one_before(kafka_topic, make_consumer):
    told = []
    consumer = make_consumer()
    consumer.subscribe([kafka_topic], lambda consumer, partitions: told.append("first"))
    with raises_kafka_error("_INVALID_ARG"):
        consumer.subscribe(["^(["], lambda consumer, partitions: told.append("second"))
    wait_for_assignment(consumer)
    assert told == ["first"]


def test_a_subscribed_consumer_gets_the_messages_of_its_topics(session):
    assert {(m.topic(), m.partition()) for m in session.messages} == {(session.topic, 0), (session.topic, 1)}


def test_a_pattern_and_a_name_subscribe_to_every_topic_that_they_match(mapr_clients, filled):
    prefix = unique_name("prefix")
    plain = filled("a")
    matching = f"{prefix}-x"
    producer = mapr_clients.producer()
    producer.produce(matching, "b", partition=0)
    assert producer.flush(HANG) == 0
    consumer = mapr_clients.consumer()
    consumer.subscribe([plain, f"^{prefix}.*"])
    assert {read(consumer, 1)[0].topic() for _ in range(2)} == {plain, matching}


def test_subscribe_replaces_a_previous_subscription(mapr_clients, filled):
    first, second = filled("a"), filled("b")
    consumer = mapr_clients.consumer()
    consumer.subscribe([first])
    assert read(consumer, 1)[0].topic() == first
    consumer.subscribe([second])
    assert read(consumer, 1)[0].topic() == second
    assert {p.topic for p in consumer.assignment()} == {second}


def test_unsubscribe_gives_the_partitions_back(mapr_clients, filled):
    calls = []
    topic = filled("v", partitions=2)
    consumer = mapr_clients.consumer()
    consumer.subscribe([topic], on_revoke=lambda c, partitions: calls.append(len(partitions)))
    read(consumer, 1)
    assert consumer.unsubscribe() is None
    wait_until(lambda: calls, GROUP_TIMEOUT, polling=[consumer])
    assert calls == [2]
    assert consumer.assignment() == []


def test_unsubscribe_without_a_subscription_does_nothing(offline):
    assert offline.consumer().unsubscribe() is None


def test_assignment_of_a_subscribed_consumer_has_its_partitions(session):
    expected = [(session.topic, 0, OFFSET_STORED, None), (session.topic, 1, OFFSET_STORED, None)]
    assert sorted(fields(session.assignments[-1])) == expected


# Rebalance callbacks.


def test_on_assign_gets_the_consumer_and_its_partitions(session):
    _, passed, partitions = session.calls[0]
    assert passed is session.consumer
    assert type(partitions) is list
    expected = [(session.topic, 0, OFFSET_INVALID, None), (session.topic, 1, OFFSET_INVALID, None)]
    assert sorted(fields(partitions)) == expected


def test_the_partitions_are_assigned_after_an_on_assign_that_does_not_assign(session):
    assert session.assignments[0] == []
    assert len(session.assignments[-1]) == 2


def test_on_revoke_gets_the_consumer_and_the_absolute_list_of_partitions(session):
    name, passed, partitions = session.calls[1]
    assert name == "on_revoke"
    assert passed is session.consumer
    assert sorted((p.topic, p.partition) for p in partitions) == [(session.topic, 0), (session.topic, 1)]


def test_callbacks_by_position_are_on_assign_on_revoke_on_lost_and_run_once_each(session):
    # Partitions that are given back are not lost.
    assert [call[0] for call in session.calls] == ["on_assign", "on_revoke"]


def test_on_revoke_runs_when_the_consumer_closes(session):
    assert session.calls_before_close == 1
    assert session.calls[1][0] == "on_revoke"


def test_memberid_is_known_once_the_group_is_joined(session):
    before, joined = session.memberids
    assert before is None
    assert type(joined) is str
    assert joined


def test_offsets_that_on_assign_assigns_take_effect(online, filled):
    topic = filled("v0", "v1", "v2")

    def at_two(consumer, partitions):
        for partition in partitions:
            partition.offset = 2
        consumer.assign(partitions)

    consumer = online.consumer()
    consumer.subscribe([topic], on_assign=at_two)
    assert read(consumer, 1)[0].offset() == 2


def test_on_revoke_can_commit_before_the_partitions_go(online, filled):
    topic = filled("v0", "v1")
    properties = {"group.id": topic, "enable.auto.commit": False}
    consumer = online.consumer(properties)
    consumer.subscribe([topic], on_revoke=lambda c, partitions: c.commit(asynchronous=False))
    read(consumer, 1)
    consumer.close()
    [committed] = online.consumer(properties).committed([TopicPartition(topic, 0)], HANG)
    assert committed.offset == 1


def test_two_members_share_the_partitions(mapr_clients, filled):
    topic = filled("v", partitions=2)
    revoked = []
    first, second = mapr_clients.consumer({"group.id": topic}), mapr_clients.consumer({"group.id": topic})
    first.subscribe([topic], on_revoke=lambda c, partitions: revoked.append(len(partitions)))
    read(first, 1)
    second.subscribe([topic])

    def shared():
        second.poll(0)
        assignments = [first.assignment(), second.assignment()]
        return all(len(partitions) == 1 for partitions in assignments) and assignments

    (one,), (other,) = wait_until(shared, GROUP_TIMEOUT, polling=[first])
    # On a machine that is held up the group may rebalance once more.
    assert revoked[0] == 2
    assert {one.partition, other.partition} == {0, 1}


@pytest.mark.parametrize("given", [("on_lost", "on_revoke"), ("on_revoke",)], ids=["both", "on_revoke alone"])
def test_partitions_that_were_lost_call_on_lost_or_else_on_revoke(mapr_clients, kafka_cluster, given):
    calls = []
    kafka_cluster.create_topic("t", 2)
    consumer = mapr_clients.consumer({"heartbeat.interval.ms": 100})

    def callback(name):
        return lambda *arguments: calls.append((name, *arguments))

    consumer.subscribe(["t"], **{name: callback(name) for name in given})
    wait_until(consumer.assignment, GROUP_TIMEOUT, polling=[consumer])
    # The coordinator has gone on without this member.
    kafka_cluster.push_request_errors("Heartbeat", [KafkaError.UNKNOWN_MEMBER_ID])
    wait_until(lambda: calls, GROUP_TIMEOUT, polling=[consumer])
    [(name, passed, partitions)] = calls
    assert name == given[0]
    assert passed is consumer
    assert sorted(p.partition for p in partitions) == [0, 1]


def test_an_exception_of_on_assign_comes_out_of_poll_and_the_consumer_goes_on(mapr_clients, filled):
    topic, calls = filled("v"), []

    def bad(consumer, partitions):
        calls.append(partitions)
        raise ValueError("from on_assign")

    consumer = mapr_clients.consumer()
    consumer.subscribe([topic], on_assign=bad)
    with pytest.raises(ValueError, match="^from on_assign$"):
        read(consumer, 1)
    assert read(consumer, 1)[0].value() == b"v"
    assert len(calls) == 1


def test_an_exception_of_on_revoke_comes_out_of_close(mapr_clients, filled):
    def bad(consumer, partitions):
        raise ValueError("from on_revoke")

    consumer = mapr_clients.consumer()
    consumer.subscribe([filled("v")], on_revoke=bad)
    read(consumer, 1)
    with pytest.raises(ValueError, match="^from on_revoke$"):
        consumer.close()
    # It is closed all the same.
    with pytest.raises(RuntimeError, match="^Consumer closed$"):
        consumer.poll(0)


def test_a_subscription_that_is_refused_leaves_the_callbacks_of_the_one_before(mapr_clients, make_topic):
    topic, told, over = make_topic(), [], threading.Event()
    consumer = mapr_clients.consumer()
    # librdkafka takes half a second or so to look at these, one after the other, before it comes to the last. How many
    # that is, is a matter of the C library: musl's takes a second for one.
    slow = [f"^(a{{1,200}}){{1,{number}}}" for number in range(190, 200)]
    begun = time.process_time()
    with pytest.raises(KafkaException):
        consumer.subscribe([slow[0], "^("])
    slow = slow[: max(1, int(0.5 / (time.process_time() - begun)))]
    refusals = []

    def subscribe_wrongly():
        while not over.is_set():
            with pytest.raises(KafkaException) as refused:
                consumer.subscribe([*slow, "^("], on_assign=lambda *arguments: told.append("refused"))
            refusals.append(refused.value.args[0].code())

    consumer.subscribe([topic], on_assign=lambda *arguments: told.append("subscribed"))
    thread = threading.Thread(target=subscribe_wrongly)
    thread.start()
    try:
        deadline = time.monotonic() + GROUP_TIMEOUT
        while not told and time.monotonic() < deadline:
            consumer.poll(0.1)
    finally:
        over.set()
        thread.join()
    assert told == ["subscribed"]
    assert set(refusals) == {KafkaError._INVALID_ARG}
