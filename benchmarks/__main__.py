"""``python -m benchmarks``: measures Kafka modules side by side."""

import argparse
import contextlib
import sys

from . import callgrind
from .broker import MockBrokers, RealBroker
from .report import Report
from .rounds import compare, note
from .scenario import METRICS
from .scenarios import select
from .subjects import ROOT, default_subjects, install_peers, subject

EPILOG = """
A module is NAME, or NAME@PYTHON to run it under another interpreter. confluent_kafka and confluent_kafka_latest mean
the ones that --install-peers put under build/benchmarks, where they are there. Without --module: mapr_streams_python
and those peers. The first module is the one that the others are compared with. README.md says how to read the tables.
"""


def parse(arguments):
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split(": ", 1)[1], epilog=EPILOG)
    parser.add_argument("--module", action="append", metavar="NAME[@PYTHON]", help="repeatable")
    parser.add_argument("--scenario", action="append", metavar="NAME", help="repeatable; NAME* takes all that begin so")
    parser.add_argument("--all", action="store_true", help="the scenarios that are left out by default too")
    parser.add_argument("--list", action="store_true", help="name the scenarios and stop")
    parser.add_argument("--rounds", type=int, default=5, help="alternating rounds (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="one round and no instruction counts: a smoke test")
    parser.add_argument("--no-times", action="store_true", help="count instructions only")
    parser.add_argument("--no-instructions", action="store_true", help="do not run callgrind")
    parser.add_argument(
        "--broker",
        default="mock",
        metavar="WHERE",
        help="mock (default); kafka, an Apache Kafka started from KAFKA_HOME; or the bootstrap "
        "servers of a cluster, where topics named benchmark-* are created and left behind",
    )
    parser.add_argument("--json", metavar="FILE", help="write all figures to FILE")
    parser.add_argument("--results", metavar="FILE", help="measure nothing: take the figures from such a FILE")
    parser.add_argument("--write", metavar="PAGE", help="put the tables and a plot into this Markdown page")
    parser.add_argument(
        "--install-peers",
        action="store_true",
        help="first install confluent-kafka, from source on this librdkafka and as the newest wheel",
    )
    return parser.parse_args(arguments)


def main(arguments=None):
    options = parse(arguments)
    scenarios = select(options.scenario, options.all)
    if options.list:
        for s in select(None, True):
            print(f"{s.name:22} {s.title:52} {METRICS[s.metrics[0]][0]:12} {'(--all)' if s.extra else ''}".rstrip())
        return
    if options.install_peers:
        install_peers()
    report = Report.read(options.results) if options.results else measure(options, scenarios)
    print(report.text())
    if options.json:
        report.write(options.json)
    if options.write:
        report.update(options.write)


def measure(options, scenarios):
    subjects = [subject(spec) for spec in options.module or default_subjects()]
    for each in subjects:
        note(f"{each.label}: {each.version} on librdkafka {each.librdkafka}, Python {each.python_version}, {each.file}")
    if len({each.label for each in subjects}) == 1 and not options.module:
        note("confluent-kafka is not installed under build/benchmarks: --install-peers sets it up")
    if options.broker == "mock":
        broker = MockBrokers(ROOT)
    else:
        broker = RealBroker(ROOT, None if options.broker == "kafka" else options.broker)
    times, instructions = {}, {}
    with broker:
        if not options.no_times:
            times = compare(scenarios, subjects, broker, 1 if options.quick else options.rounds)
        why_not = callgrind.missing()
        if options.no_instructions or options.quick:
            pass
        elif why_not:
            note(why_not)
        else:
            instructions = count(scenarios, subjects, broker)
    rounds = 1 if options.quick else options.rounds
    return Report.of(subjects, broker, rounds, times, instructions)


def count(scenarios, subjects, broker):
    counted = [scenario for scenario in scenarios if scenario.counted]
    results = {}
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(callgrind.Processes(each)) for each in subjects]
        for number, scenario in enumerate(counted, 1):
            note(f"[{number}/{len(counted)}] {scenario.name}: counting instructions")
            results[scenario.name] = row = []
            for each in processes:
                counts = callgrind.count(scenario, each, broker)
                row.append(counts if isinstance(counts, dict) else dict(counts.groups, total=counts.total))
    return results


if __name__ == "__main__":
    sys.exit(main())
