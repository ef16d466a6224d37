"""The real Kafka that tests start: what it does on demand, and that it leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor, TimeoutError as FuturesTimeoutError
from pathlib import Path
from typing import Any, Callable

import pytest
from clusters import on_one_node, on_three_nodes
from limits import HANG

from mapr_streams_python import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from mapr_streams_python.testing import KafkaServer, unique_name, wait_until
from mapr_streams_python.testing._ports import ReservedPorts

Factory = Callable[..., Any]


@on_three_nodes
def test_a_topic_has_the_partitions_replicas_and_properties_asked_for(kafka_cluster: KafkaServer) -> None:
    name = unique_name()
    kafka_cluster.create_topic(name, 2, 3, properties={"min.insync.replicas": "3"})
    wait_until(lambda: kafka_cluster.in_sync(name, 1) == [1, 2, 3], HANG, "every node has the partition")
    assert kafka_cluster.leader(name, 0) in kafka_cluster.nodes
    with pytest.raises(LookupError, match="partition 2"):
        kafka_cluster.leader(name, 2)


@on_one_node
def test_a_topic_that_kafka_refuses_is_an_exception_with_its_reason(kafka_cluster: KafkaServer) -> None:
    name = unique_name()
    kafka_cluster.create_topic(name)
    calls: dict[int, Callable[[], None]] = {
        KafkaError.TOPIC_ALREADY_EXISTS: lambda: kafka_cluster.create_topic(name),
        KafkaError.INVALID_REPLICATION_FACTOR: lambda: kafka_cluster.create_topic(unique_name(), 1, 3),
        KafkaError.INVALID_CONFIG: lambda: kafka_cluster.create_topic(
            unique_name(), properties={"retention.ms": "soon"}
        ),
    }
    for code, call in calls.items():
        with pytest.raises(KafkaException) as raised:
            call()
        assert raised.value.args[0].code() == code
    with pytest.raises(ValueError, match="topic"):
        kafka_cluster.create_topic("a b")


@pytest.mark.skipif(not os.environ.get("KAFKA_HOME"), reason="KAFKA_HOME is not set")
def test_messages_with_old_time_stamps_stay_unless_their_topic_says_otherwise() -> None:
    kept, passing = unique_name(), [unique_name(), unique_name()]
    properties = {"log.initial.task.delay.ms": "0", "log.retention.check.interval.ms": "100"}
    with KafkaServer(properties=properties) as server, Consumer(server.client_config() | {"group.id": "g"}) as reader:

        def first(topic: str) -> int:
            return reader.get_watermark_offsets(TopicPartition(topic, 0), timeout=HANG)[0]

        def write(topic: str) -> None:
            with Producer(server.client_config()) as writer:
                writer.produce(topic, b"v", timestamp=1234)
                assert writer.flush(HANG) == 0

        server.create_topic(kept)
        write(kept)
        # When the second of these is gone, the broker has looked at every log since the first was.
        for topic in passing:
            server.create_topic(topic, properties={"retention.ms": "1000"})
            write(topic)
            wait_until(lambda topic=topic: first(topic) == 1, HANG, "the broker deletes the message")
        assert first(kept) == 0


@on_one_node
def test_a_paused_node_answers_once_it_is_resumed(
    kafka_cluster: KafkaServer, make_topic: Factory, make_producer: Factory
) -> None:
    name, reports = make_topic(), []
    sender = make_producer()
    sender.produce(name, b"first", on_delivery=lambda error, _: reports.append(error))
    assert sender.flush(HANG) == 0
    kafka_cluster.pause(1)
    try:
        sender.produce(name, b"second", on_delivery=lambda error, _: reports.append(error))
        assert sender.flush(0.5) == 1  # Nothing of the node goes on once it is paused.
        with pytest.raises(RuntimeError, match="no node"):
            kafka_cluster.create_topic("never")
    finally:
        kafka_cluster.resume(1)
    assert sender.flush(HANG) == 0
    assert reports == [None, None]


@on_three_nodes
def test_a_node_that_the_others_gave_up_is_back_when_all_are_restored(kafka_cluster: KafkaServer) -> None:
    kafka_cluster.pause(3)
    wait_until(lambda: kafka_cluster._state(1).brokers == [1, 2], HANG, "the others give it up")
    kafka_cluster.restore()
    assert [kafka_cluster._state(node).brokers for node in kafka_cluster.nodes] == [[1, 2, 3]] * 3


@on_one_node
def test_a_node_is_named_that_does_not_exist_or_is_in_no_state_for_the_call(kafka_cluster: KafkaServer) -> None:
    with pytest.raises(ValueError, match="no node 2"):
        kafka_cluster.kill(2)
    with pytest.raises(RuntimeError, match="node 1 is running"):
        kafka_cluster.restart(1)
    with pytest.raises(ValueError, match="listener"):
        kafka_cluster.listener("telnet")


def test_without_a_distribution_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KAFKA_HOME", raising=False)
    with pytest.raises(RuntimeError, match="set KAFKA_HOME"):
        KafkaServer()
    with pytest.raises(RuntimeError, match=r"bin/kafka-server-start\.sh"):
        KafkaServer(home=tmp_path)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(not os.environ.get("KAFKA_HOME"), reason="KAFKA_HOME is not set")
def test_a_run_that_is_killed_leaves_no_node_and_no_folder(run_python: Factory, tmp_path: Path) -> None:
    code = (
        "import json, os, signal\n"
        "from mapr_streams_python.testing import unique_name, wait_until, KafkaServer\n"
        "server = KafkaServer()\n"
        'print(json.dumps([server._pids[1], os.listdir(os.environ["TMPDIR"])]), flush=True)\n'
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ran = run_python(code, env={"TMPDIR": str(tmp_path)})
    assert ran.status == -signal.SIGKILL, ran
    node, folders = json.loads(ran.stdout)
    assert len(folders) == 1
    wait_until(lambda: not _is_alive(node), HANG, "the node ends")
    wait_until(lambda: os.listdir(tmp_path) == [], HANG, "the folder goes")


def test_no_two_clusters_are_given_the_same_port() -> None:
    first, second = ReservedPorts(3), ReservedPorts(3)
    try:
        ports = [port for held in (first, second) for node in held.of_nodes for port in node.values()]
        assert len(set(ports)) == len(ports)
        for port in ports:
            with socket.socket() as other, pytest.raises(OSError, match="in use"):
                other.bind(("127.0.0.1", port))
    finally:
        first.close()
        second.close()


def test_ports_that_are_reserved_can_be_listened_at_as_kafka_does() -> None:
    held = ReservedPorts(1)
    try:
        with socket.socket() as node:
            node.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            node.bind(("127.0.0.1", held.of_nodes[0]["plaintext"]))
            node.listen()
            with socket.create_connection(("127.0.0.1", held.of_nodes[0]["plaintext"]), HANG):
                pass
    finally:
        held.close()


def _run_instead_of_kafka(monkeypatch: pytest.MonkeyPatch, program: Callable[[int], str]) -> None:
    """Let the nodes be Python programs. No Java: what is looked at is what happens around the nodes."""

    def launch(server: KafkaServer, node: int) -> None:
        server._pids[node] = server._run([sys.executable, "-c", program(node)], node)

    monkeypatch.setattr(KafkaServer, "_format", lambda server: None)
    monkeypatch.setattr(KafkaServer, "_launch", launch)
    monkeypatch.setattr("mapr_streams_python.testing._server.Distribution", _NoDistribution)


def test_a_start_is_tried_again_where_a_node_that_another_waits_for_found_its_port_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempts: list[int] = []

    def program(node: int) -> str:
        attempts.append(node)
        return "raise SystemExit('Address already in use')" if node == 2 else "import time; time.sleep(600)"

    _run_instead_of_kafka(monkeypatch, program)
    with pytest.raises(RuntimeError, match="node 2 has ended:\nAddress already in use"):
        KafkaServer(2)
    assert attempts == [1, 2] * 3


def test_nodes_that_elect_no_controller_alone_are_restored_together(monkeypatch: pytest.MonkeyPatch) -> None:
    launched: list[int] = []
    _run_instead_of_kafka(monkeypatch, lambda node: launched.append(node) or "import time; time.sleep(600)")
    monkeypatch.setattr(KafkaServer, "_sees_all", lambda server, node: len(launched) >= 3)
    with KafkaServer(3) as server:
        for node in server.nodes:
            server.kill(node)
        launched.clear()
        server.restore()
        assert launched == [1, 2, 3]


@pytest.mark.skipif(sys.platform != "linux", reason="looks at threads in /proc")
def test_a_pause_returns_when_every_thread_of_the_node_stands_still(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # A thread does not stop before what it started by vfork() goes on, here when somebody writes to the pipe.
    program = (
        "import os, sys, threading, time\n"
        "threading.Thread(target=time.sleep, args=(600,)).start()\n"
        f"opened = (os.POSIX_SPAWN_OPEN, 0, {str(pipe)!r}, os.O_RDONLY, 0)\n"
        "os.posix_spawn(sys.executable, [sys.executable, '-c', ''], {}, file_actions=[opened])\n"
    )
    _run_instead_of_kafka(monkeypatch, lambda node: program)
    monkeypatch.setattr(KafkaServer, "_sees_all", lambda server, node: True)
    with KafkaServer() as server, ThreadPoolExecutor(1) as pool:
        threads = Path(f"/proc/{server._pids[1]}/task")
        wait_until(lambda: any(thread.read_text() for thread in threads.glob("*/children")), HANG, "it starts another")
        paused = pool.submit(server.pause, 1)
        try:
            with pytest.raises(FuturesTimeoutError):
                paused.result(0.5)
        finally:
            writer = os.open(pipe, os.O_RDWR)
        paused.result(HANG)
        os.close(writer)
        assert {stat.read_text().rpartition(")")[2].split()[0] for stat in threads.glob("*/stat")} == {"T"}


class _NoDistribution:
    def __init__(self, home: object) -> None:
        pass

    def environment(self, logs: Path) -> dict[str, str]:
        return dict(os.environ)
