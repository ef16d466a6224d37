"""Which clusters a test runs on, where it is not the mock cluster alone."""

import os

import pytest

_needs_kafka = pytest.mark.skipif(
    not os.environ.get("KAFKA_HOME"),
    reason="KAFKA_HOME is not set: it names the Apache Kafka distribution for tests on a real broker",
)
_MOCK = pytest.param(("mock", 3), id="mock")
_ONE_NODE = pytest.param(("server", 1), id="kafka-1-node", marks=_needs_kafka)
_THREE_NODES = pytest.param(("server", 3), id="kafka-3-nodes", marks=_needs_kafka)


def _on(*clusters):
    return pytest.mark.parametrize("kafka_cluster", clusters, indirect=True)


on_all = _on(_MOCK, _ONE_NODE, _THREE_NODES)
on_kafka = _on(_ONE_NODE, _THREE_NODES)
on_one_node = _on(_ONE_NODE)
on_three_nodes = _on(_THREE_NODES)
