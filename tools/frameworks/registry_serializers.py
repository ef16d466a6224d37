# packages: confluent-kafka[avro,json,protobuf,schemaregistry]==2.16.1
"""confluent-kafka's serializers for a schema registry, by name; with the argument `import` by import."""

import contextlib
import io
import runpy
import sys
import warnings
from pathlib import Path

import mapr_streams_python
from mapr_streams_python.testing import MockCluster, unique_name

BY_NAME = sys.argv[1:] != ["import"]
if BY_NAME:
    mapr_streams_python.install_as("confluent_kafka")
    import confluent_kafka as package
else:
    import mapr_streams_python.kafka as package

import confluent_kafka  # noqa: E402
from confluent_kafka.schema_registry import SchemaRegistryClient, header_schema_id_serializer  # noqa: E402
from confluent_kafka.schema_registry.avro import (  # noqa: E402
    AvroDeserializer,
    AvroDeserializerBuilder,
    AvroSerializer,
    AvroSerializerBuilder,
)
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer  # noqa: E402
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer  # noqa: E402
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory  # noqa: E402

serialization, error = package.serialization, package.error
STRING = descriptor_pb2.FieldDescriptorProto.TYPE_STRING
AVRO = '{"type": "record", "name": "Order", "fields": [{"name": "item", "type": "string"}]}'
JSON = '{"title": "Order", "type": "object", "properties": {"item": {"type": "string"}}, "required": ["item"]}'
ORDER = {"item": "three apples"}


def protobuf_order():
    file = descriptor_pb2.FileDescriptorProto(name="order.proto", package="shop", syntax="proto3")
    file.message_type.add(name="Order").field.add(name="item", number=1, type=STRING, label=1)
    descriptor_pool.Default().Add(file)
    return message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName("shop.Order"))


def through(cluster, given, taken, obj, headers=()):
    """Produces an object and reads it back, by clients with serializers and by plain ones that call them."""
    topic = unique_name("orders")
    servers = {"bootstrap.servers": cluster.bootstrap_servers}
    with package.SerializingProducer({**servers, **given}) as producer:
        producer.produce(topic, "k", obj)
        if "value.serializer" in given:
            try:
                producer.produce(topic, "k", object())
            except error.ValueSerializationError as refused:
                assert refused.exception is not None
            else:
                raise AssertionError("an object of another type was serialized")
        assert producer.flush(60) == 0
    group = {**servers, "auto.offset.reset": "earliest"}
    with package.DeserializingConsumer({**group, "group.id": unique_name("g"), **taken}) as consumer:
        consumer.subscribe([topic])
        message = None
        while message is None:
            message = consumer.poll(1.0)
        assert message.value() == obj, message.value()
        assert [name for name, _ in message.headers() or []] == list(headers)
    if "value.deserializer" in taken:
        with package.Consumer({**group, "group.id": unique_name("g")}) as consumer:
            consumer.subscribe([topic])
            (message,) = consumer.consume(1, 60)
            field = serialization.MessageField.VALUE
            context = serialization.SerializationContext(message.topic(), field, message.headers())
            assert taken["value.deserializer"](message.value(), context) == obj


class Registry:
    """As much of a registry as the old clients ask for."""

    auto_register_schemas = True

    def __init__(self):
        self.schemas = {}

    def register(self, subject, schema):
        self.schemas[1] = schema
        return 1

    def get_by_id(self, number):
        return self.schemas[number]


def old_clients(cluster):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from confluent_kafka.avro import AvroConsumer, AvroProducer, loads

        registry, topic = Registry(), unique_name("old")
        servers = {"bootstrap.servers": cluster.bootstrap_servers}
        producer = AvroProducer(servers, default_value_schema=loads(AVRO), schema_registry=registry)
        assert isinstance(producer, mapr_streams_python.Producer)
        producer.produce(topic=topic, value=ORDER)
        producer.flush(60)
        group = {"group.id": unique_name("g"), "auto.offset.reset": "earliest"}
        consumer = AvroConsumer({**servers, **group}, schema_registry=registry)
        consumer.subscribe([topic])
        message = None
        while message is None:
            message = consumer.poll(1.0)
        assert message.value() == ORDER
        consumer.close()


def example(cluster):
    """The program for users, on a registry inside it."""
    path = Path(__file__).resolve().parents[2] / "examples" / "registry.py"
    said = io.StringIO()
    sys.argv = [str(path), "--bootstrap", cluster.bootstrap_servers, unique_name("example")]
    with contextlib.redirect_stdout(said):
        runpy.run_path(str(path), run_name="__main__")
    assert said.getvalue().splitlines() == [
        "refused by the schema: ValueSerializationError",
        "read: {'item': 'apples', 'count': 3}",
    ], said.getvalue()


registry = SchemaRegistryClient.new_client({"url": "mock://orders"})
order = protobuf_order()
CODERS = {
    "Avro": (AvroSerializer(registry, AVRO), AvroDeserializer(registry, AVRO), ORDER),
    "JSON": (JSONSerializer(JSON, registry), JSONDeserializer(JSON, schema_registry_client=registry), ORDER),
    "Protobuf": (
        ProtobufSerializer(order, registry),
        ProtobufDeserializer(order, schema_registry_client=registry),
        order(**ORDER),
    ),
}
with MockCluster() as cluster:
    for serializer, deserializer, obj in CODERS.values():
        through(cluster, {"value.serializer": serializer}, {"value.deserializer": deserializer}, obj)
    in_headers = AvroSerializer(registry, AVRO, conf={"schema.id.serializer": header_schema_id_serializer})
    taken = {"value.deserializer": AvroDeserializer(registry)}
    through(cluster, {"value.serializer": in_headers}, taken, ORDER, ["__value_schema_id"])
    write = AvroSerializerBuilder().set_schema_registry_client(registry).set_schema(AVRO)
    read = AvroDeserializerBuilder().set_schema_registry_client(registry)
    through(cluster, {"value.serializer.builder": write}, {"value.deserializer.builder": read}, ORDER)
    if BY_NAME:
        old_clients(cluster)
        example(cluster)
assert (confluent_kafka.KafkaError is mapr_streams_python.KafkaError) == BY_NAME
print(f"ok: {', '.join(CODERS)}, ids in headers, builders" + ", AvroProducer and AvroConsumer" * BY_NAME)
