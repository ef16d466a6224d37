"""What `make demo` and `make test` do before and after the real work: setting up the machine, and adding up results."""

import concurrent.futures
import subprocess
import sys
import threading
from pathlib import Path

import bootstrap
import find_pythons
import kafka_classes
import pytest
import run_tests
import side_by_side
from limits import HANG

PYTEST_CLOSINGS = [
    ("=== 3 passed in 0.12s ===", (3, 0, 0)),
    ("== 1 failed, 5 passed, 2 skipped, 1 warning, 1 error in 61.20s (0:01:01) ==", (5, 2, 2)),
    ("8 passed, 1 xfailed, 2 deselected in 1.00s", (8, 0, 1)),
    ("=== no tests ran in 0.01s ===", (0, 0, 0)),
]

SWIFT_RUN = """\
Test Suite 'Deadlines' passed at 2026-01-01 00:00:00.000
\t Executed 2 tests, with 0 failures (0 unexpected) in 0.1 (0.1) seconds
Test Suite 'All tests' passed at 2026-01-01 00:00:00.000
\t Executed 6 tests, with 1 test skipped and 2 failures (0 unexpected) in 0.3 (0.3) seconds
◇ Test run started.
◇ Test closes() started.
✔ Test closes() passed after 0.001 seconds.
✘ Test case passing 1 argument mode → 7 to opens(_:) failed after 0.001 seconds with 1 issue.
✘ Test opens(_:) failed after 0.001 seconds with 1 issue.
➜ Test later() skipped: "not here"
✘ Test run with 3 tests in 1 suite failed after 0.002 seconds with 1 issue.
"""


@pytest.mark.parametrize(("closing", "expected"), PYTEST_CLOSINGS)
def test_the_closing_line_of_pytest_is_counted(closing, expected):
    assert run_tests.count_pytest(f"collected 9 items\n\n{closing}\n") == expected


def test_both_frameworks_of_swift_test_are_counted():
    assert run_tests.count_swift(SWIFT_RUN) == (4, 3, 2)


def test_what_had_ended_before_the_process_of_the_swift_tests_died_is_counted():
    lines = SWIFT_RUN.splitlines(keepends=True)[:-1]
    assert run_tests.count_swift("".join([*lines, "error: Exited with unexpected signal code 11\n"])) == (4, 3, 2)
    assert run_tests.count_swift("".join(lines[4:-2])) == (1, 0, 0)


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"])
def test_a_step_that_dies_has_failed_whatever_it_counted(code):
    step = run_tests.Step("dies", [sys.executable, "-c", code], lambda output: run_tests.Counts(1))
    outcome = run_tests.outcome(step, side_by_side.Running(step.name, step.command).run())
    assert not outcome.ok
    assert outcome.counts.failed == 1


def test_the_summary_ends_with_the_sum_alone_on_its_line(capsys):
    outcomes = [
        run_tests.Outcome("pytest", False, run_tests.Counts(5, 2, 1), 1.0, True),
        run_tests.Outcome("mypy", True, run_tests.Counts(1, 0, 0), 1.0, False),
    ]
    run_tests.summary(outcomes, 2.0)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "6 passed, 2 failed, 1 skipped"
    assert any("FAILED" in line and "pytest" in line for line in lines)


@pytest.mark.parametrize("ci", [True, False])
def test_pyright_is_one_of_the_checks_in_ci_alone(ci, monkeypatch):
    monkeypatch.setenv("CI", "true")
    if not ci:
        monkeypatch.delenv("CI")
    assert ("pyright" in [step.name for step in run_tests.checks()]) is ci


def test_the_tests_load_the_newest_librdkafka_where_that_is_asked_for(monkeypatch, tmp_path):
    monkeypatch.delenv("LIBRDKAFKA", raising=False)
    monkeypatch.setenv("LD_LIBRARY_PATH", "mine")
    monkeypatch.setattr(run_tests.run_variant, "newer_librdkafka", lambda: tmp_path)
    assert not [step for step in run_tests.python_tests() if step.command[0] == "env"]
    monkeypatch.setenv("LIBRDKAFKA", "newest")
    begin = ["env", f"LD_LIBRARY_PATH={tmp_path}:mine"]
    assert [step.command[:2] for step in run_tests.python_tests()] == [begin, begin]
    tests = [step for step in run_tests.swift_tests() if step.counts]
    assert tests and [step.command[:2] for step in tests] == [begin] * len(tests)
    monkeypatch.setenv("LIBRDKAFKA", "2.3.0")
    with pytest.raises(SystemExit, match="newest"):
        run_tests.python_tests()


def test_interpreters_of_a_run_keep_what_they_compile_but_not_beside_the_sources(monkeypatch):
    # Set, so that they are put back to what they were.
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", "")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    run_tests.keep_bytecode()
    ask = "import sys; print(sys.dont_write_bytecode, sys.pycache_prefix)"
    told = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout
    assert told.split() == ["False", str(run_tests.BYTECODE)]


def test_every_process_of_a_run_knows_the_interpreters_that_were_found(monkeypatch):
    monkeypatch.delenv(find_pythons.KNOWN, raising=False)
    find_pythons.all_of_them.cache_clear()
    found = find_pythons.all_of_them()
    monkeypatch.setenv(find_pythons.KNOWN, "")
    find_pythons.share()
    find_pythons.all_of_them.cache_clear()
    monkeypatch.setattr(find_pythons, "candidates", lambda: pytest.fail("they are looked for again"))
    assert find_pythons.all_of_them() == found


