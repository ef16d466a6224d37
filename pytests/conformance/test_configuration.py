"""Consumer(config), Producer(config): what a configuration may be, and what a property's value may be."""

import collections
import copy
import types

import pytest

from mapr_streams_python import Consumer, Producer

from .support import raises_kafka_error

# The shape of a configuration.


def test_it_is_a_dict(client, dialect):
    assert type(client({"streams.compatibility": dialect, "group.id": "g"})) is client


def test_it_is_keywords(client, dialect):
    assert type(client(**{"streams.compatibility": dialect, "group.id": "g", "client.id": "x"})) is client


def test_it_is_a_dict_and_keywords_together(client, dialect):
    assert type(client({"group.id": "g"}, **{"streams.compatibility": dialect, "client.id": "x"})) is client


@pytest.mark.parametrize("config", [None, [], "x", 5], ids=repr)
def test_anything_else_is_a_type_error(client, config):
    with pytest.raises(TypeError, match="^expected configuration dict"):
        client(config)


@pytest.mark.parametrize(
    "config",
    [
        types.MappingProxyType({"group.id": "g"}),
        collections.ChainMap({"group.id": "g"}, {"client.id": "x"}),
        collections.UserDict({"group.id": "g"}),
        collections.OrderedDict({"group.id": "g"}),
    ],
    ids=lambda config: type(config).__name__,
)
def test_it_is_any_mapping(client, config, dialect):
    assert type(client(config, **{"streams.compatibility": dialect})) is client


def test_what_a_mapping_raises_comes_out(client):
    class Broken(collections.UserDict):
        def keys(self):
            raise LookupError("no keys today")

    with pytest.raises(LookupError, match="^no keys today$"):
        client(Broken({"group.id": "g"}))


def test_no_configuration_at_all_is_an_empty_one(monkeypatch, dialect):
    monkeypatch.setenv("MAPR_STREAMS_COMPATIBILITY", dialect)
    assert type(Producer()) is Producer
    if dialect == "mapr":
        assert type(Consumer()) is Consumer
    else:
        with pytest.raises(ValueError, match=r"^Failed to create consumer: group\.id must be set$"):
            Consumer()


@pytest.mark.parametrize("second", [{}, 5], ids=repr)
def test_a_second_positional_argument_is_ignored_in_the_mapr_dialect(client, second):
    assert type(client({"group.id": "g"}, second)) is client


@pytest.mark.parametrize("second", [{}, 5], ids=repr)
def test_a_second_positional_argument_is_a_type_error_in_the_kafka_dialect(client, second):
    with pytest.raises(TypeError, match="^expected tuple containing single dict"):
        client({"group.id": "g", "streams.compatibility": "kafka"}, second)


def test_the_dict_is_not_changed(client, dialect):
    config = {
        "streams.compatibility": dialect,
        "group.id": "g",
        "socket.timeout.ms": 1000,
        "default.topic.config": {"acks": 1},
        "error_cb": lambda error: None,
    }
    before = copy.deepcopy(config)
    client(config)
    assert config == before


def test_the_dict_is_read_once(client, dialect):
    config = {"streams.compatibility": dialect, "group.id": "g"}
    made = client(config)
    config["no.such.property"] = 1
    assert type(made) is client


# Property values.


@pytest.mark.parametrize("value", [1000, "1000"])
def test_integers_may_be_given_as_int_or_str(make, client, value):
    assert type(make({"socket.timeout.ms": value})) is client


@pytest.mark.parametrize("value", [True, False, "true", "false", 1, 0])
def test_booleans_may_be_given_as_bool_int_or_str(make, client, value):
    assert type(make({"socket.keepalive.enable": value})) is client


@pytest.mark.parametrize("value", ["näme", b"abc", 5, 1.5, True], ids=repr)
def test_text_may_be_given_as_str_bytes_number_or_bool(make, client, value):
    assert type(make({"client.id": value})) is client


def test_none_leaves_a_string_unset(make, client):
    assert type(make({"bootstrap.servers": None})) is client


