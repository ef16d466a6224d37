"""The serializers that need no registry, and the errors: `serialization` and `error`."""

import copy
import pickle

import pytest

from mapr_streams_python import KafkaError, KafkaException, Message, error, kafka, serialization
from mapr_streams_python.error import (
    ConsumeError,
    KeyDeserializationError,
    KeySerializationError,
    ProduceError,
    ValueDeserializationError,
    ValueSerializationError,
)
from mapr_streams_python.kafka import error as kafka_error, serialization as kafka_serialization
from mapr_streams_python.serialization import (
    Deserializer,
    DeserializerBuilder,
    DoubleDeserializer,
    DoubleSerializer,
    IntegerDeserializer,
    IntegerSerializer,
    MessageField,
    SerializationContext,
    SerializationError,
    Serializer,
    SerializerBuilder,
    StringDeserializer,
    StringSerializer,
)

CONTEXT = SerializationContext("t", MessageField.VALUE)


@pytest.mark.parametrize(
    ("serializer", "deserializer", "obj", "payload"),
    [
        (StringSerializer(), StringDeserializer(), "\u00e4", b"\xc3\xa4"),
        (StringSerializer("latin_1"), StringDeserializer("latin_1"), "\u00e4", b"\xe4"),
        (StringSerializer(), StringDeserializer(), "", b""),
        (IntegerSerializer(), IntegerDeserializer(), 5, b"\0\0\0\x05"),
        (IntegerSerializer(), IntegerDeserializer(), -(2**31), b"\x80\0\0\0"),
        (DoubleSerializer(), DoubleDeserializer(), 5.0, b"@\x14\0\0\0\0\0\0"),
        (DoubleSerializer(), DoubleDeserializer(), float("-inf"), b"\xff\xf0\0\0\0\0\0\0"),
    ],
)
def test_objects_become_bytes_and_come_back(serializer, deserializer, obj, payload):
    assert serializer(obj, CONTEXT) == serializer(obj) == payload
    back = deserializer(payload, CONTEXT)
    assert (back, type(back)) == (obj, type(obj))
    assert serializer(None, CONTEXT) is None
    assert deserializer(None, CONTEXT) is None


@pytest.mark.parametrize(
    ("serializer", "obj", "text"),
    [
        (StringSerializer("ascii"), "\u00e4", "can't encode character"),
        (StringSerializer(), "\ud800", "surrogates not allowed"),
        (StringSerializer(), b"bytes", "a str is needed, not bytes"),
        (StringSerializer("no such"), "x", "unknown encoding: no such"),
        (StringDeserializer(), b"\xff", "can't decode byte 0xff"),
        (StringDeserializer("no such"), b"x", "unknown encoding: no such"),
        (IntegerSerializer(), 2**31, "2147483648: "),
        (IntegerSerializer(), 1.5, "1.5: "),
        (IntegerSerializer(), "1", "'1': "),
        (IntegerDeserializer(), b"123", "3 bytes: .* 4 bytes"),
        (IntegerDeserializer(), b"", "0 bytes: .* 4 bytes"),
        (DoubleSerializer(), "1", "'1': "),
        (DoubleSerializer(), 10**400, "int too large|not a float"),
        (DoubleDeserializer(), b"123", "3 bytes: .* 8 bytes"),
    ],
)
def test_what_has_no_bytes_is_a_serialization_error(serializer, obj, text):
    with pytest.raises(SerializationError, match=text):
        serializer(obj, CONTEXT)


def test_a_serialization_error_is_a_kafka_exception():
    assert issubclass(SerializationError, KafkaException)
    assert serialization.KafkaException is KafkaException


def test_both_packages_have_the_very_same_names():
    assert kafka_serialization.__all__ == serialization.__all__
    assert kafka_error.__all__ == error.__all__
    for ours, theirs in ((serialization, kafka_serialization), (error, kafka_error)):
        assert [name for name in ours.__all__ if getattr(ours, name) is not getattr(theirs, name)] == []


def test_the_context_tells_topic_field_and_headers():
    context = SerializationContext("t", MessageField.KEY, [("a", b"1")])
    assert (context.topic, context.field, context.headers) == ("t", "key", [("a", b"1")])
    assert SerializationContext("t", MessageField.KEY).headers is None
    assert repr(context).startswith("SerializationContext(topic='t', field=")


def test_the_fields_of_a_message_are_texts():
    assert [f"{field}" for field in MessageField] == ["none", "key", "value"]
    assert "t-" + MessageField.KEY == "t-key"
    assert str(MessageField.VALUE) == "value"


