"""The broker of the scenarios, always in a process of its own.

    python -m benchmarks.broker [--brokers N] [--topic NAME:PARTITIONS[:COUNT:VALUE_BYTES:KEY_BYTES:HEADERS]]…

runs librdkafka's mock cluster, creates and fills the topics, prints ``READY host:port,…`` and serves until its standard
input ends. ``MockBrokers`` starts such processes; ``RealBroker`` puts the same topics on a cluster that is already up.
"""

import argparse
import os
import subprocess
import sys

# What the mock cluster keeps of a partition is 5 MiB and 100000 messages; it drops older ones without a word.
PARTITION_BYTES, PARTITION_MESSAGES = 4_000_000, 90_000


class Topic:
    """A topic as a scenario wants it; ``count`` 0 is an empty one."""

    def __init__(self, count=0, size=0, key=0, headers=0):
        each = size + key + 28 * headers + 24
        self.partitions = max(4, -(-count * each // PARTITION_BYTES), -(-count // PARTITION_MESSAGES))
        self.contents = (count, size, key, headers)
        self.count = count

    def spec(self, name):
        return ":".join(map(str, (name, self.partitions, *self.contents)))


class MockBrokers:
    """Brokers for scenarios; a filled topic is read-only and shared, an empty one is new each time."""

    kind = "mock"
    label = "librdkafka's mock cluster in its own process"

    def __init__(self, root):
        self.root, self.filled, self.process = root, None, None

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._stop()

    def topic(self, topic):
        """(bootstrap servers, topic name) of such a topic."""
        if self.filled is None or not topic.count or self.filled[0] != topic.contents:
            self._stop()
            name = "benchmark"
            self.process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.broker", "--topic", topic.spec(name)],
                cwd=self.root,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            line = self.process.stdout.readline()
            if not line.startswith("READY "):
                self._stop()
                raise SystemExit("the broker did not start; why is said above")
            self.filled = (topic.contents, line.split()[1], name)
        return self.filled[1:]

    def _stop(self):
        process, self.process, self.filled = self.process, None, None
        if process is None:
            return
        process.stdin.close()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


class RealBroker:
    """The same on a real cluster: the one at ``bootstrap``, or without it one started from KAFKA_HOME."""

    kind = "kafka"

    def __init__(self, root, bootstrap=None):
        self.root, self.bootstrap, self.server, self.made, self.serial = root, bootstrap, None, {}, 0
        self.label = f"the Kafka cluster at {bootstrap}" if bootstrap else "Apache Kafka, one node"

    def __enter__(self):
        if not self.bootstrap:
            try:
                from mapr_streams_python.testing import KafkaServer
            except ImportError:
                sys.path.append(os.path.join(self.root, "python"))
                from mapr_streams_python.testing import KafkaServer
            self.server = KafkaServer()
            self.bootstrap = self.server.bootstrap_servers
        return self

    def __exit__(self, *exception):
        if self.server:
            self.server.close()

    def topic(self, topic):
        from . import librdkafka

        name = self.made.get(topic.contents)
        if not name:
            self.serial += 1
            name = f"benchmark-{os.getpid()}-{self.serial}"
            librdkafka.create_topic(self.bootstrap, name, topic.partitions)
            if topic.count:
                librdkafka.fill(self.bootstrap, name, topic.partitions, *topic.contents)
                self.made[topic.contents] = name
        return self.bootstrap, name


def serve(brokers, topics):
    from . import librdkafka
    from .librdkafka import lib

    host = librdkafka.producer({"log_level": 0})
    cluster = lib.rd_kafka_mock_cluster_new(host, brokers)
    if not cluster:
        raise SystemExit("the mock cluster did not start")
    bootstrap = lib.rd_kafka_mock_cluster_bootstraps(cluster).decode()
    for spec in topics:
        name, partitions, *contents = spec.split(":")
        librdkafka.check(lib.rd_kafka_mock_topic_create(cluster, name.encode(), int(partitions), 1), name)
        if contents and int(contents[0]):
            librdkafka.fill(bootstrap, name, int(partitions), *map(int, contents))
    print("READY", bootstrap, flush=True)
    sys.stdin.read()
    lib.rd_kafka_mock_cluster_destroy(cluster)
    lib.rd_kafka_destroy(host)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.broker")
    parser.add_argument("--brokers", type=int, default=1)
    parser.add_argument("--topic", action="append", default=[])
    arguments = parser.parse_args()
    serve(arguments.brokers, arguments.topic)
