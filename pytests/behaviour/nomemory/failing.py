"""Allocations that fail, and the clients that meet them."""

from __future__ import annotations

import _testcapi
import gc
import sys
import time

from mapr_streams_python import Consumer, Producer, TopicPartition

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
