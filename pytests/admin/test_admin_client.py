"""The life of an AdminClient, and of the futures that it gives."""

from __future__ import annotations

import gc
import sys
import threading
import weakref

import pytest
from limits import HANG

import mapr_streams_python.admin
import mapr_streams_python.kafka.admin
from mapr_streams_python import KafkaError, KafkaException
from mapr_streams_python.admin import AdminClient, ConfigResource, NewTopic
from mapr_streams_python.testing import MockCluster, wait_until

# Nobody listens there.
NOWHERE = {"bootstrap.servers": "127.0.0.1:1", "log_level": 0, "error_cb": lambda error: None}


def failure(future):
    exception = future.exception(HANG)
    assert isinstance(exception, KafkaException)
    return exception.args[0]


@pytest.fixture
def client():
    with AdminClient(NOWHERE) as client:
        yield client


def test_a_request_without_an_answer_ends_with_its_time(client):
    futures = client.delete_topics(["t"], request_timeout=0.2)
    assert failure(futures["t"]) == KafkaError._TIMED_OUT
    assert isinstance(futures["t"].exception(), mapr_streams_python.TimeoutException)


def test_futures_are_running_and_cannot_be_cancelled(client):
    future = client.delete_topics(["t"])["t"]
    assert future.running() and not future.cancel()
    client.close()
    assert failure(future) == KafkaError._DESTROY


def test_many_requests_are_under_way_at_a_time(client):
    futures = [client.delete_topics([f"t{number}"], request_timeout=HANG)[f"t{number}"] for number in range(100)]
    assert len(client) == 100
    short = client.delete_topics(["short"], request_timeout=0.1)["short"]
    assert failure(short) == KafkaError._TIMED_OUT
    assert len(client) == 100
    client.close()
    assert {failure(future).code() for future in futures} == {KafkaError._DESTROY}


def test_closing_ends_futures(client):
    futures = client.create_topics([NewTopic("a", 1), NewTopic("b", 1)])
    client.close()
    client.close()
    assert {failure(future).code() for future in futures.values()} == {KafkaError._DESTROY}
    with pytest.raises(RuntimeError, match="AdminClient closed"):
        client.delete_topics(["t"])


def test_dropping_the_client_ends_futures_and_frees_it():
    client = AdminClient(NOWHERE)
    future = client.delete_topics(["t"])["t"]
    reference = weakref.ref(client)
    del client
    gc.collect()
    assert reference() is None
    assert failure(future) == KafkaError._DESTROY


def test_a_client_in_a_cycle_is_collected():
    client = AdminClient(NOWHERE)
    client.itself = client
    future = client.delete_topics(["t"])["t"]
    reference = weakref.ref(client)
    del client
    gc.collect()
    assert reference() is None
    assert failure(future) == KafkaError._DESTROY


def test_a_callback_that_raises_harms_no_other_future(client, caplog):
    told = []
    futures = client.create_topics([NewTopic("a", 1), NewTopic("b", 1)], request_timeout=0.2)
    futures["a"].add_done_callback(lambda future: 1 / 0)
    futures["b"].add_done_callback(told.append)
    assert failure(futures["b"]) == KafkaError._TIMED_OUT
    wait_until(lambda: told, HANG)
    assert "ZeroDivisionError" in caplog.text


def test_a_callback_that_raises_no_exception_of_a_programs_harms_no_other_future(client, monkeypatch):
    told, reported = [], []

    def leave(future):
        raise SystemExit(3)

    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: reported.append(unraisable.exc_type))
    futures = client.create_topics([NewTopic("a", 1), NewTopic("b", 1)], request_timeout=0.2)
    futures["a"].add_done_callback(leave)
    futures["b"].add_done_callback(told.append)
    assert failure(futures["b"]) == KafkaError._TIMED_OUT
    wait_until(lambda: told, HANG)
    assert reported == [SystemExit]


def test_a_callback_may_ask_again_and_close(client):
    again, closed = threading.Event(), threading.Event()

    def close(future):
        client.close()
        closed.set()

    def ask(future):
        client.delete_topics(["other"], request_timeout=0.1)["other"].add_done_callback(close)
        again.set()

    client.delete_topics(["t"], request_timeout=0.1)["t"].add_done_callback(ask)
    assert again.wait(HANG) and closed.wait(HANG)


