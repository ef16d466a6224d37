"""Writes the tables of docs/librdkafka.md from the client's own: Sources/Streams/Client/KnownFaults.swift.

Usage: .venv/bin/python tools/known_faults.py [--check]

With --check nothing is written, and the exit status is 1 where the page is not up to date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from mapr_streams_python._librdkafka import KnownFault, all_known_faults

PAGE = Path(__file__).resolve().parent.parent / "docs" / "librdkafka.md"
BEGIN, END = "<!-- {} -->\n", "<!-- end of {} -->\n"


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of Markdown."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _fault(fault: KnownFault) -> str:
    return f"{fault.text} ({fault.issue})" if fault.issue else fault.text


def tables() -> dict[str, str]:
    """Both tables, by the names that the page has for their places."""
    faults = [fault for fault, _ in all_known_faults()]
    kept = [[_fault(f), f.meets, f.releases, f.how or ""] for f in faults if f.kept]
    mended = [[_fault(f), f.meets, f.releases] for f in faults if not f.kept]
    return {
        "kept": table(["fault", "meets", "releases", "what the client does"], kept),
        "only mended": table(["fault", "meets", "releases"], mended),
    }


def written(page: str) -> str:
    """The page with the tables in their places."""
    for name, text in tables().items():
        before, begin, rest = page.partition(BEGIN.format(name))
        _, end, after = rest.partition(END.format(name))
        if not begin or not end:
            raise SystemExit(f"error: {PAGE.name} has no place for the table {name!r}")
        page = before + begin + text + end + after
    return page


def main() -> int:
    page = PAGE.read_text()
    new = written(page)
    if sys.argv[1:] == ["--check"]:
        return int(new != page)
    if sys.argv[1:]:
        sys.exit(__doc__)
    PAGE.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
