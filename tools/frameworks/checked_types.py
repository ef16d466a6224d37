# packages: sentry-arroyo==2.48.0 mypy==2.4.1
"""mypy on the sources of arroyo, with this package's types for `confluent_kafka`."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import mapr_streams_python

PACKAGE = Path(mapr_streams_python.__file__).parents[1]
STUBS = {
    "__init__": "from mapr_streams_python.kafka import *",
    "cimpl": "from mapr_streams_python.cimpl import *",
    "error": "from mapr_streams_python.error import *",
    "serialization": "from mapr_streams_python.serialization import *",
}


def checked(folder: str) -> str:
    for name, text in STUBS.items():
        stub = Path(folder, "confluent_kafka", f"{name}.pyi")
        stub.parent.mkdir(exist_ok=True)
        stub.write_text(f"{text}\n")
    command = [sys.executable, "-m", "mypy", "--ignore-missing-imports", "--cache-dir", os.devnull, "-p", "arroyo"]
    environ = {**os.environ, "MYPYPATH": os.pathsep.join([folder, str(PACKAGE)])}
    ran = subprocess.run(command, env=environ, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout.strip()


with tempfile.TemporaryDirectory() as folder:
    told = checked(folder)
    # These types are read, and not those of confluent-kafka, which is installed too.
    STUBS["__init__"] = "from mapr_streams_python.kafka import Producer as Producer"
    try:
        checked(folder)
    except AssertionError as raised:
        assert 'has no attribute "Consumer"' in str(raised), raised
    else:
        raise AssertionError("other types were read")
print(f"ok: {told}")
