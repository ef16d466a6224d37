"""Rulings 1 to 10: where the API page, the dialect page and the reference behaviours disagree or are silent.

`docs/conformance.md` lists the rulings; those that are about crashes are in test_crash_safety_*.py as well.
"""

import pytest
from limits import HANG
from reports import report_of

from mapr_streams_python import KafkaError, Message, TopicPartition
from mapr_streams_python.testing import read, wait_until

from .support import GROUP_TIMEOUT, fields, raises_kafka_error

# 1: subscribe on an assigned consumer.


def test_ruling_01_subscribe_after_assign_is_a_conflict_in_the_mapr_dialect(mapr_clients):
    consumer = mapr_clients.consumer()
    consumer.assign([TopicPartition("t", 0)])
    with raises_kafka_error("_CONFLICT"):
        consumer.subscribe(["t"])
    assert fields(consumer.assignment()) == [("t", 0, -1000, None)]


def test_ruling_01_subscribe_after_incremental_assign_is_a_conflict_in_the_mapr_dialect(mapr_clients):
    consumer = mapr_clients.consumer()
    consumer.incremental_assign([TopicPartition("t", 0)])
    with raises_kafka_error("_CONFLICT"):
        consumer.subscribe(["t"])


def test_ruling_01_subscribe_after_assign_and_unassign_is_no_conflict(offline):
    consumer = offline.consumer()
    consumer.assign([TopicPartition("t", 0)])
    consumer.unassign()
    assert consumer.subscribe(["t"]) is None


def test_ruling_01_subscribe_after_assign_is_allowed_in_the_kafka_dialect(kafka_clients):
    consumer = kafka_clients.consumer()
    consumer.assign([TopicPartition("t", 0)])
    assert consumer.subscribe(["t"]) is None


def test_ruling_01_a_subscribed_consumer_may_subscribe_again(offline):
    consumer = offline.consumer()
    consumer.subscribe(["t"])
    assert consumer.subscribe(["u"]) is None


def test_ruling_01_assign_inside_on_assign_takes_effect_and_is_never_a_conflict(mapr_clients, filled):
    topic = filled("v0", "v1", "v2")

    def at_two(consumer, partitions):
        consumer.assign([TopicPartition(p.topic, p.partition, 2) for p in partitions])

    consumer = mapr_clients.consumer()
    consumer.subscribe([topic], on_assign=at_two)
    assert read(consumer, 1)[0].offset() == 2
    assert consumer.subscribe([topic]) is None


def test_ruling_01_unassign_inside_on_revoke_is_no_conflict_later(mapr_clients, filled):
    topic, calls = filled("v"), []

    def revoked(consumer, partitions):
        calls.append(len(partitions))
        consumer.unassign()

    consumer = mapr_clients.consumer()
    consumer.subscribe([topic], on_revoke=revoked)
    read(consumer, 1)
    consumer.unsubscribe()
    wait_until(lambda: calls, GROUP_TIMEOUT, polling=[consumer])
    assert consumer.assignment() == []
    assert consumer.subscribe([topic]) is None


# 2: listeners.


class Listener:
    def __init__(self):
        self.calls = []

    def on_assign(self, consumer, partitions):
        self.calls.append(("on_assign", consumer, [p.partition for p in partitions]))

    def on_revoke(self, consumer, partitions):
        self.calls.append(("on_revoke", consumer, [p.partition for p in partitions]))


class CallableListener(Listener):
    def __call__(self, consumer, partitions):
        self.calls.append(("call", consumer, [p.partition for p in partitions]))


@pytest.mark.parametrize("how", ["keyword", "position"])
def test_ruling_02_a_listener_is_an_object_with_on_assign_and_on_revoke(mapr_clients, filled, how):
    topic, listener = filled("v"), Listener()
    consumer = mapr_clients.consumer()
    if how == "keyword":
        consumer.subscribe([topic], listener=listener)
    else:
        consumer.subscribe([topic], listener)
    read(consumer, 1)
    consumer.close()
    assert listener.calls == [("on_assign", consumer, [0]), ("on_revoke", consumer, [0])]


def test_ruling_02_a_callable_in_the_second_place_is_on_assign_whatever_methods_it_has(mapr_clients, filled):
    listener = CallableListener()
    consumer = mapr_clients.consumer()
    consumer.subscribe([filled("v")], listener)
    read(consumer, 1)
    consumer.close()
    assert listener.calls == [("call", consumer, [0])]


@pytest.mark.parametrize("name", ["on_assign", "on_revoke"])
def test_ruling_02_a_listener_needs_only_one_of_the_methods(offline, name):
    listener = type("Partial", (), {name: lambda self, consumer, partitions: None})()
    assert offline.consumer().subscribe(["t"], listener=listener) is None
    assert offline.consumer().subscribe(["t"], listener) is None


