"""`Producer.send()`: a message whose delivery report completes a future."""

from __future__ import annotations

import time
import weakref
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Callable

from .cimpl import KafkaError, Message, _exception_of

if TYPE_CHECKING:
    from .cimpl import Producer


class DeliveryFuture(Future[Message]):
    """The delivery of one message. Whoever asks it serves the producer.

    It does not hold the producer: one that the program drops ends, and with it its futures.
    """

    def __init__(self, producer: Producer) -> None:
        super().__init__()
        self._producer = weakref.ref(producer)
        # What is queued cannot be taken back: cancel() returns False.
        self.set_running_or_notify_cancel()

    def result(self, timeout: float | None = None) -> Message:
        self._serve(timeout)
        return super().result(0)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        self._serve(timeout)
        return super().exception(0)

    def done(self) -> bool:
        if not super().done() and (producer := self._producer()) is not None:
            producer._serve(0, super().done)
        return super().done()

    def _serve(self, timeout: float | None) -> None:
        """Serves the producer until there is the report, or the time is over."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not super().done():
            producer = self._producer()
            if producer is None:
                raise RuntimeError("the Producer is gone: what became of the message is not known")
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not producer._serve(left, super().done) and not super().done():
                # Says that it is closed, or another process's.
                producer.poll(0)
            if left == 0:
                return


class _Report:
    """The delivery callback of a message that was sent; it goes with the message."""

    __slots__ = ("_future", "_on_delivery")

    def __init__(self, future: DeliveryFuture, on_delivery: Callable[[KafkaError | None, Message], Any] | None) -> None:
        self._future: DeliveryFuture | None = future
        self._on_delivery = on_delivery

    def __call__(self, error: KafkaError | None, message: Message) -> Any:
        future, self._future = self._future, None
        try:
            # Returned: the caller refuses a coroutine.
            return self._on_delivery(error, message) if self._on_delivery is not None else None
        finally:
            if future is not None:
                if error is None:
                    future.set_result(message)
                else:
                    future.set_exception(_exception_of(error))

    def __del__(self) -> None:
        # Let go of without a call: the producer or the program has ended, or memory was wanting.
        if self._future is not None:
            lost = KafkaError(
                KafkaError._DESTROY, "the report was not served: whether the message was delivered is not known"
            )
            self._future.set_exception(_exception_of(lost))


def send(
    producer: Producer,
    topic: str,
    value: Any = None,
    key: Any = None,
    partition: int | None = -1,
    callback: Callable[[KafkaError | None, Message], Any] | None = None,
    on_delivery: Callable[[KafkaError | None, Message], Any] | None = None,
    timestamp: int = 0,
    headers: Any = None,
    *,
    block: float | None = None,
) -> Future[Message]:
    name = "on_delivery" if callback is None else "callback"
    callback = on_delivery if callback is None else callback
    if callback is not None:
        producer._check_callback(callback, name)
    future = DeliveryFuture(producer)
    more: dict[str, Any] = {} if block is None else {"block": block}
    # By name: a subclass's produce() may have them in another order.
    producer.produce(
        topic,
        value=value,
        key=key,
        partition=partition,
        on_delivery=_Report(future, callback),
        timestamp=timestamp,
        headers=headers,
        **more,
    )
    return future
