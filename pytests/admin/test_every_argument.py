"""Every argument of every method of an AdminClient, given in each of the wrong ways that it can be.

Nothing is sent, and the error begins with the argument's name, or with the place in it.
"""

from __future__ import annotations

import copy
import inspect
import re
from typing import Any

import pytest
from admin_requests import NOWHERE, acl, acl_filter, change, group, partition, resource, upsertion

from mapr_streams_python import TopicPartition
from mapr_streams_python.admin import (
    AclBindingFilter,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConsumerGroupState,
    ElectionType,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
    ScramMechanism,
    TopicCollection,
    UserScramCredentialDeletion,
)

# Kinds of arguments, with what none of the kind is.
TEXT = [None, 5, b"t", ["t"], "", "a\0b"]
LIST = [None, 5, 1.5, "text", b"text", object]
FULL_LIST = [*LIST, [], ()]
SECONDS = [-1, -0.001, 3600.5, 2**70, float("nan"), float("inf"), "1", True, [1]]
FLAG = [1, 0, "yes", []]
NUMBER = [-1, -(2**70), 2**31, 2**70, "1", 1.5, True, [1]]
COUNT = [0, -2, *NUMBER[1:], None]
ENUM = [None, "preferred", 0, 99, True, object]
# By name, or by number, is right too.
LOOSE_ENUM = [None, "none such", "", -1, 99, 1.5, True, object]
DICTIONARY = [5, "text", b"text", [5], object]
PARTITIONS = [None, 5, ("t", 0), TopicPartition("t"), TopicPartition("", 0), TopicPartition("t", -2)]

# What each method is right with.
RIGHT: dict[str, Any] = {
    "create_topics": lambda: {"new_topics": [NewTopic("a", 2), NewTopic("b", 2, config={"x": "1"})]},
    "create_topics on brokers": lambda: {"new_topics": [NewTopic("b", replica_assignment=[[1, 2], [2, 1]])]},
    "delete_topics": lambda: {"topics": ["a", "b"]},
    "create_partitions": lambda: {"new_partitions": [NewPartitions("a", 2), NewPartitions("b", 2, [[1]])]},
    "describe_configs": lambda: {"resources": [resource()]},
    "alter_configs": lambda: {"resources": [resource(x="1")]},
    "incremental_alter_configs": lambda: {"resources": [resource(change(), change())]},
    "describe_cluster": lambda: {},
    "describe_topics": lambda: {"topics": TopicCollection(["a", "b"])},
    "delete_records": lambda: {"topic_partition_offsets": [partition(1), TopicPartition("t", 1, 1)]},
    "elect_leaders": lambda: {"election_type": ElectionType.PREFERRED, "partitions": [partition()]},
    "create_acls": lambda: {"acls": [acl(), acl("group", "g")]},
    "describe_acls": lambda: {"acl_binding_filter": acl_filter()},
    "delete_acls": lambda: {"acl_binding_filters": [acl_filter()]},
    "describe_user_scram_credentials": lambda: {"users": ["a", "b"]},
    "alter_user_scram_credentials": lambda: {
        "alterations": [upsertion(), UserScramCredentialDeletion("b", ScramMechanism.SCRAM_SHA_256)]
    },
    "list_consumer_groups": lambda: {},
    "describe_consumer_groups": lambda: {"group_ids": ["a", "b"]},
    "delete_consumer_groups": lambda: {"group_ids": ["a", "b"]},
    "list_consumer_group_offsets": lambda: {"list_consumer_group_offsets_request": group(partition(), other())},
    "alter_consumer_group_offsets": lambda: {"alter_consumer_group_offsets_request": group(partition(1), other(1))},
    "delete_consumer_group_offsets": lambda: {"delete_consumer_group_offsets_request": group(partition(), other())},
    "list_offsets": lambda: {"topic_partition_offsets": {partition(): OffsetSpec.latest()}},
    "list_groups": lambda: {},
    "list_topics": lambda: {},
    "cluster_id": lambda: {},
    "poll": lambda: {},
    "set_sasl_credentials": lambda: {"username": "u", "password": "p"},
    "reset_offsets": lambda: {"group": "g", "to": "earliest"},
    "wait_for_topics": lambda: {"topics": ["a", "b"]},
    "wait_until_deleted": lambda: {"topics": ["a", "b"]},
}


def other(*offset: int) -> TopicPartition:
    return TopicPartition("u", 0, *offset)


def twice(*what: object) -> list[object]:
    return [[*what, *what]]


ACL_FIELDS = {
    **{field: LOOSE_ENUM for field in ("restype", "resource_pattern_type", "operation", "permission_type")},
    **{field: TEXT for field in ("name", "principal", "host")},
}

