"""Writes the records of a topic as lines of JSON, up to the end that each of its partitions has.

    python dump.py TOPIC PARTITIONS [from|to MOVED]

With a file that load.py wrote, it begins behind the records in it: those that were read (from) or written (to). It runs
on the Data Fabric with MapR's own client, of Python 2 too, and on Kafka with this package.
"""

import base64
import json
import sys

try:
    from mapr_streams_python import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition
except ImportError:
    from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition


def text(data):
    return None if data is None else base64.b64encode(data).decode("ascii")


topic, partitions = sys.argv[1], int(sys.argv[2])
start = dict.fromkeys(range(partitions), OFFSET_BEGINNING)
if len(sys.argv) > 3:
    for line in open(sys.argv[4]):
        moved = json.loads(line)
        start[moved["partition"]] = max(start[moved["partition"]], moved[sys.argv[3]] + 1)

consumer = Consumer({"group.id": "dump", "enable.auto.commit": False, "enable.partition.eof": True})
consumer.assign([TopicPartition(topic, partition, offset) for partition, offset in start.items()])
unfinished = set(start)
while unfinished:
    msg = consumer.poll(1.0)
    if msg is None:
        continue
    if msg.error():
        if msg.error().code() != KafkaError._PARTITION_EOF:
            sys.exit(msg.error().str())
        unfinished.discard(msg.partition())
        continue
    record = {
        "partition": msg.partition(),
        "offset": msg.offset(),
        "timestamp": msg.timestamp()[1],
        "key": text(msg.key()),
        "value": text(msg.value()),
    }
    # The first clients have none.
    headers = getattr(msg, "headers", lambda: None)()
    if headers:
        record["headers"] = [[name, text(value)] for name, value in headers]
    print(json.dumps(record))
consumer.close()
