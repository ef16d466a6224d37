"""How the migration check finds out what an expression of the source comes to."""

from __future__ import annotations

import pytest

IMPORT = "from mapr_streams_python import Consumer, Producer, TopicPartition\n"
PRODUCER = IMPORT + "producer = Producer({'bootstrap.servers': argv[1]})\n"


@pytest.mark.parametrize(
    "expression",
    [
        "'/apps/clicks:pageviews'",
        "u'/apps/clicks:pageviews'",
        "'/apps' '/clicks:pageviews'",
        "STREAM + ':' + TOPIC",
        "(STREAM + ':') + 'pageviews'",
        "'%s:%s' % (STREAM, TOPIC)",
        "'%s:pageviews' % STREAM",
        "'%(stream)s:%(topic)s' % {'stream': STREAM, 'topic': TOPIC}",
        "'{}:{}'.format(STREAM, TOPIC)",
        "'{1}:{0}'.format(TOPIC, STREAM)",
        "'{s}:{t}'.format(s=STREAM, t=TOPIC)",
        "f'{STREAM}:{TOPIC}'",
        "f'{STREAM}' ':pageviews'",
        "':'.join([STREAM, TOPIC])",
        "os.path.join('/apps', 'clicks:pageviews')",
        "os.environ.get('TOPIC', '/apps/clicks:pageviews')",
        "settings['topic']",
        "Names.full",
        "str(STREAM + ':' + TOPIC)",
        "(STREAM + ':pageviews').encode('utf-8')",
        "topic or '/apps/clicks:pageviews'",
    ],
)
def test_an_expression_that_the_source_tells_is_resolved(expression, found):
    source = f"""import os
STREAM = '/apps/clicks'
TOPIC = 'pageviews'
settings = {{'topic': STREAM + ':pageviews'}}
topic = None or '/apps/clicks:pageviews'

class Names:
    full = STREAM + ':' + TOPIC

{PRODUCER}producer.produce({expression}, 'value')
"""
    line = source.count("\n")
    assert found("topic", source) == [(line, "/apps/clicks:pageviews becomes apps--clicks--pageviews")]


def test_the_defaults_of_arguments_are_resolved(found):
    assert found(
        "topic",
        PRODUCER
        + """
import argparse, optparse
parser = argparse.ArgumentParser()
parser.add_argument('-t', '--the-topic', default='/apps/clicks:one')
parser.add_argument('--other', dest='second', default='/apps/clicks:two')
options = optparse.OptionParser()
options.add_option('--third', default='/apps/clicks:three')
args = parser.parse_args()
(opts, rest) = options.parse_args()
producer.produce(args.the_topic)
producer.produce(args.second)
producer.produce(opts.third)

def send(value, topic='/apps/clicks:four'):
    producer.produce(topic, value)
""",
    ) == [
        (12, "/apps/clicks:one becomes apps--clicks--one"),
        (13, "/apps/clicks:two becomes apps--clicks--two"),
        (14, "/apps/clicks:three becomes apps--clicks--three"),
        (17, "/apps/clicks:four becomes apps--clicks--four"),
    ]


def test_what_only_the_program_knows_is_computed_here(found):
    assert found(
        "computed",
        PRODUCER
        + """
import socket, sys
producer.produce(sys.argv[1])
producer.produce('/metrics/0:' + socket.gethostname())
producer.produce('%s:t' % sys.argv[2])
producer.produce(f'/apps/clicks:{day:%Y}')
for word in read():
    producer.produce('/apps/clicks:' + word)
""",
    ) == [
        (5, "{sys.argv[1]}: computed here"),
        (6, "/metrics/0:{socket.gethostname()}: computed here; /metrics/0:TOPIC becomes metrics--0--TOPIC"),
        (7, "{sys.argv[2]}:t: computed here"),
        (8, "/apps/clicks:{day:%Y}: computed here; /apps/clicks:TOPIC becomes apps--clicks--TOPIC"),
        (10, "/apps/clicks:{word}: computed here; /apps/clicks:TOPIC becomes apps--clicks--TOPIC"),
    ]


