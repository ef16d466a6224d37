"""Transactions: the calls one by one, and the errors of each kind, on the mock cluster.

What readers see is in pytests/kafka/test_kafka_transactions.py: the mock cluster keeps no marks of transactions.
"""

import pickle
import threading

import pytest
from limits import HANG

from mapr_streams_python import (
    AbortableException,
    AuthorizationException,
    FatalException,
    KafkaError,
    Producer,
    RetriableException,
    TimeoutException,
    TopicPartition,
)
from mapr_streams_python.testing import MockCluster, unique_name, wait_until

from ..support import next_event, raises_kafka_error


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


def test_what_is_aborted_before_it_was_sent_is_reported_as_purged(cluster):
    reports = []
    config = {
        "bootstrap.servers": cluster.bootstrap_servers,
        "transactional.id": unique_name("tx"),
        "linger.ms": 30_000,
    }
    with Producer(config) as producer:
        producer.init_transactions(HANG)
        producer.begin_transaction()
        producer.produce("t", b"v", on_delivery=lambda error, message: reports.append(error))
        producer.flush()
        # These wait for more to come.
        for _ in range(3):
            producer.produce("t", b"v", on_delivery=lambda error, message: reports.append(error.name()))
        producer.abort_transaction(HANG)
    assert reports == [None, *["_PURGE_QUEUE"] * 3]


def test_an_abort_waits_until_the_coordinator_knows_of_the_transaction(cluster, ready):
    """Before that Kafka refuses it, which is fatal in librdkafka (its issue 4849)."""
    refusals, reports = 5, []
    cluster.push_request_errors("AddPartitionsToTxn", [KafkaError.CONCURRENT_TRANSACTIONS] * refusals, broker_id=1)
    ready.begin_transaction()
    ready.produce("t", b"v", on_delivery=lambda error, message: reports.append(error))
    wait_until(lambda: cluster.request_errors_left("AddPartitionsToTxn", 1) < refusals, HANG)
    ready.abort_transaction(HANG)
    assert reports == [None]


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


@pytest.mark.parametrize("name", ["commit_transaction", "abort_transaction"])
def test_without_a_time_the_end_of_a_transaction_has_that_of_transactions(cluster, name):
    """librdkafka says so too, and waits for ever."""
    config = {
        "bootstrap.servers": cluster.bootstrap_servers,
        "transactional.id": unique_name("tx"),
        # It is that of the message, too, which has to arrive.
        "transaction.timeout.ms": 10000,
        "reconnect.backoff.max.ms": 100,
        "log_level": 0,
    }
    with Producer(config) as producer:
        producer.init_transactions(HANG)
        producer.begin_transaction()
        producer.produce("t", b"v")
        producer.flush()
        cluster.set_broker_down(1)
        with pytest.raises(RetriableException) as caught:
            getattr(producer, name)()
        assert caught.value.args[0].code() == KafkaError._TIMED_OUT
        cluster.set_broker_up(1)
        getattr(producer, name)(HANG)


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
