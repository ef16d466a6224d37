"""Where a consumer stands after batches that hold events as well as messages."""

import pytest

from mapr_streams_python import KafkaError, TopicPartition
from mapr_streams_python.testing import unique_name, wait_until


def read_to_the_end(reader, partitions):
    values, ended = [], set()

    def at_the_ends():
        for message in reader.consume(7, 0.2):
            if message.error() is None:
                values.append(message.value())
            else:
                assert message.error() == KafkaError._PARTITION_EOF
                ended.add(message.partition())
        return len(ended) >= partitions

    wait_until(at_the_ends, 300.0, "the ends of all partitions")
    return values


def test_a_commit_after_consume_skips_no_message_that_comes_behind_an_end_of_partition(
    make_topic, make_producer, make_consumer
):
    """librdkafka 2.2.0 to 2.13.0 count the event as a message (its issue 4844)."""
    partitions, group = 3, unique_name()
    name = make_topic(partitions)
    source = make_producer()
    read = []
    for generation in range(3):
        for partition in range(partitions):
            for number in range(5):
                source.produce(name, f"{generation}.{partition}.{number}", partition=partition)
        assert source.flush(60) == 0
        reader = make_consumer({"group.id": group, "enable.auto.commit": False})
        reader.assign([TopicPartition(name, partition) for partition in range(partitions)])
        read += read_to_the_end(reader, partitions)
        committed = {one.partition: one.offset for one in reader.commit(asynchronous=False)}
        assert committed == {partition: 5 * (generation + 1) for partition in range(partitions)}
        positions = reader.position([TopicPartition(name, partition) for partition in range(partitions)])
        assert [one.offset for one in positions] == [5 * (generation + 1)] * partitions
        reader.close()
    expected = [f"{g}.{p}.{n}".encode() for g in range(3) for p in range(partitions) for n in range(5)]
    assert sorted(read) == sorted(expected)


@pytest.mark.parametrize("call", ["poll", "consume"])
def test_a_callback_that_raises_every_time_costs_no_message_and_no_exception(
    call, make_topic, make_producer, make_consumer, monkeypatch
):
    name = make_topic()
    source = make_producer()
    for number in range(50):
        source.produce(name, str(number))
    assert source.flush(60) == 0
    raised, later, stopped = [], [], []
    monkeypatch.setattr("sys.unraisablehook", later.append)

    def on_statistics(text):
        if not stopped:
            raised.append(text)
            raise ValueError("from stats_cb")

    reader = make_consumer({"statistics.interval.ms": 5, "stats_cb": on_statistics, "enable.partition.eof": False})
    reader.assign([TopicPartition(name, 0, 0)])
    read, failures = [], 0
    while len(read) < 50 or not failures:
        try:
            messages = reader.consume(4, 0.02) if call == "consume" else [reader.poll(0.02)]
            read += [message.value() for message in messages if message is not None]
        except ValueError:
            failures += 1
    stopped.append(True)
    try:
        # What the last call had to put off, since it had messages to return.
        assert reader.poll(0) is None
    except ValueError:
        failures += 1
    assert read == [str(number).encode() for number in range(50)]
    assert failures + len(later) == len(raised)


INTERRUPTED = """
import os, signal, sys, threading
from mapr_streams_python import Consumer, TopicPartition

bootstrap, topic = sys.argv[1:]
consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": topic, "auto.offset.reset": "earliest"})
consumer.assign([TopicPartition(topic, 0, 0)])
messages = [consumer.poll(60)]
timer = threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT))
try:
    timer.start()
    messages += consume(consumer)
    print("returned")
    consumer.poll(10)
except KeyboardInterrupt:
    print("interrupted")
try:
    consumer.close()
except KeyboardInterrupt:
    print("interrupted by close")
again = Consumer({"bootstrap.servers": bootstrap, "group.id": topic})
print(again.committed([TopicPartition(topic, 0)], 60)[0].offset, sum(m.error() is None for m in messages))
again.close()
"""


def test_control_c_while_consume_waits_commits_nothing_that_was_not_returned(
    kafka_cluster, make_topic, make_producer, run_python
):
    name = make_topic()
    source = make_producer()
    for number in range(10):
        source.produce(name, str(number))
    assert source.flush(60) == 0
    code = INTERRUPTED.replace("sys.argv[1:]", repr([kafka_cluster.bootstrap_servers, name]))
    code = code.replace("consume(consumer)", "consumer.consume(1000, 300)")
    lines = run_python(code).check().split("\n")
    assert "interrupted" in lines
    committed, returned = map(int, lines[-2].split())
    assert committed == returned
