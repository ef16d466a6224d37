"""What sources look like beyond the usual: more files, scopes of names, files that are no sources, and huge ones."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest
from limits import HANG

from mapr_streams_python.__main__ import main

IMPORT = "from mapr_streams_python import Consumer, Producer, TopicPartition\n"
PRODUCER = IMPORT + "p = Producer({'bootstrap.servers': argv[1]})\n"


@pytest.mark.parametrize(
    ("expression", "topics"),
    [
        ("'%(t)s' % dict(t='/apps/s:a')", ["apps--s--a"]),
        ("'/apps/s:%d' % 3", ["apps--s--3"]),
        ("f'/apps/s:{3}'", ["apps--s--3"]),
        ("os.path.join('/apps', '/other/s:a')", ["other--s--a"]),
        ("os.path.join('/apps/', 's:a')", ["apps--s--a"]),
        ("os.path.join('/apps', *folders) + ':a'", []),
        ("'/apps/s/'.rstrip('/') + ':a'", ["apps--s--a"]),
        ("'/apps/s-a'.replace('-', ':')", ["apps--s--a"]),
        ("f'/apps/s:{name!r}'", []),
        ("(topic := '/apps/s:a')", ["apps--s--a"]),
    ],
)
def test_an_expression_is_what_python_makes_of_it(expression, topics, check):
    report = check(main=f"import os\nname = 'a'\n{PRODUCER}p.produce({expression}, 'v')\n")
    assert [one["topic"] for one in report["findings"] if one["kind"] == "topic"] == topics
    assert bool(topics) == all(one["kind"] == "topic" for one in report["findings"])


def test_names_of_a_class_are_those_of_this_class_alone(found):
    source = f"""{PRODUCER}STREAM = '/module'
class A:
    STREAM = '/a'
    TOPIC = STREAM + ':t'
    def send(self):
        p.produce(self.TOPIC); p.produce(STREAM + ':t'); p.produce(A.TOPIC)
class B:
    TOPIC = '/b:t'
    def __init__(self):
        self.own = '/b:own'
    def send(self):
        p.produce(self.TOPIC); p.produce(self.own); p.produce(A.TOPIC)
"""
    assert [text.split(" becomes")[0] for _, text in found("topic", source)] == [
        *("/a:t", "/module:t", "/a:t", "/b:t", "/b:own", "/a:t")
    ]


def test_a_name_from_each_way_to_import_it_is_followed(write, tmp_path, capsys):
    write()
    folder = tmp_path / "application"
    sources = {
        "package/__init__.py": "ROOT = '/s:root'\n",
        "package/names.py": "A = '/s:a'\nB = '/s:b'\nclass Names:\n    C = '/s:c'\nD = '/s:d'\nE = ['/s:e']\n",
        "other/names.py": "A = '/other:a'\nB = '/other:b'\n",
        "package/main.py": f"""{PRODUCER}from package import ROOT, names
from package.names import *
from .names import A, Names as N
import package.names as aliased, package.names
import names as sibling
p.produce(ROOT); p.produce(A); p.produce(aliased.B); p.produce(N.C); p.produce(D)
p.produce(names.A); p.produce(package.names.B); p.produce(sibling.A)
Consumer({{'bootstrap.servers': argv[1]}}).subscribe(E)
""",
    }
    for name, source in sources.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(source)
    assert main(["check", "."]) == 1
    printed = capsys.readouterr().out.splitlines()
    where = [line.split(": topic: ")[1].split(" becomes")[0] for line in printed if line.startswith("package/main.py")]
    assert where == ["/s:root", "/s:a", "/s:b", "/s:c", "/s:d", "/s:a", "/s:b", "/s:a"]
    # What stands in another file is found there, and once.
    assert [line.split(" becomes")[0] for line in printed if "/s:e" in line] == ["package/names.py:6:6: topic: /s:e"]


def test_a_property_whose_name_is_a_constant_is_that_property(check):
    report = check(
        main=f"""{IMPORT}SERVERS, BROKERS = 'bootstrap.servers', 'use.brokers'
