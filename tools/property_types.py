"""Writes python/mapr_streams_python/properties.py, the types of all properties, from librdkafka's own table of them.

Usage: .venv/bin/python tools/property_types.py [--check]

The table is that of the newest librdkafka that is locked. With --check nothing is written, and the exit status is 1
where the module is not up to date.
"""

from __future__ import annotations

import ctypes
import re
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
MODULE = ROOT / "python" / "mapr_streams_python" / "properties.py"

DELIVERY = "Callable[[Optional[KafkaError], Message], object]"
COMMIT = "Callable[[Optional[KafkaError], list[TopicPartition]], object]"
# What this package has beside librdkafka's: callbacks, and what docs/dialects.md and docs/migration.md tell of.
OURS = {
    "*": {
        "default.topic.config": "Mapping[str, object]",
        "error_cb": "Callable[[KafkaError], object]",
        "logger": "object",
        "oauth_cb": "Callable[[str], tuple[Any, ...]]",
        "stats_cb": "Callable[[str], object]",
        "streams.compatibility": 'Literal["mapr", "kafka"]',
        "streams.rpc.timeout.ms": "int",
        "streams.topic.mapping": "bool",
        "throttle_cb": "Callable[[ThrottleEvent], object]",
    },
    "P": {
        "buffer.memory": "int",
        "dr_cb": DELIVERY,
        "dr_msg_cb": DELIVERY,
        "on_delivery": DELIVERY,
        "streams.buffer.max.time.ms": "int",
        "streams.parallel.flushers.per.partition": "bool",
        "streams.producer.default.stream": "str",
    },
    "C": {
        "group.protocol": 'Literal["auto", "classic", "consumer"]',
        "offset_commit_cb": COMMIT,
        "on_commit": COMMIT,
        "rebalance_cb": "Callable[[Consumer, KafkaError, list[TopicPartition]], object]",
        "streams.clientside.partition.assignment": "bool",
        "streams.consumer.buffer.memory": "int",
        "streams.consumer.default.stream": "str",
        "streams.negativeoffset.record.on.eof": "bool",
        "streams.zerooffset.record.on.eof": "bool",
    },
}
# Words that stand for numbers, of which the table says nothing.
WORDS = {"acks": 'Union[int, Literal["all"]]', "request.required.acks": 'Union[int, Literal["all"]]'}
LISTS = ("*Type: CSV flags*", "*Type: pattern list*", "CSV list", "omma-separated list", "one or more", "(; separated)")

HEAD = '''"""The types of all configuration properties, for type checkers.

    config: ProducerProperties = {{"bootstrap.servers": "localhost:9092", "linger.ms": 5}}
    producer = Producer(config)

A name that no client has, and a value of another type, are errors then. Clients take any other mapping too, and text in
place of numbers, which these types leave out.
"""

# Written by tools/property_types.py, from the table of librdkafka {version}.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, Literal, Optional, TypedDict, Union

from . import ThrottleEvent
from .cimpl import Consumer, KafkaError, Message, TopicPartition
from .serialization import DeserializerBuilder, SerializationContext, SerializerBuilder

__all__ = [
    "ConsumerProperties",
    "DeserializingConsumerProperties",
    "ProducerProperties",
    "SerializingProducerProperties",
]

_List = Union[str, list[str], tuple[str, ...]]
'''
TAIL = '''

class ProducerProperties(_ClientProperties, _ProducerProperties, total=False):
    """What a `Producer` takes."""


class ConsumerProperties(_ClientProperties, _ConsumerProperties, total=False):
    """What a `Consumer` takes."""


_Serializers = TypedDict(
    "_Serializers",
    {
        "key.serializer": Callable[[Any, SerializationContext], Optional[bytes]],
        "key.serializer.builder": SerializerBuilder,
        "value.serializer": Callable[[Any, SerializationContext], Optional[bytes]],
        "value.serializer.builder": SerializerBuilder,
    },
    total=False,
)

_Deserializers = TypedDict(
    "_Deserializers",
    {
        "key.deserializer": Callable[[Optional[bytes], SerializationContext], Any],
        "key.deserializer.builder": DeserializerBuilder,
        "value.deserializer": Callable[[Optional[bytes], SerializationContext], Any],
        "value.deserializer.builder": DeserializerBuilder,
    },
    total=False,
)


class SerializingProducerProperties(ProducerProperties, _Serializers, total=False):
    """What a `SerializingProducer` takes."""


class DeserializingConsumerProperties(ConsumerProperties, _Deserializers, total=False):
    """What a `DeserializingConsumer` takes."""
'''


