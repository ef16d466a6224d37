"""Reference cycles through every field that the native types own, for running under one interpreter after the other.

Each function of CYCLES builds a cycle through one field, and returns an object in it that a weak reference can watch.
As a program it collects them all, and fails where one is left.
"""

from __future__ import annotations

import contextlib
import gc
import sys
import time
import weakref

from mapr_streams_python import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition, cimpl
from mapr_streams_python.testing import MockCluster

TOPIC = "cycles"
NO_SERVER = "127.0.0.1:1"


class Node:
    """Anything: it can be called, logs, and has attributes."""

    def __call__(self, *arguments):
        pass

    log = on_assign = on_revoke = on_lost = __call__


class Text(str):
    """A str that can have attributes."""


class Seconds(float):
    pass


def producer(**config):
    return Producer({"bootstrap.servers": NO_SERVER, "log_level": 0, **config})


def admin(**config):
    return cimpl._AdminClient({"bootstrap.servers": NO_SERVER, "log_level": 0, **config})


def consumer(servers=NO_SERVER, **config):
    return Consumer({"bootstrap.servers": servers, "group.id": "g", "log_level": 0, **config})


def assigned(cluster, **config):
    reader = consumer(cluster.bootstrap_servers, **config)
    reader.assign([TopicPartition(TOPIC, 0, 0)])
    return reader


def through_callback(make, property):
    def build(cluster):
        node = Node()
        node.client = make(**{property: node})
        return node

    return build


def through_rebalance_callback(name):
    def build(cluster):
        node = Node()
        node.client = consumer()
        node.client.subscribe([TOPIC], **{name: node})
        return node

    return build


def through_last_topic(cluster):
    # Only an exact str stays, which cannot be part of a cycle; a subclass of it is in `topics`.
    return through_topics(cluster)


def through_topics(cluster):
    topic = Text("t")
    topic.producer = producer()
    topic.producer.produce(topic, "v")
    topic.producer.produce(topic, "v")
    topic.producer.purge()
    assert topic.producer.flush(60) == 0
    return topic


def through_timeout(make):
    def build(cluster):
        # Only an exact int or float stays, which cannot be part of a cycle.
        timeout = Seconds(0)
        timeout.client = make()
        for _ in range(3):
            timeout.client.poll(timeout)
        return timeout

    return build


def through_delayed(cluster):
    """An exception that waits for the next call, because this one had messages to return."""
    raised = []

    def fail(*arguments):
        if not raised:
            raised.append(KafkaException("later"))
            raise raised[0]

    reader = assigned(cluster, **{"stats_cb": fail, "statistics.interval.ms": 100})
    deadline = time.monotonic() + 300
    got = []
    while not (raised and got):
        assert time.monotonic() < deadline
        raised.clear()
        reader.assign([TopicPartition(TOPIC, 0, 0)])
        # One call both serves the statistics and has messages to return, sooner or later.
        try:
            got = reader.consume(1000, 0.3)
        except KafkaException:
            got = []
    exception = raised.pop()
    exception.consumer = reader
    return exception


def consumed(cluster, count=1):
    reader = assigned(cluster)
    messages = []
    deadline = time.monotonic() + 300
    while len(messages) < count:
        assert time.monotonic() < deadline
        message = reader.poll(1)
        if message is not None and message.error() is None:
            messages.append(message)
    reader.close()
    return messages[-1]


def event(cluster):
    reader = assigned(cluster)
    deadline = time.monotonic() + 300
    while True:
        assert time.monotonic() < deadline
        message = reader.poll(1)
        if message is not None and message.error() is not None:
            return message


def through_message_setter(name):
    def build(cluster):
        node = Node()
        node.message = Message("t")
        getattr(node.message, name)(node)
        return node

    return build


def through_message_topic(cluster):
    topic = Text("t")
    topic.message = Message("other")
    topic.message.set_topic(topic)
    return topic


def through_headers(cluster):
    message = consumed(cluster)
    node = Node()
    message.headers().append(node)
    message.headers().append(message)
    return node


def through_error(cluster):
    node = Node()

    def fail(message):
        # The frame, which the traceback keeps, holds both.
        inside = (node, message)
        raise inside[1].error()

    message = event(cluster)
    try:
        fail(message)
    except KafkaError as error:
        assert error is message.error() and error.__traceback__ is not None
    return node


def through_partition_topic(cluster):
    topic = Text("t")
    topic.partition = TopicPartition(topic)
    return topic


def through_partition_metadata(cluster):
    metadata = Text("m")
    metadata.partition = TopicPartition("t", metadata=metadata)
    return metadata


def through_partition_error(cluster):
    error = KafkaError(1)
    error.partition = TopicPartition("t")
    error.partition.__setstate__(error)
    return error


def through_reason(cluster):
    reason = Text("why")
    reason.error = KafkaError(1, reason)
    return reason