c = Consumer(dict({{SERVERS: 'kafka:9092', BROKERS: 1, computed(): 2}}, opaque=3, **{{'log_cb': print}}))
"""
    )
    assert [one["text"].split(":")[0] for one in report["findings"]] == ["use.brokers", "opaque", "log_cb"]


def test_fix_rewrites_a_property_in_the_file_that_it_stands_in(write, tmp_path):
    main_source = f"{IMPORT}from settings import CONF\nconsumer = Consumer(CONF)\n"
    write(main=main_source, settings="CONF = {'fetch.max.wait.ms': 5, 'bootstrap.servers': 'x'}\n")
    assert main(["check", "--fix", "main.py", "settings.py"]) == 0
    folder = tmp_path / "application"
    assert (folder / "main.py").read_text() == main_source
    assert (folder / "settings.py").read_text() == "CONF = {'fetch.wait.max.ms': 5, 'bootstrap.servers': 'x'}\n"


def test_an_argument_over_more_lines_is_one_line_of_the_report_and_rewritten_as_it_stands(write, tmp_path, capsys):
    write(main="c.commit(\n  m,  # async=True\n  async\n  = (\n   False),\n)\nc.commit(**{'async': True})\n")
    assert main(["check", "main.py"]) == 1
    assert (
        capsys.readouterr().out.splitlines()[0].startswith("main.py:3:3: async: async = ( False): async is a keyword")
    )
    assert main(["check", "--fix", "main.py"]) == 0
    assert (tmp_path / "application" / "main.py").read_text() == (
        "c.commit(\n  m,  # async=True\n  asynchronous\n  = (\n   False),\n)\nc.commit(**{'async': True})\n"
    )


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_fix_keeps_line_ends_and_a_byte_order_mark(mark, end, write, tmp_path):
    write()
    file = tmp_path / "application" / "main.py"
    file.write_bytes(mark + f"# größe{end}c.commit(async=True){end}".encode())
    assert main(["check", "--fix", "main.py"]) == 0
    assert file.read_bytes() == mark + f"# größe{end}c.commit(asynchronous=True){end}".encode()


def test_a_file_that_fix_cannot_write_is_an_error(write, monkeypatch, capsys):
    write(main="c.commit(async=True)\n")

    def refuse(path, data):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    assert main(["check", "--fix", "main.py"]) == 2
    assert capsys.readouterr().err == "error: main.py: Permission denied\n"


def test_notebooks_are_named_with_the_way_to_check_them(write, tmp_path, capsys):
    write()
    (tmp_path / "application" / "my notes.ipynb").write_text('{"cells": [{"source": ["p.produce(\'/apps/s:t\')"]}]}')
    assert main(["check", "."]) == 1
    assert capsys.readouterr().out.splitlines()[0] == (
        "my notes.ipynb:1:1: unparsed: this file cannot be read: it is a notebook: "
        "jupyter nbconvert --to script 'my notes.ipynb' makes a source of it"
    )


def test_programs_without_a_suffix_and_windows_programs_are_sources_too(write, tmp_path, capsys):
    write()
    folder = tmp_path / "application"
    (folder / "serve").write_text("#!/usr/bin/env python3\nTOPIC = '/apps/s:serve'\n")
    (folder / "window.pyw").write_text("TOPIC = '/apps/s:window'\n")
    (folder / "script").write_text("#!/bin/sh\necho /apps/s:sh\n")
    (folder / "README").write_text("'/apps/s:readme'\n")
    assert main(["check", "."]) == 1
    assert [line.split(": ")[2].split(" ")[0] for line in capsys.readouterr().out.splitlines()[:2]] == [
        "/apps/s:serve",
        "/apps/s:window",
    ]


@pytest.mark.parametrize(
    "mark", ["pyvenv.cfg", "bin/activate_this.py", "Scripts/activate_this.py", "conda-meta/history"]
)
def test_folders_of_virtual_environments_are_left_out_whatever_they_are_called(mark, write, tmp_path, capsys):
    write(main="TOPIC = '/apps/s:a'\n")
    environment = tmp_path / "application" / "env311"
    (environment / mark).parent.mkdir(parents=True)
    (environment / mark).write_text("home = '/usr'\n")
    (environment / "theirs.py").write_text("TOPIC = '/apps/s:theirs'\n")
    assert main(["check", "."]) == 1
    assert "theirs" not in capsys.readouterr().out


def test_links_in_a_circle_and_what_is_no_file_are_no_trap(write, tmp_path, capsys):
    write(main="TOPIC = '/apps/s:a'\n")
    folder = tmp_path / "application"
    (folder / "below").mkdir()
    (folder / "below" / "circle").symlink_to("..", target_is_directory=True)
    (folder / "folder.py").mkdir()
    (folder / "nowhere.py").symlink_to("no-such-file")
    (folder / "itself.py").symlink_to("itself.py")
    # Who opens it waits for ever.
    os.mkfifo(folder / "pipe.py")
    assert main(["check", "."]) == 1
    lines = capsys.readouterr().out.splitlines()
    found = {line.split(":")[0]: line.split("read: ")[-1] for line in lines if ".py:" in line}
    assert set(found) == {"main.py", "nowhere.py", "itself.py", "pipe.py"}
    assert (found["nowhere.py"], found["pipe.py"]) == ("No such file or directory", "it is no regular file")


def test_a_file_whose_name_no_terminal_has_is_printed(run_python, tmp_path):
    try:
        Path(os.fsdecode(bytes(tmp_path) + b"/\xff.py")).write_text("TOPIC = '/apps/s:t'\n")
    except OSError:
        pytest.skip("this file system takes no such name")
    ran = run_python(f"from mapr_streams_python.__main__ import main\nmain(['check', {str(tmp_path)!r}])\n")
    assert f"{tmp_path}/\\udcff.py:1:9: topic: /apps/s:t becomes apps--s--t" in ran.check()


def test_a_table_of_many_rows_is_read_in_time_that_grows_as_it_does(write, capsys):
    def seconds(rows):
        write(table="ROWS = [\n" + "    'row',\n" * rows + "]\n")
        # Of this process alone, whatever else the machine does.
        started = time.process_time()
        assert main(["check", "table.py"]) == 0
        return time.process_time() - started

    few, many = (min(seconds(rows) for _ in range(3)) for rows in (5000, 40_000))
    # By its square it would be 64 times as long.
    assert many < 24 * few


def test_whoever_reads_the_report_may_stop(write):
    write(table="\n".join(f"T{number} = '/apps/s:t{number}'" for number in range(3000)))
    command = f"{shlex.quote(sys.executable)} -m mapr_streams_python check table.py | head -1"
    ran = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=HANG, check=True)
    assert (ran.stdout, ran.stderr) == ("table.py:1:6: topic: /apps/s:t0 becomes apps--s--t0\n", "")


def test_what_is_nested_too_deeply_for_python_is_a_finding(found):
    nested = f"{PRODUCER}x = {'-' * 50_000}1\np.produce({'x + ' * 3000}'/apps/s:t')\n"
    ((line, text),) = found("unparsed", nested)
    assert (line, text.split(": ")[0].split(" cannot")[1]) == (1, " parse this line")
    ((_, text),) = found("computed", nested)
    assert len(text) < 2000


def test_a_default_stream_of_another_file_is_that_of_each_file_that_uses_it(check):
    sender = f"{IMPORT}from conf import CONF\nProducer(CONF).produce('%s', 'v')\n"
    report = check(
        conf="CONF = {'bootstrap.servers': argv[1], 'streams.producer.default.stream': '/apps/s'}\n",
        first=sender % "one",
        second=sender % "two",
    )
    assert sorted(topic["name"] for topic in report["topics"]) == ["/apps/s:one", "/apps/s:two"]


@pytest.mark.parametrize("first", ["None", "'/a:base'"])
def test_what_a_class_uses_of_its_object_is_what_the_classes_derived_from_it_set(first, check):
    report = check(
        base=f"{PRODUCER}class Base:\n  topic = {first}\n  def send(self):\n    p.produce(self.topic, 'v')\n",
        main="import base\nfrom base import Base as B\nclass Middle(B): pass\nclass Last(Middle): topic = '/a:last'\n"
        "class Other(base.Base):\n  def __init__(self): self.topic = '/a:other'\nclass Stranger: topic = '/a:no'\n",
    )
    names = sorted(one["name"] for one in report["findings"] if one["file"] == "base.py")
    assert names == ["/a:base"] * (first != "None") + ["/a:last", "/a:other"]


def test_what_a_class_does_not_set_is_what_it_is_derived_from_sets(check):
    report = check(
        base="class Root: topic = '/a:root'\nclass Base(Root): pass\n",
        package="from base import *\n",
        main=f"{PRODUCER}from package import Base\nclass Own(Base):\n  def send(self): p.produce(self.topic, 'v')\n",
    )
    assert [one["text"] for one in report["findings"] if one["file"] == "main.py"] == ["/a:root becomes a--root"]


def test_a_class_may_have_the_name_of_the_one_that_it_is_derived_from(check):
    report = check(
        base="class Client: topic = '/a:base'\n",
        main=f"{PRODUCER}from base import Client\n"
        "class Client(Client):\n  def send(self): p.produce(self.topic, 'v')\n",
    )
    assert [one["text"] for one in report["findings"] if one["file"] == "main.py"] == ["/a:base becomes a--base"]


def test_names_that_are_set_to_themselves_are_followed_once_each(found):
    again = "topic = topic + topic\n" * 30 + "conf = dict(conf, **conf)\n" * 30
    source = f"""{PRODUCER}topic = '/a:t'
