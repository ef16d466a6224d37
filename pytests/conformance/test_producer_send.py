"""Producer.send(): a future of a message's delivery, which ends whatever becomes of the producer."""

import asyncio
import concurrent.futures
import threading

import pytest
from limits import HANG

from mapr_streams_python import KafkaError, KafkaException, Message, TimeoutException

from .support import NO_SERVER


@pytest.fixture
def sent(offline):
    """A factory: a producer without a server, and the future of a message in its queue."""

    def make(properties=None, **arguments):
        producer = offline.producer(properties or {})
        return producer, producer.send("t", "v", **arguments)

    return make


def test_result_serves_the_producer_and_gives_the_message(online, make_topic):
    name, producer = make_topic(partitions=2), online.producer()
    future = producer.send(name, "v", "k", 1, headers={"a": "b"})
    assert isinstance(future, concurrent.futures.Future)
    message = future.result()
    assert type(message) is Message
    assert (message.topic(), message.partition(), message.offset()) == (name, 1, 0)
    assert (message.value(), message.key(), message.headers()) == (b"v", b"k", [("a", b"b")])
    assert future.done() and future.exception() is None and future.result(0) is message


def test_poll_and_flush_complete_it_too(online, make_topic):
    name, producer = make_topic(), online.producer()
    futures = [producer.send(name, str(number), partition=0) for number in range(20)]
    assert producer.flush(HANG) == 0
    assert [future.result(0).offset() for future in futures] == list(range(20))
    assert concurrent.futures.wait(futures, 0).not_done == set()


def test_a_message_that_fails_raises_the_exception_of_its_kind(failing):
    future = failing.send("t", "v")
    with pytest.raises(TimeoutException) as caught:
        future.result(HANG)
    assert caught.value.args[0] == KafkaError._MSG_TIMED_OUT
    assert future.exception() is caught.value


def test_exception_serves_the_producer(failing):
    exception = failing.send("t", "v").exception(HANG)
    assert type(exception) is TimeoutException and type(exception.args[0]) is KafkaError


def test_done_serves_the_producer(online, make_topic):
    producer, pause = online.producer(), threading.Event()
    future = producer.send(make_topic(), "v")
    while not future.done():
        pause.wait(0.01)
    assert future.result(0).value() == b"v"


@pytest.mark.parametrize("ask", ["result", "exception"])
def test_when_the_time_is_over_it_is_a_timeout_error(sent, ask):
    producer, future = sent()
    for timeout in (0, 0.05):
        with pytest.raises(concurrent.futures.TimeoutError):
            getattr(future, ask)(timeout)
    assert not future.done()


def test_on_delivery_is_called_before_it_is_done(online, make_topic):
    seen, producer = [], online.producer()
    futures = []
    for name in ("callback", "on_delivery"):
        report = lambda error, message: seen.append((error, message.value(), futures[-1].running()))  # noqa: E731
        futures.append(producer.send(make_topic(), name, **{name: report}))
        futures[-1].result(HANG)
    assert seen == [(None, b"callback", True), (None, b"on_delivery", True)]


def test_what_on_delivery_raises_comes_out_and_the_future_is_done(online, make_topic):
    def fail(error, message):
        raise ValueError("from the callback")

    producer = online.producer()
    future = producer.send(make_topic(), "v", on_delivery=fail)
    with pytest.raises(ValueError, match="from the callback"):
        producer.flush(HANG)
    assert future.result(0).value() == b"v"


def test_what_another_messages_callback_raises_comes_out_of_result(online, make_topic):
    name, producer = make_topic(), online.producer()

    def fail(error, message):
        raise ValueError("from the callback")

    producer.produce(name, "first", partition=0, on_delivery=fail)
    future = producer.send(name, "second", partition=0)
    with pytest.raises(ValueError, match="from the callback"):
        future.result(HANG)
    assert future.result(HANG).value() == b"second"


def test_on_delivery_that_is_a_coroutine_function_is_refused(online, make_topic):
    async def report(error, message):
        pass

    producer = online.producer()
    with pytest.raises(TypeError, match="^on_delivery must be a plain function, not a coroutine function"):
        producer.send(make_topic(), "v", on_delivery=report)
    assert len(producer) == 0


