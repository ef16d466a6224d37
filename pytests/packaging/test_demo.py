"""`python -m mapr_streams_python demo`, which is behind `make demo` too."""

import io
import re
import subprocess
import sys
import threading
import time

from clusters import on_one_node
from limits import HANG

from mapr_streams_python import demo


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "mapr_streams_python", "demo", *arguments],
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )


def test_the_demo_shows_a_group_of_two_that_receives_each_message_once():
    ended = run("--messages", "2000")
    assert (ended.returncode, ended.stderr) == (0, "")
    for words in [
        "1,000 delivered, 0 failed",
        "Anna      is assigned partitions 0 1 2 3 4 5",
        "Anna      gives back partitions 0 1 2 3 4 5",
        "Ben       is assigned partitions",
        "2,000 messages delivered and 2,000 received: each of them once.",
        "python -m mapr_streams_python demo --bootstrap host:9092",
    ]:
        assert words in ended.stdout


@on_one_node
def test_the_demo_on_a_real_cluster(kafka_cluster, make_topic):
    name = make_topic(3)
    ended = run("--messages", "100", "--bootstrap", kafka_cluster.bootstrap_servers, "--topic", name)
    assert ended.returncode == 0, ended.stderr
    assert f"Cluster at {kafka_cluster.bootstrap_servers}, topic {name}" in ended.stdout
    assert "100 messages delivered and 100 received: each of them once." in ended.stdout


def test_the_lines_of_two_threads_are_kept_apart(monkeypatch):
    class Terminal(io.StringIO):
        def write(self, text):
            written = super().write(text)
            time.sleep(0)  # Another thread's turn.
            return written

    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    threads = [threading.Thread(target=lambda: [demo.tell("Anna", "tells") for _ in range(200)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = terminal.getvalue().splitlines()
    assert len(lines) == 800
    assert [line for line in lines if not re.fullmatch(r" +[\d.]+ s   Anna +tells", line)] == []
