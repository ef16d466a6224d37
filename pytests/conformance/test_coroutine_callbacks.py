"""A callback that is a coroutine function can never work: nothing awaits it. It is refused, not dropped in silence."""

import functools
import gc
import unittest.mock
import warnings
import weakref

import pytest
from checkers import CHECKER
from limits import HANG

from mapr_streams_python import Consumer, Producer
from mapr_streams_python.testing import wait_until

from .support import NO_SERVER


async def coroutine_function(*arguments):
    pass


async def asynchronous_generator(*arguments):
    yield


class Callable:
    async def __call__(self, *arguments):
        pass

    async def method(self, *arguments):
        pass

    on_assign = on_revoke = method


CALLBACKS = [
    coroutine_function,
    asynchronous_generator,
    Callable(),
    Callable().method,
    functools.partial(coroutine_function, 1),
    functools.partial(functools.partial(Callable().method, 1), 2),
    unittest.mock.AsyncMock(),
]


@pytest.mark.parametrize("callback", CALLBACKS, ids=lambda callback: type(callback).__name__)
@pytest.mark.parametrize(
    ("client", "name"),
    [
        *(
            (client, name)
            for client in (Producer, Consumer)
            for name in ("error_cb", "stats_cb", "throttle_cb", "oauth_cb")
        ),
        (Producer, "on_delivery"),
        (Consumer, "on_commit"),
    ],
)
def test_a_coroutine_function_is_refused_in_the_configuration(client, name, callback):
    with pytest.raises(TypeError, match=f"^{name} must be a plain function, not a coroutine function"):
        client({"group.id": "g", name: callback})


@pytest.mark.parametrize("callback", CALLBACKS, ids=lambda callback: type(callback).__name__)
@pytest.mark.parametrize("name", ["on_assign", "on_revoke", "on_lost"])
def test_a_coroutine_function_is_refused_by_subscribe(name, callback):
    with pytest.raises(TypeError, match=f"^{name} must be a plain function, not a coroutine function"):
        Consumer({"group.id": "g"}).subscribe(["t"], **{name: callback})


def test_a_listener_whose_methods_are_coroutine_functions_is_refused():
    class Listener:
        async def on_revoke(self, consumer, partitions):
            pass

    with pytest.raises(TypeError, match="^listener: on_revoke must be a plain function"):
        Consumer({"group.id": "g"}).subscribe(["t"], Listener())


@pytest.mark.parametrize(
    "callback", [print, len, unittest.mock.Mock(), functools.partial(print, 1), [].append, str, lambda error: None]
)
def test_plain_callables_are_taken(callback):
    assert type(Producer({"error_cb": callback})) is Producer


@pytest.fixture
def producer():
    with Producer({"bootstrap.servers": NO_SERVER, "message.timeout.ms": 1, "log_level": 0}) as producer:
        yield producer


# Each way to give a message a callback, and what the argument is called.
WAYS = {
    "produce": ("on_delivery", lambda producer, callback: producer.produce("t", "v", on_delivery=callback)),
    "produce, by the other name": (
        "callback",
        lambda producer, callback: producer.produce("t", "v", callback=callback),
    ),
    "produce, waiting for room": (
        "on_delivery",
        lambda producer, callback: producer.produce("t", "v", on_delivery=callback, block=HANG),
    ),
    "produce, refused by MapR": ("on_delivery", lambda producer, callback: producer.produce("t", on_delivery=callback)),
    "send": ("on_delivery", lambda producer, callback: producer.send("t", "v", on_delivery=callback)),
    "send, by the other name": ("callback", lambda producer, callback: producer.send("t", "v", callback=callback)),
    "produce_batch": (
        "on_delivery",
        lambda producer, callback: producer.produce_batch("t", [{"value": "v"}], on_delivery=callback),
    ),
    "produce_batch, by the other name": (
        "callback",
        lambda producer, callback: producer.produce_batch("t", [{"value": "v"}], callback=callback),
    ),
    "a message of a batch": (
        r'messages\[1\]\["on_delivery"\]',
        lambda producer, callback: producer.produce_batch(
            "t", [{"value": "v"}, {"value": "v", "on_delivery": callback}, {"value": "v", "on_delivery": print}]
        ),
    ),
    "a message of a batch, by the other name": (
        r'messages\[1\]\["callback"\]',
        lambda producer, callback: producer.produce_batch(
            "t", [{"value": "v", "on_delivery": print}, {"value": "v", "callback": callback}]
        ),
    ),
}


