"""Properties that a client does not know, and what it says of them: names near them, whose they are, what to use."""

import pathlib

import pytest
from limits import HANG

from mapr_streams_python import Consumer, KafkaException, Producer
from mapr_streams_python.testing import wait_until

from .support import raises_kafka_error


def thread_count():
    return len(list(pathlib.Path("/proc/self/task").iterdir()))


@pytest.mark.parametrize("name", ["no.such.property", "", "zzz"])
def test_an_unknown_property_is_named(make, name):
    with raises_kafka_error("_INVALID_ARG", f'No such configuration property: "{name}"'):
        make({name: "x"})


def test_an_unknown_property_is_named_when_given_as_a_keyword(make):
    with raises_kafka_error("_INVALID_ARG", 'No such configuration property: "no.such.property"'):
        make(**{"no.such.property": 1})


@pytest.mark.parametrize("name", [5, None, b"client.id"], ids=repr)
def test_a_property_name_that_is_no_str_is_a_type_error(make, name):
    text = f"^the name of a configuration property must be str, not {type(name).__name__}: {name!r}$"
    with pytest.raises(TypeError, match=text):
        make({name: "x"})
    with pytest.raises(TypeError, match=text):
        make({"default.topic.config": {name: "x"}})


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("bootstrap.server", "bootstrap.servers"),
        ("auto.ofset.reset", "auto.offset.reset"),
        ("Client.id", "client.id"),
        ("streams.compatability", "streams.compatibility"),
    ],
)
def test_an_unknown_property_near_a_known_one_suggests_it(make, name, known):
    text = f'No such configuration property: "{name}"; did you mean "{known}"?'
    with raises_kafka_error("_INVALID_ARG", text):
        make({name: "x"})


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("log_cb", "logger"),
        ("offset_commit_cb", "on_commit"),
        ("opaque", "functools.partial"),
        ("partitioner_cb", "partitioner"),
        ("rebalance_cb", "consumers call it"),
    ],
)
def test_a_callback_that_c_programs_set_is_refused_and_ours_is_named(name, instead):
    with raises_kafka_error("_INVALID_ARG") as caught:
        Producer({name: print})
    assert name in caught.value.args[0].str()
    assert instead in caught.value.args[0].str()
    assert "dedicated" not in caught.value.args[0].str()


@pytest.mark.parametrize(("cls", "name"), [(Producer, "on_commit"), (Consumer, "on_delivery")])
def test_a_callback_of_the_other_client_is_an_unknown_property(cls, name, dialect):
    with raises_kafka_error("_INVALID_ARG") as caught:
        cls({"group.id": "g", "streams.compatibility": dialect, name: lambda *arguments: None})
    assert caught.value.args[0].str().startswith(f'No such configuration property: "{name}"')


@pytest.mark.skipif(not pathlib.Path("/proc/self/task").is_dir(), reason="threads are counted in /proc")
def test_a_configuration_that_fails_leaves_no_client_behind(client):
    before, clients = thread_count(), 20
    for _ in range(clients):
        with pytest.raises(KafkaException):
            client({"group.id": "g", "no.such.property": 1})
    # Each librdkafka client has threads of its own. What ends those of earlier tests may have begun just now.
    wait_until(lambda: thread_count() < before + clients, HANG)
