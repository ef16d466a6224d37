"""Making a SerializingProducer or DeserializingConsumer, in both dialects: properties, builders, what is closed."""

import gc
import weakref
from types import MappingProxyType

import pytest

import mapr_streams_python
from mapr_streams_python import Consumer, KafkaError, KafkaException, Producer, TopicPartition, kafka
from mapr_streams_python.error import (
    ValueSerializationError,
)
from mapr_streams_python.serialization import (
    StringDeserializer,
    StringSerializer,
)

from .serializers import GROUP, OFFLINE, Builder, Recorder, closed, refuses


@pytest.fixture(params=[mapr_streams_python, kafka], ids=["mapr", "kafka"])
def package(request):
    return request.param


class TestMaking:
    def test_they_are_clients_of_their_package(self, package):
        made = package.SerializingProducer(OFFLINE), package.DeserializingConsumer(GROUP)
        assert isinstance(made[0], package.Producer) and isinstance(made[1], package.Consumer)
        for client in made:
            closed(client)

    def test_the_dialect_is_that_of_the_package(self, package):
        with package.DeserializingConsumer(GROUP) as consumer:
            position = consumer.position([TopicPartition("t", 0)])[0].offset
        assert position == (0 if package is mapr_streams_python else -1001)

    def test_types_can_be_named(self, package):
        with package.DeserializingConsumer[str, int](GROUP) as consumer:
            assert type(consumer) is package.DeserializingConsumer
        assert isinstance(package.SerializingProducer[str, int](OFFLINE), Producer)

    @pytest.mark.parametrize(
        "make",
        [
            lambda kind, conf: kind(conf=conf),
            lambda kind, conf: kind(MappingProxyType(conf)),
            lambda kind, conf: kind(**conf),
            lambda kind, conf: kind({}, **conf),
        ],
    )
    def test_properties_come_as_a_dictionary_or_one_by_one(self, package, make):
        conf = {**OFFLINE, "value.serializer": refuses}
        producer = make(package.SerializingProducer, conf)
        with pytest.raises(ValueSerializationError):
            producer.produce("t", value="x")
        assert conf == {**OFFLINE, "value.serializer": refuses}

    @pytest.mark.parametrize("conf", [5, "text", ["list"]])
    def test_what_is_no_dictionary_is_refused_as_by_any_client(self, package, conf):
        with pytest.raises(TypeError) as expected:
            package.Producer(conf)
        for kind in (package.SerializingProducer, package.DeserializingConsumer):
            with pytest.raises(TypeError) as raised:
                kind(conf)
            assert str(raised.value) == str(expected.value)

    @pytest.mark.parametrize("part", ["key", "value"])
    @pytest.mark.parametrize(
        ("name", "given", "text"),
        [
            ("{}", 5, r"{} must be callable, with an object and a SerializationContext: 5 is not"),
            ("{}", StringSerializer, r"{} must be an instance, StringSerializer\(\), and not the class"),
            ("{}.builder", refuses, r"{}\.builder must be an object with a method build\(conf, is_key\): .* is not"),
            ("{}.builder", Builder, r"{}\.builder must be an object with a method build"),
        ],
    )
    def test_what_is_no_serializer_is_refused_with_its_name(self, package, part, name, given, text):
        wanted = f"{part}.serializer"
        with pytest.raises(TypeError, match=text.format(wanted.replace(".", r"\."))):
            package.SerializingProducer({**OFFLINE, name.format(wanted): given})

    def test_what_is_no_deserializer_is_refused_with_its_name(self, package):
        with pytest.raises(TypeError, match=r"key\.deserializer must be an instance, StringDeserializer\(\), and not"):
            package.DeserializingConsumer({**GROUP, "key.deserializer": StringDeserializer})
        with pytest.raises(TypeError, match=r"value\.deserializer must be callable"):
            package.DeserializingConsumer({**GROUP, "value.deserializer": "utf-8"})

    def test_none_is_no_serializer(self, package):
        package.SerializingProducer({**OFFLINE, "key.serializer": None, "value.serializer.builder": None}).close()

    def test_a_property_of_the_other_client_says_whose_it_is(self, package):
        for kind, name, owner in (
            (package.SerializingProducer, "value.deserializer", "DeserializingConsumer"),
            (package.DeserializingConsumer, "key.serializer.builder", "SerializingProducer"),
        ):
            with pytest.raises(KafkaException) as raised:
                kind({**GROUP, name: StringSerializer()})
            text = f'No such configuration property: "{name}"; it is one of {owner}, and this is a {kind.__name__}'
            assert (raised.value.args[0].code(), raised.value.args[0].str()) == (KafkaError._INVALID_ARG, text)

    def test_a_property_that_nobody_knows_is_refused_as_by_any_client(self, package):
        with pytest.raises(KafkaException) as raised:
            package.SerializingProducer({**OFFLINE, "no.such": 1})
        assert raised.value.args[0].str().startswith('No such configuration property: "no.such"')


