"""The programs in examples/mapr run as they are on Kafka, with the environment alone to tell them where it is."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clusters import on_mock_and_one_node
from limits import HANG

import mapr_streams_python
from mapr_streams_python import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from mapr_streams_python.__main__ import main
from mapr_streams_python.testing import MockCluster, deliver, read, unique_name

SAMPLES = Path(__file__).parents[2] / "examples" / "mapr"
PACKAGE = Path(mapr_streams_python.__file__).parents[1]


@pytest.fixture
def application(kafka_cluster, tmp_path) -> Any:
    """Starts a sample on a cluster."""

    class Application:
        file = tmp_path / "settings"

        def environ(self, *sections: str, **more: str) -> dict[str, str]:
            environ = {name: value for name, value in os.environ.items() if not name.startswith("MAPR_")}
            environ["PYTHONPATH"] = str(PACKAGE)
            environ["MAPR_HOME"] = str(tmp_path / "no-such-folder")
            if sections:
                self.file.write_text("\n".join(sections).format(servers=kafka_cluster.bootstrap_servers))
                environ["MAPR_STREAMS_CONFIG"] = str(self.file)
            else:
                environ["MAPR_STREAMS_BOOTSTRAP_SERVERS"] = kafka_cluster.bootstrap_servers
            return {**environ, **more}

        @contextlib.contextmanager
        def started(self, sample: str, *arguments: object, environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
            command = [sys.executable, str(SAMPLES / sample), *map(str, arguments)]
            if "confluent_kafka" in (SAMPLES / sample).read_text():
                command[1:1] = ["-m", "mapr_streams_python", "run"]
            pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
            process = subprocess.Popen(command, env=environ, text=True, **pipes)
            try:
                yield process
            finally:
                process.kill()
                process.communicate()

        def run(self, sample: str, *arguments: object, environ: dict[str, str]) -> list[str]:
            with self.started(sample, *arguments, environ=environ) as process:
                return self.printed(process)

        def printed(self, process: subprocess.Popen[str]) -> list[str]:
            stdout, stderr = process.communicate(timeout=HANG)
            assert process.returncode == 0, stdout + stderr
            return stdout.splitlines()

    return Application()


@pytest.fixture
def values(kafka_cluster) -> Any:
    """`values(topic, count)`: what is in a topic, by Kafka's name of it, in order."""

    def values(topic: str, count: int) -> list[bytes]:
        config = {"bootstrap.servers": kafka_cluster.bootstrap_servers, "group.id": unique_name("g")}
        with Consumer({**config, "enable.partition.eof": False}) as consumer:
            partitions = consumer.list_topics(topic, timeout=HANG).topics[topic].partitions
            # The mock cluster makes topics of four partitions.
            consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
            found = sorted(message.value() or b"" for message in read(consumer, count, timeout=HANG))
            ends = [
                consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=HANG) for number in partitions
            ]
            assert sum(high for _, high in ends) == count
            return found

    return values


