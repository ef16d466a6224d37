"""What it costs to import the module."""

import sys

from .scenario import scenario

IMPORT = """
import sys, time
sys.path.insert(0, {root!r})
from benchmarks.meter import rss_mb
before, begun = rss_mb(), time.perf_counter()
import {module}
print((time.perf_counter() - begun) * 1e3, rss_mb() - before)
"""


@scenario("import", "import of the module", metrics=("import_ms", "import_rss_mb"), n=8, chunks=0)
def import_time(module, parameters, meter):
    """Fresh interpreters; the first one brings the files into the page cache and is left out."""
    import subprocess

    code, rows = IMPORT.format(root=parameters["root"], module=module.__name__), []
    for _ in range(parameters["n"]):
        done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
        rows.append([float(figure) for figure in done.stdout.split()])
    millis, grown = zip(*rows[1:])
    return {"import_ms": min(millis), "import_rss_mb": sorted(grown)[len(grown) // 2]}
