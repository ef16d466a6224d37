"""Every call of the client's with Python allocations that fail in the midst of it, for one interpreter after the other.

`python nomemory.py case …` runs cases by name, all where none is named. A call is made again and again while first its
first and second allocations fail, then the next ones, until it needs no more. It must give what it always gives, or
raise MemoryError; what it was given must have as many references as before.
"""

# What the lambdas use of a loop they use at once.
# ruff: noqa: B023

from __future__ import annotations

import _testcapi
import contextlib
import copy
import gc
import sys
import time

from mapr_streams_python import Consumer, KafkaError, Message, Producer, TopicPartition, cimpl
from mapr_streams_python.testing import MockCluster

TOPIC = "nomemory"
RECORDS = 400
CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def failing(call, *arguments, keywords=None, expected=None, watched=(), until=400, enough=25):
    """Calls until `enough` calls in a row have succeeded. Returns what they gave, and how many raised MemoryError."""
    keywords = keywords or {}
    results, failures, succeeded = [], 0, 0
    before = [sys.getrefcount(each) for each in watched]
    for first in range(1, until):
        result = failure = None
        _testcapi.set_nomemory(first, first + 2)
        try:
            result = call(*arguments, **keywords)
        except BaseException as error:
            failure = error
        finally:
            _testcapi.remove_mem_hooks()
        if failure is None:
            succeeded += 1
            results.append(result)
            if expected is not None:
                assert expected(result), f"{first}: {result!r}"
        else:
            assert type(failure) is MemoryError, f"{first}: {failure!r}"
            failures, succeeded = failures + 1, 0
        failure = result = None
        if succeeded == enough:
            break
    results_left = results if not watched else []
    results = None
    gc.collect()
    after = [sys.getrefcount(each) for each in watched]
    assert after == before, f"references {before} before, {after} after"
    return results_left, failures


call_failing = failing


def producer(cluster, **config):
    return Producer({"bootstrap.servers": cluster.bootstrap_servers, **config})


def consumer(cluster, **config):
    return Consumer(
        {
            "bootstrap.servers": cluster.bootstrap_servers,
            "group.id": "g",
            "auto.offset.reset": "earliest",
            "enable.partition.eof": False,
            "enable.auto.commit": False,
            **config,
        }
    )


def reading(cluster, **config):
    reader = consumer(cluster, **config)
    reader.assign([TopicPartition(TOPIC, 0, 0)])
    return reader


def message(cluster):
    reader = reading(cluster)
    deadline = time.monotonic() + 30
    while True:
        assert time.monotonic() < deadline
        found = reader.poll(1)
        if found is not None:
            return reader, found


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
def produce(cluster):
    def report(error, message):
        reports.append(error)

    reports = []
    source = producer(cluster)
    value, topic, big = "v" * 20, TOPIC + "-produced", b"b" * 2000
    before = sys.getrefcount(report), sys.getrefcount(value), sys.getrefcount(big)
    done = []
    done += failing(source.produce, topic, value, "key", 0, report)[0]
    done += failing(source.produce, topic, keywords={"value": big, "on_delivery": report})[0]
    done += failing(source.produce, topic, keywords={"value": "w", "headers": {"a": "b"}, "on_delivery": report})[0]
    done += failing(
        source.produce,
        topic,
        keywords={"value": bytearray(b"x"), "headers": [("a", "b"), ("c", b"c")], "callback": report},
    )[0]
    done += failing(source.produce, topic, keywords={"value": "\u00e4", "timestamp": 12345, "on_delivery": report})[0]
    for number in range(20):
        done += failing(lambda: source.produce("".join([topic, str(number)]), "v", callback=report), enough=2)[0]
    assert source.flush(30) == 0
    assert reports == [None] * len(done), (len(reports), len(done))
    assert (sys.getrefcount(report), sys.getrefcount(value), sys.getrefcount(big)) == before


@case
def produce_in_the_mapr_dialect_without_a_value(cluster):
    def report(error, message):
        reports.append(error.code())

    reports = []
    source = producer(cluster)
    before = sys.getrefcount(report)
    done = failing(source.produce, TOPIC, keywords={"on_delivery": report})[0]
    assert source.flush(10) == 0
    assert reports == [KafkaError._INVALID_ARG] * len(done)
    assert sys.getrefcount(report) == before


@case
def reports(cluster):
    """A callback that cannot be called for want of memory is let go of, and poll() says so."""

    def report(error, message):
        called.append(1)

    called = []
    source = producer(cluster)
    big = b"b" * 2000
    before = sys.getrefcount(report), sys.getrefcount(big)
    for first in range(1, 60):
        source.produce(TOPIC + "-reports", big, "k", on_delivery=report)
        deadline = time.monotonic() + 30
        served = 0
        while not served:
            assert time.monotonic() < deadline
            _testcapi.set_nomemory(first, first + 2)
            try:
                served = source.poll(0.1)
            except MemoryError:
                served = 1
            finally:
                _testcapi.remove_mem_hooks()
    assert source.flush(10) == 0
    assert called
    assert (sys.getrefcount(report), sys.getrefcount(big)) == before


