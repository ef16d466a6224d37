"""What an administrator is told of a group's offsets when the group's coordinator is another broker.

librdkafka's `rd_kafka_handle_OffsetFetch` ended the process here, so each program has one of its own.
"""

import subprocess
import sys

import pytest
from limits import HANG

BEGIN = """
import os
from mapr_streams_python import Consumer, KafkaError, KafkaException, TopicPartition
from mapr_streams_python.admin import AdminClient, ConsumerGroupTopicPartitions
from mapr_streams_python.testing import MockCluster, wait_until

def ask(client, group="g"):
    request = [ConsumerGroupTopicPartitions(group, [TopicPartition("t", 0)])]
    return client.list_consumer_group_offsets(request, request_timeout=300)[group]

def offset(future):
    return future.result(600).topic_partitions[0].offset

with MockCluster(3) as cluster:
    cluster.create_topic("t")
    servers = {"bootstrap.servers": cluster.bootstrap_servers}
    for group, at in (("g", 3), ("h", 4)):
        cluster.set_coordinator("group", group, 1)
        with Consumer({**servers, "group.id": group}) as consumer:
            consumer.commit(offsets=[TopicPartition("t", 0, at)], asynchronous=False)
    client = AdminClient(servers)
    assert offset(ask(client)) == 3
"""

REFUSED = """
    for error in "NOT_COORDINATOR", "COORDINATOR_NOT_AVAILABLE", "BROKER_NOT_AVAILABLE", "KAFKA_STORAGE_ERROR":
        cluster.push_request_errors("OffsetFetch", [error])
        failure = ask(client).exception(600)
        assert isinstance(failure, KafkaException) and failure.args[0] == getattr(KafkaError, error), failure
        assert offset(ask(client)) == 3
    client.close()
    print("ended")
"""

MOVED = """
    # It was asked of broker 1, and that is gone.
    cluster.set_coordinator("group", "g", 2)
    cluster.set_broker_down(1)
    assert offset(ask(client)) == 3
    client.close()
    print("ended")
"""

MANY = """
    # Two groups at a time.
    asked = [ask(client, group) for group in "ghgh"]
    assert [offset(future) for future in asked] == [3, 4, 3, 4]
    cluster.push_request_errors("OffsetFetch", ["NOT_COORDINATOR"], broker_id=1)
    asked = [ask(client, group) for group in "ghgh"]
    failed = [future.exception(600) for future in asked]
    assert [failure.args[0] for failure in failed if failure] == [KafkaError.NOT_COORDINATOR]
    client.close()
    print("ended")
"""

ENDS = """
    files = len(os.listdir("/proc/self/fd"))
    for _ in range(30):
        assert offset(ask(client)) == 3
    # Its handles have ended, but for the last, which may be about to.
    def few():
        return len(os.listdir("/proc/self/fd")) < files + 20
    wait_until(few, 60)
    client.close()
    # What is under way is told so.
    client = AdminClient(servers)
    cluster.set_broker_down(1)
    asked = [ask(client, group) for group in "gh"]
    client.close()
    assert [future.exception(600).args[0] for future in asked] == [KafkaError._DESTROY] * 2
    # A time of its own.
    with AdminClient(servers) as client:
        request = [ConsumerGroupTopicPartitions("g", [TopicPartition("t", 0)])]
        failure = client.list_consumer_group_offsets(request, request_timeout=1)["g"].exception(600)
        assert failure.args[0] == KafkaError._TIMED_OUT, failure
        cluster.set_broker_up(1)
        assert offset(ask(client)) == 3
    print("ended")
"""

ABANDONED = """
    cluster.set_broker_down(1)
    asked = ask(client)
    child = os.fork()
    if child == 0:
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    # Nobody closes it.
    print("ended", flush=True)
"""


@pytest.mark.parametrize(
    "program",
    [REFUSED, MOVED, MANY, ENDS, ABANDONED],
    ids=["refused", "moved", "many", "ends", "abandoned"],
)
def test_a_question_about_offsets_outlives_a_coordinator(program: str) -> None:
    ended = subprocess.run([sys.executable, "-c", BEGIN + program], capture_output=True, text=True, timeout=HANG)
    assert (ended.returncode, ended.stdout.strip()) == (0, "ended"), ended.stderr
