"""The time that Consumer.close() may take."""

import threading
import time

import pytest
from limits import HANG

from mapr_streams_python import TopicPartition
from mapr_streams_python.testing import MockCluster, read, wait_for_assignment, wait_until

from .test_crash_safety_signals import LATE


@pytest.fixture
def config(dialect):
    """Of consumers of a cluster of the test's own, whose brokers may become slow."""
    with MockCluster(brokers=1) as cluster:
        cluster.create_topic("t", 1)
        yield {
            "bootstrap.servers": cluster.bootstrap_servers,
            "streams.compatibility": dialect,
            "group.id": "g",
            "session.timeout.ms": 3000,
            "log_level": 0,
        }


@pytest.mark.parametrize("timeout", [HANG, 60.5])
def test_a_close_within_its_timeout_commits_and_leaves_the_group(online, filled, timeout):
    topic = filled("v0", "v1")
    config = {"group.id": topic, "enable.partition.eof": False}
    consumer = online.consumer(config)
    consumer.subscribe([topic])
    assert len(read(consumer, 2)) == 2
    assert consumer.close(timeout=timeout) is True
    assert [p.offset for p in online.consumer(config).committed([TopicPartition(topic, 0)], 60)] == [2]
    # Whatever comes after it.
    assert consumer.close(1) is True
    assert consumer.close() is None


@pytest.mark.parametrize("arguments", [(), (None,), (-1,)], ids=repr)
def test_a_close_without_a_timeout_returns_none(online, arguments):
    assert online.consumer().close(*arguments) is None


@pytest.mark.parametrize("timeout", [0, 0.5])
def test_a_close_whose_time_is_over_returns_false_and_the_consumer_ends_in_the_background(program, timeout):
    # The fixture also holds that the interpreter ends by itself, with status 0.
    program(
        LATE
        + f"""
consumer.commit(offsets=[partition])
began = time.monotonic()
assert consumer.close(timeout={timeout}) is False
assert time.monotonic() - began < {timeout} + 15
assert outcome(consumer.poll, 0) == "RuntimeError: Consumer closed"
assert consumer.close(1) is False
assert consumer.close() is None
"""
    )


def test_a_close_does_not_wait_longer_than_its_timeout_for_another_threads_callback(online, filled):
    topic = filled("v")
    inside, done = threading.Event(), threading.Event()

    def on_assign(consumer, partitions):
        inside.set()
        assert done.wait(HANG)

    consumer = online.consumer()
    consumer.subscribe([topic], on_assign=on_assign)
    raised = []

    def poll():
        try:
            while not done.is_set():
                consumer.poll(0.1)
        except RuntimeError as error:
            raised.append(str(error))

    thread = threading.Thread(target=poll)
    thread.start()
    assert inside.wait(HANG)
    began = time.monotonic()
    assert consumer.close(0.3) is False
    assert time.monotonic() - began < 30
    done.set()
    thread.join(HANG)
    assert not thread.is_alive()


def test_a_close_inside_a_callback_cannot_say_yet_and_takes_effect(online, filled):
    topic = filled("v")
    said = []
    consumer = online.consumer()
    consumer.subscribe([topic], on_assign=lambda consumer, partitions: said.append(consumer.close(timeout=HANG)))

    def closed():
        try:
            consumer.poll(0.1)
        except RuntimeError:
            return True
        return False

    wait_until(closed, HANG)
    assert said == [False]
    assert consumer.close(1) is True


def test_the_time_of_a_close_inside_a_callback_begins_when_the_callback_has_returned(mapr_clients, filled):
    time_of_close = 10
    consumer, said = mapr_clients.consumer(), []

    def on_assign(consumer, partitions):
        said.append(consumer.close(timeout=time_of_close))
        begun = time.monotonic()
        wait_until(lambda: time.monotonic() > begun + time_of_close, HANG)

    consumer.subscribe([filled("v")], on_assign=on_assign)
    wait_until(lambda: consumer.poll(0.1) is None and said, HANG)
    assert said == [False]
    # It was not broken off.
    assert consumer.close(timeout=0) is True


def test_what_the_last_callbacks_raise_comes_out_of_a_close_with_a_timeout(online, filled):
    topic = filled("v")

    def on_revoke(consumer, partitions):
        raise KeyError("revoked")

    consumer = online.consumer()
    consumer.subscribe([topic], on_revoke=on_revoke)
    wait_for_assignment(consumer)
    with pytest.raises(KeyError, match="revoked"):
        consumer.close(HANG)
    assert consumer.close(0) is True


@pytest.mark.parametrize("timeout", ["1", [1], object()], ids=lambda value: type(value).__name__)
def test_a_timeout_of_close_that_is_no_number_is_a_type_error_and_the_consumer_stays_open(offline, timeout):
    consumer = offline.consumer()
    with pytest.raises(TypeError, match="timeout"):
        consumer.close(timeout)
    assert consumer.poll(0) is None
    with pytest.raises(TypeError):
        consumer.close(1, 2)
    with pytest.raises(TypeError):
        consumer.close(seconds=1)
    assert consumer.poll(0) is None


def test_a_timeout_that_closes_the_consumer_itself(offline):
    consumer = offline.consumer()

    class Closing(float):
        def __float__(self):
            consumer.close()
            return 1.0

    assert consumer.close(Closing(1)) is True
