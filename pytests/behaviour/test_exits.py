"""Programs that end at any moment, on every Python of this machine; `exit_sequences.py` runs as many as one likes."""

import contextlib

import exit_sequences
import find_pythons
import pytest
from limits import HANG

from mapr_streams_python import KafkaException
from mapr_streams_python.testing import MockCluster

PYTHONS = find_pythons.all_of_them()
NUMBERS = range(8)


@pytest.mark.parametrize("python", PYTHONS, ids=lambda python: ".".join(map(str, python.version)))
def test_programs_end_as_they_ask_to(python):
    with MockCluster(brokers=1) as cluster:
        with contextlib.suppress(KafkaException):
            cluster.set_group_initial_rebalance_delay(0.1)
        cluster.create_topic("t", partitions=2)
        problems = exit_sequences.run_all(cluster.bootstrap_servers, "t", NUMBERS, [python.executable], HANG)
    assert problems == []
