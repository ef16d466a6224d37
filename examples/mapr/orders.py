"""Every callback that the vendor's page shows: deliveries, rebalances, commits and errors."""

import sys

import mapr_streams_python
from mapr_streams_python import KafkaError


class Orders:
    def __init__(self):
        self.failed = 0
        self.producer = mapr_streams_python.Producer(
            {
                "streams.producer.default.stream": "/apps/orders",
                "streams.parallel.flushers.per.partition": False,
                "error_cb": self.on_error,
                "default.topic.config": {"produce.offset.report": True},
            }
        )

    def on_error(self, err):
        print("error: %s" % err, file=sys.stderr)

    def delivered(self, err, msg):
        if err:
            self.failed += 1
        else:
            print("sent %s [%d] @ %d" % (msg.topic(), msg.partition(), msg.offset()))

    def send(self, order, customer):
        self.producer.produce("paid", order, customer, callback=self.delivered)
        self.producer.poll(0)

    def close(self):
        while len(self.producer):
            self.producer.flush()
        return self.failed


def on_assign(consumer, partitions):
    print("assigned %s" % sorted({p.topic for p in partitions}))
    consumer.assign(partitions)


def on_revoke(consumer, partitions):
    print("revoked %s" % sorted({p.topic for p in partitions}))
    consumer.unassign()


def on_commit(err, partitions):
    print("committed %s" % (err if err else [(p.topic, p.offset) for p in partitions]))


def read(count):
    consumer = mapr_streams_python.Consumer(
        {
            "group.id": "orders",
            "on_commit": on_commit,
            "enable.auto.commit": False,
            "default.topic.config": {"auto.offset.reset": "earliest"},
        }
    )
    consumer.subscribe(["/apps/orders:paid"], on_assign=on_assign, on_revoke=on_revoke)
    last = None
    while count:
        msg = consumer.poll(0.5)
        if msg is None or (msg.error() and msg.error().code() == KafkaError._PARTITION_EOF):
            continue
        if msg.error():
            sys.exit(str(msg.error()))
        print("read %s of %s" % (msg.value().decode(), msg.key().decode()))
        last = msg
        count -= 1
    consumer.commit(last)
    consumer.close()


orders = Orders()
for argument in sys.argv[1:]:
    orders.send(*argument.split("/"))
if orders.close():
    sys.exit("%d orders were not sent" % orders.failed)
read(len(sys.argv) - 1)
