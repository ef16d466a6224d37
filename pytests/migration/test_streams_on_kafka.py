"""Names of MapR streams wherever a topic is named, both ways, on the mock cluster and on a real Kafka."""

from __future__ import annotations

import time
from typing import Any

import pytest
from clusters import on_mock_and_one_node
from limits import HANG

import mapr_streams_python
from mapr_streams_python import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition, kafka
from mapr_streams_python.testing import MockCluster, deliver, read, unique_name, wait_until


@pytest.fixture
def stream(kafka_cluster) -> str:
    """A stream of this test alone, with the topic `t` of two partitions and the topic `u` of one."""
    path = f"/apps/{unique_name('s')}"
    kafka_cluster.create_topic(kafka_name(path, "t"), 2)
    kafka_cluster.create_topic(kafka_name(path, "u"), 1)
    return path


def kafka_name(path: str, topic: str) -> str:
    return "--".join([*path.strip("/").split("/"), topic])


def config(cluster: Any, **more: Any) -> dict[str, Any]:
    return {
        "bootstrap.servers": cluster.bootstrap_servers,
        **{name.replace("_", "."): value for name, value in more.items()},
    }


def group(cluster: Any, **more: Any) -> dict[str, Any]:
    return config(cluster, group_id=unique_name("g"), auto_offset_reset="earliest", enable_partition_eof=False, **more)