def test_what_on_delivery_returns_is_refused_where_it_is_a_coroutine(online, make_topic):
    async def report(error, message):
        pass

    producer = online.producer()
    future = producer.send(make_topic(), "v", on_delivery=lambda error, message: report(error, message))
    with pytest.raises(TypeError, match="coroutine"):
        producer.flush(HANG)
    assert future.result(0).value() == b"v"


def test_callbacks_of_the_future_are_called(online, make_topic):
    producer, seen = online.producer(), []
    # Nobody holds it.
    producer.send(make_topic(), "v").add_done_callback(lambda future: seen.append(future.result(0).value()))
    assert producer.flush(HANG) == 0
    assert seen == [b"v"]


def test_a_message_in_the_queue_cannot_be_cancelled(online, make_topic):
    producer = online.producer()
    future = producer.send(make_topic(), "v")
    assert (future.cancel(), future.cancelled(), future.running()) == (False, False, True)
    assert future.result(HANG).value() == b"v"


def test_what_does_not_get_into_the_queue_raises_as_produce_does(offline):
    producer = offline.producer({"queue.buffering.max.messages": 1})
    for arguments, error, text in (
        ((), TypeError, "missing 1 required positional argument: 'topic'"),
        ((5,), TypeError, "topic must be str"),
        (("t", 5), TypeError, "value must be str"),
        (("t", "v", None, -1, 5), TypeError, "callback must be callable, not int"),
        (("t", "v", None, -1, None, 5), TypeError, "on_delivery must be callable, not int"),
        (("t", b"x" * 20000000), KafkaException, "message.max.bytes"),
    ):
        with pytest.raises(error, match=text):
            producer.send(*arguments)
    with pytest.raises(TypeError, match="unexpected keyword argument 'vlaue'"):
        producer.send("t", vlaue="v")
    assert len(producer) == 0
    future = producer.send("t", "v")
    for block in (None, 0.05):
        with pytest.raises(BufferError):
            producer.send("t", "v", block=block)
    assert not future.done()


def test_it_may_wait_for_room(online, make_topic):
    name, producer = make_topic(), online.producer({"queue.buffering.max.messages": 1})
    futures = [producer.send(name, str(number), block=True) for number in range(10)]
    assert [future.result(HANG).value() for future in futures] == [str(number).encode() for number in range(10)]


def test_a_message_without_a_value_fails_in_the_mapr_dialect(mapr_clients):
    producer = mapr_clients.producer()
    exception = producer.send("t").exception(HANG)
    assert exception.args[0] == KafkaError._INVALID_ARG


def test_without_reports_of_success_it_is_refused(offline):
    producer = offline.producer({"delivery.report.only.error": True})
    with pytest.raises(KafkaException, match=r"delivery\.report\.only\.error") as caught:
        producer.send("t", "v")
    assert caught.value.args[0] == KafkaError._INVALID_ARG


def test_a_subclass_whose_produce_differs_is_called_by_it(online, make_topic, kafka_cluster):
    from mapr_streams_python import Producer

    class Upper(Producer):
        def produce(self, topic, key=None, value=None, **more):
            super().produce(topic, value.upper(), key, **more)

    name = make_topic()
    producer = Upper(online.config({"bootstrap.servers": kafka_cluster.bootstrap_servers}))
    assert producer.send(name, "v", "k").result(HANG).value() == b"V"
    producer.close()


def test_a_serializing_producer_serializes_what_it_sends(online, make_topic, kafka_cluster):
    from mapr_streams_python.serialization import IntegerSerializer
    from mapr_streams_python.serializing_producer import SerializingProducer

    config = {
        "bootstrap.servers": kafka_cluster.bootstrap_servers,
        "value.serializer": IntegerSerializer(),
        "queue.buffering.max.messages": 1,
    }
    producer, name = SerializingProducer(online.config(config)), make_topic()
    futures = [producer.send(name, number, block=True) for number in range(3)]
    assert [future.result(HANG).value() for future in futures] == [bytes([0, 0, 0, number]) for number in range(3)]
    producer.close()


