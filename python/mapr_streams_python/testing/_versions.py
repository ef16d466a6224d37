"""Which versions of which requests librdkafka's mock cluster implements."""

from __future__ import annotations

import functools

from ..cimpl import _MockCluster
from ._wire import api_versions


@functools.cache
def implemented_versions() -> dict[int, tuple[int, int]]:
    """Return the lowest and the highest version of each request, by its API key.

    librdkafka has no function that tells, so a broker is asked: one made for that, since a broker of a test may be
    down, slow, or about to answer with an error, and has perhaps been told other versions.
    """
    cluster = _MockCluster(1)
    try:
        return api_versions(int(cluster.bootstrap_servers().rpartition(":")[2]))
    finally:
        cluster.close()