@pytest.mark.parametrize("callback", CALLBACKS, ids=lambda callback: type(callback).__name__)
@pytest.mark.parametrize("way", WAYS)
def test_a_coroutine_function_is_refused_before_its_message_is_queued(producer, way, callback):
    name, give = WAYS[way]
    with pytest.raises(TypeError, match=f"^{name} must be a plain function, not a coroutine function"):
        give(producer, callback)
    assert len(producer) == 0


@pytest.mark.parametrize("way", WAYS)
def test_a_coroutine_function_is_refused_behind_plain_functions_of_its_kind(producer, way):
    class Plain:
        def __call__(self, *arguments):
            pass

        def method(self, *arguments):
            pass

    def function(*arguments):
        pass

    plain = [function, Plain(), Plain().method, functools.partial(function, 1), lambda *arguments: None]
    name, give = WAYS[way]
    for callback in (*plain, *CALLBACKS[:-1], *plain):
        if callback in plain:
            give(producer, callback)
        else:
            with pytest.raises(TypeError, match=f"^{name} must be a plain function, not a coroutine function"):
                give(producer, callback)
    producer.flush(HANG)


@pytest.mark.skipif(CHECKER is not None, reason=f"{CHECKER} gives no memory anew that was freed just now")
@pytest.mark.parametrize("make", [lambda made: made, lambda made: functools.partial(made)])
def test_a_coroutine_function_is_refused_where_a_plain_one_was_freed(producer, make):
    addresses = set()
    for _ in range(20):
        plain = make(lambda error, message: None)
        producer.produce("t", "v", on_delivery=plain)
        producer.flush(HANG)
        addresses.add(id(plain))
        del plain

        async def report(error, message):
            pass

        made = make(report)
        del report
        addresses.add(id(made))
        with pytest.raises(TypeError, match="not a coroutine function"):
            producer.produce("t", "v", on_delivery=made)
        del made
    assert len(addresses) < 40, "no coroutine function was where a plain one had been"


def test_a_callback_is_not_kept_alive_by_having_been_looked_at(producer):
    for make in (lambda: lambda error, message: None, lambda: functools.partial(print), unittest.mock.Mock):
        callback = make()
        gone = weakref.ref(callback)
        producer.produce("t", "v", on_delivery=callback)
        producer.flush(HANG)
        del callback
        gc.collect()
        assert gone() is None


def test_a_mock_is_taken_for_what_it_is(producer):
    """Its result has any attribute that it is asked for, those of a coroutine too."""
    callback = unittest.mock.Mock()
    producer.produce("t", "v", on_delivery=callback)
    producer.flush(HANG)
    assert callback.call_count == 1


@pytest.mark.parametrize("method", ["flush", "poll"])
def test_a_delivery_callback_that_returns_a_coroutine_raises_out_of_the_call_that_serves_it(producer, method):
    producer.produce("t", "v", on_delivery=lambda error, message: coroutine_function(error))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(TypeError, match="lambda.* returned a coroutine, which nothing awaits"):
            # What comes before the report is served too.
            wait_until(lambda: getattr(producer, method)(0.1) is None, HANG, "the report comes")
        gc.collect()
    assert producer.flush(HANG) == 0


def test_another_callback_that_returns_a_coroutine_raises_too():
    producer = Producer(
        {"error_cb": lambda error: coroutine_function(error), "bootstrap.servers": NO_SERVER, "log_level": 0}
    )
    with pytest.raises(TypeError, match="returned a coroutine, which nothing awaits"):
        wait_until(lambda: producer.poll(0.1) is None, HANG, "the event comes")
