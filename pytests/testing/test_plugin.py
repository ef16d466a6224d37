"""The pytest plugin: its fixtures, options and marker, each in a test run of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Callable

import pytest
from limits import HANG
from plugin_runs import run, run_apart, user_run  # noqa: F401 - a fixture of every test

from mapr_streams_python.testing import ExternalCluster

pytest_plugins = ["pytester"]

ROUND_TRIP = """
    from mapr_streams_python.testing import deliver, read, wait_for_assignment

    def test_round_trip(kafka_cluster, kafka_topic, producer, consumer):
        consumer.subscribe([kafka_topic])
        wait_for_assignment(consumer)
        deliver(producer, kafka_topic, ["one"])
        assert read(consumer, 1)[0].value() == b"one"
    """


@pytest.fixture
def served() -> Iterator[str]:
    """A mock cluster in a process of its own."""
    command = [sys.executable, "-m", "mapr_streams_python.testing", "--brokers", "2"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        yield process.stdout.readline().split()[1]
        process.stdin.close()
        assert process.wait(HANG) == 0


def test_by_default_each_test_has_a_mock_cluster_of_its_own(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        from mapr_streams_python.testing import MockCluster
        seen = []

        def test_one(kafka_cluster):
            assert type(kafka_cluster) is MockCluster and kafka_cluster.brokers == 1
            seen.append(kafka_cluster)

        def test_two(kafka_cluster):
            assert kafka_cluster is not seen[0] and "closed" in repr(seen[0])
        """,
    )
    result.assert_outcomes(passed=2)


def test_a_message_goes_round(pytester: pytest.Pytester) -> None:
    run_apart(pytester, ROUND_TRIP).assert_outcomes(passed=1)


def test_the_marker_sets_brokers_and_partitions(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import pytest
        pytestmark = pytest.mark.kafka_cluster(brokers=3, partitions=7)

        @pytest.mark.kafka_cluster(partitions=2)
        def test_the_nearest_marker_wins(kafka_cluster, kafka_topic, producer):
            assert kafka_cluster.brokers == 3
            found = producer.list_topics(kafka_topic, 600).topics[kafka_topic].partitions
            assert len(found) == 2 and len(found[0].replicas) == 3

        def test_of_the_module(kafka_topic, producer):
            assert len(producer.list_topics(kafka_topic, 600).topics[kafka_topic].partitions) == 7

        @pytest.mark.kafka_cluster(only="server")
        def test_elsewhere(kafka_cluster):
            raise AssertionError("must not run")
        """,
    )
    result.assert_outcomes(passed=2, skipped=1)
    result.stdout.fnmatch_lines(["*only on --kafka=server*"])


def test_a_marker_that_makes_no_sense_says_why(pytester: pytest.Pytester) -> None:
    said = {
        "nodes=3": "takes brokers=, partitions= and only=, not nodes",
        "3": "takes brokers=, partitions= and only=, not 3",
        "brokers=0": "brokers of kafka_cluster must be an int from 1 on, not 0",
        "partitions='2'": "partitions of kafka_cluster must be an int from 1 on, not '2'",
        "only='real'": "only of kafka_cluster must be 'mock' or 'server', not 'real'",
    }
    tests = "".join(
        f"@pytest.mark.kafka_cluster({arguments})\ndef test_{number}(kafka_cluster): pass\n"
        for number, arguments in enumerate(said)
    )
    result = run(pytester, "import pytest\n" + tests)
    result.assert_outcomes(errors=len(said))
    assert [text for text in said.values() if text not in result.stdout.str()] == []


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--kafka=real"], "--kafka must be mock, server, or HOST:PORT[,HOST:PORT], not 'real'"),
        (["--kafka=localhost"], "not 'localhost'"),
        (["--kafka=server"], "--kafka-home or KAFKA_HOME"),
        (["--kafka=server", "--kafka-home=/nowhere"], "--kafka=server: /nowhere is no Apache Kafka distribution"),
        (["-o", "kafka=nonsense"], "not 'nonsense'"),
    ],
)
def test_an_option_that_makes_no_sense_ends_the_run(pytester: pytest.Pytester, arguments: list[str], text: str) -> None:
    result = run(pytester, ROUND_TRIP, *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert text in result.stderr.str()


def test_a_cluster_that_runs_already_is_used(pytester: pytest.Pytester, served: str) -> None:
    result = run(
        pytester,
        ROUND_TRIP
        + f"""
    import pytest

    def test_servers(kafka_cluster):
        assert kafka_cluster.bootstrap_servers == {served!r} and kafka_cluster.brokers == 2

    @pytest.mark.kafka_cluster(brokers=3)
    def test_more_brokers_than_there_are(kafka_cluster):
        raise AssertionError("must not run")
    """,
        f"--kafka={served}",
    )
    result.assert_outcomes(passed=2, skipped=1)
    result.stdout.fnmatch_lines(["*needs 3 brokers, and * has 2*"])


def test_what_no_cluster_takes_is_not_asked_of_one_that_runs_already(served: str) -> None:
    cluster = ExternalCluster(served)
    calls: dict[str, Callable[[], None]] = {
        "partitions must": lambda: cluster.create_topic("t", 2**40),
        "partitions must be at least 1, not 0": lambda: cluster.create_topic("t", 0),
        "replication_factor must": lambda: cluster.create_topic("t", 1, 2**15),
        "topic 'a b'": lambda: cluster.delete_topic("a b"),
    }
    for text, call in calls.items():
        with pytest.raises(ValueError, match=text):
            call()


def test_a_cluster_that_does_not_answer_is_waited_for_once(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        from mapr_streams_python import testing
        from mapr_streams_python.testing import _external

        class Counted(testing.ExternalCluster):
            def __init__(self, *arguments):
                print("looks for a cluster")
                super().__init__(*arguments)

        _external._TIMEOUT = 0.5
        testing.ExternalCluster = Counted
        """
    )
    result = run_apart(
        pytester,
        """
        import pytest

        @pytest.mark.parametrize("turn", range(10))
        def test_it(turn, kafka_cluster):
            pass
        """,
        "--kafka=127.0.0.1:1",
        "--tb=line",
        "-s",
    )
    result.assert_outcomes(errors=10)
    assert "no broker answers at 127.0.0.1:1 within 0.5 s" in result.stdout.str()
    assert result.stdout.str().count("looks for a cluster") == 1


