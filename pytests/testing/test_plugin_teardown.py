"""The pytest plugin at the end of a test: what that left is closed, and nothing that it did is in the way."""

from __future__ import annotations

import pytest
from plugin_runs import run, user_run  # noqa: F401 - a fixture of every test

pytest_plugins = ["pytester"]


def test_everything_is_torn_down_whatever_the_test_did(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import threading
        import pytest

        kept = []

        def raising(*arguments):
            raise ZeroDivisionError("of a callback")

        def test_that_fails_with_messages_on_their_way(kafka_cluster, make_topic, make_producer, make_consumer):
            producer = make_producer({"linger.ms": 60000})
            producer.produce(make_topic(), "never", on_delivery=raising)
            consumer = make_consumer()
            consumer.subscribe([make_topic()], on_assign=raising)
            kafka_cluster.set_broker_down(-1)
            kept.extend([producer, consumer])
            assert "the test" == "fails by itself"

        def test_what_was_made_is_closed():
            for client in kept:
                with pytest.raises(RuntimeError, match="closed"):
                    client.poll(0)

        def test_that_closes_everything_itself(kafka_cluster, producer, consumer):
            producer.close()
            consumer.close()
            kafka_cluster.close()
        """,
    )
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["E *fails by itself*"])


def test_what_is_no_exception_stops_no_teardown_either(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import sys
        import pytest
        from mapr_streams_python.testing import wait_for_assignment

        kept = []

        def failing(*arguments):
            pytest.fail("of a callback")

        def exiting(*arguments):
            sys.exit("of a callback")

        @pytest.mark.parametrize("raising", [failing, exiting])
        def test_producers(raising, kafka_topic, make_producer):
            kept.extend([make_producer(), make_producer()])
            for producer in kept[-2:]:
                producer.produce(kafka_topic, "v", on_delivery=raising)

        @pytest.mark.parametrize("raising", [failing, exiting])
        def test_consumers(raising, kafka_topic, make_consumer):
            kept.extend([make_consumer(), make_consumer()])
            kept[-2].subscribe([kafka_topic], on_revoke=raising)
            wait_for_assignment(kept[-2])

        def test_what_was_made_is_closed(kafka_topic):
            assert kafka_topic.startswith("test_what_was_made_is_closed-")
            for client in kept:
                with pytest.raises(RuntimeError, match="closed"):
                    client.poll(0)
        """,
    )
    result.assert_outcomes(passed=5, errors=2)
    result.stdout.fnmatch_lines(
        ["E *Failed: of a callback", "E *RuntimeError: SystemExit('of a callback') came out of*"]
    )


def test_the_faults_that_a_test_leaves_do_not_hold_up_its_teardown(pytester: pytest.Pytester) -> None:
    code = """
        import time
        import pytest
        from mapr_streams_python.testing import deliver, read

        @pytest.fixture
        def quick():
            began = []
            yield began
            assert time.monotonic() - began[0] < 3

        @pytest.mark.parametrize("fault", ["set_broker_rtt(1, 30)", "set_broker_down(1)"])
        def test_it(fault, quick, kafka_cluster, kafka_topic, producer, consumer):
            deliver(producer, kafka_topic, ["one"])
            consumer.subscribe([kafka_topic])
            read(consumer, 1)
            producer.produce(kafka_topic, "two")
            eval("kafka_cluster." + fault)
            quick.append(time.monotonic())
        """
    # Left as they are they hold it up for six seconds and more each time; a busy machine may do so once.
    for _ in range(5):
        result = run(pytester, code)
        if result.parseoutcomes() == {"passed": 2}:
            break
    result.assert_outcomes(passed=2)


def test_a_callback_that_raises_while_a_consumer_is_closed_is_an_error_of_the_teardown(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        """
        from mapr_streams_python.testing import wait_for_assignment

        def test_it(kafka_topic, consumer):
            def raising(consumer, partitions):
                raise ZeroDivisionError("while closing")

            consumer.subscribe([kafka_topic], on_revoke=raising)
            wait_for_assignment(consumer)
        """,
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*ZeroDivisionError: while closing*"])
