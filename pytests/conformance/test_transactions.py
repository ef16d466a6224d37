"""Transactions: the calls one by one, and the errors of each kind, on the mock cluster.

What readers see is in pytests/kafka/test_kafka_transactions.py: the mock cluster keeps no marks of transactions.
"""

import os
import pickle
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from limits import HANG

from mapr_streams_python import (
    AbortableException,
    AuthorizationException,
    Consumer,
    FatalException,
    KafkaError,
    KafkaException,
    Producer,
    RetriableException,
    TimeoutException,
    TopicPartition,
)
from mapr_streams_python.testing import MockCluster, unique_name

from .support import NO_SERVER, next_event, raises_kafka_error


@pytest.fixture
def cluster():
    with MockCluster() as cluster:
        yield cluster


@pytest.fixture
def producer(cluster):
    producer = Producer(
        {"bootstrap.servers": cluster.bootstrap_servers, "transactional.id": unique_name("tx"), "log_level": 0}
    )
    yield producer
    producer.close(0)


@pytest.fixture
def ready(producer):
    producer.init_transactions(HANG)
    return producer


@pytest.fixture
def consumer(cluster):
    """A member that is to read topic "in", which holds three records."""
    with Producer({"bootstrap.servers": cluster.bootstrap_servers}) as source:
        for value in (b"a", b"b", b"c"):
            source.produce("in", value, partition=0)
    consumer = Consumer(
        {
            "bootstrap.servers": cluster.bootstrap_servers,
            "group.id": unique_name("g"),
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "enable.partition.eof": False,
        }
    )
    consumer.assign([TopicPartition("in", 0)])
    yield consumer
    consumer.close()


def test_a_transaction_from_begin_to_end(ready):
    assert ready.begin_transaction() is None
    ready.produce("t", b"v")
    assert ready.commit_transaction(HANG) is None
    ready.begin_transaction()
    ready.produce("t", b"v")
    assert ready.abort_transaction(HANG) is None


def test_time_outs_may_be_left_out_or_named(producer):
    producer.init_transactions()
    producer.begin_transaction()
    producer.commit_transaction(timeout=None)
    producer.begin_transaction()
    producer.abort_transaction(timeout=-1)


def test_without_a_transactional_id_it_is_named():
    with Producer({}) as producer:
        text = "The Transactional API requires transactional.id to be configured"
        for call in (producer.init_transactions, producer.begin_transaction, producer.commit_transaction):
            with raises_kafka_error("_NOT_CONFIGURED", text):
                call()


def test_calls_in_the_wrong_order_are_refused(producer):
    with raises_kafka_error("_STATE", "Operation not valid in state Init"):
        producer.begin_transaction()
    producer.init_transactions(HANG)
    with raises_kafka_error("_STATE", "Operation not valid in state Ready"):
        producer.init_transactions(HANG)
    producer.begin_transaction()
    with raises_kafka_error("_STATE", "Operation not valid in state InTransaction"):
        producer.begin_transaction()


def test_delivery_callbacks_run_on_the_thread_that_commits(ready):
    threads = []
    ready.begin_transaction()
    for _ in range(3):
        ready.produce("t", b"v", on_delivery=lambda error, message: threads.append((error, threading.get_ident())))
    ready.commit_transaction(HANG)
    assert threads == [(None, threading.get_ident())] * 3


def test_what_is_aborted_before_it_was_sent_is_reported_as_purged(cluster, ready):
    reports = []
    ready.begin_transaction()
    ready.produce("t", b"v", on_delivery=lambda error, message: reports.append(None))
    ready.flush()
    cluster.set_broker_rtt(1, 0.3)
    for _ in range(3):
        ready.produce("t", b"v", on_delivery=lambda error, message: reports.append(error and error.name()))
    ready.abort_transaction(HANG)
    assert len(reports) == 4
    assert set(reports) <= {None, "_PURGE_QUEUE"}


def test_what_a_callback_raises_comes_out_of_abort_and_the_transaction_is_aborted(cluster, ready):
    def refuse(error, message):
        raise ValueError("from the callback")

    ready.begin_transaction()
    cluster.set_broker_rtt(1, 0.3)
    ready.produce("t", b"v", on_delivery=refuse)
    with pytest.raises(ValueError, match="from the callback"):
        ready.abort_transaction(HANG)
    ready.begin_transaction()
    ready.commit_transaction(HANG)


def test_a_time_out_is_retriable_and_goes_on_where_it_was():
    with MockCluster() as cluster:
        cluster.set_broker_down(1)
        producer = Producer({"bootstrap.servers": cluster.bootstrap_servers, "transactional.id": "tx", "log_level": 0})
        with pytest.raises(RetriableException) as caught:
            producer.init_transactions(0.3)
        assert isinstance(caught.value, TimeoutException)
        assert caught.value.args[0].retriable()
        cluster.set_broker_up(1)
        producer.init_transactions(HANG)
        producer.close(0)


