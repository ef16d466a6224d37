"""What holds of every request of an AdminClient: where librdkafka lacks it, on the mock cluster, and of its futures."""

from __future__ import annotations

import concurrent.futures
import inspect
import threading
import time
import warnings

import pytest
from admin_requests import NOWHERE, REQUESTS, futures_of, present
from limits import HANG

from mapr_streams_python import KafkaError, KafkaException, libversion
from mapr_streams_python.admin import AdminClient, ElectionType, TopicCollection
from mapr_streams_python.testing import MockCluster, wait_until

# What is no request with futures.
OTHERS = {
    *("close", "cluster_id", "list_groups", "list_topics", "metrics", "poll", "reset_offsets", "set_sasl_credentials"),
    *("wait_for_topics", "wait_until_deleted"),
}

every_request = pytest.mark.parametrize("name", REQUESTS)
pytestmark = pytest.mark.filterwarnings("ignore:alter_configs:DeprecationWarning")


@pytest.fixture(scope="module")
def client():
    with AdminClient(NOWHERE) as client:
        yield client


@pytest.fixture(scope="module")
def cluster():
    with MockCluster() as cluster:
        cluster.create_topic("t")
        yield cluster


def code_of(future):
    exception = future.exception(HANG)
    assert isinstance(exception, KafkaException), exception
    return exception.args[0].code()


def test_the_table_has_every_method():
    methods = {name for name, _ in inspect.getmembers(AdminClient, callable) if not name.startswith("_")}
    assert methods == OTHERS | {request.method for request in REQUESTS.values()}


@every_request
def test_what_librdkafka_lacks_is_named_with_the_release_that_has_it(client, name):
    request = REQUESTS[name]
    if not request.is_missing:
        return
    with pytest.raises(KafkaException) as caught:
        request(client)
    error = caught.value.args[0]
    assert error == KafkaError._NOT_IMPLEMENTED
    assert error.str() == (
        f"the loaded librdkafka {libversion()[0]} does not have {request.function}, which Apache Kafka's has since"
        f" {request.since}"
    )
    assert len(client) == 0


@every_request
def test_the_mock_cluster_answers_or_refuses_at_once(cluster, name):
    request = REQUESTS[name]
    with AdminClient({"bootstrap.servers": cluster.bootstrap_servers}) as client:
        if request.answers and not request.is_missing:
            for future in futures_of(request(client)):
                assert future.exception(HANG) is None
            return
        with pytest.raises(KafkaException) as caught:
            request(client)
        error = caught.value.args[0]
        # Of what both are missing either is told.
        if not request.is_missing or error != KafkaError._NOT_IMPLEMENTED:
            assert error == KafkaError._UNSUPPORTED_FEATURE
            assert error.str() == (
                "a mock cluster does not answer requests of administration but for descriptions and some about offsets"
                " (docs/admin.md), and librdkafka would wait for one that does: a real Kafka is needed"
            )
        assert len(client) == 0


@every_request
def test_a_closed_client_refuses(name):
    client = AdminClient(NOWHERE)
    client.close()
    with pytest.raises(RuntimeError, match="AdminClient closed"):
        REQUESTS[name](client)


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.list_topics(),
        lambda client: client.cluster_id(),
        lambda client: client.poll(0),
        lambda client: client.set_sasl_credentials("a", "b"),
        lambda client: client.reset_offsets("g", "earliest"),
        lambda client: client.wait_for_topics(["t"]),
        lambda client: client.wait_until_deleted(["t"]),
        lambda client: client.delete_records([]),
    ],
    ids=["list_topics", "cluster_id", "poll", "credentials", "reset_offsets", "wait_for", "wait_until", "nothing"],
)
def test_a_closed_client_refuses_what_is_no_request_too(ask):
    client = AdminClient(NOWHERE)
    client.close()
    with pytest.raises(RuntimeError, match="AdminClient closed"):
        ask(client)


def test_a_request_without_an_answer_ends_with_its_time():
    with AdminClient(NOWHERE) as client:
        asked = {name: futures_of(request(client, request_timeout=0.2)) for name, request in present()}
        for name, futures in asked.items():
            for future in futures:
                if name.startswith("list_consumer_groups"):
                    # Of brokers, of which there may be others.
                    assert [error.code() for error in future.result(HANG).errors] == [KafkaError._TIMED_OUT]
                else:
                    assert code_of(future) == KafkaError._TIMED_OUT, name
        wait_until(lambda: len(client) == 0, HANG)


