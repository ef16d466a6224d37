"""Instructions per message, counted by callgrind.

Each loop runs at two sizes, as a region that the measured process marks; the difference divided by the additional
messages leaves no start-up. Counts are of the calling thread and of user space, and repeat to a few in a thousand on
a machine whose clock does not.
"""

import collections
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from .runner import environment, parameters
from .subjects import ROOT, build_folder, c_compiler

LINE = re.compile(r"^(ob|cob|fn|cfn)=\((\d+)\)(?: (.*))?$")
GROUPS = ("librdkafka", "libc", "binding", "CPython")


def missing():
    """Why nothing can be counted here, or None."""
    if not shutil.which("valgrind"):
        return "instructions are not counted: valgrind is not installed (Debian: apt-get install valgrind)"
    if not c_compiler():
        return "instructions are not counted: there is no C compiler (Debian: apt-get install gcc)"
    return None


def marks():
    """The library that marks the region, built on first use."""
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "callgrind_marks.c")
    library = os.path.join(build_folder(), "callgrind_marks.so")
    if not os.path.exists(library) or os.path.getmtime(library) < os.path.getmtime(source):
        os.makedirs(build_folder(), exist_ok=True)
        subprocess.run([c_compiler(), "-O2", "-shared", "-fPIC", source, "-o", library], check=True)
    return library


class Counts:
    """Instructions per message by (object file, function): own, and with callees; and calls per message."""

    def __init__(self, own, inclusive, calls):
        self.own, self.inclusive, self.calls = own, inclusive, calls
        self.groups = collections.Counter()
        for (obj, _), cost in own.items():
            self.groups[group(obj)] += cost
        self.total = sum(self.groups.values())

    def per_message(self, smaller, messages):
        own, inclusive, calls = (
            {key: (more[key] - less[key]) / messages for key in more}
            for more, less in (
                (self.own, smaller.own),
                (self.inclusive, smaller.inclusive),
                (self.calls, smaller.calls),
            )
        )
        return Counts(own, inclusive, calls)


class Processes:
    """The processes of one subject under callgrind. Starting one takes longer than what it is to measure.

    So there is one for each environment, which has imported the module and forks for each run: the fork goes on under
    callgrind. Plain C, which imports nothing, has a process for each run.
    """

    def __init__(self, subject):
        self.subject, self.running = subject, {}
        self.folder = tempfile.TemporaryDirectory(prefix="benchmarks-")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        for process in self.running.values():
            process.stdin.close()
            process.wait()
            process.stdout.close()
        self.folder.cleanup()

    def run(self, scenario, brokers, n):
        """(figures, callgrind's output) of one run."""
        told = parameters(scenario, self.subject, brokers, n=n, chunks=1, marks=marks())
        if self.subject.forking() is None:
            return self._run_alone(scenario, told)
        process = self._process(scenario)
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(told) + "\n")
            process.stdin.flush()
        answer = process.stdout.readline()
        if not answer:
            return {"error": self._why_ended(process)}, None
        figures = json.loads(answer)
        return figures, self._path(f"out.{figures['pid']}.1-01")

    def _run_alone(self, scenario, told):
        command = self.subject.command(told)
        if command is None:
            return {"unsupported": "–"}, None
        process = self._start(scenario, command, stdin=subprocess.DEVNULL)
        answer, _ = process.communicate()
        if process.returncode:
            return {"error": self._why_ended(process)}, None
        return json.loads(answer), self._path(f"out.{process.pid}.1-01")

    def _path(self, name):
        return os.path.join(self.folder.name, name)

    def _why_ended(self, process):
        with open(self._path("said")) as said:
            return f"exit {process.wait()}: {said.read()[-300:]}"

    def _process(self, scenario):
        key = json.dumps(scenario.env, sort_keys=True)
        if key not in self.running:
            self.running[key] = self._start(scenario, self.subject.forking(), stdin=subprocess.PIPE)
        return self.running[key]

    def _start(self, scenario, command, stdin):
        valgrind = ["valgrind", "--tool=callgrind", "-q", "--separate-threads=yes", "--instr-atstart=no"]
        valgrind += ["--fair-sched=try", f"--callgrind-out-file={self._path('out.%p')}"]
        with open(self._path("said"), "a") as said:
            return subprocess.Popen(
                [*valgrind, *command],
                env=environment(scenario, self.subject),
                cwd=ROOT,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
            )


