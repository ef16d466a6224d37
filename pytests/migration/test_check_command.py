"""`python -m mapr_streams_python check`: files, rewriting, output and exit status."""

from __future__ import annotations

import json
import pathlib
import re
import sys
import types

import pytest

from mapr_streams_python.__main__ import main
from mapr_streams_python.migration.check_syntax import INSTALL

PYTHON_2 = """\
# -*- coding: latin-1 -*-
from mapr_streams_python import Producer, Consumer
try:
    c = Consumer({'group.id': 'g', 'bootstrap.servers': argv[1]})
    print "%s" % c
finally:
    pass
c.subscribe(['/s:caf\xe9'.swapcase(), '/s:t'])
c.commit(async=True)
"""


def test_python_2_is_read_and_said_to_be_it(write, tmp_path, capsys):
    write()
    (tmp_path / "application" / "old.py").write_bytes(PYTHON_2.encode("latin-1"))
    assert main(["check", "--json", "old.py"]) == 1
    findings = [(one["line"], one["kind"]) for one in json.loads(capsys.readouterr().out)["findings"]]
    assert findings == [(5, "unparsed"), (8, "computed"), (8, "topic"), (9, "async")]


@pytest.mark.parametrize("encoding", ["shift_jis", "euc_kr", "cp1252", "utf-8", "utf-8-sig"])
def test_a_file_is_read_in_the_encoding_that_it_names(encoding, write, tmp_path, capsys):
    write()
    word = {"shift_jis": "\u30c6\u8868", "euc_kr": "\ud55c"}.get(encoding, "\xe9")
    source = f"# -*- coding: {encoding} -*-\nname = '/s:' + x + '{word}'\nother = '/apps/s:t'\n"
    (tmp_path / "application" / "main.py").write_bytes(source.encode(encoding))
    (tmp_path / "application" / "client.py").write_text("import mapr_streams_python\n")
    assert main(["check", "--json", "main.py", "client.py"]) == 1
    findings = [(one["line"], one["kind"]) for one in json.loads(capsys.readouterr().out)["findings"]]
    assert findings == [(3, "topic")]


@pytest.mark.parametrize(
    "line",
    [
        "print 'a',",
        "exec 'pass' in names",
        "raise ValueError, 'a', trace",
        "a = `b`",
        "a = 0777",
        "a = 10L",
        "a = ur'b'",
        "if a <> b: pass",
        "def f(a, (b, c)): pass",
        "try: pass\nexcept Exception, e: pass",
    ],
)
def test_all_of_python_2_is_parsed(line, found):
    findings = found("unparsed", f"import sys\n{line}\n")
    assert [text.split(" cannot parse")[0] for _, text in findings] == [f"Python 3.{sys.version_info.minor}"]


def test_what_python_3_parses_as_something_else_is_found(found):
    assert found("unparsed", "import sys\nprint >>sys.stderr, 'a'\n") == [
        (2, "print >> is Python 2's: Python 3 parses it, and fails here")
    ]


