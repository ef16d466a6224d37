"""Settings that come from the environment and from a file: which of several holds, and for whom."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from mapr_streams_python import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from mapr_streams_python.testing import MockCluster, deliver, unique_name


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """`settings(text)` writes the file that MAPR_STREAMS_CONFIG names, and returns its path."""

    def settings(text: str) -> str:
        file = tmp_path / "mapr-streams.conf"
        file.write_text(textwrap.dedent(text))
        monkeypatch.setenv("MAPR_STREAMS_CONFIG", str(file))
        return str(file)

    return settings


def refused(make: Any) -> str:
    with pytest.raises(KafkaException) as raised:
        make()
    assert raised.value.args[0].code() == KafkaError._INVALID_ARG
    text: str = raised.value.args[0].str()
    return text


def limit(config: dict[str, Any]) -> int:
    """The producer's message.max.bytes, which its refusal of a larger message tells."""
    with Producer(config) as producer, pytest.raises(KafkaException, match="message.max.bytes of") as raised:
        producer.produce("t", bytes(3_000_000))
    return int(raised.value.args[0].str().split("message.max.bytes of ")[1].split(":")[0])


class TestServers:
    def test_they_come_from_the_environment(self, monkeypatch):
        with MockCluster() as cluster:
            monkeypatch.setenv("MAPR_STREAMS_BOOTSTRAP_SERVERS", cluster.bootstrap_servers)
            topic = unique_name()
            cluster.create_topic(topic)
            with Producer({}) as producer:
                assert deliver(producer, topic, [{"value": b"1"}])[0].error() is None

    def test_dummies_of_the_application_are_overridden(self, settings):
        with MockCluster() as cluster:
            settings(f"[override]\nbootstrap.servers = {cluster.bootstrap_servers}\nmessage.timeout.ms = 60000\n")
            topic = unique_name()
            cluster.create_topic(topic)
            with Producer({"bootstrap.servers": "this.will.be.ignored:9092", "message.timeout.ms": 10}) as producer:
                assert deliver(producer, topic, [{"value": b"1"}])[0].error() is None


class TestPrecedence:
    def test_of_two_settings_the_later_of_this_list_holds(self, settings, monkeypatch):
        """[client], the client's own section, the environment, the application, [override]."""
        text = "[client]\nmessage.max.bytes = 1001\n"
        settings(text)
        assert limit({}) == 1001
        text += "[producer]\nmessage.max.bytes = 1002\n"
        settings(text)
        assert limit({}) == 1002
        monkeypatch.setenv("MAPR_STREAMS_MESSAGE_MAX_BYTES", "1003")
        assert limit({}) == 1003
        assert limit({"message.max.bytes": 1004}) == 1004
        text += "[override]\nmessage.max.bytes = 1005\n"
        settings(text)
        assert limit({"message.max.bytes": 1004}) == 1005

    def test_the_order_of_the_sections_in_the_file_does_not_matter(self, settings):
        settings(
            "[override]\nmessage.max.bytes = 1005\n[producer]\nmessage.max.bytes = 1002\n[client]\n"
            "message.max.bytes = 1001\n"
        )
        assert limit({"message.max.bytes": 1004}) == 1005
        settings("[producer]\nmessage.max.bytes = 1002\n[client]\nmessage.max.bytes = 1001\n")
        assert limit({}) == 1002

    def test_another_name_of_a_property_is_the_same_property(self, settings):
        settings("[override]\nmetadata.broker.list = localhost:1\n")
        Producer({"bootstrap.servers": "this.will.be.ignored:9092"}).close()

    def test_an_empty_variable_is_as_good_as_none(self, monkeypatch):
        monkeypatch.setenv("MAPR_STREAMS_MESSAGE_MAX_BYTES", "")
        assert limit({"message.max.bytes": 1004}) == 1004

    def test_an_empty_value_of_the_file_is_a_value(self, settings):
        """It takes away what the application has set, which an empty variable does not."""
        settings("[override]\nbootstrap.servers =\n")
        with Producer({"bootstrap.servers": "this.will.be.ignored:9092"}) as producer:
            assert "the client knows no Kafka brokers" in refused(lambda: producer.produce("/s:t", b"x"))

    def test_an_empty_value_that_cannot_be_one_names_file_and_line(self, settings):
        path = settings("[client]\nlinger.ms =\n")
        assert refused(lambda: Producer({})).startswith(f"{path}, line 2: ")