@on_mock_and_one_node
class TestNames:
    def test_a_report_and_a_message_have_the_name_that_was_given(self, kafka_cluster, stream):
        name = f"{stream}:t"
        with Producer(config(kafka_cluster)) as producer:
            reports = deliver(producer, name, [{"value": b"1", "partition": 1}], timeout=HANG)
        assert [report.topic() for report in reports] == [name]
        with Consumer(group(kafka_cluster)) as consumer:
            consumer.subscribe([name])
            (message,) = read(consumer, 1, timeout=HANG)
            assert (message.topic(), message.partition(), message.value()) == (name, 1, b"1")

    def test_the_records_are_in_the_kafka_topic(self, kafka_cluster, stream):
        with Producer(config(kafka_cluster)) as producer:
            deliver(producer, f"{stream}:t", [{"value": b"1"}], timeout=HANG)
        with Consumer(group(kafka_cluster)) as consumer:
            consumer.subscribe([kafka_name(stream, "t")])
            (message,) = read(consumer, 1, timeout=HANG)
            assert message.topic() == kafka_name(stream, "t")

    def test_a_bare_name_of_a_default_stream_comes_back_in_full(self, kafka_cluster, stream):
        with Producer({**config(kafka_cluster), "streams.producer.default.stream": stream}) as producer:
            (report,) = deliver(producer, "u", [{"value": b"1"}], timeout=HANG)
            assert report.topic() == f"{stream}:u"
        with Consumer({**group(kafka_cluster), "streams.consumer.default.stream": stream}) as consumer:
            consumer.subscribe(["u"])
            (message,) = read(consumer, 1, timeout=HANG)
            assert message.topic() == f"{stream}:u"

    @pytest.mark.parametrize("form", ["full", "default"])
    def test_a_pattern_finds_the_topics_of_its_stream_alone(self, kafka_cluster, stream, form):
        other = f"/apps/{unique_name('other')}"
        kafka_cluster.create_topic(kafka_name(other, "t"))
        with Producer(config(kafka_cluster)) as producer:
            for name in (f"{other}:t", f"{stream}:t", f"{stream}:u"):
                deliver(producer, name, [{"value": name.encode()}], timeout=HANG)
        more = {"streams.consumer.default.stream": stream} if form == "default" else {}
        with Consumer({**group(kafka_cluster), **more}) as consumer:
            consumer.subscribe(["^[tu]$" if form == "default" else f"{stream}:^[tu]$"])
            messages = read(consumer, 2, timeout=HANG)
            assert sorted(message.topic() for message in messages) == [f"{stream}:t", f"{stream}:u"]
            assert all(message.topic().encode() == message.value() for message in messages)

    @pytest.mark.parametrize("form", ["full", "default"])
    @pytest.mark.parametrize("entry", ["^u", "u"])
    def test_a_topic_of_the_blacklist_is_none_that_a_pattern_finds(self, kafka_cluster, stream, form, entry):
        entry = entry if form == "default" else f"{stream}:{entry}"
        more = {"streams.consumer.default.stream": stream} if form == "default" else {}
        with Consumer({**group(kafka_cluster), **more, "topic.blacklist": f"{entry},{stream}:^none"}) as consumer:
            assigned: list[str] = []
            consumer.subscribe(
                [f"{stream}:^.*"], on_assign=lambda _, partitions: assigned.extend(one.topic for one in partitions)
            )
            wait_until(lambda: consumer.poll(0.05) is None and bool(assigned), timeout=HANG)
            assert assigned == [f"{stream}:t"] * 2

    def test_a_rebalance_and_the_assignment_name_streams(self, kafka_cluster, stream):
        events: list[tuple[str, list[str]]] = []

        def note(kind):
            return lambda _, partitions: events.append((kind, sorted(one.topic for one in partitions)))

        consumer = Consumer(group(kafka_cluster))
        consumer.subscribe([f"{stream}:t"], on_assign=note("assign"), on_revoke=note("revoke"))

        def poll():
            consumer.poll(0.05)
            return bool(events)

        wait_until(poll, timeout=HANG)
        assert {one.topic for one in consumer.assignment()} == {f"{stream}:t"}
        consumer.close()
        assert events == [("assign", [f"{stream}:t"] * 2), ("revoke", [f"{stream}:t"] * 2)]

    def test_every_call_on_a_partition_takes_and_gives_the_streams_name(self, kafka_cluster, stream):
        name = f"{stream}:u"
        before = int(time.time() * 1000) - 60_000
        with Producer(config(kafka_cluster)) as producer:
            deliver(producer, name, [{"value": b"%d" % number} for number in range(5)], timeout=HANG)
        with Consumer(group(kafka_cluster, enable_auto_commit=False)) as consumer:
            consumer.assign([TopicPartition(name, 0, OFFSET_BEGINNING)])
            assert [one.topic for one in consumer.assignment()] == [name]
            assert [message.value() for message in read(consumer, 2, timeout=HANG)] == [b"0", b"1"]
            (position,) = consumer.position([TopicPartition(name, 0)])
            assert (position.topic, position.offset) == (name, 2)
            consumer.seek(TopicPartition(name, 0, 4))
            (last,) = read(consumer, 1, timeout=HANG)
            assert (last.value(), last.topic()) == (b"4", name)
            (done,) = consumer.commit(offsets=[TopicPartition(name, 0, 3)], asynchronous=False)
            assert (done.topic, done.offset) == (name, 3)
            (done,) = consumer.commit(message=last, asynchronous=False)
            assert (done.topic, done.offset) == (name, 5)
            (committed,) = consumer.committed([TopicPartition(name, 0)], timeout=HANG)
            assert (committed.topic, committed.offset) == (name, 5)
            assert consumer.get_watermark_offsets(TopicPartition(name, 0), timeout=HANG) == (0, 5)
            assert consumer.get_watermark_offsets(TopicPartition(name, 0), cached=True)[1] == 5
            (found,) = consumer.offsets_for_times([TopicPartition(name, 0, before)], timeout=HANG)
            # The mock cluster looks no times up.
            assert (found.topic, found.offset) == (name, -1 if isinstance(kafka_cluster, MockCluster) else 0)
            consumer.pause([TopicPartition(name, 0)])
            consumer.seek(TopicPartition(name, 0, 0))
            assert consumer.poll(0.2) is None
            consumer.resume([TopicPartition(name, 0)])
            assert read(consumer, 1, timeout=HANG)[0].value() == b"0"
            consumer.incremental_unassign([TopicPartition(name, 0)])
            assert consumer.assignment() == []

    def test_list_topics_names_the_streams_that_the_application_named(self, kafka_cluster, stream):
        with Producer(config(kafka_cluster)) as producer:
            found = producer.list_topics(f"{stream}:t", timeout=HANG).topics
            assert list(found) == [f"{stream}:t"]
            assert found[f"{stream}:t"].topic == f"{stream}:t"
            assert len(found[f"{stream}:t"].partitions) == 2
            assert {f"{stream}:t", f"{stream}:u"} <= set(producer.list_topics(timeout=HANG).topics)

    def test_both_spellings_of_the_home_cluster_are_one_topic(self, kafka_cluster, stream, monkeypatch):
        monkeypatch.setenv("MAPR_STREAMS_HOME_CLUSTER", "my.cluster.com")
        with Producer(config(kafka_cluster)) as producer:
            (report,) = deliver(producer, f"/mapr/my.cluster.com{stream}:u", [{"value": b"1"}], timeout=HANG)
            assert report.topic() == f"/mapr/my.cluster.com{stream}:u"
        with Consumer(group(kafka_cluster)) as consumer:
            consumer.subscribe([f"{stream}:u"])
            assert read(consumer, 1, timeout=HANG)[0].topic() == f"{stream}:u"

    def test_a_client_that_maps_nothing_has_kafkas_names(self, kafka_cluster, stream):
        more = {"streams.topic.mapping": False}
        with Producer({**config(kafka_cluster), **more}) as producer:
            (report,) = deliver(producer, kafka_name(stream, "u"), [{"value": b"1"}], timeout=HANG)
            assert report.topic() == kafka_name(stream, "u")

    @pytest.mark.parametrize("package", [mapr_streams_python, kafka], ids=["mapr", "kafka"])
    def test_names_do_not_depend_on_the_dialect(self, kafka_cluster, stream, package):
        with package.Producer(config(kafka_cluster)) as producer:
            assert deliver(producer, f"{stream}:u", [{"value": b"1"}], timeout=HANG)[0].topic() == f"{stream}:u"
        with package.Consumer(group(kafka_cluster)) as consumer:
            (position,) = consumer.position([TopicPartition(f"{stream}:u", 0)])
            assert (position.topic, position.offset) == (f"{stream}:u", 0 if package is mapr_streams_python else -1001)
            consumer.subscribe([f"{stream}:u"])
            assert read(consumer, 1, timeout=HANG)[0].topic() == f"{stream}:u"

    def test_an_asynchronous_commit_reports_the_streams_name(self, kafka_cluster, stream):
        reported = []
        more = {"on_commit": lambda error, partitions: reported.extend((error, one.topic) for one in partitions)}
        with Producer(config(kafka_cluster)) as producer:
            deliver(producer, f"{stream}:u", [{"value": b"1"}], timeout=HANG)
        with Consumer({**group(kafka_cluster, enable_auto_commit=False), **more}) as consumer:
            consumer.subscribe([f"{stream}:u"])
            (message,) = read(consumer, 1, timeout=HANG)
            consumer.commit(message=message, asynchronous=True)

            def served():
                consumer.poll(0.05)
                return bool(reported)

            wait_until(served, timeout=HANG)
        assert reported == [(None, f"{stream}:u")]


