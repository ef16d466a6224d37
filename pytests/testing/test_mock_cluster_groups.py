"""Groups on a mock cluster, where librdkafka's own would end the process."""

import pytest

from mapr_streams_python import Consumer, KafkaError, KafkaException
from mapr_streams_python.testing import MockCluster, wait_for_assignment


def test_a_member_with_another_assignor_in_front_is_refused_until_the_others_have_left():
    with MockCluster() as cluster:
        cluster.create_topic("t", 2)
        config = {"bootstrap.servers": cluster.bootstrap_servers, "group.id": "g"}
        with Consumer({**config, "partition.assignment.strategy": "range"}) as consumer:
            consumer.subscribe(["t"])
            wait_for_assignment(consumer)
            with Consumer({**config, "partition.assignment.strategy": "roundrobin,range"}) as other:
                with pytest.raises(KafkaException, match='in "g" another consumer has "range" first') as raised:
                    other.subscribe(["t"])
                assert raised.value.args[0].code() == KafkaError.INCONSISTENT_GROUP_PROTOCOL
                # Another group is another matter.
                with Consumer({**config, "group.id": "h", "partition.assignment.strategy": "roundrobin"}) as third:
                    third.subscribe(["t"])
                    wait_for_assignment(third)
                consumer.close()
                other.subscribe(["t"])


def test_a_member_that_ended_while_it_was_joining_stays_in_its_group_until_its_session_is_over():
    # The cluster keeps the member of a join that its consumer no longer waits for.
    with MockCluster() as cluster:
        cluster.create_topic("t", 2)
        config = {"bootstrap.servers": cluster.bootstrap_servers, "group.id": "g"}
        with Consumer({**config, "partition.assignment.strategy": "range"}) as consumer:
            for _ in range(3):
                consumer.subscribe(["t"])
        refused = pytest.raises(KafkaException, match='in "g" another consumer has "range" first')
        with Consumer({**config, "partition.assignment.strategy": "roundrobin"}) as other, refused:
            other.subscribe(["t"])
        with Consumer({**config, "partition.assignment.strategy": "range"}) as another:
            another.subscribe(["t"])
