"""The programs of examples/ that a newcomer runs first, and the one that watches itself, do what they say."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from limits import HANG

from mapr_streams_python import Consumer, TopicPartition
from mapr_streams_python.testing import MockCluster

EXAMPLES = Path(__file__).parents[2] / "examples"

pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not part of this distribution")


def command(program: str, *arguments: str) -> list[str]:
    return [sys.executable, "-W", "error", str(EXAMPLES / program), *arguments]


def said(program: str, *arguments: str, given: str = "") -> list[str]:
    ended = subprocess.run(
        command(program, *arguments), input=given, capture_output=True, text=True, timeout=HANG, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout.splitlines()


def test_each_line_becomes_a_message_and_a_group_prints_them_and_commits() -> None:
    with MockCluster() as cluster:
        cluster.create_topic("orders", 2)
        servers = cluster.bootstrap_servers
        stored = said("producer.py", "--bootstrap", servers, "--keys", "orders", given="alice:one\nbob:two\nthree\n")
        assert all(re.fullmatch(r"orders \[[01]\] at offset \d+", line) for line in stored)
        assert len(set(stored)) == 3
        printed = said("consumer.py", "--bootstrap", servers, "--group", "g", "--exit-at-end", "orders")
        assert sorted(line.split(": ", 1)[1] for line in printed) == [
            "key=None value=b'three'",
            "key=b'alice' value=b'one'",
            "key=b'bob' value=b'two'",
        ]
        assert sorted(line.split(":")[0].replace("] ", "] at offset ") for line in printed) == sorted(stored)
        # What was printed is committed. A second reader would wait: docs/testing.md says how long, on a mock cluster.
        with Consumer({"bootstrap.servers": servers, "group.id": "g"}) as consumer:
            committed = consumer.committed([TopicPartition("orders", 0), TopicPartition("orders", 1)], timeout=HANG)
        assert sum(max(partition.offset, 0) for partition in committed) == 3


def test_a_consumer_has_a_broker_of_its_own_with_messages() -> None:
    values = re.findall(r"value=b'(message \d)'", "\n".join(said("consumer.py", "--exit-at-end", "orders")))
    assert sorted(values) == [f"message {number}" for number in range(5)]


def test_an_application_that_was_written_for_mapr_runs_as_it_did() -> None:
    assert said("migrate.py") == [
        "sent 10 readings; rejected: _INVALID_ARG",
        "position before reading: 0",
        "subscribe while assigned: _CONFLICT",
        "read 10 readings; committed offset 10",
    ]


def test_a_program_watches_itself_and_prometheus_reads_the_same() -> None:
    pytest.importorskip("prometheus_client")
    with MockCluster() as cluster:
        cluster.create_topic("ticks", 1)
        arguments = command("metrics.py", cluster.bootstrap_servers, "ticks", str(HANG), "0")
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                address = process.stdout.readline().strip()
                lines: dict[str, re.Match[str]] = {}
                while {"producer", "consumer"} - set(lines):
                    line = process.stdout.readline()
                    told = re.fullmatch(
                        r"rdkafka#(producer|consumer)-\d+: (\d+) sent, (\d+) received, \d+ queued, "
                        r"slowest answers [\d.]+ ms, behind (\d+)\n",
                        line,
                    )
                    assert told or "not known" in line, line
                    # Both count, once messages have gone and come.
                    if told and int(told[2 if told[1] == "producer" else 3]):
                        lines[told[1]] = told
                # No proxy of this machine's is asked for its own address.
                opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                with opener.open(address, timeout=HANG) as answer:
                    seen = answer.read().decode()
            finally:
                process.kill()
    assert re.search(r'^\w*lag\w*\{.*topic="ticks".*\} \d', seen, re.MULTILINE), seen
