"""produce(block=): waiting for room in a full queue, while reports are served."""

import threading
import time

import pytest
from limits import HANG

from mapr_streams_python import KafkaError, TopicPartition
from mapr_streams_python.testing import read

FULL = {"queue.buffering.max.messages": 1}


@pytest.fixture
def full(offline):
    """A factory: a producer whose queue is full, and stays so, for want of a server."""

    def make(properties=None):
        producer = offline.producer({**FULL, **(properties or {})})
        producer.produce("t", "v")
        return producer

    return make


def seconds_of(call):
    start = time.monotonic()
    call()
    return time.monotonic() - start


@pytest.mark.parametrize("block", [True, HANG], ids=["True", "seconds"])
def test_it_waits_for_room_and_runs_callbacks_meanwhile(online, make_topic, block):
    name, reports = make_topic(), []
    producer = online.producer(FULL)
    for number in range(20):
        producer.produce(
            name, str(number), partition=0, on_delivery=lambda error, m: reports.append((error, m.value())), block=block
        )
    # One at a time fits, so all before the last one are delivered.
    assert reports[:18] == [(None, str(number).encode()) for number in range(18)]
    assert producer.flush(HANG) == 0
    consumer = online.consumer()
    consumer.assign([TopicPartition(name, 0, 0)])
    assert [message.value() for message in read(consumer, 20)] == [str(number).encode() for number in range(20)]


def test_a_full_queue_does_not_wait_for_linger_ms(online, make_topic):
    name = make_topic()
    producer = online.producer({**FULL, "linger.ms": 200000})
    for number in range(3):
        producer.produce(name, str(number), block=True)
    assert producer.flush(HANG) == 0


def test_everything_of_a_message_survives_the_wait(online, make_topic):
    name = make_topic()
    producer, value = online.producer(FULL), bytearray(b"x" * 2000)
    producer.produce(name, "first", partition=0)
    producer.produce(name, value, "k", 0, headers=[("a", b"b")], timestamp=1234567890123, block=True)
    value[:] = b"y" * 2000
    assert producer.flush(HANG) == 0
    consumer = online.consumer()
    consumer.assign([TopicPartition(name, 0, 0)])
    message = read(consumer, 2)[1]
    assert (message.value(), message.key(), message.headers()) == (b"x" * 2000, b"k", [("a", b"b")])
    assert message.timestamp()[1] == 1234567890123


def test_a_value_that_was_lent_is_the_very_object_in_its_report(online, make_topic):
    name, value, seen = make_topic(), b"x" * 5000, []
    producer = online.producer(FULL)
    for _ in range(3):
        producer.produce(name, value, on_delivery=lambda error, message: seen.append(message.value()), block=True)
    assert producer.flush(HANG) == 0
    assert seen == [value] * 3
    assert all(one is value for one in seen)


def test_when_the_time_is_over_it_is_a_buffer_error(full):
    producer = full()

    def call():
        with pytest.raises(BufferError, match="^Local: Queue full$"):
            producer.produce("t", "v", block=0.2)

    # Times are whole milliseconds.
    assert seconds_of(call) >= 0.198
    assert len(producer) == 1


@pytest.mark.parametrize("block", [False, None, 0, 0.0], ids=repr)
def test_without_a_time_it_does_not_wait(full, block):
    served = []
    producer = full({"statistics.interval.ms": 1, "stats_cb": served.append})
    for _ in range(3):
        with pytest.raises(BufferError, match="^Local: Queue full$"):
            producer.produce("t", "v", block=block)
    assert served == []


@pytest.mark.parametrize("room", [True, False], ids=["room", "full"])
@pytest.mark.parametrize(
    ("block", "error", "text"),
    [
        ("1", TypeError, "block must be a number of seconds, True, False or None, not str"),
        ([1], TypeError, "block must be a number of seconds, True, False or None, not list"),
        (-1, ValueError, "block must not be negative: True waits without an end"),
        (-0.001, ValueError, "block must not be negative: True waits without an end"),
        (float("nan"), ValueError, "block must not be NaN"),
        (10**400, OverflowError, "int too large to convert to float"),
    ],
    ids=["str", "list", "negative", "a little negative", "NaN", "huge"],
)
def test_a_time_that_is_none_is_an_error_whether_there_is_room_or_not(offline, full, room, block, error, text):
    producer = offline.producer() if room else full()
    before = len(producer)
    for value in ("v", None):
        with pytest.raises(error, match=f"^{text}$"):
            producer.produce("t", value, on_delivery=print, block=block)
    assert len(producer) == before


