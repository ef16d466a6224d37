"""No hot path grows: instructions per message against those that are recorded in the repository."""

import pytest

from benchmarks import callgrind
from benchmarks.broker import MockBrokers
from benchmarks.gate import LIMIT, Gate, rows
from benchmarks.subjects import ROOT

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
    assert gate.verdict(scenario.name, gate.count(scenario, processes, brokers)) is None


def test_a_row_that_has_grown_is_found(gate):
    name, recorded = next(iter(gate.record["rows"].items()))
    assert gate.verdict(name, recorded) is None
    grown = {kind: count * LIMIT + 10 for kind, count in recorded.items()}
    assert "more instructions per message" in gate.verdict(name, grown)
