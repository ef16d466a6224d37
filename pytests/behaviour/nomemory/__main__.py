"""Every call of the client's with Python allocations that fail in the midst of it, for one interpreter after the other.

`python nomemory case …` runs cases by name, all where none is named. A call is made again and again while first its
first and second allocations fail, then the next ones, until it needs no more. It must give what it always gives, or
raise MemoryError; what it was given must have as many references as before.
"""

from __future__ import annotations

import sys

import calls  # noqa: F401
import messages  # noqa: F401
from failing import CASES, RECORDS, TOPIC, producer

from mapr_streams_python.testing import MockCluster


def main():
    names = sys.argv[1:] or list(CASES)
    # What makes things up as it goes along, an import above all, is there before.
    with MockCluster() as cluster:
        source = producer(cluster)
        for number in range(RECORDS):
            source.produce(TOPIC, f"value {number}", "key", 0, headers=[("a", "b"), ("c", None)])
        assert source.flush(30) == 0
        source.list_topics()
        for name in names:
            CASES[name](cluster)
            print(name, flush=True)


if __name__ == "__main__":
    main()