def test_none_is_refused_by_an_integer(make):
    text = 'Integer configuration property "socket.timeout.ms" cannot be set to empty value'
    with raises_kafka_error("_INVALID_ARG", text):
        make({"socket.timeout.ms": None})


def test_a_fraction_for_an_integer_is_cut_off(make):
    text = 'Configuration property "socket.timeout.ms" value 1 is outside allowed range 10..300000'
    with raises_kafka_error("_INVALID_ARG", text):
        make({"socket.timeout.ms": 1.5})


def test_a_value_out_of_range_names_the_property_and_the_range(make):
    text = 'Configuration property "socket.timeout.ms" value -5 is outside allowed range 10..300000'
    with raises_kafka_error("_INVALID_ARG", text):
        make({"socket.timeout.ms": -5})


@pytest.mark.parametrize(
    ("name", "value", "text", "more"),
    [
        (
            "socket.timeout.ms",
            "abc",
            'Invalid value for configuration property "socket.timeout.ms"',
            ': "abc" is no number of milliseconds (10 .. 300000)',
        ),
        ("socket.keepalive.enable", "maybe", 'Expected bool value for "socket.keepalive.enable": true or false', ""),
        ("debug", "nonsense", 'Invalid value "nonsense" for configuration property "debug"', ": it takes generic, "),
        (
            "acks",
            "some",
            'Invalid value for configuration property "request.required.acks" (given as "acks")',
            ': "some" is none of its values (-1 .. 1000)',
        ),
        (
            "compression.type",
            "zzz",
            'Invalid value "zzz" for configuration property "compression.codec" (given as "compression.type")',
            ": it takes none, gzip, ",
        ),
        (
            "auto.offset.reset",
            "sideways",
            'Invalid value "sideways" for configuration property "auto.offset.reset"',
            ": it takes smallest, earliest, ",
        ),
    ],
)
def test_a_wrong_value_has_librdkafkas_text_and_what_there_is_instead(make, name, value, text, more):
    with raises_kafka_error("_INVALID_ARG") as caught:
        make({name: value})
    assert caught.value.args[0].str().startswith(text + more)


@pytest.mark.parametrize(
    "properties",
    [
        {"metadata.broker.list": "127.0.0.1:1"},
        {"bootstrap.servers": "x:y:z"},
        {"plugin.library.paths": ""},
        {"compression.type": "gzip"},
        {"linger.ms": 0.5},
        {"partitioner": "murmur2"},
        {"acks": 1},
        {"auto.offset.reset": "earliest"},
    ],
    ids=lambda properties: next(iter(properties)),
)
def test_librdkafkas_properties_are_accepted_by_both_clients(make, client, properties):
    assert type(make(properties)) is client


@pytest.mark.parametrize("value", ["smallest", "largest", "beginning", "end"])
def test_old_spellings_of_auto_offset_reset_are_accepted(make, client, value):
    assert type(make({"auto.offset.reset": value})) is client
    assert type(make({"default.topic.config": {"auto.offset.reset": value}})) is client


def test_a_partitioner_that_is_no_name_is_refused(make):
    with pytest.raises(TypeError, match='^configuration property "partitioner" must be str, .*, not function$'):
        make({"partitioner": lambda *arguments: 0})


# Callbacks.


@pytest.mark.parametrize("name", ["error_cb", "stats_cb", "oauth_cb"])
@pytest.mark.parametrize("value", [5, None, "x"], ids=repr)
def test_a_callback_that_is_not_callable_is_a_type_error(make, name, value):
    with pytest.raises(TypeError, match=f"^expected {name} property as a callable function$"):
        make({name: value})


@pytest.mark.parametrize("value", [5, None], ids=repr)
def test_a_throttle_callback_that_is_not_callable_is_a_value_error(make, value):
    with pytest.raises(ValueError, match="^expected throttle_cb property as a callable function$"):
        make({"throttle_cb": value})


