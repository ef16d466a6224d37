"""Offsets on their way into a transaction while the group's coordinator cannot be found, or is another broker.

librdkafka looks at neither the time nor the coordinator again by itself (its issues 5456 and 5511).
"""

import contextlib
import itertools
import os
import signal
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from limits import HANG

from mapr_streams_python import (
    AbortableException,
    KafkaError,
    KafkaException,
    Producer,
    RetriableException,
    TimeoutException,
    TopicPartition,
    _transaction,
)
from mapr_streams_python.testing import unique_name, wait_until

from ..support import next_event

POSITIONS = [TopicPartition("in", 0, 1)]
# An answer for which librdkafka neither asks again nor ends the request.
NOT_FOUND = "NOT_COORDINATOR"


@pytest.fixture
def lost(cluster, ready):
    """The coordinator of the group is not found before what this holds is called."""
    cluster.push_request_errors("FindCoordinator", [NOT_FOUND] * 10_000)

    def find():
        cluster.clear_request_errors("FindCoordinator")

    ready.begin_transaction()
    yield find
    find()


def test_offsets_arrive_after_a_coordinator_that_was_not_found_once(cluster, ready, consumer):
    ready.begin_transaction()
    cluster.push_request_errors("FindCoordinator", [NOT_FOUND])
    ready.send_offsets_to_transaction(POSITIONS, consumer.consumer_group_metadata(), HANG)
    ready.commit_transaction(HANG)


def test_offsets_arrive_after_all_brokers_were_gone_and_are_back(cluster, consumer):
    """librdkafka 2.16.0 then has others in their places, and remembers a coordinator that is none of them."""
    gone = threading.Event()

    def note(error):
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            gone.set()

    config = {
        "bootstrap.servers": cluster.bootstrap_servers,
        "transactional.id": unique_name("tx"),
        "reconnect.backoff.max.ms": 100,
        "error_cb": note,
        "log_level": 0,
    }
    with Producer(config) as producer:
        producer.init_transactions(HANG)
        for _ in range(2):
            with producer.transaction(consumer=consumer, timeout=HANG):
                producer.produce("out", next_event(consumer).value())
            cluster.set_broker_down(1)
            wait_until(lambda: producer.poll(0.1) is not None and gone.is_set(), HANG)
            cluster.set_broker_up(1)
            gone.clear()
        with producer.transaction(consumer=consumer, timeout=HANG):
            assert next_event(consumer).value() == b"c"


def test_the_time_is_kept_and_the_next_call_waits_for_the_one_before(lost, ready, consumer):
    group = consumer.consumer_group_metadata()
    for call in (
        lambda: ready.send_offsets_to_transaction(POSITIONS, group, 0.3),
        lambda: ready.send_offsets_to_transaction(POSITIONS, group, 0.3),
        lambda: ready.commit_transaction(0.3),
        lambda: ready.abort_transaction(0.3),
    ):
        began = time.monotonic()
        with pytest.raises(RetriableException, match="still on their way") as caught:
            call()
        # Milliseconds, rounded down.
        assert time.monotonic() - began > 0.29
        assert isinstance(caught.value, TimeoutException)
        assert caught.value.args[0].code() == KafkaError._TIMED_OUT
        assert not caught.value.args[0].txn_requires_abort()
    lost()
    ready.send_offsets_to_transaction(POSITIONS, group, HANG)
    ready.commit_transaction(HANG)
    ready.begin_transaction()
    ready.commit_transaction(HANG)


def test_without_a_time_it_is_that_of_the_transaction(cluster, consumer):
    config = {
        "bootstrap.servers": cluster.bootstrap_servers,
        "transactional.id": unique_name("tx"),
        "transaction.timeout.ms": 1000,
        "log_level": 0,
    }
    with Producer(config) as producer:
        producer.init_transactions(HANG)
        producer.begin_transaction()
        cluster.push_request_errors("FindCoordinator", [NOT_FOUND] * 10_000)
        with pytest.raises(RetriableException, match="still on their way"):
            producer.send_offsets_to_transaction(POSITIONS, consumer.consumer_group_metadata())
        cluster.clear_request_errors("FindCoordinator")
        producer.abort_transaction(HANG)


def test_what_was_given_up_may_be_aborted(lost, ready, consumer):
    with pytest.raises(RetriableException):
        ready.send_offsets_to_transaction(POSITIONS, consumer.consumer_group_metadata(), 0.3)
    lost()
    ready.abort_transaction(HANG)
    ready.begin_transaction()
    ready.send_offsets_to_transaction(POSITIONS, consumer.consumer_group_metadata(), HANG)
    ready.commit_transaction(HANG)


