"""`murmur2`, `consistent` and `fnv1a`: librdkafka's partitioners as functions."""

import pytest

import mapr_streams_python
from mapr_streams_python import kafka
from mapr_streams_python.testing import MockCluster

FUNCTIONS = ["murmur2", "consistent", "fnv1a"]
each = pytest.mark.parametrize("name", FUNCTIONS)

# Those of confluent-kafka 2.16.1, of ten partitions.
KNOWN = {"murmur2": (1, 1), "consistent": (7, 0), "fnv1a": (8, 5)}


@each
def test_they_choose_as_those_of_confluent_kafka_do(name):
    choose = getattr(mapr_streams_python, name)
    assert (choose(b"key", 10), choose(b"", 10)) == KNOWN[name]
    assert getattr(kafka, name) is choose


@each
def test_any_bytes_are_taken(name):
    choose = getattr(mapr_streams_python, name)
    assert choose(bytearray(b"key"), 10) == choose(memoryview(b"key"), 10) == choose(b"key", 10)


@each
def test_what_is_wrong_is_named(name):
    choose = getattr(mapr_streams_python, name)
    for key in ("key", None, 5):
        with pytest.raises(TypeError, match="key"):
            choose(key, 10)
    for count in (0, -1):
        with pytest.raises(ValueError, match=f"partition_count must be > 0, not {count}"):
            choose(b"key", count)
    with pytest.raises(TypeError, match="partition_count"):
        choose(b"key", "10")
    for arguments in ((), (b"key",), (b"key", 10, 1)):
        with pytest.raises(TypeError, match=f"{name}.* takes exactly 2"):
            choose(*arguments)


def test_a_producer_with_that_partitioner_chooses_the_same():
    with MockCluster(brokers=1) as cluster:
        cluster.create_topic("t", 7)
        for name in FUNCTIONS:
            told = []
            config = {"bootstrap.servers": cluster.bootstrap_servers, "partitioner": name}
            keys = [b"%d" % number for number in range(20)]
            with mapr_streams_python.Producer(config) as producer:
                for key in keys:
                    producer.produce(
                        "t", b"v", key, on_delivery=lambda error, m, to=told: to.append((m.key(), m.partition()))
                    )
                producer.flush()
            assert sorted(told) == sorted((key, getattr(mapr_streams_python, name)(key, 7)) for key in keys)
