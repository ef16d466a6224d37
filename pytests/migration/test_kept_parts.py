"""`install_as` keeps `schema_registry` and `avro` of an installed confluent-kafka, and they work on this client.

The package of these tests is made here, as the real one is built.
"""

from __future__ import annotations

import pytest

# As the real one: the parts import names of the client, some of them by relative imports, and what they have in common.
FILES = {
    "__init__.py": "raise ImportError('the client that is installed')\n",
    "cimpl.py": "raise ImportError('the extension that is installed')\n",
    "serialization.py": "raise ImportError('the serializers that are installed')\n",
    "admin/__init__.py": "from ..cimpl import _AdminClientImpl\n",
    "_util/__init__.py": "from ..cimpl import KafkaError\n",
    "_types.py": "HeadersType = dict\n",
    "schema_registry/__init__.py": "from .client import SchemaRegistryClient\n",
    "schema_registry/client.py": (
        "from confluent_kafka import version\nclass SchemaRegistryClient:\n    told = version()\n"
    ),
    "schema_registry/common/__init__.py": "from confluent_kafka._util import KafkaError\n",
    "schema_registry/avro.py": (
        "from confluent_kafka.serialization import MessageField, SerializationError, Serializer\n"
        "from .common import KafkaError\n"
        "class AvroSerializer(Serializer):\n"
        "    def __call__(self, obj, ctx=None):\n"
        "        if obj is None:\n"
        "            raise SerializationError('no schema')\n"
        "        return f'{ctx.topic}-{ctx.field}:{ctx.field == MessageField.VALUE}:{obj}'.encode()\n"
    ),
    "avro/__init__.py": "from confluent_kafka import Consumer, Producer\nclass AvroProducer(Producer):\n    pass\n",
}

BEGIN = """
import sys
sys.path.insert(0, {site!r})
import mapr_streams_python
assert mapr_streams_python.install_as("confluent_kafka", {dialect!r}) == "2.99"
"""


@pytest.fixture(params=["kafka", "mapr"])
def begin(request, tmp_path):
    for name, text in FILES.items():
        file = tmp_path / "confluent_kafka" / name
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_text(text)
    (tmp_path / "confluent_kafka-2.99.dist-info").mkdir()
    (tmp_path / "confluent_kafka-2.99.dist-info" / "METADATA").write_text("Name: confluent-kafka\nVersion: 2.99\n")
    return BEGIN.format(site=str(tmp_path), dialect=request.param)


def test_the_registrys_serializers_work_on_this_client(begin, run_python):
    program = """
from confluent_kafka import SerializingProducer, version
from confluent_kafka.error import ValueSerializationError
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer, KafkaError
from confluent_kafka.serialization import SerializationError
import confluent_kafka.schema_registry.common

assert confluent_kafka.schema_registry.__name__ == "confluent_kafka.schema_registry"
assert confluent_kafka.schema_registry.__file__.startswith(sys.path[0])
assert SchemaRegistryClient.told == mapr_streams_python.version()
assert KafkaError is mapr_streams_python.KafkaError
reports = []
producer = SerializingProducer({"log_level": 0, "value.serializer": AvroSerializer()})
assert isinstance(producer, confluent_kafka.Producer)
producer.produce("t", value="object", on_delivery=lambda error, message: reports.append(message.value()))
producer.purge()
producer.flush()
assert reports == [b"t-value:True:object"], reports
try:
    producer.produce("t", value=None)
except ValueSerializationError as error:
    assert isinstance(error.exception, SerializationError)
    assert SerializationError.__module__ == "mapr_streams_python.serialization"
    print("refused")
producer.close()
"""
    assert run_python(begin + program).check().split() == ["refused"]


def test_the_old_avro_clients_are_of_this_package(begin, run_python):
    program = """
import confluent_kafka
from confluent_kafka.avro import AvroProducer
from confluent_kafka._types import HeadersType
assert issubclass(AvroProducer, confluent_kafka.Producer)
assert issubclass(AvroProducer, mapr_streams_python.Producer)
"""
    run_python(begin + program).check()


