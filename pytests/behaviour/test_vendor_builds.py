"""A librdkafka that lacks what newer releases, or Apache Kafka's own builds, have."""

import ctypes
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from limits import HANG

from mapr_streams_python import libversion

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads how Linux loads libraries")


@pytest.fixture
def run_with(tmp_path):
    """Runs a program with a copy of the loaded librdkafka in which some texts are others, which may not be longer."""

    def run(texts, program):
        ctypes.CDLL("librdkafka.so.1")
        loaded = re.search(r"\S*librdkafka\S*\.so\.1\S*", Path("/proc/self/maps").read_text())
        library = Path(loaded[0]).read_bytes()
        for old, new in texts.items():
            named = b"\0" + old.encode() + b"\0"
            assert named in library
            library = library.replace(named, b"\0" + new.encode().ljust(len(old), b"\0") + b"\0")
        (tmp_path / "librdkafka.so.1").write_bytes(library)
        environ = dict(os.environ, LD_LIBRARY_PATH=f"{tmp_path}:{os.environ.get('LD_LIBRARY_PATH', '')}")
        command = [sys.executable, "-c", program]
        ended = subprocess.run(command, capture_output=True, text=True, env=environ, timeout=HANG)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return run


@pytest.fixture
def run_without(run_with):
    """Runs a program with a copy of the loaded librdkafka in which some functions have another name.

    They must be functions that librdkafka itself does not call by their name.
    """

    def run(functions, program):
        return run_with({function: function[:-1] + "_" for function in functions}, program)

    return run


def test_what_is_missing_is_named_by_the_call_that_needs_it_with_the_release_that_has_it(run_without):
    said = run_without(
        ["rd_kafka_mock_broker_set_rack"],
        "from mapr_streams_python import KafkaException\n"
        "from mapr_streams_python.testing import MockCluster\n"
        "with MockCluster() as cluster:\n"
        "    try: cluster.set_broker_rack(1, 'r')\n"
        "    except KafkaException as refused: print(refused.args[0].name(), refused.args[0].str())",
    )
    assert said.strip() == (
        f"_NOT_IMPLEMENTED the loaded librdkafka {libversion()[0]} does not have rd_kafka_mock_broker_set_rack,"
        " which Apache Kafka's has since 1.3.0"
    )


def test_a_mock_cluster_works_without_the_functions_that_nobody_calls(run_without):
    said = run_without(
        ["rd_kafka_mock_broker_set_rack", "rd_kafka_mock_coordinator_set"],
        "from mapr_streams_python import Producer\n"
        "from mapr_streams_python.testing import MockCluster\n"
        "with MockCluster() as cluster:\n"
        "    producer = Producer({'bootstrap.servers': cluster.bootstrap_servers})\n"
        "    producer.produce('t', 'v')\n"
        "    print(producer.flush())",
    )
    assert said.strip() == "0"


# A property of text that is long enough, which none of these programs uses.
KNOWS_STREAMS = {"sasl.oauthbearer.token.endpoint.url": "streams.consumer.default.stream"}


def test_names_are_not_mapped_where_librdkafka_knows_streams_itself(run_with):
    said = run_with(
        KNOWS_STREAMS,
        "from mapr_streams_python import KafkaException, Producer\n"
        "for more in ({}, {'streams.topic.mapping': True}, {'streams.topic.mapping': False}):\n"
        "    with Producer({'bootstrap.servers': '127.0.0.1:1', **more}) as producer:\n"
        "        try: producer.produce('/no-colon', b'1')\n"
        "        except KafkaException as refused: print(refused.args[0].name())\n"
        "        else: print('as it is')\n"
        "        producer.purge()\n",
    )
    assert said.splitlines() == ["as it is", "_INVALID_ARG", "as it is"]


def test_such_a_librdkafka_needs_no_servers(run_with):
    said = run_with(
        KNOWS_STREAMS,
        "from mapr_streams_python import Consumer\n"
        "from mapr_streams_python.__main__ import main\n"
        "with Consumer({'group.id': 'g'}) as consumer:\n"
        "    consumer.subscribe(['/s:t'])\n"
        "main(['config', '--consumer'])\n",
    )
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert "streams.topic.mapping = false # default: the loaded librdkafka knows streams itself" in lines
