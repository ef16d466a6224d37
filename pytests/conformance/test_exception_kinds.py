"""The subclasses of KafkaException: what programs catch apart."""

import copy
import pickle

import pytest
from limits import HANG

import mapr_streams_python
from mapr_streams_python import (
    AbortableException,
    AuthenticationException,
    AuthorizationException,
    Consumer,
    FatalException,
    KafkaError,
    KafkaException,
    Producer,
    RetriableException,
    TimeoutException,
    TopicPartition,
    UnknownTopicException,
    cimpl,
    kafka,
)
from mapr_streams_python.testing import MockCluster

from .support import NO_SERVER

GOING_ON = (RetriableException, AbortableException, FatalException)
CAUSES = (AuthenticationException, AuthorizationException, TimeoutException, UnknownTopicException)


def _raised(code):
    """What `committed` raises where the broker answers with that code."""
    with (
        MockCluster() as cluster,
        Consumer({"bootstrap.servers": cluster.bootstrap_servers, "group.id": "g"}) as consumer,
    ):
        cluster.push_request_errors("OffsetFetch", [code])
        with pytest.raises(KafkaException) as caught:
            consumer.committed([TopicPartition("t", 0)], HANG)
    return caught.value


@pytest.mark.parametrize("kind", GOING_ON + CAUSES, ids=lambda kind: kind.__name__)
def test_each_kind_is_a_kafka_exception_of_both_packages(kind):
    assert issubclass(kind, KafkaException)
    assert getattr(mapr_streams_python, kind.__name__) is kind
    assert getattr(kafka, kind.__name__) is kind
    assert kind.__module__ == "mapr_streams_python"
    assert kind.__name__ in mapr_streams_python.__all__
    assert kind.__name__ in kafka.__all__
    assert kind.__doc__


def test_a_time_out_is_raised_as_one():
    config = {"bootstrap.servers": NO_SERVER, "group.id": "g", "log_level": 0}
    with Consumer(config) as consumer, pytest.raises(TimeoutException) as caught:
        consumer.committed([TopicPartition("t", 0)], 0.1)
    assert type(caught.value) is TimeoutException
    assert caught.value.args[0].code() == KafkaError._TIMED_OUT
    assert repr(caught.value).startswith("TimeoutException(KafkaError{code=_TIMED_OUT,")


def test_a_group_that_is_not_authorised_is_raised_as_that():
    error = _raised(KafkaError.GROUP_AUTHORIZATION_FAILED)
    assert type(error) is AuthorizationException
    assert error.args[0].code() == KafkaError.GROUP_AUTHORIZATION_FAILED


def test_an_unknown_topic_is_raised_as_that():
    with (
        MockCluster() as cluster,
        Consumer({"bootstrap.servers": cluster.bootstrap_servers, "group.id": "g"}) as consumer,
    ):
        cluster.create_topic("t", 1)
        with pytest.raises(UnknownTopicException):
            consumer.get_watermark_offsets(TopicPartition("t", 5), HANG)


def test_what_is_of_no_kind_is_a_plain_one():
    with pytest.raises(KafkaException) as caught:
        Producer({"no.such.property": 1})
    assert type(caught.value) is KafkaException


@pytest.mark.parametrize("going_on", GOING_ON, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("cause", CAUSES, ids=lambda kind: kind.__name__)
def test_an_error_of_both_sorts_is_caught_as_either(going_on, cause):
    name = going_on.__name__.replace("Exception", "") + cause.__name__
    both = getattr(cimpl, name)
    assert issubclass(both, going_on)
    assert issubclass(both, cause)
    assert [kind for kind in GOING_ON + CAUSES if issubclass(both, kind)] == [going_on, cause]


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
@pytest.mark.parametrize(
    "kind", [*GOING_ON, *CAUSES, cimpl.AbortableAuthorizationException], ids=lambda kind: kind.__name__
)
def test_copies_and_pickles_keep_kind_and_error(kind, duplicate):
    twin = duplicate(kind(KafkaError(29, "no", False, True, True)))
    assert type(twin) is kind
    error = twin.args[0]
    assert (error.code(), error.str()) == (29, "no")
    assert (error.fatal(), error.retriable(), error.txn_requires_abort()) == (False, True, True)
