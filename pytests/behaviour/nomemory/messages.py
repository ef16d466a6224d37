"""Messages on their way out and in, and what they hold."""

# What the lambdas use of a loop they use at once.
# ruff: noqa: B023

from __future__ import annotations

import _testcapi
import contextlib
import copy
import sys
import time

from failing import RECORDS, TOPIC, case, failing, message, producer, reading

from mapr_streams_python import KafkaError, Message


def check_all_records(values):
    assert values == [f"value {number}".encode() for number in range(RECORDS)], values[:50]


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
def message_constructor(cluster):
    topic, value = TOPIC + "x", b"value" + b"x"
    error = KafkaError(1)
    failing(Message, topic, value, "key", [("a", b"b")], error, 1, 2, (1, 5), 0.5, 3, watched=(topic, value, error))
    failing(lambda: Message(topic=topic, partition=5, offset=7), watched=(topic,))
    built = Message(topic)
    for name, each in (("set_value", 5), ("set_topic", topic), ("set_error", error), ("set_headers", [])):
        failing(getattr(built, name), each)


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