class Table(NamedTuple):
    """librdkafka's: the types of properties by their names, for each kind of client (``*``, ``P``, ``C``)."""

    version: str
    types: dict[str, dict[str, str]]


def read(library: str) -> Table:
    """The table of a librdkafka. - Note: `rd_kafka_conf_properties_show`."""
    rdkafka, libc = ctypes.CDLL(library), ctypes.CDLL(None)
    rdkafka.rd_kafka_version_str.restype = ctypes.c_char_p
    libc.fopen.restype = ctypes.c_void_p
    with tempfile.NamedTemporaryFile() as file:
        stream = ctypes.c_void_p(libc.fopen(file.name.encode(), b"w"))
        rdkafka.rd_kafka_conf_properties_show(stream)
        libc.fclose(stream)
        return Table(rdkafka.rd_kafka_version_str().decode(), parsed(Path(file.name).read_text()))


def parsed(text: str) -> dict[str, dict[str, str]]:
    """The types that a table tells of. A property that is there for clients and for topics takes what either does."""
    rows: dict[tuple[str, str], tuple[str, list[str]]] = {}
    for line in text.splitlines():
        columns = [column.strip() for column in line.split("|", 5)]
        if len(columns) < 6 or not re.fullmatch(r"[a-z][\w.]*", columns[0]):
            continue
        name, clients, allowed, description = columns[0], columns[1], columns[2], columns[5]
        if "*Type: see dedicated API*" in description:
            continue
        _, words = rows.setdefault((clients, name), (description, []))
        words += [word.strip() for word in allowed.split(",")]
    types: dict[str, dict[str, str]] = {"*": {}, "P": {}, "C": {}}
    for (clients, name), (description, words) in rows.items():
        types[clients][name] = WORDS.get(name) or _type(description, list(dict.fromkeys(words)))
    return types


def _type(description: str, words: list[str]) -> str:
    for kind, name in (("integer", "int"), ("float", "float"), ("boolean", "bool")):
        if f"*Type: {kind}*" in description:
            return name
    if "*Type: enum value*" in description:
        return f"Literal[{', '.join(f'{chr(34)}{word}{chr(34)}' for word in words)}]"
    return "_List" if any(words in description for words in LISTS) else "str"


def written(table: Table) -> str:
    """The text of the module."""
    names = {"*": "_ClientProperties", "P": "_ProducerProperties", "C": "_ConsumerProperties"}
    text = HEAD.format(version=table.version)
    for clients, name in names.items():
        rows = {**table.types[clients], **OURS[clients]}
        lines = []
        for key, value in sorted(rows.items()):
            line = f'        "{key}": {value},\n'
            if len(line) > 121:
                words = re.findall(r'"[^"]+"', value)
                words = [f"            {word},\n" for word in words]
                line = f'        "{key}": Literal[\n{"".join(words)}        ],\n'
            lines.append(line)
        text += f'\n{name} = TypedDict(\n    "{name}",\n    {{\n{"".join(lines)}    }},\n    total=False,\n)\n'
    return text + TAIL


def main() -> int:
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    import run_variant

    text = written(read(str(next(run_variant.newer_librdkafka().glob("librdkafka.so.1")))))
    if sys.argv[1:]:
        if MODULE.read_text() == text:
            return 0
        print(f"{MODULE} is not what {Path(__file__).name} writes: run it", file=sys.stderr)
        return 1
    MODULE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
