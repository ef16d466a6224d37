"""`python -m mapr_streams_python info`."""

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from limits import HANG

from mapr_streams_python import __version__, cimpl, known_faults, libversion
from mapr_streams_python.__main__ import main


@pytest.fixture
def info(capsys):
    """What the command prints: the values by their names, and the lines about faults."""
    assert main(["info"]) == 0
    head, _, tail = capsys.readouterr().out.partition("\n\n")
    rows = [re.split(r"  +", line, maxsplit=1) for line in head.splitlines()]
    return dict(rows), tail.splitlines()


def test_the_versions_are_told(info):
    rows, _ = info
    assert rows["mapr_streams_python"] == __version__
    assert rows["extension"] == cimpl.__file__
    assert rows["Python"].startswith(platform.python_version())
    assert rows["platform"] == platform.platform()
    assert rows["librdkafka"] == libversion()[0]


def test_the_features_and_the_openssl_are_told(info):
    rows, _ = info
    features = rows["features"].split(", ")
    assert {"ssl", "snappy", "lz4"} <= set(features)
    assert re.match(r"OpenSSL \d+\.\d+\.\d+", rows["OpenSSL"])


@pytest.mark.skipif(sys.platform != "linux", reason="reads how Linux loads libraries")
def test_the_file_that_librdkafka_was_loaded_from_is_told(info):
    rows, _ = info
    maps = Path("/proc/self/maps").read_text()
    assert os.path.realpath(rows["loaded from"]) in maps


@pytest.mark.skipif(sys.platform != "linux", reason="reads how Linux loads libraries")
def test_another_librdkafka_is_told_to_be_another(tmp_path, info):
    rows, _ = info
    shutil.copy(os.path.realpath(rows["loaded from"]), tmp_path / "librdkafka.so.1")
    environ = dict(os.environ, LD_LIBRARY_PATH=f"{tmp_path}:{os.path.dirname(rows['loaded from'])}")
    command = [sys.executable, "-m", "mapr_streams_python", "info"]
    ended = subprocess.run(command, capture_output=True, text=True, env=environ, timeout=HANG, check=True)
    assert f"loaded from          {tmp_path}/librdkafka.so.1\n" in ended.stdout
    # It makes a client to ask for the version of OpenSSL, and what that client logs is nobody's concern.
    assert ended.stderr == ""


def test_the_known_faults_are_those_that_are_not_kept(info):
    _, lines = info
    faults = [fault for fault in known_faults() if not fault.kept]
    if faults:
        assert lines[0] == f"known faults of this librdkafka: {len(faults)} (docs/librdkafka.md tells of all releases)"
        assert lines[1:] == [
            f"  {fault.meets}: {fault.text} (issue {fault.issue}); mended in {fault.mended}" for fault in faults
        ]
    else:
        assert lines == ["known faults of this librdkafka: none that this client does not keep from programs"]
