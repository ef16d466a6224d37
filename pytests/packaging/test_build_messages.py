"""A build that cannot go on says what is missing, how to install it and how to point at another one. No traceback."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import requirements
from limits import HANG

ROOT = Path(requirements.__file__).resolve().parent.parent
INSTALLERS = ["Debian, Ubuntu:", "Fedora:", "macOS:"]

pytest.importorskip("setuptools", reason="setup.py needs setuptools")


def attempt(tmp_path, *command, **changes):
    """Runs a build with a changed environment and with folders of its own, and returns what it printed as it failed."""
    environ = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", **changes}
    ended = subprocess.run(
        [sys.executable, *(command or ["setup.py", "build", "--build-base", str(tmp_path / "build")])],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )
    printed = ended.stdout + ended.stderr
    assert ended.returncode != 0, printed
    assert "Traceback" not in printed
    return printed


def executable(file, text):
    file.write_text(text)
    file.chmod(0o755)
    return str(file)


def test_no_swift_on_the_path(tmp_path):
    printed = attempt(tmp_path, PATH=str(tmp_path), SWIFT="")
    for words in ["a Swift toolchain, 6.0 or newer: no swift command is on PATH", "swiftly init", *INSTALLERS]:
        assert words in printed
    assert "set SWIFT to the path of its swift command" in printed


def test_a_variable_that_names_no_swift(tmp_path):
    assert "SWIFT is /nowhere/swift, which is no command" in attempt(tmp_path, SWIFT="/nowhere/swift")


def test_a_swift_that_is_too_old(tmp_path):
    old = executable(tmp_path / "swift", "#!/bin/sh\necho 'Swift version 5.10.1 (swift-5.10.1-RELEASE)'\n")
    printed = attempt(tmp_path, SWIFT=old)
    assert f"6.0 or newer: {old} is Swift 5.10" in printed


def test_no_librdkafka_where_the_variable_points(tmp_path):
    printed = attempt(tmp_path, LIBRDKAFKA_PREFIX=str(tmp_path))
    for words in ["apt-get install librdkafka-dev", "dnf install librdkafka-devel", "brew install librdkafka"]:
        assert words in printed
    assert f"LIBRDKAFKA_PREFIX, {tmp_path}" in printed
    assert "set LIBRDKAFKA_PREFIX to the folder" in printed


def test_no_librdkafka_on_the_machine(monkeypatch, tmp_path):
    nowhere = requirements.Librdkafka(tmp_path, None)
    monkeypatch.setattr(requirements, "_librdkafka_places", lambda environ: [nowhere])
    with pytest.raises(requirements.BuildError, match=r"librdkafka/rdkafka.h is not in") as problem:
        requirements.find_librdkafka({})
    for words in ["apt-get install librdkafka-dev", "LIBRDKAFKA_PREFIX", *INSTALLERS]:
        assert words in str(problem.value)


def test_a_librdkafka_that_is_too_old(monkeypatch, tmp_path):
    (tmp_path / "librdkafka").mkdir()
    (tmp_path / "librdkafka" / "rdkafka.h").write_text("#define RD_KAFKA_VERSION  0x010800ff\n")
    monkeypatch.setattr(requirements, "_librdkafka_places", lambda environ: [requirements.Librdkafka(tmp_path, None)])
    with pytest.raises(requirements.BuildError, match=r"2\.0\.2 or newer: .*rdkafka\.h is of version 1\.8\.0"):
        requirements.find_librdkafka({})


def test_no_python_headers_where_the_variable_points(tmp_path):
    printed = attempt(tmp_path, PYTHON_INCLUDE_DIR=str(tmp_path))
    for words in ["apt-get install python3-dev", "dnf install python3-devel", "brew install python3", str(tmp_path)]:
        assert words in printed
    assert "set PYTHON_INCLUDE_DIR to the folder that holds Python.h" in printed


def test_no_python_headers_on_the_machine(monkeypatch, tmp_path):
    monkeypatch.setattr(requirements.sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(requirements.BuildError, match="Python.h, the headers of CPython 3.9 or newer: it is not in"):
        requirements.find_python_headers({"PATH": str(tmp_path)})


@pytest.mark.parametrize(
    ("minor", "config", "said"),
    [("8", "", "not of Python 3.9 or newer"), ("13", "#define Py_GIL_DISABLED 1\n", "of a free-threaded build")],
)
def test_python_headers_that_do_not_serve(tmp_path, minor, config, said):
    (tmp_path / "Python.h").touch()
    (tmp_path / "patchlevel.h").write_text(f"#define PY_MINOR_VERSION {minor}\n")
    (tmp_path / "pyconfig.h").write_text(config)
    with pytest.raises(requirements.BuildError, match=said):
        requirements.find_python_headers({"PYTHON_INCLUDE_DIR": str(tmp_path)})


@pytest.mark.parametrize("command", ["build", "bdist_wheel"])
def test_a_free_threaded_interpreter(tmp_path, command):
    pretend = textwrap.dedent(f"""
        import runpy, sys, sysconfig
        ordinary = sysconfig.get_config_var
        sysconfig.get_config_var = lambda name: 1 if name == "Py_GIL_DISABLED" else ordinary(name)
        sys.argv = ["setup.py", {command!r}, "--bdist-dir" if {command!r} == "bdist_wheel" else "--build-base", "build"]
        runpy.run_path("setup.py", run_name="__main__")
    """)
    printed = attempt(tmp_path, "-c", pretend)
    assert "does not support free-threaded Python" in printed
    assert "stable ABI (abi3)" in printed


def test_sources_that_do_not_compile_end_with_what_the_compiler_said(tmp_path):
    version = '[ "$1" = --version ] && echo "Swift version 6.3.1" && exit'
    broken = executable(tmp_path / "swift", f'#!/bin/sh\n{version}\necho "Client.swift:1: error: oh"\nexit 1\n')
    printed = attempt(tmp_path, SWIFT=broken)
    assert "Client.swift:1: error: oh" in printed
    assert "error: swift build failed with exit status 1" in printed


@pytest.mark.parametrize("how", [["wheel"], ["install", "--editable"]])
def test_pip_shows_the_message_and_no_traceback(tmp_path, how):
    pytest.importorskip("pip")
    target = ["--wheel-dir", str(tmp_path)] if how == ["wheel"] else ["--prefix", str(tmp_path)]
    pip = ["-m", "pip", *how, ".", "--no-build-isolation", "--no-deps", *target]
    printed = attempt(tmp_path, *pip, SWIFT="/nowhere/swift")
    assert "error: mapr-streams-python needs a Swift toolchain, 6.0 or newer" in printed
