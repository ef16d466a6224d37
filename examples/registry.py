"""Sends orders by a schema that a registry keeps, and reads them back.

    python examples/registry.py --bootstrap host:9092 --registry http://host:8081 orders
    python examples/registry.py orders              on a broker and with a registry inside this program

The serializers are confluent-kafka's, whose own librdkafka is not loaded:

    pip install 'confluent-kafka[json,schemaregistry]'
"""

# Without confluent-kafka beside it type checkers know nothing of that name.
# pyright: basic, reportMissingImports=false

from __future__ import annotations

import argparse
import contextlib

import mapr_streams_python
from mapr_streams_python.testing import MockCluster

mapr_streams_python.install_as("confluent_kafka")

from confluent_kafka import DeserializingConsumer, SerializingProducer  # noqa: E402

try:
    from confluent_kafka.schema_registry import SchemaRegistryClient
    from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
except ImportError as error:
    raise SystemExit(f"{error}; pip install 'confluent-kafka[json,schemaregistry]'") from error

SCHEMA = """{
    "title": "Order",
    "type": "object",
    "properties": {"item": {"type": "string"}, "count": {"type": "integer"}},
    "required": ["item", "count"]
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Send orders by a schema that a registry keeps.")
    parser.add_argument("topic")
    parser.add_argument("--bootstrap", help="host:port of a broker; a broker inside this program if it is left out")
    parser.add_argument("--registry", default="mock://example", help="its address (default: %(default)s, in memory)")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        servers = options.bootstrap or stack.enter_context(MockCluster()).bootstrap_servers
        registry = SchemaRegistryClient.new_client({"url": options.registry})
        given = {"bootstrap.servers": servers, "value.serializer": JSONSerializer(SCHEMA, registry)}
        with SerializingProducer(given) as producer:
            producer.produce(options.topic, value={"item": "apples", "count": 3})
            try:
                producer.produce(options.topic, value={"item": "pears"})
            except mapr_streams_python.KafkaException as exception:
                print("refused by the schema:", type(exception).__name__)
            if producer.flush(60):
                raise SystemExit("not delivered in time")
        taken = {
            "bootstrap.servers": servers,
            "group.id": "example-registry",
            "auto.offset.reset": "earliest",
            "value.deserializer": JSONDeserializer(SCHEMA, schema_registry_client=registry),
        }
        with DeserializingConsumer(taken) as consumer:
            consumer.subscribe([options.topic])
            message = consumer.poll(60)
            if message is None or message.error() is not None:
                raise SystemExit(f"nothing has come: {message and message.error()}")
            print("read:", message.value())


if __name__ == "__main__":
    main()