@case
def kept_reports(cluster):
    """A report that the program keeps never says None for what was lost."""
    kept = []
    source = producer(cluster)
    for first in range(1, 40):
        source.produce(TOPIC + "-kept", "value", "key", on_delivery=lambda error, report: kept.append(report))
        deadline = time.monotonic() + 30
        served = 0
        while not served:
            assert time.monotonic() < deadline
            _testcapi.set_nomemory(first, first + 2)
            try:
                served = source.poll(0.1)
            except MemoryError:
                served = 1
            finally:
                _testcapi.remove_mem_hooks()
    for report in kept:
        for method, value in ((report.value, b"value"), (report.key, b"key"), (report.topic, TOPIC + "-kept")):
            with contextlib.suppress(MemoryError):
                assert method() == value


def check_all_records(values):
    assert values == [f"value {number}".encode() for number in range(RECORDS)], values[:50]


@case
def poll(cluster):
    reader = reading(cluster)
    values, first = [], 0
    deadline = time.monotonic() + 60
    while len(values) < RECORDS:
        assert time.monotonic() < deadline, len(values)
        found = None
        _testcapi.set_nomemory(first % 20 + 1, first % 20 + 3)
        try:
            found = reader.poll(0.1)
        except MemoryError:
            pass
        finally:
            _testcapi.remove_mem_hooks()
        first += 1
        if found is not None:
            assert found.error() is None
            values.append(found.value())
    check_all_records(values)
    reader.close()


@case
def consume(cluster):
    for wanted in (7, 50):
        reader = reading(cluster)
        values, first = [], 0
        deadline = time.monotonic() + 60
        while len(values) < RECORDS:
            assert time.monotonic() < deadline, len(values)
            found = []
            _testcapi.set_nomemory(first % 60 + 1, first % 60 + 3)
            try:
                found = reader.consume(wanted, 0.1)
            except MemoryError:
                pass
            finally:
                _testcapi.remove_mem_hooks()
            first += 1
            assert len(found) <= wanted
            values += [each.value() for each in found]
        check_all_records(values)
        reader.close()


@case
def polling_while_messages_are_kept(cluster):
    """What is copied of a kept message is copied whole, or later."""
    reader = reading(cluster)
    kept, first = [], 0
    deadline = time.monotonic() + 60
    while len(kept) < RECORDS:
        assert time.monotonic() < deadline, len(kept)
        _testcapi.set_nomemory(first % 30 + 1, first % 30 + 3)
        try:
            found = reader.poll(0.1)
        except MemoryError:
            found = None
        finally:
            _testcapi.remove_mem_hooks()
        first += 1
        if found is not None:
            kept.append(found)
    reader.close()
    check_all_records([each.value() for each in kept])
    assert {each.key() for each in kept} == {b"key"}
    assert all(each.headers() == [("a", b"b"), ("c", None)] for each in kept)


@case
def closing_with_kept_messages(cluster):
    for first in range(1, 12):
        reader, kept = message(cluster)
        _testcapi.set_nomemory(first, first + 2)
        try:
            reader.close()
        except MemoryError:
            pass
        finally:
            _testcapi.remove_mem_hooks()
        reader.close()
        for method, value in ((kept.value, b"value 0"), (kept.key, b"key"), (kept.headers, [("a", b"b"), ("c", None)])):
            with contextlib.suppress(MemoryError):
                assert method() == value


@case
def accessors(cluster):
    reader = reading(cluster)
    found = []
    deadline = time.monotonic() + 30
    while len(found) < 40:
        assert time.monotonic() < deadline
        found += reader.consume(40 - len(found), 0.1)
    for name in (
        "value", "key", "headers", "topic", "partition", "offset", "timestamp", "error", "latency", "leader_epoch",
        "__repr__", "__len__", "__hash__", "__reduce__",
    ):  # fmt: skip
        one, other = found.pop(), found.pop()
        expected = type(getattr(other, name)())
        failing(getattr(one, name), expected=lambda result: type(result) is expected)
    one = found.pop()
    failing(lambda: one == one, expected=lambda result: result is True)
    failing(lambda: copy.copy(one), expected=lambda result: result == one)
    reader.close()


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
def message_constructor(cluster):
    topic, value = TOPIC + "x", b"value" + b"x"
    error = KafkaError(1)
    failing(Message, topic, value, "key", [("a", b"b")], error, 1, 2, (1, 5), 0.5, 3, watched=(topic, value, error))
    failing(lambda: Message(topic=topic, partition=5, offset=7), watched=(topic,))
    built = Message(topic)
    for name, each in (("set_value", 5), ("set_topic", topic), ("set_error", error), ("set_headers", [])):
        failing(getattr(built, name), each)


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


@case
def iteration(cluster):
    reader = reading(cluster)
    values = []
    for first in range(1, 60):
        _testcapi.set_nomemory(first % 20 + 1, first % 20 + 3)
        try:
            found = next(reader)
        except MemoryError:
            found = None
        finally:
            _testcapi.remove_mem_hooks()
        if found is not None:
            values.append(found.value())
    assert values == [f"value {number}".encode() for number in range(len(values))]
    assert len(values) > 10
    reader.close()


def main():
    names = sys.argv[1:] or list(CASES)
    # What makes things up as it goes along, an import above all, is there before.
    with MockCluster() as cluster:
        source = producer(cluster)
        for number in range(RECORDS):
            source.produce(TOPIC, f"value {number}", "key", 0, headers=[("a", "b"), ("c", None)])
        assert source.flush(30) == 0
        source.list_topics()
        for name in names:
            CASES[name](cluster)
            print(name, flush=True)


if __name__ == "__main__":
    main()
