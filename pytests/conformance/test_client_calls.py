"""What producers and consumers have alike: cluster_id(), set_sasl_credentials()."""

import pytest
from limits import HANG

from mapr_streams_python import KafkaException
from mapr_streams_python.testing import MockCluster

from .support import NO_SERVER

KINDS = ("producer", "consumer")


@pytest.fixture(params=KINDS)
def client(request, online):
    return getattr(online, request.param)()


@pytest.fixture(params=KINDS)
def serverless(request, offline):
    return getattr(offline, request.param)({"bootstrap.servers": NO_SERVER, "log_level": 0})


# cluster_id().


@pytest.mark.parametrize("arguments", [(), (None,), (HANG,), (-1,)], ids=repr)
def test_the_clusters_id_is_that_of_its_metadata(client, arguments):
    id = client.cluster_id(*arguments)
    assert isinstance(id, str)
    assert id
    assert client.list_topics(timeout=HANG).cluster_id == id


def test_what_a_broker_has_told_needs_no_second_question(client):
    id = client.cluster_id(timeout=HANG)
    assert client.cluster_id(0) == id


def test_two_clusters_have_their_own_ids(make_producer):
    with MockCluster() as one, MockCluster() as other:
        ids = {
            make_producer({"bootstrap.servers": cluster.bootstrap_servers}).cluster_id(HANG) for cluster in (one, other)
        }
    assert len(ids) == 2


def test_the_id_of_a_cluster_that_is_not_there_times_out(serverless):
    with pytest.raises(KafkaException) as caught:
        serverless.cluster_id(0.3)
    assert caught.value.args[0].name() in ("_TIMED_OUT", "_TRANSPORT", "_ALL_BROKERS_DOWN")


def test_a_timeout_that_is_no_number_is_a_type_error(serverless):
    with pytest.raises(TypeError, match="timeout"):
        serverless.cluster_id("1")


# set_sasl_credentials(). What a broker says of them is in pytests/kafka/test_kafka_listeners.py.


def test_credentials_are_taken_by_position_and_by_name(serverless):
    assert serverless.set_sasl_credentials("ann", "secret") is None
    assert serverless.set_sasl_credentials(username="ann", password="") is None


@pytest.mark.parametrize("arguments", [(), ("ann",), ("ann", "secret", 1)], ids=repr)
def test_credentials_are_a_name_and_a_password(serverless, arguments):
    with pytest.raises(TypeError):
        serverless.set_sasl_credentials(*arguments)


@pytest.mark.parametrize(("name", "index"), [("username", 0), ("password", 1)])
@pytest.mark.parametrize(
    ("wrong", "kind"), [(None, TypeError), (b"x", TypeError), (5, TypeError), ("a\0b", ValueError)]
)
def test_credentials_that_are_no_text_are_named(serverless, name, index, wrong, kind):
    arguments = ["ann", "secret"]
    arguments[index] = wrong
    with pytest.raises(kind, match=name):
        serverless.set_sasl_credentials(*arguments)
