"""``python -m mapr_streams_python check``: what an application's sources need before it runs on Apache Kafka."""

from __future__ import annotations

import argparse
import ast
import io
import json
import os
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from . import check_loops, check_platform
from .check_client import ClientCheck, ClientsProject, asynchronous
from .check_findings import KINDS, Finding, applied
from .check_names import Names
from .check_project import Project
from .check_resolver import Resolver
from .check_source import ChangedSource, Source, Trees, UnreadableSource
from .check_syntax import MissingParser, Node, text
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
    parser.add_argument("paths", nargs="+", metavar="FILE", type=_path, help="a Python source, or a folder of them")
    parser.add_argument("--fix", action="store_true", help="rewrite what can be rewritten without a thought")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    add_name_options(parser)
    parser.set_defaults(run=run)


def _path(given: str) -> Path:
    # To Path no name is the folder that one stands in: `check "$UNSET"`.
    if not given:
        raise argparse.ArgumentTypeError("it has no name")
    return Path(given)


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
    except (SettingsError, MissingParser, ChangedSource, FileNotFoundError) as error:
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
        if os.path.isdir(path):
            found = sorted(_sources(path))
            if not found:
                raise FileNotFoundError(f"{path}: no Python source is in this folder")
            yield from found
        elif os.path.exists(path):
            yield path
        elif str(path) == "-":
            raise FileNotFoundError("-: the check reads files and folders, and not its input")
        else:
            what = "the link leads to no file" if os.path.islink(path) else "there is no such file"
            raise FileNotFoundError(f"{path}: {what}")


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
            if path.suffix.lower() in SUFFIXES or (not path.suffix and _is_program(path)):
                yield path
    yield from unreadable


def _is_environment(folder: Path) -> bool:
    # A folder that nobody may look into has none.
    return any(os.path.exists(folder / mark) for mark in ENVIRONMENT_MARKS)


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
    checks = list(_read(files, names, report))
    clients_project = ClientsProject([one.client for one in checks])
    # Of each file, whichever file they were found on the way from.
    findings: defaultdict[str, list[Finding]] = defaultdict(list)
    for one in checks:
        _share_out(one.client.source, one.client.properties(bool(clients_project)), findings)
        one.client.resolver.forget()
    for one in checks:
        findings[one.client.source.name] += one.before
        _share_out(one.client.source, one.client.find(clients_project), findings)
        findings[one.client.source.name] += one.behind
        one.client.resolver.forget()
    of_servers: list[Finding] = []
    are_given, are_replaced = servers_from_outside()
    if not are_given:
        of_servers += _servers(clients_project.checks)
    if not are_replaced and (names.topics or any(one.default_streams for one in clients_project.checks)):
        of_servers += _own_servers(clients_project.checks)
    for source in [one.client.source for one in checks]:
        # What was found on the way from another file stands here too, once.
        own = list({one.place: one for one in reversed(findings.pop(source.name))}.values())[::-1]
        if fix:
            edits = list(dict.fromkeys(edit for finding in own for edit in finding.edits))
            if edits:
                source.write(applied(source.data, edits))
                report.fixed[source.name] = len(edits)
            own = [finding for finding in own if not finding.edits]
        report.findings += sorted(own, key=lambda finding: (finding.line, finding.column))
    report.findings += of_servers
    report.topics = names.topics
    return report


@dataclass
class _FileCheck:
    """A file, and what is found in it whatever the others are: before and behind what is found with them."""

    client: ClientCheck
    before: list[Finding]
    behind: list[Finding]


def _read(files: Iterable[Path], names: Names, report: Report) -> Iterator[_FileCheck]:
    """Read the files one by one. Few trees are kept: what needs no other file is found while a file's tree is there."""
    project, trees = Project(), Trees()
    resolver = Resolver(project)
    for path in dict.fromkeys(files):
        report.files += 1
        try:
            source = Source(path, trees)
        except UnreadableSource as error:
            report.findings.append(Finding.unparsed(str(path), 1, f"this file cannot be read: {error}"))
            continue
        project.add(source)
        client = ClientCheck(source, resolver, names)
        behind = [*check_loops.find(source), *check_platform.find(source, client.is_client)]
        yield _FileCheck(client, list(_unparsed(source)), behind)


def _share_out(source: Source, found: Iterable[Finding], findings: defaultdict[str, list[Finding]]) -> None:
    """Put what is found on the way from a file to the files that it stands in."""
    try:
        for finding in found:
            findings[finding.file].append(finding)
    except RecursionError:
        what = "this file, or one that it uses, is too deep in itself: not all of it was checked"
        findings[source.name].append(Finding.unparsed(source.name, 1, what))


def _unparsed(source: Source) -> Iterator[Finding]:
    """Where a file is no Python, and where it is Python 2."""
    if source.tree.first_error is not None:
        number, what = source.tree.first_error
        node = Node(source, number)
        near = text(node).strip().split("\n")[0][:60] or (ascii(text(node)) if text(node) else what)
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
        yield Finding.unparsed(source.name, number, f"Python {version} cannot parse this line: {what}")
        return
    for node in source.root.below("chevron")[:1]:
        yield Finding.at(source, node, "unparsed", "print >> is Python 2's: Python 3 parses it, and fails here")


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
                node.source,
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
