"""Every other call, and the callbacks."""

# What the lambdas use of a loop they use at once.
# ruff: noqa: B023

from __future__ import annotations

import _testcapi
import copy
import gc
import sys
import time

from failing import RECORDS, TOPIC, call_failing, case, consumer, failing, producer, reading

from mapr_streams_python import Consumer, KafkaError, Producer, TopicPartition, cimpl


@case
def constructors(cluster):
    def callback(*arguments):
        pass

    class Logger:
        log = callback

    logger = Logger()
    config = {
        "bootstrap.servers": cluster.bootstrap_servers,
        "group.id": "g",
        "error_cb": callback,
        "stats_cb": callback,
        "throttle_cb": callback,
        "oauth_cb": callback,
        "logger": logger,
        "streams.compatibility": "kafka",
        "default.topic.config": {"acks": 1},
    }
    failing(Producer, config, keywords={"on_delivery": callback}, watched=(callback, logger, Producer), enough=3)
    failing(Consumer, config, keywords={"on_commit": callback}, watched=(callback, logger, Consumer), enough=3)
    failing(lambda: Producer({"no.such.property": 1}) and None, until=2)


@case
def a_property_is_never_overlooked(cluster):
    # In the kafka dialect a consumer needs a group: an overlooked property would make one without.
    for first in range(1, 60):
        _testcapi.set_nomemory(first, first + 2)
        try:
            Consumer({"streams.compatibility": "kafka"})
        except (MemoryError, ValueError) as error:
            failure = error
        finally:
            _testcapi.remove_mem_hooks()
        assert failure is not None
        failure = None


@case
def events(cluster):
    reader = reading(cluster, **{"enable.partition.eof": True})
    deadline = time.monotonic() + 60
    found = None
    while found is None or found.error() is None:
        assert time.monotonic() < deadline
        found = reader.poll(1)
    for _ in range(4):
        reader.seek(TopicPartition(TOPIC, 0, RECORDS))
        event = None
        while event is None:
            event = reader.poll(1)
        failing(event.error, expected=lambda result: result.code() == KafkaError._PARTITION_EOF, enough=3)
    reader.close()


@case
def topic_partition(cluster):
    topic, metadata = TOPIC + "x", TOPIC + "metadata"
    failing(TopicPartition, topic, 1, 2, metadata, 3, watched=(topic, metadata, TopicPartition))
    failing(lambda: TopicPartition(topic=topic, offset=5), watched=(topic,))
    one = TopicPartition(topic, 1, 2, metadata, 3)
    for name in ("__repr__", "__hash__", "__reduce__"):
        failing(getattr(one, name), expected=lambda result: result is not None)
    for name in ("topic", "partition", "offset", "error", "metadata", "leader_epoch"):
        failing(lambda: getattr(one, name), expected=lambda result: result == getattr(one, name))
    # A fresh str has no UTF-8 of its own yet.
    for _ in range(10):
        first, second = TopicPartition("\u00e4" * 3 + "a"), TopicPartition("\u00e4" * 3 + "b")
        failing(lambda: first < second and first != second, expected=lambda result: result is True, enough=3)


@case
def kafka_error(cluster):
    reason = TOPIC + "because"
    failing(KafkaError, 1, reason, True, True, True, watched=(reason, KafkaError))
    failing(lambda: KafkaError(error=1, reason=reason), watched=(reason,))
    for error in (KafkaError(1), KafkaError(1, reason, True)):
        for name in ("code", "name", "str", "fatal", "retriable", "__repr__", "__str__", "__hash__", "__reduce__"):
            failing(getattr(error, name), expected=lambda result: result is not None)
        failing(lambda: error == 1, expected=lambda result: result is True)
        failing(lambda: copy.copy(error), expected=lambda result: result == error)


@case
def partitions(cluster):
    def failing(*arguments, **keywords):
        # Requests take their time.
        return call_failing(*arguments, enough=2, **keywords)

    reader = reading(cluster)
    deadline = time.monotonic() + 30
    while reader.poll(0.1) is None:
        assert time.monotonic() < deadline
    one = TopicPartition(TOPIC, 0, 1)
    fresh = lambda: TopicPartition("".join(["no", "memory"]), 0, 1)  # noqa: E731
    failing(
        reader.assignment, expected=lambda result: [(each.topic, each.partition) for each in result] == [(TOPIC, 0)]
    )
    failing(reader.position, [one], expected=lambda result: result[0].offset >= 1)
    failing(reader.committed, [one], expected=lambda result: len(result) == 1)
    failing(reader.get_watermark_offsets, one, expected=lambda result: result == (0, RECORDS))
    failing(reader.get_watermark_offsets, one, keywords={"cached": True}, expected=lambda result: len(result) == 2)
    failing(reader.offsets_for_times, [one], expected=lambda result: len(result) == 1)
    failing(reader.end_offsets, [one], expected=lambda result: result == {one: RECORDS})
    failing(reader.lag, [one], expected=lambda result: list(result) == [one])
    failing(
        lambda: reader.commit(offsets=[fresh()], asynchronous=False), expected=lambda result: result[0].topic == TOPIC
    )
    failing(lambda: reader.commit(offsets=[fresh()]))
    failing(lambda: reader.seek(fresh()))
    failing(lambda: reader.pause([fresh()]))
    failing(lambda: reader.resume([fresh()]))
    failing(reader.memberid)
    reader.close()