def test_a_commit_whose_messages_are_not_delivered_in_time_is_retriable(cluster, ready):
    ready.begin_transaction()
    cluster.set_broker_rtt(1, 1)
    ready.produce("t", b"v")
    with pytest.raises(RetriableException) as caught:
        ready.commit_transaction(0.01)
    assert caught.value.args[0].code() == KafkaError._TIMED_OUT
    cluster.set_broker_rtt(1, 0)
    ready.commit_transaction(HANG)


def test_a_message_that_fails_makes_the_transaction_abortable(cluster, ready):
    ready.begin_transaction()
    cluster.push_request_errors("Produce", ["TOPIC_AUTHORIZATION_FAILED"])
    ready.produce("t", b"v", on_delivery=lambda error, message: None)
    with pytest.raises(AbortableException) as caught:
        ready.commit_transaction(HANG)
    assert caught.value.args[0].txn_requires_abort()
    ready.abort_transaction(HANG)
    ready.begin_transaction()
    ready.produce("other", b"v")
    ready.commit_transaction(HANG)


def test_an_error_that_is_two_things_is_caught_as_either(cluster, ready, consumer):
    assert next_event(consumer).value() == b"a"
    ready.begin_transaction()
    cluster.push_request_errors("TxnOffsetCommit", ["GROUP_AUTHORIZATION_FAILED"])
    with pytest.raises(AbortableException) as caught:
        ready.send_offsets_to_transaction([TopicPartition("in", 0, 1)], consumer.consumer_group_metadata(), HANG)
    assert isinstance(caught.value, AuthorizationException)
    assert type(pickle.loads(pickle.dumps(caught.value))) is type(caught.value)
    ready.abort_transaction(HANG)


def test_a_producer_that_was_fenced_is_a_fatal_error(cluster, ready):
    ready.begin_transaction()
    ready.produce("t", b"v")
    cluster.push_request_errors("EndTxn", ["PRODUCER_FENCED"])
    with pytest.raises(FatalException) as caught:
        ready.commit_transaction(HANG)
    assert caught.value.args[0].fatal()


def test_group_metadata_are_bytes(consumer):
    assert type(consumer.consumer_group_metadata()) is bytes


def test_arguments_of_send_offsets_are_checked(ready):
    with pytest.raises(TypeError, match="group_metadata must be bytes.*not int"):
        ready.send_offsets_to_transaction([], 5, 0.1)
    with pytest.raises(TypeError, match="positions requires list of TopicPartition"):
        ready.send_offsets_to_transaction(5, b"", 0.1)
    with raises_kafka_error("_BAD_MSG"):
        ready.send_offsets_to_transaction([], b"nonsense", 0.1)


@pytest.mark.parametrize("name", ["commit_transaction", "abort_transaction"])
def test_ending_inside_a_callback_is_refused(ready, name):
    raised = []

    def end(error, message):
        with pytest.raises(RuntimeError, match=f"{name}.* inside a callback") as caught:
            getattr(ready, name)()
        raised.append(caught.value)

    ready.begin_transaction()
    ready.produce("t", b"v", on_delivery=end)
    ready.flush()
    assert len(raised) == 1
    ready.commit_transaction(HANG)


# MARK: As a block


def test_a_block_waits_for_its_messages(ready, consumer):
    reports = []
    message = next_event(consumer)
    with ready.transaction(consumer=consumer):
        ready.produce("t", message.value(), on_delivery=lambda error, message: reports.append(error))
    assert reports == [None]
    assert next_event(consumer).value() == b"b"


def test_a_block_that_raises_aborts_and_its_records_come_again(ready, consumer):
    with pytest.raises(KeyError, match="ours"), ready.transaction(consumer):
        ready.produce("t", next_event(consumer).value())
        raise KeyError("ours")
    assert consumer.committed([TopicPartition("in", 0)], HANG)[0].offset == -1001
    assert next_event(consumer).value() == b"a"
    # The mock cluster keeps no offsets of transactions.
    consumer.commit(offsets=[TopicPartition("in", 0, 1)], asynchronous=False)
    with pytest.raises(KeyError), ready.transaction(consumer):
        assert [next_event(consumer).value() for _ in range(2)] == [b"b", b"c"]
        raise KeyError("ours")
    assert next_event(consumer).value() == b"b"


def test_a_block_whose_offsets_are_refused_is_aborted_and_its_records_come_again(cluster, ready, consumer):
    cluster.push_request_errors("TxnOffsetCommit", ["GROUP_AUTHORIZATION_FAILED"])
    with pytest.raises(AbortableException), ready.transaction(consumer):
        assert next_event(consumer).value() == b"a"
    with ready.transaction(consumer):
        assert next_event(consumer).value() == b"a"


