"""What is told of a connection to the coordinator of transactions that the producer has ended itself.

It does, so that librdkafka looks for the coordinator of the consumer's group again: see test_transaction_offsets.py.
"""

import json
import logging
import time

import pytest
from limits import HANG

from mapr_streams_python import Producer, TopicPartition
from mapr_streams_python.testing import unique_name, wait_until

NAME = "TxnCoordinator"


class Lines(logging.Handler):
    """A logger of its own, or the handler of one of the module `logging`."""

    def __init__(self):
        super().__init__()
        self.texts = []

    def log(self, level, text, *arguments):
        self.texts.append(text % arguments)

    def emit(self, record):
        self.texts.append(record.getMessage())


@pytest.mark.parametrize("kind", ["of logging", "of its own"])
def test_it_is_no_fault_and_one_that_the_broker_ends_is(cluster, consumer, kind):
    errors, lines, statistics = [], Lines(), [{"ts": 0}]
    logger = logging.Logger("own")
    logger.addHandler(lines)

    def disconnects():
        return statistics[-1]["brokers"][NAME]["disconnects"]

    def logged():
        return [text for text in lines.texts if NAME in text]

    config = {
        "bootstrap.servers": cluster.bootstrap_servers,
        "transactional.id": unique_name("tx"),
        "statistics.interval.ms": 100,
        "stats_cb": lambda text: statistics.append(json.loads(text)),
        "error_cb": lambda error: errors.append(error.str()),
        "logger": logger if kind == "of logging" else lines,
    }
    with Producer(config) as producer:
        producer.init_transactions(HANG)
        producer.begin_transaction()
        # An answer after which librdkafka does not ask again, unless a connection comes or goes.
        cluster.push_request_errors("FindCoordinator", ["NOT_COORDINATOR"])
        producer.send_offsets_to_transaction([TopicPartition("in", 0, 1)], consumer.consumer_group_metadata(), HANG)
        producer.commit_transaction(HANG)
        # Microseconds on the same clock.
        now = time.monotonic() * 1e6
        wait_until(lambda: producer.poll(0.1) is not None and statistics[-1]["ts"] > now, HANG)
        ended = disconnects()
        assert ended
        assert not logged()
        cluster.set_broker_down(1)

        def is_over():
            producer.poll(0.1)
            # Where it ended more than once, librdkafka itself passes over what happens in the same way again.
            return logged() or (ended > 1 and disconnects() > ended)

        wait_until(is_over, HANG)
        cluster.set_broker_up(1)
    told = [text for text in logged() if "in state UP" in text]
    assert len(told) == 1 or (ended > 1 and not told), told
    assert len([text for text in errors if NAME in text and "in state UP" in text]) <= 1, errors
