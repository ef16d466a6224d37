"""A producer with transactions, and a consumer for one, on a mock cluster of their own."""

import threading

import pytest
from limits import HANG

from mapr_streams_python import (
    Consumer,
    KafkaError,
    KafkaException,
    Producer,
    RetriableException,
    TopicPartition,
)
from mapr_streams_python.testing import MockCluster, unique_name, wait_until


@pytest.fixture
def cluster():
    with MockCluster() as cluster:
        yield cluster


@pytest.fixture
def producer(cluster):
    producer = Producer(
        {"bootstrap.servers": cluster.bootstrap_servers, "transactional.id": unique_name("tx"), "log_level": 0}
    )
    yield producer
    producer.close(0)


@pytest.fixture
def ready(producer):
    producer.init_transactions(HANG)
    return producer


@pytest.fixture
def consumer(cluster):
    """A member that is to read topic "in", which holds three records."""
    with Producer({"bootstrap.servers": cluster.bootstrap_servers}) as source:
        for value in (b"a", b"b", b"c"):
            source.produce("in", value, partition=0)
    consumer = Consumer(
        {
            "bootstrap.servers": cluster.bootstrap_servers,
            "group.id": unique_name("g"),
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "enable.partition.eof": False,
        }
    )
    consumer.assign([TopicPartition("in", 0)])
    yield consumer
    consumer.close()


@pytest.fixture
def under_way(cluster, ready, consumer):
    """Called in a transaction, it has another thread send offsets, which takes until the broker is back.

    librdkafka refuses other calls meanwhile, as retriable. The brokers' own retriable errors it tries again itself.
    """

    class UnderWay:
        def __call__(self):
            group = consumer.consumer_group_metadata()
            cluster.set_broker_down(1)
            self.call = threading.Thread(target=self.send, args=(group,))
            self.call.start()
            wait_until(self.is_refused, HANG)

        def send(self, group):
            """Refused where it meets a call of is_refused: it is made again."""
            refused = True
            while refused:
                try:
                    ready.send_offsets_to_transaction([TopicPartition("in", 0, 1)], group, HANG)
                    refused = False
                except RetriableException as exception:
                    if exception.args[0].code() != KafkaError._CONFLICT:
                        raise

        def is_refused(self):
            with pytest.raises(KafkaException) as caught:
                ready.begin_transaction()
            return caught.value.args[0].code() == KafkaError._CONFLICT

    under_way = UnderWay()
    yield under_way
    cluster.set_broker_up(1)
    under_way.call.join()
