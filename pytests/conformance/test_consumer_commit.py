"""Consumer.commit(), committed(), store_offsets(), and the on_commit callback."""

import copy
import pickle

import pytest
from limits import HANG
from reports import report_of

from mapr_streams_python import OFFSET_INVALID, Consumer, KafkaError, KafkaException, TopicPartition
from mapr_streams_python.testing import read, unique_name, wait_until

from .support import GROUP_TIMEOUT, fields, raises_kafka_error

SYNC = {"asynchronous": False}
NO_OFFSET = "Commit failed: Local: No offset stored"


@pytest.fixture
def member(online, filled):
    """A factory: a consumer that has read the first of three messages, that message, and the topic's name."""

    def make(**properties):
        topic = filled("v0", "v1", "v2")
        # After a session's time librdkafka gives up a commit whose coordinator it does not know yet.
        config = {"group.id": topic, "enable.auto.commit": False, "session.timeout.ms": 60000}
        config.update({name.replace("_", "."): value for name, value in properties.items() if name != "on_commit"})
        config.update({name: value for name, value in properties.items() if name == "on_commit"})
        consumer = online.consumer(config)
        consumer.assign([TopicPartition(topic, 0, 0)])
        return consumer, read(consumer, 1)[0], topic

    return make


def committed(consumer, topic):
    [partition] = consumer.committed([TopicPartition(topic, 0)], timeout=HANG)
    return partition.offset


# What is committed.


def test_a_message_commits_its_offset_plus_one(member):
    consumer, message, topic = member()
    consumer.commit(message=message, **SYNC)
    assert committed(consumer, topic) == 1


def test_offsets_commit_what_they_say(member):
    consumer, _, topic = member()
    consumer.commit(offsets=[TopicPartition(topic, 0, 3)], **SYNC)
    assert committed(consumer, topic) == 3


def test_neither_commits_the_current_assignments_offsets(member):
    consumer, _, topic = member()
    consumer.commit(**SYNC)
    assert committed(consumer, topic) == 1


def test_message_and_offsets_are_the_first_two_arguments(member):
    consumer, message, topic = member()
    consumer.commit(message, None, False)
    assert committed(consumer, topic) == 1
    consumer.commit(None, [TopicPartition(topic, 0, 2)], False)
    assert committed(consumer, topic) == 2


def test_a_restarted_consumer_goes_on_where_it_committed(online, member):
    consumer, message, topic = member()
    consumer.commit(message=message, **SYNC)
    consumer.close()
    successor = online.consumer({"group.id": topic})
    successor.assign([TopicPartition(topic, 0)])
    assert read(successor, 1)[0].offset() == 1


# Synchronous and asynchronous.


@pytest.mark.parametrize("spelling", ["asynchronous", "async"])
def test_a_synchronous_commit_returns_the_committed_partitions(member, spelling):
    consumer, message, topic = member()
    result = consumer.commit(message=message, **{spelling: False})
    assert type(result) is list
    assert fields(result) == [(topic, 0, 1, None)]


def test_the_list_that_was_given_is_neither_changed_nor_returned(member):
    consumer, _, topic = member()
    offsets = [TopicPartition(topic, 0, 2)]
    result = consumer.commit(offsets=offsets, **SYNC)
    assert result is not offsets
    assert result[0] is not offsets[0]
    assert fields(offsets) == [(topic, 0, 2, None)]


@pytest.mark.parametrize("arguments", [{}, {"asynchronous": True}, {"async": True}], ids=repr)
def test_an_asynchronous_commit_returns_none_at_once(member, arguments):
    consumer, message, _ = member()
    assert consumer.commit(message=message, **arguments) is None


def test_an_asynchronous_commit_takes_effect(member):
    consumer, message, topic = member()
    consumer.commit(message=message)
    wait_until(lambda: consumer.poll(0.1) is not False and committed(consumer, topic) == 1, HANG)


def test_async_and_asynchronous_are_the_third_and_fourth_argument(offline):
    # As in confluent-kafka; the fourth wins.
    consumer = offline.consumer()
    assert consumer.commit(None, None, False, True) is None
    with raises_kafka_error("_NO_OFFSET", NO_OFFSET):
        consumer.commit(None, None, True, False)


# Nothing to commit, and what fails.


@pytest.mark.parametrize("arguments", [{}, {"offsets": []}], ids=repr)
def test_an_asynchronous_commit_of_nothing_is_no_error(offline, arguments):
    assert offline.consumer().commit(**arguments) is None


@pytest.mark.parametrize("arguments", [{}, {"offsets": []}], ids=repr)
@pytest.mark.parametrize("spelling", ["asynchronous", "async"])
def test_a_synchronous_commit_of_nothing_has_no_offset(offline, arguments, spelling):
    with raises_kafka_error("_NO_OFFSET", NO_OFFSET):
        offline.consumer().commit(**arguments, **{spelling: False})


def test_a_synchronous_commit_of_an_invalid_offset_has_no_offset(member):
    consumer, _, topic = member()
    with raises_kafka_error("_NO_OFFSET", NO_OFFSET):
        consumer.commit(offsets=[TopicPartition(topic, 0, OFFSET_INVALID)], **SYNC)


