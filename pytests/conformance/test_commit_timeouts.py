"""The time that Consumer.commit() may take where it waits for the answer."""

import time

import pytest
from limits import HANG

from mapr_streams_python import Consumer, RetriableException, TimeoutException, TopicPartition
from mapr_streams_python.testing import MockCluster

from .support import fields, raises_kafka_error


@pytest.mark.parametrize("timeout", [60, None, -1])
def test_a_synchronous_commit_returns_what_is_committed_within_its_timeout(online, filled, timeout):
    topic = filled("v")
    # librdkafka gives up a commit that has no coordinator after a session's time.
    consumer = online.consumer({"group.id": topic, "enable.auto.commit": False, "session.timeout.ms": 60000})
    offsets = [TopicPartition(topic, 0, 1)]
    assert fields(consumer.commit(offsets=offsets, asynchronous=False, timeout=timeout)) == [(topic, 0, 1, None)]


@pytest.mark.parametrize("timeout", [0, 0.3])
def test_a_synchronous_commit_that_is_not_answered_ends_with_its_timeout(offline, timeout):
    # After a session's time librdkafka says that there is no coordinator.
    consumer = offline.consumer({"session.timeout.ms": 60000})
    began = time.monotonic()
    with raises_kafka_error("_TIMED_OUT") as caught:
        consumer.commit(offsets=[TopicPartition("t", 0, 1)], asynchronous=False, timeout=timeout)
    assert time.monotonic() - began >= timeout
    assert isinstance(caught.value, RetriableException)
    assert isinstance(caught.value, TimeoutException)
    assert "whether it was made is not known" in caught.value.args[0].str()
    # It would wait for the answer.
    consumer.close(0)


def test_a_commit_whose_time_was_over_may_be_made_again():
    with MockCluster(brokers=1) as cluster:
        cluster.create_topic("t", 1)
        config = {"bootstrap.servers": cluster.bootstrap_servers, "group.id": "g", "enable.auto.commit": False}
        with Consumer(config) as consumer:
            consumer.commit(offsets=[TopicPartition("t", 0, 1)], asynchronous=False)
            # The answer to the next one comes late.
            cluster.set_broker_rtt(1, 5)
            with raises_kafka_error("_TIMED_OUT"):
                consumer.commit(offsets=[TopicPartition("t", 0, 2)], asynchronous=False, timeout=0)
            cluster.set_broker_rtt(1, 0)
            consumer.commit(offsets=[TopicPartition("t", 0, 3)], asynchronous=False, timeout=60)
            [partition] = consumer.committed([TopicPartition("t", 0)], timeout=HANG)
            assert partition.offset == 3


def test_an_asynchronous_commit_does_not_wait_for_its_timeout(offline):
    consumer = offline.consumer({"session.timeout.ms": 1000})
    # Would it wait, the test would not end in its time.
    assert consumer.commit(offsets=[TopicPartition("t", 0, 1)], timeout=HANG) is None


@pytest.mark.parametrize("asynchronous", [True, False])
def test_a_timeout_of_commit_that_is_no_number_is_a_type_error(offline, asynchronous):
    with pytest.raises(TypeError, match="timeout"):
        offline.consumer().commit(asynchronous=asynchronous, timeout="1")
