"""A program that was written for confluent-kafka's AdminClient, by name, says what it says there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from clusters import on_one_node
from limits import HANG
from requires import is_since

import mapr_streams_python
from mapr_streams_python.testing import unique_name

PROGRAM = Path(__file__).with_name("administers.py")
# What it prints with confluent-kafka 2.16.1 on Kafka 4.3.1.
SAID = Path(__file__).with_name("administers.txt").read_text("utf-8").splitlines()
# What it asks for only where librdkafka is 2.6.0 or newer.
NEWER = {
    *(
        "changed",
        "changed to",
        "changed back",
        "offset",
        "deleted records",
        "deleted all",
        "deleted too many",
        "highest",
        "type",
    ),
    *(
        "cluster",
        "nodes",
        "topic",
        "topic of nothing",
        "may",
        "partitions",
        "of none",
        "elected",
        "all elected",
        "user",
        "among all",
    ),
    *("deleted user", "of nobody"),
}


@on_one_node
@pytest.mark.parametrize("dialect", ["kafka", "mapr"])
def test_it_says_what_it_says_with_confluent_kafka(kafka_cluster, dialect):
    package = str(Path(mapr_streams_python.__file__).parents[1])
    command = [sys.executable, "-m", "mapr_streams_python", "run", "--dialect", dialect, str(PROGRAM)]
    command += [kafka_cluster.bootstrap_servers, kafka_cluster.listener("sasl_plaintext"), unique_name("by-name-")]
    ran = subprocess.run(
        command, capture_output=True, text=True, timeout=HANG, env={**os.environ, "PYTHONPATH": package}, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    expected = [line for line in SAID if is_since("2.6.0") or line.split(" | ")[0] not in NEWER]
    assert ran.stdout.splitlines() == expected
