"""``python -m benchmarks.yardstick``: our instructions per message beside those of the lean C extension.

The lean extension does only what a binding must, argument checks included. Its source, kafka_floor_abi3.c, is a
yardstick and no part of this project: --yardstick or the environment variable YARDSTICK names the folder that holds
it. Goal: no row above --limit times its instructions. It has no produce_batch: those rows stand beside plain C
(bare.c), which hands the same messages over one by one, and may take 1.15 times what that takes.
"""

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile

from . import callgrind
from .broker import MockBrokers
from .callgrind import GROUPS, Counts, group
from .report import table
from .scenarios import select
from .subjects import OURS, ROOT, BareC, Subject, build_folder

LEAN = "kafka_floor_abi3"
# What a message of a batch may take of the instructions of plain C.
BARE_LIMIT = 1.15
FLAGS = ["-O2", "-w", "-shared", "-fPIC", "-DPy_LIMITED_API=0x03090000", "-DCHECKED", "-DEXTRA"]


def build(folder):
    """Compiles the lean extension for this interpreter; returns the folder of the module."""
    source = os.path.join(folder, LEAN + ".c")
    out = os.path.join(build_folder(), "yardstick")
    library = os.path.join(out, LEAN + ".abi3.so")
    if not os.path.exists(source):
        raise SystemExit(f"{source} is missing: name its folder by --yardstick or the environment variable YARDSTICK")
    if not os.path.exists(library) or os.path.getmtime(library) < os.path.getmtime(source):
        os.makedirs(out, exist_ok=True)
        subprocess.run(
            [
                os.environ.get("CC", "cc"),
                *FLAGS,
                "-I" + sysconfig.get_path("include"),
                source,
                "-o",
                library,
                "-lrdkafka",
            ],
            check=True,
        )
    return out


class Lean(Subject):
    """The lean extension. Its counts are kept from one call to the next: it does not change."""

    def __init__(self, folder):
        out = build(folder)
        super().__init__(LEAN, [out])
        self.label = "lean"
        with open(self.file, "rb") as library:
            facts = [hashlib.sha256(library.read()).hexdigest(), self.librdkafka, self.python_version, sys.executable]
        self.cache = os.path.join(out, "counts.json")
        self.key = " ".join(facts)
        self.known = {}
        if os.path.exists(self.cache):
            with open(self.cache) as file:
                self.known = json.load(file)

    def counts(self, scenario, brokers, again):
        """As callgrind.count; from the last time, unless ``again``."""
        key = f"{self.key} {scenario.name} {scenario.counted}"
        if key not in self.known or again:
            with callgrind.Processes(self) as processes:
                counts = callgrind.count(scenario, processes, brokers)
            if isinstance(counts, dict):
                return counts
            self.known[key] = pack(counts)
            with open(self.cache, "w") as file:
                json.dump(self.known, file)
        return unpack(self.known[key])


def pack(counts):
    return [
        [obj, name, counts.own[obj, name], counts.inclusive[obj, name], counts.calls.get((obj, name), 0)]
        for obj, name in counts.own
    ]


def unpack(rows):
    return Counts(
        {(o, f): own for o, f, own, _, _ in rows},
        {(o, f): inclusive for o, f, _, inclusive, _ in rows},
        {(o, f): calls for o, f, _, _, calls in rows},
    )


def functions(ours, lean, most):
    """Where the difference is: our functions by their cost, those that both call by how much more we spend there."""
    rows = []
    for key, own in ours.own.items():
        shared = group(key[0]) != "binding"
        rows.append((own - (lean.own.get(key, 0) if shared else 0), own, key))
    lean_only = sum(own for (obj, _), own in lean.own.items() if group(obj) == "binding")
    vanished = [(-own, 0.0, key) for key, own in lean.own.items() if group(key[0]) != "binding" and key not in ours.own]
    rows = sorted(rows + vanished, key=lambda row: -abs(row[0]))[:most]
    names = demangle([key[1] for _, _, key in rows])
    lines = [
        [
            name[:110],
            group(key[0]),
            f"{more:+.1f}",
            f"{own:.1f}",
            f"{ours.inclusive.get(key, 0):.1f}",
            f"{ours.calls.get(key, 0):.2f}",
        ]
        for (more, own, key), name in zip(rows, names)
        if abs(more) >= 0.5
    ]
    head = ["function", "where", "more", "self", "inclusive", "calls"]
    return f"against {lean_only:.0f} of the lean extension's own functions:\n" + table(head, lines, 2)


