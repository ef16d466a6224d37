"""What the tests of the mock cluster share beside `mock_faults`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mapr_streams_python.testing import MockCluster


@pytest.fixture
def faulty() -> Iterator[MockCluster]:
    """A cluster of this test alone, which it may break."""
    with MockCluster(brokers=2) as cluster:
        yield cluster
