"""The callback properties of the vendor's list, by librdkafka's names, do what ours do."""

from __future__ import annotations

import gc
import weakref

import pytest
from reports import report_of

from mapr_streams_python import Consumer, KafkaError, KafkaException, Producer
from mapr_streams_python.testing import deliver, read, unique_name, wait_until


@pytest.fixture
def config(kafka_cluster):
    return {
        "bootstrap.servers": kafka_cluster.bootstrap_servers,
        "group.id": unique_name("g"),
        "auto.offset.reset": "earliest",
    }


def producing(config):
    return {"bootstrap.servers": config["bootstrap.servers"]}


@pytest.mark.parametrize("name", ["dr_msg_cb", "dr_cb"])
def test_deliveries_are_reported(config, kafka_topic, name):
    reports = []
    with Producer({**producing(config), name: lambda error, message: reports.append((error, message))}) as producer:
        producer.produce(kafka_topic, b"1")
        # A message's own callback goes before.
        assert report_of(producer, kafka_topic, value=b"2")[0] is None
        assert producer.flush(60) == 0
    assert [(error, message.value()) for error, message in reports] == [(None, b"1")]


def test_commits_are_reported(config, kafka_topic):
    reports = []
    with Producer(producing(config)) as producer:
        deliver(producer, kafka_topic, [b"1"])
    with Consumer(
        {**config, "enable.auto.commit": False, "offset_commit_cb": lambda *report: reports.append(report)}
    ) as consumer:
        consumer.subscribe([kafka_topic])
        consumer.commit(read(consumer, 1)[0])

        def served():
            consumer.poll(0.05)
            return bool(reports)

        wait_until(served, timeout=60)
    ((error, partitions),) = reports
    assert error is None
    assert [(one.topic, one.offset) for one in partitions] == [(kafka_topic, 1)]


def test_rebalances_are_reported_with_what_happened(config, kafka_topic):
    seen = []

    def rebalance_cb(consumer, error, partitions):
        assert isinstance(error, KafkaError)
        seen.append((consumer, error.name(), {one.topic for one in partitions}))

    with Producer(producing(config)) as producer:
        deliver(producer, kafka_topic, [b"1"])
    consumer = Consumer({**config, "rebalance_cb": rebalance_cb})
    consumer.subscribe([kafka_topic])
    # It did not assign: the partitions are assigned as they are.
    assert read(consumer, 1)[0].value() == b"1"
    consumer.close()
    assert seen == [
        (consumer, "_ASSIGN_PARTITIONS", {kafka_topic}),
        (consumer, "_REVOKE_PARTITIONS", {kafka_topic}),
    ]


def test_a_rebalance_callback_may_assign_as_c_programs_do(config, kafka_topic):
    def rebalance_cb(consumer, error, partitions):
        if error == KafkaError._ASSIGN_PARTITIONS:
            for one in partitions:
                one.offset = 2
            consumer.assign(partitions)
        else:
            consumer.unassign()

    with Producer(producing(config)) as producer:
        deliver(producer, kafka_topic, [{"value": b"%d" % number, "partition": 0} for number in range(4)])
    with Consumer({**config, "rebalance_cb": rebalance_cb}) as consumer:
        consumer.subscribe([kafka_topic])
        assert [message.value() for message in read(consumer, 2)] == [b"2", b"3"]


def test_callbacks_of_a_subscription_go_before(config, kafka_topic):
    seen = []
    with Consumer({**config, "rebalance_cb": lambda *told: seen.append("property")}) as consumer:
        consumer.subscribe([kafka_topic], on_assign=lambda *told: seen.append("own"))

        def polled():
            consumer.poll(0.05)
            return bool(seen)

        wait_until(polled, timeout=60)
    assert seen == ["own"]


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (Producer, "dr_msg_cb"),
        (Producer, "dr_cb"),
        (Consumer, "offset_commit_cb"),
        (Consumer, "rebalance_cb"),
    ],
)
class TestValues:
    def test_none_is_no_callback(self, cls, name):
        cls({"group.id": "g", name: None})

    def test_what_cannot_be_called_is_a_type_error(self, cls, name):
        with pytest.raises(TypeError, match=f"^expected {name} property as a callable function$"):
            cls({"group.id": "g", name: "x"})

    def test_a_coroutine_function_is_a_type_error(self, cls, name):
        async def callback(*told):
            pass

        with pytest.raises(TypeError, match=name):
            cls({"group.id": "g", name: callback})

    def test_a_cycle_through_it_is_collected(self, cls, name):
        class Owner:
            def callback(self, *told):
                pass

        owner = Owner()
        owner.client = cls({"group.id": "g", name: owner.callback})
        owner = weakref.ref(owner)
        gc.collect()
        assert owner() is None


@pytest.mark.parametrize(
    ("cls", "ours", "theirs"),
    [
        (Producer, "on_delivery", "dr_msg_cb"),
        (Producer, "dr_cb", "dr_msg_cb"),
        (Consumer, "on_commit", "offset_commit_cb"),
    ],
)
def test_two_names_of_one_callback_must_not_differ(cls, ours, theirs):
    cls({"group.id": "g", ours: print, theirs: print})
    with pytest.raises(KafkaException) as raised:
        cls({"group.id": "g", ours: print, theirs: repr})
    error = raised.value.args[0]
    assert error == KafkaError._INVALID_ARG
    assert ours in error.str()
    assert theirs in error.str()


@pytest.mark.parametrize("name", ["rebalance_cb", "offset_commit_cb", "on_commit"])
def test_a_producer_has_none_of_a_consumers(name):
    with pytest.raises(KafkaException) as raised:
        Producer({name: print})
    assert "dedicated" not in raised.value.args[0].str()
