"""What the tests have run on, as pytests/conftest.py says it, and what they have to run on where CI is set."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import find_pythons
import requirements

# The minor versions that the extension is for, where the machine has them. .ci/run names them from outside, in this
# variable, so that one which is there and is not found here does not go unnoticed.
REQUIRED = "REQUIRED_PYTHONS"
# Where this is "newest", every test is to run with the newest librdkafka that is locked.
LIBRDKAFKA = "LIBRDKAFKA"
VERSIONS = [f"3.{minor}" for minor in range(9, 14)]
LIST = Path(__file__).with_name("requirements-librdkafka.txt")
LOCKED = re.compile(r"^confluent-kafka==(\d+\.\d+)", re.MULTILINE)


class RanOn(NamedTuple):
    """The CPythons that the one extension file was imported by, and the librdkafka."""

    pythons: tuple[str, ...]
    librdkafka: str

    @classmethod
    def told(cls, output: str) -> RanOn:
        """What a run of pytest printed of itself."""
        pythons = re.findall(r"^ran on CPython (.*)$", output, re.MULTILINE)
        librdkafka = re.findall(r"^ran with librdkafka (\S+)$", output, re.MULTILINE)
        return cls(tuple(pythons[-1].split()) if pythons else (), librdkafka[-1] if librdkafka else "")

    def __str__(self) -> str:
        pythons = f"CPython {', '.join(self.pythons)}; " if self.pythons else ""
        return f"{pythons}librdkafka {self.librdkafka or 'unknown'}"


def required_pythons(environ: Mapping[str, str] = os.environ) -> list[str]:
    """The minor versions that have to be among those that ran: what .ci/run names, and what is found here."""
    found = {".".join(map(str, python.version[:2])) for python in find_pythons.all_of_them()}
    named = environ.get(REQUIRED, "").split()
    return [version for version in dict.fromkeys([*VERSIONS, *named]) if version in named or version in found]


def missing(ran: Mapping[str, RanOn], environ: Mapping[str, str] = os.environ) -> list[str]:
    """What the steps have not run on though they had to, a sentence each."""
    problems = []
    if "pytest" in ran:
        pythons = [version.rpartition(".")[0] for version in ran["pytest"].pythons]
        lacking = [version for version in required_pythons(environ) if version not in pythons]
        if lacking:
            problems.append(f"pytest has not run the extension on CPython {', '.join(lacking)}")
        system = ".".join(map(str, requirements.find_librdkafka(environ).version[:3]))
        if environ.get(LIBRDKAFKA) != "newest" and ran["pytest"].librdkafka != system:
            problems.append(
                f"pytest ran with librdkafka {ran['pytest'].librdkafka or '?'}, and the system's is {system}"
            )
    for name in ("librdkafka", *(["pytest"] if environ.get(LIBRDKAFKA) == "newest" else [])):
        locked = LOCKED.findall(LIST.read_text())[0]
        if name in ran and not ran[name].librdkafka.startswith(f"{locked}."):
            told = ran[name].librdkafka or "?"
            problems.append(f"{name} ran with {told}, and the newest that is locked is {locked}")
    return problems
