"""``python -m mapr_streams_python check``: what an application's sources need before it runs on Apache Kafka."""

from __future__ import annotations

import argparse
import ast
import io
import json
import os
import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from . import check_loops, check_platform
from .check_client import ClientCheck, ClientsProject, Names, asynchronous
from .check_findings import KINDS, Finding, applied
from .check_project import Project
from .check_resolver import Resolver
from .check_source import MissingParser, Source, UnreadableSource, text, walk
from .names import create_command
from .settings import SettingsError, add_name_options, servers_from_outside, topic_names

DESCRIPTION = """\
Reads Python sources, of Python 2 too, and prints line by line what matters where an application written for MapR Event
Store moves to Apache Kafka: the names of streams and the Kafka topics that they become, properties, and what works
otherwise.
Exit status: 0 where there is nothing to do, 1 where something was found, 2 for a wrong command.
"""
SUFFIXES = (".py", ".pyw", ".ipynb")
# Folders whose sources are nobody's own.
SKIPPED = ("node_modules", "site-packages", "dist-packages", "__pycache__", "venv")
# What tells a virtual environment from a folder of the application: of Python 3, of Python 2's virtualenv, of conda.
ENVIRONMENT_MARKS = ("pyvenv.cfg", "bin/activate_this.py", "Scripts/activate_this.py", "conda-meta")


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to those of ``python -m mapr_streams_python``."""
    parser = commands.add_parser(
        "check", help="what an application's sources need before it runs on Kafka", description=DESCRIPTION
    )
    parser.add_argument("paths", nargs="+", metavar="FILE", type=Path, help="a Python source, or a folder of them")
    parser.add_argument("--fix", action="store_true", help="rewrite what can be rewritten without a thought")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    add_name_options(parser)
    parser.set_defaults(run=run)


@dataclass
class Report:
    """All that was found."""

    findings: list[Finding] = field(default_factory=list)
    # Kafka topics by the names that become them.
    topics: dict[str, str] = field(default_factory=dict)
    # How many places of a file were rewritten.
    fixed: dict[str, int] = field(default_factory=dict)
    files: int = 0

    def next_steps(self) -> list[str]:
        """What to do about the findings: one sentence for each kind."""
        kinds = {finding.kind for finding in self.findings}
        return [advice for kind, advice in KINDS.items() if kind in kinds]


def run(options: argparse.Namespace) -> int:
    """Check the sources and print the report."""
    try:
        names = Names(lambda: topic_names(options))
        files = list(_files(options.paths))
        report = check(files, names, fix=options.fix)
    except (SettingsError, MissingParser, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Names of files and of topics may have letters that a terminal has not.
        sys.stdout.reconfigure(errors="backslashreplace")
    print(_as_json(report) if options.json else _as_text(report))
    return 1 if report.findings else 0


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            found = sorted(_sources(path))
            if not found:
                raise FileNotFoundError(f"{path}: no Python source is in this folder")
            yield from found
        elif path.exists():
            yield path
        else:
            raise FileNotFoundError(f"{path}: there is no such file")


def _sources(folder: Path) -> Iterator[Path]:
    """All sources below a folder: those that are called so, notebooks, and programs whose first line names Python."""
    unreadable: list[Path] = []
    for here, folders, files in os.walk(folder, onerror=lambda error: unreadable.append(Path(error.filename))):
        place = Path(here)
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and name not in SKIPPED and not _is_environment(place / name)
        ]
        for name in files:
            path = place / name
            if path.suffix in SUFFIXES or (not path.suffix and _is_program(path)):
                yield path
    yield from unreadable


def _is_environment(folder: Path) -> bool:
    return any((folder / mark).exists() for mark in ENVIRONMENT_MARKS)


def _is_program(path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            line = file.readline(200)
    except OSError:
        return False
    return line.startswith(b"#!") and b"python" in line


def check(files: Iterable[Path], names: Names, fix: bool = False) -> Report:
    """Check sources together: a name may come from one file and be used in another.

    Args:
        files: the sources.
        names: the mapping of names.
        fix: rewrite what is mechanical, and leave it out of the findings.

    Raises:
        MissingParser: the library that parses is not installed.
    """
    report = Report()
    project = Project()
    resolver = Resolver(project)
    checks = []
    for path in dict.fromkeys(files):
        report.files += 1
        try:
            source = Source(path)
        except UnreadableSource as error:
            report.findings.append(Finding(str(path), 1, 1, "unparsed", f"this file cannot be read: {error}"))
        else:
            project.add(source)
            checks.append(ClientCheck(source, resolver, names))
    clients_project = ClientsProject(checks)
    findings: list[Finding] = []
    for one in checks:
        findings += one.properties(bool(clients_project))
    for one in checks:
        findings += [*_unparsed(one.source), *one.find(clients_project), *check_loops.find(one.source)]
        findings += check_platform.find(one.source, one.is_client)
    for source in [one.source for one in checks]:
        # What was found on the way from another file stands here too, once.
        own = list({one.place: one for one in reversed(findings) if one.file == source.name}.values())[::-1]
        if fix:
            edits = list(dict.fromkeys(edit for finding in own for edit in finding.edits))
            if edits:
                source.write(applied(source.data, edits))
                report.fixed[source.name] = len(edits)
            own = [finding for finding in own if not finding.edits]
        report.findings += sorted(own, key=lambda finding: (finding.line, finding.column))
    are_given, are_replaced = servers_from_outside()
    if not are_given:
        report.findings += _servers(checks)
    if not are_replaced and (names.topics or any(one.default_streams for one in checks)):
        report.findings += _own_servers(checks)
    report.topics = names.topics
    return report


def _unparsed(source: Source) -> Iterator[Finding]:
    """Where a file is no Python, and where it is Python 2."""
    if source.root.has_error:
        for node in walk(source.root):
            if node.is_error or node.is_missing:
                near = text(node).strip().split("\n")[0][:60] or f"{node.type} is missing"
                yield Finding.at(source, node, "unparsed", f"this cannot be parsed: {near}")
                return
    # `async=` is a finding of its own, which is no reason to call a file Python 2.
    edits = [edit for finding in asynchronous(source) for edit in finding.edits]
    try:
        with warnings.catch_warnings():
            # What Python says of old escapes is no matter of ours.
            warnings.simplefilter("ignore")
            # As text: of bytes Python would believe what the first line says, which are UTF-8 here whatever they were.
            ast.parse(applied(source.data, edits).decode("utf-8"))
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        number = getattr(error, "lineno", None) or 1
        what = getattr(error, "msg", None) or str(error) or "too deep in itself"
        version = ".".join(map(str, sys.version_info[:2]))
        yield Finding(source.name, number, 1, "unparsed", f"Python {version} cannot parse this line: {what}")
        return
    for node in walk(source.root):
        if node.type == "chevron":
            yield Finding.at(source, node, "unparsed", "print >> is Python 2's: Python 3 parses it, and fails here")
            return


def _servers(checks: list[ClientCheck]) -> Iterator[Finding]:
    """The first client of a project that names no brokers anywhere."""
    clients = [(one.source, client) for one in checks for client in one.clients]
    if clients and not any(one.has_servers for one in checks):
        source, client = clients[0]
        yield Finding.at(
            source, client, "servers", "no source sets bootstrap.servers, which MapR does not need: set it from outside"
        )


def _own_servers(checks: list[ClientCheck]) -> Iterator[Finding]:
    """Servers that an application of MapR's names itself, which may be any word."""
    for one in checks:
        for node, servers in one.servers:
            yield Finding.at(
                one.resolver.project.owner(node).source,
                node,
                "override",
                f'bootstrap.servers is "{servers}" here, which MapR\'s client ignores: where these are not the brokers'
                " that are meant, the section [override] of the file that MAPR_STREAMS_CONFIG names replaces them",
            )


