"""What a run says: tables for the terminal and docs/performance.md, and JSON."""

import datetime
import json
import os
import platform

from .callgrind import GROUPS
from .plot import plot
from .rounds import advantage, problem, summary
from .scenario import METRICS
from .scenarios import SCENARIOS

# What is generated on a page stands between these; NAME is the kind of broker: mock or kafka.
BEGIN, END = "<!-- benchmarks NAME: begin -->", "<!-- benchmarks NAME: end -->"


class Report:
    """The results of a run, also as read back from JSON.

    data: {"when", "machine", "kind", "broker", "rounds", "subjects": [facts], "times": {scenario: [[figures]]},
    "instructions": {scenario: [{"total", group…} or {"error"}]}}
    """

    def __init__(self, data):
        self.data = data
        self.labels = [facts["label"] for facts in data["subjects"]]

    @classmethod
    def of(cls, subjects, broker, rounds, times, instructions):
        return cls(
            {
                "when": datetime.date.today().isoformat(),
                "machine": machine(),
                "kind": broker.kind,
                "broker": broker.label,
                "rounds": rounds,
                "subjects": [subject.facts() for subject in subjects],
                "times": times,
                "instructions": instructions,
            }
        )

    @classmethod
    def read(cls, path):
        with open(path) as file:
            return cls(json.load(file))

    def write(self, path):
        with open(path, "w") as file:
            json.dump(self.data, file, indent=1)
            file.write("\n")

    def text(self):
        parts = [self.head()]
        if self.data["times"]:
            parts.append(self.times_table())
        if self.data["instructions"]:
            parts.append(self.instructions_table())
        return "\n\n".join(parts)

    def head(self):
        rows = [
            [facts["label"], facts["version"], facts["librdkafka"], facts["python"]] for facts in self.data["subjects"]
        ]
        rounds = ""
        if self.data["times"]:
            rounds = f", {self.data['rounds']} alternating rounds" if self.data["rounds"] > 1 else ", one round"
        return f"{self.data['when']}, {self.data['machine']}; broker: {self.data['broker']}{rounds}.\n\n" + table(
            ["module", "version", "librdkafka", "Python"], rows, text_columns=4
        )

    def times_table(self):
        """A line per scenario and figure. The factors tell how much better the first subject is."""
        others = self.labels[1:]
        rows = []
        for name, results in self.data["times"].items():
            scenario = SCENARIOS[name]
            for metric in scenario.metrics:
                summaries = [summary(row, metric) for row in results]
                cells = [str(s) if s else problem(row)[:60] for s, row in zip(summaries, results)]
                factors = [advantage(summaries[0], s) if s and summaries[0] else None for s in summaries[1:]]
                title = scenario.title if metric == scenario.metrics[0] else ""
                rows.append([title, METRICS[metric][0], *cells, *(f"{f:.2f}x" if f else "" for f in factors)])
        return table(["scenario", "figure", *self.labels, *(f"vs {other}" for other in others)], rows, 2)

    def instructions_table(self):
        rows = []
        for name, results in self.data["instructions"].items():
            totals = [result.get("total") for result in results]
            cells = [
                split(result) if total else (result.get("error") or result.get("unsupported"))[:60]
                for total, result in zip(totals, results)
            ]
            factors = [f"{total / totals[0]:.2f}x" if total and totals[0] else "" for total in totals[1:]]
            rows.append([SCENARIOS[name].title, *cells, *factors])
        return (
            "Instructions per message, and where: "
            + " + ".join(GROUPS)
            + ".\n\n"
            + table(["scenario", *self.labels, *(f"vs {other}" for other in self.labels[1:])], rows, 1)
        )

    def update(self, path):
        """Replaces what stands between the two markers of a page; for the mock broker, the plot beside it too."""
        begin, end = (marker.replace("NAME", self.data["kind"]) for marker in (BEGIN, END))
        with open(path) as file:
            page = file.read()
        if page.count(begin) != 1 or page.count(end) != 1:
            raise SystemExit(f"{path} must have the lines {begin} and {end} once each")
        before, _, rest = page.partition(begin)
        after = rest.partition(end)[2]
        section = self.text()
        if self.data["times"] and len(self.labels) > 1 and self.data["kind"] == "mock":
            picture = os.path.splitext(path)[0] + ".svg"
            drawn = plot(self, picture)
            if drawn:
                section += f"\n\n![{drawn}]({os.path.basename(picture)})"
        with open(path, "w") as file:
            file.write(f"{before}{begin}\n{section}\n{end}{after}")


def split(result):
    return f"{result['total']:.0f} ({' + '.join(format(result[group], '.0f') for group in GROUPS)})"


def table(head, rows, text_columns):
    """A Markdown table whose columns line up, so that it reads well in a terminal too."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]

    def line(cells):
        return (
            "| "
            + " | ".join(
                cell.ljust(width) if i < text_columns else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(cells, widths))
            )
            + " |"
        )

    rule = (
        "|"
        + "|".join("-" * (width + 2) if i < text_columns else "-" * (width + 1) + ":" for i, width in enumerate(widths))
        + "|"
    )
    return "\n".join([line(head), rule, *map(line, rows)])


def machine():
    """The processor and the system, as a reader would name them."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as cpuinfo:
            model = next((line.split(":", 1)[1].strip() for line in cpuinfo if line.startswith("model name")), model)
    except OSError:
        pass
    return f"{os.cpu_count()} cores of {model}, {platform.system()} {platform.machine()}"
