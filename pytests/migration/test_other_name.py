"""This package by another one's name: `install_as`, and `python -m mapr_streams_python run`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from limits import HANG

import mapr_streams_python

PACKAGE = Path(mapr_streams_python.__file__).parent.parent

WAYS_TO_RUN = "(run PROGRAM.py, run COMMAND, or run -m MODULE, each with its own arguments behind it)"
PROGRAM = """\
import sys
import confluent_kafka
from confluent_kafka import Consumer, KafkaError
import mapr_streams_python
print(confluent_kafka.__name__, Consumer.__module__, KafkaError is mapr_streams_python.KafkaError, *sys.argv[1:])
"""


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mapr_streams_python", "run", *arguments]
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAPR_STREAMS_")}
    path = os.pathsep.join(filter(None, [environ.pop("PYTHONPATH", ""), str(PACKAGE)]))
    env.update(environ, PYTHONPATH=path)
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=HANG, check=False)


class TestInstallAs:
    @pytest.mark.parametrize(("dialect", "package"), [("kafka", ".kafka"), ("mapr", "")])
    def test_the_name_is_this_package(self, dialect, package, run_python):
        printed = run_python(
            f"""
import mapr_streams_python
mapr_streams_python.install_as("confluent_kafka", {dialect!r})
mapr_streams_python.install_as("confluent_kafka", dialect={dialect!r})
import confluent_kafka, confluent_kafka.testing, confluent_kafka.cimpl
from confluent_kafka import Producer, KafkaError
from confluent_kafka.testing import MockCluster
import mapr_streams_python.testing, sys
assert MockCluster is mapr_streams_python.testing.MockCluster
assert mapr_streams_python.testing.__spec__.name == "mapr_streams_python.testing"
assert confluent_kafka.cimpl.Producer is Producer
print(confluent_kafka.__name__)
try:
    import confluent_kafka.no_such_module
except ModuleNotFoundError as error:
    print(error)
"""
        ).check()
        assert printed.splitlines() == [
            f"mapr_streams_python{package}",
            "No module named 'confluent_kafka.no_such_module'",
        ]

    def test_what_is_installed_is_told_and_not_touched(self, run_python, tmp_path):
        (tmp_path / "other_client").mkdir()
        (tmp_path / "other_client" / "__init__.py").write_text("raise ImportError('the real one')\n")
        (tmp_path / "other_client-9.1.dist-info").mkdir()
        (tmp_path / "other_client-9.1.dist-info" / "METADATA").write_text("Name: other-client\nVersion: 9.1\n")
        printed = run_python(
            f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
from mapr_streams_python import install_as
print(install_as("other_client"), install_as("no_such_client"))
import other_client
print(other_client.__name__)
"""
        ).check()
        assert printed.splitlines() == ["9.1 None", "mapr_streams_python.kafka"]

    def test_a_name_that_is_imported_already_is_an_error(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "other_client", sys)
        with pytest.raises(RuntimeError, match="^other_client is imported already: call install_as before"):
            mapr_streams_python.install_as("other_client")
        # Of one that comes from a file it says from which.
        monkeypatch.setitem(sys.modules, "other_client", os)
        with pytest.raises(RuntimeError) as raised:
            mapr_streams_python.install_as("other_client")
        assert str(raised.value) == (
            f"other_client is imported already, from {os.__file__}: call install_as before the first import of it, or"
            " start the program by python -m mapr_streams_python run"
        )

    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            (("confluent_kafka", "MapR"), 'dialect must be "kafka" or "mapr", not \'MapR\''),
            (("mapr_streams_python",), "name must be that of another top-level package"),
            (("a.b",), "name must be that of another top-level package"),
        ],
    )
    def test_wrong_arguments_are_errors(self, arguments, problem):
        with pytest.raises(ValueError) as raised:
            mapr_streams_python.install_as(*arguments)
        assert problem in str(raised.value)


