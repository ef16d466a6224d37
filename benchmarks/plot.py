"""The picture of a run: how many times the first subject beats the others, as bars in an SVG file."""

from xml.sax.saxutils import escape

from .rounds import advantage, summary
from .scenarios import SCENARIOS
from .subjects import BARE

BAR, GAP, BARS, TOP, MARGIN = 14, 10, 570, 56, 10
# No letter that a title is made of is wider than this on average, in any of the fonts that browsers call sans-serif.
LETTER = 7
COLORS = ("#3b6ea5", "#c9783a", "#6a994e", "#8a5a83")
TICKS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


def plot(report, path):
    """Draws the main figure of each scenario; returns a sentence that says what is seen, or None if nothing is."""
    import math

    rows = []
    for name, results in report.data["times"].items():
        scenario = SCENARIOS[name]
        summaries = [summary(row, scenario.metrics[0]) for row in results]
        factors = [
            advantage(summaries[0], other) if other and summaries[0] else None
            for other, label in zip(summaries[1:], report.labels[1:])
            if label != BARE
        ]
        if any(factors):
            rows.append((scenario.title.replace("`", ""), factors))
    if not rows:
        return None
    others = [label for label in report.labels[1:] if label != BARE]
    most = max(f for _, factors in rows for f in factors if f)
    least = min(min(f for _, factors in rows for f in factors if f), 1)
    low, high = math.log2(least) if least < 1 else 0.0, max(math.log2(most), 1.0)

    left = 2 * MARGIN + LETTER * max(len(title) for title, _ in rows)
    width = left + BARS

    def x(factor):
        return left + (math.log2(factor) - low) / (high - low) * (BARS - 70)

    block = BAR * len(others) + GAP
    height = TOP + block * len(rows) + 16
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for i, other in enumerate(others):
        at = left + 210 * i
        out.append(f'<rect x="{at}" y="10" width="12" height="12" fill="{COLORS[i % len(COLORS)]}"/>')
        out.append(f'<text x="{at + 18}" y="20">against {escape(other)}</text>')
    for tick in (t for t in TICKS if low <= math.log2(t) <= high):
        out.append(
            f'<line x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{TOP - 8}" y2="{height - 14}" '
            f'stroke="{"#444444" if tick == 1 else "#dddddd"}"/>'
        )
        out.append(f'<text x="{x(tick):.1f}" y="{TOP - 14}" text-anchor="middle" fill="#444444">{tick}x</text>')
    for row, (title, factors) in enumerate(rows):
        y = TOP + block * row
        out.append(
            f'<text x="{left - MARGIN}" y="{y + BAR * len(others) / 2 + 4}" text-anchor="end">{escape(title)}</text>'
        )
        for i, factor in enumerate(factors):
            if not factor:
                continue
            label = f"{factor:.0f}x" if factor >= 100 else f"{factor:.1f}x"
            a, b = sorted((x(1), x(factor)))
            top = y + BAR * i
            out.append(
                f'<rect x="{a:.1f}" y="{top}" width="{max(b - a, 1):.1f}" height="{BAR - 2}" '
                f'fill="{COLORS[i % len(COLORS)]}"/>'
            )
            out.append(f'<text x="{b + 5:.1f}" y="{top + BAR - 4}" font-size="11">{label}</text>')
    out.append("</svg>\n")
    with open(path, "w") as file:
        file.write("\n".join(out))
    return f"How many times better {report.labels[0]} is than {' and '.join(others)}, scenario by scenario"
