"""Prints how far a group is behind the ends of topics, partition by partition, without taking part in it.

python examples/lag.py --bootstrap host:9092 --group readers orders payments
python examples/lag.py orders               on a broker inside this program, with a group that has read a part
"""

from __future__ import annotations

import argparse
import contextlib
import sys

from mapr_streams_python import Consumer, Producer, TopicPartition
from mapr_streams_python.testing import MockCluster


def partitions_of(consumer: Consumer, topics: list[str]) -> list[TopicPartition]:
    known = consumer.list_topics(timeout=30).topics
    missing = [topic for topic in topics if topic not in known]
    if missing:
        sys.exit(f"no such topic: {', '.join(missing)}")
    return [TopicPartition(topic, number) for topic in topics for number in sorted(known[topic].partitions)]


def show(consumer: Consumer, topics: list[str]) -> None:
    partitions = partitions_of(consumer, topics)
    # The consumer has consumed nothing: its lag is counted from what the group has committed.
    lag = consumer.lag(partitions, timeout=30)
    begins = consumer.beginning_offsets(partitions, timeout=30)
    ends = consumer.end_offsets(partitions, timeout=30)
    print(f"{'partition':<24}{'first':>10}{'committed':>12}{'end':>10}{'lag':>10}")
    for partition, behind in lag.items():
        name = f"{partition.topic} [{partition.partition}]"
        if partition.error is not None:
            print(f"{name:<24}{partition.error.str()}")
            continue
        committed = partition.offset if partition.offset >= 0 else "-"
        # Nothing is committed: the group has all of it before it.
        unread = behind if behind is not None else "-"
        print(f"{name:<24}{begins[partition]:>10}{committed:>12}{ends[partition]:>10}{unread:>10}")
    known = [behind for behind in lag.values() if behind is not None]
    print(f"{sum(known)} behind in {len(known)} of {len(lag)} partitions")


def fill(cluster: MockCluster, group: str, topics: list[str]) -> None:
    servers = {"bootstrap.servers": cluster.bootstrap_servers}
    with Producer(servers) as producer, Consumer({**servers, "group.id": group}) as reader:
        for topic in topics:
            cluster.create_topic(topic, partitions=2)
            for number in range(10):
                producer.produce(topic, f"message {number}", partition=0)
            producer.flush()
            reader.commit(offsets=[TopicPartition(topic, 0, 4)], asynchronous=False)


def main() -> int:
    parser = argparse.ArgumentParser(description="Print how far a group is behind the ends of topics.")
    parser.add_argument("topics", nargs="+")
    parser.add_argument("--bootstrap", help="host:port of a broker; a broker inside this program if it is left out")
    parser.add_argument("--group", default="example-readers", help="the consumer group (default: %(default)s)")
    options = parser.parse_args()

    with contextlib.ExitStack() as stack:
        servers = options.bootstrap
        if not servers:
            cluster = stack.enter_context(MockCluster())
            servers = cluster.bootstrap_servers
            fill(cluster, options.group, options.topics)
        with Consumer({"bootstrap.servers": servers, "group.id": options.group}) as consumer:
            show(consumer, options.topics)
    return 0


if __name__ == "__main__":
    sys.exit(main())
