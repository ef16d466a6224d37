"""Access control lists on a real Kafka, looked at by what users may do then, and by Kafka's own tool."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from clusters import on_one_node
from limits import HANG
from reports import report_of
from requires import since

from mapr_streams_python import AuthorizationException, KafkaError, KafkaException, Producer
from mapr_streams_python.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)
from mapr_streams_python.testing import unique_name, wait_until

needs_descriptions = since("2.3.0")

EXAMPLE = Path(__file__).parents[2] / "examples" / "access.py"


@pytest.fixture
def client(kafka_cluster):
    with AdminClient({"bootstrap.servers": kafka_cluster.bootstrap_servers}) as client:
        yield client


@pytest.fixture
def topic(kafka_cluster):
    name = unique_name("t")
    kafka_cluster.create_topic(name)
    return name


def allow(name, operation="write", principal="User:alice", restype="topic", pattern="literal", host="*"):
    return AclBinding(restype, name, pattern, principal, host, operation, "allow")


def of(name, pattern="any"):
    """A filter for whatever there is for a topic."""
    return AclBindingFilter("topic", name, pattern, None, None, "any", "any")


def create(client, *acls):
    for future in client.create_acls(acls).values():
        assert future.result(HANG) is None


def known(client, which, *expected):
    """Wait until the brokers know of these, and of no others that a filter is for."""
    wait_until(lambda: sorted(client.describe_acls(which).result(HANG)) == sorted(expected), HANG)


def failure(future):
    with pytest.raises(KafkaException) as caught:
        future.result(HANG)
    return caught.value


def listed(cluster, *arguments):
    """What Kafka's tool tells of ACLs."""
    command = [Path(os.environ["KAFKA_HOME"]) / "bin" / "kafka-acls.sh", "--bootstrap-server"]
    command += [cluster.bootstrap_servers, "--list", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class User:
    """Somebody who produces."""

    def __init__(self, cluster, name):
        self._producer = Producer(cluster.client_config("sasl_plaintext", user=name))

    def may_write(self, topic):
        try:
            error, _ = report_of(self._producer, topic, value=b"x", timeout=HANG)
        except AuthorizationException:
            # The producer knows already.
            return False
        assert error in (None, KafkaError.TOPIC_AUTHORIZATION_FAILED)
        return error is None

    def close(self):
        self._producer.close()


@pytest.fixture
def alice(kafka_cluster):
    user = User(kafka_cluster, "alice")
    yield user
    user.close()


@pytest.fixture
def bob(kafka_cluster):
    user = User(kafka_cluster, "bob")
    yield user
    user.close()


@on_one_node
def test_whom_no_acl_allows_is_refused_from_then_on_and_let_in_when_it_is_deleted(
    kafka_cluster, client, topic, alice, bob
):
    assert bob.may_write(topic)
    binding = allow(topic)
    create(client, binding)
    wait_until(lambda: not bob.may_write(topic), HANG)
    assert alice.may_write(topic)
    known(client, of(topic), binding)

    assert client.delete_acls([of(topic)])[of(topic)].result(HANG) == [binding]
    wait_until(lambda: bob.may_write(topic), HANG)
    known(client, of(topic))


@on_one_node
def test_what_is_denied_goes_before_what_is_allowed(client, topic, alice, bob):
    everybody = allow(topic, "all", "User:*")
    denied = AclBinding(ResourceType.TOPIC, topic, 3, "User:bob", "*", AclOperation.WRITE, AclPermissionType.DENY)
    create(client, everybody, denied)
    wait_until(lambda: not bob.may_write(topic), HANG)
    assert alice.may_write(topic)
    known(client, of(topic), everybody, denied)


@on_one_node
def test_each_acl_has_an_end_of_its_own(client, topic):
    good, bad = allow(topic), allow(topic, principal="nobody")
    futures = client.create_acls([bad, good])
    assert list(futures) == [bad, good]
    error = failure(futures[bad]).args[0]
    assert error == KafkaError.INVALID_REQUEST
    assert f'the ACL that is to allow nobody the operation Write on topic "{topic}"' in error.str()
    assert "rincipal" in error.str()
    assert futures[good].result(HANG) is None
    known(client, of(topic), good)


@on_one_node
def test_acls_of_groups_ids_and_the_cluster_come_back_as_they_were_made(client):
    group = allow(unique_name("g"), "read", restype="group", pattern="prefixed")
    # Somebody who is not there, so that nobody is refused meanwhile; the cluster is everybody's.
    cluster = AclBinding("broker", "kafka-cluster", "literal", "User:nobody", "10.0.0.1", "alter_configs", "deny")
    create(client, group, cluster)
    kinds = AclBindingFilter("group", group.name, "prefixed", None, None, "any", "any")
    of_cluster = AclBindingFilter("broker", "kafka-cluster", "literal", "User:nobody", None, "any", "any")
    known(client, kinds, group)
    known(client, of_cluster, cluster)
    deleted = client.delete_acls([kinds, of_cluster])
    assert (deleted[kinds].result(HANG), deleted[of_cluster].result(HANG)) == ([group], [cluster])


@on_one_node
def test_a_filter_matches_whatever_counts_for_a_name(client):
    name = unique_name("t")
    exact, beginning = allow(f"{name}.clicks"), allow(name, pattern="prefixed")
    create(client, exact, beginning, allow(f"{name}.other"))
    known(client, of(f"{name}.clicks", ResourcePatternType.MATCH), exact, beginning)
    known(client, of(f"{name}.clicks", "literal"), exact)
    known(client, of(name, "prefixed"), beginning)


@on_one_node
def test_the_acl_of_a_streams_topic_is_made_and_told_by_its_name(kafka_cluster, client, bob):
    path = unique_name("s")
    name, elsewhere = f"/{path}:clicks", f"/{path}:views"
    for topic in ("clicks", "views"):
        kafka_cluster.create_topic(f"{path}--{topic}")
    binding = allow(name)
    create(client, binding)
    known(client, of(name), binding)
    with AdminClient({"bootstrap.servers": kafka_cluster.bootstrap_servers}) as other:
        assert [acl.name for acl in other.describe_acls(of(f"{path}--clicks")).result(HANG)] == [f"{path}--clicks"]
    wait_until(lambda: not bob.may_write(name), HANG)
    assert bob.may_write(elsewhere)


@on_one_node
def test_the_prefix_of_a_stream_is_for_all_of_its_topics(kafka_cluster, client, alice, bob):
    path = unique_name("s")
    clicks, elsewhere = f"/{path}:clicks", f"/{path}x:clicks"
    for topic in (f"{path}--clicks", f"{path}x--clicks"):
        kafka_cluster.create_topic(topic)
    binding = allow(f"/{path}:", pattern="prefixed")
    create(client, binding)
    wait_until(lambda: not bob.may_write(clicks), HANG)
    told = listed(kafka_cluster, "--topic", f"{path}--", "--resource-pattern-type", "prefixed")
    assert f"name={path}--, patternType=PREFIXED" in told
    assert "principal=User:alice, host=*, operation=WRITE, permissionType=ALLOW" in told
    assert alice.may_write(clicks)
    assert bob.may_write(elsewhere)
    # Another client, which has named the stream alone, and one that knows Kafka's names.
    with AdminClient({"bootstrap.servers": kafka_cluster.bootstrap_servers}) as other:
        assert other.describe_acls(of(clicks, "match")).result(HANG) == [binding]
        assert [acl.name for acl in other.describe_acls(of(f"/{path}:")).result(HANG)] == [f"/{path}:"]
    with AdminClient({"bootstrap.servers": kafka_cluster.bootstrap_servers}) as other:
        assert [acl.name for acl in other.describe_acls(of(f"{path}--")).result(HANG)] == [f"{path}--"]


@on_one_node
def test_the_prefix_of_a_folder_is_for_all_streams_in_it(kafka_cluster, client, bob):
    folder = unique_name("f")
    kafka_cluster.create_topic(f"{folder}--s--clicks")
    binding = allow(f"/{folder}/", pattern="prefixed")
    create(client, binding)
    wait_until(lambda: not bob.may_write(f"/{folder}/s:clicks"), HANG)
    known(client, of(f"/{folder}/", "prefixed"), binding)


@pytest.fixture
def closed_cluster(client):
    """From the first ACL of the cluster on, nobody may do anything to it but who is allowed."""
    binding = allow("kafka-cluster", "describe", "User:nobody", "broker")
    mine = AclBindingFilter("broker", "kafka-cluster", "literal", "User:nobody", "*", "describe", "allow")
    create(client, binding)
    yield
    assert client.delete_acls([mine])[mine].result(HANG) == [binding]


@on_one_node
def test_who_may_not_make_acls_is_told_the_operation_on_the_cluster(kafka_cluster, client, closed_cluster):
    topic = unique_name("t")
    binding = allow(topic)
    with AdminClient(kafka_cluster.client_config("sasl_plaintext")) as alice:
        wait_until(lambda: alice.create_acls([binding])[binding].exception(HANG) is not None, HANG)
        refused = failure(alice.create_acls([binding])[binding])
    # It may have been made before the brokers knew that nobody is to.
    client.delete_acls([of(topic)])
    assert isinstance(refused, AuthorizationException)
    assert refused.args[0] == KafkaError.CLUSTER_AUTHORIZATION_FAILED
    assert "needs the operation Alter on the cluster" in refused.args[0].str()


# librdkafka itself gives an empty list.
@needs_descriptions
@on_one_node
def test_who_may_not_see_acls_gets_no_empty_list(kafka_cluster, client, closed_cluster):
    with AdminClient(kafka_cluster.client_config("sasl_plaintext")) as alice:
        wait_until(lambda: alice.describe_acls(of(None)).exception(HANG) is not None, HANG)
        refused = failure(alice.describe_acls(of(None)))
    assert isinstance(refused, AuthorizationException)
    assert "needs the operation Describe on the cluster" in refused.args[0].str()
    assert client.describe_acls(of(unique_name("none"))).result(HANG) == []


@on_one_node
def test_the_example_runs(kafka_cluster):
    user, stream = f"User:{unique_name('u')}", f"/{unique_name('s')}"
    command = [sys.executable, EXAMPLE, kafka_cluster.bootstrap_servers, user, stream]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, timeout=HANG)
    assert ran.stdout.splitlines() == [
        f"{user} may read {stream}",
        f"ALLOW READ on {stream}: (TOPIC)",
        "took back 1",
    ]