def test_an_asynchronous_commit_without_a_server_returns_none(offline):
    # librdkafka's close gives up such a commit after a session's time.
    assert offline.consumer({"session.timeout.ms": 1000}).commit(offsets=[TopicPartition("t", 0, 1)]) is None


def test_message_and_offsets_exclude_each_other(member):
    consumer, message, topic = member()
    with pytest.raises(ValueError, match="^message and offsets are mutually exclusive$"):
        consumer.commit(message=message, offsets=[TopicPartition(topic, 0, 2)])


@pytest.mark.parametrize("message", [5, "x", [], TopicPartition("t", 0)], ids=repr)
def test_a_message_of_another_type_is_a_type_error(offline, message):
    consumer = offline.consumer()
    with pytest.raises(TypeError, match="expected Message"):
        consumer.commit(message)
    with pytest.raises(TypeError, match="expected Message"):
        consumer.commit(message=message)


@pytest.mark.parametrize("offsets", [5, "x", {TopicPartition("t", 0, 1)}], ids=repr)
def test_offsets_that_are_no_sequence_are_a_type_error(offline, offsets):
    with pytest.raises(TypeError, match="requires list of TopicPartition"):
        offline.consumer().commit(offsets=offsets)


def test_offsets_of_anything_else_are_a_type_error(offline):
    with pytest.raises(TypeError, match="expected TopicPartition"):
        offline.consumer().commit(offsets=[5])


def test_an_unknown_keyword_of_commit_is_named(offline):
    with pytest.raises(TypeError, match="bogus"):
        offline.consumer().commit(bogus=1)


def test_a_message_that_failed_can_not_be_committed(offline, failing):
    _, message = report_of(failing, value="v")
    with pytest.raises((ValueError, KafkaException)):
        offline.consumer().commit(message=message, **SYNC)


# on_commit.


def test_on_commit_gets_no_error_and_the_committed_partitions(member):
    calls = []
    consumer, _, topic = member(on_commit=lambda error, partitions: calls.append((error, fields(partitions))))
    consumer.commit(offsets=[TopicPartition(topic, 0, 2)])
    wait_until(lambda: calls, GROUP_TIMEOUT, polling=[consumer])
    assert calls == [(None, [(topic, 0, 2, None)])]


def test_on_commit_gets_the_error_of_a_commit_that_failed(member):
    calls = []
    consumer, _, topic = member(on_commit=lambda error, partitions: calls.append((error, partitions)))
    consumer.commit(offsets=[TopicPartition(topic, 0, OFFSET_INVALID)])
    wait_until(lambda: calls, GROUP_TIMEOUT, polling=[consumer])
    [(error, partitions)] = calls
    assert type(error) is KafkaError
    assert error == KafkaError._NO_OFFSET
    assert type(partitions) is list


def test_an_exception_of_on_commit_comes_out_of_poll(member):
    def bad(error, partitions):
        raise ValueError("from on_commit")

    consumer, message, _ = member(on_commit=bad)
    consumer.commit(message=message)
    with pytest.raises(ValueError, match="^from on_commit$"):
        wait_until(lambda: False, 20, polling=[consumer])


# committed().


def test_committed_returns_new_partitions_with_their_offsets(member):
    consumer, message, topic = member()
    consumer.commit(message=message, **SYNC)
    asked = [TopicPartition(topic, 0, 77)]
    result = consumer.committed(asked, timeout=HANG)
    assert type(result) is list
    assert fields(result) == [(topic, 0, 1, None)]
    assert result[0] is not asked[0]
    assert asked[0].offset == 77


def test_committed_of_a_partition_without_a_commit_is_invalid_and_no_error(member):
    consumer, _, topic = member()
    assert fields(consumer.committed([TopicPartition(topic, 0)], HANG)) == [(topic, 0, OFFSET_INVALID, None)]


def test_committed_returns_the_metadata_that_was_committed(member):
    consumer, _, topic = member()
    consumer.commit(offsets=[TopicPartition(topic, 0, 2, "a note")], **SYNC)
    [partition] = consumer.committed([TopicPartition(topic, 0)], HANG)
    assert (partition.offset, partition.metadata) == (2, "a note")


def test_committed_tells_the_error_of_a_partition(online):
    [partition] = online.consumer().committed([TopicPartition(unique_name(), 0)], HANG)
    assert partition.offset == OFFSET_INVALID
    assert type(partition.error) is KafkaError
    assert partition.error == KafkaError.UNKNOWN_TOPIC_OR_PART
    assert f"error={partition.error}" in str(partition)
    for twin in (copy.copy(partition), pickle.loads(pickle.dumps(partition))):
        assert twin.error == partition.error


@pytest.mark.parametrize("partitions", [5, "t", {TopicPartition("t", 0)}, None], ids=repr)
def test_committed_takes_a_sequence(offline, partitions):
    with pytest.raises(TypeError, match="requires list of TopicPartition"):
        offline.consumer().committed(partitions, 0.1)


