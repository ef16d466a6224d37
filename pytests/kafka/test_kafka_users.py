"""Users of SCRAM on a real Kafka, looked at by who may log in then."""

from __future__ import annotations

import pytest
from clusters import on_one_node
from limits import HANG
from requires import since

from mapr_streams_python import KafkaError, KafkaException, Producer
from mapr_streams_python.admin import (
    AdminClient,
    ConsumerGroupTopicPartitions,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)
from mapr_streams_python.testing import unique_name, wait_until

needs_users = since("2.2.0")
# Before 2.6.1 nobody can log in with SCRAM: see test_kafka_refusals.
needs_scram = since("2.6.1")

SHA_256, SHA_512 = ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512


@pytest.fixture
def client(kafka_cluster):
    with AdminClient({"bootstrap.servers": kafka_cluster.bootstrap_servers}) as client:
        yield client


def upsert(user, password=b"secret", mechanism=SHA_256, iterations=4096, salt=None):
    return UserScramCredentialUpsertion(user, ScramCredentialInfo(mechanism, iterations), password, salt)


def altered(client, *alterations):
    for future in client.alter_user_scram_credentials(alterations).values():
        assert future.result(HANG) is None


def failure(future):
    with pytest.raises(KafkaException) as caught:
        future.result(HANG)
    return caught.value


def told(client, user):
    """For which mechanisms a user has a credential; None while the broker does not know the user."""
    future = client.describe_user_scram_credentials([user])[user]
    exception = future.exception(HANG)
    if exception is not None and exception.args[0] == KafkaError.RESOURCE_NOT_FOUND:
        return None
    found = future.result(HANG)
    assert found.user == user
    return {info.mechanism: info.iterations for info in found.scram_credential_infos}


def may_log_in(cluster, user, password, mechanism="SCRAM-SHA-256"):
    refused = []
    config = cluster.client_config("sasl_plaintext", mechanism)
    config.update({"sasl.username": user, "sasl.password": password, "error_cb": refused.append, "log_level": 0})
    with Producer(config) as producer:
        found = []

        def is_answered():
            try:
                found.append(bool(producer.list_topics(timeout=0.2).brokers))
            except KafkaException:
                producer.poll(0)
                found.extend(False for error in refused if error == KafkaError._AUTHENTICATION)
            return bool(found)

        wait_until(is_answered, HANG)
    return found[0]


@needs_users
@on_one_node
def test_a_user_has_the_credentials_that_were_made(client):
    user = unique_name("u")
    # Kafka takes one of a user in a request.
    both = client.alter_user_scram_credentials([upsert(user), upsert(user, mechanism=SHA_512)])
    assert list(both) == [user]
    assert failure(both[user]).args[0] == KafkaError.DUPLICATE_RESOURCE
    altered(client, upsert(user))
    altered(client, upsert(user, mechanism=SHA_512, iterations=8192))
    wait_until(lambda: told(client, user) == {SHA_256: 4096, SHA_512: 8192}, HANG)
    altered(client, UserScramCredentialDeletion(user, SHA_256))
    altered(client, upsert(user, mechanism=SHA_512, iterations=5000))
    wait_until(lambda: told(client, user) == {SHA_512: 5000}, HANG)
    everybody = client.describe_user_scram_credentials().result(HANG)
    assert [info.mechanism for info in everybody[user].scram_credential_infos] == [SHA_512]
    assert everybody[user].user == user


@needs_users
@on_one_node
def test_each_user_has_an_end_of_its_own(client):
    good, few, nobody = unique_name("good"), unique_name("few"), unique_name("nobody")
    futures = client.alter_user_scram_credentials(
        [upsert(few, iterations=1), upsert(good), UserScramCredentialDeletion(nobody, SHA_256)]
    )
    assert list(futures) == [few, good, nobody]
    error = failure(futures[few]).args[0]
    assert error == KafkaError.UNACCEPTABLE_CREDENTIAL
    assert f'user "{few}"' in error.str()
    error = failure(futures[nobody]).args[0]
    assert error == KafkaError.RESOURCE_NOT_FOUND
    assert f'user "{nobody}"' in error.str()
    assert futures[good].result(HANG) is None
    wait_until(lambda: client.describe_user_scram_credentials([good])[good].exception(HANG) is None, HANG)
    described = client.describe_user_scram_credentials([nobody, good])
    assert list(described) == [nobody, good]
    assert failure(described[nobody]).args[0] == KafkaError.RESOURCE_NOT_FOUND
    assert f'user "{nobody}"' in failure(described[nobody]).args[0].str()
    assert described[good].result(HANG).user == good


@needs_scram
@on_one_node
@pytest.mark.parametrize("mechanism", [SHA_256, SHA_512])
def test_a_user_logs_in_from_then_on_and_not_once_it_is_deleted(kafka_cluster, client, mechanism):
    user, name = unique_name("u"), mechanism.name.replace("_", "-")
    assert not may_log_in(kafka_cluster, user, "secret", name)
    altered(client, upsert(user, mechanism=mechanism))
    wait_until(lambda: may_log_in(kafka_cluster, user, "secret", name), HANG)
    assert not may_log_in(kafka_cluster, user, "wrong", name)
    altered(client, UserScramCredentialDeletion(user, mechanism))
    wait_until(lambda: not may_log_in(kafka_cluster, user, "secret", name), HANG)


@needs_scram
@on_one_node
def test_the_salt_may_be_given(kafka_cluster, client):
    user = unique_name("u")
    altered(client, upsert(user, "pässword".encode(), salt=b"\0salt\xff"))
    wait_until(lambda: may_log_in(kafka_cluster, user, "pässword"), HANG)


@on_one_node
def test_an_admin_client_takes_other_credentials(kafka_cluster):
    refused = []
    config = {**kafka_cluster.client_config("sasl_plaintext"), "sasl.password": "wrong", "log_level": 0}
    with AdminClient({**config, "error_cb": refused.append, "reconnect.backoff.max.ms": 200}) as client:
        wait_until(lambda: client.poll(0.1) is not None and KafkaError._AUTHENTICATION in refused, HANG)
        client.set_sasl_credentials("alice", "alice-secret")
        assert client.list_topics(timeout=HANG).brokers
        group = unique_name("g")

        def failure() -> KafkaException | None:
            return client.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group].exception(HANG)

        # A new cluster's groups are loaded first.
        wait_until(lambda: failure() is None, HANG)
    with AdminClient(config) as client:
        exception = client.delete_topics(["t"], request_timeout=3)["t"].exception(HANG)
        assert exception.args[0].code() in (KafkaError._AUTHENTICATION, KafkaError._TIMED_OUT)
