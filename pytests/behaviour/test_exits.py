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
on_each_python = pytest.mark.parametrize("python", PYTHONS, ids=lambda python: ".".join(map(str, python.version)))


@on_each_python
def test_programs_end_as_they_ask_to(python):
    with MockCluster(brokers=1) as cluster:
        with contextlib.suppress(KafkaException):
            cluster.set_group_initial_rebalance_delay(0.1)
        cluster.create_topic("t", partitions=2)
        problems = exit_sequences.run_all(cluster.bootstrap_servers, "t", NUMBERS, [python.executable], HANG)
    assert problems == []


OAUTH = """
import sys, threading, time
from mapr_streams_python import Consumer, Producer
from mapr_streams_python.admin import AdminClient
OAUTH = {
    "bootstrap.servers": "127.0.0.1:1", "log_level": 0, "security.protocol": "sasl_plaintext",
    "sasl.mechanism": "OAUTHBEARER"}
begun = threading.Event()
"""


@pytest.mark.parametrize(
    ("python", "kind"),
    [(python, "Producer") for python in PYTHONS] + [(PYTHONS[-1], "Consumer"), (PYTHONS[-1], "AdminClient")],
    ids=lambda value: value if isinstance(value, str) else ".".join(map(str, value.version)),
)
def test_a_program_ends_though_oauth_cb_does_not(run_python, python, kind):
    program = """
def token(config):
    begun.set()
    threading.Event().wait()

group = {"group.id": "g"} if KIND is Consumer else {}
client = KIND({**OAUTH, **group, "oauth_cb": token})
begun.wait()
"""
    run_python(OAUTH + program.replace("KIND", kind), python=python.executable).check()


@on_each_python
def test_threads_that_wait_for_the_gil_when_the_interpreter_ends_do_no_harm(run_python, python):
    said = run_python(
        OAUTH
        + """
asked = 0

def token(config):
    global asked
    asked += 1
    return "token", time.time() + 0.02

def statistics(text):
    pass

def poll(client):
    begun.set()
    while True:
        client.poll(0.001)

clients = [Producer({**OAUTH, "oauth_cb": token}) for _ in range(3)]
for _ in range(3):
    client = Producer({
        "bootstrap.servers": "127.0.0.1:1", "log_level": 0, "statistics.interval.ms": 1, "stats_cb": statistics})
    threading.Thread(target=poll, args=(client,), daemon=True).start()
begun.wait()
while not asked:
    time.sleep(0.01)
# Nobody else gets the GIL from here on.
sys.setswitchinterval(1000)
end = time.monotonic() + 0.2
while time.monotonic() < end:
    pass
""",
        python=python.executable,
    )
    said.check()
    assert "atal" not in said.stderr
