"""Sequences of calls that nobody thought of: none ends the process, none hangs, and none commits what it should not.

`make test` tries the same few each time. `make fuzz` tries others, SEQUENCES of them; what fails is tried again by
`make fuzz FIRST=number`, with the number in the test's name.
"""

import os

import pytest

from mapr_streams_python.testing import MockCluster

from .theatre import Theatre

FIRST = int(os.environ.get("FIRST") or "0")
SEQUENCES = int(os.environ.get("SEQUENCES") or "20")
# Of one test: short enough that none is silent for long.
EXAMPLES = 4
MESSAGES = 40


@pytest.fixture(scope="module")
def stage():
    from .machines import TOPICS

    theatre = Theatre()
    with MockCluster(brokers=1) as cluster:
        for topic in TOPICS:
            cluster.create_topic(topic, partitions=2)
        actor = theatre.actor()
        actor.ask("producer", "filler", {"bootstrap.servers": cluster.bootstrap_servers})
        for number in range(MESSAGES):
            actor.ask("produce", "filler", TOPICS[number % 2], number + 1, [])
        actor.ask("plain", "filler", "flush", 30)
        actor.end()
        yield theatre, cluster.bootstrap_servers
    theatre.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("number", range(FIRST, FIRST + SEQUENCES // EXAMPLES))
@pytest.mark.parametrize("machine", ["Consumers", "Producers"])
def test_no_sequence_of_calls_ends_or_stops_the_process(machine, number, stage):
    from . import machines

    machines.run(getattr(machines, machine), number, EXAMPLES, *stage)