@pytest.mark.parametrize(
    "call",
    [
        lambda: Serializer()(1, CONTEXT),
        lambda: Deserializer()(b"", CONTEXT),
        lambda: SerializerBuilder().build({}, True),
        lambda: DeserializerBuilder().build({}, False),
    ],
)
def test_the_bases_do_nothing_by_themselves(call):
    with pytest.raises(NotImplementedError):
        call()


def test_the_bases_need_no_cluster_id_and_no_close():
    for part in (Serializer(), Deserializer()):
        assert part.set_cluster_id_resolver(lambda: pytest.fail("asked")) is None
        assert part.close() is None


CAUSE = ValueError("x")
MESSAGE = Message(topic="t", value=b"bytes")


@pytest.mark.parametrize(
    ("raised", "code", "exception", "message"),
    [
        (ConsumeError(KafkaError(3)), 3, None, None),
        (ConsumeError(KafkaError(3), exception=CAUSE, kafka_message=MESSAGE), 3, CAUSE, MESSAGE),
        (ProduceError(KafkaError(3)), 3, None, None),
        (ProduceError(KafkaError(3), CAUSE), 3, CAUSE, None),
        (KeyDeserializationError(CAUSE, MESSAGE), KafkaError._KEY_DESERIALIZATION, CAUSE, MESSAGE),
        (ValueDeserializationError(exception=CAUSE), KafkaError._VALUE_DESERIALIZATION, CAUSE, None),
        (KeySerializationError(CAUSE), KafkaError._KEY_SERIALIZATION, CAUSE, None),
        (ValueSerializationError(exception=CAUSE), KafkaError._VALUE_SERIALIZATION, CAUSE, None),
    ],
    ids=lambda value: type(value).__name__,
)
class TestErrors:
    def test_they_have_the_error_and_what_brought_it_about(self, raised, code, exception, message):
        assert isinstance(raised, KafkaException)
        assert (raised.code, raised.name) == (code, KafkaError(code).name())
        assert raised.args[0].code() == code
        assert (raised.exception, raised.kafka_message) == (exception, message)
        assert str(raised) == str(raised.args[0])

    @pytest.mark.parametrize("duplicate", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
    def test_copies_and_pickles_keep_all_of_it(self, raised, code, exception, message, duplicate):
        twin = duplicate(raised)
        assert type(twin) is type(raised)
        assert (twin.code, twin.args[0].str()) == (code, raised.args[0].str())
        assert (repr(twin.exception), twin.kafka_message) == (repr(exception), message)


def test_the_text_of_what_a_serializer_raised_is_that_of_the_error():
    assert ValueSerializationError(CAUSE).args[0].str() == "x"


def test_those_of_serializers_are_caught_as_that_too():
    for kind in (KeySerializationError, ValueSerializationError):
        assert issubclass(kind, ProduceError) and issubclass(kind, SerializationError)
    for kind in (KeyDeserializationError, ValueDeserializationError):
        assert issubclass(kind, ConsumeError) and issubclass(kind, SerializationError)


@pytest.mark.parametrize("module", [serialization, error, kafka_serialization, kafka_error])
def test_everything_public_has_a_docstring(module):
    for name in module.__all__:
        described = getattr(module, name)
        assert (described.__doc__ or "").strip(), name
        members = {n: m for n, m in vars(described).items() if not n.startswith("_") and callable(m)}
        assert [n for n, member in members.items() if not (member.__doc__ or "").strip()] == []


@pytest.mark.parametrize("package", ["mapr_streams_python", "mapr_streams_python.kafka"])
def test_the_modules_are_there_without_an_import_of_them(run_python, package):
    code = f"""
import {package} as package
assert package.serialization.MessageField.KEY == "key"
assert issubclass(package.error.ConsumeError, package.KafkaException)
assert package.SerializingProducer is package.serializing_producer.SerializingProducer
assert package.DeserializingConsumer is package.deserializing_consumer.DeserializingConsumer
assert issubclass(package.SerializingProducer, package.Producer)
"""
    run_python(code).check()


def test_importing_the_packages_leaves_them_out(run_python):
    code = "import sys, {}; print([name for name in sys.modules if 'serializ' in name])"
    for package in ("mapr_streams_python", "mapr_streams_python.kafka"):
        assert run_python(code.format(package)).check().strip() == "[]"
    assert kafka.SerializingProducer.__module__ == "mapr_streams_python.kafka.serializing_producer"
