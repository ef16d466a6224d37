"""Counts page views. It is started first, when nobody has made the stream's topic yet."""

import sys

from mapr_streams_python import Consumer, KafkaError

# An int, as the group's number was once one in a table.
consumer = Consumer({"group.id": 7, "default.topic.config": {"auto.offset.reset": "earliest"}})
consumer.subscribe(["/apps/clicks:pageviews"])

wanted = int(sys.argv[1])
pages = {}
running = True
while running:
    msg = consumer.poll(timeout=1.0)
    if msg is None:
        continue
    if not msg.error():
        assert msg.topic() == "/apps/clicks:pageviews", msg.topic()
        page = msg.value().decode("utf-8")
        pages[page] = pages.get(page, 0) + 1
        running = sum(pages.values()) < wanted
    elif msg.error().code() != KafkaError._PARTITION_EOF:
        print(msg.error())
        running = False
consumer.close()

for page in sorted(pages):
    print("%s %d" % (page, pages[page]))
