"""What the tests ran on is told, and held against what they have to run on."""

import find_pythons
import pytest
import ran_on
import requirements
import run_tests
from ran_on import RanOn
from side_by_side import Ended

from mapr_streams_python import libversion

pytest_plugins = ["pytester"]

SYSTEM = ".".join(map(str, requirements.find_librdkafka().version[:3]))
LOCKED = ran_on.LOCKED.findall(ran_on.LIST.read_text())[0]
PYTHONS = tuple(f"{version}.1" for version in ran_on.VERSIONS)
ALL_OF_THEM = {"pytest": RanOn(PYTHONS, SYSTEM), "librdkafka": RanOn((), f"{LOCKED}.0")}
CLOSING = "\nran on CPython 3.9.18 3.10.13\nran with librdkafka 2.0.2\n=== 3 passed in 0.12s ===\n"


def test_the_closing_lines_of_pytest_are_read():
    assert RanOn.told(CLOSING) == (("3.9.18", "3.10.13"), "2.0.2")
    assert RanOn.told("=== 3 passed in 0.12s ===\n") == ((), "")


def test_pytest_closes_with_the_interpreters_and_the_librdkafka(pytester, pytestconfig):
    pytester.makeconftest((pytestconfig.rootpath / "pytests" / "conftest.py").read_text())
    pytester.makeini(f"[pytest]\npythonpath = {pytestconfig.rootpath / 'pytests'}\n")
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("version", ["3.10.2", "3.9.18", "3.8.1"])
        def test_on(version, record_property):
            record_property("ran on CPython", version)
            assert version != "3.8.1"
        """
    )
    told = RanOn.told(pytester.runpytest_subprocess("-p", "no:cacheprovider").stdout.str())
    assert told == (("3.9.18", "3.10.2"), libversion()[0])


def test_nothing_is_missing_where_everything_ran():
    assert ran_on.missing(ALL_OF_THEM, {ran_on.REQUIRED: " ".join(ran_on.VERSIONS)}) == []


def test_an_interpreter_that_is_found_or_named_and_did_not_run_is_missing():
    found = {".".join(map(str, python.version[:2])) for python in find_pythons.all_of_them()} & set(ran_on.VERSIONS)
    without = dict(ALL_OF_THEM, pytest=RanOn((), SYSTEM))
    (problem,) = ran_on.missing(without, {})
    assert set(problem.removeprefix("pytest has not run the extension on CPython ").split(", ")) == found
    (problem,) = ran_on.missing(dict(ALL_OF_THEM, pytest=RanOn(PYTHONS[1:], SYSTEM)), {ran_on.REQUIRED: "3.9"})
    assert problem == "pytest has not run the extension on CPython 3.9"


@pytest.mark.parametrize(("step", "text"), [("pytest", f"system's is {SYSTEM}"), ("librdkafka", f"locked is {LOCKED}")])
def test_another_librdkafka_than_the_system_s_or_the_newest_is_a_problem(step, text):
    for version in ("1.9.2", ""):
        (problem,) = ran_on.missing(dict(ALL_OF_THEM, **{step: RanOn(PYTHONS, version)}), {})
        assert text in problem and (version or "?") in problem


def test_where_all_are_to_run_with_the_newest_librdkafka_the_system_s_is_a_problem():
    (problem,) = ran_on.missing(ALL_OF_THEM, {ran_on.LIBRDKAFKA: "newest", ran_on.REQUIRED: " ".join(ran_on.VERSIONS)})
    assert problem == f"pytest ran with {SYSTEM}, and the newest that is locked is {LOCKED}"
    with_newest = dict(ALL_OF_THEM, pytest=RanOn(PYTHONS, f"{LOCKED}.0"))
    assert ran_on.missing(with_newest, {ran_on.LIBRDKAFKA: "newest"}) == []


@pytest.mark.parametrize("ci", [True, False])
def test_a_run_in_ci_fails_where_something_is_missing(ci, monkeypatch, capsys):
    monkeypatch.delenv(ran_on.LIBRDKAFKA, raising=False)
    monkeypatch.setenv("CI", "true")
    if not ci:
        monkeypatch.delenv("CI")
    ended = {"pytest": Ended(0, CLOSING.replace("2.0.2", "1.9.2"), 1.0)}
    outcomes = run_tests.held_against_what_must_run([run_tests.python_tests()], ended)
    printed = capsys.readouterr().out
    assert "  pytest: CPython 3.9.18, 3.10.13; librdkafka 1.9.2\n" in printed
    assert [outcome.ok for outcome in outcomes] == ([False] if ci else [])
    assert (f"the system's is {SYSTEM}" in printed) is ci
