"""Faults of old releases of librdkafka that the client keeps from the program: see docs/librdkafka.md.

They end the process where they are met, so each is tried in one of its own. On other releases the same must hold.
"""

import subprocess
import sys
import threading

import pytest
from compiled import library_of
from limits import HANG

from mapr_streams_python import Consumer, Producer, TopicPartition, libversion
from mapr_streams_python.testing import MockCluster, deliver, wait_until

RELEASE = tuple(map(int, libversion()[0].split(".")[:3]))

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
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=HANG)
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

        wait_until(joined, 300)
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
    ended = subprocess.run([sys.executable, "-c", UNASSIGNED], capture_output=True, text=True, timeout=HANG)
    assert (ended.returncode, ended.stdout.strip()) == (0, "ended"), ended.stderr


def read(consumer, count):
    """The offsets of the next messages."""
    offsets = []
    wait_until(lambda: [offsets.append(m.offset()) for m in [consumer.poll(0.1)] if m] and len(offsets) >= count, 60)
    return offsets


@pytest.fixture
def full():
    """A cluster with a topic of 100 messages, and the properties of a consumer of it."""
    with MockCluster(brokers=1) as cluster:
        cluster.create_topic("t")
        producer = Producer({"bootstrap.servers": cluster.bootstrap_servers, "log_level": 0})
        for number in range(100):
            producer.produce("t", str(number), partition=0)
        assert producer.flush(60) == 0
        yield {
            "bootstrap.servers": cluster.bootstrap_servers,
            "group.id": "g",
            "auto.offset.reset": "earliest",
            "enable.partition.eof": False,
            "log_level": 0,
        }


def test_to_resume_what_is_not_paused_repeats_no_messages(full):
    """librdkafka before 2.4.0 went back to where it had begun (its issue 4686)."""
    with Consumer(full) as consumer:
        partition = TopicPartition("t", 0, 0)
        consumer.assign([partition])
        assert read(consumer, 50) == list(range(50))
        consumer.resume([partition])
        assert read(consumer, 20) == list(range(50, 70))
        consumer.pause([partition])
        consumer.resume([partition, partition])
        assert read(consumer, 10) == list(range(70, 80))
        consumer.resume([partition])
        assert read(consumer, 20) == list(range(80, 100))


def test_what_is_paused_is_resumed_though_it_was_assigned_anew(full):
    with Consumer(full) as consumer:
        partition = TopicPartition("t", 0, 0)
        consumer.assign([partition])
        read(consumer, 1)
        consumer.pause([partition])
        consumer.assign([partition])
        consumer.resume([partition])
        assert read(consumer, 1) == [0]


def test_what_was_paused_before_librdkafka_knew_it_is_read_on_when_it_is_resumed(full):
    with Consumer(full) as consumer:
        partition = TopicPartition("t", 0, 0)
        consumer.pause([partition])
        consumer.assign([partition])
        assert read(consumer, 5) == list(range(5))
        consumer.resume([partition])
        assert read(consumer, 5) == list(range(5, 10))


def test_offsets_that_are_stored_without_an_epoch_are_committed(full):
    """librdkafka 2.1.0 to 2.2.0 did not commit them once an offset with one was committed (its issue 4442)."""
    with Consumer({**full, "enable.auto.offset.store": False}) as consumer:
        consumer.assign([TopicPartition("t", 0, 0)])
        for offset in (10, 20, 30):
            messages = read(consumer, 10)
            assert messages[-1] == offset - 1
            consumer.store_offsets(offsets=[TopicPartition("t", 0, offset)])
            assert [done.offset for done in consumer.commit(asynchronous=False)] == [offset]
        assert [done.offset for done in consumer.committed([TopicPartition("t", 0)])] == [30]


def test_a_stored_offset_without_an_epoch_follows_one_of_a_message(full):
    with Consumer({**full, "enable.auto.offset.store": False}) as consumer:
        consumer.assign([TopicPartition("t", 0, 0)])
        message = next(filter(None, iter(lambda: consumer.poll(1), ())))
        consumer.store_offsets(message)
        consumer.commit(asynchronous=False)
        consumer.store_offsets(offsets=[TopicPartition("t", 0, 7)])
        assert [done.offset for done in consumer.commit(asynchronous=False)] == [7]


PLUGIN = r"""
#include <dlfcn.h>
#include <stddef.h>
typedef int (*on_conf_destroy)(void *);
typedef int (*add_on_conf_destroy)(void *, const char *, on_conf_destroy, void *);
static int destroyed(void *opaque) { return 0; }
int conf_init(void *conf, void **opaque, char *text, size_t size) {
    void *library = dlopen("librdkafka.so.1", RTLD_LAZY | RTLD_NOLOAD);
    add_on_conf_destroy add =
        (add_on_conf_destroy)dlsym(library, "rd_kafka_conf_interceptor_add_on_conf_destroy");
    return add(conf, "my", destroyed, NULL);
}
"""


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    """A plugin of librdkafka's that wants to be told of the end of a configuration."""
    return library_of(PLUGIN, tmp_path_factory.mktemp("plugin"))


REFUSED = """
import sys
from mapr_streams_python import KafkaException, Producer
for _ in range(20):
    try:
        Producer({"plugin.library.paths": sys.argv[1], "security.protocol": "ssl", "ssl.ca.location": "/no/file"})
    except KafkaException as error:
        assert "ssl.ca.location" in error.args[0].str()
print("refused")
"""


def test_a_configuration_with_a_plugin_may_be_refused(plugin):
    """librdkafka before 2.13.0 freed twice what the plugin had put into it (its issue 4142)."""
    command = [sys.executable, "-c", REFUSED, plugin]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=HANG)
    assert (ended.returncode, ended.stdout.strip()) == (0, "refused"), ended.stderr


@pytest.mark.skipif(not (2, 5, 0) <= RELEASE < (2, 10, 1), reason="of 2.5.0 to 2.10.0")
@pytest.mark.parametrize(("given", "is_warned"), [("{}", False), ("{'enable.metrics.push': True}", True)])
def test_metrics_are_pushed_where_they_are_asked_for(run_python, given, is_warned):
    """librdkafka 2.5.0 to 2.10.0 may abort, and more (its issues 4833, 5102, 5106)."""
    ran = run_python(f"from mapr_streams_python import Producer\nProducer({given})")
    ran.check()
    assert ("comes with enable.metrics.push: " in ran.stderr) == is_warned


def test_a_batch_keeps_what_it_has_taken_though_its_partition_is_paused(kafka_topic, producer, make_consumer):
    """librdkafka before 2.1.0 dropped it, and had moved the position past it (its issue 4208)."""
    partition = TopicPartition(kafka_topic, 0, 0)
    consumer = make_consumer({"enable.partition.eof": False})
    consumer.assign([partition])
    expected, taken = [], []
    for _ in range(10):
        values = [b"%d" % (len(expected) + index) for index in range(5)]
        expected += values
        consuming = threading.Thread(target=lambda: taken.extend(consumer.consume(5, HANG)))
        consuming.start()
        deliver(producer, kafka_topic, values[:2])
        # They are in the batch that is being put together.
        end = len(expected) - 3
        wait_until(lambda end=end: consumer.position([partition])[0].offset == end, 60)
        consumer.pause([partition])
        consumer.resume([partition])
        deliver(producer, kafka_topic, values[2:])
        consuming.join()
    assert [message.value() for message in taken if message.error() is None] == expected
