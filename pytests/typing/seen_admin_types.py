"""The types that users of an AdminClient see: see seen_types.py."""

from __future__ import annotations

from typing_extensions import assert_type

from mapr_streams_python import KafkaError, Node, TopicPartition, Uuid
from mapr_streams_python.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AdminClient,
    ElectionType,
    ResourceType,
    TopicCollection,
)


def calls(admin: AdminClient, acl: AclBinding, of: AclBindingFilter) -> None:
    topic = admin.describe_topics(TopicCollection(["t"]))["t"].result()
    assert_type(topic.topic_id, Uuid)
    assert_type(topic.partitions[0].leader, "Node | None")
    assert_type(topic.authorized_operations, "list[AclOperation] | None")
    assert_type(acl.operation, AclOperation)
    assert_type(admin.describe_cluster().result().nodes, "list[Node]")
    assert_type(topic.partitions[0].replicas[0], Node)
    place = TopicPartition("t", 0, 5)
    assert_type(admin.delete_records([place])[place].result().low_watermark, int)
    for partition, error in admin.elect_leaders(ElectionType.PREFERRED).result().items():
        assert_type(partition, TopicPartition)
        if error is not None:
            assert_type(error, KafkaError)
    assert_type(admin.create_acls([acl])[acl].result(), None)
    assert_type(admin.describe_acls(of).result(), "list[AclBinding]")
    assert_type(admin.delete_acls([of])[of].result(), "list[AclBinding]")
    assert_type(acl.restype, ResourceType)
    assert_type(acl.name, str)
    assert_type(of.name, "str | None")
    everybody = admin.describe_user_scram_credentials().result()
    assert_type(everybody["a"].user, str)
    some = admin.describe_user_scram_credentials(["a"])
    assert_type(some["a"].result().scram_credential_infos[0].iterations, int)
