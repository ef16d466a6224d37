"""The programs of examples/ that no other test runs, and that each capability has a page of docs with one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from clusters import on_one_node
from limits import HANG
from requires import since

from mapr_streams_python.testing import KafkaServer, unique_name

ROOT = Path(__file__).parents[2]
EXAMPLES, DOCS = ROOT / "examples", ROOT / "docs"

pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not part of this distribution")

PROGRAMS = {
    "admin.md": ["access.py", "groups.py"],
    "authentication.md": ["tokens.py"],
    "errors.md": ["errors.py"],
    "frameworks.md": ["by_name.py"],
    "groups.md": ["rebalances.py"],
    "logging.md": ["logs.py"],
    "metrics.md": ["metrics.py"],
    "offsets.md": ["lag.py"],
    "producing.md": ["producing.py"],
    "serialization.md": ["serialization.py"],
    "transactions.md": ["exactly_once.py"],
    "types.md": ["typed.py"],
}


def said(program: str, *arguments: str) -> list[str]:
    command = [sys.executable, "-W", "error", str(EXAMPLES / program), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=HANG, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout.splitlines()


@pytest.mark.parametrize("page", PROGRAMS)
def test_each_capability_has_a_page_that_names_its_program(page: str) -> None:
    linked = re.findall(r"\(\.\./examples/(\w+\.py)\)", (DOCS / page).read_text())
    assert [program for program in PROGRAMS[page] if program not in linked] == []
    assert [program for program in linked if not (EXAMPLES / program).is_file()] == []


def test_every_program_is_that_of_a_page_or_an_introduction() -> None:
    introductions = {"admin.py", "consumer.py", "migrate.py", "producer.py"}
    known = {program for programs in PROGRAMS.values() for program in programs} | introductions
    assert {file.name for file in EXAMPLES.glob("*.py")} == known


def test_what_goes_wrong_is_told() -> None:
    assert said("errors.py") == [
        "a cluster: well",
        "a partition: there is none: _UNKNOWN_PARTITION",
        "a cluster that is not there: nothing came in time: _TIMED_OUT",
        'a property: _INVALID_ARG: No such configuration property: "no.such.property"',
        "a second message: the queue is full, poll() makes room",
        "a message for orders was not delivered in time",
    ]


def test_loggers_have_the_levels_that_their_clients_ask_for() -> None:
    lines = [line.split(" ", 2) for line in said("logs.py", "127.0.0.1:1")]
    levels = {
        name: {level for logger, level, _ in lines if logger == name} for name in ("orders.kafka", "payments.kafka")
    }
    assert "DEBUG" in levels["orders.kafka"] and "DEBUG" not in levels["payments.kafka"]
    assert all("ERROR" in found for found in levels.values())


def test_a_program_runs_by_another_packages_name() -> None:
    assert said("by_name.py", "orders") == [
        "delivered: True",
        "consumed: by another name",
        "confluent_kafka is mapr_streams_python.kafka",
    ]


def test_a_program_with_types_reads_what_it_has_written() -> None:
    assert said("typed.py", "counts") == ["in all 6"]


def look_at_rebalances(lines: list[str], kind: str) -> None:
    pattern = re.compile(r"(first|second) (is given|gives back) \[([\d, ]*)\] (\w+)")
    found = [pattern.fullmatch(line) for line in lines if "has left" not in line]
    steps = [(m[1], m[2], [int(number) for number in m[3].split(", ") if number], m[4]) for m in found if m]
    assert len(steps) == len(found)
    assert {step[3] for step in steps} == {kind}
    assert steps[0][:2] == ("first", "is given")
    assert any(name == "first" and what == "gives back" and numbers for name, what, numbers, _ in steps)
    # In the end the second has had all of them.
    held: set[int] = set()
    for name, what, numbers, _ in steps[: len(steps) - 1]:
        if name == "second":
            held = held | set(numbers) if what == "is given" else held - set(numbers)
    assert held == {0, 1, 2, 3}
    assert "first has left: True" in lines


@pytest.mark.parametrize(("protocol", "kind"), [("eager", "EAGER"), ("cooperative", "COOPERATIVE")])
def test_rebalances_are_told_of_on_a_broker_of_its_own(protocol: str, kind: str) -> None:
    look_at_rebalances(said("rebalances.py", "--protocol", protocol, "orders"), kind)


@on_one_node
@since("2.12.0")
@pytest.mark.parametrize("protocol", ["auto", "consumer"])
def test_rebalances_are_told_of_under_kafkas_new_protocol(kafka_cluster: KafkaServer, protocol: str) -> None:
    topic = unique_name()
    kafka_cluster.create_topic(topic, 4)
    servers = kafka_cluster.bootstrap_servers
    look_at_rebalances(said("rebalances.py", "--bootstrap", servers, "--protocol", protocol, topic), "COOPERATIVE")


@on_one_node
def test_a_token_lets_a_program_in(kafka_cluster: KafkaServer) -> None:
    topic = unique_name()
    kafka_cluster.create_topic(topic, 1)
    servers = kafka_cluster.client_config("sasl_plaintext", "OAUTHBEARER")["bootstrap.servers"]
    assert topic in said("tokens.py", servers, "alice")
