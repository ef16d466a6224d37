"""What the check does with a whole repository: it keeps few trees, and says what it says with all of them."""

from __future__ import annotations

import gc
import json

import pytest

from mapr_streams_python.__main__ import main
from mapr_streams_python.migration import check_source
from mapr_streams_python.migration.check_syntax import Tree

SHARED = """\
from mapr_streams_python import Producer
STREAM = '/apps/shared'
CONF = {'streams.producer.default.stream': STREAM, 'max.request.size': 5, 'bootstrap.servers': argv[1]}
class Base:
    topic = None
    def __init__(self, conf, other):
        self.producer, self.other = Producer(conf), other
    def send(self):
        self.producer.produce(self.topic, 'v')
        self.producer.produce(self.other, 'v')
def named(topic, kind='all'):
    return '/apps/%s:%s' % (kind, topic)
"""
WORK = """\
def work(values, limit=10):
    result = []
    for index, value in enumerate(values):
        if index < limit:
            result.append({'name': 'value', 'index': index, 'value': value})
    return result
"""
# Each is a file that needs others, beside those that need none.
CLIENTS = (
    "from shared import Base\nclass Own(Base):\n  topic = '/apps/own:{0}'\nOwn({{}}, '/apps/given:{0}')\n",
    "from shared import CONF, named\nfrom mapr_streams_python import Producer\n"
    "Producer({{**CONF}}).produce(named('{0}'), 'v')\nproducer.produce('short{0}', 'v')\n",
    "import shared\nOTHER = '/apps/literal:{0}'\nproducer.produce(shared.STREAM + ':{0}', 'v')\nc.commit(async=True)\n",
)


def _repository(files):
    """Files that import each other in a ring; one of ten has to do with the client."""
    sources = {"shared": SHARED}
    for number in range(files):
        around = f"from module{(number + 1) % files} import work as other\n"
        client = CLIENTS[number // 10 % len(CLIENTS)].format(number) if number % 10 == 5 else ""
        sources[f"module{number}"] = around + client + WORK
    return sources


@pytest.fixture
def most_trees(monkeypatch):
    """`most_trees()`: how many trees there were at a time, at most."""
    counts = []
    parse = Tree._read

    def count(tree, data):
        parse(tree, data)
        counts.append(sum(isinstance(one, Tree) for one in gc.get_objects()))

    monkeypatch.setattr(Tree, "_read", count)

    def most():
        gc.collect()
        most = max(counts)
        counts.clear()
        return most

    return most


def _run(capsys):
    main(["check", "--json", "."])
    return json.loads(capsys.readouterr().out)


def test_how_many_trees_are_kept_does_not_grow_with_the_number_of_files(write, monkeypatch, capsys, most_trees):
    monkeypatch.setattr(check_source, "MOST_NODES", 3000)
    write(**_repository(40))
    _run(capsys)
    few = most_trees()
    write(**_repository(400))
    report = _run(capsys)
    assert report["files"] == 401
    assert most_trees() <= few + 2 < 40


def test_what_is_found_is_the_same_however_few_trees_are_kept(write, monkeypatch, capsys, most_trees):
    write(**_repository(150))
    everything = _run(capsys)
    assert most_trees() > 150
    monkeypatch.setattr(check_source, "MOST_NODES", 0)
    assert _run(capsys) == everything
    assert most_trees() <= 3
    kinds = [finding["kind"] for finding in everything["findings"]]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"topic": 61, "async": 5, "property": 1}


def test_a_file_without_the_client_is_parsed_once_though_the_trees_do_not_stay(write, monkeypatch, capsys):
    parsed = []
    parse = Tree._read
    monkeypatch.setattr(Tree, "_read", lambda tree, data: (parsed.append(data), parse(tree, data)))
    monkeypatch.setattr(check_source, "MOST_NODES", 0)
    write(client=SHARED, **{f"module{number}": WORK + f"# {number}\n" for number in range(50)})
    _run(capsys)
    others = [data for data in parsed if data.startswith(b"def work")]
    assert len(others) == len(set(others)) == 50


@pytest.mark.parametrize("changed", ["x = 1\n", None], ids=["changed", "gone"])
def test_a_file_that_changes_meanwhile_is_an_error(changed, write, tmp_path, monkeypatch, capsys):
    write(a=SHARED, b=SHARED)
    file = tmp_path / "application" / "a.py"
    parse = Tree._read

    def change(tree, data):
        parse(tree, data)
        if file.exists() and changed is None:
            file.unlink()
        elif changed is not None:
            file.write_text(changed)

    monkeypatch.setattr(Tree, "_read", change)
    monkeypatch.setattr(check_source, "MOST_NODES", 0)
    assert main(["check", "a.py", "b.py"]) == 2
    assert capsys.readouterr().err == "error: a.py: the file was changed while it was checked\n"
