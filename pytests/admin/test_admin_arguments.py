"""What an AdminClient says of bad arguments, before anything is sent."""

from __future__ import annotations

import pytest

from mapr_streams_python import TopicPartition
from mapr_streams_python.admin import (
    AclBinding,
    AclBindingFilter,
    AdminClient,
    ElectionType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    TopicCollection,
    UserScramCredentialAlteration,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
    Uuid,
)

# Nobody listens there.
NOWHERE = {"bootstrap.servers": "127.0.0.1:1", "log_level": 0, "error_cb": lambda error: None}

INFO = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096)


@pytest.fixture(scope="module")
def client():
    with AdminClient(NOWHERE) as client:
        yield client


def acl(**fields):
    given = {"restype": "topic", "name": "t", "resource_pattern_type": "literal", "principal": "User:a", "host": "*"}
    return AclBinding(**{**given, "operation": "read", "permission_type": "allow", **fields})


def changed(field, value):
    """An ACL that was changed after it was made."""
    binding = acl()
    setattr(binding, field, value)
    return binding


def acl_filter(**fields):
    given = {"restype": "any", "name": None, "resource_pattern_type": "any", "principal": None, "host": None}
    return AclBindingFilter(**{**given, "operation": "any", "permission_type": "any", **fields})


def upsert(user="a", info=INFO, password=b"p", salt=None):
    return UserScramCredentialUpsertion(user, info, password, salt)


