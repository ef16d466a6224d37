"""docs/conformance.md: every test that it names exists, and it leaves out no ruling."""

import ast
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "conformance.md"
# How many there are: a new one is counted here, and has a row and a test then.
RULINGS = range(1, 27)

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="the documentation is not part of this distribution")


def names_of_tests(path):
    return {node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}


def test_every_test_that_the_page_names_exists():
    named = set(re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE.read_text("utf-8")))
    assert len(named) > 100
    missing = []
    for file, name in named:
        path = ROOT / file if "/" in file else pathlib.Path(__file__).with_name(file)
        if not path.is_file() or name not in names_of_tests(path):
            missing.append(f"{file}::{name}")
    assert sorted(missing) == []


def test_the_page_lists_every_ruling():
    assert re.findall(r"^\| (\d+)\. ", PAGE.read_text("utf-8"), re.MULTILINE) == [str(n) for n in RULINGS]


def test_each_ruling_has_a_test_named_after_it():
    names = {name for path in pathlib.Path(__file__).parent.glob("test_*.py") for name in names_of_tests(path)}
    numbers = {int(match.group(1)) for match in (re.match(r"test_ruling_(\d+)_", name) for name in names) if match}
    # 14 is about servers; 20 needs a real broker, and its test stands with those.
    assert numbers == set(RULINGS) - {14, 20}