@pytest.mark.skipif(sys.platform != "linux", reason="looks for threads as Linux shows them")
def test_closing_ends_librdkafka_though_a_request_is_under_way(run_python):
    ended = run_python(
        """
import os, pathlib, time
from mapr_streams_python.admin import AdminClient

def is_there():
    for task in pathlib.Path("/proc/self/task").iterdir():
        try:
            if (task / "comm").read_text().startswith("rdk:"):
                return True
        except OSError:
            pass
    return False

client = AdminClient({"bootstrap.servers": "127.0.0.1:1", "debug": "generic"})
future = client.delete_topics(["t"])["t"]
client.close()
os.write(2, b"closed\\n")
assert future.done()
while is_there():
    time.sleep(0.01)
"""
    )
    ended.check()
    lines = ended.stderr.splitlines()
    last = max(place for place, line in enumerate(lines) if "TERM" in line)
    assert lines.index("closed") > last, ended.stderr


def test_closing_waits_no_longer_than_a_second_for_a_callback_that_waits_for_who_closes(client):
    closed, told = threading.Event(), []

    def waits(future):
        told.append(closed.wait(HANG))

    future = client.delete_topics(["t"], request_timeout=0.1)["t"]
    future.add_done_callback(waits)
    wait_until(future.done, HANG)
    client.close()
    closed.set()
    wait_until(lambda: told, HANG)
    assert told == [True]


def test_callbacks_of_the_configuration_come_from_poll():
    errors = []
    with AdminClient({**NOWHERE, "error_cb": errors.append}) as client:
        wait_until(lambda: client.poll(0.1) and errors, HANG)
    assert isinstance(errors[0], KafkaError)


FORKING = """
import os, threading
from mapr_streams_python.admin import AdminClient
client = AdminClient({"bootstrap.servers": "127.0.0.1:1", "log_level": 0, "error_cb": lambda error: None})

def ended(child):
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""


def test_a_child_of_a_fork_gets_no_answer_and_does_not_wait_for_one(run_python):
    run_python(
        FORKING
        + """
future = client.delete_topics(["t"])["t"]
child = os.fork()
if child == 0:
    for call in (future.result, future.exception, lambda: client.delete_topics(["t"]), lambda: client.poll(0)):
        try:
            call()
        except RuntimeError as exception:
            assert "fork" in str(exception)
        else:
            raise AssertionError(call)
    client.close()
else:
    ended(child)
    client.close()
    assert "_DESTROY" in repr(future.exception(60))
"""
    ).check()


def test_a_child_that_a_futures_callback_forks_ends_with_the_callback(run_python):
    run_python(
        FORKING
        + """
children, forked = [], threading.Event()

def fork(future):
    child = os.fork()
    if child != 0:
        children.append(child)
        forked.set()

client.delete_topics(["t"], request_timeout=0.1)["t"].add_done_callback(fork)
assert forked.wait(60)
ended(children[0])
"""
    ).check()


def test_the_program_ends_though_an_answer_is_awaited(run_python):
    run_python(
        """
