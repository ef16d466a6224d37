"""The steps of docs/migration.md by which data and offsets move, run as they stand on the page.

A second set of topics stands for the Data Fabric: its blocks are run with rules that lead there.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from clusters import NO_COORDINATOR_YET
from limits import HANG
from reports import report_of

import mapr_streams_python
from mapr_streams_python import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from mapr_streams_python.testing import KafkaServer, deliver, read, wait_until

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "migration.md"
PROGRAMS = ROOT / "examples" / "moving"
TOPIC = "/apps/clicks:pageviews"
PARTITIONS = 4

pytestmark = [
    pytest.mark.skipif(not os.environ.get("KAFKA_HOME"), reason="KAFKA_HOME is not set"),
    pytest.mark.skipif(not PAGE.is_file(), reason="the documentation is not part of this distribution"),
]


class Page:
    """Runs the page's blocks, one after the other."""

    def __init__(self, folder: Path, server: KafkaServer) -> None:
        self.blocks = re.findall(r"^```sh(.*)\n((?:.*\n)*?)```$", PAGE.read_text("utf-8"), re.MULTILINE)
        self.server = server
        self.folder = folder
        for program in PROGRAMS.glob("*.py"):
            (folder / program.name).write_text(program.read_text())
        (folder / "data-fabric.conf").write_text("[names]\n/apps/clicks:* = there.*\n")
        home = os.environ["KAFKA_HOME"]
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("MAPR_")}
        self.environ.update(
            PATH=os.pathsep.join([str(folder / "bin"), f"{home}/bin", os.environ["PATH"]]),
            PYTHONPATH=str(Path(mapr_streams_python.__file__).parents[1]),
            MAPR_STREAMS_BOOTSTRAP_SERVERS=server.bootstrap_servers,
            MAPR_HOME=str(folder),
        )
        (folder / "bin").mkdir()
        (folder / "bin" / "python").symlink_to(sys.executable)

    def run_next(self, beginning: str) -> str:
        """Runs the next block, and returns what it printed."""
        where, block = self.blocks.pop(0)
        assert block.startswith(beginning)
        environ = dict(self.environ)
        if where.strip() == "data-fabric":
            environ["MAPR_STREAMS_CONFIG"] = str(self.folder / "data-fabric.conf")
        command = block.replace("kafka:9092", self.server.bootstrap_servers)
        command = re.sub(r"^python ", f"{sys.executable} ", command, flags=re.MULTILINE)
        ran = subprocess.run(
            ["/bin/sh", "-ec", command], cwd=self.folder, env=environ, capture_output=True, text=True, timeout=HANG
        )
        assert ran.returncode == 0, f"{block}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout


def contents(server: KafkaServer, topic: str, counts: list[int]) -> list[list[tuple[Any, ...]]]:
    """What is in each partition of a topic, in order."""
    found = []
    config = {"bootstrap.servers": server.bootstrap_servers, "group.id": "reader", "enable.partition.eof": False}
    with Consumer(config) as consumer:
        for partition, count in enumerate(counts):
            where = TopicPartition(topic, partition)
            assert consumer.get_watermark_offsets(where, timeout=HANG) == (0, count)
            consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING)])
            records = read(consumer, count, timeout=HANG)
            found.append([(one.key(), one.value(), one.headers(), one.timestamp()) for one in records])
            consumer.unassign()
    return found


def is_committed(consumer: Consumer, offsets: list[TopicPartition]) -> bool:
    """The first group of a cluster may be told that its coordinator does not know yet that it is one."""
    try:
        consumer.commit(offsets=offsets, asynchronous=False)
    except KafkaException as exception:
        assert exception.args[0].code() in NO_COORDINATOR_YET
        return False
    return True


def is_shut_out(producer: Producer) -> bool:
    return producer.list_topics(TOPIC, timeout=HANG).topics[TOPIC].error == KafkaError.TOPIC_AUTHORIZATION_FAILED