# What may be wrong of each: a place in the arguments, and with what. A place of elements is named with the element.
WRONG: dict[str, dict[str, list[Any]]] = {
    "create_topics": {
        "new_topics": FULL_LIST,
        "new_topics[1]": [None, 5, "t", ("t", 1), NewPartitions("t", 1), NewTopic("a", 1)],
        "new_topics[1].topic": TEXT,
        "new_topics[1].num_partitions": [*COUNT, 100_001],
        "new_topics[1].replication_factor": [*COUNT, 10_001],
        "new_topics[1].replica_assignment": [5, "text", b"text", object, [[1]] * 3],
        "new_topics[1].config": [
            *DICTIONARY,
            {"a": None},
            {"a": b"b"},
            {"a": "b\0"},
            {5: "b"},
            {"": "b"},
            {"a\0": "b"},
        ],
    },
    "create_topics on brokers": {
        "new_topics[0].replica_assignment[1]": [None, 5, "12", b"12", [], [None], ["1"], [1.5], [True], [-1], [2**31]],
        "new_topics[0].num_partitions": [3],
        "new_topics[0].replication_factor": [3],
    },
    "delete_topics": {"topics": FULL_LIST, "topics[1]": [*TEXT, "a"]},
    "create_partitions": {
        "new_partitions": FULL_LIST,
        "new_partitions[1]": [None, 5, "t", ("t", 1), NewTopic("t", 1), NewPartitions("a", 1)],
        "new_partitions[1].topic": TEXT,
        "new_partitions[1].new_total_count": [-1, *COUNT, 100_001],
        "new_partitions[1].replica_assignment": [5, "text", b"text", object],
        "new_partitions[1].replica_assignment[0]": [None, 5, "12", [], [None], ["1"], [1.5], [-1], [2**31]],
    },
    "describe_configs": {"resources": FULL_LIST, "resources[0]": [None, 5, "t", ("topic", "t")]},
    "alter_configs": {
        "resources": FULL_LIST,
        "resources[0]": [None, 5, "t", ("topic", "t")],
        "resources[0].set_config_dict": [*DICTIONARY, {"a": b"b"}, {"a": "b\0"}, {5: "b"}, {"": "b"}, {"a\0": "b"}],
    },
    "incremental_alter_configs": {
        "resources": FULL_LIST,
        "resources[0]": [None, 5, "t", ("topic", "t")],
        "resources[0].incremental_configs": FULL_LIST,
        "resources[0].incremental_configs[1]": [None, 5, ("a", "b"), "a=b"],
        "resources[0].incremental_configs[1].incremental_operation": [None, "set", 0, object],
        "resources[0].incremental_configs[1].name": TEXT,
        "resources[0].incremental_configs[1].value": [None, b"b", ["b"], "b\0"],
    },
    "describe_topics": {
        "topics": [None, 5, "t", ["t"]],
        "topics.topic_names": LIST,
        "topics.topic_names[1]": [*TEXT, "a"],
    },
    "delete_records": {
        "topic_partition_offsets": LIST,
        "topic_partition_offsets[1]": [*PARTITIONS, TopicPartition("t", 1), TopicPartition("t", 1, -2), partition(7)],
    },
    "elect_leaders": {
        "election_type": ENUM,
        "partitions": [kind for kind in LIST if kind is not None],
        "partitions[0]": PARTITIONS,
    },
    "create_acls": {
        "acls": [*FULL_LIST, acl()],
        "acls[1]": [None, 5, ("topic",), acl_filter(), acl()],
        **{
            f"acls[1].{field}": [*wrong, *(["any"] if wrong is LOOSE_ENUM else [])]
            for field, wrong in ACL_FIELDS.items()
        },
    },
    "describe_acls": {
        "acl_binding_filter": [None, 5, "any", acl(), [acl_filter()]],
        **{
            f"acl_binding_filter.{field}": [each for each in wrong if each is not None or wrong is LOOSE_ENUM]
            for field, wrong in ACL_FIELDS.items()
        },
    },
    "delete_acls": {
        "acl_binding_filters": [*FULL_LIST, acl_filter()],
        "acl_binding_filters[0]": [None, 5, acl()],
        "acl_binding_filters[0].operation": LOOSE_ENUM,
    },
    "describe_user_scram_credentials": {
        "users": [kind for kind in LIST if kind is not None],
        "users[1]": [*TEXT, "a"],
    },
    "alter_user_scram_credentials": {
        "alterations": FULL_LIST,
        "alterations[1]": [None, 5, ("a", 1), upsertion("a")],
        "alterations[1].user": TEXT,
        "alterations[1].mechanism": [None, 1, "SCRAM-SHA-256", ScramMechanism.UNKNOWN],
        "alterations[0].user": TEXT,
        "alterations[0].password": [None, "p", 5, b"", bytearray(b"p")],
        "alterations[0].salt": ["s", 5, b""],
        "alterations[0].scram_credential_info": [None, 5, ("a", 1)],
        "alterations[0].scram_credential_info.mechanism": [None, 1, "SCRAM-SHA-256", ScramMechanism.UNKNOWN],
        "alterations[0].scram_credential_info.iterations": COUNT,
    },
    "list_consumer_groups": {
        "states": ["STABLE", 5, {"STABLE"}, {3}, {None}, [ElectionType.PREFERRED], object],
        "types": ["CLASSIC", 5, {"CLASSIC"}, {1}, {None}, {ConsumerGroupState.STABLE}, object],
    },
    "describe_consumer_groups": {"group_ids": FULL_LIST, "group_ids[1]": [*TEXT, "a"]},
    "delete_consumer_groups": {"group_ids": FULL_LIST, "group_ids[1]": [*TEXT, "a"]},
    **{
        f"{method}_consumer_group_offsets": {
            request: [*FULL_LIST, group() * 2],
            f"{request}[0]": [None, 5, "g", ("g", None)],
            f"{request}[0].group_id": TEXT,
            f"{request}[0].topic_partitions": [each for each in FULL_LIST if method != "list" or each is not None],
            f"{request}[0].topic_partitions[1]": [*PARTITIONS, partition(*offset), *wrong],
        }
        for method, offset, wrong in (
            ("list", [], [TopicPartition("t", 1, 5)]),
            ("alter", [1], [TopicPartition("t", 1), TopicPartition("t", 1, -2)]),
            ("delete", [], []),
        )
        for request in [f"{method}_consumer_group_offsets_request"]
    },
    "list_offsets": {
        "topic_partition_offsets": [None, 5, "t", [partition()], {partition()}, object],
        "topic_partition_offsets[0]": [
            *({key: OffsetSpec.latest()} for key in PARTITIONS),
            *({partition(): spec} for spec in (None, -1, "latest", OffsetSpec)),
        ],
        "isolation_level": [0, 1, "READ_COMMITTED", True],
    },
    "list_groups": {"group": [5, b"g", ["g"], "a\0b"], "timeout": ["1", [1], float("nan")]},
    "list_topics": {"topic": [5, b"t", ["t"], "a\0b"], "timeout": ["1", [1], float("nan")]},
    "cluster_id": {"timeout": ["1", [1], float("nan")]},
    "poll": {"timeout": ["1", [1], float("nan")]},
    "set_sasl_credentials": {"username": [None, 5, b"u", "a\0b"], "password": [None, 5, b"p", "a\0b"]},
    "reset_offsets": {
        "group": TEXT,
        "to": [None, "first", "", -1, 2**63, 1.5, True, b"earliest", object, OffsetSpec.max_timestamp()],
        "topics": [kind for kind in FULL_LIST if kind is not None],
        "partitions": [kind for kind in FULL_LIST if kind is not None],
        "apply": [*FLAG, None],
        "timeout": [*SECONDS, None],
    },
    "wait_for_topics": {"topics": FULL_LIST, "topics[1]": TEXT, "timeout": [*SECONDS, None]},
    "wait_until_deleted": {"topics": FULL_LIST, "topics[1]": TEXT, "timeout": [*SECONDS, None]},
}

