"""Every state that a group can be in when its consumer is closed, dropped, or alive at the end of the process."""

import sys
from pathlib import Path

import pytest

from mapr_streams_python.testing import MockCluster

SEQUENCES = Path(__file__).resolve().parents[1] / "group_sequences.py"


def test_a_subscription_that_waits_for_a_rebalance_ends_with_its_consumer(program, filled, dialect):
    """librdkafka aborts where one comes into force while the group ends."""
    printed = program(
        """
        def unsubscribe_then_subscribe(client):
            client.unsubscribe()
            client.subscribe([other])

        def subscribe_twice(client):
            client.subscribe([other])
            client.subscribe([topic, other])

        def subscribe_then_poll(client):
            client.unsubscribe()
            client.subscribe([other])
            client.poll(0)

        def unassign_between(client):
            client.unsubscribe()
            client.unassign()
            client.subscribe([other])

        def with_block(client):
            with client:
                pass

        survivors = []
        ends = [Consumer.close, with_block, lambda client: None, survivors.append]
        changes = [unsubscribe_then_subscribe, subscribe_twice, subscribe_then_poll, unassign_between]
        ended = []

        def run(change, end):
            client = make_consumer({"streams.compatibility": dialect, "group.id": f"{change} {end}"})
            client.subscribe([topic])
            wait_for(lambda: client.poll(0.1) is not None)
            change(client)
            end(client)
            del client
            ended.append((change, end))

        threads = [threading.Thread(target=run, args=(change, end)) for change in changes for end in ends]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(len(ended))
        """,
        topic=filled("v"),
        other=filled("v"),
        dialect=dialect,
    )
    assert printed == "16\n"


def test_whatever_a_group_was_asked_its_consumers_come_to_their_end(run_python):
    """Some sequences of calls; `group_sequences.py` runs as many others as one likes."""
    with MockCluster(brokers=1) as cluster:
        for topic in ("a", "b"):
            cluster.create_topic(topic, partitions=2)
        call = f"main({cluster.bootstrap_servers!r}, 0, 20)"
        assert run_python(SEQUENCES.read_text("utf-8").replace("main(*sys.argv[1:])", call)).check() == "ended\n"


COOPERATIVE = """
group = f"g{time.time()}"
client = make_consumer({"partition.assignment.strategy": "cooperative-sticky", "group.id": group})
client.subscribe([topic])
wait_for(lambda: client.poll(0.1) is not None)
"""


def test_a_cooperative_member_whose_partition_was_taken_away_by_hand_closes(program, filled):
    """What the group takes back is no longer all there: librdkafka refused all of it, and the close waited for ever."""
    program(
        COOPERATIVE
        + """
revoked = []
client.subscribe([topic], on_revoke=lambda consumer, partitions: revoked.append(partitions))
client.incremental_unassign([TopicPartition(topic, 0)])
client.unsubscribe()
wait_for(lambda: client.poll(0.01) or revoked)
client.close()
""",
        topic=filled("v", partitions=2),
    )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_a_cooperative_member_that_is_dropped_while_it_is_assigned_partitions_ends(program, filled):
    """librdkafka before 2.4.0 waited for the answer for ever, in a thread that was left behind at last."""
    program(
        COOPERATIVE
        + """
from pathlib import Path

def mains():
    found = []
    for task in Path("/proc/self/task").iterdir():
        try:
            found += [task] if (task / "comm").read_text().strip() == "rdk:main" else []
        except OSError:
            pass  # It has ended meanwhile.
    return found

revoked = []
client.subscribe([topic], on_revoke=lambda consumer, partitions: revoked.append(partitions))
other = make_consumer({"partition.assignment.strategy": "cooperative-sticky", "group.id": group})
other.subscribe([topic])
wait_for(lambda: (client.poll(0.01), other.poll(0.01), revoked)[-1])
# What the group gives the other one now it gives together with what waits for an answer of this one.
# Where the other one came too late for that, this one has to answer before there is a next time.
def is_given():
    for _ in range(200):
        other.poll(0.05)
        if other.assignment():
            return True
    client.poll(0)

wait_for(is_given)
assert len(mains()) == 2
del client
wait_for(lambda: len(mains()) == 1)
other.close()
""",
        topic=filled("v", partitions=2),
    )


def test_a_cooperative_member_that_is_about_to_join_again_subscribes_to_something_else(program, filled):
    """librdkafka aborts where it has to ask after the new topic first."""
    program(
        COOPERATIVE
        + """
client.unsubscribe()
wait_for(lambda: client.poll(0.01) is None and not client.assignment() and client.memberid() is None)
client.subscribe([topic])
client.subscribe([other])
client.close()
""",
        topic=filled("v"),
        other=filled("v"),
    )


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(
    "change",
    [
        "client.assign([partition])",
        "client.assign([partition]); client.unassign()",
        "client.incremental_assign([partition]); client.incremental_unassign([partition])",
        "client.assign([partition]); client.incremental_unassign([partition])",
    ],
)
def test_an_assignment_can_be_changed_again_and_again(change, threads, program, filled):
    """librdkafka aborts where a partition is taken away whose fetcher has not begun to stop from the time before."""
    program(
        """
client = make_consumer({"streams.compatibility": "kafka"})
partition = TopicPartition(topic, 0, 0)

def run():
    for _ in range(200):
        try:
            @CHANGE@
        except KafkaException as exception:
            # Another thread was there first.
            assert exception.args[0].code() in (KafkaError._CONFLICT, KafkaError._INVALID_ARG), exception

threads = [threading.Thread(target=run) for _ in range(@THREADS@)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
client.close()
""".replace("@CHANGE@", change).replace("@THREADS@", str(threads)),
        topic=filled("v"),
    )


def test_an_assignment_can_be_changed_again_and_again_where_the_group_gives_it(program, filled):
    program(
        """
assigned = []

def on_assign(consumer, partitions):
    for _ in range(200):
        consumer.assign(partitions)
    assigned.append(partitions)

client = make_consumer({"group.id": "again"})
client.subscribe([topic], on_assign=on_assign)
wait_for(lambda: client.poll(0.01) or assigned)
for _ in range(20):
    client.assign(assigned[0])
client.unassign()
client.subscribe([topic])
client.subscribe([topic])
client.close()
""",
        topic=filled("v"),
    )
