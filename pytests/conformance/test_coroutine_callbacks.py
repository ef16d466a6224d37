"""A callback that is a coroutine function can never work: nothing awaits it. It is refused, not dropped in silence."""

import functools
import gc
import unittest.mock
import warnings

import pytest

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


@pytest.mark.parametrize("method", ["flush", "poll"])
def test_a_delivery_callback_that_returns_a_coroutine_raises_out_of_the_call_that_serves_it(method):
    producer = Producer({"bootstrap.servers": NO_SERVER, "message.timeout.ms": 1, "log_level": 0})
    producer.produce("t", "v", on_delivery=coroutine_function)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(TypeError, match="coroutine_function.* returned a coroutine, which nothing awaits"):
            # What comes before the report is served too.
            wait_until(lambda: getattr(producer, method)(0.1) is None, 30, "the report comes")
        gc.collect()
    assert producer.flush(30) == 0


def test_another_callback_that_returns_a_coroutine_raises_too():
    producer = Producer(
        {"error_cb": lambda error: coroutine_function(error), "bootstrap.servers": NO_SERVER, "log_level": 0}
    )
    with pytest.raises(TypeError, match="returned a coroutine, which nothing awaits"):
        wait_until(lambda: producer.poll(0.1) is None, 30, "the event comes")
