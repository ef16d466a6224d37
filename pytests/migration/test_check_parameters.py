"""The migration check: what a function gets from those who call it."""

from __future__ import annotations

import pytest

IMPORT = "from mapr_streams_python import Consumer, Producer\n"
PRODUCER = IMPORT + "producer = Producer({'bootstrap.servers': argv[1]})\n"


def topics(check, **sources):
    findings = check(**sources)["findings"]
    return [(one["line"], one["text"]) for one in findings if one["kind"] in ("topic", "computed")]


def test_of_a_function(check):
    main = PRODUCER + "def send(topic, value):\n    producer.produce(topic, value)\nsend('/s:a', 'x')\n"
    assert topics(check, main=main + "send(value='x', topic='/s:b')\n") == [
        (4, "/s:a becomes s--a"),
        (4, "/s:b becomes s--b"),
    ]


def test_of_a_list_of_topics_and_of_a_function_with_the_name_of_a_method(check):
    main = IMPORT + (
        "def consume(consumer, topics):\n    consumer.subscribe(topics)\n"
        "consume(Consumer({'bootstrap.servers': argv[1], 'streams.consumer.default.stream': '/s'}), ['a',"
        " '/t:b'])\n"
    )
    assert topics(check, main=main) == [
        (4, "the consumer's default stream /s: TOPIC becomes s--TOPIC"),
        (4, "/s:a becomes s--a"),
        (4, "/t:b becomes t--b"),
    ]


def test_of_a_constructor_of_another_file_and_of_what_is_derived_from_it(check):
    wrapper = PRODUCER + (
        "class Sender:\n    def __init__(self, stream, topic='t'):\n        self.name = stream + ':' + topic\n"
        "    def send(self, value):\n        producer.produce(self.name, value)\nclass Other(Sender): pass\n"
    )
    main = "from wrapper import Other, Sender\nSender('/a').send('x')\nOther('/b', topic='u').send('x')\n"
    assert topics(check, wrapper=wrapper, main=main) == [
        (7, "/a:t becomes a--t"),
        (7, "/a:u becomes a--u"),
        (7, "/b:t becomes b--t"),
        (7, "/b:u becomes b--u"),
    ]


@pytest.mark.parametrize(
    "more",
    ["", "send(*arguments)\n", "class Mail:\n    def send(self, topic): pass\nMail().send('/s:a')\n"],
    ids=["nobody calls it", "arguments that are not seen", "two functions of one name"],
)
def test_what_is_not_seen_is_computed(check, more):
    main = PRODUCER + f"def send(topic):\n    producer.produce(topic, 'x')\n{more}"
    assert topics(check, main=main)[0] == (4, "{topic}: computed here")


def test_what_a_function_makes_of_it_is_computed(check):
    main = PRODUCER + "def send(topic):\n    topic += '-x'\n    producer.produce(topic, 'x')\nsend('/s:a')\n"
    assert (5, "{topic}: computed here") in topics(check, main=main)
