"""A process that owns a cluster's nodes and its folder, and ends both when whoever started it is gone.

A test run can end without running any of its own clean-up (SIGKILL, SIGTERM, a crash of the interpreter). This process
sees that its standard input has ended, kills what it started and removes the folder. Since it is the parent of the
nodes, and alone reaps them, a process id that it signals is never a stranger's.

Usage: python _keeper.py FOLDER. Each line of input is a request in JSON, each line of output its answer:

    {"do": "start", "command": [...], "environment": {...}, "output": "file"}  -> {"pid": 123}
    {"do": "signal", "pid": 123, "signal": 9}                                   -> {"status": null}
    {"do": "status", "pid": 123}    -> {"status": null}, or the exit status (negative: the signal that ended it)
    {"do": "stopped", "pid": 123}   -> {"stopped": true} once all of its threads stand still, or it has ended

A request that fails is answered with {"error": "..."}.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from typing import Any


def answer(request: dict[str, Any], processes: dict[int, subprocess.Popen[bytes]]) -> dict[str, Any]:
    """Carry one request out."""
    if request["do"] == "start":
        with open(request["output"], "ab") as output:
            process = subprocess.Popen(
                request["command"],
                env=request["environment"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C in a terminal goes to the whole process group; a node must outlive it until it is told.
                start_new_session=True,
            )
        processes[process.pid] = process
        return {"pid": process.pid}
    process = processes[request["pid"]]
    if request["do"] == "signal":
        process.send_signal(request["signal"])
    elif request["do"] == "stopped":
        return {"stopped": process.poll() is not None or stands_still(process.pid)}
    return {"status": process.poll()}


def stands_still(child: int) -> bool:
    """Whether all threads of a child that was sent SIGSTOP do: each of them goes on until the signal reaches it."""
    if hasattr(os, "waitid"):
        try:
            # Without WNOWAIT the second question would be answered by no.
            return os.waitid(os.P_PID, child, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            # It has ended meanwhile.
            return True
    # macOS before Python 3.13.
    ps = subprocess.run(["ps", "-o", "state=", "-p", str(child)], stdout=subprocess.PIPE, text=True, check=False)
    return ps.stdout.startswith("T")


def main() -> None:
    """Serve requests until standard input ends, then kill and remove."""
    folder = sys.argv[1]
    processes: dict[int, subprocess.Popen[bytes]] = {}
    try:
        for line in sys.stdin:
            try:
                reply = answer(json.loads(line), processes)
            except OSError as error:
                reply = {"error": str(error)}
            print(json.dumps(reply), flush=True)
    except BrokenPipeError:
        pass  # The owner is gone in the middle of a request.
    for process in processes.values():
        if process.poll() is None:
            # The scripts of a distribution run helpers of their own before they become Java: end those as well.
            os.killpg(process.pid, signal.SIGKILL)
    for process in processes.values():
        process.wait()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
