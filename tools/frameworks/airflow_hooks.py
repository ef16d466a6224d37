# packages: apache-airflow-providers-apache-kafka==2.1.0 apache-airflow-core==3.3.2
"""Airflow's provider: its hooks, and its operators that produce and consume."""

import os
import tempfile

os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp()

from mapr_streams_python import install_as  # noqa: E402
from mapr_streams_python.testing import MockCluster, unique_name  # noqa: E402

install_as("confluent_kafka")

from _administration import stand_in  # noqa: E402

stand_in()

import json  # noqa: E402

from airflow.providers.apache.kafka.hooks.consume import KafkaConsumerHook  # noqa: E402
from airflow.providers.apache.kafka.hooks.produce import KafkaProducerHook  # noqa: E402
from airflow.providers.apache.kafka.operators.consume import ConsumeFromTopicOperator  # noqa: E402
from airflow.providers.apache.kafka.operators.produce import ProduceToTopicOperator  # noqa: E402

TOPIC = unique_name("events")
seen = []


def records():
    return [(f"k{number}", f"value {number}") for number in range(3)]


def collect(message):
    seen.append((message.key(), message.value()))


with MockCluster() as cluster:
    group = {"group.id": "g", "auto.offset.reset": "earliest", "enable.auto.commit": False}
    extra = {"bootstrap.servers": cluster.bootstrap_servers, **group}
    os.environ["AIRFLOW_CONN_KAFKA_DEFAULT"] = json.dumps({"conn_type": "kafka", "extra": extra})
    producer = KafkaProducerHook().get_producer()
    producer.produce(TOPIC, b"by hand", b"k")
    assert producer.flush(60) == 0
    consumer = KafkaConsumerHook([TOPIC]).get_consumer()
    (message,) = consumer.consume(1, 60)
    assert message.value() == b"by hand"
    consumer.commit(message, asynchronous=False)
    consumer.close()
    ProduceToTopicOperator(task_id="produce", topic=TOPIC, producer_function=records).execute({})
    ConsumeFromTopicOperator(
        task_id="consume",
        topics=[TOPIC],
        apply_function=collect,
        max_messages=3,
        max_batch_size=3,
        poll_timeout=60,
        commit_cadence="end_of_operator",
    ).execute({})
    assert sorted(seen) == [(b"k%d" % number, b"value %d" % number) for number in range(3)], seen
print("ok: the hooks of producer and consumer, both operators, commits")
