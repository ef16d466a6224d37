"""Where a consumer goes back to when a transaction is aborted, and its group has committed nothing yet.

The mock cluster keeps no offsets of transactions, so a group here has none unless the consumer commits by itself.
"""

import pytest
from limits import HANG

from mapr_streams_python import Consumer, Producer, TopicPartition
from mapr_streams_python.testing import MockCluster, unique_name, wait_until


@pytest.fixture
def cluster():
    with MockCluster() as cluster:
        cluster.create_topic("in", 2)
        yield cluster


@pytest.fixture
def producer(cluster):
    with Producer({"bootstrap.servers": cluster.bootstrap_servers, "transactional.id": unique_name("tx")}) as producer:
        producer.init_transactions(HANG)
        yield producer


def at_the_end(cluster, partitions=1, **config):
    """A consumer that begins at the end of "in", has got there, and five records that come after."""
    with Producer({"bootstrap.servers": cluster.bootstrap_servers}) as source:
        for partition in range(partitions):
            source.produce("in", b"before", partition=partition)
        source.flush()
        consumer = Consumer(
            {
                "bootstrap.servers": cluster.bootstrap_servers,
                "group.id": unique_name("g"),
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                **config,
            }
        )
        consumer.assign([TopicPartition("in", partition) for partition in range(partitions)])
        ends = set()

        def is_at_the_end():
            event = consumer.poll(0.1)
            if event is not None and event.error():
                ends.add(event.partition())
            return len(ends) == partitions

        wait_until(is_at_the_end, timeout=HANG)
        for number in range(5):
            source.produce("in", b"%d" % number, partition=number % partitions)
    return consumer


def values(consumer, count):
    """The values of so many records, ends of partitions left out."""
    found = []
    while len(found) < count:
        event = consumer.poll(HANG)
        assert event is not None
        if event.error() is None:
            found.append(event.value())
    return found


def taken(consumer, count):
    """The same, of consume()."""
    found = []
    while len(found) < count:
        events = consumer.consume(count - len(found), HANG)
        assert events
        found += [event.value() for event in events if event.error() is None]
    return found


@pytest.mark.parametrize("read", [values, taken])
def test_records_that_a_block_reads_come_again_where_nothing_is_committed(cluster, producer, read):
    with at_the_end(cluster) as consumer:
        with pytest.raises(KeyError, match="ours"), producer.transaction(consumer):
            assert read(consumer, 3) == [b"0", b"1", b"2"]
            raise KeyError("ours")
        assert read(consumer, 5) == [b"0", b"1", b"2", b"3", b"4"]


def test_records_that_the_program_holds_when_its_first_block_begins_come_again(cluster, producer):
    with at_the_end(cluster) as consumer:
        records = []
        while not records:
            records = [event for event in consumer.consume(3, 1) if event.error() is None]
        with pytest.raises(KeyError, match="ours"), producer.transaction(consumer):
            raise KeyError("ours")
        assert records[0].value() == b"0"
        assert taken(consumer, 5) == [b"0", b"1", b"2", b"3", b"4"]


@pytest.mark.parametrize("read", [values, taken])
def test_records_that_were_read_before_a_later_block_come_again_where_nothing_is_committed(cluster, producer, read):
    with at_the_end(cluster) as consumer:
        # The mock cluster keeps no offsets of it.
        with producer.transaction(consumer):
            pass
        assert read(consumer, 3) == [b"0", b"1", b"2"]
        with pytest.raises(KeyError, match="ours"), producer.transaction(consumer):
            raise KeyError("ours")
        assert read(consumer, 5) == [b"0", b"1", b"2", b"3", b"4"]


def test_a_partition_of_which_nothing_was_read_goes_on_from_where_it_is(cluster, producer):
    with at_the_end(cluster, partitions=2) as consumer:
        with pytest.raises(KeyError, match="ours"), producer.transaction(consumer):
            first = values(consumer, 1)
            raise KeyError("ours")
        again = values(consumer, 5)
        assert sorted(again) == [b"0", b"1", b"2", b"3", b"4"]
        assert first[0] in again


def test_a_reset_that_is_an_error_does_not_take_the_consumer_to_the_end(cluster, producer):
    with at_the_end(cluster) as other:
        assert other.committed([TopicPartition("in", 0)], HANG)[0].offset == -1001
    config = {
        "bootstrap.servers": cluster.bootstrap_servers,
        "group.id": unique_name("g"),
        "auto.offset.reset": "error",
        "enable.auto.commit": False,
    }
    with Consumer(config) as consumer:
        consumer.assign([TopicPartition("in", 0, 2)])
        with pytest.raises(KeyError, match="ours"), producer.transaction(consumer):
            assert values(consumer, 2) == [b"1", b"2"]
            raise KeyError("ours")
        assert values(consumer, 2) == [b"1", b"2"]


def test_records_before_the_first_ones_that_were_sought_come_again_too(cluster, producer):
    with at_the_end(cluster) as consumer:
        with producer.transaction(consumer):
            assert values(consumer, 2) == [b"0", b"1"]
        consumer.seek(TopicPartition("in", 0, 0))
        with pytest.raises(KeyError, match="ours"), producer.transaction(consumer):
            assert values(consumer, 1) == [b"before"]
            raise KeyError("ours")
        assert values(consumer, 6) == [b"before", b"0", b"1", b"2", b"3", b"4"]


def test_what_is_committed_goes_before_what_was_read_first(cluster, producer):
    with at_the_end(cluster) as consumer:
        assert values(consumer, 2) == [b"0", b"1"]
        consumer.commit(asynchronous=False)
        with pytest.raises(KeyError, match="ours"), producer.transaction(consumer):
            assert values(consumer, 1) == [b"2"]
            raise KeyError("ours")
        assert values(consumer, 3) == [b"2", b"3", b"4"]