CASES = [
    # Descriptions and records.
    (
        lambda c: c.describe_topics(["t"]),
        TypeError,
        "topics must be a TopicCollection, not list",
    ),
    (
        lambda c: c.describe_topics(TopicCollection("t")),
        TypeError,
        "topics.topic_names must be a list of str, not str",
    ),
    (
        lambda c: c.describe_topics(TopicCollection(["t", ""])),
        ValueError,
        "topics.topic_names[1] must not be empty",
    ),
    (
        lambda c: c.describe_cluster(include_authorized_operations=1),
        TypeError,
        "include_authorized_operations must be a bool, not int",
    ),
    (
        lambda c: c.delete_records([TopicPartition("t", 0, 1), ("t", 0)]),
        TypeError,
        "topic_partition_offsets[1] must be TopicPartition, not tuple",
    ),
    (
        lambda c: c.delete_records([TopicPartition("t", 0, 1), TopicPartition("t", -1, 1)]),
        ValueError,
        "topic_partition_offsets[1].partition must be 0 or more, not -1",
    ),
    (
        lambda c: c.delete_records([TopicPartition("", 0, 1)]),
        ValueError,
        "topic_partition_offsets[0].topic must not be empty",
    ),
    (
        lambda c: c.delete_records([TopicPartition("t", 0)]),
        ValueError,
        "topic_partition_offsets[0].offset must be 0 or more, or OFFSET_END, not -1001",
    ),
    (
        lambda c: c.delete_records([TopicPartition("t", 0, 1), TopicPartition("t", 0, 2)]),
        ValueError,
        f"topic_partition_offsets[1]: {TopicPartition('t', 0, 2)!r} is there twice",
    ),
    (lambda c: Uuid("1", 2), TypeError, "most_significant_bits must be an int, not str"),
    (lambda c: Uuid(1, 2**64), OverflowError, "least_significant_bits must have 64 bits, not be 18446744073709551616"),
    # Elections.
    (
        lambda c: c.elect_leaders("preferred"),
        TypeError,
        "election_type must be an ElectionType, not str",
    ),
    (
        lambda c: c.elect_leaders(ElectionType.PREFERRED, [TopicPartition("t", -1)]),
        ValueError,
        "partitions[0].partition must be 0 or more, not -1",
    ),
    # ACLs.
    (
        lambda c: acl(restype="tropic"),
        ValueError,
        'restype: there is no "tropic": it is one of UNKNOWN, ANY, TOPIC, GROUP, BROKER, TRANSACTIONAL_ID',
    ),
    (lambda c: acl(restype=None), TypeError, "restype must be a ResourceType, or its name, not NoneType"),
    (lambda c: acl(operation=2.0), TypeError, "operation must be an AclOperation, or its name, not float"),
    (lambda c: acl(name=None), TypeError, "name must be str, not NoneType"),
    (lambda c: acl(host=""), ValueError, "host must not be empty"),
    (
        lambda c: acl(resource_pattern_type="match"),
        ValueError,
        "resource_pattern_type cannot be MATCH, which is for an AclBindingFilter",
    ),
    (lambda c: acl_filter(operation="unknown"), ValueError, "operation cannot be UNKNOWN"),
    (lambda c: c.create_acls(acl()), TypeError, "acls must be a list of AclBinding, not AclBinding"),
    (lambda c: c.create_acls([acl(), acl_filter()]), TypeError, "acls[1] must be AclBinding, not AclBindingFilter"),
    (lambda c: c.create_acls([acl(), acl()]), ValueError, f"acls[1]: {acl()!r} is there twice"),
    (
        lambda c: c.create_acls([acl(), changed("host", 5)]),
        TypeError,
        "acls[1].host must be str, not int",
    ),
    (
        lambda c: c.create_acls([changed("restype", ResourceType.ANY)]),
        ValueError,
        "acls[0].restype cannot be ANY, which is for an AclBindingFilter",
    ),
    (
        lambda c: c.create_acls([acl(operation="unknown")]),
        ValueError,
        "acls[0].operation cannot be UNKNOWN, which is for what this client does not know",
    ),
    (
        lambda c: c.describe_acls(acl()),
        TypeError,
        "acl_binding_filter must be AclBindingFilter, not AclBinding",
    ),
    (
        lambda c: c.delete_acls([acl_filter(), acl()]),
        TypeError,
        "acl_binding_filters[1] must be AclBindingFilter, not AclBinding",
    ),
    # Users of SCRAM.
    (lambda c: c.describe_user_scram_credentials("a"), TypeError, "users must be a list of str, not str"),
    (lambda c: c.describe_user_scram_credentials(["a", "a"]), ValueError, "users[1]: 'a' is there twice"),
    (
        lambda c: c.alter_user_scram_credentials([UserScramCredentialAlteration("a")]),
        TypeError,
        "alterations[0] must be UserScramCredentialUpsertion or UserScramCredentialDeletion, not"
        " UserScramCredentialAlteration",
    ),
    (
        lambda c: c.alter_user_scram_credentials([upsert(), upsert(user="")]),
        ValueError,
        "alterations[1].user must not be empty",
    ),
    (
        lambda c: c.alter_user_scram_credentials([upsert(password="p")]),
        TypeError,
        "alterations[0].password must be bytes, not str",
    ),
    (
        lambda c: c.alter_user_scram_credentials([upsert(password=b"")]),
        ValueError,
        "alterations[0].password must not be empty",
    ),
    (
        lambda c: c.alter_user_scram_credentials([upsert(salt=b"")]),
        ValueError,
        "alterations[0].salt must not be empty",
    ),
    (
        lambda c: c.alter_user_scram_credentials([upsert(info=("SCRAM-SHA-256", 4096))]),
        TypeError,
        "alterations[0].scram_credential_info must be ScramCredentialInfo, not tuple",
    ),
    (
        lambda c: c.alter_user_scram_credentials([upsert(info=ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 0))]),
        ValueError,
        "alterations[0].scram_credential_info.iterations must be 1 or more, not 0",
    ),
    (
        lambda c: c.alter_user_scram_credentials([upsert(info=ScramCredentialInfo(ScramMechanism.UNKNOWN, 4096))]),
        ValueError,
        "alterations[0].scram_credential_info.mechanism cannot be UNKNOWN",
    ),
    (
        lambda c: c.alter_user_scram_credentials([UserScramCredentialDeletion("a", 1)]),
        TypeError,
        "alterations[0].mechanism must be a ScramMechanism, not int",
    ),
    (
        lambda c: c.alter_user_scram_credentials([upsert(), upsert()]),
        ValueError,
        "alterations[1]: ('a', 'SCRAM_SHA_256') is there twice",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), CASES, ids=[str(number) for number in range(len(CASES))])
def test_bad_arguments_are_named_before_anything_is_sent(client, call, error, text):
    with pytest.raises(error) as caught:
        call(client)
    assert str(caught.value) == text
    assert len(client) == 0


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("describe_topics", 5),
        ("delete_records", [("t", 0)]),
        ("elect_leaders", (7, None)),
        ("elect_leaders", (0,)),
        ("create_acls", [(2, "t", 3)]),
        ("create_acls", [(2, "t", 9, "User:a", "*", 3, 3)]),
        ("describe_acls", None),
        ("describe_user_scram_credentials", [5]),
        ("alter_user_scram_credentials", [("a",)]),
        ("alter_user_scram_credentials", [("a", 1, 4096, 5, None)]),
    ],
)
def test_a_malformed_request_raises(client, name, arguments):
    with pytest.raises((TypeError, ValueError)):
        client._request(name, arguments, (None,) * 5, lambda exception, answer: None)
    assert len(client) == 0
