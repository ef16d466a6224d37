"""`mapr_streams_python.properties` has the properties that librdkafka has, and the types that it tells of."""

import sys
import typing

import property_types
import pytest

from mapr_streams_python import Consumer, Producer, libversion, properties

TABLE = """
 Global configuration properties

Property | C/P | Range | Default | Importance | Description
-----------------------------------------|-----|-----------------|--------------:|------------| --------------
client.id | * | | rdkafka | low | Client. <br>*Type: string*
debug | * | all | | medium | Of | x. <br>*Type: CSV flags*
acks | P | -1 .. 1000 | -1 | high | Acks. <br>*Type: integer*
compression.codec | P | none, gzip | none | medium | Codec. <br>*Type: enum value*
group.id | C | | | high | Group. <br>*Type: string*
check.crcs | C | true, false | false | medium | CRC. <br>*Type: boolean*
opaque | * | | | low | X <br>*Type: see dedicated API*

 Topic configuration properties

compression.codec | P | none, inherit | inherit | high | Codec. <br>*Type: enum value*
"""


@pytest.fixture(scope="module")
def loaded():
    """The table of the librdkafka that this process uses."""
    Producer().close()
    with open("/proc/self/maps") as maps:
        library = next(line.split()[-1] for line in maps if "librdkafka" in line)
    table = property_types.read(library)
    assert table.version == libversion()[0]
    return table


@pytest.mark.skipif(sys.platform != "linux", reason="it looks for the library in /proc")
def test_the_module_has_every_property_of_the_loaded_librdkafka(loaded):
    known = {
        "*": set(properties.ProducerProperties.__annotations__) & set(properties.ConsumerProperties.__annotations__),
        "P": set(properties.ProducerProperties.__annotations__),
        "C": set(properties.ConsumerProperties.__annotations__),
    }
    assert {clients: sorted(set(rows) - known[clients]) for clients, rows in loaded.types.items()} == {
        "*": [],
        "P": [],
        "C": [],
    }
    if f"librdkafka {loaded.version}." in property_types.MODULE.read_text():
        assert property_types.written(loaded) == property_types.MODULE.read_text(), "run tools/property_types.py"


def test_types_come_from_the_table():
    assert property_types.parsed(TABLE) == {
        "*": {"client.id": "str", "debug": "_List"},
        "P": {
            "acks": 'Union[int, Literal["all"]]',
            "compression.codec": 'Literal["none", "gzip", "inherit"]',
        },
        "C": {"group.id": "str", "check.crcs": "bool"},
    }


@pytest.mark.parametrize(("client", "kind"), [(Producer, "P"), (Consumer, "C")])
def test_a_client_takes_a_value_of_each_type_of_this_package(client, kind):
    values = {
        "bool": True,
        "int": 60_000,
        "str": "/stream",
        "object": None,
        'Literal["mapr", "kafka"]': "mapr",
        'Literal["auto", "classic", "consumer"]': "auto",
        "Mapping[str, object]": {},
    }
    for name, type_name in {**property_types.OURS["*"], **property_types.OURS[kind]}.items():
        value = values.get(type_name, lambda *_: None)
        client({"group.id": "g", "bootstrap.servers": "127.0.0.1:1", "log_level": 0, name: value}).close()


def test_the_types_are_there_at_run_time():
    for name in properties.__all__:
        described = getattr(properties, name)
        assert described.__doc__
        assert not described.__total__
        assert typing.get_type_hints(described)
    assert "value.serializer" in typing.get_type_hints(properties.SerializingProducerProperties)
