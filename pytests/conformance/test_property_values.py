"""What becomes of a property's value: nothing is cut, guessed or turned into a repr, and the order does not matter."""

import enum
import itertools
import pathlib
import re
import subprocess
import sys

import pytest
from compiled import library_of
from limits import HANG

from mapr_streams_python import Consumer, Producer, TopicPartition
from mapr_streams_python.testing import MockCluster

from .support import raises_kafka_error


@pytest.fixture
def make(dialect):
    """Makes a producer with these properties."""

    def make_client(properties):
        return Producer({"streams.compatibility": dialect, **properties})

    return make_client


def brokers_seen(value):
    """The addresses that librdkafka has made of `bootstrap.servers`, from its own debug lines."""
    code = (
        "import sys; from mapr_streams_python import Producer;"
        f"Producer({{'debug': 'broker', 'bootstrap.servers': {value}}})"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=HANG)
    return set(re.findall(r"\]: ([^ ]+)/bootstrap: Added new broker", ran.stderr))


# Types.


class Reset(str, enum.Enum):
    EARLIEST = "earliest"


class PlainReset(enum.Enum):
    EARLIEST = "earliest"


class Number(enum.IntEnum):
    THREE = 3


class Path:
    def __init__(self, path):
        self.path = path

    def __repr__(self):
        return f"Path({self.path!r})"

    def __fspath__(self):
        return self.path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("auto.offset.reset", b"earliest"),
        ("auto.offset.reset", Reset.EARLIEST),
        ("auto.offset.reset", PlainReset.EARLIEST),
        ("auto.offset.reset", Path("earliest")),
        ("auto.offset.reset", Path(b"earliest")),
        ("auto.offset.reset", pathlib.Path("earliest")),
        ("retries", Number.THREE),
        ("retries", 3.0),
        ("retries", "0x10"),
        ("retries", " 3 "),
        ("linger.ms", 0.5),
        ("linger.ms", "1e2"),
        ("linger.ms", 1e-05),
        ("queue.buffering.max.messages", 2**31 - 1),
        ("enable.idempotence", True),
    ],
    ids=repr,
)
def test_a_value_is_what_it_is_equal_to(make, name, value):
    assert type(make({name: value})) is Producer


@pytest.mark.parametrize(
    "value", [object(), {}, {"a"}, print, 1j, bytearray(b"x"), (c for c in "x")], ids=lambda v: type(v).__name__
)
def test_ruling_22_a_value_of_another_type_is_a_type_error_that_names_the_property(make, value):
    types = "str, int, float, bool, bytes, a path or None"
    with pytest.raises(
        TypeError, match=f'^configuration property "client.id" must be {types}, not {type(value).__name__}$'
    ):
        make({"client.id": value})


def test_a_wrong_value_of_an_unknown_property_is_not_what_is_told(make):
    with raises_kafka_error("_INVALID_ARG", 'No such configuration property: "no.such.property"'):
        make({"no.such.property": object()})


@pytest.mark.parametrize("servers", [["a:1", "b:2"], ("a:1", "b:2"), [b"a:1", "b:2"]], ids=repr)
def test_a_list_of_servers_is_joined_with_commas(servers):
    assert brokers_seen(servers) == {"a:1", "b:2"}


@pytest.mark.parametrize(
    "name", ["bootstrap.servers", "metadata.broker.list", "debug", "topic.blacklist", "builtin.features"]
)
def test_a_list_is_taken_where_librdkafkas_property_is_one(make, name):
    value = {"debug": ["conf", "conf"], "builtin.features": ["sasl", "sasl_plain"]}.get(name, ["a", "b"])
    assert type(make({name: value, "log_level": 0})) is Producer


def test_assignment_strategies_may_be_a_list(dialect):
    strategies = {"partition.assignment.strategy": ("range", "roundrobin"), "group.id": "g"}
    assert type(Consumer({"streams.compatibility": dialect, **strategies})) is Consumer


def test_plugins_are_a_list_with_a_separator_of_its_own(make):
    with raises_kafka_error("_INVALID_ARG") as caught:
        make({"plugin.library.paths": ["/nowhere/one", "/nowhere/two"]})
    assert "(plugin /nowhere/one)" in caught.value.args[0].str()


@pytest.mark.parametrize("name", ["client.id", "sasl.mechanisms", "retries", "acks", "compression.type"])
def test_a_list_is_refused_where_the_property_takes_one_value(make, name):
    with pytest.raises(TypeError, match=f'^configuration property "{name}" takes one value, not a list$'):
        make({name: ["a"]})