class TestNamesThatCannotBe:
    @pytest.mark.parametrize(
        "call",
        [
            lambda client, name: client.subscribe([name]),
            lambda client, name: client.assign([TopicPartition(name, 0)]),
            lambda client, name: client.incremental_assign([TopicPartition(name, 0)]),
            lambda client, name: client.incremental_unassign([TopicPartition(name, 0)]),
            lambda client, name: client.commit(offsets=[TopicPartition(name, 0, 1)]),
            lambda client, name: client.committed([TopicPartition(name, 0)], timeout=1),
            lambda client, name: client.position([TopicPartition(name, 0)]),
            lambda client, name: client.seek(TopicPartition(name, 0, 1)),
            lambda client, name: client.pause([TopicPartition(name, 0)]),
            lambda client, name: client.resume([TopicPartition(name, 0)]),
            lambda client, name: client.get_watermark_offsets(TopicPartition(name, 0), timeout=1),
            lambda client, name: client.offsets_for_times([TopicPartition(name, 0, 1)], timeout=1),
            lambda client, name: client.end_offsets([TopicPartition(name, 0)], timeout=1),
            lambda client, name: client.list_topics(name, timeout=1),
        ],
        ids=[
            *("subscribe", "assign", "incremental_assign", "incremental_unassign", "commit", "committed", "position"),
            *("seek", "pause", "resume", "get_watermark_offsets", "offsets_for_times", "end_offsets", "list_topics"),
        ],
    )
    @pytest.mark.parametrize("name", ["/no-colon", "/a/../b:t", "/mapr/elsewhere/x:t"])
    def test_each_call_says_so(self, kafka_cluster, call, name):
        with Consumer(group(kafka_cluster)) as consumer, pytest.raises(KafkaException) as raised:
            call(consumer, name)
        assert raised.value.args[0].code() == KafkaError._INVALID_ARG
        assert name.split(":")[0] in raised.value.args[0].str()

    def test_two_names_that_become_one_topic_are_both_named(self, kafka_cluster, monkeypatch, tmp_path):
        file = tmp_path / "settings"
        file.write_text("[names]\n/a:* = *\n/b:* = *\n")
        monkeypatch.setenv("MAPR_STREAMS_CONFIG", str(file))
        with Producer(config(kafka_cluster)) as producer:
            producer.produce("/a:same", b"1")
            with pytest.raises(KafkaException, match=r"(?s)/a:same.*/b:same"):
                producer.produce("/b:same", b"1")
            producer.purge()

    def test_a_default_stream_with_a_topic_beside_a_bare_name_names_both(self, kafka_cluster):
        more = {"streams.producer.default.stream": "/s:t"}
        with Producer({**config(kafka_cluster), **more}) as producer, pytest.raises(KafkaException, match=r"u.*/s:t"):
            producer.produce("u", b"1")


