"""What takes minutes to build is built once, and kept in the cache.

There it lies under a checksum of everything that it depends on: the sources, the compiler, the platform, and the files
of this folder that say how.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

import sources
import zig
from sources import HERE, Source, WheelError
from targets import Target


class Build(ABC):
    """One build for a platform, step by step, in a folder of its own. What, and how, says the class that derives."""

    kind: ClassVar[str]
    """The folder of the cache."""

    title: ClassVar[str]
    """What is built, for people."""

    made: ClassVar[str]
    """The file of the result that says that it is there."""

    def __init__(self, target: Target, folder: Path) -> None:
        self.target = target
        self.folder = folder
        self.result = folder / "result"
        self.result.mkdir(parents=True)
        self.environment = zig.tools(target, folder)

    @classmethod
    @abstractmethod
    def parts(cls) -> Iterable[Source]:
        """What it is built of."""

    @abstractmethod
    def run(self) -> None:
        """Builds it, into ``result``.

        Raises:
            WheelError: a source or a command is missing, or a step fails.
        """

    @classmethod
    def kept(cls, target: Target) -> Path:
        """Builds it, or finds it in the cache; returns the folder.

        Raises:
            WheelError: as ``run`` does.
        """
        place = cls.place(target)
        place.parent.mkdir(parents=True, exist_ok=True)
        # One that builds the same at this moment is waited for, and what it has built is used. The file stays, since
        # whoever waits has it open.
        with place.with_name(f"{place.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (place / cls.made).is_file():
                print(f"Building {cls.title} for {target.tag}", flush=True)
                folder = place.with_name(f"{place.name}.new")
                # Of one that was ended in the midst of it.
                shutil.rmtree(folder, ignore_errors=True)
                try:
                    build = cls(target, folder)
                    build.run()
                    shutil.rmtree(place, ignore_errors=True)
                    build.result.rename(place)
                finally:
                    shutil.rmtree(folder, ignore_errors=True)
        return place

    @classmethod
    def place(cls, target: Target) -> Path:
        """Its folder in the cache, whether it is there or not."""
        digest = hashlib.sha256(repr(target).encode())
        digest.update(zig.zig_version().encode())
        # What is built, and not where it can be had.
        for source in cls.parts():
            digest.update(repr((source.name, source.version, source.sha256, source.licenses)).encode())
        own = sys.modules[cls.__module__].__file__
        assert own is not None
        for file in (Path(own), HERE / "builds.py", HERE / "zig.py"):
            digest.update(file.read_bytes())
        return sources.cache_folder() / cls.kind / f"{target.tag}-{digest.hexdigest()[:16]}"

    def make(self, folder: Path, *targets: str) -> None:
        self.step(folder, "make", f"-j{os.cpu_count() or 1}", *targets)

    def step(self, folder: Path, *command: str) -> None:
        """Runs a command in a folder.

        Raises:
            WheelError: it fails; the text has the end of what it and those before it printed.
        """
        log = self.folder / "log"
        with log.open("ab") as output:
            output.write(f"\n$ {shlex.join(command)}\n".encode())
            output.flush()
            ended = subprocess.run(
                command,
                cwd=folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if ended.returncode:
            text = log.read_text(errors="replace")
            raise WheelError(f"{shlex.join(command)} (in {folder.name}) failed:\n{text[-6000:]}")