@pytest.mark.parametrize(
    ("kind", "what"), [("SerializingProducer", "serializer"), ("DeserializingConsumer", "deserializer")]
)
class TestBuilders:
    def test_they_take_their_properties_and_leave_the_others(self, package, kind, what):
        key, value = Builder("for.key"), Builder("for.value")
        conf = {**GROUP, "for.key": 1, "for.value": 2}
        client = getattr(package, kind)({**conf, f"key.{what}.builder": key, f"value.{what}.builder": value})
        assert key.calls == [(conf, True)]
        assert value.calls == [({name: conf[name] for name in conf if name != "for.key"}, False)]
        assert [len(each.built[0].resolvers) for each in (key, value)] == [1, 1]
        closed(client)

    @pytest.mark.parametrize("end", [lambda client: client.close(), lambda client: client.__exit__(None, None, None)])
    def test_the_client_closes_what_was_built_and_nothing_else(self, package, kind, what, end):
        builder, given = Builder(), Recorder()
        client = getattr(package, kind)({**GROUP, f"key.{what}.builder": builder, f"value.{what}": given})
        end(client)
        client.close()
        assert (builder.built[0].closed, given.closed) == (1, 0)

    def test_a_client_that_is_not_made_leaves_nothing_open(self, package, kind, what):
        builder = Builder()
        with pytest.raises(KafkaException):
            getattr(package, kind)({**GROUP, "no.such": 1, f"key.{what}.builder": builder})
        assert builder.built[0].closed == 1
        with pytest.raises(ZeroDivisionError):
            failing = type("Failing", (), {"build": lambda self, conf, is_key: 1 / 0})()
            getattr(package, kind)({**GROUP, f"key.{what}.builder": builder, f"value.{what}.builder": failing})
        assert builder.built[1].closed == 1

    @pytest.mark.parametrize("built", [None, refuses, (refuses,), (refuses, {}, 1)])
    def test_one_that_returns_something_else_is_named(self, package, kind, what, built):
        builder = type("Wrong", (), {"build": lambda self, conf, is_key: built})()
        with pytest.raises(ValueError, match=rf"key\.{what}\.builder must return a {what} and properties, not"):
            getattr(package, kind)({**GROUP, f"key.{what}.builder": builder})

    def test_a_serializer_and_a_builder_exclude_each_other(self, package, kind, what):
        with pytest.raises(ValueError, match=rf"value\.{what} and value\.{what}\.builder exclude each other"):
            getattr(package, kind)({**GROUP, f"value.{what}": Recorder(), f"value.{what}.builder": Builder()})


class TestTheClustersId:
    def test_a_serializer_can_ask_for_it(self, kafka_cluster, package):
        recorder = Recorder()
        conf = {"bootstrap.servers": kafka_cluster.bootstrap_servers, "key.serializer": recorder}
        with package.SerializingProducer({**conf, "value.serializer": recorder}) as one:
            (resolver,) = recorder.resolvers
            assert resolver() == resolver() == one.cluster_id(60) is not None

    def test_it_does_not_keep_the_client_alive(self, package):
        recorder = Recorder()
        gone = weakref.ref(package.SerializingProducer({**OFFLINE, "key.serializer": recorder}))
        gc.collect()
        assert gone() is None
        with pytest.raises(RuntimeError, match="is gone"):
            recorder.resolvers[0]()


@pytest.mark.parametrize("client", [Producer, Consumer, kafka.Producer, kafka.Consumer])
def test_a_plain_client_says_that_serializers_are_none_of_its_properties(client):
    with pytest.raises(
        KafkaException, match=r"No such configuration property: .*value\.serializer.* SerializingProducer"
    ):
        client({**GROUP, "value.serializer": StringSerializer()})
