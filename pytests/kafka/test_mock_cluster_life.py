"""The mock cluster from its start to its end: threads, forks, and processes of its own."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
import warnings
from typing import Any, Callable

import pytest
from limits import HANG
from mock_faults import produce_one

from mapr_streams_python import Consumer, TopicPartition
from mapr_streams_python.testing import MockCluster

Factory = Callable[..., Any]


def test_more_brokers_than_the_process_may_open_sockets_for_are_an_error(run_python: Factory) -> None:
    code = """
import resource
from mapr_streams_python import KafkaException
from mapr_streams_python.testing import MockCluster

resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
for brokers in (*range(30, 64), 100, 1000):
    try:
        MockCluster(brokers).close()
    except KafkaException as refused:
        assert "open files" in str(refused), refused
        assert brokers > 30
    else:
        assert brokers < 64
"""
    run_python(code).check()


def test_where_the_machine_has_too_few_ports_a_cluster_is_refused(run_python: Factory) -> None:
    # A network of its own, of twenty ports. Not every machine lets its users have one.
    alone = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c"]
    shell = 'echo 30000 30019 > /proc/sys/net/ipv4/ip_local_port_range && exec "$@"'
    try:
        tried = subprocess.run([*alone, shell, "sh", "true"], capture_output=True, timeout=HANG, check=False)
    except OSError:
        pytest.skip("there is no unshare")
    if tried.returncode:
        pytest.skip(tried.stderr.decode(errors="replace"))
    inside = """
from mapr_streams_python import KafkaException
from mapr_streams_python.testing import MockCluster

for _ in range(3):
    MockCluster(brokers=15).close()
    try:
        MockCluster(brokers=30)
    except KafkaException as refused:
        assert "30 brokers needs as many free ports" in str(refused), refused
    else:
        raise SystemExit("no error")
"""
    command = [*alone, shell, "sh", sys.executable, "-X", "faulthandler", "-c", inside]
    run_python(f"import subprocess, sys; sys.exit(subprocess.run({command!r}).returncode)").check()


def test_closing_takes_no_second() -> None:
    slow = 0
    for _ in range(60):
        cluster = MockCluster(brokers=3)
        cluster.create_topic("t", partitions=4)
        began = time.monotonic()
        cluster.close()
        slow += time.monotonic() - began >= 0.9
    # A busy machine may hold some up by itself.
    assert slow <= 6


def test_a_closed_cluster_takes_no_connection() -> None:
    with MockCluster() as cluster:
        port = int(cluster.bootstrap_servers.rpartition(":")[2])
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), 5.0)


def test_threads_may_use_a_cluster_while_one_closes_it() -> None:
    for _ in range(20):
        cluster = MockCluster(brokers=2)
        cluster.create_topic("t")
        wrong: list[BaseException] = []
        calls = [
            lambda c=cluster: c.set_partition_leader("t", 0, 2),
            lambda c=cluster: c.push_request_errors("Produce", [1] * 100, broker_id=1),
            lambda c=cluster: c.set_broker_rtt(-1, 0),
            lambda c=cluster: c.set_api_versions("Fetch"),
        ]

        def work(call: Callable[[], object], wrong: list[BaseException] = wrong) -> None:
            try:
                while True:
                    call()
            except RuntimeError:
                pass  # It is closed.
            except BaseException as error:
                wrong.append(error)

        threads = [threading.Thread(target=work, args=(call,)) for call in calls]
        for thread in threads:
            thread.start()
        assert cluster.brokers == 2
        cluster.close()
        for thread in threads:
            thread.join(HANG)
        assert not any(thread.is_alive() for thread in threads)
        assert wrong == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_broker_goes_down_and_comes_up_though_the_child_of_a_fork_lives(run_python: Factory) -> None:
    result = run_python(
        """
import os
from mapr_streams_python import Consumer
from mapr_streams_python.testing import MockCluster

with MockCluster(2) as cluster:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(write)
        os.read(read, 1)  # until the parent has closed its end
        os._exit(0)
    for _ in range(2):
        cluster.set_broker_down(1)
        cluster.set_broker_up(1)
    with Consumer({"bootstrap.servers": cluster.bootstrap_servers, "group.id": "g"}) as consumer:
        assert len(consumer.list_topics(timeout=60).brokers) == 2
    os.close(write)
    os.waitpid(child, 0)
print("all is well")
"""
    )
    assert result.stdout == "all is well\n", result.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_brokers_go_down_and_come_up_on_one_thread_while_another_forks(run_python: Factory) -> None:
    result = run_python(
        """
import os, threading
from mapr_streams_python.testing import MockCluster

FORKS = 20
over = threading.Event()
with MockCluster(2) as cluster:
    def go_down_and_come_up():
        while not over.is_set():
            cluster.set_broker_down(1)
            cluster.set_broker_up(1)
    thread = threading.Thread(target=go_down_and_come_up)
    thread.start()
    try:
        children = []
        for _ in range(FORKS):
            child = os.fork()
            if child == 0:
                os._exit(0)
            children.append(child)
        for child in children:
            os.waitpid(child, 0)
    finally:
        over.set()
        thread.join()
print("all is well")
"""
    )
    assert result.stdout == "all is well\n", result.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_in_the_child_of_a_fork_a_cluster_raises_and_the_parent_keeps_it(run_python: Factory) -> None:
    code = """
import os, warnings
from mapr_streams_python import KafkaException, Producer
from mapr_streams_python.testing import MockCluster

