"""What readers see of transactions, and exactly-once while the program is killed and the broker goes away."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import Any, Callable

import pytest
from clusters import on_one_node
from limits import HANG

from mapr_streams_python import (
    AbortableException,
    Consumer,
    FatalException,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from mapr_streams_python.testing import KafkaServer, unique_name, wait_until

Factory = Callable[..., Any]


def read_to_end(cluster: KafkaServer, topic: str, isolation: str) -> list[bytes | None]:
    consumer = Consumer(
        {
            **cluster.client_config(),
            "group.id": unique_name("reader"),
            "isolation.level": isolation,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
        }
    )
    values: list[bytes | None] = []
    with consumer:
        consumer.assign([TopicPartition(topic, 0, 0)])
        for _ in range(1_000_000):
            message = consumer.poll(HANG)
            assert message is not None
            error = message.error()
            if error is None:
                values.append(message.value())
            elif error.code() == KafkaError._PARTITION_EOF:
                return values
            else:
                raise KafkaException(error)
    raise AssertionError("there is no end")


def transactional(cluster: KafkaServer, name: str, **properties: Any) -> Producer:
    producer = Producer({**cluster.client_config(), "transactional.id": name, **properties})
    producer.init_transactions(HANG)
    return producer


@on_one_node
def test_readers_of_what_is_committed_see_a_transaction_as_a_whole_or_not_at_all(
    kafka_cluster: KafkaServer, make_topic: Factory
) -> None:
    topic = make_topic()
    with transactional(kafka_cluster, unique_name("tx")) as producer:
        with producer.transaction():
            producer.produce(topic, b"committed")
        with pytest.raises(KeyError), producer.transaction():
            producer.produce(topic, b"aborted")
            producer.flush()
            raise KeyError
        with producer.transaction():
            producer.produce(topic, b"committed too")
        producer.begin_transaction()
        producer.produce(topic, b"open")
        producer.flush()
        assert read_to_end(kafka_cluster, topic, "read_committed") == [b"committed", b"committed too"]
        producer.commit_transaction(HANG)
    assert read_to_end(kafka_cluster, topic, "read_committed") == [b"committed", b"committed too", b"open"]
    assert b"aborted" in read_to_end(kafka_cluster, topic, "read_uncommitted")


@on_one_node
@pytest.mark.parametrize("end", ["commit", "abort"])
def test_an_abort_at_once_behind_the_end_of_another_transaction_is_no_fatal_error(
    kafka_cluster: KafkaServer, make_topic: Factory, end: str
) -> None:
    """librdkafka has it refused where the coordinator still writes the end of the other one (its issue 4849)."""
    topic, rounds = make_topic(), 30
    lines: list[str] = []
    logger = logging.getLogger(unique_name("librdkafka"))
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logger.addHandler(handler)
    with transactional(kafka_cluster, unique_name("tx"), debug="eos", logger=logger) as producer:
        for number in range(rounds):
            producer.begin_transaction()
            producer.produce(topic, str(number))
            producer.flush()
            if end == "commit":
                producer.commit_transaction(HANG)
            else:
                producer.abort_transaction(HANG)
            lines.clear()
            producer.begin_transaction()
            producer.produce(topic, b"aborted")
            # An abort before that is no matter: librdkafka asks the coordinator for none.
            wait_until(lambda: any("Registering partitions with transaction" in line for line in lines), HANG)
            producer.abort_transaction(HANG)
        with producer.transaction():
            producer.produce(topic, b"the last")
    committed = [str(number).encode() for number in range(rounds)] if end == "commit" else []
    assert read_to_end(kafka_cluster, topic, "read_committed") == [*committed, b"the last"]


@on_one_node
def test_offsets_of_an_aborted_transaction_are_not_committed(kafka_cluster: KafkaServer, make_topic: Factory) -> None:
    topic = make_topic()
    consumer = Consumer({**kafka_cluster.client_config(), "group.id": unique_name("g"), "enable.auto.commit": False})
    with consumer, transactional(kafka_cluster, unique_name("tx")) as producer:
        for offset, end in ((3, producer.abort_transaction), (5, producer.commit_transaction)):
            producer.begin_transaction()
            producer.send_offsets_to_transaction(
                [TopicPartition(topic, 0, offset)], consumer.consumer_group_metadata(), HANG
            )
            end(HANG)
            committed = consumer.committed([TopicPartition(topic, 0)], HANG)[0].offset
            assert committed == (5 if offset == 5 else -1001)


@on_one_node
def test_offsets_of_a_topic_that_is_not_there_say_so_within_the_time(kafka_cluster: KafkaServer) -> None:
    consumer = Consumer({**kafka_cluster.client_config(), "group.id": unique_name("g"), "enable.auto.commit": False})
    with consumer, transactional(kafka_cluster, unique_name("tx")) as producer:
        group, topic = consumer.consumer_group_metadata(), unique_name("missing")

        def is_named() -> bool:
            producer.begin_transaction()
            with pytest.raises(KafkaException) as caught:
                producer.send_offsets_to_transaction([TopicPartition(topic, 0, 1)], group, 2.3)
            producer.abort_transaction(HANG)
            return topic in str(caught.value) and isinstance(caught.value, AbortableException)

        # A busy machine may be late with one.
        assert any(is_named() for _ in range(5))


@on_one_node
def test_a_block_commits_the_offsets_of_what_was_consumed_and_an_aborted_one_goes_back_to_them(
    kafka_cluster: KafkaServer, make_topic: Factory
) -> None:
    source, target = make_topic(), make_topic()
    with Producer(kafka_cluster.client_config()) as filler:
        for value in (b"a", b"b", b"c"):
            filler.produce(source, value)
    consumer = Consumer(
        {
            **kafka_cluster.client_config(),
            "group.id": unique_name("g"),
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": False,
        }
    )

    def copied(producer: Producer) -> bytes | None:
        message = consumer.poll(HANG)
        assert message is not None and message.error() is None
        producer.produce(target, message.value())
        return message.value()

    with consumer, transactional(kafka_cluster, unique_name("tx")) as producer:
        consumer.subscribe([source])
        with producer.transaction(consumer=consumer):
            assert copied(producer) == b"a"
        assert consumer.committed([TopicPartition(source, 0)], HANG)[0].offset == 1
        with pytest.raises(KeyError), producer.transaction(consumer=consumer):
            assert [copied(producer), copied(producer)] == [b"b", b"c"]
            raise KeyError
        with producer.transaction(consumer=consumer):
            assert [copied(producer), copied(producer)] == [b"b", b"c"]
        assert consumer.committed([TopicPartition(source, 0)], HANG)[0].offset == 3
    assert read_to_end(kafka_cluster, target, "read_committed") == [b"a", b"b", b"c"]


@on_one_node
def test_a_second_producer_of_the_same_id_fences_the_first(kafka_cluster: KafkaServer, make_topic: Factory) -> None:
    topic, name = make_topic(), unique_name("tx")
    first = transactional(kafka_cluster, name)
    first.begin_transaction()
    first.produce(topic, b"of the first")
    first.flush()
    with transactional(kafka_cluster, name) as second:
        with pytest.raises(FatalException):
            first.commit_transaction(HANG)
        with second.transaction():
            second.produce(topic, b"of the second")
    first.close(0)
    assert read_to_end(kafka_cluster, topic, "read_committed") == [b"of the second"]


# Copies a topic; tells when a transaction's messages are with the broker, and when it has ended, and waits there until
# it may go on, or its input has ended.
COPY = textwrap.dedent(
    """
    import json, sys

    def tell(place):
        print(place, flush=True)
        sys.stdin.readline()

    from mapr_streams_python import *
    config, source, target = json.loads(sys.argv[1]), *sys.argv[2:4]
    producer = Producer({**config, "transactional.id": target})
    consumer = Consumer(
        {**config, "group.id": target, "auto.offset.reset": "earliest", "enable.auto.commit": False,
         "enable.partition.eof": False})
    producer.init_transactions(600)
    consumer.assign([TopicPartition(source, 0)])
    while True:
        messages = consumer.consume(20, 0.2)
        if not messages:
            continue
        try:
            with producer.transaction(consumer=consumer):
                for message in messages:
                    if message.error() is not None:
                        raise KafkaException(message.error())
                    producer.produce(target, message.value())
                producer.flush()
                tell("inside")
            tell("ended")
        except AbortableException as error:
            print("aborted", error, file=sys.stderr)
    """
)


class Copies:
    """The program, started anew as often as it ends."""

    def __init__(self, *arguments: str) -> None:
        self._command = [sys.executable, "-c", COPY, *arguments]
        self._process: subprocess.Popen[str] | None = None

    def start(self, *, freely: bool = False) -> None:
        """Start it; `freely` lets it end its transactions without being told to."""
        self.kill()
        stdin = subprocess.DEVNULL if freely else subprocess.PIPE
        self._process = subprocess.Popen(self._command, stdin=stdin, stdout=subprocess.PIPE, text=True)

    def go_on(self, *places: str) -> None:
        """Let it come to each of these places, and go on from there."""
        for place in places:
            self.come_to(place)
            process = self._process
            assert process is not None and process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()

    def come_to(self, place: str) -> None:
        assert self._process is not None and self._process.stdout is not None
        assert self._process.stdout.readline() == f"{place}\n"

    def let_go(self) -> None:
        """Let it end all others by itself."""
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.close()
        self._process.stdin = None

    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


@pytest.fixture
def copies() -> Iterator[Callable[..., Copies]]:
    made: list[Copies] = []

    def make(*arguments: str) -> Copies:
        made.append(Copies(*arguments))
        return made[-1]

    yield make
    for each in made:
        each.kill()


@on_one_node
def test_each_record_is_copied_exactly_once_though_program_and_broker_are_killed(
    kafka_cluster: KafkaServer, make_topic: Factory, copies: Callable[..., Copies]
) -> None:
    source, target = make_topic(), make_topic()
    values = [b"%d" % number for number in range(600)]
    with Producer(kafka_cluster.client_config()) as producer:
        for value in values:
            producer.produce(source, value)
    program = copies(json.dumps(kafka_cluster.client_config()), source, target)
    # In the midst of a transaction, as one ends, and when it has ended and nothing else was done.
    program.start()
    program.go_on("inside", "ended")
    program.come_to("inside")
    program.kill()
    program.start()
    program.go_on("inside", "ended", "inside")
    program.kill()
    program.start()
    program.go_on("inside")
    program.come_to("ended")
    program.kill()
    program.start()
    program.go_on("inside", "ended", "inside")
    kafka_cluster.kill(1)
    kafka_cluster.restart(1)

    reader = Consumer({**kafka_cluster.client_config(), "group.id": target, "enable.auto.commit": False})

    def is_done() -> bool:
        if program.has_ended():
            program.start(freely=True)
        try:
            return bool(reader.committed([TopicPartition(source, 0)], 10)[0].offset == len(values))
        except KafkaException:
            return False

    with reader:
        program.let_go()
        wait_until(is_done, timeout=HANG)
    program.kill()
    # Ends what the program may have begun.
    transactional(kafka_cluster, target).close()
    counts = Counter(read_to_end(kafka_cluster, target, "read_committed"))
    assert counts == Counter(values)
    # What was given up is there for those who ask for it.
    assert Counter(read_to_end(kafka_cluster, target, "read_uncommitted")) > counts
