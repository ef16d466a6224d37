"""The names that the migration check finds in sources."""

from __future__ import annotations

IMPORT = "from mapr_streams_python import Consumer, Producer, TopicPartition\n"
PLACE = "[names] of the file that MAPR_STREAMS_CONFIG names"
PRODUCER = IMPORT + "producer = Producer({'bootstrap.servers': argv[1]})\n"


def test_names_are_found_wherever_a_topic_is_given(found):
    assert found(
        "topic",
        IMPORT
        + """
consumer = Consumer({'bootstrap.servers': argv[1]})
TOPICS = ['/s:a', '/s:b']
consumer.subscribe(TOPICS)
consumer.subscribe(topics=['/s:^c.*'])
consumer.assign([TopicPartition('/s:d', 0)])
consumer.list_topics(topic='/s:e')
for topic in ('/s:f', '/s:g'):
    producer.produce(topic=topic, value='x')
""",
    ) == [
        (4, "/s:a becomes s--a"),
        (4, "/s:b becomes s--b"),
        (6, "/s:^c.* becomes ^s--(c.*)"),
        (7, "/s:d becomes s--d"),
        (8, "/s:e becomes s--e"),
        (10, "/s:f becomes s--f"),
        (10, "/s:g becomes s--g"),
    ]


def test_a_full_name_in_a_file_without_a_client_is_found(check):
    report = check(settings='"""Of /no:documentation."""\nTOPIC = "/apps/clicks:pageviews"\nPATH = "/usr/bin:/bin"\n')
    assert [(one["line"], one["name"], one["topic"]) for one in report["findings"]] == [
        (2, "/apps/clicks:pageviews", "apps--clicks--pageviews")
    ]


def test_without_any_client_only_a_name_below_a_folder_is_taken_for_one(check):
    options = 'OPTIONS = ["/DEBUG:FULL", "/apps/clicks:pageviews"]\n'
    assert [one["name"] for one in check(build=options)["findings"]] == ["/apps/clicks:pageviews"]
    report = check(build=options, main=PRODUCER)
    assert [one["name"] for one in report["findings"]] == ["/DEBUG:FULL", "/apps/clicks:pageviews"]


def test_bare_topics_are_the_default_streams(found):
    source = (
        IMPORT
        + """
conf = {'bootstrap.servers': argv[1]}
conf['streams.producer.default.stream'] = '/apps/clicks'
producer = Producer(conf)
producer.produce('pageviews', 'x')
producer.produce('/other:t', 'x')
consumer = Consumer(dict(conf, **{'streams.consumer.default.stream': '/apps/views'}))
consumer.subscribe(['pageviews', '^re.*'])
"""
    )
    assert found("topic", source) == [
        (4, "the producer's default stream /apps/clicks: TOPIC becomes apps--clicks--TOPIC"),
        (6, "/apps/clicks:pageviews becomes apps--clicks--pageviews"),
        (7, "/other:t becomes other--t"),
        (8, "the consumer's default stream /apps/views: TOPIC becomes apps--views--TOPIC"),
        (9, "/apps/views:pageviews becomes apps--views--pageviews"),
        (9, "/apps/views:^re.* becomes ^apps--views--(re.*)"),
    ]


def test_kafkas_own_topics_are_nothing_to_do(check):
    assert check(main=PRODUCER + "producer.produce('pageviews', 'x')\n")["findings"] == []


def test_collisions_are_found_across_files(check, tmp_path):
    rules = tmp_path / "rules"
    rules.write_text("*:* = *\n")
    report = check(
        "--rules",
        str(rules),
        one=PRODUCER + "producer.produce('/a:t', 'x')\n",
        two=PRODUCER + "producer.produce('/b:t', 'x')\n",
    )
    assert [(one["file"], one["text"]) for one in report["findings"] if one["kind"] == "collision"] == [
        ("two.py", f"/a:t and /b:t both become the Kafka topic t: one of them needs a rule of its own in {PLACE}")
    ]


def test_topics_that_kafka_takes_for_one_are_a_collision(found):
    assert found("collision", PRODUCER + "producer.produce('/s:a.b')\nproducer.produce('/s:a_b')\n") == [
        (4, "s--a_b and s--a.b are one name for Kafka, which takes . and _ for the same, and refuses the second")
    ]


