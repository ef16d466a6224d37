"""``python -m mapr_streams_python info``: what is loaded, and what is known to be wrong with it."""

from __future__ import annotations

import argparse
import platform
import re

from . import Producer, __version__, libversion
from ._librdkafka import KnownFault, known_faults
from .cimpl import __file__ as extension, _loaded_library

DESCRIPTION = """\
Prints the versions of this package, of Python, of the librdkafka that is loaded and of its OpenSSL, where librdkafka
was loaded from, what it was built with, and its known faults that this client does not keep from programs.
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to those of ``python -m mapr_streams_python``."""
    parser = commands.add_parser("info", help="what is loaded, and its known faults", description=DESCRIPTION)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what is loaded. 0, also where there are known faults: they are no finding about the program."""
    path, features = _loaded_library()
    rows = {
        "mapr_streams_python": __version__,
        "extension": extension,
        "Python": f"{platform.python_version()} ({platform.python_implementation()})",
        "platform": platform.platform(),
        "librdkafka": libversion()[0],
        "loaded from": path or "unknown",
        "features": features.replace(",", ", "),
        "OpenSSL": openssl_version(features) or "unknown",
    }
    width = max(map(len, rows))
    for name, value in rows.items():
        print(f"{name:{width}}  {value}")
    faults = [fault for fault in known_faults() if not fault.kept]
    print()
    if not faults:
        print("known faults of this librdkafka: none that this client does not keep from programs")
        return 0
    print(f"known faults of this librdkafka: {len(faults)} (docs/librdkafka.md tells of all releases)")
    for fault in faults:
        print(f"  {_line(fault)}")
    return 0


def _line(fault: KnownFault) -> str:
    number = f" (issue {fault.issue})" if fault.issue else ""
    mended = f"; mended in {fault.mended}" if fault.mended else ""
    return f"{fault.meets}: {fault.text}{number}{mended}"


class _Lines:
    """A logger that keeps what it is given."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def log(self, level: int, form: str, facility: str, client: str, text: str) -> None:
        self.texts.append(text)


def openssl_version(features: str) -> str | None:
    """The OpenSSL that librdkafka uses, as it logs it where a client has TLS; None where it does not."""
    if "ssl" not in features.split(","):
        return None
    lines = _Lines()
    with Producer({"security.protocol": "ssl", "debug": "security", "logger": lines}) as producer:
        producer.poll(0)
    for text in lines.texts:
        found = re.search(r"OpenSSL version (.+?) \(0x", text)
        if found:
            return found[1]
    return None
