"""`python -m mapr_streams_python topic`."""

from __future__ import annotations

import pytest

from mapr_streams_python.__main__ import main

NAMES = [
    ("/apps/clicks:pageviews", "apps--clicks--pageviews"),
    ("/sample-stream:fast-messages", "sample-stream--fast-messages"),
    ("/user/mapr/iot_stream:sensor_record", "user--mapr--iot_stream--sensor_record"),
    (
        "/var/mapr/mapr.monitoring/metricstreams/0:node1.example.com",
        "var--mapr--mapr-.monitoring--metricstreams--0--node1.example.com",
    ),
    ("/countries/france/streams/New York:default_topic", "countries--france--streams--New__20York--default_topic"),
    ("/a/b-:c--d", "a--b__2D--c__2D-d"),
]
CREATE = "  kafka-topics.sh --bootstrap-server localhost:9092 --create --if-not-exists --topic"


def printed(capsys) -> list[str]:
    return capsys.readouterr().out.splitlines()


def complaint(capsys) -> str:
    captured = capsys.readouterr()
    return captured.err


def test_each_name_is_printed_with_the_command_that_creates_its_topic(capsys):
    assert main(["topic", *(name for name, _ in NAMES)]) == 0
    expected = [line for name, topic in NAMES for line in (f"{name} = {topic}", f"{CREATE} {topic}")]
    assert printed(capsys) == expected


def test_reverse_leads_back(capsys):
    assert main(["topic", "--reverse", "--plain", *(topic for _, topic in NAMES)]) == 0
    assert printed(capsys) == [name for name, _ in NAMES]
    assert main(["topic", "--reverse", NAMES[0][1]]) == 0
    assert printed(capsys) == ["apps--clicks--pageviews = /apps/clicks:pageviews"]


def test_a_kafka_topic_that_is_no_streams_is_an_error_of_its_own(capsys):
    assert main(["topic", "--reverse", "plain", "a--b"]) == 1
    captured = capsys.readouterr()
    assert captured.out == "a--b = /a:b\n"
    assert captured.err == "error: plain: no stream's topic becomes this Kafka topic, by these rules\n"


def test_a_wrong_name_is_an_error_and_the_others_are_printed(capsys):
    assert main(["topic", "--plain", "/apps/clicks", "/a:b", "New York"]) == 1
    captured = capsys.readouterr()
    assert captured.out == "a--b\n"
    assert captured.err.splitlines() == [
        'error: "/apps/clicks" is no name of a stream\'s topic: it names a stream and no topic; a full name is '
        "/apps/clicks:TOPIC",
        'error: topic \'New York\': Kafka takes only letters and digits of ASCII, ".", "_" and "-"',
    ]


def test_partitions_and_servers_stand_in_the_command(capsys, monkeypatch):
    monkeypatch.setenv("MAPR_STREAMS_BOOTSTRAP_SERVERS", "kafka:9092")
    assert main(["topic", "/a:b", "--partitions", "4"]) == 0
    assert printed(capsys)[1].endswith(
        "--bootstrap-server kafka:9092 --create --if-not-exists --topic a--b --partitions 4"
    )
    assert main(["topic", "/a:b", "--bootstrap-server", "other:1"]) == 0
    assert "--bootstrap-server other:1 " in printed(capsys)[1]


def test_a_pattern_creates_nothing(capsys):
    assert main(["topic", "/apps/clicks:^page.*"]) == 0
    assert printed(capsys) == [
        "/apps/clicks:^page.* = ^apps--clicks--(page.*)",
        "  # a pattern: it matches topics, and creates none",
    ]


def test_bare_names_are_kafkas_own_or_the_default_streams(capsys):
    assert main(["topic", "--plain", "pageviews"]) == 0
    assert main(["topic", "--plain", "--default-stream", "/apps/clicks", "pageviews"]) == 0
    assert printed(capsys) == ["pageviews", "apps--clicks--pageviews"]


def test_names_are_read_from_standard_input(capsys, monkeypatch):
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("/a:b\n\n/a:c\r\n"))
    assert main(["topic", "--plain", "-"]) == 0
    assert printed(capsys) == ["a--b", "a--c"]