def test_closing_ends_what_is_awaited():
    client = AdminClient(NOWHERE)
    asked = {name: futures_of(request(client)) for name, request in present()}
    assert len(client) == len(asked)
    client.close()
    for name, futures in asked.items():
        for future in futures:
            assert code_of(future) == KafkaError._DESTROY, name


def test_two_threads_ask_and_a_third_closes():
    client, failures, begun = AdminClient(NOWHERE), [], threading.Barrier(3)
    told = []

    def ask():
        try:
            begun.wait(HANG)
            while True:
                for _, request in present():
                    told.extend(futures_of(request(client)))
        except RuntimeError as exception:
            if "AdminClient closed" not in str(exception):
                failures.append(exception)
        except BaseException as exception:
            failures.append(exception)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        begun.wait(HANG)
        wait_until(lambda: len(told) > 200, HANG)
        client.close()
        for thread in threads:
            thread.join(HANG)
    assert failures == []
    assert {code_of(future) for future in told} == {KafkaError._DESTROY}


def test_callbacks_that_raise_harm_nobody(caplog):
    with AdminClient(NOWHERE) as client:
        asked = {}
        for name, request in present():
            asked[name] = futures_of(request(client, request_timeout=0.2))
            for future in asked[name]:
                future.add_done_callback(lambda future, name=name: {}[f"callback of {name}"])
        done = concurrent.futures.wait([future for futures in asked.values() for future in futures], HANG)
        assert not done.not_done
        # The client goes on.
        for _, request in present():
            assert all(isinstance(future, concurrent.futures.Future) for future in futures_of(request(client)))
            break
        wait_until(lambda: all(f"callback of {name}" in caplog.text for name in asked), HANG)


def test_a_callback_that_waits_for_another_future_of_the_client_is_told_so():
    told = []
    with AdminClient(NOWHERE) as client:
        later = client.delete_topics(["later"])["later"]

        def wait(future):
            for ask in (later.result, later.exception, lambda: client.reset_offsets("g", "earliest")):
                try:
                    ask()
                except BaseException as exception:
                    told.append(exception)
            # What is done is there for anybody, and so are other clients.
            told.append(future.exception())
            with AdminClient(NOWHERE) as other:
                told.append(other.delete_topics(["t"], request_timeout=0.1)["t"].exception(HANG))

        client.delete_topics(["t"], request_timeout=0.1)["t"].add_done_callback(wait)
        wait_until(lambda: len(told) == 5, HANG)
    for exception in told[:3]:
        assert isinstance(exception, RuntimeError)
        assert "a callback of a future waits for another future of the same AdminClient" in str(exception)
    assert [exception.args[0].code() for exception in told[3:]] == [KafkaError._TIMED_OUT] * 2


def test_a_broker_that_is_back_in_time_answers():
    with MockCluster(brokers=1) as cluster:
        cluster.create_topic("t")
        with AdminClient({"bootstrap.servers": cluster.bootstrap_servers, "log_level": 0}) as client:
            client.cluster_id(HANG)
            cluster.set_broker_down(1)
            asked = {
                name: futures_of(request(client, request_timeout=HANG))
                for name, request in present()
                if request.answers
            }
            cluster.set_broker_up(1)
            for name, futures in asked.items():
                for future in futures:
                    assert future.exception(HANG) is None, name


def test_long_work_takes_one_time_for_all_of_it():
    begun = time.monotonic()
    with AdminClient(NOWHERE) as client:
        for method in ("create_topics", "delete_topics", "create_partitions", "delete_records", "elect_leaders"):
            request = REQUESTS[method]
            for other in ("operation_timeout", "request_timeout"):
                with pytest.raises(ValueError, match=f"timeout and {other} must not both be given"):
                    request(client, timeout=1, **{other: 1})
            if not request.is_missing:
                for future in futures_of(request(client, timeout=0.1)):
                    assert code_of(future) == KafkaError._TIMED_OUT
    assert time.monotonic() - begun < HANG


def test_what_asks_for_nothing_is_not_sent(client):
    assert client.delete_records([]) == {}
    assert client.list_offsets({}) == {}
    assert client.describe_topics(TopicCollection([])) == {}
    assert client.describe_user_scram_credentials([]) == {}
    assert client.elect_leaders(ElectionType.PREFERRED, []).result(0) == {}
    assert len(client) == 0
    # Their options are looked at all the same.
    with pytest.raises(ValueError, match="request_timeout"):
        client.delete_records([], request_timeout=-1)
