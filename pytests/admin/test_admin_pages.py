"""docs/admin.md and its pages: every call is on the page of its family."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from mapr_streams_python.admin import AdminClient

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "admin.md"

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="the documentation is not part of this distribution")

# What all clients have.
OTHERS = {"close", "metrics", "poll"}


def pages():
    """The pages, with the calls that each is for."""
    rows = re.findall(r"^\| \[[^]]+\]\((admin/[a-z]+\.md)\) \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return {DOCS / file: re.findall(r"`(\w+)`", calls) for file, calls in rows}


def test_every_call_has_a_page_that_tells_of_it():
    calls = [call for of_page in pages().values() for call in of_page]
    methods = {name for name, _ in inspect.getmembers(AdminClient, callable) if not name.startswith("_")}
    assert sorted(calls) == sorted(methods - OTHERS)
    for page, of_page in pages().items():
        text = page.read_text("utf-8")
        assert [call for call in of_page if call not in text] == [], page.name


def test_every_page_is_among_them():
    assert set(pages()) == set((DOCS / "admin").glob("*.md"))


def test_what_the_pages_link_to_is_there():
    for page in [PAGE, *pages()]:
        for link in re.findall(r"\]\(([^)#:]+\.(?:md|py))", page.read_text("utf-8")):
            assert (page.parent / link).is_file(), f"{page.name}: {link}"


def test_the_programs_of_the_pages_import_what_there_is():
    blocks = 0
    for page in pages():
        for block in re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
            # Functions, which nobody calls here: pytests/kafka does.
            exec(compile(block, str(page), "exec"), {"__name__": page.stem})
            blocks += 1
    assert blocks >= 9
