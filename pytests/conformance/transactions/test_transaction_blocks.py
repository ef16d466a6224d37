"""Transactions as a block: `with producer.transaction(consumer):`. The mock cluster keeps none of their offsets."""

import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from limits import HANG

from mapr_streams_python import (
    AbortableException,
    Consumer,
    KafkaError,
    KafkaException,
    Producer,
    RetriableException,
    TopicPartition,
    _transaction,
)
from mapr_streams_python.testing import unique_name

from ..support import next_event, raises_kafka_error


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


def test_a_block_before_init_transactions_is_refused(producer):
    with raises_kafka_error("_STATE", "Operation not valid in state Init"), producer.transaction():
        raise AssertionError("the block runs")


def test_a_block_whose_time_is_over_is_retriable(cluster, ready):
    began = time.monotonic()
    with pytest.raises(RetriableException) as caught, ready.transaction(timeout=0.3):
        cluster.set_broker_down(1)
        ready.produce("t", b"v")
    assert caught.value.args[0].code() == KafkaError._TIMED_OUT
    assert time.monotonic() - began >= 0.3
    # The commit was not begun.
    cluster.set_broker_up(1)
    ready.abort_transaction(HANG)


def test_what_is_retriable_for_all_of_a_blocks_time_is_raised_when_it_is_over(under_way, ready):
    with pytest.raises(RetriableException) as caught, ready.transaction(timeout=0.3):
        under_way()
    assert caught.value.args[0].code() == KafkaError._CONFLICT


def test_a_block_tries_again_what_is_retriable(under_way, cluster, ready, monkeypatch):
    pauses = []

    def pause(seconds):
        # What is in the way may end now.
        cluster.set_broker_up(1)
        pauses.append(seconds)
        under_way.call.join(HANG)

    # The block's own clock: the fixture waits by that of everybody.
    monkeypatch.setattr(_transaction, "time", SimpleNamespace(monotonic=time.monotonic, sleep=pause))
    with ready.transaction(timeout=HANG):
        under_way()
    assert len(pauses) == 1
    ready.begin_transaction()


def test_a_partition_that_was_not_consumed_is_left_out(cluster, ready, consumer):
    """position() of the MapR dialect gives 0 for it."""
    cluster.push_request_errors("TxnOffsetCommit", ["GROUP_AUTHORIZATION_FAILED"])
    with ready.transaction(consumer):
        ready.produce("t", b"v")
    # No offsets were sent; they are in the next one.
    assert next_event(consumer).value() == b"a"
    with pytest.raises(AbortableException), ready.transaction(consumer):
        pass


EXAMPLE = Path(__file__).parents[3] / "examples" / "exactly_once.py"


def test_the_example_copies_each_record(cluster, consumer):
    command = [sys.executable, EXAMPLE, "--bootstrap", cluster.bootstrap_servers, "--exit-at-end", "in", "out"]
    subprocess.run(command, check=True, timeout=HANG)
    consumer.assign([TopicPartition("out", partition) for partition in range(4)])
    assert sorted(next_event(consumer).value() for _ in range(3)) == [b"A", b"B", b"C"]


def test_the_example_does_not_end_before_what_was_aborted_has_come_again(cluster, ready, consumer):
    example = runpy.run_path(str(EXAMPLE))

    class Late(Consumer):
        """Gives all that there is at once, to the end of each partition; nothing comes for a while after it."""

        has_come = False
        batches = 0

        def consume(self, *arguments):
            self.has_come = not self.has_come
            self.batches += self.has_come
            found = []
            while self.has_come and sum(message.error() is not None for message in found) < 4:
                found += super().consume(*arguments)
            return found

    config = {
        "bootstrap.servers": cluster.bootstrap_servers,
        "group.id": unique_name("g"),
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
    }
    cluster.push_request_errors("TxnOffsetCommit", ["GROUP_AUTHORIZATION_FAILED"])
    with Late(config) as late:
        assignment = example["Assignment"]()
        late.subscribe(["in"], on_assign=assignment.on_assign)
        example["copy"](late, ready, "out", assignment, True)
        assert late.batches == 2


@pytest.mark.parametrize(
    ("leave", "status"),
    [("", "RuntimeError"), ("raise ValueError('wrong')", "ValueError"), ("sys.exit(3)", "SystemExit")],
    ids=["returns", "raises", "exits"],
)
def test_a_block_that_is_left_in_the_child_of_a_fork_goes_on_in_the_parent(program, watch, leave, status):
    preload = ":".join(filter(None, [os.environ.get("LD_PRELOAD"), watch]))
    program(
        """
from mapr_streams_python.testing import MockCluster

with MockCluster() as cluster:
    cluster.create_topic("t")
    servers = {"bootstrap.servers": cluster.bootstrap_servers, "log_level": 0}
    producer = Producer({**servers, "transactional.id": "x"})
    producer.init_transactions(60)
    reports = []
    left = None
    try:
        with producer.transaction():
            producer.produce("t", "v", on_delivery=lambda error, message: reports.append(error))
            child = os.fork()
            if child == 0:
                LEAVE
            else:
                ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except BaseException as exception:
        left = exception
    if child == 0:
        os._exit(0 if type(left).__name__ == STATUS and left.__context__ is None else 1)
    assert left is None, left
    assert ended == 0, ended
    assert reports == [None]
    with producer.transaction():
        producer.produce("t", "again")
    producer.close()
""".replace("LEAVE", leave or "pass"),
        env={"LD_PRELOAD": preload},
        STATUS=status,
    )
