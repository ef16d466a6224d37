"""The two programs at the beginning of the README, as they stand but for the servers."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from limits import HANG

from mapr_streams_python.testing import MockCluster

README = Path(__file__).parents[2] / "README.md"

pytestmark = pytest.mark.skipif(not README.is_file(), reason="the documentation is not part of this distribution")


def test_what_the_first_program_sends_the_second_prints():
    text = README.read_text("utf-8")
    produce, consume = (
        re.search(rf"^## {name}\n+```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[1]
        for name in ("Produce", "Consume")
    )
    with MockCluster() as cluster:

        def command(program):
            assert program.count('"localhost:9092"') == 1
            return [sys.executable, "-u", "-c", program.replace("localhost:9092", cluster.bootstrap_servers)]

        sent = subprocess.run(command(produce), capture_output=True, text=True, timeout=HANG, check=True)
        assert len(re.findall(r"^orders \[\d+\] at offset \d+$", sent.stdout, re.MULTILINE)) == 10
        reader = subprocess.Popen(command(consume), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        # What prints less would be waited for without end.
        deadline = threading.Timer(HANG, reader.kill)
        deadline.start()
        with reader:
            assert reader.stdout is not None
            lines = [reader.stdout.readline() for _ in range(11)]
            reader.send_signal(signal.SIGINT)
            reader.communicate()
        deadline.cancel()
    assert lines[0].startswith("assigned [TopicPartition{topic=orders,")
    assert sorted(lines[1:]) == sorted(f"b'customer {n % 3}' b'order {n}'\n" for n in range(10))
