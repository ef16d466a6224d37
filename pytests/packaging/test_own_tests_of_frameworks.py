"""`tools/frameworks --their-own` finds the tests that fail on this package alone."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools" / "frameworks"))
try:
    import _own_tests
finally:
    sys.path.remove(str(ROOT / "tools" / "frameworks"))

WHOSE = """
import confluent_kafka

def test_theirs():
    assert not hasattr(confluent_kafka, "Producer")
"""
NOBODYS = """
import pytest

def test_passing(): pass
def test_failing(): assert False
def test_skipped(): pytest.skip("here")
@pytest.mark.xfail
def test_expected(): assert False
"""


@pytest.fixture
def compared(tmp_path, monkeypatch):
    """Compares the tests that a distribution has, and is told what there is instead of confluent-kafka."""
    genuine = tmp_path / "genuine"
    genuine.mkdir()
    (genuine / "confluent_kafka.py").write_text("def libversion(): return ('0.0.0', 0)")
    monkeypatch.setattr(_own_tests, "FOLDER", tmp_path)
    # Those of this environment take longer to import than everything else does.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def compare(**files):
        (tmp_path / "some-1" / "tests").mkdir(parents=True)
        for name, text in files.items():
            (tmp_path / "some-1" / "tests" / f"test_{name}.py").write_text(text)
        some = _own_tests.Distribution("1", (), left_out={"tests/test_slow.py": "slow"}, stand_ins=str(genuine))
        monkeypatch.setattr(_own_tests, "DISTRIBUTIONS", {"some": some})
        return _own_tests.run(["some"], lambda name, packages: Path(sys.executable), None)

    return compare


def test_a_test_that_fails_on_both_is_named_and_no_failure(compared, capsys):
    assert compared(nobodys=NOBODYS, slow="raise SystemExit", needy="import tests.helpers") == 0
    said = capsys.readouterr().out
    assert re.findall("mapr_streams_python, librdkafka .*: (.*)", said) == ["1 passed, 1 failed, 1 skipped, 1 xfailed"]
    assert "confluent_kafka, librdkafka 0.0.0: 1 passed, 1 failed, 1 skipped, 1 xfailed" in said
    assert "fails on both: tests.test_nobodys::test_failing" in said
    assert "left out: tests/test_slow.py: slow" in said
    assert "left out: tests.test_needy: tests.helpers is not in the distribution" in said


def test_a_test_that_fails_here_alone_is_one(compared, capsys):
    assert compared(nobodys=NOBODYS, whose=WHOSE) == 1
    assert re.findall("here alone: (.*)", capsys.readouterr().out) == ["tests.test_whose::test_theirs: failed"]


def test_a_file_that_cannot_be_imported_here_alone_is_one(compared, capsys):
    missing = (
        "import confluent_kafka\nif hasattr(confluent_kafka, 'Producer'): import tests.helpers\ndef test_a(): pass"
    )
    assert compared(missing=missing) == 1
    assert re.findall("here alone: (.*): ", capsys.readouterr().out) == [
        "tests.test_missing",
        "tests.test_missing::test_a",
    ]


def test_tests_that_come_to_no_end_are_a_failure(compared, capsys):
    assert compared(ends="import os\ndef test_ends(): os._exit(3)") == 1
    assert "exit status 3" in capsys.readouterr().out


def test_tests_of_which_none_passes_anywhere_are_a_failure(compared, capsys):
    assert compared(failing="def test_failing(): assert False") == 1
    assert "here alone" not in capsys.readouterr().out


def test_a_result_that_is_worse_than_there_is_found():
    there = _own_tests.Results({"a": "passed", "b": "passed", "c": "skipped", "d": "failed", "e": "xfailed"}, {})
    here = _own_tests.Results({"a": "skipped", "c": "passed", "d": "skipped", "e": "xfailed", "f": "failed"}, {})
    assert _own_tests.alone(here, there) == {"a": "skipped", "b": "did not run", "f": "failed"}


def test_each_source_distribution_has_a_row_with_its_version_and_its_tests():
    page = (ROOT / "docs" / "frameworks.md").read_text()
    rows = re.findall(r"^\| (\S+) (\S+) \| `([^`]+)`.* passed", page, re.MULTILINE)
    distributions = _own_tests.DISTRIBUTIONS
    assert rows == [(name, some.version, some.tests) for name, some in distributions.items()]
    others = [package for some in distributions.values() for package in some.packages]
    assert [package for package in [*others, _own_tests.PYTEST] if "==" not in package] == []
