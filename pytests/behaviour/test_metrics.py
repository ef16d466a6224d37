"""`metrics()` of a client, and what hands it to Prometheus and OpenTelemetry."""

import gc
import json
import weakref

import pytest
from limits import HANG

from mapr_streams_python import Consumer, KafkaError, KafkaException, Producer
from mapr_streams_python.admin import AdminClient
from mapr_streams_python.metrics import Metrics, _clients, parsed
from mapr_streams_python.testing import MockCluster, deliver, wait_until

OFTEN = {"statistics.interval.ms": 50}


@pytest.fixture(scope="module")
def servers():
    with MockCluster(brokers=1) as cluster:
        cluster.create_topic("t", 2)
        with Producer({"bootstrap.servers": cluster.bootstrap_servers}) as producer:
            deliver(producer, "t", [{"value": b"v", "partition": p} for p in (0, 1, 1) for _ in range(5)])
        yield cluster.bootstrap_servers


@pytest.fixture
def producer(servers):
    with Producer({**OFTEN, "bootstrap.servers": servers}) as producer:
        deliver(producer, "t", [{"value": b"v", "partition": 0}])
        wait_until(lambda: (producer.metrics() or Metrics("")).txmsgs > 0, HANG, polling=[producer])
        yield producer


@pytest.fixture
def consumer(servers):
    config = {**OFTEN, "bootstrap.servers": servers, "group.id": "g", "auto.offset.reset": "earliest"}
    with Consumer({**config, "enable.auto.commit": False}) as consumer:
        consumer.subscribe(["t"])
        wait_until(lambda: consumer.poll(0.05) is not None, HANG)
        yield consumer


def test_a_client_without_statistics_says_what_to_set():
    for client in (Producer(), Consumer({"group.id": "g"}), AdminClient({})):
        with client, pytest.raises(KafkaException) as raised:
            client.metrics()
        assert raised.value.args[0].code() == KafkaError._NOT_CONFIGURED
        assert '"statistics.interval.ms"' in str(raised.value)


def test_before_the_first_statistics_there_are_no_metrics():
    with Producer({"statistics.interval.ms": 3_600_000}) as producer:
        assert producer.metrics() is None


def test_a_closed_client_has_no_metrics():
    producer = Producer(OFTEN)
    producer.close()
    with pytest.raises(RuntimeError, match="Producer closed"):
        producer.metrics()


def test_they_are_read_once_and_come_anew_with_the_next_statistics(producer):
    first = producer.metrics()
    assert producer.metrics() is first
    assert wait_until(lambda: producer.metrics() is not first, HANG, polling=[producer])
    assert producer.metrics().ts > first.ts


def test_they_say_what_a_producer_has_sent(producer):
    metrics = producer.metrics()
    assert (metrics.type, metrics.client_id, metrics.cgrp) == ("producer", "rdkafka", None)
    assert metrics.name.startswith("rdkafka#producer-")
    assert metrics.topics["t"].partitions[0].txmsgs == metrics.txmsgs == 1
    up = [broker for broker in metrics.brokers.values() if broker.state == "UP"]
    assert up
    assert sum(broker.req["Produce"] for broker in up) >= 1
    assert metrics.raw["txmsgs"] == 1
    assert metrics.lag == {}
    with pytest.raises(AttributeError):
        metrics.txmsgs = 2


def test_they_have_the_consumer_lag_of_each_partition(consumer):
    def lag():
        metrics = consumer.metrics()
        return metrics.lag if metrics is not None else {}

    read = 1
    while read < 15:
        read += consumer.poll(0.05) is not None
    assert wait_until(lambda: consumer.poll(0.05) is None and lag() == {("t", 0): 0, ("t", 1): 0}, HANG)
    assert consumer.metrics().cgrp.join_state == "steady"
    assert consumer.metrics().cgrp.assignment_size == 2


def test_stats_cb_is_called_beside_them(servers):
    texts = []
    with Producer({**OFTEN, "bootstrap.servers": servers, "stats_cb": texts.append}) as producer:
        wait_until(lambda: texts, HANG, polling=[producer])
        assert producer.metrics().raw == json.loads(texts[-1])


def test_topics_have_the_names_of_the_application(servers):
    with Producer({**OFTEN, "bootstrap.servers": servers}) as producer:
        producer.produce("/streams:clicks", b"v")
        wait_until(
            lambda: "/streams:clicks" in ((producer.metrics() or Metrics("")).topics or {}), HANG, polling=[producer]
        )
        producer.purge()


