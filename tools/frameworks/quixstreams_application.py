# packages: quixstreams==3.28.1
"""Quix Streams: applications with state, at least once and exactly once, on the topics of the mock cluster."""

import tempfile

from mapr_streams_python import install_as
from mapr_streams_python.testing import MockCluster, unique_name

install_as("confluent_kafka")

from _administration import stand_in  # noqa: E402

stand_in()

import confluent_kafka  # noqa: E402
from quixstreams import Application  # noqa: E402
from quixstreams.models.topics import TopicAdmin, TopicConfig, TopicManager  # noqa: E402

COUNT = 10


class Topics(TopicAdmin):
    """What Quix asks of an administrator, which the mock cluster does not answer."""

    def __init__(self, cluster):
        super().__init__(cluster.bootstrap_servers)
        self.cluster = cluster

    def list_topics(self, timeout=-1):
        with confluent_kafka.Producer({"bootstrap.servers": self.cluster.bootstrap_servers}) as asking:
            return asking.list_topics(timeout=timeout).topics

    def inspect_topics(self, topic_names, timeout=30):
        known = self.list_topics(timeout)
        config = {"cleanup.policy": "compact", "retention.ms": "-1"}
        return {
            name: TopicConfig(len(known[name].partitions), 1, extra_config=config) if name in known else None
            for name in topic_names
        }

    def create_topics(self, topics, timeout=30, finalize_timeout=60):
        known = self.list_topics(timeout)
        for topic in topics:
            if topic.name not in known:
                self.cluster.create_topic(topic.name, topic.create_config.num_partitions)


def counted(cluster, guarantee):
    group, source, target = unique_name("group"), unique_name("source"), unique_name("target")
    with tempfile.TemporaryDirectory() as folder:
        app = Application(
            broker_address=cluster.bootstrap_servers,
            consumer_group=group,
            auto_offset_reset="earliest",
            state_dir=folder,
            loglevel="ERROR",
            processing_guarantee=guarantee,
            topic_manager=TopicManager(Topics(cluster), group),
        )
        read = app.topic(source, key_deserializer="str", value_deserializer="json")
        written = app.topic(target, key_serializer="str", value_serializer="json")
        with app.get_producer() as producer:
            for number in range(COUNT):
                message = read.serialize(key=f"k{number % 2}", value={"number": number})
                producer.produce(topic=source, key=message.key, value=message.value)

        def add(value, state):
            state.set("sum", state.get("sum", 0) + value["number"])
            return {"sum": state.get("sum")}

        app.dataframe(read).apply(add, stateful=True).to_topic(written)
        app.run(count=COUNT, timeout=60)
    conf = {"bootstrap.servers": cluster.bootstrap_servers, "group.id": "check", "auto.offset.reset": "earliest"}
    with confluent_kafka.Consumer({**conf, "isolation.level": "read_committed"}) as consumer:
        consumer.subscribe([target])
        sums = {}
        for message in consumer.consume(COUNT, 60):
            assert message.error() is None
            sums[message.key()] = written.deserialize(message).value["sum"]
    assert sums == {b"k0": 20, b"k1": 25}, sums
    if guarantee == "at-least-once":
        # The mock cluster takes the offsets of a transaction, and does not keep them.
        with confluent_kafka.Consumer({**conf, "group.id": group}) as consumer:
            (committed,) = consumer.committed([confluent_kafka.TopicPartition(source, 0)], 60)
            assert committed.offset == COUNT, committed


with MockCluster() as cluster:
    counted(cluster, "at-least-once")
    counted(cluster, "exactly-once")
print("ok: applications with state, at least once and exactly once; what the first has committed")
