"""How long commits and closes take, and what a commit inside a close comes to."""

import contextlib
import functools
import sys
import threading
import time
from pathlib import Path

import pytest
from limits import HANG

from mapr_streams_python import Consumer, KafkaError, KafkaException, TopicPartition
from mapr_streams_python.testing import MockCluster, deliver, read, wait_for_assignment, wait_until


@pytest.mark.parametrize("step", ["commit", "close"])
def test_a_consumer_that_has_lived_for_a_moment_commits_and_closes_without_waiting_for_a_timer(
    step, kafka_topic, producer, make_consumer
):
    """Left alone, librdkafka looks once a second whether the group's coordinator is there: most took as long."""
    deliver(producer, kafka_topic, ["v"])
    taken, committed = [], []
    for _ in range(10):
        consumer = make_consumer({"on_commit": lambda error, partitions: committed.append(time.monotonic())})
        consumer.assign([TopicPartition(kafka_topic, 0, 0)])
        read(consumer, 1)
        committed.clear()
        began = time.monotonic()
        if step == "commit":
            consumer.commit(asynchronous=False)
            taken.append(time.monotonic() - began)
        else:
            consumer.close()
            # Until its commit is made: librdkafka 2.6.0 joins a thread afterwards that may sleep for a second.
            taken.append(committed[0] - began)
    # Of some: a busy machine may be slow at most.
    assert sorted(taken)[2] < 0.5, taken


def commit(consumer, topic, *, asynchronous):
    consumer.commit(offsets=[TopicPartition(topic, 0, 1)], asynchronous=asynchronous)


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(functools.partial(commit, asynchronous=True), id="an asynchronous commit"),
        pytest.param(functools.partial(commit, asynchronous=False), id="a synchronous commit"),
        pytest.param(lambda consumer, topic: consumer.consumer_group_metadata(), id="group metadata"),
    ],
)
def test_what_a_close_would_overtake_is_refused_in_on_commit(ask, kafka_topic, producer, make_consumer):
    """librdkafka drops it without an answer where the group ends just then, or aborts where it comes earlier."""
    deliver(producer, kafka_topic, ["v"])
    errors = []

    def on_commit(error, partitions):
        with pytest.raises(KafkaException, match="the consumer is being closed") as raised:
            ask(consumer, kafka_topic)
        errors.append(raised.value.args[0].code())

    consumer = make_consumer({"on_commit": on_commit})
    consumer.assign([TopicPartition(kafka_topic, 0, 0)])
    read(consumer, 1)
    consumer.close()
    assert errors == [KafkaError._STATE]


def test_iterating_in_on_revoke_of_a_close_ends(kafka_topic, make_consumer):
    raised = []

    def on_revoke(consumer, partitions):
        with pytest.raises(RuntimeError, match="Consumer closed") as error:
            next(consumer)
        raised.append(error.value)

    consumer = make_consumer({"enable.partition.eof": False})
    consumer.subscribe([kafka_topic], on_revoke=on_revoke)
    wait_for_assignment(consumer)
    consumer.close()
    assert len(raised) == 1


def test_a_question_without_a_time_limit_does_not_keep_the_consumer_that_is_closed_meanwhile():
    """librdkafka drops it where the group ends, and answers it never."""
    raised = []

    def ask():
        with pytest.raises((RuntimeError, KafkaException)) as error:
            consumer.committed([TopicPartition("t", 0)])
        raised.append(error.value)

    with MockCluster() as cluster:
        cluster.create_topic("t", 1)
        before = main_threads()
        config = {"bootstrap.servers": cluster.bootstrap_servers, "group.id": "g", "socket.timeout.ms": 2000}
        consumer = Consumer({**config, "session.timeout.ms": 6000, "log_level": 0})
        consumer.subscribe(["t"])
        wait_for_assignment(consumer)
        cluster.set_broker_rtt(1, 20)
        asking = threading.Thread(target=ask)
        asking.start()
        wait_until(lambda: is_in(asking, "ask"), HANG)
        consumer.close()
        asking.join(HANG)
        assert len(raised) == 1
        # Those of other tests may end meanwhile.
        wait_until(lambda: main_threads() <= before, HANG)


def is_in(thread, function):
    """Whether a thread calls something from a function: it lets others have the interpreter there alone."""
    frame = sys._current_frames().get(thread.ident)
    return frame is not None and frame.f_code.co_name == function


def main_threads():
    """How many clients there are in librdkafka: each has one thread of that name."""
    found = 0
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # It has ended meanwhile.
            found += (task / "comm").read_text().strip() == "rdk:main"
    return found


