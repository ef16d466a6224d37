"""Where Python has no memory, a call raises MemoryError: the process goes on, and nothing is lost."""

import re
import subprocess
import sys
from pathlib import Path

import find_pythons
import pytest
from limits import HANG

from mapr_streams_python import cimpl

HERE = Path(__file__).resolve().parent
# Read rather than imported, as the program needs _testcapi, which not every Python has.
CASES = [
    case
    for source in sorted((HERE / "nomemory").glob("*.py"))
    for case in re.findall(r"^@case\ndef (\w+)\(", source.read_text(), re.M)
]
HOT = ["constructors", "produce", "reports", "poll", "consume", "accessors", "message_constructor", "kafka_error"]
PACKAGE = Path(cimpl.__file__).resolve().parents[1]
PROGRAM = "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); runpy.run_path(sys.argv.pop(1), None, '__main__')"


def run(executable, *cases):
    command = [executable, "-E", "-s", "-B", "-X", "faulthandler", "-c", PROGRAM, str(PACKAGE)]
    ended = subprocess.run(
        [*command, str(HERE / "nomemory"), *cases], capture_output=True, text=True, timeout=HANG, check=False
    )
    if "No module named '_testcapi'" in ended.stderr:
        pytest.skip("this Python lacks _testcapi, which makes allocations fail")
    assert ended.returncode == 0, ended.stderr[-4000:]
    assert ended.stdout.split() == list(cases)


@pytest.mark.parametrize("case", CASES)
def test_a_call_without_memory_raises_memory_error_and_loses_nothing(case):
    run(sys.executable, case)


@pytest.mark.parametrize("python", find_pythons.all_of_them(), ids=lambda python: ".".join(map(str, python.version)))
def test_hot_calls_without_memory_raise_memory_error_on_this_python(python):
    run(python.executable, *HOT)
