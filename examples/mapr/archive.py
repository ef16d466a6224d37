"""Empties a topic: it reads to the end of the partition, of which topics on MapR have one, and commits as it goes."""

import sys

from mapr_streams_python import Consumer, KafkaError

c = Consumer({"group.id": "archive", "auto.offset.reset": "earliest", "enable.auto.commit": "false"})
c.subscribe([sys.argv[1] if len(sys.argv) > 1 else "/apps/orders:paid"])
while True:
    msg = c.poll()
    if msg.error():
        if msg.error().code() == KafkaError._PARTITION_EOF:
            break
        raise SystemExit(msg.error())
    print(msg.partition(), msg.value().decode())
    # `async` became a keyword in Python 3.7.
    c.commit(msg, **{"async": False})
c.close()
