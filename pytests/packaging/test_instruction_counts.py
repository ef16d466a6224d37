"""No hot path grows: instructions per message against those that are recorded in the repository."""

import pytest

from benchmarks import callgrind
from benchmarks.broker import MockBrokers
from benchmarks.gate import LIMIT, NOISE, Gate, rows
from benchmarks.scenarios import select
from benchmarks.subjects import ROOT, BareC
from benchmarks.yardstick import BARE_LIMIT

# They share the brokers, and the processes under valgrind.
pytestmark = pytest.mark.xdist_group("instructions")


@pytest.fixture(scope="module")
def gate():
    gate = Gate()
    if gate.why_not():
        pytest.skip(gate.why_not())
    return gate


@pytest.fixture(scope="module")
def processes(gate):
    with callgrind.Processes(gate.subject) as processes:
        yield processes


@pytest.fixture(scope="module")
def brokers():
    with MockBrokers(ROOT) as brokers:
        yield brokers


@pytest.mark.parametrize("scenario", rows(), ids=lambda scenario: scenario.name)
def test_a_hot_path_takes_no_more_instructions_than_recorded(scenario, gate, processes, brokers):
    # Who waits for what comes late executes a few more. What has grown has grown each time.
    for _ in range(3):
        verdict = gate.verdict(scenario.name, gate.count(scenario, processes, brokers))
        if verdict is None:
            break
    assert verdict is None


@pytest.fixture(scope="module")
def bare_c(gate):
    with callgrind.Processes(BareC()) as processes:
        yield processes


@pytest.mark.parametrize("scenario", select(["enqueue-batch*"]), ids=lambda scenario: scenario.name)
def test_a_message_of_a_batch_takes_at_most_1_15_times_what_c_takes_for_its_fields(
    scenario, processes, bare_c, brokers
):
    batch, bare = (callgrind.count(scenario, counted, brokers) for counted in (processes, bare_c))
    # That something was counted: rd_kafka_produce takes 399 with 2.16.0, and more with older ones.
    assert bare.groups["librdkafka"] > 300
    assert batch.total <= BARE_LIMIT * bare.total + NOISE


def test_the_rows_are_those_of_the_yardstick_and_the_same_with_stream_names(gate):
    yardstick = [scenario.name for scenario in select(None) if scenario.counted]
    assert [name for name in gate.record["rows"] if not name.endswith("-stream")] == yardstick
    assert [scenario.name for scenario in rows()] == list(gate.record["rows"])


@pytest.mark.parametrize("name", [scenario.name for scenario in rows()])
def test_a_row_that_has_grown_by_more_than_three_percent_is_found(name, gate, monkeypatch):
    monkeypatch.setattr(gate, "environment", lambda: gate.record["with"])
    recorded = gate.record["rows"][name]
    assert gate.verdict(name, recorded) is None
    assert gate.verdict(name, {**recorded, "all": recorded["all"] * 1.029}) is None
    assert f"{name}: more instructions per message: all" in gate.verdict(
        name, {**recorded, "all": recorded["all"] * 1.031}
    )
    # What the extension itself executes is compared with another Python or librdkafka too.
    monkeypatch.setattr(gate, "environment", lambda: {"python": "another"})
    grown = {**recorded, "all": recorded["all"] * 2, "binding": recorded["binding"] * LIMIT + NOISE}
    assert f"{name}: more instructions per message: binding" in gate.verdict(name, grown)
    assert "all" not in gate.verdict(name, grown)


def test_without_valgrind_nothing_is_counted_and_that_is_said(monkeypatch, tmp_path):
    gate = Gate()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gate.why_not().startswith("instructions are not counted: valgrind is not installed")