def test_with_several_clusters_a_test_runs_on_each_and_others_run_once(pytester: pytest.Pytester, served: str) -> None:
    result = run(
        pytester,
        ROUND_TRIP + "\n    def test_without_a_cluster():\n        pass\n",
        "--kafka=mock",
        f"--kafka={served}",
        "-v",
    )
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        ["*test_round_trip?mock?*PASSED*", "*test_without_a_cluster *PASSED*"], consecutive=False
    )


def test_properties_go_over_the_defaults(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        from mapr_streams_python import TopicPartition
        from mapr_streams_python.testing import deliver

        def test_it(kafka_cluster, make_topic, make_producer, make_consumer):
            topic = make_topic(partitions=2)
            deliver(make_producer({"linger.ms": 0}), topic, [{"value": "v", "partition": 1}])
            consumer = make_consumer({"group.id": "mine", "auto.offset.reset": "latest"})
            consumer.commit(offsets=[TopicPartition(topic, 1, 1)], asynchronous=False)
            (found,) = make_consumer({"group.id": "mine"}).committed([TopicPartition(topic, 1)], 600)
            assert found.offset == 1
        """,
    )
    result.assert_outcomes(passed=1)


def test_workers_of_pytest_xdist_have_clusters_of_their_own(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    result = run_apart(
        pytester,
        """
        import pytest
        from mapr_streams_python.testing import deliver

        @pytest.mark.parametrize("number", range(4))
        def test_one(number, kafka_cluster, kafka_topic, producer, worker_id):
            assert worker_id in ("gw0", "gw1")
            assert deliver(producer, kafka_topic, ["v"])[0].offset() == 0
        """,
        "-n",
        "2",
    )
    result.assert_outcomes(passed=4)


def test_naming_the_plugin_that_is_loaded_already_does_no_harm(pytester: pytest.Pytester) -> None:
    run_apart(pytester, "def test_it():\n    pass\n", "-p", "pytest_mapr_streams").assert_outcomes(passed=1)


def test_a_run_that_does_not_use_it_imports_nothing(pytester: pytest.Pytester) -> None:
    result = run_apart(
        pytester,
        """
        import sys

        def test_it():
            assert "pytest_mapr_streams" in sys.modules
            assert [name for name in sys.modules if name.startswith("mapr_streams_python")] == []
        """,
    )
    result.assert_outcomes(passed=1)


def test_the_options_and_the_marker_are_explained(pytester: pytest.Pytester) -> None:
    pytester.runpytest_inprocess("--help").stdout.fnmatch_lines(["*--kafka=mock|server|HOST:PORT*"])
    pytester.runpytest_inprocess("--markers").stdout.fnmatch_lines(
        ["*kafka_cluster(brokers=1, partitions=1, only=None)*"]
    )