def test_what_a_close_revokes_can_be_committed(kafka_topic, producer, make_consumer):
    deliver(producer, kafka_topic, ["v"])
    committed = []
    consumer = make_consumer({"enable.auto.commit": False})
    consumer.subscribe(
        [kafka_topic], on_revoke=lambda consumer, partitions: committed.extend(consumer.commit(asynchronous=False))
    )
    read(consumer, 1)
    consumer.close()
    assert [(partition.topic, partition.partition, partition.offset) for partition in committed] == [
        (kafka_topic, 0, 1)
    ]


def test_a_close_waits_for_the_answer_to_a_rebalance_that_is_pending_when_it_begins(
    kafka_topic, producer, make_consumer
):
    """librdkafka takes the partitions away without it, and may drop what is asked meanwhile: a close could hang."""
    deliver(producer, kafka_topic, ["v"])
    revoked, committed = [], []

    def on_revoke(consumer, partitions):
        revoked.extend(consumer.assignment())
        committed.extend(consumer.commit(asynchronous=False))

    consumer = make_consumer({"enable.auto.commit": False})
    consumer.subscribe([kafka_topic], on_revoke=on_revoke)
    read(consumer, 1)
    consumer.subscribe(["another"], on_revoke=on_revoke)
    consumer.close()
    assert [(partition.topic, partition.partition) for partition in revoked] == [(kafka_topic, 0)]
    assert [(partition.topic, partition.partition, partition.offset) for partition in committed] == [
        (kafka_topic, 0, 1)
    ]


@pytest.mark.parametrize(
    "question",
    ["assignment", "unsubscribe", "unassign", "pause", "seek"],
)
def test_what_librdkafka_would_never_answer_inside_a_close_is_refused(question, kafka_topic, producer, make_consumer):
    """The group's end drops what it is asked, and who asked waits for ever."""
    deliver(producer, kafka_topic, ["v"])
    partition = TopicPartition(kafka_topic, 0, 0)
    errors = []

    def on_commit(error, partitions):
        ask = getattr(consumer, question)
        with pytest.raises(KafkaException, match="the consumer is being closed") as raised:
            ask(partition) if question == "seek" else ask([partition]) if question == "pause" else ask()
        errors.append(raised.value.args[0].code())

    consumer = make_consumer({"on_commit": on_commit})
    consumer.assign([partition])
    read(consumer, 1)
    consumer.close()
    assert errors == [KafkaError._STATE]


def test_the_assignment_can_be_asked_for_where_a_close_revokes_it(kafka_topic, make_consumer):
    told = []
    consumer = make_consumer()
    consumer.subscribe([kafka_topic], on_revoke=lambda consumer, partitions: told.append(consumer.assignment()))
    wait_for_assignment(consumer)
    consumer.close()
    assert [[(partition.topic, partition.partition) for partition in all] for all in told] == [[(kafka_topic, 0)]]


def test_who_has_answered_a_closing_rebalance_asks_no_more(kafka_topic, make_consumer):
    told = []

    def on_revoke(consumer, partitions):
        consumer.seek(TopicPartition(kafka_topic, 0, 0))
        consumer.pause(partitions)
        consumer.unassign()
        with pytest.raises(KafkaException, match="the consumer is being closed"):
            consumer.assignment()
        told.append(partitions)

    consumer = make_consumer()
    consumer.subscribe([kafka_topic], on_revoke=on_revoke)
    wait_for_assignment(consumer)
    consumer.close()
    assert len(told) == 1


def test_a_subscription_inside_a_close_is_refused_and_does_not_end_the_process(kafka_topic, kafka_cluster, run_python):
    code = f"""
from mapr_streams_python import Consumer, KafkaException
from mapr_streams_python.testing import wait_for_assignment

def on_revoke(consumer, partitions):
    try:
        consumer.subscribe([{kafka_topic!r}])
    except KafkaException as exception:
        print(exception.args[0].name())

consumer = Consumer({{"bootstrap.servers": {kafka_cluster.bootstrap_servers!r}, "group.id": "g"}})
consumer.subscribe([{kafka_topic!r}], on_revoke=on_revoke)
wait_for_assignment(consumer)
consumer.close()
"""
    assert run_python(code).check() == "_STATE\n"


