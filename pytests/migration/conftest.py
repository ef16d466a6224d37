"""What the tests of the migration check share."""

from __future__ import annotations

import json
import textwrap
from typing import Any, Callable

import pytest

from mapr_streams_python.__main__ import main


@pytest.fixture(autouse=True)
def no_settings(monkeypatch, tmp_path):
    """The machine's own settings are no matter of a test."""
    for name in ("CONFIG", "HOME_CLUSTER", "BOOTSTRAP_SERVERS"):
        monkeypatch.delenv(f"MAPR_STREAMS_{name}", raising=False)
    monkeypatch.setenv("MAPR_HOME", str(tmp_path / "no-such-folder"))


@pytest.fixture
def write(tmp_path, monkeypatch):
    """`write(name=source, ...)` puts sources into the folder that the test runs in; `name` is without its `.py`."""
    folder = tmp_path / "application"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def write(**sources: str) -> None:
        for name, source in sources.items():
            (folder / f"{name}.py").write_text(textwrap.dedent(source))

    return write


@pytest.fixture
def check(write, capsys) -> Callable[..., dict[str, Any]]:
    """`check(*options, name=source, ...)` writes sources, checks them together, and gives the report."""

    def check(*options: str, **sources: str) -> dict[str, Any]:
        write(**sources)
        status = main(["check", "--json", *options, *(f"{name}.py" for name in sources)])
        report = json.loads(capsys.readouterr().out)
        assert status == (1 if report["findings"] else 0)
        return report

    return check


@pytest.fixture
def found(check) -> Callable[..., list[tuple[int, str]]]:
    """`found(kind, source)`: the lines and texts of the findings of one kind."""

    def found(kind: str, source: str, *options: str) -> list[tuple[int, str]]:
        findings = check(*options, main=source)["findings"]
        return [(one["line"], one["text"]) for one in findings if one["kind"] == kind]

    return found
