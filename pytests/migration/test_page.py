"""What docs/migration.md shows of names, rules and settings is so: copied as it stands."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from mapr_streams_python.__main__ import main

PAGE = Path(__file__).parents[2] / "docs" / "migration.md"

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="the documentation is not part of this distribution")


def blocks() -> list[str]:
    """The blocks that are set in."""
    found = re.findall(r"^(?:    .*\n|\n(?=    ))+", PAGE.read_text("utf-8"), re.MULTILINE)
    return [textwrap.dedent(block).strip() + "\n" for block in found if block.strip().startswith("[")]


@pytest.fixture
def file(tmp_path, monkeypatch) -> Path:
    """A file of settings with all sections that the page shows."""
    rules, settings = blocks()
    file = tmp_path / "settings"
    file.write_text(f"{rules}\n{settings}")
    monkeypatch.setenv("MAPR_STREAMS_CONFIG", str(file))
    return file


def test_its_names_become_what_it_says(capsys, monkeypatch):
    monkeypatch.delenv("MAPR_STREAMS_CONFIG", raising=False)
    rows = re.findall(r"^\| `(/[^`]+)` \| `([^`]+)` \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(rows) == 3
    assert main(["topic", "--plain", *(name for name, _ in rows)]) == 0
    assert capsys.readouterr().out.splitlines() == [topic for _, topic in rows]


def test_its_rules_hold(file, capsys):
    assert main(["topic", "--plain", "/apps/clicks:pageviews", "/apps/clicks:other", "/s:t"]) == 0
    assert capsys.readouterr().out.splitlines() == ["web.pageviews", "other", "edf.t"]


def test_its_settings_are_taken(file, capsys):
    assert main(["config", "--set"]) == 0
    shown = {line.split(" = ")[0].strip() for line in capsys.readouterr().out.splitlines() if " = " in line}
    assert shown - {"MAPR_STREAMS_HOME_CLUSTER"} == {
        "security.protocol",
        "linger.ms",
        "auto.offset.reset",
        "bootstrap.servers",
        "message.timeout.ms",
    }


def test_no_page_has_a_user_install_the_vendors_package_for_ours():
    """PyPI's `mapr-streams-python` is the vendor's: this one comes from a file or a folder."""
    root = PAGE.parents[1]
    pages = [root / "README.md", *root.glob("docs/**/*.md"), *root.glob("python/**/*.py"), *root.glob("examples/**/*")]
    by_name = re.compile(r"pip install [^`\n]*mapr[-_]streams[-_]python(?!-[\w.*-]*\.whl)")
    assert [str(page) for page in pages if page.is_file() and by_name.search(page.read_text("utf-8", "ignore"))] == []
