"""What is known of the librdkafka that is loaded."""

from __future__ import annotations

from typing import NamedTuple

from .cimpl import _known_faults


class KnownFault(NamedTuple):
    """A known fault of some releases of librdkafka.

    Attributes:
        text: what happens, in a sentence.
        issue: the number of the issue, or of the change that mended it, at librdkafka's; None where it has none.
        releases: which releases have it, as in ``2.1.0 to before 2.3.0``.
        mended: the first release that has it no more, or None where none is known.
        meets: which clients meet it: a kind of client, or the property that brings it.
        kept: whether this client keeps it from the application.
        how: what the client does about it, or None where it does nothing.
    """

    text: str
    issue: int | None
    releases: str
    mended: str | None
    meets: str
    kept: bool
    how: str | None


def known_faults() -> list[KnownFault]:
    """The known faults of the loaded librdkafka: see `mapr_streams_python.known_faults`."""
    return [fault for fault, is_loaded in all_known_faults() if is_loaded]


def all_known_faults() -> list[tuple[KnownFault, bool]]:
    """The whole table, and of each fault whether the loaded librdkafka has it."""
    return [
        (KnownFault(text, issue, releases, mended, meets, how is not None, how), is_loaded)
        for text, issue, releases, mended, meets, how, is_loaded in _known_faults()
    ]
