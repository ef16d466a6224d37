"""After a fatal error every call that librdkafka answers with `_FATAL` names its cause, as error_cb does."""

import pytest
from limits import HANG

from mapr_streams_python import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from mapr_streams_python.testing import MockCluster, wait_until

INIT_PRODUCER_ID, HEARTBEAT, JOIN_GROUP = 22, 12, 11


@pytest.fixture(scope="module")
def cluster():
    with MockCluster(brokers=1) as made:
        made.create_topic("t")
        yield made


def is_caused_by(error, code):
    return error.fatal() and error.code() == code


@pytest.fixture(scope="module")
def fatal_producer(cluster):
    """A producer that may not produce, and the reports of what it was given before that was known."""
    errors, reports = [], []
    cluster.push_request_errors(INIT_PRODUCER_ID, [KafkaError.CLUSTER_AUTHORIZATION_FAILED] * 20)
    # It asks for its id as soon as it is connected: not before it has a message.
    cluster.set_broker_down(1)
    producer = Producer(
        {"bootstrap.servers": cluster.bootstrap_servers, "enable.idempotence": True, "error_cb": errors.append}
    )
    producer.produce("t", "v", on_delivery=lambda error, message: reports.append((error, message)))
    cluster.set_broker_up(1)
    assert wait_until(lambda: any(error.fatal() for error in errors), 60, polling=[producer])
    cluster.clear_request_errors(INIT_PRODUCER_ID)
    (fatal,) = [error for error in errors if error.fatal()]
    assert is_caused_by(fatal, KafkaError.CLUSTER_AUTHORIZATION_FAILED)
    yield producer, reports
    producer.close(0)


PRODUCES = {
    "plain": ("t", "v"),
    "to a topic that is new": ("new", "v"),
    "lent": ("t", b"v" * 1000),
    "with headers": ("t", "v", None, -1, None, None, 0, {"a": "b"}),
    "with a timestamp": ("t", "v", None, -1, None, None, 1),
}


@pytest.mark.parametrize("name", PRODUCES)
def test_produce_names_the_cause(name, fatal_producer):
    producer, _ = fatal_producer
    with pytest.raises(KafkaException) as raised:
        producer.produce(*PRODUCES[name])
    error = raised.value.args[0]
    assert is_caused_by(error, KafkaError.CLUSTER_AUTHORIZATION_FAILED)
    assert error.str().startswith("Unable to produce message: ")


def test_reports_of_messages_that_are_given_up_for_it_name_the_cause(fatal_producer):
    producer, reports = fatal_producer
    assert producer.flush() == 0
    ((error, message),) = reports
    assert is_caused_by(error, KafkaError._PURGE_QUEUE)
    assert "CLUSTER_AUTHORIZATION_FAILED: Failed to acquire idempotence PID" in error.str()
    assert (message.error().fatal(), message.error().str()) == (True, error.str())


def test_what_needs_no_producing_goes_on(fatal_producer):
    producer, _ = fatal_producer
    assert producer.poll(0) >= 0
    assert producer.flush() == 0
    assert list(producer.list_topics("t", 30).topics) == ["t"]
    producer.purge()
    assert producer.flush(0) == 0


@pytest.fixture(scope="module", params=["joining", "joined"])
def fatal_consumer(request, cluster):
    """A static member whose name another one has taken, the event that told of it, and the results of commits."""
    events, committed = [], []
    consumer = Consumer(
        {
            "bootstrap.servers": cluster.bootstrap_servers,
            "group.id": request.param,
            "group.instance.id": "one",
            "heartbeat.interval.ms": 200,
            "enable.partition.eof": False,
            "on_commit": lambda error, partitions: committed.append(error),
        }
    )
    fenced = [KafkaError.FENCED_INSTANCE_ID] * 5
    request_key = JOIN_GROUP
    if request.param == "joined":
        consumer.subscribe(["t"])
        assert wait_until(consumer.assignment, HANG, polling=[consumer])
        request_key = HEARTBEAT
        cluster.push_request_errors(request_key, fenced)
    else:
        # Before it asks: who has joined does not ask again.
        cluster.push_request_errors(request_key, fenced)
        consumer.subscribe(["t"])

    def next_event():
        message = consumer.poll(0.1)
        return message is not None and not events.append(message)

    assert wait_until(next_event, HANG)
    cluster.clear_request_errors(request_key)
    yield consumer, events[0], committed
    # Who closes is told as well.
    with pytest.raises(KafkaException) as raised:
        consumer.close()
    assert is_caused_by(raised.value.args[0], KafkaError.FENCED_INSTANCE_ID)


