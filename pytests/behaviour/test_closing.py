"""How long commits and closes take, and what a commit inside a close comes to."""

import time

import pytest

from mapr_streams_python import KafkaError, KafkaException, TopicPartition
from mapr_streams_python.testing import deliver, read, wait_for_assignment


@pytest.mark.parametrize("step", ["commit", "close"])
def test_a_consumer_that_has_lived_for_a_moment_commits_and_closes_without_waiting_for_a_timer(
    step, kafka_topic, producer, make_consumer
):
    """Left alone, librdkafka looks once a second whether the group's coordinator is there: most took as long."""
    deliver(producer, kafka_topic, ["v"])
    taken, committed = [], []
    for _ in range(10):
        consumer = make_consumer({"on_commit": lambda error, partitions: committed.append(time.monotonic())})
        consumer.assign([TopicPartition(kafka_topic, 0, 0)])
        read(consumer, 1)
        committed.clear()
        began = time.monotonic()
        if step == "commit":
            consumer.commit(asynchronous=False)
            taken.append(time.monotonic() - began)
        else:
            consumer.close()
            # Until its commit is made: librdkafka 2.6.0 joins a thread afterwards that may sleep for a second.
            taken.append(committed[0] - began)
    assert sum(taken) < 2.0, taken


@pytest.mark.timeout(30)
def test_a_commit_that_a_close_overtakes_comes_to_an_end(kafka_topic, producer, make_consumer):
    """librdkafka drops it without an answer."""
    deliver(producer, kafka_topic, ["v"])
    outcomes = []

    def on_commit(error, partitions):
        try:
            outcomes.append(consumer.commit(offsets=[TopicPartition(kafka_topic, 0, 1)], asynchronous=False))
        except KafkaException as exception:
            assert exception.args[0].code() == KafkaError._DESTROY
            outcomes.append(exception)

    for number in range(1, 6):
        consumer = make_consumer({"on_commit": on_commit})
        consumer.assign([TopicPartition(kafka_topic, 0, 0)])
        read(consumer, 1)
        consumer.close()
        assert len(outcomes) == number


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "question",
    ["assignment", "unsubscribe", "unassign", "pause", "seek"],
)
def test_what_librdkafka_would_never_answer_inside_a_close_is_refused(question, kafka_topic, producer, make_consumer):
    """The group's end drops what it is asked, and who asked waits for ever."""
    deliver(producer, kafka_topic, ["v"])
    partition = TopicPartition(kafka_topic, 0, 0)
    errors = []

    def on_commit(error, partitions):
        ask = getattr(consumer, question)
        with pytest.raises(KafkaException, match="the consumer is being closed") as raised:
            ask(partition) if question == "seek" else ask([partition]) if question == "pause" else ask()
        errors.append(raised.value.args[0].code())

    consumer = make_consumer({"on_commit": on_commit})
    consumer.assign([partition])
    read(consumer, 1)
    consumer.close()
    assert errors == [KafkaError._STATE]


def test_the_assignment_can_be_asked_for_where_a_close_revokes_it(kafka_topic, make_consumer):
    told = []
    consumer = make_consumer()
    consumer.subscribe([kafka_topic], on_revoke=lambda consumer, partitions: told.append(consumer.assignment()))
    wait_for_assignment(consumer)
    consumer.close()
    assert [[(partition.topic, partition.partition) for partition in all] for all in told] == [[(kafka_topic, 0)]]
