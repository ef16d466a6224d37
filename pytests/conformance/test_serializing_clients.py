"""SerializingProducer and DeserializingConsumer, in both dialects: what they produce and consume."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from limits import HANG

import mapr_streams_python
from mapr_streams_python import KafkaError, Producer, TopicPartition, kafka
from mapr_streams_python.error import (
    ConsumeError,
    KeyDeserializationError,
    KeySerializationError,
    ValueDeserializationError,
    ValueSerializationError,
)
from mapr_streams_python.serialization import (
    IntegerDeserializer,
    IntegerSerializer,
    MessageField,
    SerializationError,
    StringDeserializer,
    StringSerializer,
)

from .serializers import GROUP, OFFLINE, Recorder, closed, refuses

EXAMPLE = Path(__file__).parents[2] / "examples" / "serialization.py"


@pytest.fixture(params=[mapr_streams_python, kafka], ids=["mapr", "kafka"])
def package(request):
    return request.param


@pytest.fixture
def producer(package, kafka_cluster):
    made = []

    def make(**properties):
        conf = {"bootstrap.servers": kafka_cluster.bootstrap_servers}
        conf.update({name.replace("_", "."): value for name, value in properties.items()})
        made.append(package.SerializingProducer(conf))
        return made[-1]

    yield make
    for each in made:
        each.purge()
        each.close()


@pytest.fixture
def consumer(package, kafka_cluster):
    made = []

    def make(topic, **properties):
        conf = {"bootstrap.servers": kafka_cluster.bootstrap_servers, "group.id": "g"}
        conf.update({name.replace("_", "."): value for name, value in properties.items()})
        made.append(package.DeserializingConsumer(conf))
        made[-1].assign([TopicPartition(topic, 0, 0)])
        return made[-1]

    yield make
    for each in made:
        each.close()


class TestProducing:
    def test_the_key_comes_first_and_each_has_its_serializer(self, producer, kafka_topic):
        reports = []
        one = producer(key_serializer=IntegerSerializer(), value_serializer=StringSerializer("latin_1"))
        one.produce(kafka_topic, 5, "\u00e4", on_delivery=lambda *report: reports.append(report), partition=0)
        assert one.flush(60) == 0
        ((error, message),) = reports
        assert (error, message.key(), message.value()) == (None, b"\0\0\0\x05", b"\xe4")

    def test_without_a_serializer_they_are_bytes_and_text(self, producer, kafka_topic):
        reports = []
        one = producer()
        one.produce(topic=kafka_topic, key=b"k", value="v", on_delivery=lambda *both: reports.append(both))
        one.flush(60)
        ((error, message),) = reports
        assert (error, message.key(), message.value()) == (None, b"k", b"v")

    def test_the_serializers_are_told_topic_field_and_headers(self, package):
        key, value = Recorder(), Recorder()
        one = package.SerializingProducer({**OFFLINE, "key.serializer": key, "value.serializer": value})
        headers = [("a", b"1")]
        one.produce("t", "k", "v", headers=headers)
        one.produce("t", value="v")
        assert key.calls == [("k", "t", MessageField.KEY, headers), (None, "t", MessageField.KEY, [])]
        assert value.calls == [("v", "t", MessageField.VALUE, headers), ("v", "t", MessageField.VALUE, [])]
        assert key.calls[0][3] is headers
        closed(one)

    @pytest.mark.parametrize("given", [lambda: None, lambda: [("a", b"1")], lambda: {"a": b"1"}])
    def test_headers_that_a_serializer_adds_go_with_the_message(self, producer, consumer, kafka_topic, given):
        def adds(obj, ctx):
            if isinstance(ctx.headers, dict):
                ctx.headers[str(ctx.field)] = b"id"
            else:
                ctx.headers.append((str(ctx.field), b"id"))
            return obj

        one = producer(key_serializer=adds, value_serializer=adds)
        one.produce(kafka_topic, "k", "v", 0, headers=given())
        one.flush(60)
        before = [("a", b"1")] if given() else []
        assert consumer(kafka_topic).poll(60).headers() == [*before, ("key", b"id"), ("value", b"id")]

    @pytest.mark.parametrize(("part", "kind"), [("key", KeySerializationError), ("value", ValueSerializationError)])
    def test_what_a_serializer_raises_comes_out_of_produce_and_nothing_is_produced(self, package, part, kind):
        one = package.SerializingProducer({**OFFLINE, f"{part}.serializer": refuses})
        with pytest.raises(kind) as raised:
            one.produce("t", "x", "x")
        assert isinstance(raised.value, SerializationError)
        assert repr(raised.value.exception) == repr(raised.value.__cause__) == "ValueError(\"no 'x'\")"
        assert raised.value.args[0].str() == "no 'x'"
        assert len(one) == 0

    def test_ctrl_c_in_a_serializer_is_no_error_of_it(self, package):
        def interrupted(obj, ctx):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            package.SerializingProducer({**OFFLINE, "key.serializer": interrupted}).produce("t", "x")

    def test_send_serializes(self, producer, kafka_topic):
        one = producer(key_serializer=IntegerSerializer(), value_serializer=StringSerializer())
        future = one.send(kafka_topic, "\u00e4", 5)
        one.flush(60)
        assert (future.result(60).key(), future.result().value()) == (b"\0\0\0\x05", b"\xc3\xa4")

    def test_a_batch_is_serialized_before_any_of_it_is_produced(self, producer, kafka_topic):
        reports = []
        one = producer(key_serializer=IntegerSerializer(), value_serializer=StringSerializer("latin_1"))
        messages = [{"key": number, "value": "\u00e4", "partition": 0} for number in range(3)]
        messages[1]["_error"] = "of an earlier call"
        given = [{name: message[name] for name in ("key", "value", "partition")} for message in messages]
        assert one.produce_batch(kafka_topic, messages, on_delivery=lambda *both: reports.append(both)) == 3
        assert one.flush(60) == 0
        read = [(error, message.key()[-1], message.value()) for error, message in reports]
        assert read == [(None, number, b"\xe4") for number in range(3)]
        assert messages == given
        with pytest.raises(KeySerializationError):
            one.produce_batch(kafka_topic, [{"key": 1, "value": "x"}, {"key": "no number", "value": "x"}])
        assert one.flush(60) == 0 and len(reports) == 3
        with pytest.raises(TypeError):
            one.produce_batch(kafka_topic, ["no dict"])
        with pytest.raises(TypeError, match="messages must be a list or another sequence"):
            one.produce_batch(kafka_topic, iter(messages))

    def test_a_batch_tells_which_of_its_messages_found_no_room(self, package):
        conf = {**OFFLINE, "queue.buffering.max.messages": 1, "value.serializer": StringSerializer()}
        one = package.SerializingProducer(conf)
        messages = [{"value": "first"}, {"value": "second"}]
        assert one.produce_batch("t", messages) == 1
        assert "_error" not in messages[0]
        assert messages[1]["_error"].code() == KafkaError._QUEUE_FULL
        assert messages[1]["value"] == "second"
        closed(one)

    def test_what_is_no_payload_is_refused_as_by_any_producer(self, package):
        one = package.SerializingProducer({**OFFLINE, "value.serializer": lambda obj, ctx: 5})
        with pytest.raises(TypeError):
            one.produce("t", value="x")


class TestConsuming:
    @pytest.fixture
    def filled(self, kafka_cluster, kafka_topic):
        with Producer({"bootstrap.servers": kafka_cluster.bootstrap_servers}) as plain:
            for number, value in enumerate([b"one", b"\xff", None, b"four"]):
                plain.produce(kafka_topic, value or "", f"{number}", 0, headers={"h": b"1"})
            plain.flush(60)
        return kafka_topic

    def test_poll_gives_objects(self, consumer, filled):
        key, one = Recorder(), consumer(filled, key_deserializer=lambda key, ctx: int(key))
        message = one.poll(60)
        assert (message.key(), message.value(), message.offset()) == (0, b"one", 0)
        one = consumer(filled, key_deserializer=key, value_deserializer=StringDeserializer())
        assert one.poll(60).value() == "one"
        assert key.calls == [(b"0", filled, MessageField.KEY, [("h", b"1")])]

    def test_nothing_in_time_is_none(self, package):
        with package.DeserializingConsumer(GROUP) as one:
            assert one.poll(0) is None
            assert one.consume(5, 0) == []

    def test_poll_goes_on_behind_what_cannot_be_deserialized(self, consumer, filled):
        one = consumer(filled, value_deserializer=StringDeserializer())
        assert one.poll(60).value() == "one"
        with pytest.raises(ValueDeserializationError, match="_VALUE_DESERIALIZATION.*can't decode") as raised:
            one.poll(60)
        message = raised.value.kafka_message
        assert (message.key(), message.value(), message.offset()) == (b"1", b"\xff", 1)
        assert isinstance(raised.value.exception, SerializationError)
        assert raised.value.__cause__ is raised.value.exception
        assert one.poll(60).offset() == 2

    def test_a_key_that_cannot_be_deserialized_says_that_it_is_the_key(self, consumer, filled):
        one = consumer(filled, key_deserializer=IntegerDeserializer())
        with pytest.raises(KeyDeserializationError) as raised:
            one.poll(60)
        assert raised.value.kafka_message.key() == b"0"

    def test_a_message_is_deserialized_whole_or_not_at_all(self, consumer, filled):
        one = consumer(filled, key_deserializer=StringDeserializer(), value_deserializer=refuses)
        with pytest.raises(ValueDeserializationError) as raised:
            one.poll(60)
        assert (raised.value.kafka_message.key(), raised.value.kafka_message.value()) == (b"0", b"one")

    def test_an_event_that_is_an_error_is_raised(self, consumer, filled):
        one = consumer(filled, enable_partition_eof=True)
        assert [one.poll(60).offset() for _ in range(4)] == [0, 1, 2, 3]
        with pytest.raises(ConsumeError) as raised:
            one.poll(60)
        assert raised.value.code == KafkaError._PARTITION_EOF
        assert raised.value.kafka_message.offset() == 4

    def test_consume_loses_no_message_for_one_that_cannot_be_deserialized(self, consumer, filled):
        one = consumer(filled, value_deserializer=StringDeserializer())
        messages = one.consume(4, 60)
        assert [message.value() for message in messages] == ["one", b"\xff", "", "four"]
        errors = [message.error() for message in messages]
        assert [error and error.code() for error in errors] == [None, KafkaError._VALUE_DESERIALIZATION, None, None]
        assert isinstance(errors[1].__cause__, SerializationError)
        assert messages[1].offset() == 1

    def test_iteration_gives_objects_and_skips_ends_of_partitions(self, consumer, filled):
        one = consumer(filled, key_deserializer=StringDeserializer(), enable_partition_eof=True)
        keys = []
        for message in one:
            keys.append(message.key())
            if len(keys) == 4:
                break
        assert keys == ["0", "1", "2", "3"]

    def test_what_was_deserialized_is_committed_and_stored_as_any_message(self, consumer, filled):
        one = consumer(filled, value_deserializer=Recorder(), enable_auto_offset_store=False)
        message = one.poll(60)
        one.store_offsets(message)
        (committed,) = one.commit(message, asynchronous=False)
        assert committed.offset == 1


def test_the_packages_have_no_other_names_for_it():
    for package in (mapr_streams_python, kafka):
        with pytest.raises(AttributeError, match="has no attribute 'SerialisingProducer'"):
            package.SerialisingProducer  # noqa: B018


@pytest.mark.skipif(not EXAMPLE.is_file(), reason="the examples are not part of this distribution")
def test_the_example_reads_what_it_has_written_and_goes_on_behind_what_it_cannot_read():
    command = [sys.executable, "-W", "error", str(EXAMPLE)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=HANG, check=False)
    # They lie in partitions of their own, whose order is not fixed.
    read = sorted(ran.stdout.splitlines())
    assert (ran.returncode, read) == (0, ["order 1: 3 x apples", "order 2: 1 x pears"]), ran.stderr
    assert re.search(r"at offset \d is left out: no order: ", ran.stderr)