def test_it_is_a_keyword_alone(offline):
    with pytest.raises(TypeError, match="at most 8 positional arguments"):
        offline.producer({}).produce("t", "v", None, -1, None, None, 0, None, True)


def test_what_a_callback_raises_comes_out_and_the_message_is_not_in_the_queue(online, make_topic):
    name, calls = make_topic(), []

    def fail(error, message):
        calls.append(message.value())
        raise ValueError("from the callback")

    producer = online.producer(FULL)
    producer.produce(name, "first", on_delivery=fail)
    with pytest.raises(ValueError, match="from the callback"):
        producer.produce(name, "second", on_delivery=fail, block=True)
    assert (calls, len(producer)) == ([b"first"], 0)
    producer.produce(name, "third", block=True)
    assert producer.flush(HANG) == 0


@pytest.mark.parametrize("block", [True, HANG], ids=["True", "seconds"])
def test_a_close_by_another_thread_ends_the_wait(full, block):
    began = threading.Event()
    producer = full({"statistics.interval.ms": 1, "stats_cb": lambda text: began.set()})
    closer = threading.Thread(target=lambda: (began.wait(HANG), producer.close(0)))
    closer.start()
    with pytest.raises(RuntimeError, match="^Producer closed"):
        producer.produce("t", "v", block=block)
    closer.join()


def test_a_callback_that_closes_the_producer_ends_the_wait(full):
    producers = []
    producers.append(full({"statistics.interval.ms": 1, "stats_cb": lambda text: producers[0].close(0)}))
    with pytest.raises(RuntimeError, match="^Producer closed"):
        producers[0].produce("t", "v", block=True)


def test_two_threads_may_wait_for_room_at_once(online, make_topic):
    name, producer, failures = make_topic(), online.producer(FULL), []

    def fill():
        try:
            for number in range(20):
                producer.produce(name, str(number), block=True)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=fill) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert producer.flush(HANG) == 0


def test_in_a_callback_of_the_same_producer_a_time_is_needed(online, make_topic):
    name, told, second = make_topic(), [], []
    producer = online.producer({"queue.buffering.max.messages": 2})

    def again(error, message):
        for block in (True, 0.05):
            try:
                producer.produce(name, "again", on_delivery=lambda *report: second.append(report), block=block)
            except RuntimeError as error:
                told.append(str(error))

    producer.produce(name, "v", on_delivery=again)
    assert producer.flush(HANG) == 0
    text = "produce() with block=True may never end inside a callback of the same Producer: the reports behind this one"
    assert [one[: len(text)] for one in told] == [text]
    assert len(second) == 1


def test_in_a_callback_of_another_producer_it_may_wait_without_end(online, make_topic):
    name, other, producer = make_topic(), online.producer(FULL), online.producer()
    other.produce(name, "first")
    producer.produce(name, "v", on_delivery=lambda error, message: other.produce(name, "second", block=True))
    assert producer.flush(HANG) == 0
    assert other.flush(HANG) == 0


def test_a_value_that_the_whole_queue_cannot_hold_is_not_waited_for(offline):
    producer = offline.producer({"queue.buffering.max.kbytes": 1})
    with pytest.raises(
        BufferError, match="Queue full: a value of 2000 bytes is more than .* queue.buffering.max.kbytes of 1"
    ):
        producer.produce("t", b"x" * 2000, block=True)


def test_another_error_is_raised_at_once(offline):
    producer = offline.producer({"message.max.bytes": 1000})
    with pytest.raises(Exception, match="message.max.bytes of 1000") as caught:
        producer.produce("t", b"x" * 2000, block=True)
    assert caught.value.args[0] == KafkaError.MSG_SIZE_TOO_LARGE


def test_a_message_without_a_value_is_rejected_though_the_queue_is_full(mapr_clients):
    producer, reports = mapr_clients.producer({**FULL, "bootstrap.servers": "127.0.0.1:1"}), []
    producer.produce("t", "v")
    producer.produce("t", None, on_delivery=lambda error, message: reports.append(error), block=True)
    producer.poll(0)
    assert reports == [KafkaError._INVALID_ARG]
    producer.purge()
    producer.poll(0)
