"""What plans of offsets and waits for topics refuse before anything is sent, and what they do on the mock cluster."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from limits import HANG

import mapr_streams_python
from mapr_streams_python import KafkaException, TopicPartition
from mapr_streams_python.admin import AdminClient, OffsetChange, OffsetPlan, OffsetSpec, ShiftBy
from mapr_streams_python.testing import MockCluster

# Nobody listens there.
NOWHERE = {"bootstrap.servers": "127.0.0.1:1", "log_level": 0, "error_cb": lambda error: None}
T0 = TopicPartition("t", 0)


@pytest.fixture(scope="module")
def cluster():
    with MockCluster() as cluster:
        cluster.create_topic("t", 2)
        yield cluster


@pytest.fixture
def client(cluster):
    with AdminClient({"bootstrap.servers": cluster.bootstrap_servers}) as client:
        yield client


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda c: c.reset_offsets(5, "earliest"), TypeError, "group must be str, not int"),
        (
            lambda c: c.reset_offsets("g", "first"),
            ValueError,
            'to must be "earliest" or "latest", an offset, a datetime or ShiftBy, not "first"',
        ),
        (
            lambda c: c.reset_offsets("g", None),
            TypeError,
            'to must be "earliest", "latest", an int, a datetime, an OffsetSpec or ShiftBy, not NoneType',
        ),
        (
            lambda c: c.reset_offsets("g", -5),
            ValueError,
            "to must be an offset from 0 on: ShiftBy goes back by so many, not -5",
        ),
        (
            lambda c: c.reset_offsets("g", datetime(2024, 1, 1)),
            ValueError,
            "to must have a time zone, as datetime.now(timezone.utc) has",
        ),
        (
            lambda c: c.reset_offsets("g", datetime(1960, 1, 1, tzinfo=timezone.utc)),
            ValueError,
            "to must be a time from 1970 on, not -315619200000",
        ),
        (
            lambda c: c.reset_offsets("g", OffsetSpec.max_timestamp()),
            ValueError,
            "to must not be OffsetSpec.max_timestamp(): records with lower time stamps may follow it",
        ),
        (lambda c: ShiftBy("1"), TypeError, "offsets must be an int, not str"),
        (
            lambda c: c.reset_offsets("g", 1, topics=["t"], partitions=[T0]),
            ValueError,
            "topics and partitions must not both be given",
        ),
        (lambda c: c.reset_offsets("g", 1, topics=[]), ValueError, "topics must not be empty: it is a list of str"),
        (
            lambda c: c.reset_offsets("g", 1, partitions=[TopicPartition("t")]),
            ValueError,
            "partitions[0].partition must be 0 or more, not -1",
        ),
        (lambda c: c.reset_offsets("g", 1, apply="yes"), TypeError, "apply must be a bool, not str"),
        (
            lambda c: c.reset_offsets("g", 1, timeout="1"),
            TypeError,
            "timeout must be a number of seconds, not str",
        ),
        (lambda c: c.wait_for_topics("t"), TypeError, "topics must be a list of str, not str"),
        (lambda c: c.wait_until_deleted(["t", ""]), ValueError, "topics[1] must not be empty"),
        (
            lambda c: c.wait_for_topics(["t"], timeout=None),
            TypeError,
            "timeout must be a number of seconds, not None",
        ),
    ],
)
def test_bad_arguments_of_plans_and_waits_are_named(call, error, text):
    with AdminClient(NOWHERE) as client:
        with pytest.raises(error) as caught:
            call(client)
        assert str(caught.value) == text
        assert len(client) == 0


def test_a_plan_ends_with_its_time():
    with AdminClient(NOWHERE) as client, pytest.raises(mapr_streams_python.TimeoutException):
        client.reset_offsets("g", "earliest", timeout=0.1)


def test_a_plan_is_a_table():
    changes = [OffsetChange("orders", 0, 12, 0), OffsetChange("t", 11, None, 345)]
    plan = OffsetPlan(None, "g", changes)
    assert str(plan).splitlines() == [
        'group "g"',
        "topic   partition  old  new",
        "orders          0   12    0",
        "t              11    -  345",
    ]
    assert repr(plan) == "OffsetPlan(g, 2 partitions)"


def test_a_mock_cluster_makes_no_plan(client):
    with pytest.raises(KafkaException, match="a mock cluster does not answer"):
        client.reset_offsets("g", "earliest", partitions=[T0])


def test_topics_are_waited_for_on_the_mock_cluster(cluster, client):
    client.wait_for_topics(["t"], timeout=HANG)
    client.wait_until_deleted(["never"], timeout=HANG)
    with pytest.raises(
        mapr_streams_python.TimeoutException, match=r"topics t(, never)? are still there: not within 0.1 s"
    ):
        client.wait_until_deleted(["t", "never"], timeout=0.1)
    with pytest.raises(mapr_streams_python.TimeoutException, match=r"topics (t, )?never are not there"):
        client.wait_for_topics(["t", "never"], timeout=0.1)
    assert "never" not in client.list_topics(timeout=HANG).topics


@pytest.mark.parametrize("call", ["wait_for_topics", "wait_until_deleted"])
def test_brokers_that_are_away_are_waited_for_until_the_time_is_over(call):
    over = pytest.raises(mapr_streams_python.TimeoutException, match=r"topics t are .*: not within 0.3 s")
    # Refused at once.
    with AdminClient({"bootstrap.servers": "127.0.0.1:1", "log_level": 0}) as client, over:
        getattr(client, call)(["t"], timeout=0.3)
