"""Groups of a node that the cluster has given up, where no other has a copy of their offsets."""

from __future__ import annotations

import os

import pytest
from limits import HANG
from test_kafka_admin_pages import PAGES, functions

from mapr_streams_python import TopicPartition
from mapr_streams_python.admin import AdminClient, ConsumerGroupTopicPartitions, NewTopic
from mapr_streams_python.testing import KafkaServer, unique_name, wait_until

pytestmark = [
    pytest.mark.skipif(not os.environ.get("KAFKA_HOME"), reason="KAFKA_HOME is not set"),
    pytest.mark.skipif(not PAGES.is_dir(), reason="the documentation is not part of this distribution"),
    pytest.mark.xdist_group("kafka-admin-missing-groups"),
]


def test_groups_that_nobody_tells_of_are_seen_by_partitions_without_a_leader():
    page = functions("groups")
    with KafkaServer(3, properties={"offsets.topic.replication.factor": "1"}) as cluster:
        config = {"bootstrap.servers": cluster.bootstrap_servers, "log_level": 0}
        group, topic = unique_name("g"), unique_name("t")
        asked = [ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0, 1)])]

        def is_committed(admin):
            done = admin.alter_consumer_group_offsets(asked, request_timeout=10)[group]
            return done.exception(HANG) is None and done.result().topic_partitions[0].error is None

        with AdminClient(config) as admin:
            admin.create_topics([NewTopic(topic, 1, 3)], timeout=HANG)[topic].result(HANG)
            assert wait_until(lambda: is_committed(admin), HANG)
            assert group in {each.group_id for each in admin.list_consumer_groups().result(HANG).valid}
            assert page.partitions_of_missing_groups(admin) == []
            coordinator = admin.describe_consumer_groups([group])[group].result(HANG).coordinator.id
        cluster.kill(coordinator)

        def is_given_up():
            with AdminClient(config) as admin:
                return coordinator not in admin.list_topics(timeout=HANG).brokers

        assert wait_until(is_given_up, HANG)
        with AdminClient(config) as admin:
            result = admin.list_consumer_groups(request_timeout=HANG).result(HANG)
            assert result.errors == []
            assert group not in {each.group_id for each in result.valid}
            assert page.partitions_of_missing_groups(admin) != []
            cluster.restart(coordinator)
            assert wait_until(lambda: page.partitions_of_missing_groups(admin) == [], HANG)
