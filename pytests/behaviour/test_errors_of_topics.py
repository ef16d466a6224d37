"""Errors about topics and groups name them in the application's words, with Kafka's beside them, and say what to do."""

from __future__ import annotations

import pytest
from reports import report_of

from mapr_streams_python import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from mapr_streams_python.testing import MockCluster, wait_until

BOTH = '"/a/b:t" ("a--b--t" on Kafka)'


@pytest.fixture
def cluster():
    with MockCluster(brokers=1) as cluster:
        yield cluster


def producing(cluster, **more):
    # Else librdkafka looks for a topic that does not exist for half a minute.
    return {"bootstrap.servers": cluster.bootstrap_servers, "topic.metadata.propagation.max.ms": 1000, **more}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("UNKNOWN_TOPIC_OR_PART", "does not exist: create it (kafka-topics.sh --bootstrap-server … --create --topic"),
        ("UNKNOWN_TOPIC_OR_PART", "take as many partitions as it had on MapR, and where it has another name on Kafka"),
        ("TOPIC_EXCEPTION", "a topic's name on Kafka has up to 249 letters"),
    ],
)
def test_a_report_and_its_message_say_the_same(cluster, error, words):
    cluster.set_topic_error("a--b--t", error)
    # The producer has its message before it hears of the topic: after that librdkafka takes none.
    cluster.set_broker_rtt(-1, 0.5)
    with Producer(producing(cluster)) as producer:
        told, message = report_of(producer, "/a/b:t", value=b"x", timeout=60)
    assert told == message.error() == getattr(KafkaError, error)
    assert told.str() == message.error().str()
    assert f"topic {BOTH}" in told.str()
    assert words in told.str()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("MSG_SIZE_TOO_LARGE", f"raise max.message.bytes of topic {BOTH} (kafka-configs.sh"),
        ("MSG_SIZE_TOO_LARGE", "--entity-name 'a--b--t' --add-config max.message.bytes=…)"),
        ("TOPIC_AUTHORIZATION_FAILED", "--operation Write --topic 'a--b--t'"),
        ("INVALID_RECORD", "each record needs a key"),
        ("POLICY_VIOLATION", f"topic {BOTH}: a rule of the cluster's forbids it"),
    ],
)
def test_what_a_broker_refuses_of_a_topic(cluster, error, words):
    cluster.create_topic("a--b--t")
    cluster.push_request_errors("Produce", [error])
    with Producer(producing(cluster)) as producer:
        told, _ = report_of(producer, "/a/b:t", value=b"x", timeout=60)
    assert told == getattr(KafkaError, error)
    assert words in told.str()


def test_a_partition_that_a_topic_does_not_have(cluster):
    cluster.create_topic("a--b--t", 2)
    with Producer(producing(cluster)) as producer:
        assert report_of(producer, "/a/b:t", value=b"x", timeout=60)[0] is None
        with pytest.raises(KafkaException) as raised:
            producer.produce("/a/b:t", b"x", partition=7)
        error = raised.value.args[0]
    assert error == KafkaError._UNKNOWN_PARTITION
    assert f"topic {BOTH} has no partition 7" in error.str()
    settings = {"bootstrap.servers": cluster.bootstrap_servers, "group.id": "g"}
    with Consumer(settings) as consumer, pytest.raises(KafkaException) as raised:
        consumer.get_watermark_offsets(TopicPartition("/a/b:t", 7), timeout=60)
    assert f"topic {BOTH} has no partition 7" in raised.value.args[0].str()


def test_metadata_of_a_topic_that_does_not_exist(cluster):
    cluster.set_topic_error("a--b--t", "UNKNOWN_TOPIC_OR_PART")
    with Producer(producing(cluster)) as producer:
        error = producer.list_topics("/a/b:t", timeout=60).topics["/a/b:t"].error
    assert error == KafkaError.UNKNOWN_TOPIC_OR_PART
    assert f"topic {BOTH} does not exist" in error.str()


def next_error(consumer, code):
    found = []

    def look():
        message = consumer.poll(0.1)
        if message is not None and message.error() is not None and message.error().code() == code:
            found.append(message)
        return bool(found)

    wait_until(look, timeout=60)
    return found[0]


@pytest.mark.parametrize("dialect", ["mapr", "kafka"])
def test_an_event_of_a_subscribed_topic(cluster, dialect):
    cluster.set_topic_error("a--b--t", "TOPIC_AUTHORIZATION_FAILED")
    settings = {"bootstrap.servers": cluster.bootstrap_servers, "group.id": "g", "streams.compatibility": dialect}
    with Consumer(settings) as consumer:
        consumer.subscribe(["/a/b:t"])
        event = next_error(consumer, KafkaError.TOPIC_AUTHORIZATION_FAILED)
    assert event.topic() == "/a/b:t"
    assert event.error().str() == (
        "Subscribed topic not available: /a/b:t: Broker: Topic authorization failed (topic "
        + BOTH
        + ": this user needs"
        " the operation Read on it (kafka-acls.sh --bootstrap-server … --add --allow-principal … --operation Read"
        " --topic 'a--b--t'))"
    )


