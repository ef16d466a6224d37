"""Commits on Kafka what committed.py found on the Data Fabric, at the offsets that the records have here.

    python commit.py MOVED [EARLIER] < COMMITTED

MOVED is what load.py printed. On the way back to the Data Fabric EARLIER is what it had printed on the way to Kafka: a
group may be in the midst of what was moved then. No consumer of the group may run yet.
"""

import json
import sys

from mapr_streams_python import Consumer, TopicPartition

moved = {}
for name, source, target in zip(sys.argv[1:], ("from", "to"), ("to", "from")):
    for line in open(name):
        one = json.loads(line)
        moved.setdefault(one["partition"], []).append((one[source], one[target]))


def here(partition, offset):
    """Where the first record is that the group has not read; behind the last where it has read all."""
    records = sorted(moved[partition])
    return next((to for source, to in records if source >= offset), records[-1][1] + 1)


groups = {}
for line in sys.stdin:
    one = json.loads(line)
    if one["partition"] in moved:
        offset = here(one["partition"], one["offset"])
        groups.setdefault(one["group"], []).append(TopicPartition(one["topic"], one["partition"], offset))

for group, offsets in groups.items():
    consumer = Consumer({"group.id": group, "enable.auto.commit": False})
    for done in consumer.commit(offsets=offsets, asynchronous=False):
        if done.error:
            sys.exit(done.error.str())
        print("%s: %s [%d] @ %d" % (group, done.topic, done.partition, done.offset))
    consumer.close()
