"""docs/producing.md and examples/producing.py."""

import subprocess
import sys
from pathlib import Path

import pytest
from limits import HANG

from mapr_streams_python import TopicPartition
from mapr_streams_python.testing import read

EXAMPLE = Path(__file__).parents[2] / "examples" / "producing.py"

pytestmark = pytest.mark.skipif(not EXAMPLE.is_file(), reason="the examples are not part of this distribution")


def test_the_example_delivers_every_line(online, make_topic, kafka_cluster):
    topic = make_topic()
    command = [sys.executable, EXAMPLE, "--bootstrap", kafka_cluster.bootstrap_servers, "--count", "20", topic]
    said = subprocess.run(command, check=True, timeout=HANG, capture_output=True, text=True)
    assert said.stdout.splitlines()[-1] == "40 lines delivered with callbacks, 0 left, failures: {}"
    consumer = online.consumer()
    consumer.assign([TopicPartition(topic, 0, 0)])
    values = [message.value().decode() for message in read(consumer, 45)]
    assert values == [
        *(f"line {number}" for number in range(20)),
        *(f"line {number} of the batch" for number in range(20)),
        *(f"line {number} with a future" for number in range(5)),
    ]