def test_an_event_of_the_group_names_it(cluster):
    cluster.push_request_errors("FindCoordinator", ["GROUP_AUTHORIZATION_FAILED"] * 3)
    with Consumer({"bootstrap.servers": cluster.bootstrap_servers, "group.id": "the group"}) as consumer:
        consumer.subscribe(["/a/b:t"])
        event = next_error(consumer, KafkaError.GROUP_AUTHORIZATION_FAILED)
    assert event.topic() is None
    assert 'group "the group"' in event.error().str()
    assert "--operation Read --group 'the group'" in event.error().str()


def test_an_error_of_the_message_survives_the_consumer(cluster):
    cluster.set_topic_error("a--b--t", "TOPIC_AUTHORIZATION_FAILED")
    with Consumer({"bootstrap.servers": cluster.bootstrap_servers, "group.id": "g"}) as consumer:
        consumer.subscribe(["/a/b:t"])
        event = next_error(consumer, KafkaError.TOPIC_AUTHORIZATION_FAILED)
    assert BOTH in event.error().str()
    assert event.value().startswith(b"Subscribed topic not available: a--b--t")


@pytest.mark.parametrize("call", ["committed", "commit"])
def test_an_exception_of_the_group_names_it(cluster, call):
    cluster.create_topic("a--b--t")
    with Consumer({"bootstrap.servers": cluster.bootstrap_servers, "group.id": "the group"}) as consumer:
        # Once the coordinator is known.
        consumer.committed([TopicPartition("/a/b:t", 0)], timeout=60)
        request = {"committed": "OffsetFetch", "commit": "OffsetCommit"}[call]
        cluster.push_request_errors(request, ["GROUP_AUTHORIZATION_FAILED"] * 8)
        with pytest.raises(KafkaException) as raised:
            if call == "commit":
                consumer.commit(offsets=[TopicPartition("/a/b:t", 0, 1)], asynchronous=False)
            else:
                consumer.committed([TopicPartition("/a/b:t", 0)], timeout=60)
        assert raised.value.args[0] == KafkaError.GROUP_AUTHORIZATION_FAILED
        assert "--operation Read --group 'the group'" in raised.value.args[0].str()


@pytest.mark.parametrize("topic", ["b:t", "a/b:t"])
def test_a_stream_without_its_slash_is_told_of_it(cluster, topic):
    # Which the mock cluster refuses as Kafka does.
    with Producer(producing(cluster)) as producer:
        try:
            error = report_of(producer, topic, value=b"x", timeout=60)[0]
        except KafkaException as raised:
            error = raised.args[0]
    assert error is not None
    assert "that of a stream's topic begins with '/', as in /path/to/stream:topic" in error.str()


def test_times_of_a_topic_that_does_not_exist_name_it(cluster):
    cluster.set_topic_error("a--b--t", "UNKNOWN_TOPIC_OR_PART")
    settings = {"bootstrap.servers": cluster.bootstrap_servers, "group.id": "g"}
    with Consumer(settings) as consumer, pytest.raises(KafkaException) as raised:
        consumer.offsets_for_times([TopicPartition("/a/b:t", 0, 1)], timeout=60)
    assert f"topic {BOTH}" in raised.value.args[0].str()


def test_an_assigned_topic_that_does_not_exist_is_named_with_the_cure(cluster):
    cluster.set_topic_error("a--b--t", "UNKNOWN_TOPIC_OR_PART")
    heard = []
    settings = {"bootstrap.servers": cluster.bootstrap_servers, "group.id": "g", "error_cb": heard.append}
    with Consumer({**settings, "topic.metadata.propagation.max.ms": 0}) as consumer:
        consumer.assign([TopicPartition("/a/b:t", 0, 0)])
        wait_until(lambda: consumer.poll(0.1) is None and bool(heard), timeout=60)
    assert heard[0] == KafkaError.UNKNOWN_TOPIC_OR_PART
    assert f"topic {BOTH} does not exist: create it" in heard[0].str()


def test_a_session_that_brokers_find_too_short(cluster):
    cluster.create_topic("a--b--t")
    cluster.push_request_errors("JoinGroup", ["INVALID_SESSION_TIMEOUT"])
    settings = {"bootstrap.servers": cluster.bootstrap_servers, "group.id": "g", "session.timeout.ms": 100}
    with Consumer(settings) as consumer:
        consumer.subscribe(["/a/b:t"])
        event = next_error(consumer, KafkaError.INVALID_SESSION_TIMEOUT)
    assert "session.timeout.ms is 100, and the brokers take group.min.session.timeout.ms" in event.error().str()
    assert "session.timeout.ms in [override] of the file that MAPR_STREAMS_CONFIG names replaces it" in str(
        event.error()
    )