# How it ends.


def test_close_ends_it(sent):
    producer, future = sent()
    assert producer.close(0) is False
    assert future.exception(0).args[0] == KafkaError._PURGE_QUEUE


def test_purge_ends_it(sent):
    producer, future = sent()
    producer.purge()
    assert future.exception(HANG).args[0] == KafkaError._PURGE_QUEUE


def test_the_end_of_a_producer_that_is_dropped_ends_it(program):
    program(
        """
        future = make_producer({"bootstrap.servers": NO_SERVER, "log_level": 0}).send("t", "v")
        gc.collect()
        assert future.exception(0).args[0] == KafkaError._PURGE_QUEUE
        """,
        NO_SERVER=NO_SERVER,
    )


@pytest.mark.parametrize("timeout", [None, HANG], ids=["no time", "a time"])
def test_a_close_by_another_thread_ends_the_wait(sent, timeout):
    began = threading.Event()
    producer, future = sent({"statistics.interval.ms": 1, "stats_cb": lambda text: began.set()})
    closer = threading.Thread(target=lambda: (began.wait(HANG), producer.close(0)))
    closer.start()
    with pytest.raises(KafkaException) as caught:
        future.result(timeout)
    closer.join()
    assert caught.value.args[0] == KafkaError._PURGE_QUEUE


def test_a_close_by_another_thread_that_delivers_ends_the_wait(online, make_topic):
    producer = online.producer({"linger.ms": 200000})
    future, ready = producer.send(make_topic(), "v"), threading.Event()
    closed = []
    closer = threading.Thread(target=lambda: (ready.wait(HANG), closed.append(producer.close())))
    closer.start()
    ready.set()
    assert future.result(HANG).value() == b"v"
    closer.join()
    assert closed == [True]


def test_several_threads_may_wait_for_the_same_producer(online, make_topic):
    name, producer = make_topic(), online.producer()
    futures = [producer.send(name, str(number)) for number in range(8)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda future: future.result(HANG).value(), futures))
    assert results == [str(number).encode() for number in range(8)]


def test_in_a_callback_of_the_same_producer_a_time_is_needed(online, make_topic):
    name, producer, told = make_topic(), online.producer(), []

    def wait(error, message):
        future = producer.send(name, "inside")
        for timeout in (None, HANG):
            try:
                told.append(future.result(timeout).value())
            except RuntimeError as error:
                told.append(str(error))

    producer.produce(name, "v", on_delivery=wait)
    assert producer.flush(HANG) == 0
    assert told[0].startswith("result() and exception() without a timeout may never end inside a callback of the same")
    assert told[1] == b"inside"


def test_asyncio_may_wait_for_it_where_somebody_polls(online, make_topic):
    name, producer = make_topic(), online.producer()

    async def main():
        future = asyncio.wrap_future(producer.send(name, "v"))
        while not future.done():
            producer.poll(0)
            await asyncio.sleep(0.01)
        return future.result().value()

    assert asyncio.run(main()) == b"v"


def test_a_child_of_a_fork_is_told(program):
    program(
        """
        producer = make_producer({"bootstrap.servers": NO_SERVER})
        future = producer.send("t", "v")
        child = os.fork()
        if child == 0:
            for ask in (future.result, lambda: future.result(20), future.exception):
                assert outcome(ask).startswith("RuntimeError: Producer was made before this process was forked")
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        producer.close(0)
        assert future.exception(0).args[0] == KafkaError._PURGE_QUEUE
        """,
        NO_SERVER=NO_SERVER,
    )


def test_a_program_may_end_with_futures_that_wait(program):
    printed = program(
        """
        producer = make_producer({"bootstrap.servers": NO_SERVER, "log_level": 0})
        futures = [producer.send("t", "v") for _ in range(3)]
        futures[0].add_done_callback(lambda future: print(type(future.exception(0)).__name__))
        """,
        NO_SERVER=NO_SERVER,
    )
    assert printed in ("", "KafkaException\n")