def test_a_file_that_cannot_be_parsed_is_a_finding_and_the_rest_of_it_is_checked(found, check):
    source = "from mapr_streams_python import Producer\nproducer.produce('/s:t')\n\ndef broken(:\n    pass\n"
    report = check(main=source)
    assert [(one["line"], one["kind"]) for one in report["findings"]] == [(2, "topic"), (4, "unparsed")]
    assert report["findings"][1]["text"].startswith("this cannot be parsed: ")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a = '\0'", "there is a NUL in it"),
        (b"# coding: no-such\n", "unknown encoding"),
        (b"a = '\xff'\n", "encoding"),
    ],
)
def test_a_file_that_is_no_text_is_a_finding(data, text, write, tmp_path, capsys):
    write()
    (tmp_path / "application" / "bad.py").write_bytes(data)
    assert main(["check", "bad.py"]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("bad.py:1:1: unparsed: this file cannot be read: ")
    assert text in printed


def test_fix_rewrites_what_is_mechanical_and_only_that(write, tmp_path, capsys):
    before = """\
# -*- coding: latin-1 -*-\r
from mapr_streams_python import Consumer\r
c = Consumer({"fetch.max.wait.ms": 5, 'max.request.size': 9, 'zookeeper.connect': 'z', 'bootstrap.servers': 'k'})\r
name = 'caf\xe9'\r
c.commit(async=True); c.commit(message=m,async = False)\r
start(async=True)\r
"""
    write()
    file = tmp_path / "application" / "main.py"
    file.write_bytes(before.encode("latin-1"))
    assert main(["check", "--fix", "main.py"]) == 1
    printed = capsys.readouterr().out.splitlines()
    after = before.replace("commit(async=", "commit(asynchronous=").replace(",async =", ",asynchronous =")
    after = after.replace('"fetch.max.wait.ms"', '"fetch.wait.max.ms"').replace("max.request.size", "message.max.bytes")
    assert file.read_bytes().decode("latin-1") == after
    assert "main.py: 4 rewritten" in printed
    assert [line.split(": ", 1)[1] for line in printed if line.startswith("main.py:") and "rewritten" not in line] == [
        'property: zookeeper.connect: name Kafka\'s brokers in "bootstrap.servers" instead',
        f"unparsed: Python 3.{sys.version_info.minor} cannot parse this line: invalid syntax",
        "async: async=True: async is a keyword from Python 3.7 on; write asynchronous=True where it is for commit",
    ]
    # A second time there is nothing left to rewrite.
    assert main(["check", "--fix", "main.py"]) == 1
    assert "rewritten" not in capsys.readouterr().out
    assert file.read_bytes().decode("latin-1") == after


def test_nothing_to_do_is_exit_status_0(write, capsys):
    write(main="print('no client')\n")
    assert main(["check", "main.py"]) == 0
    assert capsys.readouterr().out == "Nothing to do in 1 file.\n"


def test_what_was_rewritten_is_nothing_to_do(write, capsys):
    write(main="consumer.commit(async=False)\n")
    assert main(["check", "--fix", "main.py"]) == 0
    assert capsys.readouterr().out == "main.py: 1 rewritten\nNothing to do in 1 file.\n"


def test_a_folder_is_checked_with_all_that_is_below(write, tmp_path, capsys):
    write(main="TOPIC = '/apps/s:a'\n")
    folder = tmp_path / "application"
    for name in ("below", ".hidden", "node_modules", "venv"):
        (folder / name).mkdir()
        (folder / name / "more.py").write_text("TOPIC = '/apps/s:b'\n")
    (folder / "below" / "notes.txt").write_text("TOPIC = '/apps/s:c'\n")
    assert main(["check", "."]) == 1
    assert capsys.readouterr().out.splitlines()[:2] == [
        "below/more.py:1:9: topic: /apps/s:b becomes apps--s--b",
        "main.py:1:9: topic: /apps/s:a becomes apps--s--a",
    ]


def test_the_summary_says_what_to_do_next(write, capsys):
    write(main="from mapr_streams_python import Producer\np = Producer({})\np.produce('/s:t')\n")
    assert main(["check", "main.py"]) == 1
    assert capsys.readouterr().out == (
        "main.py:3:11: topic: /s:t becomes s--t\n"
        "main.py:2:5: servers: no source sets bootstrap.servers, which MapR does not need: set it from outside\n"
        "\n"
        "2 findings in 1 of 1 file. What to do next:\n"
        "1. Create the Kafka topics, with as many partitions as the streams' topics have.\n"
        "2. Set MAPR_STREAMS_BOOTSTRAP_SERVERS to the brokers, where the application runs.\n"
        "\n"
        "The Kafka topics:\n"
        "  kafka-topics.sh --bootstrap-server localhost:9092 --create --if-not-exists --topic s--t\n"
    )


def test_json_holds_the_same(check):
    report = check(main="TOPIC = '/apps/s:t'\n")
    create = "kafka-topics.sh --bootstrap-server localhost:9092 --create --if-not-exists --topic apps--s--t"
    assert report == {
        "files": 1,
        "findings": [
            {
                "file": "main.py",
                "line": 1,
                "column": 9,
                "kind": "topic",
                "text": "/apps/s:t becomes apps--s--t",
                "name": "/apps/s:t",
                "topic": "apps--s--t",
                "fixable": False,
            }
        ],
        "topics": [{"name": "/apps/s:t", "topic": "apps--s--t", "create": create}],
        "fixed": {},
        "next": ["Create the Kafka topics, with as many partitions as the streams' topics have."],
    }


@pytest.mark.parametrize("arguments", [["none.py"], ["empty"], ["--rules", "none", "main.py"]])
def test_a_wrong_command_is_exit_status_2(arguments, write, tmp_path, capsys):
    write(main="")
    (tmp_path / "application" / "empty").mkdir()
    assert main(["check", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    with pytest.raises(SystemExit) as ended:
        main(["check"])
    assert ended.value.code == 2


def test_without_the_extra_the_error_names_it(write, monkeypatch, capsys):
    write(main="a = 1\n")
    monkeypatch.setitem(sys.modules, "tree_sitter_python", None)
    assert main(["check", "main.py"]) == 2
    assert capsys.readouterr().err == (
        "error: the check needs tree_sitter_python, which parses Python 2 and 3: "
        "pip install 'tree-sitter>=0.23' 'tree-sitter-python>=0.23'\n"
    )


def test_what_the_error_without_the_extra_installs_is_the_extra():
    """By the names of its packages: on PyPI the name of this package is the vendor's."""
    extra = pathlib.Path(__file__, "../../../pyproject.toml").resolve().read_text().split("\nmigration = [")[1]
    assert [one.strip('", ') for one in extra.split("]")[0].split(",")] == re.findall("'(.*?)'", INSTALL)


@pytest.mark.parametrize("problem", [TypeError, ValueError, AttributeError])
def test_a_parser_of_another_release_is_an_error_that_says_which_one(problem, write, monkeypatch, capsys):
    write(main="a = 1\n")

    def language():
        raise problem("Incompatible Language version 15")

    monkeypatch.setitem(sys.modules, "tree_sitter_python", types.SimpleNamespace(language=language))
    assert main(["check", "main.py"]) == 2
    assert capsys.readouterr().err == (
        "error: the tree_sitter and the tree_sitter_python that are installed do not fit together (Incompatible"
        " Language version 15): pip install 'tree-sitter>=0.23' 'tree-sitter-python>=0.23'\n"
    )


def test_the_command_runs_as_a_module(run_python, write):
    write(main="TOPIC = '/apps/s:t'\n")
    ran = run_python(
        "import runpy, sys; sys.argv = ['x', 'topic', '--plain', '/s:t']\n"
        "runpy.run_module('mapr_streams_python', run_name='__main__')"
    )
    assert (ran.status, ran.stdout) == (0, "s--t\n")