# What several of them take.
OPTIONS = {
    "request_timeout": SECONDS,
    "operation_timeout": SECONDS,
    "timeout": SECONDS,
    "validate_only": FLAG,
    "include_authorized_operations": FLAG,
    "require_stable": FLAG,
    "broker": NUMBER,
}
for name in RIGHT:
    if " " not in name and name not in ("list_groups", "list_topics", "cluster_id", "poll"):
        for option in inspect.signature(getattr(AdminClient, name)).parameters:
            if option in OPTIONS:
                WRONG.setdefault(name, {}).setdefault(option, OPTIONS[option])


def put(arguments: dict[str, Any], place: str, value: object) -> None:
    """Put the value at a place of the arguments, such as ``new_topics[1].topic``."""
    steps: list[Any] = [int(step) if step.isdigit() else step for step in re.findall(r"\w+", place)]
    if steps[0] == "topic_partition_offsets" and isinstance(value, dict):
        # A dict, whose element is the first.
        arguments[steps[0]] = value
        return
    here: Any = arguments
    for step in steps[:-1]:
        here = here[step] if isinstance(here, (dict, list)) else getattr(here, step)
    if isinstance(here, (dict, list)):
        here[steps[-1]] = value
    else:
        setattr(here, steps[-1], value)


# What is said of two arguments that do not go together, or of a property's value, begins with what they are of.
OF_BOTH = ("value", "num_partitions", "replication_factor", "replica_assignment", "isolation_level")


