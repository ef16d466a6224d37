"""What a migrating user reads where a name, servers or a time are wrong: what happened, and what to set."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from reports import report_of

from mapr_streams_python import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from mapr_streams_python.testing import MockCluster, wait_until

NOWHERE = {"bootstrap.servers": "127.0.0.1:1", "group.id": "g"}
DUMMY = "this.will.be.ignored:9092"
OVERRIDE = "in [override] of the file that MAPR_STREAMS_CONFIG names replaces it"


def refused(call: Callable[[], Any]) -> str:
    with pytest.raises(KafkaException) as raised:
        call()
    assert raised.value.args[0] == KafkaError._INVALID_ARG
    text: str = raised.value.args[0].str()
    return text


def produced(name: str, **config: Any) -> str:
    with Producer({**NOWHERE, **config}) as producer:
        return refused(lambda: producer.produce(name, b"x"))


def subscribed(name: str, **config: Any) -> str:
    with Consumer({**NOWHERE, **config}) as consumer:
        return refused(lambda: consumer.subscribe([name]))


class TestNames:
    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("/apps/clicks", "it names a stream and no topic; a full name is /apps/clicks:TOPIC"),
            ("/apps:t/clicks", "its colon stands before the last '/'; a full name is /path/to/stream:topic"),
            ("/apps/clicks:a b", "its topic, \"a b\", has other characters than letters, digits, '.', '_' and '-'"),
            ("/apps/../clicks:t", "a path with .. in it is not followed: write the path that it leads to"),
            ("/apps/clicks:page.*", "where it is a pattern, write ^ before it: /apps/clicks:^page.*"),
        ],
    )
    @pytest.mark.parametrize("call", [produced, subscribed])
    def test_what_is_no_name_is_quoted_with_the_reason(self, call, name, text):
        assert f'"{name}" is no name of a stream\'s topic: ' in call(name)
        assert call(name).endswith(text)

    def test_the_home_clusters_variable_is_named_with_the_file_that_was_looked_into(self, monkeypatch, tmp_path):
        monkeypatch.setenv("MAPR_HOME", str(tmp_path))
        text = produced("/mapr/c1/apps/clicks:t")
        assert '"/mapr/c1/apps/clicks:t" names the cluster c1, and it is not known whether' in text
        assert "set the environment variable MAPR_STREAMS_HOME_CLUSTER to the name of its own cluster" in text
        assert f"{tmp_path}/conf/mapr-clusters.conf, which says so on a node of MapR's, names none" in text

    @pytest.mark.parametrize(
        "call",
        [
            lambda producer, consumer: producer.produce("/s:^t", b"x"),
            lambda producer, consumer: producer.list_topics("/s:^t", timeout=1),
            lambda producer, consumer: consumer.assign([TopicPartition("/s:^t", 0)]),
            lambda producer, consumer: consumer.committed([TopicPartition("/s:^t", 0)], timeout=1),
            lambda producer, consumer: consumer.get_watermark_offsets(TopicPartition("/s:^t", 0), timeout=1),
        ],
        ids=["produce", "list_topics", "assign", "committed", "get_watermark_offsets"],
    )
    def test_a_pattern_is_for_subscribe_alone(self, call):
        with Producer(NOWHERE) as producer, Consumer(NOWHERE) as consumer:
            # Which has it among the names that it knows then.
            consumer.subscribe(["/s:^t"])
            text = refused(lambda: call(producer, consumer))
        assert '"/s:^t" is a pattern, which matches topics and is none: patterns are for subscribe alone' in text

    def test_a_pattern_on_the_default_stream_is_for_subscribe_alone(self):
        text = produced("^t", **{"streams.producer.default.stream": "/s"})
        assert '"^t" is a pattern, which matches topics and is none' in text

    @pytest.mark.parametrize("default", [{}, {"streams.consumer.default.stream": "/s"}])
    def test_a_pattern_with_its_mark_before_the_stream_could_match_nothing(self, default):
        text = subscribed("^/apps/clicks:page.*", **default)
        assert text.endswith(
            '"^/apps/clicks:page.*" can match no topic: the ^ of a pattern stands behind the stream, as in'
            " /path/to/stream:^pattern"
        )

    @pytest.mark.parametrize("make", [Producer, Consumer])
    def test_what_is_no_pattern_of_the_blacklist_is_named_with_its_property(self, make):
        text = refused(lambda: make({**NOWHERE, "topic.blacklist": "own,/apps/clicks"}))
        assert text.endswith(
            'configuration property "topic.blacklist": "/apps/clicks" is no name of a stream\'s topic: it names a'
            " stream and no topic; a full name is /apps/clicks:TOPIC"
        )

    def test_of_several_patterns_the_wrong_one_is_named(self):
        with Consumer(NOWHERE) as consumer:
            text = refused(lambda: consumer.subscribe(["/s:^a", "/s:^b(", "c"]))
        assert text == (
            'Failed to set subscription: "/s:^b(" is no pattern: what follows the ^ must be an extended regular'
            " expression of POSIX"
        )

    @pytest.mark.parametrize(
        ("stream", "text"),
        [
            ("/s:u", "that is a topic; the stream alone is /s"),
            ("s", "a stream's path begins with /"),
            ("/s/", "a stream's path does not end with /"),
        ],
    )
    @pytest.mark.parametrize(("call", "kind"), [(produced, "producer"), (subscribed, "consumer")])
    def test_a_default_stream_that_is_none_is_named_with_its_property(self, call, kind, stream, text):
        name = f"streams.{kind}.default.stream"
        assert call("t", **{name: stream}).endswith(
            f'topic "t" names no stream, and {name}, which is to name it, is "{stream}": {text}'
        )

    def test_a_rule_that_a_pattern_cannot_follow_is_named_with_its_place(self, monkeypatch, tmp_path):
        (tmp_path / "settings").write_text("[names]\n/s:page* = web.*\n")
        monkeypatch.setenv("MAPR_STREAMS_CONFIG", str(tmp_path / "settings"))
        text = subscribed("/s:^p.*")
        assert f'"/s:^p.*": the rule of {tmp_path / "settings"}, line 2 is for some topics of this stream' in text


class TestServersOfTheApplication:
    """MapR's client ignores them, so that programs have any."""

    def test_a_record_that_found_none_of_them(self):
        with Producer({"bootstrap.servers": DUMMY, "message.timeout.ms": 1500}) as producer:
            error, _ = report_of(producer, "/s:t", value=b"x", timeout=60)
        assert error == KafkaError._MSG_TIMED_OUT
        assert f'bootstrap.servers is "{DUMMY}", which the application itself has set, and which MapR\'s' in error.str()
        assert f"bootstrap.servers {OVERRIDE}" in error.str()
        assert "message.timeout.ms" not in error.str()

    def test_a_consumer_that_found_none_of_them(self):
        heard: list[KafkaError] = []
        with Consumer({"bootstrap.servers": DUMMY, "group.id": "g", "error_cb": heard.append}) as consumer:
            consumer.subscribe(["/s:t"])
            wait_until(lambda: consumer.poll(0.1) is None and KafkaError._ALL_BROKERS_DOWN in heard, timeout=60)
        (error,) = [error for error in heard if error == KafkaError._ALL_BROKERS_DOWN][:1]
        assert f"bootstrap.servers {OVERRIDE}" in error.str()

    @pytest.mark.parametrize("where", ["environment", "no stream"])
    def test_those_from_outside_and_those_of_a_kafka_program_are_meant(self, monkeypatch, where):
        config = {"message.timeout.ms": 1500}
        if where == "environment":
            monkeypatch.setenv("MAPR_STREAMS_BOOTSTRAP_SERVERS", DUMMY)
        else:
            config["bootstrap.servers"] = DUMMY
        with Producer(config) as producer:
            error, _ = report_of(producer, "t" if where == "no stream" else "/s:t", value=b"x", timeout=60)
        assert error == KafkaError._MSG_TIMED_OUT
        assert "MAPR_STREAMS_CONFIG" not in error.str()

    def test_a_time_in_which_no_broker_can_answer(self):
        with MockCluster() as cluster:
            cluster.create_topic("s--t")
            cluster.set_broker_rtt(-1, 1.0)
            with Producer({"bootstrap.servers": cluster.bootstrap_servers, "message.timeout.ms": 10}) as producer:
                error, _ = report_of(producer, "/s:t", value=b"x", timeout=60)
        assert error == KafkaError._MSG_TIMED_OUT
        assert "message.timeout.ms is 10, in which brokers hardly answer: raise it" in error.str()
        assert f"where the application sets it, message.timeout.ms {OVERRIDE}" in error.str()
