"""All scenarios: the modules that have them register them in the table."""

from . import consuming, memory, producing, startup, streams, threads  # noqa: F401
from .scenario import SCENARIOS


def select(patterns, everything=False):
    """The scenarios that match one of the patterns (a name, or a prefix and ``*``), in the table's order."""
    if not patterns:
        return [s for s in SCENARIOS.values() if everything or not s.extra]
    chosen = []
    for pattern in patterns:
        hits = [
            s
            for s in SCENARIOS.values()
            if s.name == pattern or (pattern.endswith("*") and s.name.startswith(pattern[:-1]))
        ]
        if not hits:
            raise SystemExit(f"no scenario {pattern!r}; --list names them")
        chosen += [s for s in hits if s not in chosen]
    return chosen
