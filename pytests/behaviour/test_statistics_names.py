"""Statistics name topics as the application does."""

from __future__ import annotations

import json

import pytest
from clusters import on_mock_and_one_node

from mapr_streams_python import Consumer, Producer, TopicPartition
from mapr_streams_python.testing import unique_name, wait_until


def seen(client, heard, poll):
    def enough():
        poll()
        return any(one["topics"] for one in heard)

    wait_until(enough, timeout=60)
    return next(one for one in reversed(heard) if one["topics"])


@on_mock_and_one_node
class TestStatistics:
    @pytest.fixture
    def stream(self, kafka_cluster):
        path = f"/a dir/{unique_name('s')}"
        for topic in ("t-1", "u"):
            kafka_cluster.create_topic(f"a__20dir--{path.split('/')[2]}--{topic}")
        return path

    def test_a_producers(self, kafka_cluster, stream, kafka_topic):
        heard = []
        config = {
            "bootstrap.servers": kafka_cluster.bootstrap_servers,
            "statistics.interval.ms": 200,
            "stats_cb": lambda text: heard.append(json.loads(text)),
        }
        with Producer(config) as producer:
            for name in (f"{stream}:t-1", kafka_topic):
                producer.produce(name, b"x", partition=0)
            assert producer.flush(60) == 0

            def both():
                producer.poll(0.05)
                return heard and sum(len(one["toppars"]) for one in heard[-1]["brokers"].values()) == 2

            wait_until(both, timeout=60)
        last = heard[-1]
        assert set(last["topics"]) == {f"{stream}:t-1", kafka_topic}
        for name, topic in last["topics"].items():
            assert topic["topic"] == name
        toppars = {name: one for broker in last["brokers"].values() for name, one in broker["toppars"].items()}
        assert set(toppars) == {f"{stream}:t-1-0", f"{kafka_topic}-0"}
        assert {one["topic"] for one in toppars.values()} == set(last["topics"])

    def test_a_consumers(self, kafka_cluster, stream):
        heard = []
        config = {
            "bootstrap.servers": kafka_cluster.bootstrap_servers,
            "group.id": "g",
            "statistics.interval.ms": 200,
            "streams.consumer.default.stream": stream,
            "stats_cb": lambda text: heard.append(json.loads(text)),
        }
        with Consumer(config) as consumer:
            consumer.assign([TopicPartition("u", 0)])
            last = seen(consumer, heard, lambda: consumer.poll(0.05))
        assert set(last["topics"]) == {f"{stream}:u"}

    def test_without_streams_they_are_librdkafkas(self, kafka_cluster, kafka_topic):
        heard = []
        config = {
            "bootstrap.servers": kafka_cluster.bootstrap_servers,
            "statistics.interval.ms": 200,
            "stats_cb": lambda text: heard.append(json.loads(text)),
        }
        with Producer(config) as producer:
            producer.produce(kafka_topic, b"x")
            last = seen(producer, heard, lambda: producer.flush(0.05))
        assert list(last["topics"]) == [kafka_topic]