def test_a_block_whose_message_fails_is_aborted(cluster, ready):
    cluster.push_request_errors("Produce", ["TOPIC_AUTHORIZATION_FAILED"])
    with pytest.raises(AbortableException), ready.transaction():
        ready.produce("t", b"v", on_delivery=lambda error, message: None)
    with ready.transaction():
        ready.produce("other", b"v")


def test_what_a_delivery_callback_raises_at_the_end_of_a_block_aborts_it_and_its_records_come_again(ready, consumer):
    def refuse(error, message):
        raise ValueError("from the callback")

    with pytest.raises(ValueError, match="from the callback"), ready.transaction(consumer):
        ready.produce("t", next_event(consumer).value(), on_delivery=refuse)
    with ready.transaction(consumer):
        assert next_event(consumer).value() == b"a"


def test_an_exception_of_kafkas_that_a_callback_has_made_of_a_text_aborts_a_block(ready, consumer):
    def refuse(error, message):
        raise KafkaException("ours")

    with pytest.raises(KafkaException, match="ours"), ready.transaction(consumer):
        ready.produce("t", next_event(consumer).value(), on_delivery=refuse)
    with ready.transaction(consumer):
        assert next_event(consumer).value() == b"a"


def test_records_come_again_though_a_callback_raises_inside_the_abort(cluster, ready, consumer):
    def refuse(error, message):
        raise ValueError("from the callback")

    with pytest.raises(ValueError, match="from the callback"), ready.transaction(consumer):
        # It is not sent before the abort purges it.
        cluster.set_broker_rtt(1, 0.3)
        ready.produce("t", next_event(consumer).value(), on_delivery=refuse)
        raise KeyError("ours")
    with ready.transaction(consumer):
        assert next_event(consumer).value() == b"a"


def test_ctrl_c_while_a_block_waits_for_its_messages_aborts_it_and_its_records_come_again(cluster, consumer):
    waiting = threading.Event()

    def interrupt():
        assert waiting.wait(HANG)
        os.kill(os.getpid(), signal.SIGINT)
        cluster.set_broker_up(1)

    config = {
        "bootstrap.servers": cluster.bootstrap_servers,
        "transactional.id": unique_name("tx"),
        "reconnect.backoff.max.ms": 100,
        "statistics.interval.ms": 10,
        "stats_cb": lambda text: waiting.set(),
        "log_level": 0,
    }
    interrupting = threading.Thread(target=interrupt)
    with Producer(config) as producer:
        producer.init_transactions(HANG)
        with pytest.raises(KeyboardInterrupt), producer.transaction(consumer):
            value = next_event(consumer).value()
            cluster.set_broker_down(1)
            producer.produce("t", value)
            # Nothing serves statistics from here on but the wait at the end.
            waiting.clear()
            interrupting.start()
        interrupting.join()
        with producer.transaction(consumer):
            assert next_event(consumer).value() == b"a"


def test_a_block_takes_no_consumer_that_commits_by_itself(cluster, ready):
    with Consumer({"bootstrap.servers": cluster.bootstrap_servers, "group.id": "g"}) as consumer:
        with raises_kafka_error("_INVALID_ARG") as caught, ready.transaction(consumer):
            raise AssertionError("the block runs")
        assert "enable.auto.commit" in caught.value.args[0].str()
    with ready.transaction():
        pass


def test_arguments_of_a_block_are_checked(producer):
    with pytest.raises(TypeError, match="consumer must be a Consumer or None, not str"):
        producer.transaction("c")
    with pytest.raises(ValueError, match="timeout must not be negative"):
        producer.transaction(timeout=-1)


def test_a_block_without_brokers_ends_in_time():
    producer = Producer({"bootstrap.servers": NO_SERVER, "transactional.id": "tx", "log_level": 0})
    with raises_kafka_error("_STATE", "Operation not valid in state Init"), producer.transaction():
        raise AssertionError("the block runs")
    producer.close(0)


def test_a_partition_that_was_not_consumed_keeps_its_committed_offset(ready, consumer):
    # position() of the MapR dialect gives 0 for it.
    consumer.commit(offsets=[TopicPartition("in", 0, 2)], asynchronous=False)
    with ready.transaction(consumer):
        pass
    assert consumer.committed([TopicPartition("in", 0)], HANG)[0].offset == 2


def test_the_example_copies_each_record(cluster, consumer):
    example = Path(__file__).parents[2] / "examples" / "exactly_once.py"
    command = [sys.executable, example, "--bootstrap", cluster.bootstrap_servers, "--exit-at-end", "in", "out"]
    subprocess.run(command, check=True, timeout=HANG)
    consumer.assign([TopicPartition("out", partition) for partition in range(4)])
    assert sorted(next_event(consumer).value() for _ in range(3)) == [b"A", b"B", b"C"]
