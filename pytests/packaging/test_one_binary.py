"""One and the same extension file serves every CPython from 3.9 up that this machine has."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import find_pythons
import pytest
from limits import HANG

from mapr_streams_python import __version__, cimpl

HERE = Path(__file__).resolve().parent
EXTENSION = Path(cimpl.__file__).resolve()

PYTHONS = find_pythons.all_of_them()
every_python = pytest.mark.parametrize("python", PYTHONS, ids=lambda python: ".".join(map(str, python.version)))

IMPORT_INTO_SUB_INTERPRETER = textwrap.dedent("""
    import sys
    try:
        import _interpreters as interpreters
    except ImportError:
        import _xxsubinterpreters as interpreters
    import mapr_streams_python.cimpl
    second = interpreters.create()
    interpreters.run_string(second, '''if True:
        try:
            import mapr_streams_python.cimpl
            said = "imported"
        except ImportError as problem:
            said = f"ImportError: {problem}"
        import os
        os.write(1, said.encode())
    ''')
    interpreters.destroy(second)
    # What the first interpreter imported still works.
    assert mapr_streams_python.cimpl.libversion()
""")


def run(python, *arguments):
    """Runs an interpreter that has our package on its path and nothing else that is not its own."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    environ["PYTHONPATH"] = str(EXTENSION.parent.parent)
    options = ["-B", "-s", "-X", "faulthandler", "-W", "error"]
    return subprocess.run(
        [python.executable, *options, *arguments],
        capture_output=True,
        text=True,
        env=environ,
        timeout=HANG,
        check=False,
    )


@every_python
def test_the_same_file_produces_consumes_and_pickles_on_this_python(python, record_property):
    ended = run(python, str(HERE / "exercise.py"))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout) == {
        "python": ".".join(map(str, python.version)),
        "extension": str(EXTENSION),
        "package": __version__,
        "delivered": 300,
        "consumed": 300,
    }
    # The closing lines of the run name it: see conftest.py.
    record_property("ran on CPython", json.loads(ended.stdout)["python"])


@every_python
def test_a_sub_interpreter_that_imports_gets_an_import_error_that_says_so(python):
    ended = run(python, "-c", IMPORT_INTO_SUB_INTERPRETER)
    if "No module named '_xxsubinterpreters'" in ended.stderr:
        pytest.skip("this Python has no module that makes sub-interpreters")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("ImportError: ")
    assert "interpreter" in ended.stdout


def test_the_interpreter_of_this_test_run_is_among_those_found():
    here = os.path.realpath(sys.executable)
    assert here in [python.executable for python in PYTHONS]
