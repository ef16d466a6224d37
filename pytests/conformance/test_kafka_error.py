"""class KafkaError: codes, names and texts, comparison and hash, and its life as an exception."""

import copy
import gc
import pickle
import sys

import pytest
from reports import report_of

from mapr_streams_python import KafkaError, KafkaException


def test_code_returns_the_error_code_for_comparison_to_constants():
    code = KafkaError(3).code()
    assert type(code) is int
    assert code == KafkaError.UNKNOWN_TOPIC_OR_PART == 3


def test_name_returns_the_enum_name():
    assert KafkaError(3).name() == "UNKNOWN_TOPIC_OR_PART"
    assert KafkaError(KafkaError._PARTITION_EOF).name() == "_PARTITION_EOF"


def test_str_returns_the_human_readable_text():
    assert KafkaError(3).str() == "Broker: Unknown topic or partition"
    assert KafkaError(-195).str() == "Local: Broker transport failure"
    assert KafkaError(0).str() == "Success"


def test_a_reason_replaces_the_text():
    assert KafkaError(3, "bö€m").str() == "bö€m"
    assert KafkaError(3, reason=None).str() == "Broker: Unknown topic or partition"


def test_an_unknown_code_has_a_made_up_name_and_text():
    assert KafkaError(12345).name() == "ERR_12345?"
    assert KafkaError(12345).str() == "Err-12345?"
    assert KafkaError(-2).name() == "ERR_-2?"
    assert KafkaError(-2).str() == "Err--2?"


@pytest.mark.parametrize("render", [str, repr])
def test_str_and_repr_show_code_name_and_text(render):
    assert render(KafkaError(3)) == (
        'KafkaError{code=UNKNOWN_TOPIC_OR_PART,val=3,str="Broker: Unknown topic or partition"}'
    )
    assert render(KafkaError(-191)) == 'KafkaError{code=_PARTITION_EOF,val=-191,str="Broker: No more messages"}'
    assert render(KafkaError(-1)) == 'KafkaError{code=UNKNOWN,val=-1,str="Unknown broker error"}'
    assert render(KafkaError(3, "boom")) == 'KafkaError{code=UNKNOWN_TOPIC_OR_PART,val=3,str="boom"}'


def test_str_marks_a_fatal_error_and_shows_no_other_flag():
    error = KafkaError(3, "boom", 1, 1, True)
    assert str(error) == 'KafkaError{FATAL,code=UNKNOWN_TOPIC_OR_PART,val=3,str="boom"}'


def test_flags_are_off_by_default():
    error = KafkaError(3)
    assert [error.fatal(), error.retriable(), error.txn_requires_abort()] == [False, False, False]


def test_flags_are_given_by_position_or_keyword_as_bool_or_int():
    error = KafkaError(3, "boom", 2, False, 1)
    assert [error.fatal(), error.retriable(), error.txn_requires_abort()] == [True, False, True]
    error = KafkaError(error=3, reason="boom", fatal=False, retriable=True, txn_requires_abort=False)
    assert [error.fatal(), error.retriable(), error.txn_requires_abort()] == [False, True, False]


@pytest.mark.parametrize("flag", ["fatal", "retriable", "txn_requires_abort"])
def test_a_flag_of_another_type_is_a_type_error(flag):
    with pytest.raises(TypeError):
        KafkaError(3, **{flag: ""})


@pytest.mark.parametrize("code", ["x", None, 3.5])
def test_a_code_of_another_type_is_a_type_error(code):
    with pytest.raises(TypeError):
        KafkaError(code)


def test_a_code_beyond_32_bits_is_an_overflow_error():
    with pytest.raises(OverflowError):
        KafkaError(2**40)


def test_a_reason_of_another_type_is_a_type_error():
    with pytest.raises(TypeError):
        KafkaError(3, b"boom")


def test_a_call_without_a_code_is_a_type_error():
    with pytest.raises(TypeError):
        KafkaError()


def test_equality_is_by_code_alone():
    assert KafkaError(3) == KafkaError(3, "boom", fatal=True)
    assert KafkaError(3) == 3
    assert 3 == KafkaError(3)  # noqa: SIM300 - the other side of the comparison
    assert KafkaError(3) != 4
    assert not KafkaError(3) != 3
    assert KafkaError(3) in (1, 2, 3)


def test_order_is_by_code():
    assert KafkaError(3) < 4
    assert not KafkaError(3) > 4
    assert KafkaError(3) <= 3
    assert KafkaError(3) >= KafkaError(2)
    assert sorted([KafkaError(5), KafkaError(-1), KafkaError(3)]) == [-1, 3, 5]


@pytest.mark.parametrize("other", [None, "x", 3.0, 3.7, b"", [], object()])
def test_comparison_with_other_types_is_unequal(other):
    assert not KafkaError(3) == other
    assert KafkaError(3) != other
    assert not other == KafkaError(3)


def test_comparison_with_an_integer_beyond_its_range_is_unequal():
    assert KafkaError(3) != 2**100
    assert KafkaError(3) != True  # noqa: E712 - True is the integer 1