def test_what_a_librdkafka_does_not_tell_is_nothing_and_what_it_tells_more_is_left_to_raw():
    metrics = parsed(b'{"name": "me", "new": 1, "brokers": {"b": {"name": "b", "rtt": {"avg": 5, "p51": 3}}}}')
    assert (metrics.tx, metrics.topics, metrics.eos, metrics.raw["new"]) == (0, {}, None, 1)
    assert (metrics.brokers["b"].rtt.avg, metrics.brokers["b"].rtt.max, metrics.brokers["b"].req) == (5, 0, None)


def test_lag_is_that_of_the_stored_offset_or_else_of_the_committed_one():
    def of(stored, committed):
        partition = {"partition": 0, "consumer_lag_stored": stored, "consumer_lag": committed}
        text = {"name": "me", "topics": {"t": {"topic": "t", "partitions": {"0": partition, "-1": partition}}}}
        return parsed(json.dumps(text).encode()).lag

    assert of(3, 7) == {("t", 0): 3}
    assert of(-1, 7) == {("t", 0): 7}
    assert of(-1, -1) == {}


def test_samples_have_the_names_and_labels_of_librdkafkas_dashboard(consumer):
    wait_until(lambda: consumer.metrics() is not None and consumer.metrics().topics, HANG, polling=[consumer])
    metrics = consumer.metrics()
    samples = {(sample.name, *sample.labels.items()): sample.value for sample in metrics.samples()}
    instance = ("instance", metrics.name)
    lag = ("librdkafka_topics_partitions_consumer_lag", instance, ("topic", "t"), ("partition", "0"))
    assert samples[lag] == metrics.topics["t"].partitions[0].consumer_lag
    broker = next(iter(metrics.brokers.values()))
    assert samples["librdkafka_brokers_rtt_p99", instance, ("broker", broker.name)] == broker.rtt.p99
    assert samples["librdkafka_cgrp_state", instance, ("value", metrics.cgrp.state)] == 1
    assert samples["librdkafka_rxmsgs", instance] == metrics.rxmsgs
    assert not any("toppars" in name for name, *_ in samples)


def test_importing_a_client_imports_nothing_of_them(run_python):
    program = "import sys, mapr_streams_python.kafka as k; k.Producer({'statistics.interval.ms': 10}).close()\n"
    program += "print([name for name in ('json', 'dataclasses') if name in sys.modules])"
    assert run_python(program).check() == "[]\n"


def test_clients_that_are_closed_or_gone_are_told_of_no_more(producer):
    closed, gone = Producer(OFTEN), Producer(OFTEN)
    clients = _clients.Clients([producer, closed, gone])
    closed.close()
    there = weakref.ref(gone)
    del gone
    gc.collect()
    assert there() is None
    assert clients.metrics() == [producer.metrics()]


def test_prometheus_gets_what_clients_know(producer):
    prometheus_client = pytest.importorskip("prometheus_client")
    from mapr_streams_python.metrics.prometheus import Collector

    registry = prometheus_client.CollectorRegistry()
    collector = Collector()
    registry.register(collector)
    assert prometheus_client.generate_latest(registry) == b""
    collector.add(producer)
    name = producer.metrics().name
    assert registry.get_sample_value("librdkafka_txmsgs", {"instance": name}) == 1
    labels = {"instance": name, "topic": "t", "partition": "0"}
    assert registry.get_sample_value("librdkafka_topics_partitions_txmsgs", labels) == 1
    assert (
        f'librdkafka_type{{instance="{name}",value="producer"}} 1.0'
        in prometheus_client.generate_latest(registry).decode()
    )
    with Producer() as without, pytest.raises(KafkaException):
        collector.add(without)


def test_opentelemetry_observes_what_clients_know(producer):
    metrics = pytest.importorskip("opentelemetry.sdk.metrics")
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    from mapr_streams_python.metrics.opentelemetry import instrument, names

    reader = InMemoryMetricReader()
    provider = metrics.MeterProvider(metric_readers=[reader])
    instrument(producer, meter=provider.get_meter("test"))
    (scope,) = reader.get_metrics_data().resource_metrics[0].scope_metrics
    found = {metric.name: list(metric.data.data_points) for metric in scope.metrics}
    (point,) = found["librdkafka_txmsgs"]
    assert (point.value, dict(point.attributes)) == (1, {"instance": producer.metrics().name})
    # Whatever the statistics have of numbers has an instrument.
    told = {sample.name for sample in producer.metrics().samples() if "value" not in sample.labels}
    requests = {name for name in told if name.startswith("librdkafka_brokers_req_")}
    # The old spelling of another one.
    assert sorted(told - requests - set(names())) in ([], ["librdkafka_topics_partitions_commited_offset"])
    provider.shutdown()
