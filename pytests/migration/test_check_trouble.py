"""What a newcomer's folders hold that is no plain source: the check says what is wrong with each, and goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from limits import HANG

from mapr_streams_python.__main__ import main

CLIENT = "from mapr_streams_python import Consumer, Producer\n"
LOOP = f"{CLIENT}while True:\n  m = c.poll()\n  if {{}}: break\n"
# What root may do beyond what the modes of files say.
WITHOUT_PRIVILEGES = (
    "--bounding-set",
    "-dac_override,-dac_read_search",
    "--inh-caps",
    "-dac_override,-dac_read_search",
)


@pytest.mark.parametrize(
    "source",
    [
        f"{CLIENT}c.subscribe([{'*[' * 3000}'/apps/s:t'{']' * 3000}])\n",
        LOOP.format("not " * 5000 + "m.error()"),
        LOOP.format("m or " * 5000 + "m.error()"),
        LOOP.format("m.error().code() == " + "(" * 4000 + "KafkaError._PARTITION_EOF" + ")" * 4000),
        f"{CLIENT}while {'(' * 3000}1{')' * 3000}:\n  m = c.poll()\n",
        f"{CLIENT}{'(' * 3000}a,{'),' * 2999}) = x\np.produce(a)\n",
        f"{CLIENT}for {'(' * 3000}a,{'),' * 2999}) in x: p.produce(a)\n",
        f"{CLIENT}p.produce('%s' % {'1' * 10000})\n",
        f"{CLIENT}Consumer({{'session.timeout.ms': '{'1' * 10000}'}})\n",
        f"{CLIENT}p.produce('/apps/s:{{\u00b2}}'.format(1))\n",
    ],
    ids=["list", "not", "or", "parentheses", "condition", "tuple", "loop", "number", "property", "digit"],
)
def test_what_nobody_writes_by_hand_is_no_reason_to_stop(source, write, capsys):
    write(a="TOPIC = '/apps/s:before'\n", b="TOPIC = '/apps/s:after'\n")
    write(generated=source)
    assert main(["check", "a.py", "generated.py", "b.py"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith(("a.py", "b.py"))] == [
        "a.py:1:9: topic: /apps/s:before becomes apps--s--before",
        "b.py:1:9: topic: /apps/s:after becomes apps--s--after",
    ]


def test_what_is_too_deep_to_be_followed_is_a_finding(write, monkeypatch, capsys):
    from mapr_streams_python.migration.check_resolver import Resolver

    def follow(resolver, node, depth=0):
        raise RecursionError

    monkeypatch.setattr(Resolver, "values", follow)
    write(main=f"{CLIENT}p.produce(name, 'v')\n", other="import subprocess\nsubprocess.call('maprcli')\n")
    assert main(["check", "main.py", "other.py"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert (
        lines[0]
        == "main.py:1:1: unparsed: this file, or one that it uses, is too deep in itself: not all of it was checked"
    )
    assert lines[1].startswith("other.py:2:17: platform: maprcli")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("a = 1\n".encode("utf-16"), "its encoding is UTF-16, in which Python reads no source: write it in UTF-8"),
        (
            b"import os\n\n\na = '\xe9'\n",
            "its encoding is not UTF-8, and no line at its top names another, as # -*- coding: latin-1 -*- does",
        ),
        (b"# coding: ascii\na = '\xe9'\n", "its encoding cannot be told: 'ascii' codec can't decode byte 0xe9"),
        (b"# coding: raw_unicode_escape\na = '\\ud800'\n", "its encoding cannot be told: 'utf-8' codec can't encode"),
        (b"# coding: undefined\na = 1\n", "its encoding cannot be told: "),
        (b"# coding: punycode\na = 1\n", "its encoding cannot be told: "),
        (b"# coding: zlib\na = 1\n", "its encoding cannot be told: 'zlib' is not a text encoding"),
    ],
)
def test_an_encoding_that_is_none_of_sources_is_a_finding_of_one_line(data, text, write, tmp_path, capsys):
    write()
    (tmp_path / "application" / "bad.py").write_bytes(data)
    assert main(["check", "bad.py"]) == 1
    first, empty, summary = capsys.readouterr().out.splitlines()[:3]
    assert first.startswith(f"bad.py:1:1: unparsed: this file cannot be read: {text}")
    assert (empty, summary) == ("", "1 finding in 1 of 1 file. What to do next:")


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("x =\u00a01\n", "main.py:1:4: unparsed: this cannot be parsed: '\\xa0'"),
        ("x = 1\n\x1a", "main.py:2:1: unparsed: this cannot be parsed: \\x1a"),
        (f"{CLIENT}p.produce('/apps/s:\x1b[2J')\n", 'main.py:2:11: name: "/apps/s:\\x1b[2J" is no name of a stream\'s'),
    ],
    ids=["space", "end", "escape"],
)
def test_what_cannot_be_seen_is_printed_so_that_it_can(source, line, found, check, capsys):
    check(main=source)
    main(["check", "main.py"])
    printed = capsys.readouterr().out
    assert printed.startswith(line)
    assert "\x1b" not in printed


def test_a_text_without_end_is_cut(found):
    ((_, text),) = found("name", f"{CLIENT}p.produce('/apps/s:{'a' * 100_000}')\n")
    assert len(text) == 1001
    assert text.endswith("aaa…")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("-", "error: -: the check reads files and folders, and not its input"),
        ("gone.py", "error: gone.py: there is no such file"),
        ("link.py", "error: link.py: the link leads to no file"),
        ("empty", "error: empty: no Python source is in this folder"),
        ("", "error: argument FILE: it has no name"),
    ],
)
def test_a_path_that_is_none_is_said_in_one_line(path, text, write, tmp_path, capsys):
    write()
    (tmp_path / "application" / "link.py").symlink_to("nowhere.py")
    (tmp_path / "application" / "empty").mkdir()
    try:
        status = main(["check", path])
    except SystemExit as ended:
        status = ended.code
    assert status == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith(text)


def test_files_with_names_of_the_standard_library_are_checked_and_not_run(write, tmp_path):
    names = ("json", "argparse", "ast", "tokenize", "logging", "tree_sitter", "confluent_kafka")
    write(**dict.fromkeys(names, "raise SystemExit('run')\nTOPIC = '/apps/s:t'\n"))
    command = [sys.executable, "-m", "mapr_streams_python", "check", "."]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=HANG)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert [line.split(":")[0] for line in ran.stdout.splitlines()[:7]] == sorted(f"{name}.py" for name in names)


def test_what_nobody_may_read_is_a_finding_and_the_rest_is_checked(write, tmp_path):
    write(main="TOPIC = '/apps/s:t'\n", secret="x = 1\n")
    folder = tmp_path / "application"
    for name, mode in (("locked", 0), ("listed", 0o444)):
        (folder / name).mkdir()
        (folder / name / "inside.py").write_text("x = 1\n")
        (folder / name).chmod(mode)
    (folder / "secret.py").chmod(0)
    command = [sys.executable, "-m", "mapr_streams_python", "check", "."]
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may read everything, and setpriv is not here")
        command = ["setpriv", *WITHOUT_PRIVILEGES, *command]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=HANG)
    for name in ("locked", "listed"):
        (folder / name).chmod(0o755)
    if "setpriv" in ran.stderr:
        pytest.skip("this root may not let go of what it may")
    assert (ran.returncode, ran.stderr) == (1, "")
    assert ran.stdout.splitlines()[:4] == [
        "listed/inside.py:1:1: unparsed: this file cannot be read: Permission denied",
        "locked:1:1: unparsed: this file cannot be read: the folder cannot be opened",
        "secret.py:1:1: unparsed: this file cannot be read: Permission denied",
        "main.py:1:9: topic: /apps/s:t becomes apps--s--t",
    ]
