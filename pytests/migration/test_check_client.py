"""Properties, arguments, imports and what is no matter of a client."""

from __future__ import annotations

import pytest

IMPORT = "from mapr_streams_python import Consumer, Producer\n"


def properties(found, source):
    return [text for _, text in found("property", IMPORT + source)]


@pytest.mark.parametrize(
    ("name", "fate"),
    [
        (
            "streams.parallel.flushers.per.partition",
            "false keeps the order of a partition's messages, as max.in.flight.",
        ),
        ("streams.buffer.max.time.ms", "librdkafka calls it queue.buffering.max.ms"),
        ("use.brokers", "this client always talks to the brokers of bootstrap.servers"),
        ("log_cb", "give the property logger a logging.Logger"),
        ("partitioner_cb", "choose a partitioner by name with the property partitioner, or give produce its partition"),
        ("opaque", "bind what a callback needs to it: a closure or functools.partial"),
        ("key.serializer", "a SerializingProducer takes it; produce() of a Producer takes str and bytes"),
        ("ssl.truststore.location", 'set "ssl.ca.location" to a file of PEM certificates instead'),
        ("zookeeper.connect", 'name Kafka\'s brokers in "bootstrap.servers" instead'),
        ("bootstrap.sevrers", 'no client has it; did you mean "bootstrap.servers"?'),
        ("no.such.property.at.all", "no client has it"),
    ],
)
def test_a_property_that_librdkafka_does_not_know_is_found_with_its_fate(name, fate, found):
    assert properties(found, f"producer = Producer({{'{name}': None}})\n")[0].startswith(f"{name}: {fate}")


def test_properties_that_are_as_they_were_are_no_finding(found):
    source = """
conf = {'bootstrap.servers': 'x', 'group.id': str(1), 'rebalance_cb': print, 'enable.auto.commit': False,
        'default.topic.config': {'auto.offset.reset': 'earliest', 'produce.offset.report': True}}
consumer = Consumer(**conf)
producer = Producer({'message.max.bytes': 10000000, 'dr_msg_cb': print, 'streams.compatibility': 'mapr'})
"""
    assert properties(found, source) == []


def test_properties_are_found_on_every_way_to_a_client(found):
    assert properties(
        found,
        """
base = {'use.brokers': 'true'}
conf = dict(base)
conf['fetch.max.wait.ms'] = 10
consumer = Consumer(conf, opaque=1)
producer = Producer(**{'default.topic.config': {'key.serializer': 1}})
elsewhere = {'log_cb': print}
""",
    ) == [
        "use.brokers: this client always talks to the brokers of bootstrap.servers",
        'fetch.max.wait.ms: the property is "fetch.wait.max.ms" here',
        "opaque: bind what a callback needs to it: a closure or functools.partial",
        "key.serializer: a SerializingProducer takes it; produce() of a Producer takes str and bytes",
        "log_cb: give the property logger a logging.Logger",
    ]


def test_times_that_mapr_ignores_and_kafka_does_not_are_found(found):
    assert properties(
        found, "c = Consumer({'session.timeout.ms': 100})\np = Producer({'message.timeout.ms': '10', 'acks': 1})\n"
    ) == [
        "session.timeout.ms of 100: brokers refuse members of a group that have less than "
        "group.min.session.timeout.ms, which is 6000",
        "message.timeout.ms of 10: MapR ignores it; on Kafka a message that is not delivered in that time has failed",
    ]


def test_a_project_that_names_no_servers_is_told_once(check):
    report = check(one=IMPORT + "a = Producer({})\n", two=IMPORT + "b = Consumer({'group.id': 'g'})\n")
    servers = [(one["file"], one["line"]) for one in report["findings"] if one["kind"] == "servers"]
    assert servers == [("one.py", 2)]
    assert "Set MAPR_STREAMS_BOOTSTRAP_SERVERS to the brokers, where the application runs." in report["next"]


@pytest.mark.parametrize(
    ("setting", "kinds"),
    [
        ("[client]\nlinger.ms = 1\n", ["servers"]),
        ("[client]\nbootstrap.servers = kafka:9092\n", []),
        ("[override]\nbootstrap.servers = kafka:9092\n", []),
        ("[client]\nno.such.property = 1\n", ["servers"]),
    ],
)
def test_servers_that_come_from_outside_are_nothing_to_do(check, monkeypatch, tmp_path, setting, kinds):
    (tmp_path / "settings").write_text(setting)
    monkeypatch.setenv("MAPR_STREAMS_CONFIG", str(tmp_path / "settings"))
    assert [one["kind"] for one in check(main=IMPORT + "Producer({})\n")["findings"]] == kinds


def test_a_variable_with_servers_leaves_nothing_to_do(check, monkeypatch):
    monkeypatch.setenv("MAPR_STREAMS_BOOTSTRAP_SERVERS", "kafka:9092")
    assert check(main=IMPORT + "Producer({})\n")["findings"] == []


@pytest.mark.parametrize(("section", "kinds"), [("client", ["topic", "override"]), ("override", ["topic"])])
def test_servers_of_a_program_that_are_replaced_from_outside_are_no_finding(
    check, monkeypatch, tmp_path, section, kinds
):
    (tmp_path / "settings").write_text(f"[{section}]\nbootstrap.servers = kafka:9092\n")
    monkeypatch.setenv("MAPR_STREAMS_CONFIG", str(tmp_path / "settings"))
    source = IMPORT + "Producer({'bootstrap.servers': 'dummy:1'}).produce('/s:t')\n"
    assert [one["kind"] for one in check(main=source)["findings"]] == kinds