@pytest.mark.parametrize("name", ["on_assign", "on_revoke", "on_lost"])
def test_ruling_02_a_listener_together_with_a_callable_is_a_type_error(offline, name):
    consumer = offline.consumer()
    with pytest.raises(TypeError):
        consumer.subscribe(["t"], listener=Listener(), **{name: print})
    if name != "on_assign":
        with pytest.raises(TypeError):
            consumer.subscribe(["t"], Listener(), **{name: print})


@pytest.mark.parametrize("value", [5, "x", object()], ids=["5", "x", "object"])
def test_ruling_02_anything_else_as_a_listener_is_a_type_error_that_names_it(offline, value):
    with pytest.raises(TypeError, match="listener"):
        offline.consumer().subscribe(["t"], listener=value)
    with pytest.raises(TypeError, match="on_assign"):
        offline.consumer().subscribe(["t"], value)


# 3: None for what is optional.


def test_ruling_03_none_is_accepted_by_the_producer(online, make_topic):
    producer, reports = online.producer(), []
    producer.produce(make_topic(), "v", key=None, partition=None, callback=None, on_delivery=None, headers=None)
    producer.produce(make_topic(), "v", None, None, None, lambda error, message: reports.append(error))
    assert producer.flush(None) == 0
    assert reports == [None]


@pytest.mark.parametrize("arguments", [{"timeout": None}, {}], ids=repr)
def test_ruling_03_poll_of_none_waits_for_an_event(failing, filled, online, arguments):
    failing.produce("t", "v", callback=lambda error, message: None)
    assert failing.poll(*arguments.values()) == 1
    consumer = online.consumer()
    consumer.assign([TopicPartition(filled("v"), 0, 0)])
    assert consumer.poll(**arguments).value() == b"v"


def test_ruling_03_none_is_accepted_by_the_consumer(online, filled):
    topic = filled("v0", "v1")
    consumer = online.consumer({"enable.auto.commit": False})
    partition = TopicPartition(topic, 0, 0)
    consumer.assign([partition])
    message = read(consumer, 1)[0]
    assert consumer.commit(None) is None
    assert consumer.commit(message=None, offsets=None) is None
    assert fields(consumer.commit(message=message, offsets=None, asynchronous=False)) == [(topic, 0, 1, None)]
    assert fields(consumer.committed([partition], timeout=None)) == [(topic, 0, 1, None)]
    assert fields(consumer.position([partition], timeout=None)) == [(topic, 0, 1, None)]
    assert consumer.get_watermark_offsets(partition, timeout=None) == (0, 2)


def test_ruling_03_none_is_accepted_by_subscribe(offline):
    consumer = offline.consumer()
    assert consumer.subscribe(["t"], None) is None
    assert consumer.subscribe(["t"], on_assign=None, on_revoke=None, on_lost=None, listener=None) is None


# 4: async and asynchronous.


def test_ruling_04_asynchronous_wins_over_async(offline):
    consumer = offline.consumer()
    with raises_kafka_error("_NO_OFFSET"):
        consumer.commit(**{"async": True, "asynchronous": False})
    assert consumer.commit(**{"async": False, "asynchronous": True}) is None


# 5: a NULL payload.


@pytest.mark.parametrize("method", ["poll", "flush"])
def test_ruling_05_a_null_payload_is_reported_from_the_next_poll_or_flush(mapr_clients, make_topic, method):
    producer, name, reports = mapr_clients.producer(), make_topic(), []
    producer.produce(name, None, "key", callback=lambda error, message: reports.append((error, message)))
    assert reports == []
    assert len(producer) == 1
    assert getattr(producer, method)(0) == (1 if method == "poll" else 0)
    [(error, message)] = reports
    assert type(error) is KafkaError
    assert error == KafkaError._INVALID_ARG
    assert message.error() == error
    assert (message.topic(), message.key(), message.value()) == (name, b"key", None)
    assert message.offset() is None
    assert len(producer) == 0


def test_ruling_05_a_null_payload_is_not_sent(mapr_clients, make_topic):
    name = make_topic()
    report_of(mapr_clients.producer(), name, key="k", partition=0)
    assert mapr_clients.consumer().get_watermark_offsets(TopicPartition(name, 0), HANG) == (0, 0)


def test_ruling_05_the_configured_callback_hears_of_a_null_payload(mapr_clients, make_topic):
    reports = []
    producer = mapr_clients.producer({"on_delivery": lambda error, message: reports.append(error)})
    producer.produce(make_topic())
    assert producer.flush(0) == 0
    assert reports == [KafkaError._INVALID_ARG]


def test_ruling_05_a_null_payload_that_nobody_would_hear_of_is_raised(mapr_clients, make_topic):
    producer = mapr_clients.producer()
    with raises_kafka_error("_INVALID_ARG"):
        producer.produce(make_topic(), key="k")
    assert len(producer) == 0