class TestForWhom:
    def test_a_property_of_consumers_reaches_consumers_alone(self, monkeypatch, settings):
        # A producer that was given it would log that it is of no use to it, or refuse its value.
        monkeypatch.setenv("MAPR_STREAMS_AUTO_OFFSET_RESET", "no such value")
        Producer({}).close()
        assert "MAPR_STREAMS_AUTO_OFFSET_RESET" in refused(lambda: Consumer({"group.id": "g"}))

    def test_a_property_of_producers_reaches_producers_alone(self, monkeypatch):
        monkeypatch.setenv("MAPR_STREAMS_COMPRESSION_CODEC", "no such codec")
        Consumer({"group.id": "g"}).close()
        assert "MAPR_STREAMS_COMPRESSION_CODEC" in refused(lambda: Producer({}))

    def test_a_group_may_come_from_outside(self, monkeypatch):
        monkeypatch.setenv("MAPR_STREAMS_GROUP_ID", "g")
        consumer = Consumer({"streams.compatibility": "kafka", "bootstrap.servers": "localhost:1"})
        consumer.subscribe(["t"])
        consumer.close()

    @pytest.mark.parametrize(("application", "outside", "reports"), [(None, "true", 0), ("true", "false", 1)])
    def test_reports_of_errors_alone_may_come_from_outside(self, settings, application, outside, reports):
        settings(f"[override]\ndelivery.report.only.error = {outside}\n")
        heard = []
        with MockCluster() as cluster:
            topic = unique_name()
            cluster.create_topic(topic)
            given = {} if application is None else {"delivery.report.only.error": application}
            with Producer({"bootstrap.servers": cluster.bootstrap_servers, **given}) as producer:
                producer.produce(topic, b"1", callback=lambda error, message: heard.append(error))
                assert producer.flush(60) == 0
        assert heard == [None] * reports

    def test_the_default_stream_may_come_from_outside(self, monkeypatch):
        monkeypatch.setenv("MAPR_STREAMS_STREAMS_PRODUCER_DEFAULT_STREAM", "/s")
        assert "BOOTSTRAP_SERVERS" in refused(lambda: Producer({}))
        Consumer({"group.id": "g"}).close()


class TestTheFile:
    @pytest.mark.parametrize(
        "data",
        [
            b"\xef\xbb\xbf[producer]\nmessage.max.bytes = 2000000\n",
            b"[producer]\r\nmessage.max.bytes = 2000000\r\n",
            b"\t[producer]\t\n \tmessage.max.bytes\t=\t2000000 \t",
            b"# gr\xc3\xb6\xc3\x9fe\n\n[producer]\n\n  # more\nmessage.max.bytes=2000000",
            # As in a file of properties, the last one holds.
            b"[producer]\nmessage.max.bytes = 1500000\nmessage.max.bytes = 2000000\n",
            b"[producer]\nmessage.max.bytes = 1500000\n[client]\n[producer]\nmessage.max.bytes = 2000000\n",
        ],
        ids=["byte order mark", "crlf", "tabs", "comments", "twice", "sections twice"],
    )
    def test_it_is_read_as_editors_write_it(self, monkeypatch, tmp_path, data):
        (tmp_path / "settings").write_bytes(data)
        monkeypatch.setenv("MAPR_STREAMS_CONFIG", str(tmp_path / "settings"))
        assert limit({}) == 2000000


class TestDialect:
    def offset(self, config: dict[str, Any]) -> int:
        """0 before anything was consumed in the MapR dialect, and -1001 in librdkafka's."""
        with Consumer({"group.id": "g", **config}) as consumer:
            return consumer.position([TopicPartition("t", 0)])[0].offset

    def test_the_file_may_choose_it(self, settings, monkeypatch):
        settings("[client]\nstreams.compatibility = kafka\n")
        assert self.offset({}) == -1001
        assert self.offset({"streams.compatibility": "mapr"}) == 0
        monkeypatch.setenv("MAPR_STREAMS_COMPATIBILITY", "mapr")
        assert self.offset({}) == 0

    def test_and_override_what_the_application_chose(self, settings):
        settings("[override]\nstreams.compatibility = kafka\n")
        assert self.offset({"streams.compatibility": "mapr"}) == -1001

    def test_a_wrong_one_names_file_and_line(self, settings):
        path = settings("[client]\n\nstreams.compatibility = neither\n")
        assert refused(lambda: Consumer({"group.id": "g"})) == (
            f'{path}, line 3: "streams.compatibility" must be "mapr" or "kafka", not "neither"'
        )