def test_servers_that_any_source_sets_are_enough(check):
    report = check(one=IMPORT + "a = Producer({})\n", two=IMPORT + "b = Consumer({'metadata.broker.list': 'k'})\n")
    assert report["findings"] == []


def test_async_is_found_with_its_rewrite(found):
    assert found("async", "consumer.commit(async=False)\nconsumer.commit(message, async = True)\n") == [
        (1, "async=False: async is a keyword from Python 3.7 on; write asynchronous=False"),
        (2, "async = True: async is a keyword from Python 3.7 on; write asynchronous=True"),
    ]


def test_async_of_what_may_be_no_commit_is_left_to_whoever_reads_it(found):
    source = IMPORT + "partial(consumer.commit, async=True)\npool.apply(job, async=False)\n"
    assert found("async", source) == [
        (2, "async=True: async is a keyword from Python 3.7 on; write asynchronous=True where it is for commit"),
        (3, "async=False: async is a keyword from Python 3.7 on; write asynchronous=False where it is for commit"),
    ]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("from confluent_kafka import Consumer", "confluent_kafka was the name of MapR's package"),
        ("import confluent_kafka", "confluent_kafka was the name of MapR's package"),
        ("from mapr_streams_python.avro import AvroProducer", "mapr_streams_python has no module avro"),
        ("import mapr_streams_python.avro", "mapr_streams_python has no module avro"),
        ("from mapr_streams_python import NoSuchName", "mapr_streams_python has no NoSuchName to import"),
    ],
)
def test_imports_that_moved_are_found(line, text, found):
    findings = found("import", line + "\n")
    assert len(findings) == 1
    assert findings[0][1].startswith(text)


@pytest.mark.parametrize(
    "line",
    [
        "from mapr_streams_python import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition",
        "from mapr_streams_python import libversion as v, OFFSET_BEGINNING",
        "from mapr_streams_python.cimpl import Producer",
        "import mapr_streams_python as kafka",
    ],
)
def test_imports_that_are_as_they_were_are_no_finding(line, found):
    assert found("import", line + "\n") == []


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("os.system('maprcli stream create -path /apps/clicks')", "maprcli is the Data Fabric's"),
        ("subprocess.call(['maprcli', 'stream', 'topic', 'create'])", "maprcli manages topics"),
        ("subprocess.check_output('maprcli stream cursor list -path ' + path)", "maprcli lists cursors"),
        ("open('/opt/mapr/conf/mapr-clusters.conf')", "mapr-clusters.conf tells the Data Fabric's clusters"),
        ("os.path.islink('/mapr/my.cluster.com/apps/clicks')", "islink: a stream is a link"),
        ("from mapr.ojai.storage.ConnectionFactory import ConnectionFactory", "mapr.ojai is a client of MapR Database"),
        ("from mapr import ojai", "mapr.ojai is a client of MapR Database"),
    ],
)
def test_what_is_no_matter_of_a_client_is_found(line, text, found):
    findings = found("platform", IMPORT + line + "\n")
    assert [line for line, _ in findings] == [2]
    assert findings[0][1].startswith(text)


def test_a_class_of_the_applications_with_a_clients_name_and_its_own_constructor_is_no_client(check):
    own = """
class Consumer(mapr_streams_python.Consumer):
    def __init__(self, settings):
        super().__init__({'group.id': settings['group']})

class Producer(mapr_streams_python.Producer):
    pass
"""
    source = IMPORT + "import mapr_streams_python, own\nfrom own import Producer\n"
    source += "own.Consumer({'group': 'g', 'bootstrap.servers': 'k'})\nProducer({'use.brokers': 1})\n"
    assert [(one["line"], one["kind"]) for one in check(main=source, own=own)["findings"]] == [(5, "property")]


def test_a_time_of_none_is_not_too_short(found):
    assert properties(found, "p = Producer({'message.timeout.ms': 0, 'delivery.timeout.ms': '0'})\n") == []


DUMMIES = "{'bootstrap.servers': 'this.will.be.ignored:9092'}"


def test_servers_that_a_program_of_maprs_sets_are_found(check):
    report = check(main=IMPORT + f"CONF = {DUMMIES}\nProducer(CONF).produce('/s:t', 'x')\n")
    assert [(one["line"], one["text"]) for one in report["findings"] if one["kind"] == "override"] == [
        (
            2,
            'bootstrap.servers is "this.will.be.ignored:9092" here, which MapR\'s client ignores: where these are not'
            " the brokers that are meant, the section [override] of the file that MAPR_STREAMS_CONFIG names replaces"
            " them",
        )
    ]
    assert any("in [override] of the file of settings" in step for step in report["next"])


@pytest.mark.parametrize(
    "source",
    [f"Producer({DUMMIES}).produce('plain', 'x')\n", "Producer({'bootstrap.servers': argv[1]}).produce('/s:t', 'x')\n"],
    ids=["no stream", "computed"],
)
def test_servers_of_a_program_for_kafka_are_its_own(found, source):
    assert found("override", IMPORT + source) == []


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (
            "from confluent_kafka.avro import AvroProducer",
            "has no module avro: that of an installed confluent-kafka works",
        ),
        ("from mapr_streams_python import avro", "has no avro to import: that of an installed confluent-kafka works"),
    ],
)
def test_what_confluent_kafka_brings_is_said_to_work(found, line, text):
    assert text in found("import", f"{line}\n")[-1][1]