@pytest.fixture(scope="module")
def client():
    with AdminClient({**NOWHERE, "sasl.mechanism": "PLAIN"}) as client:
        yield client


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("method", "place"), [(method, place) for method in WRONG for place in WRONG[method]])
def test_a_wrong_argument_is_named_before_anything_is_sent(client, method, place):
    for wrong in WRONG[method][place]:
        arguments = RIGHT[method]()
        put(arguments, place, copy.copy(wrong))
        with pytest.raises((TypeError, ValueError, OverflowError)) as caught:
            getattr(client, method.split()[0])(**arguments)
        told = str(caught.value)
        print(f"{method.split()[0]}({place} = {wrong!r}): {type(caught.value).__name__}: {told}")
        assert told.startswith(place) or (
            place.endswith(OF_BOTH)
            and told.startswith(place.rpartition(".")[0] + ": ")
            and place.rpartition(".")[2] in told
        ), f"{wrong!r} at {place}: {told}"
        assert len(told) < 400
        assert len(client) == 0


def test_every_argument_of_every_method_is_looked_at():
    looked_at = {
        (method.split()[0], re.split(r"[.\[]", place)[0]) for method, places in WRONG.items() for place in places
    }
    native = {"list_topics": ["topic", "timeout"], "cluster_id": ["timeout"], "poll": ["timeout"]}
    native["set_sasl_credentials"] = ["username", "password"]
    for method, _ in inspect.getmembers(AdminClient, callable):
        if not method.startswith("_") and method not in ("close", "metrics"):
            taken = native.get(method) or list(inspect.signature(getattr(AdminClient, method)).parameters)[1:]
            assert {(method, argument) for argument in taken} <= looked_at


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: make_resource(restype="tropic"), "restype"),
        (lambda: make_resource(restype=None), "restype"),
        (lambda: make_resource(name=None), "name"),
        (lambda: make_resource(name=""), "name"),
        (lambda: make_resource(name="a\0"), "name"),
        (lambda: make_resource(set_config=5), "set_config"),
        (lambda: make_resource(set_config="text"), "set_config"),
        (lambda: make_resource(incremental_configs=5), "incremental_configs"),
        (lambda: make_resource(incremental_configs="text"), "incremental_configs"),
        (lambda: ConfigEntry("a", "b", synonyms=5), "synonyms"),
        (lambda: ConfigEntry("a", "b", synonyms=["c"]), "synonyms"),
        (lambda: AclBindingFilter("tropic", None, "any", None, None, "any", "any"), "restype"),
        (lambda: AclBindingFilter("any", "", "any", None, None, "any", "any"), "name"),
        (lambda: AclBindingFilter("any", None, "sum", None, None, "any", "any"), "resource_pattern_type"),
        (lambda: AclBindingFilter("any", None, "any", 5, None, "any", "any"), "principal"),
        (lambda: AclBindingFilter("any", None, "any", None, b"h", "any", "any"), "host"),
        (lambda: AclBindingFilter("any", None, "any", None, None, 99, "any"), "operation"),
        (lambda: AclBindingFilter("any", None, "any", None, None, "any", -1), "permission_type"),
        (lambda: OffsetSpec(None), "index"),
        (lambda: OffsetSpec(-4), "index"),
        (lambda: OffsetSpec(2**63), "index"),
        (lambda: OffsetSpec.for_timestamp(-1), "timestamp"),
        (lambda: OffsetSpec.for_timestamp("now"), "timestamp"),
        (lambda: OffsetSpec.for_timestamp(True), "timestamp"),
    ],
)
def test_a_wrong_argument_of_a_value_is_named(make, name):
    with pytest.raises((TypeError, ValueError)) as caught:
        make()
    assert str(caught.value).startswith(name), str(caught.value)


def make_resource(**fields: Any):
    given = {"restype": ResourceType.TOPIC, "name": "t", **fields}
    return type(resource())(**given)


def test_the_default_of_a_property_may_be_set_by_none(client):
    # As in confluent-kafka: what is not set goes back to its default.
    with pytest.warns(DeprecationWarning):
        client.alter_configs([resource(x=None)])
    assert len(client) == 1
    assert AlterConfigOpType.DELETE.value == 1
