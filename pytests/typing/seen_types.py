"""The types that users of this package see. Not run: mypy, which `make lint` runs, checks each line (pyproject.toml).

`assert_type` is an error where the type is another one, and a `type: ignore` where there is nothing to ignore. pyright
takes both too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, TypeVar

from typing_extensions import ParamSpec, assert_type

import mapr_streams_python
from mapr_streams_python import (
    Consumer,
    DeserializingConsumer,
    KafkaError,
    Message,
    Producer,
    SerializingProducer,
    TopicPartition,
    kafka,
)
from mapr_streams_python.error import ConsumeError, ValueDeserializationError
from mapr_streams_python.properties import (
    ConsumerProperties,
    DeserializingConsumerProperties,
    ProducerProperties,
    SerializingProducerProperties,
)
from mapr_streams_python.serialization import (
    IntegerDeserializer,
    MessageField,
    SerializationContext,
    StringSerializer,
)

P = ParamSpec("P")
T = TypeVar("T")


def properties(text: str, given: dict[str, Any], any_other: Mapping[str, object], numbers: dict[str, int]) -> None:
    producing: ProducerProperties = {"bootstrap.servers": ["a:1", "b:2"], "linger.ms": 5, "acks": "all"}
    consuming: ConsumerProperties = {"bootstrap.servers": text, "group.id": "g", "enable.auto.commit": False}
    consuming["auto.offset.reset"] = "earliest"
    for make_producer in (Producer, kafka.Producer):
        make_producer(producing)
    for make_consumer in (Consumer, kafka.Consumer):
        make_consumer(consuming)
    # Other mappings are taken as they come.
    Producer(given)
    Producer(any_other)
    Producer(numbers)
    Producer({**given, "linger.ms": 5})
    Producer({"bootstrap.servers": text}, **given)
    Producer(**given)
    Producer()
    SerializingProducer(given)
    SerializingProducer({**given, "value.serializer": StringSerializer()})
    DeserializingConsumer(conf=any_other)


def wrong_properties() -> None:
    name: ProducerProperties = {"bootstrap.server": "a:1"}  # type: ignore[typeddict-unknown-key]
    value: ProducerProperties = {"linger.ms": "soon"}  # type: ignore[typeddict-item]
    word: ConsumerProperties = {"auto.offset.reset": "first"}  # type: ignore[typeddict-item]
    other: ProducerProperties = {"group.id": "g"}  # type: ignore[typeddict-unknown-key]
    callback: ProducerProperties = {"on_delivery": print, "error_cb": 5}  # type: ignore[typeddict-item]
    plain: ProducerProperties = {"key.serializer": StringSerializer()}  # type: ignore[typeddict-unknown-key]
    Producer(5)  # type: ignore[call-overload]
    del name, value, word, other, callback, plain


def serializers() -> None:
    writing: SerializingProducerProperties = {"linger.ms": 5, "key.serializer": StringSerializer()}
    reading: DeserializingConsumerProperties = {"group.id": "g", "value.deserializer": IntegerDeserializer()}
    producer = SerializingProducer[str, int](writing)
    producer.produce("t", "key", 1)
    producer.produce("t", "key", "one")  # type: ignore[arg-type]
    consumer = kafka.DeserializingConsumer[str, int](reading)
    assert_type(consumer.poll(1.0), "Message[str, int] | None")
    assert_type(consumer.consume(5), "list[Message[str, int]]")
    for message in consumer:
        assert_type(message.key(), str)
        assert_type(message.value(), int)
        consumer.commit(message)
        consumer.store_offsets(message=message)
    assert_type(DeserializingConsumer(reading).poll(), "Message[Any, Any] | None")
    assert_type(SerializationContext("t", MessageField.KEY).field, MessageField)
    assert_type(StringSerializer()("text"), "bytes | None")
    assert_type(IntegerDeserializer()(b""), "int | None")


def errors(consume: ConsumeError, value: ValueDeserializationError) -> None:
    assert_type(consume.code, int)
    assert_type(consume.name, str)
    assert_type(value.kafka_message, "Message | None")
    assert_type(value.exception, "BaseException | None")


def reported(error: KafkaError | None, message: Message) -> None:
    assert_type(message.value(), "bytes | None")


class Listener:
    def on_assign(self, consumer: kafka.Consumer, partitions: list[TopicPartition]) -> None:
        consumer.assign(partitions)


class PlainListener:
    def on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None: ...


def assigned(consumer: kafka.Consumer, partitions: list[TopicPartition]) -> None: ...


def rebalances(consumer: Consumer, kafkas: kafka.Consumer, subscribing: dict[str, Any]) -> None:
    # A callback may name the class of the consumer that it is for.
    kafkas.subscribe(["t"], on_assign=assigned, on_revoke=lambda each, partitions: each.unassign())
    kafkas.subscribe(["t"], listener=Listener())
    kafkas.subscribe(["t"], Listener())
    kafkas.subscribe(["t"], listener=PlainListener())
    consumer.subscribe(["t"], on_assign=assigned)  # type: ignore[arg-type]
    consumer.subscribe(["t"], listener=Listener())  # type: ignore[arg-type]
    consumer.subscribe(["t"], listener=PlainListener())
    handed_on(consumer.subscribe, **subscribing)


def handed_on(call: Callable[P, T], *arguments: P.args, **keywords: P.kwargs) -> T:
    return call(*arguments, **keywords)


def clients(producer: Producer, consumer: Consumer, kafkas: kafka.Consumer) -> None:
    producer.produce("t", "value", b"key", on_delivery=reported)
    producer.produce("t", 5)  # type: ignore[arg-type]
    assert_type(producer.poll(0), int)
    assert_type(producer.flush(), int)
    assert_type(producer.close(), bool)
    message = consumer.poll(1.0)
    assert_type(message, "Message | None")
    assert_type(message, "Message[bytes | None, bytes | None] | None")
    assert_type(kafkas.poll(1.0), "Message | None")
    if message is not None:
        assert_type(message.topic(), "str | None")
        assert_type(message.headers(), "list[tuple[str, bytes | None]] | None")
        assert_type(message.error(), "KafkaError | None")
        assert_type(message.timestamp(), "tuple[int, int]")
        assert_type(consumer.commit(message), None)
        assert_type(consumer.commit(message, asynchronous=False), "list[TopicPartition]")
    assert_type(consumer.consume(5, 1.0), "list[Message]")
    assert_type(next(iter(consumer)), Message)
    assert_type(consumer.committed([TopicPartition("t", 0)]), "list[TopicPartition]")
    low, _high = consumer.get_watermark_offsets(TopicPartition("t", 0))
    assert_type(low, int)
    assert_type(consumer.get_watermark_offsets(TopicPartition("t", 0), 5), "tuple[int, int] | None")
    assert_type(consumer.beginning_offsets([TopicPartition("t", 0)]), "dict[TopicPartition, int | None]")
    assert_type(consumer.end_offsets([TopicPartition("t", 0)], 5), "dict[TopicPartition, int | None]")
    assert_type(consumer.lag(timeout=5), "dict[TopicPartition, int | None]")
    assert_type(consumer.rebalance_protocol(), "str | None")
    assert_type(consumer.close(5), "bool | None")
    assert_type(consumer.list_topics().topics["t"].partitions[0].leader, int)
    assert_type(Message(topic="t").value(), "bytes | None")
    assert_type(mapr_streams_python.version(), "tuple[str, int]")
    with kafka.Producer() as one:
        assert_type(one, kafka.Producer)
