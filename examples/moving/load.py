"""Produces the records that dump.py wrote, each to the partition that it was in.

    python load.py TOPIC < RECORDS >> MOVED

What it prints says which offset became which. It stops at the first record that is not delivered, with status 1; what
it has not printed then is read again by dump.py with MOVED.
"""

import base64
import functools
import json
import sys

from mapr_streams_python import KafkaException, Producer

failed = []
stopped = set()


def data(text):
    return None if text is None else base64.b64decode(text)


def delivered(record, err, msg):
    if err:
        failed.append(err)
        stopped.add(record["partition"])
    elif record["partition"] not in stopped:
        # dump.py goes on behind the last that is printed: it may be none behind one that failed.
        print(json.dumps({"partition": msg.partition(), "from": record["offset"], "to": msg.offset()}))


# One partition's records stay in order, and none is there twice, whatever has to be sent again. None is given up while
# the brokers are away, and behind one that they refuse none is written to its partition.
producer = Producer(
    {"enable.idempotence": True, "enable.gapless.guarantee": True, "message.timeout.ms": 0, "linger.ms": 50}
)
for line in sys.stdin:
    record = json.loads(line)
    arguments = {"partition": record["partition"], "on_delivery": functools.partial(delivered, record)}
    if record["timestamp"] > 0:
        arguments["timestamp"] = record["timestamp"]
    if "headers" in record:
        arguments["headers"] = [(name, data(value)) for name, value in record["headers"]]
    while not failed:
        try:
            producer.produce(sys.argv[1], data(record["value"]), data(record["key"]), **arguments)
            break
        except BufferError:
            producer.poll(1)
        except KafkaException as error:
            failed.append(error.args[0])
    producer.poll(0)
    if failed:
        break
producer.flush()
if failed:
    sys.exit("stopped, since records were not delivered: %s" % failed[0])
