"""Processes that end with the program that started them, whatever ends it: the owner's side of `_keeper`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ._waiting import wait_for


class Processes:
    """Starts processes by a keeper, which kills them and removes `folder` when this process closes it or ends."""

    def __init__(self, folder: Path) -> None:
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._keeper = subprocess.Popen(
            # -I: nothing of the user's environment or working folder may change what this little program imports.
            [sys.executable, "-I", str(Path(__file__).with_name("_keeper.py")), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def start(self, command: list[str], environment: Mapping[str, str], output: Path) -> int:
        """Start a process whose output is appended to a file; return its id."""
        reply = self._ask(do="start", command=command, environment=dict(environment), output=str(output))
        return int(reply["pid"])

    def status(self, pid: int) -> int | None:
        """Return the exit status of a process, negative for a signal, None while it runs."""
        status: int | None = self._ask(do="status", pid=pid)["status"]
        return status

    def signal(self, pid: int, number: int) -> None:
        """Send a signal to a process; one that has ended is left alone."""
        self._ask(do="signal", pid=pid, signal=int(number))

    def pause(self, pid: int, timeout: float) -> None:
        """Stop a process (SIGSTOP), and wait until all of its threads stand still; one that has ended is left alone.

        Raises:
            TimeoutError: a thread goes on for longer than `timeout` seconds.
        """
        self.signal(pid, signal.SIGSTOP)
        wait_for(lambda: bool(self._ask(do="stopped", pid=pid)["stopped"]), timeout, f"process {pid} has not stopped")

    def close(self) -> None:
        """Kill every process, remove the folder, and wait until both are done. A second call does nothing."""
        if self._owner != os.getpid():
            return  # A child made by os.fork holds a copy of this object: the cluster is not its own.
        with self._lock:
            for stream in (self._keeper.stdin, self._keeper.stdout):
                if stream is not None:
                    stream.close()
            self._keeper.wait()

    def _ask(self, **request: Any) -> dict[str, Any]:
        stdin, stdout = self._keeper.stdin, self._keeper.stdout
        assert stdin is not None and stdout is not None
        with self._lock:
            stdin.write(json.dumps(request) + "\n")
            stdin.flush()
            line = stdout.readline()
        if not line:
            raise RuntimeError("the process that keeps the nodes of the cluster has ended")
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise RuntimeError(reply["error"])
        return reply