@pytest.mark.parametrize("by", ["option", "environment"])
def test_rules_come_from_a_file(by, capsys, monkeypatch, tmp_path):
    rules = tmp_path / "streams.conf"
    rules.write_text("[client]\nacks = all\n[names]\n/apps/clicks:* = web.*\n")
    options = ["--rules", str(rules)] if by == "option" else []
    if by == "environment":
        monkeypatch.setenv("MAPR_STREAMS_CONFIG", str(rules))
    assert main(["topic", "--plain", "/apps/clicks:t", *options]) == 0
    assert main(["topic", "--plain", "--reverse", "web.t", *options]) == 0
    assert printed(capsys) == ["web.t", "/apps/clicks:t"]


def test_a_wrong_rule_names_its_file_and_line(capsys, tmp_path):
    rules = tmp_path / "streams.conf"
    rules.write_text("[names]\n/apps/clicks = web\n")
    assert main(["topic", "/a:b", "--rules", str(rules)]) == 2
    assert complaint(capsys) == (
        f'error: {rules}, line 2: "/apps/clicks" names no topic of a stream; the left side of a rule is '
        "/path/to/stream:topic, with * for any characters\n"
    )


def test_a_file_that_is_not_there_is_named(capsys, tmp_path):
    assert main(["topic", "/a:b", "--rules", str(tmp_path / "none")]) == 2
    assert complaint(capsys) == f"error: {tmp_path / 'none'}: No such file or directory\n"


def test_two_names_of_one_topic_are_an_error(capsys, tmp_path):
    rules = tmp_path / "rules"
    rules.write_text("*:* = *\n")
    assert main(["topic", "--plain", "/a:t", "/b:t", "--rules", str(rules)]) == 1
    assert complaint(capsys) == (
        "error: /a:t and /b:t both become the Kafka topic t: one of them needs a rule of its own in [names] of the "
        "file that MAPR_STREAMS_CONFIG names\n"
    )


def test_a_name_that_kafka_cannot_take_comes_with_the_rule_that_cures_it(capsys, tmp_path):
    name = f"/{'p' * 200}:{'t' * 60}"
    assert main(["topic", name]) == 1
    said = complaint(capsys)
    assert "which has 262 characters, and Kafka takes 249" in said
    rules = tmp_path / "rules"
    rules.write_text(said.rsplit("another name: ", 1)[1])
    assert main(["topic", "--plain", name, "--rules", str(rules)]) == 0


class TestHomeCluster:
    def test_it_is_an_option(self, capsys):
        assert main(["topic", "--plain", "/mapr/c1/s:t", "/mapr/c2/s:t", "--home-cluster", "c1"]) == 0
        assert printed(capsys) == ["s--t", "mapr--c2--s--t"]

    def test_it_is_an_environment_variable(self, capsys, monkeypatch):
        monkeypatch.setenv("MAPR_STREAMS_HOME_CLUSTER", "c1")
        assert main(["topic", "--plain", "/mapr/c1/s:t"]) == 0
        assert printed(capsys) == ["s--t"]

    def test_it_is_the_first_word_of_maprs_own_file(self, capsys, monkeypatch, tmp_path):
        (tmp_path / "conf").mkdir()
        (tmp_path / "conf" / "mapr-clusters.conf").write_text("# ours\n\nc1 secure=true node1:7222\nc2 node2:7222\n")
        monkeypatch.setenv("MAPR_HOME", str(tmp_path))
        assert main(["topic", "--plain", "/mapr/c1/s:t", "/mapr/c2/s:t"]) == 0
        assert printed(capsys) == ["s--t", "mapr--c2--s--t"]

    def test_where_it_is_not_known_the_error_says_what_to_set(self, capsys):
        assert main(["topic", "/mapr/c1/s:t"]) == 1
        assert "variable MAPR_STREAMS_HOME_CLUSTER to the name of its own cluster" in complaint(capsys)


class TestTheExtensionsType:
    def test_arguments_are_checked(self):
        from mapr_streams_python.cimpl import _TopicNames

        with pytest.raises(TypeError, match="rules must be str, not bytes"):
            _TopicNames(b"")
        with pytest.raises(ValueError, match="default_stream must not contain a null character"):
            _TopicNames(default_stream="/a\0b")
        with pytest.raises(TypeError, match="name must be str, not int"):
            _TopicNames().kafka_topic(1)
        with pytest.raises(ValueError, match="topic must not contain a null character"):
            _TopicNames().stream_name("a\0")
        with pytest.raises(RuntimeError, match="not initialized"):
            _TopicNames.__new__(_TopicNames).kafka_topic("x")

    def test_a_second_init_replaces_the_first(self):
        from mapr_streams_python.cimpl import _TopicNames

        names = _TopicNames()
        names.__init__(rules="/a:* = *")
        assert names.kafka_topic("/a:b") == "b"
