"""Faults of old releases of librdkafka that the client keeps from the program: see docs/librdkafka.md.

They end the process where they are met, so each is tried in one of its own. On other releases the same must hold.
"""

import subprocess
import sys

PROGRAM = """
from mapr_streams_python import Consumer
from mapr_streams_python.testing import MockCluster

with MockCluster() as cluster:
    consumer = Consumer({
        "bootstrap.servers": cluster.bootstrap_servers, "group.id": "g", "allow.auto.create.topics": False,
        "topic.metadata.propagation.max.ms": 100, "log_level": 0,
    })
    consumer.subscribe(["there.is.none"])
    errors = []
    for _ in range(30):
        errors += [message for message in [consumer.poll(0.1)] if message is not None]
    # Long kept messages copy what librdkafka knows of them; so does asking.
    print([message.leader_epoch() for message in errors if message.leader_epoch() is not None])
    consumer.close()
"""


def test_an_error_about_an_unknown_topic_can_be_kept_and_asked():
    """librdkafka 2.1.0 crashed in rd_kafka_message_leader_epoch (its issue 4245)."""
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stdout.strip()) == (0, "[]"), ended.stderr