def test_a_part_that_is_kept_is_imported_from_the_package_as_well(begin, run_python):
    program = """
from confluent_kafka import avro
from confluent_kafka import schema_registry as registry
import confluent_kafka.schema_registry
assert avro.__name__ == "confluent_kafka.avro" and avro.__file__.startswith(sys.path[0])
assert registry is confluent_kafka.schema_registry
assert issubclass(avro.AvroProducer, mapr_streams_python.Producer)
"""
    run_python(begin + program).check()


def test_a_module_of_this_package_is_imported_from_it_by_the_other_name_too(begin, run_python):
    program = """
from confluent_kafka import cimpl, testing
from confluent_kafka import Producer
from mapr_streams_python.testing import MockCluster
assert cimpl.Producer is Producer
assert testing.MockCluster is MockCluster
"""
    run_python(begin + program).check()


def test_what_is_no_part_is_no_attribute_either(begin, run_python):
    program = """
import confluent_kafka
sys.modules["confluent_kafka.avro"] = None
assert not any(hasattr(confluent_kafka, name) for name in ("avro", "a.b", "admin.x", "nothing"))
"""
    run_python(begin + program).check()


def test_a_part_that_cannot_be_imported_says_why(begin, run_python, tmp_path):
    (tmp_path / "confluent_kafka" / "avro" / "__init__.py").write_text("import no_such_module\n")
    program = """
try:
    from confluent_kafka import avro
except ModuleNotFoundError as error:
    print(error)
"""
    assert run_python(begin + program).check().strip() == "No module named 'no_such_module'"


@pytest.mark.parametrize("name", ["no_such", "kafkatest", "__wrapped__"])
def test_an_attribute_that_is_no_module_either_is_not_there(begin, run_python, name):
    program = f"""
import confluent_kafka
assert not hasattr(confluent_kafka, {name!r})
try:
    from confluent_kafka import {name}
except ImportError as error:
    print(type(error).__name__, str(error).partition(" from ")[0])
"""
    assert run_python(begin + program).check().strip() == f"ImportError cannot import name {name!r}"


def test_what_is_not_kept_and_not_here_is_not_found(begin, run_python):
    program = """
for name in ("_oauthbearer", "kafkatest", "schema_registry.no_such"):
    try:
        __import__("confluent_kafka." + name)
    except ModuleNotFoundError as error:
        print(error)
assert "confluent_kafka.cimpl" not in sys.modules
"""
    assert run_python(begin + program).check().splitlines() == [
        "No module named 'confluent_kafka._oauthbearer'",
        "No module named 'confluent_kafka.kafkatest'",
        "No module named 'confluent_kafka.schema_registry.no_such'",
    ]


@pytest.mark.parametrize("dialect", ["kafka", "mapr"])
def test_where_nothing_is_installed_there_is_this_package_alone(run_python, dialect):
    program = f"""
import mapr_streams_python
mapr_streams_python.install_as("other_client", {dialect!r})
import other_client.serialization, other_client.error, other_client.serializing_producer
try:
    import other_client.schema_registry
except ModuleNotFoundError as error:
    print(error)
"""
    assert run_python(program).check().splitlines() == ["No module named 'other_client.schema_registry'"]


def test_what_cimpl_has_of_administration_is_that_of_the_admin_module(run_python):
    program = """
import mapr_streams_python
mapr_streams_python.install_as("confluent_kafka", "kafka")
from confluent_kafka.cimpl import NewPartitions, NewTopic
import mapr_streams_python.kafka.admin as admin
print(NewTopic is admin.NewTopic, NewPartitions is admin.NewPartitions)
"""
    assert run_python(program).check() == "True True\n"


def test_a_dialects_own_modules_go_before_those_of_both(run_python):
    program = """
import mapr_streams_python
mapr_streams_python.install_as("confluent_kafka", "kafka")
from confluent_kafka.serializing_producer import SerializingProducer
from confluent_kafka.deserializing_consumer import DeserializingConsumer
import mapr_streams_python.kafka as kafka
assert SerializingProducer is kafka.SerializingProducer
assert DeserializingConsumer is kafka.DeserializingConsumer
"""
    run_python(program).check()
