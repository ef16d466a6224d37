"""The measured process: runs one scenario on one module and prints its figures as a line of JSON.

    python -m benchmarks.child '{"scenario": …, "module": …, …}'

Started by runner.py. It imports as little as it can before the module under test.
"""

import importlib
import json
import os
import sys

from .meter import Meter, peak_rss_mb
from .scenario import SCENARIOS, select


def measure(parameters):
    select(None)
    chosen = SCENARIOS[parameters["scenario"]]
    module = importlib.import_module(parameters["module"])
    marks = None
    if parameters["marks"]:
        import ctypes

        marks = ctypes.CDLL(parameters["marks"])
    meter = Meter(marks, parameters["chunks"])
    try:
        more = chosen.run(module, parameters, meter) or {}
    except (AttributeError, NotImplementedError) as missing:
        return {"unsupported": f"{type(missing).__name__}: {missing}"}
    return dict(meter.figures(), peak_rss_mb=peak_rss_mb(), **more)


if __name__ == "__main__":
    figures = measure(json.loads(sys.argv[1]))
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()
    # Leaving without destructors: closing clients with queued messages takes seconds and is not measured.
    os._exit(0)
