"""Messages of up to 10 MB, which MapR takes, leave the client; a broker's refusal names the property to raise."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from clusters import on_mock_and_one_node, on_one_node
from reports import report_of

from mapr_streams_python import Consumer, KafkaError, KafkaException, Producer
from mapr_streams_python.testing import KafkaServer, MockCluster, read, unique_name

TEN = 10 * 1024 * 1024


def create(cluster, name, **properties):
    """A topic with properties of its own; a mock cluster has none."""
    if isinstance(cluster, MockCluster):
        cluster.create_topic(name)
        return
    command = [Path(os.environ["KAFKA_HOME"]) / "bin" / "kafka-topics.sh", "--create", "--topic", name]
    command += ["--bootstrap-server", cluster.bootstrap_servers, "--partitions", "1"]
    for key, value in properties.items():
        command += ["--config", f"{key.replace('_', '.')}={value}"]
    subprocess.run(command, check=True, capture_output=True)


@on_mock_and_one_node
@pytest.mark.parametrize("lending", [True, False], ids=["bytes", "bytearray"])
def test_ten_megabytes_go_there_and_back(kafka_cluster, lending):
    stream, topic = f"/{unique_name('s')}", "large"
    create(kafka_cluster, f"{stream[1:]}--{topic}", max_message_bytes=2 * TEN)
    value = bytes(range(256)) * (TEN // 256)
    servers = {"bootstrap.servers": kafka_cluster.bootstrap_servers}
    with Producer(servers) as producer:
        for _ in range(2):
            error, _ = report_of(
                producer,
                f"{stream}:{topic}",
                timeout=120,
                value=value if lending else bytearray(value),
                key=b"k" * 1000,
                headers={"h": b"v" * 1000},
            )
            assert error is None
    if isinstance(kafka_cluster, MockCluster):
        # It keeps no more than 5 MB of a partition.
        return
    with Consumer({**servers, "group.id": unique_name("g"), "auto.offset.reset": "earliest"}) as consumer:
        consumer.subscribe([f"{stream}:{topic}"])
        messages = read(consumer, 2, timeout=120)
        assert all(message.value() == value for message in messages)


@on_one_node
@pytest.mark.parametrize("size", [5000, TEN])
def test_a_brokers_refusal_names_the_property_of_the_topic(kafka_cluster: KafkaServer, size):
    stream = f"/{unique_name('s')}"
    both = f'topic "{stream}:small" ("{stream[1:]}--small" on Kafka)'
    told: list[str] = []

    class Logger:
        def log(self, level: int, form: str, *values: object) -> None:
            told.append(form % values)

    # Smaller than what the broker takes of other topics.
    kafka_cluster.create_topic(f"{stream[1:]}--small", properties={"max.message.bytes": "1000"})
    with Producer({"bootstrap.servers": kafka_cluster.bootstrap_servers, "logger": Logger()}) as producer:
        error, message = report_of(producer, f"{stream}:small", timeout=120, value=b"x" * size)
        assert error == message.error() == KafkaError.MSG_SIZE_TOO_LARGE
        assert f"raise max.message.bytes of {both} (kafka-configs.sh" in error.str()
        # Nobody hears of these.
        for _ in range(2):
            producer.produce(f"{stream}:small", b"x" * size)
            assert producer.flush(120) == 0
        (line,) = [line for line in told if "LOST" in line]
        assert f"a record for {both} was lost: MSG_SIZE_TOO_LARGE: " in line
        assert f"raise max.message.bytes of {both} (kafka-configs.sh" in line
        # And the producer goes on.
        assert report_of(producer, f"{stream}:small", timeout=120, value=b"x")[0] is None


class TestLimits:
    """Which messages the client itself refuses."""

    @pytest.mark.parametrize(("dialect", "limit"), [("mapr", 10551296), ("kafka", 1000000)])
    def test_the_limit_of_each_dialect(self, dialect, limit):
        with Producer({"streams.compatibility": dialect}) as producer:
            producer.produce("t", b"x" * (limit - 1000))
            with pytest.raises(KafkaException) as raised:
                producer.produce("t", b"x" * limit)
            producer.purge()
        error = raised.value.args[0]
        assert error == KafkaError.MSG_SIZE_TOO_LARGE
        assert f"message.max.bytes of {limit}" in error.str()

    def test_what_the_application_sets_holds(self):
        with (
            Producer({"message.max.bytes": 2000}) as producer,
            pytest.raises(KafkaException, match=r"message\.max\.bytes of 2000"),
        ):
            producer.produce("t", b"x" * 3000)

    def test_a_setting_from_outside_holds(self, monkeypatch):
        monkeypatch.setenv("MAPR_STREAMS_MESSAGE_MAX_BYTES", "2000")
        with Producer({}) as producer, pytest.raises(KafkaException, match=r"message\.max\.bytes of 2000"):
            producer.produce("t", b"x" * 3000)

    @pytest.mark.parametrize("name", ["queue.buffering.max.kbytes", "batch.size", "batch.num.messages"])
    def test_small_queues_and_batches_are_no_contradiction(self, name):
        Producer({name: 1})