def _as_text(report: Report) -> str:
    lines = [f"{one.file}:{one.line}:{one.column}: {one.kind}: {one.text}" for one in report.findings]
    lines += [f"{file}: {count} rewritten" for file, count in report.fixed.items()]
    if not report.findings:
        return "\n".join([*lines, f"Nothing to do in {_count(report.files, 'file')}."])
    files = len({finding.file for finding in report.findings})
    lines += [
        "",
        f"{_count(len(report.findings), 'finding')} in {files} of {_count(report.files, 'file')}. What to do next:",
    ]
    lines += [f"{number}. {step}" for number, step in enumerate(report.next_steps(), 1)]
    if report.topics:
        lines += ["", "The Kafka topics:"]
        lines += [f"  {create_command(topic)}" for topic in dict.fromkeys(report.topics.values())]
    return "\n".join(lines)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _as_json(report: Report) -> str:
    return json.dumps(
        {
            "files": report.files,
            "findings": [
                {
                    "file": one.file,
                    "line": one.line,
                    "column": one.column,
                    "kind": one.kind,
                    "text": one.text,
                    "name": one.name,
                    "topic": one.topic,
                    "fixable": bool(one.edits),
                }
                for one in report.findings
            ],
            "topics": [
                {"name": name, "topic": topic, "create": create_command(topic)} for name, topic in report.topics.items()
            ],
            "fixed": report.fixed,
            "next": report.next_steps(),
        },
        indent=2,
    )