class TestWrongLines:
    @pytest.mark.parametrize(
        ("text", "line", "what"),
        [
            ("client.id = x\n", 1, "stands in no section"),
            ("[client]\n[clients]\n", 2, "none of the sections"),
            ("[client]\n# a comment\nclient.id\n", 3, "property = value"),
            ("[client]\nno.such.property = 1\n", 2, 'there is no property "no.such.property"'),
            ("[client]\nMAPR_STREAMS_ACKS = 1\n", 2, 'the property of MAPR_STREAMS_ACKS is called "acks"'),
            ("[client]\nhome.cluster = c\n", 2, "by the environment variable MAPR_STREAMS_HOME_CLUSTER"),
            ("[client]\nstreams.rpc.timeout.ms = soon\n", 2, '"streams.rpc.timeout.ms", which is "socket.timeout.ms"'),
            ("[client]\nsocket.timeout.ms = soon\n", 2, "socket.timeout.ms"),
            ("[consumer]\nlinger.ms = 1\n[producer]\nauto.offset.reset = latest\n", 2, "producers"),
            ("[names]\n/a:* = */*\n", 2, "has more than one *"),
            ("[names]\n/a:b = c # d\n", 2, "no comment may stand behind it"),
        ],
    )
    def test_each_names_file_and_line(self, settings, text, line, what):
        path = settings(text)
        found = refused(lambda: Producer({}))
        assert f"{path}, line {line}" in found
        assert what in found

    def test_a_file_that_is_not_there_is_named(self, monkeypatch, tmp_path):
        monkeypatch.setenv("MAPR_STREAMS_CONFIG", str(tmp_path / "none"))
        found = refused(lambda: Producer({}))
        assert "MAPR_STREAMS_CONFIG" in found
        assert str(tmp_path / "none") in found

    @pytest.mark.parametrize(
        ("data", "line"),
        [(b"[client]\nclient.id = caf\xe9\n", 2), ("[client]\n".encode("utf-16"), 1)],
        ids=["latin-1", "utf-16"],
    )
    def test_a_file_in_another_encoding_is_said_to_be_it(self, monkeypatch, tmp_path, data, line):
        (tmp_path / "settings").write_bytes(data)
        monkeypatch.setenv("MAPR_STREAMS_CONFIG", str(tmp_path / "settings"))
        assert refused(lambda: Producer({})) == (
            f"{tmp_path / 'settings'}, line {line}: this is not UTF-8, which a file of settings is in"
        )

    def test_a_folder_is_no_file(self, monkeypatch, tmp_path):
        monkeypatch.setenv("MAPR_STREAMS_CONFIG", str(tmp_path))
        assert refused(lambda: Producer({})) == (
            f"environment variable MAPR_STREAMS_CONFIG names the file {tmp_path}: Is a directory"
        )

    @pytest.mark.parametrize("line", ["sasl.password hunter2", "[client]\nsasl.password hunter2"])
    def test_a_secret_is_not_repeated(self, settings, line):
        settings(f"{line}\n")
        assert "hunter2" not in refused(lambda: Producer({}))

    @pytest.mark.parametrize("name", ["error_cb", "rebalance_cb", "on_delivery", "logger", "default.topic.config"])
    def test_what_is_no_text_is_the_applications_alone(self, settings, monkeypatch, name):
        problem = f'"{name}" cannot be set here, only by the application: '
        path = settings(f"[client]\n{name} = x\n")
        assert refused(lambda: Producer({})).startswith(f"{path}, line 2: {problem}")
        variable = f"MAPR_STREAMS_{name.upper().replace('.', '_')}"
        monkeypatch.setenv(variable, "x")
        monkeypatch.delenv("MAPR_STREAMS_CONFIG")
        assert refused(lambda: Producer({})).startswith(f"environment variable {variable}: {problem}")

    def test_a_variable_of_another_clients_property_names_ours(self, monkeypatch):
        monkeypatch.setenv("MAPR_STREAMS_MAX_REQUEST_SIZE", "1")
        assert refused(lambda: Producer({})) == (
            'environment variable MAPR_STREAMS_MAX_REQUEST_SIZE: there is no property "max.request.size"; '
            'set "message.max.bytes" instead'
        )

    def test_what_a_client_is_refused_for_as_a_whole_names_file_and_line(self, settings):
        path = settings("[client]\nsession.timeout.ms = 400000\n[override]\nssl.ca.location = /no/such.pem\n")
        assert f"session.timeout.ms is set by {path}, line 2" in refused(lambda: Consumer({"group.id": "g"}))
        found = refused(lambda: Producer({"security.protocol": "ssl"}))
        assert f'ssl.ca.location is "/no/such.pem" by {path}, line 4: No such file' in found

    def test_a_variable_that_could_mean_no_property_is_the_applications(self, run_python):
        """An application's own may begin with MAPR_STREAMS_ too."""
        ran = run_python(
            "from mapr_streams_python import Producer\nfor _ in range(2): Producer({'linger.ms': 1}).close()\n",
            env={"MAPR_STREAMS_TOPIC": "/apps/clicks:pageviews"},
        )
        ran.check()
        assert ran.stderr.count("environment variable MAPR_STREAMS_TOPIC sets nothing, since no property has") == 1
        assert "the application (python -m mapr_streams_python config --set shows what is set)" in ran.stderr

    def test_a_variable_in_another_encoding_is_said_to_be_it(self, monkeypatch):
        monkeypatch.setenv("MAPR_STREAMS_CLIENT_ID", "caf\udce9")
        assert refused(lambda: Producer({})) == "environment variable MAPR_STREAMS_CLIENT_ID: its value is not UTF-8"

    def test_a_variable_of_no_property_names_the_nearest(self, monkeypatch):
        monkeypatch.setenv("MAPR_STREAMS_BOOTSTRAP_SERVER", "localhost:1")
        assert "did you mean MAPR_STREAMS_BOOTSTRAP_SERVERS?" in refused(lambda: Producer({}))