def test_the_event_of_a_consumer_names_the_cause(fatal_consumer):
    _, event, _ = fatal_consumer
    assert is_caused_by(event.error(), KafkaError.FENCED_INSTANCE_ID)


CONSUMER_CALLS = {
    "subscribe": lambda consumer: consumer.subscribe(["t"]),
    "unsubscribe": lambda consumer: consumer.unsubscribe(),
    "commit of offsets": lambda consumer: consumer.commit(offsets=[TopicPartition("t", 0, 0)], asynchronous=False),
    "commit": lambda consumer: consumer.commit(asynchronous=False),
}


@pytest.mark.parametrize("name", CONSUMER_CALLS)
def test_calls_of_a_consumer_name_the_cause(name, fatal_consumer):
    consumer, _, _ = fatal_consumer
    with pytest.raises(KafkaException) as raised:
        CONSUMER_CALLS[name](consumer)
    assert is_caused_by(raised.value.args[0], KafkaError.FENCED_INSTANCE_ID), raised.value


def test_on_commit_gets_the_cause(fatal_consumer):
    consumer, _, committed = fatal_consumer
    consumer.commit(offsets=[TopicPartition("t", 0, 0)])
    assert wait_until(lambda: committed, 60, polling=[consumer])
    assert is_caused_by(committed[-1], KafkaError.FENCED_INSTANCE_ID)


UNTOUCHED = {
    "assign": lambda consumer, partition: consumer.assign([partition]),
    "pause": lambda consumer, partition: consumer.pause([partition]),
    "resume": lambda consumer, partition: consumer.resume([partition]),
    "position": lambda consumer, partition: consumer.position([partition]),
    "assignment": lambda consumer, partition: consumer.assignment(),
    "unassign": lambda consumer, partition: consumer.unassign(),
    "poll": lambda consumer, partition: consumer.poll(0),
    "consume": lambda consumer, partition: consumer.consume(1, 0),
    "committed": lambda consumer, partition: consumer.committed([partition], 30),
    "get_watermark_offsets": lambda consumer, partition: consumer.get_watermark_offsets(partition, 30),
    "offsets_for_times": lambda consumer, partition: consumer.offsets_for_times([partition], 30),
    "end_offsets": lambda consumer, partition: consumer.end_offsets([partition], 30),
    "lag": lambda consumer, partition: consumer.lag([partition], 30),
    "list_topics": lambda consumer, partition: consumer.list_topics("t", 30),
    "memberid": lambda consumer, partition: consumer.memberid(),
    "rebalance_protocol": lambda consumer, partition: consumer.rebalance_protocol(),
}


@pytest.mark.parametrize("name", UNTOUCHED)
def test_what_the_group_is_not_asked_for_goes_on(name, fatal_consumer):
    UNTOUCHED[name](fatal_consumer[0], TopicPartition("t", 0, 0))


NOT_ASSIGNED = {
    "store_offsets": lambda consumer, partition: consumer.store_offsets(offsets=[partition]),
    "seek": lambda consumer, partition: consumer.seek(partition),
}


@pytest.mark.parametrize("name", NOT_ASSIGNED)
def test_what_needs_an_assignment_says_so(name, fatal_consumer):
    """librdkafka takes every assignment for none then."""
    with pytest.raises(KafkaException, match="is not assigned|offsets are stored"):
        NOT_ASSIGNED[name](fatal_consumer[0], TopicPartition("t", 0, 0))
