"""Every request of an AdminClient, for tests that go through all of them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any, Callable, NamedTuple

from requires import is_since

from mapr_streams_python import TopicPartition
from mapr_streams_python.admin import (
    AclBinding,
    AclBindingFilter,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConsumerGroupTopicPartitions,
    ConsumerGroupType,
    ElectionType,
    IsolationLevel,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ScramCredentialInfo,
    ScramMechanism,
    TopicCollection,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

# Nobody listens there.
NOWHERE = {"bootstrap.servers": "127.0.0.1:1", "log_level": 0, "error_cb": lambda error: None}


class Request(NamedTuple):
    """A request that an AdminClient can make.

    `function` is the one of librdkafka's that is missing where it is older than `since`. A mock cluster `answers` it,
    of a topic `t`, or refuses it.
    """

    method: str
    arguments: Callable[[], tuple[Any, ...]]
    options: dict[str, Any] = {}  # noqa: RUF012 - a tuple's field
    since: str = "2.0.2"
    function: str = ""
    answers: bool = False

    def __call__(self, client: AdminClient, **options: Any) -> Any:
        return getattr(client, self.method)(*self.arguments(), **self.options, **options)

    @property
    def is_missing(self) -> bool:
        """The loaded librdkafka lacks the function."""
        return not is_since(self.since)


def futures_of(answer: Any) -> list[Future[Any]]:
    return list(answer.values()) if isinstance(answer, dict) else [answer]


def present() -> Iterator[tuple[str, Request]]:
    """Those that the loaded librdkafka has."""
    return ((name, request) for name, request in REQUESTS.items() if not request.is_missing)


def partition(offset: int | None = None) -> TopicPartition:
    return TopicPartition("t", 0) if offset is None else TopicPartition("t", 0, offset)


def resource(*changes: ConfigEntry, **properties: object) -> ConfigResource:
    return ConfigResource("topic", "t", set_config=properties, incremental_configs=changes)


def change() -> ConfigEntry:
    return ConfigEntry("retention.ms", "1", incremental_operation=AlterConfigOpType.SET)


def acl(restype: str = "topic", name: str = "t") -> AclBinding:
    return AclBinding(restype, name, "literal", "User:a", "*", "read", "allow")


def acl_filter() -> AclBindingFilter:
    return AclBindingFilter("any", None, "any", None, None, "any", "any")


def group(*partitions: TopicPartition) -> list[ConsumerGroupTopicPartitions]:
    return [ConsumerGroupTopicPartitions("g", list(partitions) or None)]


def upsertion(user: str = "a") -> UserScramCredentialUpsertion:
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096)
    return UserScramCredentialUpsertion(user, info, b"p", b"salt")


_OPERATIONS = {
    "options": {"include_authorized_operations": True},
    "since": "2.3.0",
    "function": "rd_kafka_AdminOptions_set_include_authorized_operations",
}

REQUESTS = {
    "create_topics": Request("create_topics", lambda: ([NewTopic("new", 1)],)),
    "delete_topics": Request("delete_topics", lambda: (["t"],)),
    "create_partitions": Request("create_partitions", lambda: ([NewPartitions("t", 9)],)),
    "describe_configs": Request("describe_configs", lambda: ([resource()],)),
    "alter_configs": Request("alter_configs", lambda: ([resource(x="1")],)),
    "incremental_alter_configs": Request(
        "incremental_alter_configs",
        lambda: ([resource(change())],),
        since="2.2.0",
        function="rd_kafka_IncrementalAlterConfigs",
    ),
    "describe_cluster": Request(
        "describe_cluster", lambda: (), since="2.3.0", function="rd_kafka_DescribeCluster", answers=True
    ),
    "describe_topics": Request(
        "describe_topics",
        lambda: (TopicCollection(["t"]),),
        since="2.3.0",
        function="rd_kafka_DescribeTopics",
        answers=True,
    ),
    "delete_records": Request("delete_records", lambda: ([partition(0)],)),
    "elect_leaders": Request(
        "elect_leaders", lambda: (ElectionType.PREFERRED,), since="2.6.0", function="rd_kafka_ElectLeaders"
    ),
    "elect_leaders of partitions": Request(
        "elect_leaders",
        lambda: (ElectionType.UNCLEAN, [partition()]),
        since="2.6.0",
        function="rd_kafka_ElectLeaders",
    ),
    "create_acls": Request("create_acls", lambda: ([acl()],)),
    "create_acls of transactional ids": Request(
        "create_acls",
        lambda: ([acl("transactional_id", "id")],),
        since="2.6.0",
        function="ACLs of transactional ids",
    ),
    "describe_acls": Request("describe_acls", lambda: (acl_filter(),)),
    "delete_acls": Request("delete_acls", lambda: ([acl_filter()],)),
    "describe_user_scram_credentials": Request(
        "describe_user_scram_credentials",
        lambda: (["a"],),
        since="2.2.0",
        function="rd_kafka_DescribeUserScramCredentials",
    ),
    "describe_user_scram_credentials of all": Request(
        "describe_user_scram_credentials",
        lambda: (),
        since="2.2.0",
        function="rd_kafka_DescribeUserScramCredentials",
    ),
    "alter_user_scram_credentials": Request(
        "alter_user_scram_credentials",
        lambda: ([upsertion(), UserScramCredentialDeletion("b", ScramMechanism.SCRAM_SHA_512)],),
        since="2.2.0",
        function="rd_kafka_AlterUserScramCredentials",
    ),
    "list_consumer_groups": Request("list_consumer_groups", lambda: ()),
    "list_consumer_groups by type": Request(
        "list_consumer_groups",
        lambda: (),
        {"types": {ConsumerGroupType.CLASSIC}},
        since="2.6.0",
        function="rd_kafka_AdminOptions_set_match_consumer_group_types",
    ),
    "describe_consumer_groups": Request("describe_consumer_groups", lambda: (["g"],)),
    "describe_consumer_groups with operations": Request("describe_consumer_groups", lambda: (["g"],), **_OPERATIONS),
    "delete_consumer_groups": Request("delete_consumer_groups", lambda: (["g"],)),
    "list_consumer_group_offsets": Request("list_consumer_group_offsets", lambda: (group(partition()),), answers=True),
    "list_consumer_group_offsets of all": Request("list_consumer_group_offsets", lambda: (group(),)),
    "alter_consumer_group_offsets": Request(
        "alter_consumer_group_offsets", lambda: (group(partition(1)),), answers=True
    ),
    "delete_consumer_group_offsets": Request("delete_consumer_group_offsets", lambda: (group(partition()),)),
    "list_offsets": Request(
        "list_offsets",
        lambda: ({partition(): OffsetSpec.latest()},),
        since="2.3.0",
        function="rd_kafka_ListOffsets",
        answers=True,
    ),
    "list_offsets of committed records": Request(
        "list_offsets",
        lambda: ({partition(): OffsetSpec.earliest()},),
        {"isolation_level": IsolationLevel.READ_COMMITTED},
        since="2.3.0",
        function="rd_kafka_ListOffsets",
        answers=True,
    ),
    "list_offsets by time": Request(
        "list_offsets",
        lambda: ({partition(): OffsetSpec.for_timestamp(5)},),
        since="2.3.0",
        function="rd_kafka_ListOffsets",
    ),
}
