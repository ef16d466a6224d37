"""The programs of examples/moving where a move does not go smoothly. The steps that they are for: test_moving.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
from limits import HANG

import mapr_streams_python
from mapr_streams_python import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from mapr_streams_python.testing import MockCluster, deliver, read

PROGRAMS = Path(__file__).parents[2] / "examples" / "moving"

pytestmark = pytest.mark.skipif(not PROGRAMS.is_dir(), reason="the examples are not part of this distribution")


@pytest.fixture
def cluster():
    with MockCluster(brokers=1) as cluster:
        cluster.create_topic("there", 1)
        cluster.create_topic("here", 1)
        yield cluster


@pytest.fixture
def run(cluster, tmp_path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`run(name, *arguments, given=…)` runs one of the programs; each record goes in a request of its own."""
    settings = tmp_path / "settings"
    settings.write_text("[override]\nbatch.num.messages = 1\nmax.in.flight = 1\nlinger.ms = 0\n")
    environ = {
        **os.environ,
        "MAPR_STREAMS_BOOTSTRAP_SERVERS": cluster.bootstrap_servers,
        "MAPR_STREAMS_CONFIG": str(settings),
        "PYTHONPATH": str(Path(mapr_streams_python.__file__).parents[1]),
    }

    def run(name: str, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(PROGRAMS / name), *arguments]
        return subprocess.run(
            command, input=given, env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=HANG
        )

    return run


def values(cluster: MockCluster, topic: str) -> list[bytes | None]:
    with Consumer({"bootstrap.servers": cluster.bootstrap_servers, "group.id": "reader"}) as consumer:
        _, end = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=HANG)
        consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
        return [message.value() for message in read(consumer, end, timeout=HANG)]


@pytest.mark.parametrize("error", ["TOPIC_AUTHORIZATION_FAILED", "MSG_SIZE_TOO_LARGE"])
def test_load_stops_at_the_first_failure_and_what_it_left_is_moved_by_the_next_one(error, cluster, run, tmp_path):
    records = [b"%d" % number for number in range(20)]
    with Producer({"bootstrap.servers": cluster.bootstrap_servers}) as producer:
        deliver(producer, "there", [{"value": value, "partition": 0} for value in records])
    dumped = run("dump.py", "there", "1").stdout
    # The third record of those that are sent.
    cluster.push_request_errors("Produce", ["NO_ERROR", "NO_ERROR", error], broker_id=1)
    loaded = run("load.py", "here", given=dumped)
    assert loaded.returncode == 1
    assert "records were not delivered" in loaded.stderr
    moved = tmp_path / "moved"
    moved.write_text(loaded.stdout)
    assert [json.loads(line)["from"] for line in loaded.stdout.splitlines()] == [0, 1]
    rest = run("dump.py", "there", "1", "from", "moved").stdout
    assert run("load.py", "here", given=rest).returncode == 0
    # Brokers refuse what comes behind a gap; the mock cluster may take a record that was on its way.
    found = values(cluster, "here")
    assert found[:2] + found[-18:] == records


def test_commit_takes_a_group_back_to_the_midst_of_what_was_moved_before(cluster, run, tmp_path):
    def lines(records: list[dict[str, Any]]) -> str:
        return "".join(f"{json.dumps({'partition': 0, **record})}\n" for record in records)

    # Five records went from 0 to 4 there to 2 to 6 here, and what came here as 7 and 8 went back as 5 and 6.
    (tmp_path / "moved").write_text(lines([{"from": number, "to": number + 2} for number in range(5)]))
    (tmp_path / "moved-back").write_text(lines([{"from": 7, "to": 5}, {"from": 8, "to": 6}]))
    offsets = {"fresh": 0, "midst": 4, "since": 8, "end": 9}
    committed = lines([{"group": group, "topic": "there", "offset": offset} for group, offset in offsets.items()])
    ran = run("commit.py", "moved-back", "moved", given=committed)
    assert ran.stdout.splitlines() == [
        "fresh: there [0] @ 0",
        "midst: there [0] @ 2",
        "since: there [0] @ 6",
        "end: there [0] @ 7",
    ], ran.stderr