from mapr_streams_python.admin import AdminClient
client = AdminClient({"bootstrap.servers": "127.0.0.1:1", "log_level": 0, "error_cb": lambda error: None})
future = client.delete_topics(["t"])["t"]
"""
    ).check()


def test_the_mock_cluster_says_that_it_does_not_do_it():
    with MockCluster() as cluster, AdminClient({"bootstrap.servers": cluster.bootstrap_servers}) as client:
        with pytest.raises(KafkaException, match="a mock cluster does not answer requests of administration") as caught:
            client.create_topics([NewTopic("t", 1)])
        assert caught.value.args[0] == KafkaError._UNSUPPORTED_FEATURE
        assert client.cluster_id(HANG)
        assert client.list_topics(timeout=HANG).brokers


def test_a_name_that_cannot_be_a_topics_is_refused_before_anything_is_sent(client):
    with pytest.raises(KafkaException) as caught:
        client.create_topics([NewTopic("/no/stream:" + "x" * 300, 1)])
    assert caught.value.args[0] == KafkaError._INVALID_ARG
    assert len(client) == 0


def test_both_dialects_have_the_same_names():
    kafka, mapr = mapr_streams_python.kafka.admin, mapr_streams_python.admin
    assert sorted(kafka.__all__) == sorted(mapr.__all__)
    assert issubclass(kafka.AdminClient, mapr.AdminClient)
    assert kafka.NewTopic is mapr.NewTopic


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda c: c.create_topics("t"), TypeError, "new_topics must be a list of NewTopic, not str"),
        (lambda c: c.create_topics(None), TypeError, "new_topics must be a list of NewTopic, not NoneType"),
        (lambda c: c.create_topics([]), ValueError, "new_topics must not be empty: it is a list of NewTopic"),
        (lambda c: c.create_topics([NewTopic("t"), 5]), TypeError, "new_topics[1] must be NewTopic, not int"),
        (lambda c: c.create_topics([NewTopic(5)]), TypeError, "new_topics[0].topic must be str, not int"),
        (lambda c: c.create_topics([NewTopic("")]), ValueError, "new_topics[0].topic must not be empty"),
        (
            lambda c: c.create_topics([NewTopic("a\0")]),
            ValueError,
            "new_topics[0].topic must not contain a null character",
        ),
        (
            lambda c: c.create_topics([NewTopic("t", 0)]),
            ValueError,
            "new_topics[0].num_partitions must be 1 or more, not 0",
        ),
        (
            lambda c: c.create_topics([NewTopic("t", "3")]),
            TypeError,
            "new_topics[0].num_partitions must be an int, not str",
        ),
        (
            lambda c: c.create_topics([NewTopic("t", replica_assignment=[1])]),
            TypeError,
            "new_topics[0].replica_assignment[0] must be a list of broker ids, not int",
        ),
        (
            lambda c: c.create_topics([NewTopic("t", 2, replica_assignment=[[1]])]),
            ValueError,
            "new_topics[0]: num_partitions is 2, and replica_assignment has 1: leave one out",
        ),
        (
            lambda c: c.create_topics([NewTopic("t", config={"a": None})]),
            TypeError,
            'new_topics[0].config: the value of "a" must be str, int, float or bool, not NoneType',
        ),
        (lambda c: c.create_topics([NewTopic("t")] * 2), ValueError, "new_topics[1]: 't' is there twice"),
        (
            lambda c: c.create_topics([NewTopic("t")], validate_only="maybe"),
            TypeError,
            "validate_only must be a bool, not str",
        ),
        (
            lambda c: c.create_topics([NewTopic("t")], request_timeout=-1),
            ValueError,
            "request_timeout must be between 0 and 3600 seconds, not -1",
        ),
        (lambda c: c.delete_topics("t"), TypeError, "topics must be a list of str, not str"),
        (lambda c: c.delete_topics([None]), TypeError, "topics[0] must be str, not NoneType"),
        (lambda c: c.describe_configs(["t"]), TypeError, "resources[0] must be ConfigResource, not str"),
        (
            lambda c: c.incremental_alter_configs([ConfigResource("topic", "t")]),
            ValueError,
            "resources[0].incremental_configs must not be empty: it is what is to be changed",
        ),
        (
            lambda c: ConfigResource("tropic", "t"),
            ValueError,
            'restype: there is no "tropic": it is one of UNKNOWN, ANY, TOPIC, GROUP, BROKER, TRANSACTIONAL_ID',
        ),
        (lambda c: ConfigResource(None, "t"), TypeError, "restype must be a ResourceType, or its name, not NoneType"),
        (lambda c: ConfigResource("topic", None), TypeError, "name must be str, not NoneType"),
    ],
)
def test_bad_arguments_are_named_before_anything_is_sent(client, call, error, text):
    with pytest.raises(error) as caught:
        call(client)
    assert str(caught.value) == text
    assert len(client) == 0


@pytest.mark.parametrize(
    ("name", "arguments", "options"),
    [
        ("create_topics", [("t",)], (None,) * 5),
        ("create_topics", [("t", 1, 1, (), [("a",)])], (None,) * 5),
        ("create_topics", 5, (None,) * 5),
        ("describe_configs", [(9, "t")], (None,) * 5),
        ("delete_topics", ["t"], (None,)),
        ("delete_topics", [], (None,) * 5),
        ("no_such_request", [], (None,) * 5),
    ],
)
def test_a_malformed_request_raises(client, name, arguments, options):
    with pytest.raises((TypeError, ValueError, KafkaException)):
        client._request(name, arguments, options, lambda exception, answer: None)
    assert len(client) == 0