def test_a_name_of_another_file_is_followed(check):
    report = check(
        settings="STREAM = '/apps/clicks'\n",
        main=PRODUCER + "from settings import STREAM\nproducer.produce(STREAM + ':a')\n",
        other=PRODUCER + "import settings\nproducer.produce(settings.STREAM + ':b')\n",
    )
    assert [topic["name"] for topic in report["topics"]] == ["/apps/clicks:a", "/apps/clicks:b"]


def test_a_default_is_what_the_place_around_the_function_sees(found):
    source = f"""{PRODUCER}topic = '/a:one'
def send(topic=topic):
    producer.produce(topic)
class Sender:
    topic = '/a:two'
    def send(self, topic=topic):
        producer.produce(topic)
later = lambda topic=topic: producer.produce(topic)
"""
    assert found("topic", source) == [
        (5, "/a:one becomes a--one"),
        (9, "/a:two becomes a--two"),
        (10, "/a:one becomes a--one"),
    ]


def test_what_a_function_or_a_property_returns_is_followed(found):
    source = f"""{PRODUCER}from functools import cached_property

def topic():
    return '/s:function'

def below(host):
    return '/s:' + host

async def late():
    return '/s:late'

short = lambda: '/s:lambda'

class Names:
    @property
    def own(self):
        if self.old:
            return '/s:old'
        return '/s:own'

    @cached_property
    def cached(self):
        return '/s:cached'

    def method(self):
        return '/s:method'

    def nothing(self):
        return self.table[0]

    async def send(self):
        producer.produce(topic())
        producer.produce(below(socket.gethostname()))
        producer.produce(await late())
        producer.produce(short())
        producer.produce(self.own)
        producer.produce(self.cached)
        producer.produce(self.method())
        producer.produce(self.nothing())
        producer.produce(requests.get('x'))

class Other:
    own = '/other:own'
"""
    first = source[: source.index("producer.produce(topic())")].count("\n") + 1
    assert found("topic", source) == [
        (first, "/s:function becomes s--function"),
        (first + 2, "/s:late becomes s--late"),
        (first + 3, "/s:lambda becomes s--lambda"),
        (first + 4, "/s:old becomes s--old"),
        (first + 4, "/s:own becomes s--own"),
        (first + 5, "/s:cached becomes s--cached"),
        (first + 6, "/s:method becomes s--method"),
        (first + 11, "/other:own becomes other--own"),
    ]
    assert found("computed", source) == [
        (first + 1, "/s:{socket.gethostname()}: computed here; /s:TOPIC becomes s--TOPIC"),
        (first + 7, "{self.nothing()}: computed here"),
        (first + 8, "{requests.get('x')}: computed here"),
    ]


def test_topics_and_properties_that_a_function_returns_are_found(check):
    source = f"""{IMPORT}
def topics():
    return ['/s:a', '/s:b']

def configuration():
    return {{'bootstrap.servers': argv[1], 'use.brokers': 1}}

Consumer(configuration()).subscribe(topics())
"""
    assert [(one["line"], one["kind"]) for one in check(main=source)["findings"]] == [
        (4, "topic"),
        (4, "topic"),
        (7, "property"),
    ]


def test_what_is_no_text_is_not_shown_as_one(found):
    assert found(
        "computed",
        PRODUCER
        + """
def send(more, topic=None):
    producer.produce(topic)
    producer.produce({'value': 1})
    produce(producer, topic)
    consumer.subscribe([*more, '/s:a', *['/s:b']])
""",
    ) == [(5, "{topic}: computed here"), (8, "{more}: computed here")]


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("parser.get('mapr', 'topic')", "{parser.get('mapr', 'topic')}: computed here"),
        ("parser.get('mapr', 'topic', fallback='/s:a')", "/s:a becomes s--a"),
        ("options.get('topic', '/s:a')", "/s:a becomes s--a"),
    ],
)
def test_the_second_of_a_parsers_arguments_is_no_default(found, expression, text):
    findings = found("topic", PRODUCER + f"producer.produce({expression}, 'x')\n") + found(
        "computed", PRODUCER + f"producer.produce({expression}, 'x')\n"
    )
    assert [one for _, one in findings] == [text]
