"""Faults of old releases of librdkafka that the client keeps from the program: see docs/librdkafka.md.

They end the process where they are met, so each is tried in one of its own. On other releases the same must hold.
"""

import subprocess
import sys

PROGRAM = """
from mapr_streams_python import Consumer
from mapr_streams_python.testing import MockCluster

with MockCluster() as cluster:
    consumer = Consumer({
        "bootstrap.servers": cluster.bootstrap_servers, "group.id": "g", "allow.auto.create.topics": False,
        "topic.metadata.propagation.max.ms": 100, "log_level": 0,
    })
    consumer.subscribe(["there.is.none"])
    errors = []
    for _ in range(30):
        errors += [message for message in [consumer.poll(0.1)] if message is not None]
    # Long kept messages copy what librdkafka knows of them; so does asking.
    print([message.leader_epoch() for message in errors if message.leader_epoch() is not None])
    consumer.close()
"""


def test_an_error_about_an_unknown_topic_can_be_kept_and_asked():
    """librdkafka 2.1.0 crashed in rd_kafka_message_leader_epoch (its issue 4245)."""
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stdout.strip()) == (0, "[]"), ended.stderr


UNASSIGNED = """
import contextlib, sys, threading
from mapr_streams_python import Consumer
from mapr_streams_python.testing import MockCluster, wait_until

def close(consumer):
    consumer.close()

def leave_with_block(consumer):
    with consumer:
        pass

def unsubscribe_first(consumer):
    consumer.unsubscribe()
    consumer.close()

def subscribe_again_first(consumer):
    consumer.unsubscribe()
    consumer.subscribe(["t"])
    consumer.close()

def close_twice(consumer):
    consumer.close()
    consumer.close()

def drop(consumer):
    pass

ENDS = [close, leave_with_block, unsubscribe_first, subscribe_again_first, close_twice, drop]
survivors = []

def run(end):
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(MockCluster(brokers=1))
        cluster.create_topic("t")
        # The group is joined, and never comes to an assignment.
        cluster.push_request_errors("SyncGroup", ["REBALANCE_IN_PROGRESS"] * 1000, broker_id=1)
        consumer = Consumer({
            "bootstrap.servers": cluster.bootstrap_servers, "group.id": "g", "session.timeout.ms": 6000,
            "partition.assignment.strategy": "cooperative-sticky", "log_level": 0,
        })
        consumer.subscribe(["t"])

        def joined():
            consumer.poll(0.05)
            return cluster.request_errors_left("SyncGroup", 1) < 1000

        wait_until(joined, 60)
        if end == "at exit":
            survivors.append((consumer, cluster, stack.pop_all()))
        else:
            end(consumer)
        del consumer

threads = [threading.Thread(target=run, args=(end,)) for end in [*ENDS, "at exit"]]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("ended")
"""


def test_a_cooperative_consumer_ends_before_its_first_assignment():
    """librdkafka before 2.3.0 aborted in rd_kafka_sticky_assignor_state_destroy (its issue 4381)."""
    ended = subprocess.run([sys.executable, "-c", UNASSIGNED], capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stdout.strip()) == (0, "ended"), ended.stderr
