"""Which clusters a test runs on, where it is not the mock cluster alone."""

import os

import pytest

from mapr_streams_python import KafkaError

# What a group's broker says for a while, in a young cluster or where its coordinator has moved.
NO_COORDINATOR_YET = (
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
)

_needs_kafka = pytest.mark.skipif(
    not os.environ.get("KAFKA_HOME"),
    reason="KAFKA_HOME is not set: it names the Apache Kafka distribution for tests on a real broker",
)
_MOCK = pytest.param(("mock", 3), id="mock")


def _server(nodes, name):
    # One group each: a run with several workers starts each server once, for one of them.
    return pytest.param(("server", nodes), id=name, marks=[_needs_kafka, pytest.mark.xdist_group(name)])


_ONE_NODE = _server(1, "kafka-1-node")
_THREE_NODES = _server(3, "kafka-3-nodes")


def _on(*clusters):
    return pytest.mark.parametrize("kafka_cluster", clusters, indirect=True)


on_all = _on(_MOCK, _ONE_NODE, _THREE_NODES)
on_kafka = _on(_ONE_NODE, _THREE_NODES)
on_one_node = _on(_ONE_NODE)
on_three_nodes = _on(_THREE_NODES)
on_mock_and_one_node = _on(_MOCK, _ONE_NODE)
