"""`Producer.produce_batch` with `block`: it waits for room in the queue, and says what did not get in when it ends."""

import gc
import threading

import pytest
from limits import HANG

from mapr_streams_python import KafkaError, TopicPartition
from mapr_streams_python.testing import read


def records_of(online, topic, count, partition=0):
    consumer = online.consumer()
    consumer.assign([TopicPartition(topic, partition, 0)])
    return read(consumer, count)


def test_with_block_all_get_in_as_there_is_room(online, make_topic):
    name, seen = make_topic(), []
    producer = online.producer({"queue.buffering.max.messages": 10})
    values = [str(number).encode() for number in range(200)]
    messages = [{"value": value, **({"key": None, "timestamp": 1} if value[-1:] == b"7" else {})} for value in values]
    count = producer.produce_batch(name, messages, 0, lambda error, m: seen.append(m.value()), block=True)
    assert count == 200
    assert producer.flush(HANG) == 0
    assert seen == values == [record.value() for record in records_of(online, name, 200)]


def test_when_the_time_is_over_the_rest_has_its_error(offline):
    producer = offline.producer({"queue.buffering.max.messages": 1})
    messages = [{"value": "a"}, {"value": "b"}, {"value": "c"}]
    assert producer.produce_batch("t", messages, block=0.05) == 1
    assert [message.get("_error") for message in messages] == [None, KafkaError._QUEUE_FULL, KafkaError._QUEUE_FULL]


def test_a_value_that_the_whole_queue_cannot_hold_keeps_nobody_behind_it_from_getting_in(offline):
    producer = offline.producer({"queue.buffering.max.kbytes": 1})
    large, headers = {"value": b"x" * 2000}, {"value": b"y" * 3000, "headers": {"a": "b"}}
    messages = [{"value": "a"}, large, {"value": "b"}, headers, {"value": "c"}]
    assert producer.produce_batch("t", messages, block=HANG) == 3
    assert [message.get("_error") for message in messages] == [
        None,
        KafkaError._QUEUE_FULL,
        None,
        KafkaError._QUEUE_FULL,
        None,
    ]
    for message, size in [(large, 2000), (headers, 3000)]:
        said = f"a value of {size} bytes is more than the whole queue may hold, queue.buffering.max.kbytes of 1"
        assert message["_error"].str() == f"Local: Queue full: {said}"


def test_an_exception_that_ends_the_wait_leaves_the_errors(online, make_topic):
    name = make_topic()

    def fail(error, message):
        raise ValueError("from the callback")

    producer = online.producer({"queue.buffering.max.messages": 2})
    messages = [{"value": str(number)} for number in range(50)]
    with pytest.raises(ValueError, match="from the callback"):
        producer.produce_batch(name, messages, on_delivery=fail, block=True)
    queued = [message for message in messages if "_error" not in message]
    assert messages[: len(queued)] == queued and len(queued) >= 2
    assert all(message["_error"] == KafkaError._QUEUE_FULL for message in messages[len(queued) :])


def test_messages_may_be_changed_by_what_runs_meanwhile(online, make_topic):
    name = make_topic()
    messages = [{"value": str(number).encode() * 20, "key": bytes([65 + number])} for number in range(20)]
    values = [message["value"] for message in messages]

    def change(error, message):
        for one in messages:
            one.clear()
        messages.clear()
        gc.collect()

    producer = online.producer({"queue.buffering.max.messages": 1})
    given = list(messages)
    assert producer.produce_batch(name, given, 0, change, block=True) == 20
    assert producer.flush(HANG) == 0
    assert [record.value() for record in records_of(online, name, 20)] == values


def test_a_close_by_another_thread_ends_the_wait(offline):
    began = threading.Event()
    config = {"queue.buffering.max.messages": 1, "statistics.interval.ms": 1, "stats_cb": lambda text: began.set()}
    producer, messages = offline.producer(config), [{"value": "a"}, {"value": "b"}]
    closer = threading.Thread(target=lambda: (began.wait(HANG), producer.close(0)))
    closer.start()
    with pytest.raises(RuntimeError, match="^Producer closed"):
        producer.produce_batch("t", messages, block=True)
    closer.join()
    assert [message.get("_error") for message in messages] == [None, KafkaError._QUEUE_FULL]


def test_in_a_callback_of_the_same_producer_a_time_is_needed(online, make_topic):
    name, producer, told = make_topic(), online.producer(), []

    def again(error, message):
        try:
            producer.produce_batch(name, [], block=True)
        except RuntimeError as error:
            told.append(str(error))

    producer.produce(name, "v", on_delivery=again)
    assert producer.flush(HANG) == 0
    assert told[0].startswith("produce_batch() with block=True may never end inside a callback of the same Producer")