class TestMaprsOwnProperties:
    @pytest.mark.parametrize(
        "given",
        [
            {"streams.parallel.flushers.per.partition": "false"},
            {"streams.buffer.max.time.ms": 5},
            {"buffer.memory": 33554432},
            {"streams.rpc.timeout.ms": 305000},
            {"use.brokers": "false"},
        ],
        ids=lambda given: next(iter(given)),
    )
    def test_a_client_takes_them(self, given):
        Producer({**given, "bootstrap.servers": "localhost:1"}).close()

    def test_one_without_effect_is_warned_of_once(self, run_python):
        ran = run_python(
            "from mapr_streams_python import Producer\n"
            "for _ in range(3): Producer({'use.brokers': 'true', 'bootstrap.servers': 'localhost:1'}).close()\n"
        )
        ran.check()
        assert ran.stderr.count("use.brokers has no effect on Apache Kafka") == 1

    def test_a_logger_gets_the_warning(self, run_python):
        ran = run_python(
            "from mapr_streams_python import Producer\n"
            "class Logger:\n"
            "    def log(self, level, form, *values): print(level, form % values)\n"
            "producer = Producer({'use.brokers': 'true', 'logger': Logger(), 'client.id': 'mine'})\n"
        )
        assert "30 CONFWARN [mine#producer-1] use.brokers has no effect on Apache Kafka: " in ran.check()

    def test_log_level_leaves_it_out(self, run_python):
        ran = run_python(
            "from mapr_streams_python import Producer\nProducer({'use.brokers': 'true', 'log_level': 3}).close()\n"
        )
        ran.check()
        assert "use.brokers" not in ran.stderr

    @pytest.mark.parametrize("name", ["streams.parallel.flushers.per.partition", "streams.topic.mapping"])
    def test_a_wrong_value_is_named(self, name):
        assert name in refused(lambda: Producer({name: "perhaps", "bootstrap.servers": "localhost:1"}))

    def test_one_of_streams_needs_servers(self):
        text = refused(lambda: Producer({"streams.parallel.flushers.per.partition": False}))
        assert '"streams.parallel.flushers.per.partition" is set, and the client knows no Kafka brokers' in text
        assert "MAPR_STREAMS_BOOTSTRAP_SERVERS" in text

    def test_a_value_that_librdkafka_refuses_is_told_under_the_name_that_was_given(self):
        given = {"streams.buffer.max.time.ms": 100000000, "bootstrap.servers": "localhost:1"}
        text = refused(lambda: Producer(given))
        assert '"streams.buffer.max.time.ms", which is "queue.buffering.max.ms" on Apache Kafka: ' in text

    def test_one_that_nobody_knows_can_be_left_out(self):
        text = refused(lambda: Producer({"streams.foo": 1, "bootstrap.servers": "localhost:1"}))
        assert '"streams.foo"; it is none of those that MapR documents' in text
        assert "leave it out" in text

    def test_an_unknown_one_still_fails_with_the_nearest(self):
        assert "bootstrap.servers" in refused(lambda: Producer({"bootstrap.serverz": "x"}))
