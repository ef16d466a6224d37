"""What messages and callbacks hold, and for how long."""

import gc
import sys
import weakref

import pytest
from checkers import measures_memory

from mapr_streams_python import KafkaError, TopicPartition

KEEPING = """
import resource, sys
from mapr_streams_python import Consumer, TopicPartition

bootstrap, topic, partitions, total, call, keep = sys.argv[1:]
consumer = Consumer({
    "bootstrap.servers": bootstrap, "group.id": "kept", "enable.auto.commit": False, "enable.partition.eof": False,
    "queued.max.messages.kbytes": 2048,
})
consumer.assign([TopicPartition(topic, partition, 0) for partition in range(int(partitions))])
kept, seen = [], 0
while seen < int(total):
    messages = consumer.consume(100, 5) if call == "consume" else [consumer.poll(60)]
    for message in messages:
        assert message is not None and message.error() is None, message
        if keep == "yes" and seen % 200 == 0:
            kept.append(message)
        seen += 1
with open("/proc/self/statm") as statm:
    pages = int(statm.read().split()[1])
print(len(kept), sum(len(message.value()) for message in kept), pages * resource.getpagesize())
"""


@measures_memory
@pytest.mark.skipif(sys.platform != "linux", reason="reads the resident size from /proc")
@pytest.mark.parametrize("call", ["poll", "consume"])
def test_a_program_that_keeps_a_few_messages_does_not_keep_the_fetches_they_came_in(
    call, kafka_cluster, make_topic, make_producer, run_python
):
    partitions, per_partition, size = 8, 3500, 1000
    name = make_topic(partitions)
    source = make_producer({"batch.num.messages": 1000, "linger.ms": 50})
    for number in range(partitions * per_partition):
        source.produce(name, b"x" * size, partition=number % partitions)
    assert source.flush(60) == 0
    sizes = {}
    for keep in ("no", "yes"):
        arguments = [kafka_cluster.bootstrap_servers, name, partitions, partitions * per_partition, call, keep]
        code = KEEPING.replace("sys.argv[1:]", repr([str(argument) for argument in arguments]))
        result = run_python(code)
        kept, kept_bytes, resident = map(int, result.check().split())
        sizes[keep] = resident
    assert kept == partitions * per_partition // 200
    # Every kept message would pin a fetch of up to a megabyte: all of them together, which are 28 MB. How many there
    # are at a time without that is a matter of the machine's speed, and differs by some megabytes.
    assert kept_bytes == kept * size
    assert sizes["yes"] - sizes["no"] < partitions * per_partition * size / 2


def test_a_kept_message_gives_the_same_answers_after_it_was_copied(make_topic, make_producer, make_consumer):
    name = make_topic()
    source = make_producer()
    for number in range(5):
        source.produce(name, f"value {number}", f"key {number}", headers=[("n", str(number)), ("none", None)])
    assert source.flush(60) == 0
    reader = make_consumer()
    reader.assign([TopicPartition(name, 0, 0)])
    kept = []
    while len(kept) < 5:
        message = reader.poll(60)
        if message.error() is None:
            kept.append(message)
    fresh = kept[-1].timestamp()
    reader.close()
    for number, message in enumerate(kept):
        assert message.value() == f"value {number}".encode()
        assert message.key() == f"key {number}".encode()
        assert message.headers() == [("n", str(number).encode()), ("none", None)]
        assert (message.topic(), message.partition(), message.offset()) == (name, 0, number)
        assert message.timestamp()[0] == fresh[0] and message.timestamp()[1] > 0
        assert message.error() is None


def test_a_kept_event_keeps_its_error(make_topic, make_consumer):
    reader = make_consumer()
    reader.assign([TopicPartition(make_topic(), 0, 0)])
    event = reader.poll(60)
    text = event.error().str()
    reader.close()
    assert event.error() == KafkaError._PARTITION_EOF
    assert event.error().str() == text


def test_a_delivery_callback_is_let_go_after_its_report(make_topic, make_producer):
    class Callback:
        def __call__(self, error, message):
            assert error is None

    callback = Callback()
    gone = weakref.ref(callback)
    source = make_producer()
    source.produce(make_topic(), "value", on_delivery=callback)
    del callback
    assert gone() is not None
    assert source.flush(60) == 0
    assert gone() is None


@pytest.mark.parametrize("only_errors", [False, True])
def test_callbacks_of_delivered_messages_are_let_go_where_only_errors_are_reported(
    only_errors, make_topic, make_producer
):
    calls = []
    source = make_producer({"delivery.report.only.error": only_errors})

    def callback(error, message):
        calls.append(error)

    gone = weakref.ref(callback)
    source.produce(make_topic(), "value", on_delivery=callback)
    del callback
    assert source.flush(60) == 0
    assert calls == ([] if only_errors else [None])
    assert gone() is None


def test_a_message_that_holds_itself_is_collected(make_topic, make_producer):
    class Value:
        pass

    got = []
    source = make_producer()
    source.produce(make_topic(), "value", on_delivery=lambda error, message: got.append(message))
    assert source.flush(60) == 0
    value = Value()
    value.message = got.pop()
    value.message.set_value(value)
    gone = weakref.ref(value)
    del value
    gc.collect()
    assert gone() is None


def test_producing_and_consuming_leave_no_objects_behind(make_topic, make_producer, make_consumer):
    name = make_topic()
    source = make_producer()
    reader = make_consumer({"enable.auto.commit": False})
    reader.assign([TopicPartition(name, 0, 0)])

    def rounds(count):
        for _ in range(count):
            for number in range(100):
                source.produce(
                    name,
                    value=f"v{number}",
                    key=b"key",
                    headers={"a": "b"},
                    on_delivery=lambda error, message: message.value(),
                )
            assert source.flush(60) == 0
            seen = 0
            while seen < 100:
                for message in reader.consume(10, 0.1):
                    if message.error() is None:
                        assert message.headers() and message.value() and message.key() and message.timestamp()
                        seen += 1
            reader.commit(asynchronous=False)
            reader.position(reader.assignment())
        gc.collect()

    rounds(5)
    before = sys.getallocatedblocks()
    rounds(10)
    # The pool of messages and the interpreter's own caches may grow a little; a leak would show in all 1,000 messages.
    assert sys.getallocatedblocks() - before < 500
