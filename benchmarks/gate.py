"""``python -m benchmarks.gate [--write]``: instructions per message, held against those that counts.json records.

A row fails where it has grown by more than 3 %: what the extension itself executes, in every run; and all that the
calling thread executes, where interpreter and librdkafka are those of the record. Another Swift compiles other
instructions: then nothing can be compared.
"""

import argparse
import json
import os
import subprocess
import sys

from . import callgrind
from .broker import MockBrokers
from .report import table
from .scenarios import select
from .subjects import OURS, ROOT, Subject

RECORD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "counts.json")
LIMIT = 1.03
# Counts of the same build differ by a few instructions, which is more than 3 % of the smallest rows.
NOISE = 6


def rows():
    """The scenarios whose instructions are counted."""
    return [
        scenario
        for scenario in select(None, True)
        if scenario.counted and (not scenario.extra or scenario.name.endswith("-stream"))
    ]


def swift_version():
    """The first line of what the compiler says of itself, less its target."""
    command = [os.environ.get("SWIFT") or "swift", "--version"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return told.splitlines()[0].strip()


class Gate:
    """The counts of this machine's build, beside the record."""

    def __init__(self):
        self.subject = Subject(OURS)
        with open(RECORD) as file:
            self.record = json.load(file)

    def why_not(self):
        """Why nothing can be compared here, or None."""
        if callgrind.missing():
            return callgrind.missing()
        here = swift_version()
        if here != self.record["swift"]:
            return f"the counts are those of {self.record['swift']}, and this is {here}"
        return None

    def count(self, scenario, processes, brokers):
        """{"binding": …, "all": …} of a scenario, in the `callgrind.Processes` of the subject."""
        counts = callgrind.count(scenario, processes, brokers)
        if isinstance(counts, dict):
            raise RuntimeError(f"{scenario.name}: {counts}")
        return {"binding": round(counts.groups["binding"], 1), "all": round(counts.total, 1)}

    def verdict(self, name, counted):
        """What is wrong with a row, or None."""
        recorded = self.record["rows"].get(name)
        if recorded is None:
            return f"{name} is not recorded: python -m benchmarks.gate --write"
        kinds = ["binding"]
        if self.environment() == self.record["with"]:
            kinds.append("all")
        grown = [
            f"{kind} {recorded[kind]:.0f} -> {counted[kind]:.0f}"
            for kind in kinds
            if counted[kind] > max(recorded[kind] * LIMIT, recorded[kind] + NOISE)
        ]
        return f"{name}: more instructions per message: {', '.join(grown)}" if grown else None

    def environment(self):
        return {"python": self.subject.python_version, "librdkafka": self.subject.librdkafka}


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gate", description=__doc__.split(": ", 1)[1])
    parser.add_argument("--write", action="store_true", help="record the counts of this build")
    options = parser.parse_args(arguments)
    gate = Gate()
    why_not = callgrind.missing() if options.write else gate.why_not()
    if why_not:
        raise SystemExit(why_not)
    counted, lines, failures = {}, [], []
    with MockBrokers(ROOT) as brokers, callgrind.Processes(gate.subject) as processes:
        for scenario in rows():
            now = counted[scenario.name] = gate.count(scenario, processes, brokers)
            before = gate.record["rows"].get(scenario.name, {})
            lines.append([scenario.name, *(f"{before.get(k, 0):.0f} -> {now[k]:.0f}" for k in ("binding", "all"))])
            failures += filter(None, [gate.verdict(scenario.name, now)])
    print(table(["scenario", "binding", "all"], lines, 1))
    if options.write:
        with open(RECORD, "w") as file:
            json.dump({"swift": swift_version(), "with": gate.environment(), "rows": counted}, file, indent=2)
            file.write("\n")
        return 0
    print("\n".join(failures) or "no row has grown")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
