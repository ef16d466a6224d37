"""Each difference between the two dialects (docs/dialects.md), in both of them, on the mock cluster and a real Kafka.

A case is a function that plays one situation and returns what a program sees of it, and what that is in either dialect.
"""

from __future__ import annotations

import pathlib
import re
from dataclasses import dataclass
from typing import Any, Callable

import pytest
from clusters import on_mock_and_one_node
from reports import report_of

from mapr_streams_python import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from mapr_streams_python.testing import MockCluster, deliver, unique_name, wait_until

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "dialects.md"


@dataclass
class Stage:
    """A cluster with a stream of its own, and clients of one dialect."""

    cluster: Any
    dialect: str
    stream: str

    def config(self, **more: Any) -> dict[str, Any]:
        own = {name.replace("_", "."): value for name, value in more.items()}
        return {
            "bootstrap.servers": self.cluster.bootstrap_servers,
            "streams.compatibility": self.dialect,
            **own,
        }

    def group(self, **more: Any) -> dict[str, Any]:
        return self.config(group_id=unique_name("g"), auto_offset_reset="earliest", **more)

    @property
    def topic(self) -> str:
        """It exists, with one partition."""
        return f"{self.stream}:t"

    @property
    def missing(self) -> str:
        """It does not exist."""
        return f"{self.stream}:missing"


def outcome(call: Callable[[], Any]) -> str:
    """What a call comes to: the error's name, the exception's, or done."""
    try:
        call()
    except KafkaException as error:
        return error.args[0].name()
    except Exception as error:
        return type(error).__name__
    return "done"


def position_before_anything_was_consumed(stage):
    with Consumer(stage.group()) as consumer:
        consumer.assign([TopicPartition(stage.topic, 0)])
        return consumer.position([TopicPartition(stage.topic, 0)])[0].offset


def a_message_without_a_value(stage):
    with Producer(stage.config()) as producer:
        error, message = report_of(producer, stage.topic, key=b"k", timeout=60)
        assert message.topic() == stage.topic
        return error and error.name()


def a_message_without_a_value_and_a_callback(stage):
    with Producer(stage.config()) as producer:
        return outcome(lambda: producer.produce(stage.topic, key=b"k"))


def subscribe_after_assign(stage):
    with Consumer(stage.group()) as consumer:
        consumer.assign([TopicPartition(stage.topic, 0)])
        return outcome(lambda: consumer.subscribe([stage.topic]))


def the_end_of_a_partition(stage):
    with Producer(stage.config()) as producer:
        deliver(producer, stage.topic, [b"1"], timeout=60)
    with Consumer(stage.group()) as consumer:
        consumer.assign([TopicPartition(stage.topic, 0, OFFSET_BEGINNING)])
        seen: list[str] = []

        def came():
            message = consumer.poll(0.1)
            if message is not None:
                seen.append(message.error().name() if message.error() else "record")
                return len(seen) == 2
            # Where there is no event, none comes.
            position = consumer.position([TopicPartition(stage.topic, 0)])[0].offset
            return stage.dialect == "kafka" and position == 1

        wait_until(came, timeout=60)
        return seen


def a_consumer_without_a_group(stage):
    return outcome(lambda: Consumer(stage.config()).close())


def a_subscription_without_a_group(stage):
    def subscribe():
        with Consumer(stage.config()) as consumer:
            consumer.subscribe([stage.topic])

    return outcome(subscribe)


def a_producer_with_nothing_to_send_is_true(stage):
    with Producer(stage.config()) as producer:
        return bool(producer)


def the_length_of_a_producer_that_an_event_waits_for(stage):
    with Producer({**stage.config(statistics_interval_ms=10), "stats_cb": lambda text: None}) as producer:
        if stage.dialect == "kafka":
            wait_until(lambda: len(producer) > 0, timeout=60)
            return True
        lengths: list[int] = []

        def served():
            lengths.append(len(producer))
            return producer.poll(0) > 0

        wait_until(served, timeout=60)
        return any(lengths)


def the_largest_message(stage):
    with Producer(stage.config()) as producer:
        outcomes = outcome(lambda: producer.produce(stage.topic, b"x" * 10 * 1024 * 1024))
        producer.purge()
        return outcomes


def topic_properties_that_are_no_dict(stage):
    return outcome(lambda: Producer(stage.config(default_topic_config=1)))


def arguments_behind_the_dictionary(stage):
    def make():
        with Producer(stage.config(), "more"):
            pass

    return outcome(make)


def a_subscribed_topic_that_does_not_exist(stage):
    if isinstance(stage.cluster, MockCluster):
        # Without this it makes each topic that is asked for.
        stage.cluster.set_topic_error(f"{stage.stream[1:]}--missing", "UNKNOWN_TOPIC_OR_PART")
    with Producer(stage.config()) as producer:
        deliver(producer, stage.topic, [b"1"], timeout=60)
    events: list[str] = []
    told: list[Any] = []

    class Logger:
        def log(self, level, text, *arguments):
            told.extend(one for one in arguments if one == "NOTOPIC")

    more = {"allow.auto.create.topics": False, "enable.partition.eof": False, "logger": Logger()}
    with Consumer({**stage.group(), **more}) as consumer:
        consumer.subscribe([stage.topic, stage.missing])

        def came():
            message = consumer.poll(0.1)
            if message is not None and message.error() is not None:
                events.append(message.error().name())
            return events or told

        wait_until(came, timeout=60)
    return events, told


CASES: list[tuple[Callable[[Stage], Any], Any, Any]] = [
    (position_before_anything_was_consumed, 0, -1001),
    (a_message_without_a_value, "_INVALID_ARG", None),
    (a_message_without_a_value_and_a_callback, "_INVALID_ARG", "done"),
    (subscribe_after_assign, "_CONFLICT", "done"),
    (the_end_of_a_partition, ["record", "_PARTITION_EOF"], ["record"]),
    (a_subscribed_topic_that_does_not_exist, ([], ["NOTOPIC"]), (["UNKNOWN_TOPIC_OR_PART"], [])),
    (the_largest_message, "done", "MSG_SIZE_TOO_LARGE"),
    (a_consumer_without_a_group, "done", "ValueError"),
    (a_subscription_without_a_group, "_UNKNOWN_GROUP", "ValueError"),
    (a_producer_with_nothing_to_send_is_true, False, True),
    (the_length_of_a_producer_that_an_event_waits_for, False, True),
    (topic_properties_that_are_no_dict, "_INVALID_ARG", "AttributeError"),
    (arguments_behind_the_dictionary, "done", "TypeError"),
]


@on_mock_and_one_node
@pytest.mark.parametrize("dialect", ["mapr", "kafka"])
@pytest.mark.parametrize(("case", "mapr", "kafka"), [pytest.param(*one, id=one[0].__name__) for one in CASES])
def test_a_difference(kafka_cluster, dialect, case, mapr, kafka):
    stream = f"/{unique_name('s')}"
    kafka_cluster.create_topic(f"{stream[1:]}--t", 1)
    assert case(Stage(kafka_cluster, dialect, stream)) == {"mapr": mapr, "kafka": kafka}[dialect]


@pytest.mark.skipif(not PAGE.is_file(), reason="the documentation is not part of this distribution")
def test_the_page_lists_each_difference():
    listed = re.findall(r"^\|.*\| `(\w+)` \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert listed == [case.__name__ for case, _, _ in CASES]


def test_the_codes_are_those_that_the_page_of_the_api_names():
    assert (KafkaError._CONFLICT, KafkaError._INVALID_ARG, KafkaError._PARTITION_EOF) == (-173, -186, -191)
