"""Produces the records that dump.py wrote, each to the partition that it was in.

    python load.py TOPIC < RECORDS >> MOVED

What it prints says which offset became which. It ends with status 1 where a record was not delivered.
"""

import base64
import functools
import json
import sys

from mapr_streams_python import Producer

failed = []


def data(text):
    return None if text is None else base64.b64decode(text)


def delivered(record, err, msg):
    if err:
        failed.append(err)
    else:
        print(json.dumps({"partition": msg.partition(), "from": record["offset"], "to": msg.offset()}))


# One partition's records stay in order, and none is there twice, whatever has to be sent again.
producer = Producer({"enable.idempotence": True, "linger.ms": 50})
for line in sys.stdin:
    record = json.loads(line)
    arguments = {"partition": record["partition"], "on_delivery": functools.partial(delivered, record)}
    if record["timestamp"] > 0:
        arguments["timestamp"] = record["timestamp"]
    if "headers" in record:
        arguments["headers"] = [(name, data(value)) for name, value in record["headers"]]
    while True:
        try:
            producer.produce(sys.argv[1], data(record["value"]), data(record["key"]), **arguments)
            break
        except BufferError:
            producer.poll(1)
    producer.poll(0)
producer.flush()
if failed:
    sys.exit("%d records were not delivered; the first: %s" % (len(failed), failed[0]))