def test_a_topic_that_is_not_there_is_named_within_the_time(cluster, ready, consumer):
    """librdkafka asks again twice a second until its time is over: that is to be before ours."""
    cluster.push_request_errors("TxnOffsetCommit", [KafkaError.UNKNOWN_TOPIC_OR_PART] * 10_000)
    group = consumer.consumer_group_metadata()

    def answer():
        ready.begin_transaction()
        with pytest.raises((AbortableException, RetriableException)) as caught:
            # Between two of librdkafka's questions, which come about every 500 ms.
            ready.send_offsets_to_transaction(POSITIONS, group, 2.3)
        ready.abort_transaction(HANG)
        return caught.value

    # A busy machine may be late with one.
    assert any(answer().args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART for _ in range(5))
    cluster.clear_request_errors("TxnOffsetCommit")
    ready.begin_transaction()
    ready.send_offsets_to_transaction(POSITIONS, group, HANG)
    ready.commit_transaction(HANG)


def test_ctrl_c_ends_the_call_and_the_transaction_may_be_aborted(lost, ready, consumer):
    group = consumer.consumer_group_metadata()

    def is_under_way():
        # librdkafka refuses any other call from then on.
        with pytest.raises(KafkaException) as caught:
            ready.begin_transaction()
        return caught.value.args[0].code() == KafkaError._CONFLICT

    def wait_and_interrupt():
        wait_until(is_under_way, HANG)
        os.kill(os.getpid(), signal.SIGINT)

    other = threading.Thread(target=wait_and_interrupt)
    other.start()
    with pytest.raises(KeyboardInterrupt):
        while True:
            try:
                ready.send_offsets_to_transaction(POSITIONS, group, HANG)
            except RetriableException as exception:
                # It has met a call of is_under_way.
                assert exception.args[0].code() == KafkaError._CONFLICT
    other.join()
    lost()
    ready.abort_transaction(HANG)


def test_a_block_whose_offsets_take_too_long_is_aborted_and_its_records_come_again(
    cluster, ready, consumer, monkeypatch
):
    times = itertools.chain([0], itertools.repeat(HANG - 0.3))
    # By the block's own clock: 0.3 seconds to send the offsets, and all the time of the world to abort.
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + next(times), sleep=time.sleep)
    monkeypatch.setattr(_transaction, "time", clock)
    cluster.push_request_errors("AddOffsetsToTxn", [("NO_ERROR", 5)])
    with (
        pytest.raises(AbortableException, match="still on their way") as caught,
        ready.transaction(consumer=consumer, timeout=HANG),
    ):
        assert next_event(consumer).value() == b"a"
    assert caught.value.args[0].txn_requires_abort()
    assert caught.value.args[0].code() == KafkaError._TIMED_OUT
    monkeypatch.undo()
    with ready.transaction(consumer=consumer, timeout=HANG):
        assert next_event(consumer).value() == b"a"


@pytest.mark.parametrize(
    "ending",
    ["producer.close(60)", "del producer", "pass", "os._exit(0) if os.fork() == 0 else os.wait()"],
    ids=["closed", "dropped", "at exit", "in a fork"],
)
def test_a_producer_whose_call_was_given_up_ends(program, ending):
    program(
        """
from mapr_streams_python import *
from mapr_streams_python.testing import MockCluster

with MockCluster() as cluster:
    servers = {"bootstrap.servers": cluster.bootstrap_servers, "log_level": 0}
    consumer = Consumer({**servers, "group.id": "g"})
    producer = Producer({**servers, "transactional.id": "x"})
    producer.init_transactions(60)
    producer.begin_transaction()
    cluster.push_request_errors("FindCoordinator", [ERROR] * 10_000)
    group = consumer.consumer_group_metadata()
    try:
        producer.send_offsets_to_transaction([TopicPartition("in", 0, 1)], group, 0.3)
    except RetriableException:
        pass
    else:
        raise AssertionError("it has ended")
    consumer.close()
    ENDING
""".replace("ENDING", ending),
        ERROR=NOT_FOUND,
    )


def test_what_was_given_up_lets_go_of_a_closed_producer_when_it_is_answered(lost, ready, consumer):
    def threads():
        found = set()
        for task in Path("/proc/self/task").iterdir():
            with contextlib.suppress(OSError):  # It has ended meanwhile.
                found |= {task} if (task / "comm").read_text().startswith("rdk:") else set()
        return found

    with pytest.raises(RetriableException):
        ready.send_offsets_to_transaction(POSITIONS, consumer.consumer_group_metadata(), 0.3)
    before = len(threads())
    ready.close(0)
    lost()
    wait_until(lambda: len(threads()) < before, HANG)