@case
def assigning(cluster):
    reader = consumer(cluster)
    for name in ("assign", "incremental_assign"):
        for first in range(1, 20):
            failure = None
            _testcapi.set_nomemory(first, first + 2)
            try:
                getattr(reader, name)([TopicPartition("".join(["no", "memory"]), 0, 1)])
            except MemoryError as error:
                failure = error
            finally:
                _testcapi.remove_mem_hooks()
            # Between two: librdkafka 2.0.2 may abort where what it begins to fetch is assigned again at once.
            assert len(reader.assignment()) == (0 if failure else 1)
            reader.unassign()
            failure = None
    failing(reader.unassign)
    reader.close()


@case
def storing(cluster):
    reader = reading(cluster, **{"enable.auto.offset.store": False})
    deadline = time.monotonic() + 30
    found = None
    while found is None:
        assert time.monotonic() < deadline
        found = reader.poll(0.1)
    failing(lambda: reader.store_offsets(offsets=[TopicPartition("".join(["no", "memory"]), 0, 1)]))
    failing(lambda: reader.store_offsets(found))
    failing(lambda: reader.commit(found, asynchronous=False), expected=lambda result: result[0].offset == 1)
    failing(lambda: reader.commit(asynchronous=False), until=2)
    reader.close()


@case
def list_topics(cluster):
    source = producer(cluster)
    failing(source.list_topics, expected=lambda result: TOPIC in result.topics)
    failing(lambda: source.list_topics(topic=TOPIC, timeout=10), expected=lambda result: TOPIC in result.topics)
    failing(source.purge)
    failing(source.flush, 5.5, expected=lambda result: result == 0)
    reader = consumer(cluster)
    failing(reader.list_topics, expected=lambda result: TOPIC in result.topics)
    reader.close()


@case
def subscribe(cluster):
    class Listener:
        def on_assign(self, consumer, partitions):
            pass

        def on_revoke(self, consumer, partitions):
            pass

    def callback(*arguments):
        pass

    listener = Listener()
    reader = consumer(cluster)
    before = sys.getrefcount(callback), sys.getrefcount(listener)
    failing(
        lambda: reader.subscribe(["".join(["no", "memory"])], on_assign=callback, on_revoke=callback, on_lost=callback)
    )
    failing(lambda: reader.subscribe(["t"], listener))
    failing(lambda: reader.subscribe(["t"], listener=listener))
    failing(reader.unsubscribe)
    reader.close()
    reader = None
    gc.collect()
    assert (sys.getrefcount(callback), sys.getrefcount(listener)) == before


@case
def callbacks(cluster):
    called = []

    def callback(*arguments):
        called.append(len(arguments))

    class Logger:
        def log(self, *arguments):
            called.append(arguments)

    before = sys.getrefcount(callback)
    reader = consumer(
        cluster,
        error_cb=callback,
        stats_cb=callback,
        on_commit=callback,
        logger=Logger(),
        debug="cgrp",
        **{"statistics.interval.ms": 5},
    )
    reader.subscribe([TOPIC], on_assign=callback, on_revoke=callback)
    deadline = time.monotonic() + 30
    first = 0
    while time.monotonic() < deadline and (first < 400 or not reader.assignment()):
        _testcapi.set_nomemory(first % 40 + 1, first % 40 + 3)
        try:
            reader.poll(0.01)
        except MemoryError:
            pass
        finally:
            _testcapi.remove_mem_hooks()
        first += 1
    reader.close()
    reader = None
    gc.collect()
    assert called
    assert sys.getrefcount(callback) == before


@case
def mock_cluster(cluster):
    failing(lambda: cimpl._MockCluster(1) and None, enough=1)
    native = cimpl._MockCluster(1)
    native.create_topic("t", 1, 1)
    failing(native.bootstrap_servers, expected=lambda result: ":" in result)
    failing(lambda: native.push_request_errors(3, [300, 400]))
    native.close()