# By type and field: what the types' tables of fields say, and no more.
CYCLES = {
    ("Producer", "callbacks.error"): through_callback(producer, "error_cb"),
    ("Producer", "callbacks.statistics"): through_callback(producer, "stats_cb"),
    ("Producer", "callbacks.throttle"): through_callback(producer, "throttle_cb"),
    ("Producer", "callbacks.logger"): through_callback(producer, "logger"),
    ("Producer", "callbacks.token"): through_callback(producer, "oauth_cb"),
    ("Producer", "callbacks.report"): through_callback(producer, "on_delivery"),
    ("Producer", "timeout"): through_timeout(producer),
    ("Producer", "lastTopic"): through_last_topic,
    ("Producer", "topics"): through_topics,
    ("Admin", "callbacks.error"): through_callback(admin, "error_cb"),
    ("Admin", "callbacks.statistics"): through_callback(admin, "stats_cb"),
    ("Admin", "callbacks.throttle"): through_callback(admin, "throttle_cb"),
    ("Admin", "callbacks.logger"): through_callback(admin, "logger"),
    ("Admin", "callbacks.token"): through_callback(admin, "oauth_cb"),
    ("Admin", "timeout"): through_timeout(admin),
    ("Consumer", "callbacks.error"): through_callback(consumer, "error_cb"),
    ("Consumer", "callbacks.statistics"): through_callback(consumer, "stats_cb"),
    ("Consumer", "callbacks.throttle"): through_callback(consumer, "throttle_cb"),
    ("Consumer", "callbacks.logger"): through_callback(consumer, "logger"),
    ("Consumer", "callbacks.token"): through_callback(consumer, "oauth_cb"),
    ("Consumer", "callbacks.report"): through_callback(consumer, "on_commit"),
    ("Consumer", "callbacks.rebalance"): through_callback(consumer, "rebalance_cb"),
    ("Consumer", "timeout"): through_timeout(consumer),
    ("Consumer", "onAssign"): through_rebalance_callback("on_assign"),
    ("Consumer", "onRevoke"): through_rebalance_callback("on_revoke"),
    ("Consumer", "onLost"): through_rebalance_callback("on_lost"),
    ("Consumer", "delayed"): through_delayed,
    ("Message", "topic"): through_message_topic,
    ("Message", "value"): through_message_setter("set_value"),
    ("Message", "key"): through_message_setter("set_key"),
    ("Message", "headers"): through_headers,
    ("Message", "error"): through_error,
    ("TopicPartition", "topic"): through_partition_topic,
    ("TopicPartition", "metadata"): through_partition_metadata,
    ("TopicPartition", "error"): through_partition_error,
    ("KafkaError", "reason"): through_reason,
}


def through_class(base, *arguments):
    """A class derived from one of ours that holds an instance."""

    def build(cluster):
        derived = type("Derived", (base,), {})
        derived.instance = derived(*arguments)
        return derived

    return build


def through_exception(attribute):
    """What every exception holds, which is in fields of the base type."""

    def build(cluster):
        error = KafkaError(1)
        node = Node()
        other = KafkaException(node)
        node.error = error
        if attribute == "__traceback__":

            def fail(inside):
                assert inside is node
                raise error

            with contextlib.suppress(KafkaError):
                fail(node)
        elif attribute == "args":
            error.args = (node,)
        else:
            setattr(error, attribute, other)
        return node

    return build


OTHERS = {
    ("Producer", "its class"): through_class(Producer, {"bootstrap.servers": NO_SERVER, "log_level": 0}),
    ("_AdminClient", "its class"): through_class(cimpl._AdminClient, {"bootstrap.servers": NO_SERVER, "log_level": 0}),
    ("Consumer", "its class"): through_class(
        Consumer, {"bootstrap.servers": NO_SERVER, "group.id": "g", "log_level": 0}
    ),
    ("Message", "its class"): through_class(Message, "t"),
    ("TopicPartition", "its class"): through_class(TopicPartition, "t"),
    ("KafkaError", "its class"): through_class(KafkaError, 1),
    ("_MockCluster", "its class"): through_class(cimpl._MockCluster, 1),
    ("KafkaError", "an attribute"): through_exception("attribute"),
    **{("KafkaError", name): through_exception(name) for name in ("__context__", "__cause__", "__traceback__", "args")},
}


def fill(cluster):
    source = Producer({"bootstrap.servers": cluster.bootstrap_servers})
    for number in range(10):
        source.produce(TOPIC, f"v{number}", "k", 0, headers=[("a", "b")])
    assert source.flush(30) == 0


def is_collected(build, cluster):
    gc.collect()
    # Only what is built below can be found by the collector.
    watched = weakref.ref(build(cluster))
    deadline = time.monotonic() + 60
    while watched() is not None and time.monotonic() < deadline:
        gc.collect()
    return watched() is None


def main():
    told = []
    sys.unraisablehook = told.append
    with MockCluster() as cluster:
        fill(cluster)
        for place, build in {**CYCLES, **OTHERS}.items():
            assert is_collected(build, cluster), f"not collected: {place}"
    # The exception that waited for a call that never came.
    assert [type(each.exc_value) for each in told] == [KafkaException], told
    print(len(CYCLES) + len(OTHERS), "cycles")


if __name__ == "__main__":
    main()