def test_the_steps_of_the_page(tmp_path):
    # The records are old, and the server looks for what it may delete all the time: topics have to say what they keep.
    properties = {"auto.create.topics.enable": "false"}
    properties.update({"log.initial.task.delay.ms": "500", "log.retention.check.interval.ms": "500"})
    with KafkaServer(properties=properties) as server:
        page = Page(tmp_path, server)
        servers = {"bootstrap.servers": server.bootstrap_servers}
        admin = Producer(servers)

        def produce(topic: str, numbers: range) -> None:
            records = [
                {
                    "key": None if number % 5 == 0 else b"k%d" % number,
                    "value": b"\xff%d" % number,
                    "partition": number % 3,
                    "timestamp": 1500000000000 + number,
                    "headers": [("h", b"%d" % number), ("none", None)] if number % 2 else [],
                }
                for number in numbers
            ]
            for record in records:
                deliver(admin, topic, [record])

        server.create_topic("there.pageviews", PARTITIONS, properties={"retention.ms": "-1"})
        produce("there.pageviews", range(12))
        with Consumer({**servers, "group.id": "dashboards"}) as consumer:
            # Partition 0 in its midst, 1 at its end, 2 not at all.
            offsets = [TopicPartition("there.pageviews", 0, 2), TopicPartition("there.pageviews", 1, 4)]
            wait_until(lambda: is_committed(consumer, offsets), HANG)

        # Step 3 before step 2: what a producer hears.
        with Producer({**servers, "topic.metadata.propagation.max.ms": 1000}) as producer:
            told, _ = report_of(producer, TOPIC, value=b"x", timeout=HANG)
        assert told is not None and told.code() in (KafkaError._UNKNOWN_TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART)
        assert "kafka-topics.sh --bootstrap-server … --create --topic 'apps--clicks--pageviews')" in told.str()

        _, create = page.blocks[0][1].splitlines()
        printed = page.run_next("python -m mapr_streams_python topic")
        command = printed.splitlines()[1].strip()
        create = create.replace("kafka:9092", server.bootstrap_servers)
        assert re.sub(r" --config [\w.]+=-?\d+", "", create) == command
        # Somebody was there before: offsets are not what they were.
        deliver(admin, TOPIC, [{"value": b"early", "partition": 0}])

        page.run_next("python dump.py")
        page.run_next("python load.py")
        produce("there.pageviews", range(12, 18))
        page.run_next("python dump.py")
        page.run_next("python load.py")
        there = contents(server, "there.pageviews", [6, 6, 6, 0])
        here = contents(server, "apps--clicks--pageviews", [7, 6, 6, 0])
        assert here[0].pop(0)[1] == b"early"
        assert here == there

        page.run_next("python committed.py")
        printed = page.run_next("python commit.py")
        assert printed.splitlines()[:2] == [f"dashboards: {TOPIC} [0] @ 3", f"dashboards: {TOPIC} [1] @ 4"]
        assert re.search(r"dashboards +apps--clicks--pageviews +0 +3 +7 +4 ", printed)
        printed = page.run_next("kafka-consumer-groups.sh")
        assert re.search(r"reports +apps--clicks--pageviews +2 +0", printed)

        page.run_next("kafka-acls.sh")
        alice, bob = (server.client_config("sasl_plaintext", user=user) for user in ("alice", "bob"))
        with Producer(bob) as another:
            # The node may learn of the ACLs a moment later.
            wait_until(lambda: is_shut_out(another), HANG)
        with Producer(bob) as producer:
            told, _ = report_of(producer, TOPIC, value=b"x", timeout=HANG)
            assert told == KafkaError.TOPIC_AUTHORIZATION_FAILED
        with Producer(alice) as producer:
            deliver(producer, TOPIC, [{"value": b"since", "partition": 2}])
        more = {"group.id": "dashboards", "auto.offset.reset": "earliest", "enable.partition.eof": False}
        with Consumer({**alice, **more}) as consumer:
            consumer.subscribe([TOPIC])
            values = sorted(message.value() or b"" for message in read(consumer, 4 + 2 + 7, timeout=HANG))
        # What the group had not read there, and what came since.
        numbers = [6, 9, 12, 15, 13, 16, 2, 5, 8, 11, 14, 17]
        assert values == sorted([b"since"] + [b"\xff%d" % number for number in numbers])

        page.run_next("python dump.py")
        page.run_next("python load.py")
        assert [value for _, value, _, _ in contents(server, "there.pageviews", [6, 6, 7, 0])[2]][-1] == b"since"

        page.run_next("python committed.py")
        printed = page.run_next("python commit.py")
        ends = enumerate([6, 6, 7])
        assert printed.splitlines() == [f"dashboards: {TOPIC} [{partition}] @ {end}" for partition, end in ends]
        assert page.blocks == []
        admin.close()