@pytest.mark.parametrize(("cls", "name"), [(Producer, "on_delivery"), (Consumer, "on_commit")])
@pytest.mark.parametrize("value", [5, None], ids=repr)
def test_on_delivery_and_on_commit_that_are_not_callable_are_refused(cls, name, value, dialect):
    with raises_kafka_error("_INVALID_ARG", f"{name} requires a callable object"):
        cls({"group.id": "g", "streams.compatibility": dialect, name: value})


@pytest.mark.parametrize("name", ["error_cb", "stats_cb", "throttle_cb"])
def test_a_callback_may_be_any_callable(make, client, name):
    class Callback:
        def __call__(self, argument):
            pass

    assert type(make({name: Callback()})) is client
    assert type(make({name: print})) is client


# default.topic.config.


@pytest.mark.parametrize("topic_config", [{}, {"acks": 1}, {"auto.offset.reset": "earliest"}], ids=repr)
def test_default_topic_config_is_a_dict_of_topic_properties(make, client, topic_config):
    assert type(make({"default.topic.config": topic_config})) is client


def test_default_topic_config_may_hold_a_global_property(make, client):
    # Seen in old applications.
    assert type(make({"default.topic.config": {"auto.offset.reset": "smallest", "enable.auto.commit": True}})) is client


def test_default_topic_config_is_any_mapping(make, client):
    assert type(make({"default.topic.config": types.MappingProxyType({"acks": 1})})) is client


def test_an_unknown_property_in_default_topic_config_is_named(make, dialect):
    prefix = "default.topic.config: " if dialect == "mapr" else ""
    with raises_kafka_error("_INVALID_ARG", f'{prefix}No such configuration property: "no.such.property"'):
        make({"default.topic.config": {"no.such.property": 1}})


@pytest.mark.parametrize("value", ["x", None], ids=repr)
def test_default_topic_config_that_is_no_dict_in_the_mapr_dialect(client, value):
    with raises_kafka_error("_INVALID_ARG", "default.topic.config: requires a dict"):
        client({"group.id": "g", "default.topic.config": value})


@pytest.mark.parametrize("value", ["x", None], ids=repr)
def test_default_topic_config_that_is_no_dict_in_the_kafka_dialect(client, value):
    with pytest.raises(AttributeError, match=f"'{type(value).__name__}' object has no attribute 'keys'$"):
        client({"group.id": "g", "streams.compatibility": "kafka", "default.topic.config": value})


# The client that comes out.


def test_it_takes_no_new_attributes(make):
    with pytest.raises(AttributeError):
        make().attribute = 1


@pytest.mark.parametrize(
    ("cls", "text"), [(Producer, "Producer already __init__:ialized"), (Consumer, "Consumer already initialized")]
)
def test_it_is_initialised_only_once(cls, text):
    made = cls({"group.id": "g"})
    with pytest.raises(RuntimeError, match=f"^{text}$"):
        made.__init__({"group.id": "g"})


def test_a_subclass_is_an_instance_of_itself(client):
    class Subclass(client):
        pass

    assert type(Subclass({"group.id": "g"})) is Subclass


@pytest.mark.parametrize("group", ["", None, 5], ids=repr)
def test_a_group_id_may_be_empty_or_anything_that_has_a_text(dialect, group):
    assert type(Consumer({"streams.compatibility": dialect, "group.id": group})) is Consumer


@pytest.mark.parametrize("config", [{}, {"bootstrap.servers": "127.0.0.1:1"}], ids=["nothing", "servers"])
def test_a_consumer_without_a_group_is_accepted_in_the_mapr_dialect(config):
    consumer = Consumer(config)
    with raises_kafka_error("_UNKNOWN_GROUP"):
        consumer.subscribe(["t"])


@pytest.mark.parametrize("config", [{}, {"bootstrap.servers": "127.0.0.1:1"}], ids=["nothing", "servers"])
def test_a_consumer_without_a_group_is_a_value_error_in_the_kafka_dialect(config):
    with pytest.raises(ValueError, match=r"^Failed to create consumer: group\.id must be set$"):
        Consumer(dict(config, **{"streams.compatibility": "kafka"}))


def test_a_producer_needs_no_property_at_all(dialect):
    assert type(Producer({"streams.compatibility": dialect})) is Producer