def test_committed_without_a_server_times_out(offline):
    for partitions in ([], [TopicPartition("t", 0)]):
        with raises_kafka_error("_TIMED_OUT") as caught:
            offline.consumer().committed(partitions, timeout=0.1)
        # Behind it stands why, as soon as that is known.
        assert caught.value.args[0].str().startswith("Failed to get committed offsets: Local: Timed out")


# store_offsets().


def test_a_stored_message_is_committed(member):
    consumer, message, topic = member(enable_auto_offset_store=False)
    with raises_kafka_error("_NO_OFFSET"):
        consumer.commit(**SYNC)
    assert consumer.store_offsets(message=message) is None
    assert fields(consumer.commit(**SYNC)) == [(topic, 0, 1, None)]


def test_stored_offsets_are_committed(member):
    consumer, _, topic = member(enable_auto_offset_store=False)
    consumer.store_offsets(offsets=[TopicPartition(topic, 0, 3)])
    assert fields(consumer.commit(**SYNC)) == [(topic, 0, 3, None)]


def test_offsets_can_not_be_stored_while_they_are_stored_automatically(member):
    consumer, message, topic = member()
    text = (
        'StoreOffsets failed: offsets are stored when messages are handed out: set "enable.auto.offset.store" to false'
    )
    with raises_kafka_error("_INVALID_ARG", text):
        consumer.store_offsets(offsets=[TopicPartition(topic, 0, 3)])
    with raises_kafka_error("_INVALID_ARG", text):
        consumer.store_offsets(message)


def test_a_partition_whose_offset_can_not_be_stored_is_named_and_the_others_are_stored(member):
    """librdkafka says so only where it can store none."""
    consumer, _, topic = member(enable_auto_offset_store=False)
    with pytest.raises(KafkaException, match=rf"StoreOffsets failed: {topic} \[7\] is not assigned") as raised:
        consumer.store_offsets(offsets=[TopicPartition(topic, 7, 3), TopicPartition(topic, 0, 3)])
    assert raised.value.args[0].code() in (KafkaError._STATE, KafkaError._UNKNOWN_PARTITION)
    assert fields(consumer.commit(**SYNC)) == [(topic, 0, 3, None)]


def test_of_several_offsets_of_a_partition_the_last_is_committed(member):
    consumer, _, topic = member()
    offsets = [TopicPartition(topic, 0, offset) for offset in (2, 3, 1)]
    assert fields(consumer.commit(offsets=offsets, **SYNC)) == [(topic, 0, 1, None)]
    assert committed(consumer, topic) == 1


def test_store_offsets_needs_a_message_or_offsets(offline):
    with pytest.raises(ValueError):
        offline.consumer().store_offsets()


def test_store_offsets_takes_a_message_or_offsets_and_not_both(member):
    consumer, message, topic = member(enable_auto_offset_store=False)
    with pytest.raises(ValueError, match="^message and offsets are mutually exclusive$"):
        consumer.store_offsets(message=message, offsets=[TopicPartition(topic, 0, 1)])


# Closing.


@pytest.mark.parametrize("auto", [True, False])
def test_close_commits_offsets_unless_auto_commit_is_off(online, filled, auto):
    topic = filled("v0", "v1")
    properties = {"group.id": topic, "enable.auto.commit": auto, "auto.commit.interval.ms": 60000}
    consumer = online.consumer(properties)
    consumer.assign([TopicPartition(topic, 0, 0)])
    read(consumer, 1)
    consumer.close()
    assert committed(online.consumer(properties), topic) == (1 if auto else OFFSET_INVALID)


def test_enable_auto_commit_in_default_topic_config_takes_effect(mapr_clients, filled):
    # Seen in old applications.
    topic = filled("v0", "v1")
    properties = {"group.id": topic, "default.topic.config": {"enable.auto.commit": False}}
    consumer = mapr_clients.consumer(properties)
    consumer.assign([TopicPartition(topic, 0, 0)])
    read(consumer, 1)
    consumer.close()
    assert committed(mapr_clients.consumer(properties), topic) == OFFSET_INVALID


def test_consumer_takes_part_in_no_group_until_it_subscribes(dialect):
    consumer = Consumer({"group.id": "g", "streams.compatibility": dialect})
    assert consumer.memberid() is None
    consumer.close()


def test_ruling_21_an_asynchronous_commit_commits_what_was_stored_when_it_was_called(online, filled):
    """librdkafka reads the stored offsets when it comes to the commit: here it has much to do first."""
    name = filled(*[f"v{index}" for index in range(100)], partitions=2)
    committed = []
    config = {"enable.auto.commit": False, "on_commit": lambda error, partitions: committed.append(partitions)}
    consumer = online.consumer(config)
    consumer.assign([TopicPartition(name, 0, 0)])
    read(consumer, 1)
    for _ in range(300):
        consumer.commit(offsets=[TopicPartition(name, 1, 7)])
    consumer.commit()
    consumer.consume(50, 0)
    while len(committed) < 301:
        consumer.poll(1)
    assert [p.offset for partitions in committed for p in partitions if p.partition == 0] == [1]
