"""The programs of examples/ that no other test runs, and that each capability has a page of docs with one."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from clusters import on_one_node
from limits import HANG
from requires import is_since, since

from mapr_streams_python import Consumer, Message, Producer, TopicPartition, known_faults, libversion
from mapr_streams_python.testing import KafkaServer, MockCluster, deliver, unique_name

ROOT = Path(__file__).parents[2]
EXAMPLES, DOCS = ROOT / "examples", ROOT / "docs"

pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not part of this distribution")

PROGRAMS = {
    "admin.md": ["access.py", "admin.py", "groups.py"],
    "authentication.md": ["tokens.py"],
    "dialects.md": ["dialects.py"],
    "errors.md": ["errors.py"],
    "frameworks.md": ["by_name.py"],
    "groups.md": ["rebalances.py"],
    "librdkafka.md": ["versions.py"],
    "logging.md": ["logs.py"],
    "memory.md": ["memory.py"],
    "metrics.md": ["metrics.py"],
    "migration.md": ["migrate.py"],
    "offsets.md": ["lag.py"],
    "performance.md": ["rates.py"],
    "producing.md": ["producing.py"],
    "serialization.md": ["registry.py", "serialization.py"],
    "testing.md": ["test_orders.py"],
    "transactions.md": ["exactly_once.py"],
    "types.md": ["typed.py"],
}


def said(program: str, *arguments: str) -> list[str]:
    command = [sys.executable, "-W", "error", str(EXAMPLES / program), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=HANG, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout.splitlines()


# Pages of no capability of the client's. What the last two tell, their own blocks of code do, and tests run these.
OTHERS = {
    "architecture.md",
    "conformance.md",
    "swift.md",
    "wheels.md",
    "from-confluent-kafka.md",
    "from-kafka-python.md",
}
INTRODUCTIONS = {"consumer.py", "producer.py"}


@pytest.mark.parametrize("page", PROGRAMS)
def test_each_capability_has_a_page_that_names_its_program(page: str) -> None:
    linked = re.findall(r"\(\.\./examples/(\w+\.py)\)", (DOCS / page).read_text())
    assert [program for program in PROGRAMS[page] if program not in linked] == []
    assert [program for program in linked if not (EXAMPLES / program).is_file()] == []


def test_every_page_has_a_program() -> None:
    assert {page.name for page in DOCS.glob("*.md")} == set(PROGRAMS) | OTHERS


def test_every_program_is_that_of_a_page_or_an_introduction() -> None:
    programs = {program for programs in PROGRAMS.values() for program in programs} | INTRODUCTIONS
    assert {file.name for file in EXAMPLES.glob("*.py")} == programs
    linked = re.findall(r"\(examples/(\w+\.py)\)", (ROOT / "README.md").read_text())
    assert set(linked) == INTRODUCTIONS


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


def test_the_same_calls_are_made_in_both_dialects() -> None:
    rows = [re.split(r"  +", line.strip()) for line in said("dialects.py", "lines")]
    assert rows == [
        ["mapr", "kafka"],
        ["bool(producer)", "False", "True"],
        ["produce() without a value", "told as an error", "is sent: a tombstone"],
        ["position() before a message", "0", "-1001"],
        ["the end of a partition", "_PARTITION_EOF", "nothing"],
        ["subscribe() after assign()", "raises _CONFLICT", "subscribes"],
    ]


def test_a_program_does_with_less_where_librdkafka_is_old() -> None:
    version, *faults, brokers, consumer = said("versions.py")
    assert version == f"librdkafka {libversion()[0]}"
    if is_since("2.3.0"):
        assert brokers == "brokers [1] of describe_cluster(), controller 0"
    else:
        assert brokers == "brokers [1] of metadata, controller 0"
        assert faults.pop() == (
            f"describe_cluster(): the loaded librdkafka {libversion()[0]} does not have rd_kafka_DescribeCluster, "
            "which Apache Kafka's has since 2.3.0"
        )
    kept_from_nobody = [fault for fault in known_faults() if not fault.kept]
    assert len(faults) == len(kept_from_nobody) and all(line.startswith("known fault of ") for line in faults)
    properties = "group.id, fetch.queue.backoff.ms" if is_since("2.2.0") else "group.id"
    assert consumer.startswith(f"a consumer with {properties} sees the cluster mockCluster")


def test_queues_hold_no_more_than_they_may() -> None:
    # Ten values of 100,000 bytes are what goes into 1024 kilobytes.
    assert said("memory.py", "bulk") == [
        "wrote 160 messages of 100000 bytes, 10 in the queue at the most",
        "read them, 50 at once at the most",
    ]


def test_fewer_messages_are_taken_where_there_is_no_memory_for_more() -> None:
    take = runpy.run_path(str(EXAMPLES / "memory.py"))["take"]

    class Scarce(Consumer):
        """Has no memory for lists of more than ten."""

        def consume(self, num_messages: int = 1, timeout: float | None = -1) -> list[Message]:
            if num_messages > 10:
                raise MemoryError
            return super().consume(num_messages, timeout)

    with MockCluster() as cluster:
        cluster.create_topic("bulk")
        servers = {"bootstrap.servers": cluster.bootstrap_servers}
        with Producer(servers) as producer:
            deliver(producer, "bulk", [{"value": str(number), "partition": 0} for number in range(50)])
        with Scarce({**servers, "group.id": "g", "enable.partition.eof": False}) as consumer:
            consumer.assign([TopicPartition("bulk", 0, 0)])
            values: list[bytes | None] = []
            while len(values) < 50:
                messages = take(consumer, 40)
                assert 1 <= len(messages) <= 10
                values += [message.value() for message in messages]
    assert values == [b"%d" % number for number in range(50)]


def test_rates_are_told_call_by_call() -> None:
    told = [re.fullmatch(r"(.+?) +[\d,]+ messages/s", line) for line in said("rates.py", "--count", "1500", "rates")]
    calls = ["produce()", "produce_batch() of 1000", "poll()", "consume() of 500"]
    assert [found and found[1] for found in told] == calls


def run_a_users_tests(folder: Path, cluster: str) -> str:
    shutil.copy(EXAMPLES / "test_orders.py", folder)
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--kafka={cluster}"]
    ended = subprocess.run(
        [*command, "test_orders.py"], cwd=folder, capture_output=True, text=True, timeout=HANG, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_a_users_own_tests_pass_wherever_they_stand(tmp_path: Path) -> None:
    assert "3 passed" in run_a_users_tests(tmp_path, "mock")


@on_one_node
def test_a_users_own_tests_pass_on_a_cluster_that_runs(kafka_cluster: KafkaServer, tmp_path: Path) -> None:
    assert "2 passed, 1 skipped" in run_a_users_tests(tmp_path, kafka_cluster.bootstrap_servers)


@pytest.mark.skipif(find_spec("confluent_kafka") is not None, reason="confluent-kafka is installed")
def test_serializers_of_a_registry_that_are_not_installed_are_asked_for() -> None:
    # Where they are, tools/frameworks runs the program.
    command = [sys.executable, "-W", "error", str(EXAMPLES / "registry.py"), "orders"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=HANG, check=False)
    assert ended.returncode == 1 and ended.stderr.splitlines() == [
        "No module named 'confluent_kafka.schema_registry'; pip install 'confluent-kafka[json,schemaregistry]'"
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
