"""The measured process: runs one scenario on one module and prints its figures as a line of JSON.

    python -m benchmarks.child '{"scenario": …, "module": …, …}'
    python -m benchmarks.child --fork MODULE

Started by runner.py. It imports as little as it can before the module under test. With --fork, for callgrind.py, it
does that for each line of its standard input, in a fork that has imported the module already.
"""

import importlib
import json
import os
import sys

from .meter import Meter, peak_rss_mb
from .scenarios import SCENARIOS


def measure(parameters):
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


def fork_for_each(module):
    """Prints for each run its figures and ``pid``, its process."""
    importlib.import_module(module)
    for line in sys.stdin:
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.write(writer, json.dumps(measure(json.loads(line))).encode())
            os._exit(0)
        os.close(writer)
        with open(reader) as answer:
            figures = answer.read()
        status = os.waitpid(pid, 0)[1]
        told = json.loads(figures) if figures else {"error": f"wait status {status}"}
        print(json.dumps(dict(told, pid=pid)), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "--fork":
        fork_for_each(sys.argv[2])
        sys.exit()
    figures = measure(json.loads(sys.argv[1]))
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()
    # Leaving without destructors: closing clients with queued messages takes seconds and is not measured.
    os._exit(0)