conf = {{'x': '/a:of-conf', conf['y']: 1}}
{again}p.produce(topic, 'v'); p.produce(conf['x'], 'v')
"""
    last = source.count("\n")
    assert found("topic", source) == [(last, "/a:t becomes a--t"), (last, "/a:of-conf becomes a--of-conf")]
    assert all(text.endswith(": computed here") for _, text in found("computed", source))


def test_files_that_take_all_names_of_each_other_are_looked_at_once_each(check):
    names = [f"file{number}" for number in range(12)]
    stars = {name: "".join(f"from {other} import *\n" for other in names if other != name) for name in names}
    report = check(**{**stars, "file11": stars["file11"] + f"{PRODUCER}p.produce(MISSING, 'v'); p.produce(T, 'v')\n"})
    assert [one["kind"] for one in report["findings"]] == ["computed", "computed"]


def test_a_name_that_is_set_in_a_thousand_lines_is_gone_through_once_for_each_step(found):
    lines = "".join(
        f"x = x + 'a{number % 3}' + y\ny = (x if y else x) + z\nz = '{{}}{{}}'.format(x, y)\n" for number in range(700)
    )
    source = f"{PRODUCER}{lines}p.produce(x + y + z, 'v')\n"
    assert [line for line, _ in found("computed", source)] == [source.count("\n")]


def test_a_dictionary_that_is_made_of_itself_in_a_thousand_lines_is_gone_through_once_for_each_step(found):
    lines = "".join(f"conf = dict(conf, name{number}='/a:{number}')\n" for number in range(300))
    source = f"{PRODUCER}conf = {{}}\n{lines}p.produce(conf['name299'], 'v')\n"
    assert found("topic", source)[-1] == (source.count("\n"), "/a:299 becomes a--299")