def test_two_threads_that_are_told_of_rebalances_at_once_are_told_apart(kafka_topic, make_consumer):
    assigned, returned = threading.Event(), threading.Event()
    answers = []

    def on_assign(consumer, partitions):
        consumer.assign(partitions)
        assigned.set()
        # The close in the other thread revokes what was assigned here, and is told of that meanwhile.
        assert returned.wait(30)

    def on_revoke(consumer, partitions):
        returned.set()
        polling.join(30)
        answers.append([(partition.topic, partition.partition) for partition in consumer.assignment()])

    def poll():
        with contextlib.suppress(RuntimeError):
            while not assigned.is_set():
                consumer.poll(0.1)

    consumer = make_consumer()
    consumer.subscribe([kafka_topic], on_assign=on_assign, on_revoke=on_revoke)
    polling = threading.Thread(target=poll)
    polling.start()
    assert assigned.wait(30)
    consumer.close()
    assert answers == [[(kafka_topic, 0)]]


def test_a_flush_whose_callback_closes_the_producer_does_not_ask_it_any_more_once_it_is_freed(
    kafka_cluster, kafka_topic, run_python
):
    """glibc fills what is freed here, so that whoever still reads it fails every time."""
    code = f"""
from mapr_streams_python import Producer
for _ in range(10):
    producer = Producer({{"bootstrap.servers": {kafka_cluster.bootstrap_servers!r}}})
    producer.produce({kafka_topic!r}, "v", on_delivery=lambda error, message: producer.close())
    print(producer.flush(30))
"""
    assert run_python(code, env={"MALLOC_PERTURB_": "165"}).check().split() == ["0"] * 10


STRATEGIES = ["range", "cooperative-sticky"]


def asking(told, name, *more):
    """A rebalance callback that asks what it may ask, and notes how that went."""

    def callback(consumer, partitions):
        try:
            assignment = consumer.assignment()
            if partitions:
                consumer.pause(partitions)
                consumer.commit(offsets=[partitions[0]], asynchronous=False)
        except KafkaException as exception:
            code = exception.args[0].code()
            # There is nothing to commit.
            outcome = len(assignment) if code == KafkaError._NO_OFFSET else exception.args[0].name()
        else:
            outcome = len(assignment)
        told.append((name, outcome))
        for step in more:
            step()

    return callback


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_rebalance_that_is_handed_over_while_a_close_begins_is_answered_first(
    strategy, kafka_cluster, make_topic, make_consumer
):
    """librdkafka does not wait for the answer: what on_revoke asked was refused, or never answered."""
    with contextlib.suppress(KafkaException):
        # Who comes first waits for the other: both are told of the one rebalance.
        kafka_cluster.set_group_initial_rebalance_delay(3)
    topic = make_topic(partitions=2)
    told, met = [], []
    closing = threading.Event()
    group = {"group.id": topic, "partition.assignment.strategy": strategy}

    class Logger:
        def log(self, *arguments):
            # Inside the close, which had looked for rebalances by then.
            if closing.is_set() and not met:
                met.append(True)
                wait_for_assignment(other)

    other = make_consumer(group)
    other.subscribe([topic])
    consumer = make_consumer({**group, "debug": "cgrp", "logger": Logger()})
    consumer.subscribe([topic], on_assign=asking(told, "assign"), on_revoke=asking(told, "revoke"))
    closing.set()
    consumer.close()
    assert met
    assert [outcome for _, outcome in told if not isinstance(outcome, int)] == []
    assert [name for name, _ in told] in ([], ["assign", "revoke"])


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_close_waits_for_the_rebalance_that_another_thread_is_told_of(strategy, kafka_topic, make_consumer):
    """The partitions were taken away while on_assign still got them."""
    told, inside, closed, revoked = [], threading.Event(), threading.Event(), threading.Event()

    def hold():
        inside.set()
        assert closed.wait(HANG)
        # As long as this does not return, the close waits: it has no time of its own for that.
        assert not revoked.wait(1.5)
        told.append(("returns", len(consumer.assignment())))

    def watch():
        # Another thread than that of the callback, which may go on using the consumer.
        with contextlib.suppress(RuntimeError):
            while True:
                consumer.position([])
        closed.set()

    def poll():
        with contextlib.suppress(RuntimeError):
            while True:
                consumer.poll(0.1)

    consumer = make_consumer({"partition.assignment.strategy": strategy})
    consumer.subscribe(
        [kafka_topic], on_assign=asking(told, "assign", hold), on_revoke=asking(told, "revoke", revoked.set)
    )
    polling = threading.Thread(target=poll)
    polling.start()
    assert inside.wait(HANG)
    threading.Thread(target=watch).start()
    consumer.close()
    polling.join()
    assert told == [("assign", 0), ("returns", 0), ("revoke", 1)]