@pytest.mark.parametrize("value", [b"", ""], ids=repr)
def test_ruling_05_an_empty_payload_is_a_message(mapr_clients, make_topic, value):
    name = make_topic()
    error, message = report_of(mapr_clients.producer(), name, value=value, partition=0)
    assert error is None
    assert message.value() == b""


def test_ruling_05_an_exception_in_the_report_of_a_null_payload_comes_out_of_poll(mapr_clients, make_topic):
    def bad(error, message):
        raise ValueError("from callback")

    producer = mapr_clients.producer()
    producer.produce(make_topic(), callback=bad)
    with pytest.raises(ValueError, match="^from callback$"):
        producer.poll(0)
    assert len(producer) == 0


# 6: position() is in test_consumer_offsets.py; what the page leaves open is its time-out.


def test_ruling_06_position_waits_for_nothing(mapr_clients):
    partitions = [TopicPartition("t", 0), TopicPartition("t", 1)]
    assert [p.offset for p in mapr_clients.consumer().position(partitions, timeout=3600)] == [0, 0]


# 7: "not user-instantiable".


@pytest.mark.parametrize("cls", [Message, KafkaError])
def test_ruling_07_without_arguments_it_is_a_type_error(cls):
    with pytest.raises(TypeError):
        cls()


def test_ruling_07_with_arguments_both_can_be_made():
    assert KafkaError(3).code() == 3
    assert Message("t", b"v").value() == b"v"
    assert Message(topic="t").topic() == "t"


# 8: a KafkaError can be raised.


def test_ruling_08_it_is_a_real_exception():
    assert issubclass(KafkaError, Exception)
    with pytest.raises(Exception, match="too slow") as caught:
        raise KafkaError(KafkaError._TIMED_OUT, "too slow")
    assert caught.value == KafkaError._TIMED_OUT
    assert caught.value.__traceback__ is not None


def test_ruling_08_it_survives_being_raised_many_times():
    error = KafkaError(7)
    for _ in range(1000):
        try:
            raise error
        except KafkaError as caught:
            assert caught is error
    assert str(error).startswith("KafkaError{code=REQUEST_TIMED_OUT")


# 9: Producer.poll counts events.


def test_ruling_09_poll_returns_the_number_of_events(online, make_topic):
    producer = online.producer({"linger.ms": 0})
    for name in (make_topic(), make_topic(), make_topic()):
        producer.produce(name, "v", partition=0)
    served = 0
    while len(producer):
        served += producer.poll(5)
    # One for each batch of a partition, whether a message of it has a callback or not.
    assert served == 3


# 10: on_commit.


def test_ruling_10_on_commit_does_not_run_for_a_synchronous_commit(online, filled):
    topic, calls = filled("v"), []
    consumer = online.consumer(
        {"enable.auto.commit": False, "on_commit": lambda error, partitions: calls.append(error)}
    )
    consumer.assign([TopicPartition(topic, 0, 0)])
    message = read(consumer, 1)[0]
    assert fields(consumer.commit(message=message, asynchronous=False)) == [(topic, 0, 1, None)]
    # What an asynchronous commit would have left behind, the next one brings along.
    consumer.commit(message=message)
    wait_until(lambda: calls, GROUP_TIMEOUT, polling=[consumer])
    assert calls == [None]


def test_ruling_10_on_commit_runs_for_automatic_commits(online, filled):
    topic, calls = filled("v"), []
    consumer = online.consumer(
        {"auto.commit.interval.ms": 100, "on_commit": lambda error, partitions: calls.append((error, partitions))}
    )
    consumer.assign([TopicPartition(topic, 0, 0)])
    read(consumer, 1)
    wait_until(lambda: calls, GROUP_TIMEOUT, polling=[consumer])
    error, partitions = calls[0]
    assert error is None
    assert fields(partitions) == [(topic, 0, 1, None)]


@pytest.mark.parametrize("asynchronous", [True, False])
def test_ruling_10_a_commit_that_the_broker_refuses(mapr_clients, kafka_cluster, asynchronous):
    calls = []
    kafka_cluster.create_topic("t")
    consumer = mapr_clients.consumer(
        {"enable.auto.commit": False, "on_commit": lambda *arguments: calls.append(arguments)}
    )
    consumer.committed([TopicPartition("t", 0)], HANG)
    kafka_cluster.push_request_errors("OffsetCommit", [KafkaError.TOPIC_AUTHORIZATION_FAILED] * 5)
    offsets = [TopicPartition("t", 0, 1)]
    if asynchronous:
        consumer.commit(offsets=offsets)
        wait_until(lambda: calls, GROUP_TIMEOUT, polling=[consumer])
        [(error, [partition])] = calls
        assert error == KafkaError.TOPIC_AUTHORIZATION_FAILED
        assert (partition.topic, partition.partition) == ("t", 0)
    else:
        with raises_kafka_error("TOPIC_AUTHORIZATION_FAILED"):
            consumer.commit(offsets=offsets, asynchronous=False)
        assert calls == []