def count(scenario, processes, brokers, keep=None):
    """Counts of one scenario, or {"error": …} or {"unsupported": …}. ``keep``: file for callgrind's own output."""
    smaller, larger = scenario.counted
    results = []
    for n in (smaller, larger):
        figures, dump = processes.run(scenario, brokers, n)
        if "error" in figures or "unsupported" in figures:
            return figures
        if not os.path.exists(dump):
            return {"error": "callgrind wrote nothing about the calling thread"}
        results.append(parse(dump))
        if keep and n == larger:
            shutil.copy(dump, keep)
    return results[1].per_message(results[0], larger - smaller)


def parse(path):
    """Reads callgrind's output file."""
    names = {"ob": {}, "fn": {}}
    own, inclusive, calls = (collections.Counter() for _ in range(3))
    obj = function = callee_obj = callee = None
    pending = 0
    with open(path) as lines:
        for line in lines:
            if line[0] in "+-*0123456789":
                cost = int(line.split()[-1])
                if pending:
                    # recursion would count the callee's cost twice
                    if (callee_obj or obj, callee) != (obj, function):
                        inclusive[obj, function] += cost
                    calls[callee_obj or obj, callee] += pending
                    pending, callee_obj = 0, None
                else:
                    own[obj, function] += cost
                    inclusive[obj, function] += cost
                continue
            if line.startswith("calls="):
                pending = int(line[6:].split()[0])
                continue
            found = LINE.match(line.rstrip("\n"))
            if not found:
                continue
            kind, number, name = found.groups()
            table = names["ob" if kind.endswith("ob") else "fn"]
            if name is not None:
                table[number] = name
            if kind == "ob":
                obj = os.path.basename(table[number])
            elif kind == "cob":
                callee_obj = os.path.basename(table[number])
            elif kind == "fn":
                function = table[number]
            else:
                callee = table[number]
    return Counts(own, inclusive, calls)


def lines(path, obj):
    """{(source file, line): instructions} of one object file in callgrind's output, where it has line numbers."""
    names = {"ob": {}, "fl": {}}
    costs = collections.Counter()
    here = file = None
    line, in_call = 0, False
    with open(path) as records:
        for record in records:
            if record[0] in "+-*0123456789":
                position, cost = record.split()[:2]
                # relative to the record before, unless it is a bare number
                if position[0] in "+-":
                    line += int(position)
                elif position != "*":
                    line = int(position)
                if not in_call and here == obj:
                    costs[file, line] += int(cost)
                in_call = False
                continue
            if record.startswith("calls="):
                in_call = True
                continue
            found = re.match(r"^(ob|cob|fl|fi|fe|cfi|cfl)=\((\d+)\)(?: (.*))?$", record.rstrip("\n"))
            if not found:
                continue
            kind, number, name = found.groups()
            table = names["ob" if kind.endswith("ob") else "fl"]
            if name is not None:
                table[number] = name
            if kind == "ob":
                here = os.path.basename(table[number])
            elif kind in ("fl", "fi", "fe"):
                file = table[number]
    return costs


def group(obj):
    """Whose code an object file is: one of GROUPS, or "harness" for what only the measurement needs."""
    if "librdkafka" in obj:
        return "librdkafka"
    if obj.startswith(("libpython", "python", os.path.basename(os.path.realpath(sys.executable)))):
        return "CPython"
    if obj.startswith(("libc.", "libc-", "libpthread", "ld-linux", "libm.", "libm-")):
        return "libc"
    if obj.startswith(("callgrind_marks", "_ctypes", "libffi")):
        return "harness"
    return "binding"