@pytest.mark.parametrize("other", [None, "x", 3.5])
def test_order_against_other_types_is_a_type_error(other):
    with pytest.raises(TypeError):
        KafkaError(3) < other  # noqa: B015


@pytest.mark.parametrize("code", [3, 0, -191, -1])
def test_hash_is_that_of_the_code(code):
    assert hash(KafkaError(code)) == hash(code)
    assert {code: "found"}[KafkaError(code)] == "found"


def test_an_error_is_true_whatever_its_code():
    assert bool(KafkaError(0))
    assert bool(KafkaError(3))


def test_constants_are_plain_integers():
    assert type(KafkaError._PARTITION_EOF) is int
    assert [
        KafkaError._PARTITION_EOF,
        KafkaError._QUEUE_FULL,
        KafkaError._MSG_TIMED_OUT,
        KafkaError.UNKNOWN,
        KafkaError.NO_ERROR,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._NO_OFFSET,
    ] == [-191, -184, -192, -1, 0, 3, -187, -168]


def test_there_is_a_constant_for_each_error_that_the_loaded_librdkafka_knows():
    # The CPython that is made for musl has none.
    ctypes = pytest.importorskip("ctypes")

    class ErrorDescription(ctypes.Structure):
        """struct rd_kafka_err_desc"""

        _fields_ = [("code", ctypes.c_int), ("name", ctypes.c_char_p), ("desc", ctypes.c_char_p)]

    # Already loaded by the extension: its soname names that very library.
    librdkafka = ctypes.CDLL("librdkafka.so.1")
    table = ctypes.POINTER(ErrorDescription)()
    count = ctypes.c_size_t()
    librdkafka.rd_kafka_get_err_descs(ctypes.byref(table), ctypes.byref(count))
    expected = {entry.name.decode(): entry.code for entry in table[: count.value] if entry.name}
    # The two marks of the range are no errors.
    del expected["_BEGIN"]
    del expected["_END"]
    assert len(expected) >= 159
    constants = {name for name in vars(KafkaError) if name.lstrip("_")[:1].isupper()}
    assert {name: getattr(KafkaError, name) for name in constants} == expected


def test_the_marks_of_the_range_are_no_constants():
    assert not hasattr(KafkaError, "_BEGIN")
    assert not hasattr(KafkaError, "_END")


def test_it_can_be_raised_and_caught_as_an_exception():
    assert issubclass(KafkaError, Exception)
    with pytest.raises(KafkaError) as caught:
        raise KafkaError(KafkaError._TIMED_OUT, "too slow")
    assert caught.value.code() == KafkaError._TIMED_OUT
    assert isinstance(caught.value, BaseException)


def test_it_can_be_the_cause_of_another_exception():
    with pytest.raises(RuntimeError) as caught:
        raise RuntimeError("outer") from KafkaError(7)
    assert caught.value.__cause__.code() == 7


def test_it_is_no_kafka_exception():
    assert not issubclass(KafkaError, KafkaException)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_copies_and_pickles_keep_everything(duplicate):
    for original in (KafkaError(3), KafkaError(7, "boom", True, True, True), KafkaError(12345, "new", False, True)):
        twin = duplicate(original)
        assert type(twin) is KafkaError
        assert twin is not original
        assert str(twin) == str(original)
        assert (twin.code(), twin.name(), twin.str()) == (original.code(), original.name(), original.str())
        assert twin.fatal() is original.fatal()
        assert twin.retriable() is original.retriable()
        assert twin.txn_requires_abort() is original.txn_requires_abort()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_pickles_in_every_protocol(protocol):
    assert pickle.loads(pickle.dumps(KafkaError(3, "boom"), protocol=protocol)).str() == "boom"


class LabelledError(KafkaError):
    """Module level, so that it can be pickled by reference."""


def test_subclasses_print_compare_and_pickle_like_it():
    error = LabelledError(3)
    assert error == 3
    assert str(error) == 'KafkaError{code=UNKNOWN_TOPIC_OR_PART,val=3,str="Broker: Unknown topic or partition"}'
    assert type(pickle.loads(pickle.dumps(error))) is LabelledError


def test_a_delivery_failure_is_a_kafka_error_without_flags(failing):
    error, _ = report_of(failing, value="v")
    assert type(error) is KafkaError
    # In brackets behind it stands why, where that is known.
    assert str(error).startswith('KafkaError{code=_MSG_TIMED_OUT,val=-192,str="Local: Message timed out')
    assert error == KafkaError._MSG_TIMED_OUT
    assert [error.fatal(), error.retriable()] == [False, False]


def test_a_subclass_with_a_finalizer_holds_nothing_when_it_is_gone():
    class Finalized(KafkaError):
        def __del__(self):
            pass

    def make(count):
        for number in range(count):
            Finalized(KafkaError._TIMED_OUT, f"reason {number}")
        gc.collect()

    make(10)
    before = sys.getallocatedblocks()
    make(1000)
    assert sys.getallocatedblocks() - before < 100


def test_no_attribute_that_a_program_sets_replaces_the_reason():
    error = KafkaError(KafkaError._TIMED_OUT, "reason")
    error._reason = error.reason = 5
    assert error.str() == "reason"
    assert pickle.loads(pickle.dumps(error)).str() == "reason"