@on_mock_and_one_node
class TestSamples:
    @pytest.mark.parametrize("home", ["variable", "mapr-clusters.conf"])
    def test_a_consumer_that_is_first_counts_what_goes_to_the_global_path(
        self, application, values, kafka_cluster, tmp_path, home
    ):
        stream = unique_name("clicks")
        names = f"[names]\n/apps/clicks:* = apps--{stream}--*\n[client]\nbootstrap.servers = {{servers}}\n"
        if home == "variable":
            environ = application.environ(names, MAPR_STREAMS_HOME_CLUSTER="demo.mapr.com")
        else:
            (tmp_path / "mapr" / "conf").mkdir(parents=True)
            (tmp_path / "mapr" / "conf" / "mapr-clusters.conf").write_text("demo.mapr.com secure=false cldb1:7222\n")
            environ = application.environ(names, MAPR_HOME=str(tmp_path / "mapr"))
        with application.started("clicks_consumer.py", 3, environ=environ) as consumer:
            if not isinstance(kafka_cluster, MockCluster):  # which makes the topic for the consumer
                assert consumer.stderr is not None
                # Known faults of the loaded librdkafka may be told of before.
                line = next(line for line in consumer.stderr if "KNOWNFAULT" not in line)
                assert "/apps/clicks:pageviews" in line
                assert "NOTOPIC" in line
            application.run("clicks_producer.py", "index", "about", "index", environ=environ)
            assert application.printed(consumer) == ["about 1", "index 2"]
        assert values(f"apps--{stream}--pageviews", 3) == [b"about", b"index", b"index"]

    def test_dotted_topics_are_found_by_a_pattern_on_the_default_stream(self, application, values):
        # Dummy servers and a time-out that MapR ignores: both are the application's own, and are replaced.
        environ = application.environ(
            "[override]\nbootstrap.servers = {servers}\nmessage.timeout.ms = 60000\n"
            "[names]\n/var/metrics/sensors:* = var--metrics--sensors--*"
        )
        sent = ["node1.example.com=20", "node2.example.com=21", "gateway=5", "node1.example.com=22"]
        application.run("sensors.py", *sent, environ=environ)
        assert application.run("sensors_monitor.py", 3, environ=environ) == [
            "node1.example.com /var/metrics/sensors node1.example.com 20",
            "node1.example.com /var/metrics/sensors node1.example.com 22",
            "node2.example.com /var/metrics/sensors node2.example.com 21",
        ]
        assert values("var--metrics--sensors--node1.example.com", 2) == [b"20", b"22"]
        assert values("var--metrics--sensors--gateway", 1) == [b"5"]

    def test_every_callback_names_the_stream(self, application, values, kafka_cluster):
        kafka_cluster.create_topic("apps--orders--paid")
        printed = application.run("orders.py", "1/ann", "2/bob", environ=application.environ())
        assert printed[:5] == [
            "sent /apps/orders:paid [0] @ 0",
            "sent /apps/orders:paid [0] @ 1",
            "assigned ['/apps/orders:paid']",
            "read 1 of ann",
            "read 2 of bob",
        ]
        # The answer to the commit may come while the consumer leaves its group.
        assert sorted(printed[5:]) == ["committed [('/apps/orders:paid', 2)]", "revoked ['/apps/orders:paid']"]
        assert values("apps--orders--paid", 2) == [b"1", b"2"]

    def test_a_topic_of_one_partition_is_read_to_its_end_and_committed(self, application, kafka_cluster):
        stream = unique_name("archive")
        kafka_cluster.create_topic(f"apps--{stream}--t", 1)
        servers = {"bootstrap.servers": kafka_cluster.bootstrap_servers}
        with Producer(servers) as producer:
            deliver(producer, f"/apps/{stream}:t", [{"value": b"%d" % number} for number in range(4)])
        printed = application.run("archive.py", f"/apps/{stream}:t", environ=application.environ())
        assert printed == ["0 0", "0 1", "0 2", "0 3"]
        with Consumer({**servers, "group.id": "archive"}) as consumer:
            (committed,) = consumer.committed([TopicPartition(f"/apps/{stream}:t", 0)], timeout=HANG)
        assert committed.offset == 4


class TestTheCheckOfTheSamples:
    def findings(self, capsys, *samples: str) -> list[dict[str, Any]]:
        main(["check", "--json", *(str(SAMPLES / sample) for sample in samples)])
        findings: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["findings"]
        return findings

    def test_the_loop_that_ends_at_the_first_of_four_ends_is_found(self, capsys):
        source = (SAMPLES / "archive.py").read_text().splitlines()
        (loop,) = [one for one in self.findings(capsys, "archive.py") if one["kind"] == "loop"]
        assert source[loop["line"] - 1].strip() == "break"
        assert "the first _PARTITION_EOF" in loop["text"]

    def test_the_other_loops_are_not(self, capsys):
        others = [path.name for path in SAMPLES.glob("*.py") if path.name != "archive.py"]
        assert [one for one in self.findings(capsys, *others) if one["kind"] == "loop"] == []
