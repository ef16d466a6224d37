"""The pytest plugin with a real Apache Kafka."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from clusters import on_three_nodes
from limits import HANG

from mapr_streams_python.testing import KafkaServer, wait_until

pytestmark = pytest.mark.skipif(
    not os.environ.get("KAFKA_HOME"), reason="KAFKA_HOME is not set: it names the Apache Kafka distribution"
)

KILLING = """
import pytest
from mapr_streams_python.testing import KafkaServer, deliver, read

servers = []

def test_that_leaves_a_node_dead(kafka_cluster):
    assert type(kafka_cluster) is KafkaServer
    servers.append(kafka_cluster)
    kafka_cluster.kill(1)

def test_the_next_one_finds_it_alive(kafka_cluster, kafka_topic, producer, consumer):
    assert kafka_cluster is servers[0]
    deliver(producer, kafka_topic, ["one"])
    consumer.subscribe([kafka_topic])
    assert read(consumer, 1)[0].value() == b"one"
    kafka_cluster.pause(1)  # and the teardown of the consumer does not wait for it

def test_that_closes_it(kafka_cluster):
    assert kafka_cluster is servers[0]
    kafka_cluster.close()

def test_the_one_after_that_finds_another(kafka_cluster, kafka_topic):
    assert kafka_cluster is not servers[0] and kafka_cluster.leader(kafka_topic) == 1
"""

RUNNING_ALREADY = """
import pytest
from mapr_streams_python.testing import ExternalCluster, deliver, read, wait_until

topics = []

@pytest.mark.parametrize("turn", range(10))
@pytest.mark.kafka_cluster(brokers=3, partitions=3)
def test_a_topic_is_there_at_once(turn, kafka_cluster, kafka_topic, producer, consumer):
    assert type(kafka_cluster) is ExternalCluster and kafka_cluster.brokers == 3
    found = producer.list_topics(kafka_topic, 600).topics[kafka_topic].partitions
    assert len(found) == 3 and all(len(partition.replicas) == 3 for partition in found.values())
    consumer.subscribe([kafka_topic])
    deliver(producer, kafka_topic, ["one"])
    assert read(consumer, 1)[0].value() == b"one"
    topics.append(kafka_topic)

def test_and_is_deleted_afterwards(producer):
    assert len(topics) == 10
    # Brokers hear of it one after the other.
    wait_until(lambda: not set(topics) & set(producer.list_topics(timeout=600).topics), 600)
"""

WAITING = """
import sys, threading

def test_it(kafka_cluster):
    pids = map(str, kafka_cluster._pids.values())
    print("UP", *pids, kafka_cluster._folder, file=sys.__stderr__, flush=True)
    threading.Event().wait(3600)
"""

# No Java: what is looked at is what becomes of the nodes, whatever they are.
IDLE_NODES = """
import sys
from mapr_streams_python.testing import KafkaServer

def launch(server, node):
    server._pids[node] = server._run([sys.executable, "-c", "import time; time.sleep(3600)"], node)

KafkaServer._format = lambda server: None
KafkaServer._await = lambda *arguments: None
KafkaServer._launch = launch
"""


def _command(file: Path, *arguments: str, kafka: str = "server") -> list[str]:
    return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", f"--kafka={kafka}", *arguments, str(file)]


def test_a_server_is_shared_and_repaired_between_tests(tmp_path: Path) -> None:
    file = tmp_path / "test_killing.py"
    file.write_text(KILLING)
    ended = subprocess.run(_command(file), cwd=tmp_path, capture_output=True, text=True, timeout=HANG, check=False)
    assert "4 passed" in ended.stdout, ended.stdout + ended.stderr


@on_three_nodes
def test_a_cluster_that_runs_already_is_used_for_topics_too(kafka_cluster: KafkaServer, tmp_path: Path) -> None:
    file = tmp_path / "test_running_already.py"
    file.write_text(RUNNING_ALREADY)
    command = _command(file, kafka=kafka_cluster.bootstrap_servers)
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=HANG, check=False)
    assert "11 passed" in ended.stdout, ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("number", "nodes"),
    [(signal.SIGINT, ""), (signal.SIGTERM, IDLE_NODES), (signal.SIGKILL, IDLE_NODES)],
    ids=["SIGINT", "SIGTERM", "SIGKILL"],
)
def test_a_run_that_is_ended_leaves_neither_server_nor_folder(
    tmp_path: Path, number: signal.Signals, nodes: str
) -> None:
    file = tmp_path / "test_waiting.py"
    file.write_text(WAITING)
    (tmp_path / "conftest.py").write_text(nodes)
    environment = {**os.environ, "TMPDIR": tempfile.mkdtemp(dir=tmp_path)}
    with subprocess.Popen(
        _command(file, "-s"),
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            *pids, folder = next(line for line in process.stderr if line.startswith("UP ")).split()[1:]
            assert Path(folder).is_dir() and all(Path(f"/proc/{pid}").exists() for pid in pids)
            process.send_signal(number)
            wait_until(lambda: process.poll() is not None, HANG, "pytest ends")
            wait_until(lambda: not Path(folder).exists(), HANG, "the folder goes")
            wait_until(lambda: not any(_runs(int(pid)) for pid in pids), HANG, "the nodes end")
        finally:
            process.kill()


def _runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