@pytest.mark.parametrize(
    ("variable", "folder"), [("UV_PYTHON_INSTALL_DIR", ""), ("XDG_DATA_HOME", "uv/python"), ("PYENV_ROOT", "versions")]
)
def test_interpreters_are_looked_for_where_their_managers_were_told_to_put_them(
    variable, folder, monkeypatch, tmp_path
):
    monkeypatch.delenv("UV_PYTHON_INSTALL_DIR", raising=False)
    monkeypatch.setenv(variable, str(tmp_path))
    python = tmp_path / folder / "cpython-3.9.18-linux" / "bin" / "python3.9"
    python.parent.mkdir(parents=True)
    python.touch()
    assert python in find_pythons.candidates()


def test_the_nodes_of_a_kafka_share_the_classes_of_that_kafka_and_java_unless_java_has_options(monkeypatch, tmp_path):
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("KAFKA_HOME", str(tmp_path / "one"))
    monkeypatch.setenv("KAFKA_OPTS", "-Dmine=1")
    kafka_classes.share()
    assert kafka_classes.os.environ["KAFKA_OPTS"] == "-Dmine=1"
    monkeypatch.delenv("KAFKA_OPTS")
    one = kafka_classes.archive()
    kafka_classes.share()
    assert kafka_classes.os.environ["KAFKA_OPTS"] == f"-XX:SharedArchiveFile={one} -Xshare:auto"
    assert one == kafka_classes.archive()
    monkeypatch.setenv("KAFKA_HOME", str(tmp_path / "other"))
    assert kafka_classes.archive() not in (None, one)
    monkeypatch.delenv("KAFKA_HOME")
    assert kafka_classes.archive() is None and run_tests.kafka() == []


def test_without_the_right_to_install_the_command_is_printed_and_nothing_is_run(monkeypatch):
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    monkeypatch.setattr(bootstrap.subprocess, "run", lambda *_, **__: pytest.fail("something was run"))
    with pytest.raises(SystemExit) as stopped:
        bootstrap.install_packages(["librdkafka-dev", "python3-dev"])
    assert "sudo apt-get install --yes --no-install-recommends librdkafka-dev python3-dev" in str(stopped.value)


def test_the_environment_stays_where_its_interpreter_was_only_corrected_meanwhile(monkeypatch, tmp_path):
    """Debian brings a corrected interpreter together with its headers, while this runs with the one before."""
    made = []

    def make(command):
        made.append(command)
        tmp_path.mkdir(exist_ok=True)

    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    monkeypatch.setattr(bootstrap, "run", make)
    bootstrap.make_environment()
    monkeypatch.setattr(bootstrap.sys, "version", "3.11.2 (main, a month later) [another compiler]")
    bootstrap.make_environment()
    assert len(made) == 1
    monkeypatch.setattr(bootstrap.sys.implementation, "cache_tag", "cpython-399")
    bootstrap.make_environment()
    assert len(made) == 2


def test_of_two_that_download_the_same_at_a_time_one_waits_for_the_other(monkeypatch, tmp_path):
    folder = tmp_path / "wheel-tools"
    running, waits, flock = [], threading.Semaphore(0), bootstrap.fcntl.flock

    def lock(*arguments):
        waits.release()
        flock(*arguments)

    def other():
        assert bootstrap.download("wheels", folder) == folder
        return (folder / "compiler").read_text()

    with concurrent.futures.ThreadPoolExecutor() as threads:

        def install(command):
            running.append(Path(command[command.index("--target") + 1]))
            if len(running) == 1:
                running.append(threads.submit(other))
                assert waits.acquire(timeout=HANG) and waits.acquire(timeout=HANG)
            running[0].mkdir()
            (running[0] / "compiler").write_text("in use")

        monkeypatch.setattr(bootstrap.fcntl, "flock", lock)
        monkeypatch.setattr(bootstrap, "run", install)
        assert bootstrap.download("wheels", folder) == folder
        assert running[1].result(HANG) == "in use"
    # The one who waited has found it there, and so does who comes later.
    bootstrap.download("wheels", folder)
    assert len(running) == 2
    assert running[0] != folder and not running[0].exists()


def test_what_an_interrupted_download_left_is_not_taken_for_it(monkeypatch, tmp_path):
    folder = tmp_path / "wheel-tools"

    def install(command):
        target = Path(command[command.index("--target") + 1])
        target.mkdir()
        (target / "half").touch()
        if interrupted:
            sys.exit("interrupted")

    monkeypatch.setattr(bootstrap, "run", install)
    interrupted = True
    with pytest.raises(SystemExit):
        bootstrap.download("wheels", folder)
    assert not folder.exists()
    interrupted = False
    assert (bootstrap.download("wheels", folder) / "half").exists()


def test_with_sudo_that_asks_no_password_the_packages_are_installed(monkeypatch, capsys):
    ran = []

    def run(command, **_):
        ran.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(bootstrap.subprocess, "run", run)
    bootstrap.install_packages(["librdkafka-dev"])
    assert ran[-1][:3] == ["sudo", "-n", "env"]
    assert ran[-1][-1] == "librdkafka-dev"


def test_what_a_real_kafka_needs_is_asked_for_only_where_one_is_named(monkeypatch):
    really = bootstrap.shutil.which
    monkeypatch.setattr(
        bootstrap.shutil, "which", lambda name, **path: None if name in bootstrap.KAFKA_NEEDS else really(name, **path)
    )
    needed = set(bootstrap.KAFKA_NEEDS.values())
    monkeypatch.setenv("KAFKA_HOME", "/opt/kafka")
    assert needed <= set(bootstrap.missing_packages("test"))
    monkeypatch.delenv("KAFKA_HOME")
    assert not needed & set(bootstrap.missing_packages("test"))