@pytest.mark.parametrize("element", [5, None, ["a"], object()], ids=lambda v: type(v).__name__)
def test_an_element_of_a_list_that_is_no_text_is_named(make, element):
    text = rf'^configuration property "bootstrap.servers"\[1\] must be str, not {type(element).__name__}$'
    with pytest.raises(TypeError, match=text):
        make({"bootstrap.servers": ["a", element]})


# Null characters.


@pytest.mark.parametrize("value", ["a\0b", b"a\0b", Path("a\0b"), "\0"], ids=repr)
def test_a_null_character_in_a_value_is_a_value_error_that_names_the_property(make, value):
    with pytest.raises(ValueError, match='^configuration property "client.id" must not contain a null character'):
        make({"client.id": value})
    with pytest.raises(ValueError, match='^configuration property "partitioner" must not contain a null character'):
        make({"default.topic.config": {"partitioner": value}})


def test_a_null_character_in_an_element_of_a_list_is_a_value_error(make):
    with pytest.raises(ValueError, match=r'^configuration property "bootstrap.servers"\[0\] must not contain a null'):
        make({"bootstrap.servers": ["a\0b"]})


def test_a_null_character_in_a_name_is_a_value_error(make):
    for properties in ({"client.id\0": "x"}, {"default.topic.config": {"client.id\0": "x"}}):
        with pytest.raises(ValueError, match="^the name of a configuration property must not contain a null character"):
            make(properties)


def test_a_null_character_in_the_dialect_is_a_value_error():
    with pytest.raises(ValueError, match='^configuration property "streams.compatibility" must not contain a null'):
        Producer({"streams.compatibility": "kafka\0"})


@pytest.mark.parametrize("value", ["\ud800", b"\xff"], ids=repr)
def test_text_that_utf_8_cannot_say_is_a_value_error_that_names_the_property(make, value):
    with pytest.raises(ValueError, match='^configuration property "client.id" (is bytes|has a surrogate)'):
        make({"client.id": value})


# Numbers.


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("linger.ms", "5ms", "a number of milliseconds (0 .. 900000)"),
        ("linger.ms", "1e", "a number of milliseconds (0 .. 900000)"),
        ("linger.ms", "nan", "a number of milliseconds (0 .. 900000)"),
        ("message.max.bytes", "1MB", "a whole number of bytes (1000 .. 1000000000)"),
        ("message.max.bytes", "1000000 bytes", "a whole number of bytes (1000 .. 1000000000)"),
        ("message.max.bytes", "1_000_000", "a whole number of bytes (1000 .. 1000000000)"),
        ("message.max.bytes", 1e17, "a whole number of bytes (1000 .. 1000000000)"),
        ("retries", "3x", "a whole number (0 .. 2147483647)"),
        ("queue.buffering.max.kbytes", "64k", "a whole number of kilobytes (1 .. 2147483647)"),
    ],
)
def test_a_number_with_text_behind_it_is_refused(make, name, value, what):
    value_text = "1e+17" if value == 1e17 else value
    text = f'Invalid value "{value_text}" for configuration property "{name}": it takes {what} and nothing behind it'
    with raises_kafka_error("_INVALID_ARG") as caught:
        make({name: value})
    # The range is the loaded library's.
    assert re.sub(r"\(.*\)", "", caught.value.args[0].str()) == re.sub(r"\(.*\)", "", text)


def test_text_that_only_begins_like_a_number_is_text(make):
    assert type(make({"client.id": "5ms", "transactional.id": "1MB"})) is Producer


@pytest.mark.parametrize("value", [2**32 + 1000, 2**64 + 5, -(2**32) + 1000, "0x100000400"])
def test_a_number_is_not_cut_to_32_bits(make, value):
    with raises_kafka_error("_INVALID_ARG") as caught:
        make({"message.max.bytes": value})
    text = f'^Configuration property "message.max.bytes" value {value} is outside allowed range 1000 ?.. ?[0-9]+$'
    assert re.match(text, caught.value.args[0].str())


def test_a_refusal_is_one_line_and_names_the_range(make):
    with raises_kafka_error("_INVALID_ARG") as caught:
        make({"retries": -1})
    assert caught.value.args[0].str() == (
        'Configuration property "message.send.max.retries" value -1 is outside allowed range 0..2147483647'
        ' (given as "retries")'
    )


# Names of other clients.


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("value.serializer", "a SerializingProducer takes it"),
        ("key.deserializer", "Message.key()"),
        ("value_deserializer", "Message.value()"),
        ("max.request.size", '"message.max.bytes"'),
        ("fetch.max.wait.ms", '"fetch.wait.max.ms"'),
        ("ssl.truststore.type", '"ssl.ca.location"'),
        ("sasl.login.callback.handler.class", '"oauth_cb"'),
        ("key.converter", "Kafka Connect"),
        ("application.id", "Kafka Streams"),
        ("schema.registry.url", "schema registry"),
        ("min.insync.replicas", "a broker or a topic"),
    ],
)
def test_a_property_of_another_program_says_what_to_use_instead(make, name, advice):
    with raises_kafka_error("_INVALID_ARG") as caught:
        make({name: "x"})
    text = caught.value.args[0].str()
    assert text.startswith(f'No such configuration property: "{name}"; ')
    assert advice in text


