"""Runs commands side by side, and shows what each prints in one piece.

One of those that run is shown as it goes; what another prints in the meantime is kept until its turn. Nothing here
knows how long a command may take: one is ended when it has been silent for so long that it must be waiting for ever.
"""

from __future__ import annotations

import codecs
import os
import queue
import re
import select
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
# Longer than the limit that pytest has for one test, which names the test and lets the others go on.
SILENCE_SECONDS = 30 * 60
# After SIGABRT Python prints the stack of each thread.
LAST_WORDS_SECONDS = 20


# What colours a word on a terminal.
COLOUR = re.compile(r"\x1b\[[\d;]*m")
NOTHING = re.compile("(?!)")


class Unshown(NamedTuple):
    """Which lines of a command are not shown: each that begins with `line`, and of several the `first` to the `last`.

    A test's arguments are printed as they are, with their line breaks. Colours are no part of a line here.
    """

    line: re.Pattern[str]
    first: re.Pattern[str] = NOTHING
    # What such a line has somewhere. Those that no last one follows are shown after all.
    last: re.Pattern[str] = NOTHING


class Ended(NamedTuple):
    """How a command ended. A negative status is the signal that killed it."""

    status: int
    output: str
    seconds: float


class Running:
    """A command in a process group of its own, so that what it has started can be ended with it."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        unshown: Unshown | None = None,
        silence: float = SILENCE_SECONDS,
        needs: Sequence[str] = (),
    ) -> None:
        self.name = name
        # The names of steps, of this lane or another, that must have ended well before it begins.
        self.needs = needs
        self._command = command
        self._unshown = unshown
        self._silence = silence
        # What it prints, and None after the last of it.
        self._printed: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> Ended:
        """Run it to its end."""
        started = time.monotonic()
        chunks = []
        try:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=dict(os.environ, PYTHONUNBUFFERED="1"),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            with self._process:
                decoder = codecs.getincrementaldecoder("utf-8")("replace")
                for chunk in self._read(self._process):
                    chunks.append(decoder.decode(chunk))
                    self._printed.put(chunks[-1])
            return Ended(self._process.returncode, "".join(chunks), time.monotonic() - started)
        except OSError as problem:
            # A shell's status for a command that is not there.
            self._printed.put(f"{problem}\n")
            return Ended(127, f"{problem}\n", time.monotonic() - started)
        finally:
            self._printed.put(None)

    def leave_out(self, reason: str) -> Ended:
        """Do not run it, and say why."""
        self._printed.put(f"{reason}\n")
        self._printed.put(None)
        return Ended(1, f"{reason}\n", 0.0)

    def _read(self, process: subprocess.Popen[bytes]) -> Iterable[bytes]:
        assert process.stdout is not None
        descriptor, patience = process.stdout.fileno(), self._silence
        while True:
            if not select.select([descriptor], [], [], patience)[0]:
                if patience != self._silence:
                    self.end(signal.SIGKILL)
                    break
                yield f"\nEnding this step: it has printed nothing for {self._silence:g} seconds.\n".encode()
                self.end(signal.SIGABRT)
                patience = min(LAST_WORDS_SECONDS, self._silence * 0.999)
            elif chunk := os.read(descriptor, 65536):
                yield chunk
            else:
                break

    def end(self, how: int) -> None:
        if self._process is not None and self._process.returncode is None:
            os.killpg(self._process.pid, how)

    def show(self) -> None:
        """Print what it prints, until it has ended."""
        print(f"\n==== {self.name}: {shlex.join(self._command)}", flush=True)
        for text in self._shown(iter(self._printed.get, None)):
            sys.stdout.write(text)
            sys.stdout.flush()

    def _shown(self, texts: Iterable[str]) -> Iterator[str]:
        unshown = self._unshown
        if unshown is None:
            yield from texts
            return
        held: list[str] = []
        for line in _lines(texts):
            plain = COLOUR.sub("", line)
            if held or unshown.first.match(plain):
                held.append(line)
                if unshown.last.search(plain):
                    held.clear()
            elif not unshown.line.match(plain):
                yield line
        yield from held


def _lines(texts: Iterable[str]) -> Iterator[str]:
    rest = ""
    for text in texts:
        *lines, rest = (rest + text).split("\n")
        yield from (f"{line}\n" for line in lines)
    if rest:
        yield rest


def run(lanes: Sequence[Sequence[Running]]) -> dict[str, Ended]:
    """Run the lanes side by side, the commands of a lane one after the other, and return how each command ended."""
    ended: dict[str, Ended] = {}
    started: queue.SimpleQueue[Running] = queue.SimpleQueue()
    stopped = threading.Event()
    over = {running.name: threading.Event() for lane in lanes for running in lane}

    def follow(lane: Sequence[Running]) -> None:
        for running in lane:
            for name in running.needs:
                over[name].wait()
            if stopped.is_set():
                return
            started.put(running)
            failed = [name for name in running.needs if ended[name].status != 0]
            ended[running.name] = running.leave_out(f"Not run: {failed[0]} failed.") if failed else running.run()
            over[running.name].set()

    threads = [threading.Thread(target=follow, args=(lane,), daemon=True) for lane in lanes]
    for thread in threads:
        thread.start()
    commands = [running for lane in lanes for running in lane]
    try:
        for _ in commands:
            started.get().show()
        for thread in threads:
            thread.join()
    except KeyboardInterrupt:
        stopped.set()
        for running in commands:
            running.end(signal.SIGKILL)
        raise
    return ended
