"""Writes the committed offsets of a group as lines of JSON.

    python committed.py GROUP TOPIC PARTITIONS

It runs on the Data Fabric with MapR's own client, of Python 2 too, and on Kafka with this package.
"""

import json
import sys

try:
    from mapr_streams_python import Consumer, TopicPartition
except ImportError:
    from confluent_kafka import Consumer, TopicPartition

group, topic, partitions = sys.argv[1], sys.argv[2], int(sys.argv[3])
consumer = Consumer({"group.id": group, "enable.auto.commit": False})
for found in consumer.committed([TopicPartition(topic, number) for number in range(partitions)], timeout=60):
    if found.error:
        sys.exit(found.error.str())
    if found.offset >= 0:
        print(json.dumps({"group": group, "topic": topic, "partition": found.partition, "offset": found.offset}))
consumer.close()
