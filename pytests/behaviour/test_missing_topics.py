"""Ruling 24: a subscribed topic that does not exist yet is no event in the MapR dialect."""

from __future__ import annotations

import logging

import pytest
from clusters import on_mock_and_one_node

from mapr_streams_python import Consumer, KafkaError, Producer
from mapr_streams_python.testing import MockCluster, deliver, unique_name, wait_until


class Lines(logging.Handler):
    def __init__(self):
        super().__init__()
        self.texts = []

    def emit(self, record):
        if "NOTOPIC" in record.args:
            self.texts.append(record.getMessage())


@pytest.fixture
def topic(kafka_cluster):
    """The name of a stream's topic that does not exist; `appear` makes it."""
    topic = unique_name("t")
    if isinstance(kafka_cluster, MockCluster):
        # Without this it makes each topic that is asked for.
        kafka_cluster.set_topic_error(f"s--{topic}", "UNKNOWN_TOPIC_OR_PART")
    return f"/s:{topic}"


def appear(cluster, topic):
    name = "s--" + topic.split(":")[1]
    if isinstance(cluster, MockCluster):
        cluster.set_topic_error(name, 0)
    else:
        cluster.create_topic(name)
    with Producer({"bootstrap.servers": cluster.bootstrap_servers}) as producer:
        deliver(producer, topic, [b"here"], timeout=60)


def config(cluster, dialect, **more):
    return {
        "bootstrap.servers": cluster.bootstrap_servers,
        "group.id": unique_name("g"),
        "auto.offset.reset": "earliest",
        "enable.partition.eof": False,
        "allow.auto.create.topics": False,
        "streams.compatibility": dialect,
        **more,
    }


def poll(consumer):
    return consumer.poll(0.1)


def poll_for_ever(consumer):
    return consumer.poll()


def consume(consumer):
    messages = consumer.consume(10, 0.1)
    assert len(messages) <= 1
    return messages[0] if messages else None


def consume_for_ever(consumer):
    (message,) = consumer.consume()
    return message


def iterate(consumer):
    return next(iter(consumer))


@on_mock_and_one_node
class TestMissingTopics:
    @pytest.mark.parametrize("look", [poll, consume])
    def test_in_the_mapr_dialect_it_is_logged_once_and_consumed_when_it_appears(self, kafka_cluster, topic, look):
        logger = logging.Logger("client")
        lines = Lines()
        logger.addHandler(lines)
        found = []
        with Consumer(config(kafka_cluster, "mapr", logger=logger)) as consumer:
            consumer.subscribe([topic])

            def told():
                assert look(consumer) is None
                return bool(lines.texts)

            wait_until(told, timeout=60)
            appear(kafka_cluster, topic)

            def came():
                message = look(consumer)
                if message is not None:
                    found.append((message.error(), message.topic(), message.value()))
                return bool(found)

            wait_until(came, timeout=60)
        assert found == [(None, topic, b"here")]
        (text,) = lines.texts
        name = "s--" + topic.split(":")[1]
        assert f'subscribed topic "{topic}" ("{name}" on Kafka) does not exist yet' in text

    def test_a_pattern_that_matches_nothing_yet_says_when_it_is_looked_for_again(self, kafka_cluster):
        logger = logging.Logger("client")
        lines = Lines()
        logger.addHandler(lines)
        stream = unique_name("s")
        found = []
        more = {"topic.metadata.refresh.interval.ms": 100}
        with Consumer(config(kafka_cluster, "mapr", logger=logger, **more)) as consumer:
            consumer.subscribe([f"/{stream}:^t.*"])

            def told():
                assert consumer.poll(0.1) is None
                return bool(lines.texts)

            wait_until(told, timeout=60)
            kafka_cluster.create_topic(f"{stream}--t")
            with Producer({"bootstrap.servers": kafka_cluster.bootstrap_servers}) as producer:
                deliver(producer, f"/{stream}:t", [b"here"], timeout=60)

            def came():
                message = consumer.poll(0.1)
                if message is not None:
                    found.append((message.error(), message.topic(), message.value()))
                return bool(found)

            wait_until(came, timeout=60)
        assert found == [(None, f"/{stream}:t", b"here")]
        (text,) = lines.texts
        assert text.endswith(
            f'no topic is there yet that the subscribed pattern "/{stream}:^t.*" ("^{stream}--(t.*)" on Kafka) matches:'
            " one is consumed when it appears, for which the brokers are asked every"
            " topic.metadata.refresh.interval.ms (100)"
        )

    @pytest.mark.parametrize("look", [poll_for_ever, consume_for_ever, iterate])
    def test_who_waits_for_ever_goes_on_waiting(self, kafka_cluster, topic, look):
        # The log tells it before the topic is made: the event was there.
        logger = logging.Logger("client")
        lines = Lines()
        logger.addHandler(lines)
        lines.emit = lambda record: appear(kafka_cluster, topic) if "NOTOPIC" in record.args else None
        with Consumer(config(kafka_cluster, "mapr", logger=logger)) as consumer:
            consumer.subscribe([topic])
            message = look(consumer)
            assert message.error() is None
            assert (message.topic(), message.value()) == (topic, b"here")

    @pytest.mark.parametrize("look", [poll, consume])
    def test_in_the_kafka_dialect_it_is_the_event_of_librdkafka(self, kafka_cluster, topic, look):
        found = []
        with Consumer(config(kafka_cluster, "kafka")) as consumer:
            consumer.subscribe([topic])

            def came():
                message = look(consumer)
                if message is not None:
                    found.append(message)
                return bool(found)

            wait_until(came, timeout=60)
            (event,) = found
            assert event.error() == KafkaError.UNKNOWN_TOPIC_OR_PART
            assert event.topic() == topic
            found.clear()
            appear(kafka_cluster, topic)
            wait_until(came, timeout=60)
        assert found[0].error() is None
        assert found[0].value() == b"here"

    def test_an_exception_of_the_logger_comes_out_of_the_call_or_the_next(self, kafka_cluster, topic):
        class Raising(logging.Handler):
            def emit(self, record):
                if "NOTOPIC" in record.args:
                    raise ValueError("no room")

        logger = logging.Logger("client")
        logger.addHandler(Raising())
        with Consumer(config(kafka_cluster, "mapr", logger=logger)) as consumer:
            consumer.subscribe([topic])

            def raised():
                try:
                    assert consumer.poll(0.1) is None
                except ValueError as error:
                    assert str(error) == "no room"
                    return True
                return False

            wait_until(raised, timeout=60)
            assert consumer.poll(0.1) is None
