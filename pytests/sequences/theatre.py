"""Sends actors, see actor.py, what they are to do, and tells how they took it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import mapr_streams_python

# Far more than any call here takes: what is slower than that on a busy machine hangs.
PATIENCE_SECONDS = 300


class Theatre:
    """A process that forks actors, one for each sequence."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        path = os.path.join(self.folder.name, "actors")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(4)
        self.listener.settimeout(PATIENCE_SECONDS)
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 -- it lives as long as this does
        package = str(Path(mapr_streams_python.__file__).parents[1])
        environ = dict(os.environ, PYTHONPATH=os.pathsep.join([package, os.environ.get("PYTHONPATH", "")]))
        self.process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", str(Path(__file__).with_name("actor.py")), path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env=environ,
        )

    def actor(self) -> ActorHandle:
        self.errors.seek(0)
        self.errors.truncate()
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("fork\n")
        self.process.stdin.flush()
        pid = int(self.process.stdout.readline())
        connection, _ = self.listener.accept()
        return ActorHandle(self, pid, connection)

    def complaints(self) -> str:
        self.errors.seek(0)
        return self.errors.read()

    def close(self) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(PATIENCE_SECONDS)
        self.process.stdout.close()
        self.listener.close()
        self.errors.close()
        self.folder.cleanup()


class ActorHandle:
    """One actor, and what it was asked so far."""

    def __init__(self, theatre: Theatre, pid: int, connection: socket.socket) -> None:
        self.theatre = theatre
        self.pid = pid
        self.connection = connection
        self.connection.settimeout(PATIENCE_SECONDS)
        self.lines = connection.makefile("rw")
        self.calls: list[str] = []
        self.has_ended = False

    def ask(self, method: str, *arguments: Any, **keywords: Any) -> str:
        """Has the actor make a call, and fails where that ends or stops it, or what it observed is wrong."""
        self.calls.append(f"{method}{arguments}{keywords or ''}")
        try:
            self.lines.write(json.dumps([method, arguments, keywords]) + "\n")
            self.lines.flush()
            answer = self.lines.readline()
        except socket.timeout:
            self.fail("the call does not return")
        except OSError:
            answer = ""
        if not answer:
            self.fail("the call ended the process")
        outcome, failure = json.loads(answer)
        if failure:
            self.fail(failure)
        self.calls[-1] += f" -> {outcome}"
        return str(outcome)

    def end(self) -> None:
        """Has the actor's process come to its end, as a program does."""
        if self.has_ended:
            return
        status = self.finish()
        if status != 0:
            self.report(f"the process ended with status {status}")

    def hang_up(self) -> None:
        self.has_ended = True
        for side in (self.lines, self.connection):
            with contextlib.suppress(OSError):
                side.close()

    def finish(self) -> int:
        self.hang_up()
        output = self.theatre.process.stdout
        assert output
        if not select.select([output], [], [], PATIENCE_SECONDS)[0]:
            # Its stacks come with this.
            os.kill(self.pid, signal.SIGABRT)
        return int(output.readline())

    def fail(self, what: str) -> None:
        if not self.has_ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGABRT)
            self.hang_up()
            assert self.theatre.process.stdout
            self.theatre.process.stdout.readline()
        self.report(what)

    def report(self, what: str) -> None:
        calls = "\n  ".join(self.calls)
        raise AssertionError(f"{what}\n\nafter these calls:\n  {calls}\n\nstderr:\n{self.theatre.complaints()}")