# Order, and two names of one property.


PLUGIN = r"""
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>
typedef int (*on_conf_set)(void *, const char *, const char *, char *, size_t, void *);
typedef int (*add_on_conf_set)(void *, const char *, on_conf_set, void *);
static int set(void *conf, const char *name, const char *value, char *text, size_t size, void *opaque) {
    return strcmp(name, "my.plugin.level") == 0 && strcmp(value, "3") == 0 ? 0 : -2;
}
int conf_init(void *conf, void **opaque, char *text, size_t size) {
    void *library = dlopen("librdkafka.so.1", RTLD_LAZY | RTLD_NOLOAD);
    add_on_conf_set add = (add_on_conf_set)dlsym(library, "rd_kafka_conf_interceptor_add_on_conf_set");
    return add(conf, "my", set, NULL);
}
"""


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    """A plugin of librdkafka's that brings the property `my.plugin.level`."""
    return library_of(PLUGIN, tmp_path_factory.mktemp("plugin"))


def test_a_plugins_properties_may_stand_before_the_plugin(make, plugin):
    properties = {"my.plugin.level": 3, "plugin.library.paths": plugin, "client.id": "x"}
    for names in itertools.permutations(properties):
        assert type(make({name: properties[name] for name in names})) is Producer


def test_debug_tells_of_a_plugin_that_stands_before_it(plugin):
    properties = ("'plugin.library.paths': path", "'debug': 'plugin'", "'log_level': 7")
    for order in map(", ".join, (properties, properties[::-1])):
        code = f"from mapr_streams_python import Producer; path = {plugin!r}; Producer({{{order}}})"
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=HANG)
        assert "|PLUGLOAD|" in run.stderr


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("bootstrap.servers", "a:1"), ("metadata.broker.list", "b:2")),
        (("sasl.mechanism", "PLAIN"), ("sasl.mechanisms", "GSSAPI")),
        (("acks", 1), ("request.required.acks", -1)),
        (("linger.ms", 5), ("queue.buffering.max.ms", 6)),
    ],
    ids=lambda pair: pair[0],
)
def test_two_names_of_one_property_with_different_values_are_refused_in_either_order(make, one, other):
    for first, second in ((one, other), (other, one)):
        text = (
            f'"{first[0]}" and "{second[0]}" are two names of one configuration property,'
            " and were given different values: give one of them"
        )
        with raises_kafka_error("_INVALID_ARG", text):
            make(dict([first, second]))


def test_two_names_of_one_property_with_one_value_are_no_fault(make):
    assert type(make({"bootstrap.servers": "a:1", "metadata.broker.list": "a:1", "log_level": 0})) is Producer


def test_default_topic_config_wins_over_another_name_of_the_property(make):
    assert type(make({"default.topic.config": {"request.required.acks": 1}, "acks": -1})) is Producer
    with raises_kafka_error("_INVALID_ARG") as caught:
        make({"default.topic.config": {"request.required.acks": 1, "acks": -1}})
    assert "are two names of one configuration property" in caught.value.args[0].str()


# Null characters in the arguments of calls.


def test_a_null_character_in_an_argument_is_a_value_error_that_names_it():
    producer = Producer({})
    for call in (
        lambda: producer.produce("a\0b", "v"),
        lambda: producer.list_topics("a\0b", timeout=0.1),
        lambda: Consumer({"group.id": "g"}).list_topics("a\0b", timeout=0.1),
        lambda: TopicPartition("a\0b"),
    ):
        with pytest.raises(ValueError, match="^topic must not contain a null character"):
            call()
    with pytest.raises(ValueError, match="^metadata must not contain a null character"):
        TopicPartition("t", metadata="a\0b")
    with MockCluster() as cluster, pytest.raises(ValueError, match="^rack must not contain a null character"):
        cluster.set_broker_rack(1, "a\0b")


@pytest.mark.parametrize("name", ["sasl.password", "ssl.key.password", "sasl.oauthbearer.client.secret"])
@pytest.mark.parametrize("secret", ["hunter2\0", "hunter2\ud800", b"hunter2\xff", ["hunter2"]], ids=ascii)
def test_a_secret_is_not_in_the_error_about_it(offline, name, secret):
    with pytest.raises((TypeError, ValueError)) as caught:
        offline.producer({name: secret})
    assert name in str(caught.value)
    assert "hunter2" not in str(caught.value)
