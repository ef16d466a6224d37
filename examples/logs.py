"""Has librdkafka's log go to Python's `logging`, where it is formatted, filtered and kept as all other lines.

python examples/logs.py host:9092

A broker that is not there is what it logs of by itself; with `debug` it tells of everything.
"""

from __future__ import annotations

import logging
import sys

from mapr_streams_python.kafka import KafkaException, Producer


def main(servers: str) -> None:
    logging.basicConfig(stream=sys.stdout, format="%(name)s %(levelname)s %(message)s")
    # The level of a logger that is given by name follows log_level and debug.
    loggers = {"orders.kafka": {"debug": "broker"}, "payments.kafka": {}}
    for name, more in loggers.items():
        with Producer({"bootstrap.servers": servers, "logger": name, **more}) as producer:
            try:
                producer.list_topics(timeout=2)
            except KafkaException as exception:
                logging.getLogger(name).error("no topics: %s", exception.args[0].str())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