def source_lines(path, obj, messages):
    """Our instructions per message by source line, in the order of the files."""
    texts, rows = {}, []
    for (file, line), cost in sorted(callgrind.lines(path, obj).items(), key=str):
        if cost / messages < 0.5:
            continue
        if file not in texts:
            try:
                with open(file) as source:
                    texts[file] = source.read().split("\n")
            except OSError:
                texts[file] = []
        text = texts[file][line - 1].strip()[:100] if 0 < line <= len(texts[file]) else ""
        rows.append((os.path.basename(file), line, f"{cost / messages:6.1f}  {os.path.basename(file)}:{line}  {text}"))
    return "\n".join(text for _, _, text in sorted(rows))


def demangle(names):
    """Swift names for readers, if the tool that makes them is here."""
    tool = shutil.which("swift-demangle")
    command = [tool] if tool else [shutil.which("swift"), "demangle"]
    if not command[0]:
        return names
    done = subprocess.run(
        [*command, "--simplified", "--compact"], input="\n".join(names) + "\n", text=True, stdout=subprocess.PIPE
    )
    lines = done.stdout.splitlines()
    return lines if done.returncode == 0 and len(lines) == len(names) else names


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.yardstick",
        description=__doc__.split(": ", 1)[1],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--yardstick", default=os.environ.get("YARDSTICK"), metavar="FOLDER", help="default: $YARDSTICK")
    add("--module", default=OURS, metavar="NAME[@PYTHON]", help="default: %(default)s")
    add("--scenario", action="append", metavar="NAME", help="repeatable; NAME* takes all that begin so")
    add("--all", action="store_true", help="the scenarios that are left out by default too")
    add("--limit", type=float, default=1.10, help="highest ratio that passes (default: %(default)s)")
    add("--functions", type=int, default=0, metavar="N", help="for rows above it, what makes the difference")
    add("--lines", action="store_true", help="our instructions by source line (needs -g, and no strip)")
    add("--keep", metavar="FOLDER", help="keep callgrind's output of our module there")
    add("--again", action="store_true", help="count the lean extension again")
    options = parser.parse_args(arguments)
    if not options.yardstick:
        parser.error("name the folder of kafka_floor_abi3.c by --yardstick or the environment variable YARDSTICK")
    return options


def row(name, ours, lean, limit):
    """A line of the table."""
    broken = next((counts for counts in (lean, ours) if isinstance(counts, dict)), None)
    if broken:
        return [name, *[""] * (3 + len(GROUPS)), (broken.get("error") or broken.get("unsupported"))[:70]]
    more = ours.total - limit * lean.total
    groups = [f"{ours.groups[g]:.0f} ({ours.groups[g] - lean.groups[g]:+.0f})" for g in GROUPS]
    ratio = f"{ours.total / lean.total:.3f}"
    verdict = f"+{more:.0f} too many" if more > 0 else ""
    return [name, f"{lean.total:.0f}", f"{ours.total:.0f}", ratio, *groups, verdict]


def bare_counts(scenario, brokers):
    """As callgrind.count, of bare.c."""
    with callgrind.Processes(BareC()) as processes:
        return callgrind.count(scenario, processes, brokers)


def main(arguments=None):
    options = parse(arguments)
    if callgrind.missing():
        raise SystemExit(callgrind.missing())
    lean, subject = Lean(options.yardstick), Subject(options.module)
    rows, details = [], []
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmarks-"))
        brokers, processes = stack.enter_context(MockBrokers(ROOT)), stack.enter_context(callgrind.Processes(subject))
        folder = options.keep or folder
        os.makedirs(folder, exist_ok=True)
        for scenario in (s for s in select(options.scenario, options.all) if s.counted):
            output = os.path.join(folder, scenario.name + ".callgrind")
            theirs = lean.counts(scenario, brokers, options.again)
            name, limit = scenario.name, options.limit
            if isinstance(theirs, dict) and "unsupported" in theirs:
                name, limit, theirs = f"{name} (C)", BARE_LIMIT, bare_counts(scenario, brokers)
            ours = callgrind.count(scenario, processes, brokers, output)
            rows.append(row(name, ours, theirs, limit))
            print(" ".join(rows[-1]), file=sys.stderr, flush=True)
            if isinstance(ours, dict) or isinstance(theirs, dict):
                continue
            if options.functions and rows[-1][-1]:
                details.append(f"\n{scenario.name}, " + functions(ours, theirs, options.functions))
            if options.lines:
                largest = max((own, obj) for (obj, _), own in ours.own.items() if group(obj) == "binding")
                details.append(f"\n{scenario.name}:\n" + source_lines(output, largest[1], scenario.counted[1]))
    print(
        f"Instructions per message, Python {subject.python_version}, librdkafka {subject.librdkafka}; "
        "brackets: more than the lean extension\n"
    )
    print(table(["scenario", "lean", subject.label, "ratio", *GROUPS, ""], rows, 1))
    print("\n".join(details))
    within = [line for line in rows if not line[-1]]
    print(f"{len(within)} of {len(rows)} rows within {options.limit:.2f}x, those beside C within {BARE_LIMIT:.2f}x")
    return 0 if len(within) == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
