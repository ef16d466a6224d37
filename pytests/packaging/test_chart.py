"""The chart of docs/performance.md, and what draws it: no label is cut off."""

import importlib
import re
from types import SimpleNamespace

import bootstrap
import pytest

# The widest of the usual sans-serif fonts, Verdana and DejaVu Sans, need less for a title in this size.
LETTER = 6.5


def assert_labels_fit(drawn):
    labels = re.findall(r'<text x="([\d.]+)" [^>]*text-anchor="end">([^<]+)</text>', drawn)
    assert labels
    assert [text for right, text in labels if float(right) < LETTER * len(text)] == []


def test_the_chart_shows_its_labels_whole():
    assert_labels_fit((bootstrap.ROOT / "docs" / "performance.svg").read_text())


def test_every_scenario_could_be_drawn_with_its_title_whole(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(bootstrap.ROOT))
    plot = pytest.importorskip("benchmarks.plot")
    monkeypatch.setattr(plot, "summary", lambda row, metric: row)
    monkeypatch.setattr(plot, "advantage", lambda ours, theirs: 2.0)
    scenarios = importlib.import_module("benchmarks.scenarios").select([], everything=True)
    times = {scenario.name: ["ours", "theirs"] for scenario in scenarios}
    report = SimpleNamespace(data={"times": times}, labels=["ours", "theirs"])
    assert plot.plot(report, tmp_path / "chart.svg")
    assert_labels_fit((tmp_path / "chart.svg").read_text())