warnings.simplefilter("error")
cluster = MockCluster(brokers=2)
cluster.set_broker_rtt(-1, 0.2)  # The producer has its message before it hears of the topic, but on a busy machine.
producer = Producer({"bootstrap.servers": cluster.bootstrap_servers})
try:
    producer.produce("a b", b"x")
except KafkaException:
    pass
assert producer.flush(600) == 0
child = os.fork()
if not child:
    status = 1
    try:
        for call in (
            lambda: cluster.create_topic("t"),
            lambda: cluster.set_api_versions("Produce", 0, 1),
            lambda: cluster.disable_api("Produce"),
            lambda: cluster.push_request_errors("Produce", [1], broker_id=1),
            cluster.requests,
            cluster.__enter__,
        ):
            try:
                call()
            except RuntimeError as error:
                assert "fork" in str(error), error
            else:
                raise SystemExit("no error")
        cluster.close()  # Does nothing, and so tells of no topic.
        status = 0
    finally:
        os._exit(status)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
cluster.create_topic("t")
"""
    run_python(code).check()


@pytest.mark.parametrize("end", ["pass", "del cluster", "cluster.close()", "os._exit(0)"])
def test_the_interpreter_ends_with_a_live_cluster(run_python: Factory, end: str) -> None:
    code = f"""
import os, sys
from mapr_streams_python import Producer
from mapr_streams_python.testing import MockCluster
cluster = MockCluster(brokers=3)
producer = Producer({{"bootstrap.servers": cluster.bootstrap_servers, "log_level": 0}})
producer.produce("t", b"x")
assert producer.flush(600) == 0
{end}
"""
    for _ in range(3):
        run_python(code).check()


class _NeverInitialized(MockCluster):
    def __init__(self) -> None:
        pass


def _closed() -> MockCluster:
    cluster = MockCluster()
    cluster.close()
    return cluster


@pytest.mark.parametrize("make", [_closed, _NeverInitialized, lambda: MockCluster.__new__(MockCluster)])
def test_a_closed_cluster_says_so_and_may_be_closed_again(make: Callable[[], MockCluster]) -> None:
    with contextlib.closing(make()) as cluster:
        calls: list[Callable[[], object]] = [
            cluster.__enter__,
            lambda: cluster.create_topic("t"),
            lambda: cluster.delete_topic("t"),
            lambda: cluster.delete_records("t", 0, 0),
            lambda: cluster.set_partition_leader("t", 0, 1),
            lambda: cluster.set_partition_follower("t", 0, 1),
            lambda: cluster.set_follower_watermarks("t", 0),
            lambda: cluster.set_topic_error("t", 1),
            lambda: cluster.set_broker_down(1),
            lambda: cluster.set_broker_up(1),
            lambda: cluster.set_broker_rtt(1, 0),
            lambda: cluster.set_broker_rack(1, "east"),
            lambda: cluster.set_coordinator("group", "g", 1),
            lambda: cluster.set_group_initial_rebalance_delay(0),
            lambda: cluster.set_api_versions("Produce"),
            lambda: cluster.disable_api("CreateTopics"),
            lambda: cluster.push_request_errors("Produce", [1]),
            lambda: cluster.clear_request_errors("Produce"),
            lambda: cluster.request_errors_left("Produce", 1),
            cluster.start_request_tracking,
            cluster.stop_request_tracking,
            cluster.requests,
            cluster.clear_requests,
        ]
        for call in calls:
            with pytest.raises(RuntimeError, match="MockCluster closed"):
                call()
    cluster.close()
    assert "closed" in repr(cluster)


def test_as_a_process_it_says_where_it_is_and_serves_until_its_input_ends() -> None:
    command = [sys.executable, "-m", "mapr_streams_python.testing", "--brokers", "2", "--topic", "five:5"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdin is not None and process.stdout is not None
            word, _, servers = process.stdout.readline().strip().partition(" ")
            assert word == "READY"
            assert len(servers.split(",")) == 2
            consumer = Consumer({"bootstrap.servers": servers, "group.id": "g"})
            try:
                assert consumer.get_watermark_offsets(TopicPartition("five", 4), timeout=HANG) == (0, 0)
            finally:
                consumer.close()
            assert process.poll() is None
            process.stdin.close()
            assert process.wait(HANG) == 0
        finally:
            process.kill()


def test_nothing_of_it_is_imported_with_the_client(run_python: Factory) -> None:
    code = (
        "import json, sys, mapr_streams_python\n"
        'print(json.dumps([name for name in sys.modules if name.startswith("mapr_streams_python.testing")]))'
    )
    assert json.loads(run_python(code).check()) == []


def _made_elsewhere(topic: str) -> MockCluster:
    """A cluster with a topic that a client of another process might have made."""
    cluster = MockCluster(check_topic_names=False)
    produce_one(cluster, topic)
    cluster._checks_names = True
    return cluster


def test_the_warning_of_a_topic_takes_no_exceptions_place() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ZeroDivisionError), _made_elsewhere("a b"):
            raise ZeroDivisionError
        with pytest.raises(UserWarning, match="no Kafka takes"), _made_elsewhere("a b"):
            pass


def test_restore_brings_brokers_up_and_ends_their_delays(faulty: MockCluster) -> None:
    faulty.create_topic("t")
    faulty.set_broker_down(1)
    faulty.set_broker_rtt(2, 30)
    faulty.restore()
    error, _, seconds = produce_one(faulty, "t")
    assert error is None
    # The delay that was ended.
    assert seconds < 30
