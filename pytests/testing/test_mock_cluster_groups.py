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


def test_what_a_member_subscribes_to_may_change_as_often_as_it_likes():
    with MockCluster() as cluster:
        cluster.create_topic("t", 2)
        config = {"bootstrap.servers": cluster.bootstrap_servers, "group.id": "g"}
        with Consumer({**config, "partition.assignment.strategy": "range"}) as consumer:
            for _ in range(3):
                consumer.subscribe(["t"])
        with Consumer({**config, "partition.assignment.strategy": "roundrobin"}) as other:
            other.subscribe(["t"])
            wait_for_assignment(other)
