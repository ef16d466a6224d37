"""`mapr_streams_python.kafka`: the same names, with librdkafka's rules as the default."""

from types import MappingProxyType

import pytest

import mapr_streams_python
from mapr_streams_python import Consumer, KafkaException, Producer, kafka


def position(client) -> int:
    """0 before anything was consumed in the MapR dialect, and -1001 in librdkafka's."""
    with client:
        return client.position([mapr_streams_python.TopicPartition("t", 0)])[0].offset


@pytest.mark.parametrize(
    ("consumer", "offset"),
    [
        (lambda: Consumer({"group.id": "g"}), 0),
        (lambda: kafka.Consumer({"group.id": "g"}), -1001),
        (lambda: kafka.Consumer(MappingProxyType({"group.id": "g"})), -1001),
        (lambda: kafka.Consumer(**{"group.id": "g"}), -1001),
        (lambda: kafka.Consumer({}, **{"group.id": "g"}), -1001),
        (lambda: kafka.Consumer({"group.id": "g", "streams.compatibility": "mapr"}), 0),
        (lambda: kafka.Consumer({"group.id": "g"}, **{"streams.compatibility": "mapr"}), 0),
    ],
)
def test_its_clients_have_librdkafkas_rules_unless_they_are_told_otherwise(consumer, offset):
    assert position(consumer()) == offset


def test_its_clients_win_over_the_environment(monkeypatch):
    monkeypatch.setenv("MAPR_STREAMS_COMPATIBILITY", "mapr")
    assert position(kafka.Consumer({"group.id": "g"})) == -1001


def test_a_client_without_any_property_has_them_too():
    with kafka.Producer() as producer:
        producer.produce("topic")
        assert len(producer) == 1
        producer.purge()


def test_the_given_dictionary_stays_as_it_is():
    config = {"client.id": "c"}
    kafka.Producer(config).close()
    assert config == {"client.id": "c"}


@pytest.mark.parametrize("arguments", [(1,), ("x",)])
def test_wrong_arguments_are_errors_as_before(arguments):
    with pytest.raises(TypeError) as expected:
        Producer(*arguments)
    with pytest.raises(TypeError) as raised:
        kafka.Producer(*arguments)
    assert str(raised.value) == str(expected.value)
    with pytest.raises(KafkaException):
        kafka.Consumer({"no.such.property": 1})


def test_it_has_the_same_names():
    # What `import *` brings of this one too, and would cost every program of the other one.
    more = {
        "ConsumerGroupState", "ConsumerGroupTopicPartitions", "ConsumerGroupType", "DeserializingConsumer",
        "ElectionType", "IsolationLevel", "Node", "SerializingProducer", "TopicCollection", "TopicPartitionInfo",
        "Uuid", "admin",
    }  # fmt: skip
    assert sorted(kafka.__all__) == sorted(set(mapr_streams_python.__all__) - {"install_as"} | more)
    assert all(hasattr(mapr_streams_python, name) for name in more)
    assert issubclass(kafka.Producer, Producer)
    assert issubclass(kafka.Consumer, Consumer)


def test_importing_all_brings_the_names_of_administration_too(run_python):
    program = """
from mapr_streams_python.kafka import *
print(admin.__name__, ElectionType.PREFERRED.name, Uuid(1, 2), TopicCollection is admin.TopicCollection)
"""
    assert run_python(program).check().split() == [
        "mapr_streams_python.kafka.admin",
        "PREFERRED",
        "AAAAAAAAAAEAAAAAAAAAAg",
        "True",
    ]
