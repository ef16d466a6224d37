"""Alternating rounds of several subjects, and what is made of their figures."""

import statistics
import sys

from .runner import run
from .scenario import METRICS


def note(text):
    """Progress, on standard error: standard output is for the result."""
    print(text, file=sys.stderr, flush=True)


def compare(scenarios, subjects, brokers, rounds):
    """{scenario name: [[figures of each round] of each subject]}.

    Within a round the subjects run one right after the other, in an order that is reversed every round, so that a slow
    phase of the machine, or a bias to whoever runs first, hits all of them.
    """
    purge = all(subject.purge for subject in subjects)
    if not purge:
        note("a subject has no Producer.purge(): every enqueue chunk of every subject gets a new producer")
    results = {}
    for number, scenario in enumerate(scenarios, 1):
        rows = results[scenario.name] = [[] for _ in subjects]
        for turn in range(rounds):
            order = range(len(subjects)) if turn % 2 == 0 else range(len(subjects) - 1, -1, -1)
            for i in order:
                if rows[i] and "unsupported" in rows[i][0]:
                    continue
                rows[i].append(run(scenario, subjects[i], brokers, purge=purge))
        main = scenario.metrics[0]
        note(
            f"[{number}/{len(scenarios)}] {scenario.name}: "
            + ", ".join(f"{subject.label} {summary(row, main) or problem(row)}" for subject, row in zip(subjects, rows))
            + f" {METRICS[main][0]}"
        )
    return results


class Summary:
    """A metric over the rounds."""

    def __init__(self, values, metric):
        self.values, self.metric = values, metric
        self.best = (max if METRICS[metric][1] == "high" else min)(values)
        self.median = statistics.median(values)
        # (largest - smallest) / median
        self.spread = (max(values) - min(values)) / self.median if self.median else 0.0

    def __str__(self):
        if len(self.values) == 1:
            return number(self.best)
        return f"{number(self.best)} / {number(self.median)} ({self.spread:.0%})"


def summary(row, metric):
    """The Summary of a subject's rounds, or None if it has not that figure in each of them."""
    values = [figures[metric] for figures in row if metric in figures]
    return Summary(values, metric) if values and len(values) == len(row) else None


def problem(row):
    return next(
        (
            figures.get("error") or figures.get("unsupported")
            for figures in row
            if "error" in figures or "unsupported" in figures
        ),
        "–",
    )


def advantage(ours, theirs):
    """How many times better ``ours`` is: the median of the ratios within the rounds."""
    ratios = [
        b / a if METRICS[ours.metric][1] == "low" else a / b
        for a, b in zip(ours.values, theirs.values)
        if a > 0 and b > 0
    ]
    return statistics.median(ratios) if ratios else None


def number(value):
    """Three digits that matter, and a suffix from a hundred thousand on."""
    for limit, divisor, suffix in ((999_500, 1e6, " M"), (1e5, 1e3, " k")):
        if abs(value) >= limit:
            return f"{value / divisor:.3g}{suffix}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