class TestRun:
    def test_a_program_gets_this_package_in_the_mapr_dialect(self, tmp_path):
        (tmp_path / "program.py").write_text(PROGRAM)
        ran = run(str(tmp_path / "program.py"), "-m", "--dialect", "x")
        assert (ran.stdout, ran.returncode) == (
            "mapr_streams_python mapr_streams_python True -m --dialect x\n",
            0,
        ), ran.stderr

    @pytest.mark.parametrize(
        ("options", "environ"), [(["--dialect", "kafka"], {}), ([], {"MAPR_STREAMS_COMPATIBILITY": "kafka"})]
    )
    def test_the_other_dialect_is_a_choice(self, options, environ, tmp_path):
        (tmp_path / "program.py").write_text(PROGRAM)
        ran = run(*options, str(tmp_path / "program.py"), **environ)
        assert ran.stdout == "mapr_streams_python.kafka mapr_streams_python.kafka True\n", ran.stderr

    def test_a_module_is_run(self, tmp_path):
        (tmp_path / "program.py").write_text(PROGRAM)
        ran = run("-m", "program", "argument", PYTHONPATH=str(tmp_path))
        assert ran.stdout == "mapr_streams_python mapr_streams_python True argument\n", ran.stderr

    def test_a_command_is_run_and_so_is_every_python_that_it_starts(self, tmp_path):
        (tmp_path / "program.py").write_text(PROGRAM)
        (tmp_path / "serve").write_text(
            f"#!/bin/sh\n{sys.executable} {tmp_path}/program.py $1\n"
            f"exec {sys.executable} -c 'import subprocess, sys; subprocess.run([sys.executable] + sys.argv[1:])'"
            f" {tmp_path}/program.py child\n"
        )
        (tmp_path / "serve").chmod(0o755)
        ran = run("serve", "app:app", PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        assert ran.stdout.splitlines() == [
            "mapr_streams_python mapr_streams_python True app:app",
            "mapr_streams_python mapr_streams_python True child",
        ], ran.stderr

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="gunicorn and its like fork")
    def test_a_server_of_workers_is_run_with_each_interpreter_that_it_starts(self, tmp_path):
        """As `run gunicorn app:app`: a script that pip has made, whose workers import the application."""
        (tmp_path / "app.py").write_text(
            "import sys, confluent_kafka\n"
            "def app(where):\n"
            "    print(where, confluent_kafka.__name__, confluent_kafka.Consumer.__module__, flush=True)\n"
            "if __name__ == '__main__':\n"
            "    app('module')\n"
        )
        # The first line is the interpreter's path, as pip writes it; a long one goes through the shell.
        (tmp_path / "prefork").write_text(
            f"""#!/bin/sh
'''exec' "{sys.executable}" "$0" "$@"
' '''
import concurrent.futures, importlib, multiprocessing, os, subprocess, sys
sys.path.insert(0, {str(tmp_path)!r})

def work(where):
    module, name = sys.argv[1].split(":")
    getattr(importlib.import_module(module), name)(where)

if __name__ == "__main__":
    def forked(where):
        child = os.fork()
        if child == 0:
            work(where)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    forked("forked before the import")
    work("parent")
    forked("forked behind the import")
    for method in ("spawn", "forkserver"):
        process = multiprocessing.get_context(method).Process(target=work, args=(method,))
        process.start()
        process.join()
        assert process.exitcode == 0
    subprocess.run([sys.executable, "-m", "app"], check=True, cwd={str(tmp_path)!r})
    os.execv(sys.executable, [sys.executable, "-c", "import app; app.app('reloaded')"])
"""
        )
        (tmp_path / "prefork").chmod(0o755)
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        ran = run("--dialect", "kafka", "prefork", "app:app", PATH=path, PYTHONPATH=str(tmp_path))
        package = "mapr_streams_python.kafka mapr_streams_python.kafka"
        assert ran.stdout.splitlines() == [
            f"forked before the import {package}",
            f"parent {package}",
            f"forked behind the import {package}",
            f"spawn {package}",
            f"forkserver {package}",
            f"module {package}",
            f"reloaded {package}",
        ], ran.stderr

    def test_another_sitecustomize_still_runs(self, tmp_path):
        # As opentelemetry-instrument's, where it has started `run`.
        (tmp_path / "sitecustomize.py").write_text(
            "try: import confluent_kafka as c\nexcept ImportError: c = None\nprint(getattr(c, '__name__', None))\n"
        )
        (tmp_path / "program.py").write_text(PROGRAM + "import sitecustomize; print(sitecustomize.__file__)\n")
        ran = run(str(tmp_path / "program.py"), PYTHONPATH=str(tmp_path))
        assert ran.stdout.splitlines()[-3:] == [
            "mapr_streams_python",
            "mapr_streams_python mapr_streams_python True",
            str(tmp_path / "sitecustomize.py"),
        ], ran.stderr

    def test_a_command_that_puts_a_sitecustomize_of_its_own_before_all_others(self, tmp_path):
        """As opentelemetry-instrument does, whose sitecustomize.py runs no other one."""
        (tmp_path / "first").mkdir()
        (tmp_path / "first" / "sitecustomize.py").write_text(
            "import os, confluent_kafka\n"
            "os.environ['PYTHONPATH'] = os.environ['PYTHONPATH'].split(os.pathsep, 1)[1]\n"
            "print('instrumenting', confluent_kafka.__name__)\n"
        )
        (tmp_path / "program.py").write_text(
            PROGRAM + "import confluent_kafka.testing, subprocess\n"
            "if not sys.argv[1:]: subprocess.run([sys.executable, sys.argv[0], 'child'], check=True)\n"
        )
        (tmp_path / "instrument").write_text(
            f'#!/bin/sh\nPYTHONPATH="{tmp_path}/first:$PYTHONPATH" exec {sys.executable} "$@"\n'
        )
        (tmp_path / "instrument").chmod(0o755)
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        ran = run("instrument", str(tmp_path / "program.py"), PATH=path)
        assert (ran.stdout.splitlines(), ran.stderr) == (
            [
                "instrumenting mapr_streams_python",
                "mapr_streams_python mapr_streams_python True",
                "mapr_streams_python mapr_streams_python True child",
            ],
            "",
        )

    def test_the_children_of_multiprocessing_below_such_a_command_get_the_package_too(self, tmp_path):
        """Newer releases of opentelemetry-instrument stay on PYTHONPATH, and children are given their parent's path."""
        (tmp_path / "first").mkdir()
        (tmp_path / "first" / "sitecustomize.py").write_text("")
        # What is installed stands behind.
        (tmp_path / "installed" / "confluent_kafka" / "avro").mkdir(parents=True)
        (tmp_path / "installed" / "confluent_kafka" / "__init__.py").write_text("installed = True\n")
        (tmp_path / "installed" / "confluent_kafka" / "avro" / "__init__.py").write_text("")
        (tmp_path / "program.py").write_text(
            "import multiprocessing, confluent_kafka, confluent_kafka.avro\n"
            "def tell(where): print(where, confluent_kafka.__name__, confluent_kafka.avro.__file__, flush=True)\n"
            "if __name__ == '__main__':\n"
            "    tell('parent')\n"
            "    for method in ('spawn', 'forkserver'):\n"
            "        child = multiprocessing.get_context(method).Process(target=tell, args=(method,))\n"
            "        child.start()\n"
            "        child.join()\n"
        )
        (tmp_path / "instrument").write_text(
            f'#!/bin/sh\nPYTHONPATH="{tmp_path}/first:$PYTHONPATH:{tmp_path}/installed" exec {sys.executable} "$@"\n'
        )
        (tmp_path / "instrument").chmod(0o755)
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        ran = run("instrument", str(tmp_path / "program.py"), PATH=path)
        avro = tmp_path / "installed" / "confluent_kafka" / "avro" / "__init__.py"
        assert (ran.stdout.splitlines(), ran.stderr) == (
            [f"{where} mapr_streams_python {avro}" for where in ("parent", "spawn", "forkserver")],
            "",
        )

    def test_a_command_of_the_virtual_environment_goes_before_others_of_its_name(self, tmp_path):
        for folder in ("first", "environment/bin"):
            (tmp_path / folder).mkdir(parents=True)
            (tmp_path / folder / "serve").write_text(f"#!/bin/sh\necho {folder} $*\ncommand -v python\n")
            (tmp_path / folder / "serve").chmod(0o755)
        (tmp_path / "environment" / "pyvenv.cfg").write_text(f"home = {Path(sys.base_prefix) / 'bin'}\n")
        python = tmp_path / "environment" / "bin" / "python"
        python.symlink_to(Path(sys.executable).resolve())
        environ = {**os.environ, "PATH": f"{tmp_path}/first{os.pathsep}{os.environ['PATH']}"}
        environ["PYTHONPATH"] = str(PACKAGE)
        command = [str(python), "-m", "mapr_streams_python", "run", "serve", "app:app"]
        ran = subprocess.run(command, capture_output=True, text=True, env=environ, timeout=HANG, check=False)
        # And what it starts finds them too, as where the environment is activated: opentelemetry-instrument python …
        assert (ran.stdout, ran.stderr) == (f"environment/bin app:app\n{python}\n", "")

    def test_a_python_without_this_package_that_imports_the_name_is_told(self, tmp_path):
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "confluent_kafka.py").write_text("real = True\n")
        (tmp_path / "program.py").write_text(
            "import os, subprocess, sys\n"
            "start = os.environ['PYTHONPATH'].split(os.pathsep)[0]\n"
            f"path = os.pathsep.join([start, {str(tmp_path / 'other')!r}])\n"
            "code = 'import sys, confluent_kafka, confluent_kafka as c; print(c.real, sys.modules[c.__name__] is c)'\n"
            "sys.exit(subprocess.run([sys.executable, '-S', '-c', sys.argv[1] + code],"
            " env={**os.environ, 'PYTHONPATH': path}).returncode)\n"
        )
        for first in ("", "import sitecustomize; "):
            ran = run(str(tmp_path / "program.py"), first)
            assert (ran.stdout, ran.returncode) == ("True True\n", 0), ran.stderr
            assert ran.stderr.startswith(f"confluent_kafka is not mapr_streams_python here: {sys.executable} cannot")
            assert ran.stderr.count("\n") == 1

    def test_a_python_without_this_package_is_left_alone(self, tmp_path):
        (tmp_path / "program.py").write_text(
            "import os, subprocess, sys\n"
            "start = os.environ['PYTHONPATH'].split(os.pathsep)[0]\n"
            "sys.exit(subprocess.run([sys.executable, '-S', '-c', 'import sitecustomize; print(1)'],"
            " env={**os.environ, 'PYTHONPATH': start}).returncode)\n"
        )
        ran = run(str(tmp_path / "program.py"))
        assert (ran.stdout, ran.stderr, ran.returncode) == ("1\n", "", 0)

    def test_the_exit_status_is_the_programs(self, tmp_path):
        (tmp_path / "program.py").write_text("raise SystemExit(7)\n")
        assert run(str(tmp_path / "program.py")).returncode == 7

    @pytest.mark.parametrize("program", [["program.py"], ["-m", "program"]], ids=["program", "module"])
    def test_the_options_of_the_interpreter_are_the_programs_too(self, tmp_path, monkeypatch, program):
        """Less those by which it would not look at the variables that tell it of this package."""
        monkeypatch.chdir(tmp_path)
        (tmp_path / "program.py").write_text(
            "import sys, confluent_kafka\n"
            "print(confluent_kafka.__name__, sys.flags.dev_mode, sys.flags.optimize, sys.warnoptions[-1], end=' ')\n"
            "print(sys.stdout.write_through, sys.argv[1:])\n"
        )
        options = ["-u", "-X", "dev", "-O", "-W", "error::UserWarning"]
        # What -I leaves out is there without PYTHONPATH.
        start = f"import sys, runpy; sys.path.insert(0, {str(PACKAGE)!r}); sys.argv[0:1] = ['run', 'run']\n"
        start += "runpy.run_module('mapr_streams_python', run_name='__main__')"
        command = [sys.executable, *options, "-I", "-c", start, *program, "-u"]
        environ = {**os.environ, "PYTHONPATH": str(PACKAGE)}
        ran = subprocess.run(command, capture_output=True, text=True, env=environ, timeout=HANG, check=False)
        assert ran.stdout == "mapr_streams_python True 1 error::UserWarning True ['-u']\n", ran.stderr

    def test_what_is_really_installed_is_reported(self, tmp_path):
        (tmp_path / "confluent_kafka-2.9.dist-info").mkdir()
        (tmp_path / "confluent_kafka-2.9.dist-info" / "METADATA").write_text("Name: confluent-kafka\nVersion: 2.9\n")
        (tmp_path / "program.py").write_text(PROGRAM)
        ran = run(str(tmp_path / "program.py"), PYTHONPATH=str(tmp_path))
        assert ran.stdout == "mapr_streams_python mapr_streams_python True\n"
        assert ran.stderr == (
            "confluent_kafka 2.9 is installed, and left alone: this program gets mapr_streams_python "
            f"{mapr_streams_python.__version__}\n"
        )

    def test_what_is_no_program_is_named(self):
        ran = run("no-such-program")
        assert (ran.returncode, ran.stdout) == (2, "")
        assert ran.stderr == f"error: no-such-program is neither a file nor a command on PATH {WAYS_TO_RUN}\n"

    @pytest.mark.parametrize(("options", "what"), [([], "program"), (["-m"], "module")])
    def test_that_nothing_is_to_be_run_is_said(self, options, what):
        ran = run(*options)
        assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", f"error: no {what} is named {WAYS_TO_RUN}\n")

    @pytest.mark.parametrize(
        ("value", "printed", "said"),
        [
            ("Kafka", "mapr_streams_python.kafka mapr_streams_python.kafka True\n", ""),
            (
                "kafak",
                "",
                'error: environment variable MAPR_STREAMS_COMPATIBILITY must be "mapr" or "kafka", not "kafak"\n',
            ),
        ],
    )
    def test_the_dialects_variable_is_read_as_clients_read_it(self, tmp_path, value, printed, said):
        (tmp_path / "program.py").write_text(PROGRAM)
        ran = run(str(tmp_path / "program.py"), MAPR_STREAMS_COMPATIBILITY=value)
        assert (ran.stdout, ran.stderr, ran.returncode) == (printed, said, 2 if said else 0)

    def test_an_executable_file_here_is_run_though_its_folder_is_not_on_path(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "program").write_text(f"#!{sys.executable}\n{PROGRAM}")
        (tmp_path / "program").chmod(0o755)
        ran = run("program", "a")
        assert (ran.stdout, ran.stderr) == ("mapr_streams_python mapr_streams_python True a\n", "")