class TestWithoutServers:
    @pytest.mark.parametrize("kind", ["producer", "consumer"])
    def test_a_default_stream_asks_for_them_at_once(self, kind):
        with pytest.raises(KafkaException, match="MAPR_STREAMS_BOOTSTRAP_SERVERS"):
            {"producer": Producer, "consumer": Consumer}[kind](
                {"group.id": "g", f"streams.{kind}.default.stream": "/s"}
            )

    def test_a_streams_name_asks_for_them_at_once(self):
        with Producer({}) as producer, pytest.raises(KafkaException, match="MAPR_STREAMS_BOOTSTRAP_SERVERS"):
            producer.produce("/s:t", b"1")
        with Consumer({"group.id": "g"}) as consumer, pytest.raises(KafkaException, match=r"/s:t.*BOOTSTRAP_SERVERS"):
            consumer.subscribe(["/s:t"])

    @pytest.mark.parametrize(
        "call",
        [
            lambda client, partition: client.assign([partition]),
            lambda client, partition: client.incremental_assign([partition]),
            lambda client, partition: client.commit(offsets=[partition]),
            lambda client, partition: client.committed([partition]),
            lambda client, partition: client.store_offsets(offsets=[partition]),
            lambda client, partition: client.position([partition]),
            lambda client, partition: client.seek(partition),
            lambda client, partition: client.pause([partition]),
            lambda client, partition: client.get_watermark_offsets(partition),
            lambda client, partition: client.offsets_for_times([partition]),
            lambda client, partition: client.end_offsets([partition]),
            lambda client, partition: client.list_topics(partition.topic),
        ],
        ids=[
            *("assign", "incremental_assign", "commit", "committed", "store_offsets", "position", "seek", "pause"),
            *("get_watermark_offsets", "offsets_for_times", "end_offsets", "list_topics"),
        ],
    )
    def test_each_call_asks_for_them_at_once(self, call):
        says = r"/s:t.*set the environment variable MAPR_STREAMS_BOOTSTRAP_SERVERS"
        config = {"group.id": "g", "enable.auto.offset.store": False}
        with Consumer(config) as consumer, pytest.raises(KafkaException, match=says):
            call(consumer, TopicPartition("/s:t", 0, 1))


class TestErrorsThatSayWhatToDo:
    @pytest.mark.parametrize(
        ("make", "text"),
        [
            (
                lambda: Producer({"streams.producer.defalt.stream": "/s"}),
                'No such configuration property: "streams.producer.defalt.stream"; '
                'did you mean "streams.producer.default.stream"?',
            ),
            (
                lambda: Producer({"on_commit": print}),
                'No such configuration property: "on_commit"; '
                "consumers call it with the error or None and the partitions",
            ),
            (
                lambda: Consumer({"group.id": "g", "on_delivery": print}),
                'No such configuration property: "on_delivery"; '
                "producers call it with the error or None and the message",
            ),
            (
                lambda: Consumer({"bootstrap.servers": "127.0.0.1:1", "group.id": "g"}).subscribe(["/s:^a("]),
                '"/s:^a(" is no pattern: what follows the ^ must be an extended regular expression of POSIX',
            ),
            (
                lambda: Producer(
                    {"bootstrap.servers": "127.0.0.1:1", "streams.producer.default.stream": "/s:t"}
                ).produce("u", b""),
                'topic "u" names no stream, and streams.producer.default.stream, which is to name it, is "/s:t": '
                "that is a topic; the stream alone is /s",
            ),
        ],
        ids=[
            "a near property",
            "a consumer's callback",
            "a producer's callback",
            "a pattern",
            "a default with a topic",
        ],
    )
    def test_it_stands_in_the_text(self, make, text):
        with pytest.raises(KafkaException) as raised:
            make()
        assert raised.value.args[0] == KafkaError._INVALID_ARG
        assert text in raised.value.args[0].str()
