"""class KafkaException: an exception whose first argument is the KafkaError."""

import copy
import pickle

import pytest

from mapr_streams_python import KafkaError, KafkaException, Producer

TEXT = 'KafkaError{code=UNKNOWN_TOPIC_OR_PART,val=3,str="Broker: Unknown topic or partition"}'


def test_it_is_an_exception_and_nothing_else():
    assert [cls.__name__ for cls in KafkaException.__mro__] == [
        "KafkaException",
        "Exception",
        "BaseException",
        "object",
    ]


def test_it_takes_any_arguments():
    assert KafkaException().args == ()
    assert KafkaException("x").args == ("x",)


def test_args_hold_the_kafka_error():
    assert KafkaException(KafkaError(3)).args[0].code() == 3


def test_the_library_raises_it_with_a_kafka_error():
    with pytest.raises(KafkaException) as caught:
        Producer({"no.such.property": 1})
    assert len(caught.value.args) == 1
    assert type(caught.value.args[0]) is KafkaError


def test_str_is_that_of_the_kafka_error():
    assert str(KafkaException(KafkaError(3))) == TEXT


def test_repr_shows_the_kafka_error():
    assert repr(KafkaException(KafkaError(3))) == f"KafkaException({TEXT})"


def test_it_has_no_attribute_that_was_not_set():
    with pytest.raises(AttributeError):
        KafkaException(KafkaError(3)).x  # noqa: B018


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_copies_and_pickles_keep_the_kafka_error(duplicate):
    twin = duplicate(KafkaException(KafkaError(3, "boom", fatal=True)))
    assert type(twin) is KafkaException
    assert str(twin) == 'KafkaError{FATAL,code=UNKNOWN_TOPIC_OR_PART,val=3,str="boom"}'
    assert pickle.loads(pickle.dumps(KafkaException("x"))).args == ("x",)