def test_names_that_become_no_topic_are_found_with_the_reason(found):
    long = "/" + "p" * 250
    findings = found("name", PRODUCER + f"producer.produce('{long}:t')\nproducer.produce('/mapr/c1/s:t')\n")
    assert [line for line, _ in findings] == [3, 4]
    assert f"has 253 characters, and Kafka takes 249. A line in {PLACE} gives it another name:" in findings[0][1]
    assert "set the environment variable MAPR_STREAMS_HOME_CLUSTER" in findings[1][1]


def test_a_computed_name_that_no_value_could_make_a_topic_is_found_with_the_reason(found):
    findings = found(
        "name",
        PRODUCER
        + """
import sys
producer.produce('/mapr/c1/s:' + sys.argv[1])
producer.produce('/mapr/c1/logs/' + sys.argv[1])
producer.produce('/mapr/%s/s:t' % sys.argv[1])
Producer({'streams.producer.default.stream': '/mapr/c1/' + sys.argv[1]})
producer.produce('/a/../s:' + sys.argv[1])
""",
    )
    assert [line for line, _ in findings] == [5, 6, 7, 8, 9]
    for line, text in findings[:4]:
        cluster = "CLUSTER" if line == 7 else "c1"
        assert f'computed here; "/mapr/{cluster}/' in text
        assert "set the environment variable MAPR_STREAMS_HOME_CLUSTER" in text
    assert "/a/../s:{sys.argv[1]}: computed here;" in findings[4][1]
    assert "a path with .. in it is not followed" in findings[4][1]


def test_a_computed_name_below_a_cluster_is_computed_alone_where_the_home_is_known(found):
    source = PRODUCER + "producer.produce('/mapr/%s/s:t' % cluster)\n"
    assert found("computed", source, "--home-cluster", "c1") == [(3, "/mapr/{cluster}/s:t: computed here")]


def test_the_home_cluster_is_an_option(found):
    source = PRODUCER + "producer.produce('/mapr/c1/s:t')\n"
    assert found("topic", source, "--home-cluster", "c1") == [(3, "/mapr/c1/s:t becomes s--t")]


class TestAFileThatIsHandedAClient:
    MAIN = PRODUCER + "import sender\nsender.send(producer)\n"

    def findings(self, report):
        return [(one["file"], one["line"], one["text"]) for one in report["findings"] if one["file"] != "main.py"]

    def test_its_names_are_found(self, check):
        sender = """def send(producer, consumer, topic):
    producer.produce('/s:' + 'a')
    producer.produce(topic)
    consumer.subscribe(['/s:^b.*', 'c'])
    consumer.subscribe(topic)
    observable.subscribe('/devices/1')
"""
        assert self.findings(check(main=self.MAIN, sender=sender)) == [
            ("sender.py", 2, "/s:a becomes s--a"),
            ("sender.py", 3, "{topic}: computed here"),
            ("sender.py", 4, "/s:^b.* becomes ^s--(b.*)"),
        ]
        # Where nobody uses the client, `produce` and `subscribe` are somebody else's.
        assert self.findings(check(sender=sender)) == []

    def test_its_bare_topics_are_of_the_default_stream_of_the_project(self, check):
        main = IMPORT + "p = Producer({'bootstrap.servers': argv[1], 'streams.producer.default.stream': '/apps/s'})\n"
        assert self.findings(check(main=main, sender="def send(p):\n    p.produce('a', 'x')\n")) == [
            ("sender.py", 2, "/apps/s:a becomes apps--s--a")
        ]

    def test_properties_in_a_file_of_settings_are_found(self, check):
        settings = """CLIENT = {'bootstrap.servers': argv[1], 'use.brokers': True}
COLOURS = {'logger': 1, 'opaque': 0.5}
TOPIC = {'retention.ms': 1, 'cleanup.policy': 'compact'}
"""
        assert self.findings(check(main=self.MAIN, settings=settings)) == [
            ("settings.py", 1, "use.brokers: this client always talks to the brokers of bootstrap.servers")
        ]


def test_a_default_stream_without_its_slash_is_found(found):
    source = IMPORT + "Producer({'bootstrap.servers': argv[1], 'streams.producer.default.stream': 'apps/s'})\n"
    assert found("name", source) == [(2, "the producer's default stream apps/s: a stream's path begins with /")]
