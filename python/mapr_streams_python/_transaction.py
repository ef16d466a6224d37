"""`Producer.transaction()`: a transaction as a block of a program."""

from __future__ import annotations

import contextlib
import os
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable

from .cimpl import AbortableException, FatalException, KafkaError, KafkaException, RetriableException

if TYPE_CHECKING:
    from .cimpl import Consumer, Producer

_PAUSE = 0.1


class Transaction:
    """One transaction: begun where the block begins, committed where it ends, aborted where it raises.

    With a consumer its next offsets are committed with the transaction, and where that is aborted the consumer goes
    back to what is committed: the same records come again.

    In the child of a fork inside the block the transaction is the parent's: whatever ends the block there, it goes on.
    """

    __slots__ = ("_consumer", "_process", "_producer", "_timeout")

    def __init__(self, producer: Producer, consumer: Consumer | None, timeout: float) -> None:
        self._producer = producer
        self._consumer = consumer
        self._timeout = timeout
        self._process = os.getpid()

    def __enter__(self) -> Transaction:
        if self._consumer is not None:
            # Refuses a consumer that commits by itself, or has no group, before there is anything to abort.
            self._consumer._transaction_offsets()
            self._consumer.consumer_group_metadata()
        self._producer.begin_transaction()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        if self._is_the_parents():
            if exc_type is None:
                raise RuntimeError(
                    "this process was forked inside the block of a transaction: that is the parent's, and nothing is"
                    " committed here"
                )
            return
        if exc_type is not None:
            # After a fatal error there is nothing to abort: the next producer of this transactional.id does.
            if not issubclass(exc_type, FatalException):
                self._abort()
            return
        deadline = time.monotonic() + self._timeout
        try:
            # Before anything is committed, so that what a delivery callback raises here ends in an abort.
            self._producer.flush(max(0.0, deadline - time.monotonic()))
            if self._consumer is not None:
                offsets = self._consumer._transaction_offsets()
                group = self._consumer.consumer_group_metadata()
                _retrying(self._producer.send_offsets_to_transaction, deadline, offsets, group)
        except BaseException as error:
            if not isinstance(error, FatalException):
                self._abort()
            if isinstance(error, RetriableException) and not self._is_the_parents():
                # Whoever waits for the offsets is late, but nothing is committed, and the records come again.
                raise _aborted(error) from error
            raise
        try:
            _retrying(self._producer.commit_transaction, deadline)
        except KafkaException as error:
            # A commit that was begun goes on in the background, and cannot be aborted unless librdkafka says so.
            if _requires_abort(error) and not isinstance(error, FatalException):
                self._abort()
            raise

    def _is_the_parents(self) -> bool:
        return os.getpid() != self._process

    def _abort(self) -> None:
        # What ends the block may be a callback's or a signal handler's, which have forked.
        if self._is_the_parents():
            return
        deadline = time.monotonic() + self._timeout
        try:
            _retrying(self._producer.abort_transaction, deadline)
        except BaseException:
            # A callback's exception, or Ctrl-C: the abort is done, or goes on. Whatever it is, nothing is committed.
            # What the block is left with is not to be hidden, by a closed consumer say.
            with contextlib.suppress(KafkaException, RuntimeError):
                self._rewind(deadline)
            raise
        self._rewind(deadline)

    def _rewind(self, deadline: float) -> None:
        if self._consumer is not None:
            self._consumer._rewind(max(0.0, deadline - time.monotonic()))


def _aborted(raised: RetriableException) -> KafkaException:
    error = raised.args[0]
    return AbortableException(KafkaError(error.code(), error.str(), txn_requires_abort=True))


def _requires_abort(raised: KafkaException) -> bool:
    # A callback may raise one that it has made of anything.
    error = raised.args[0] if raised.args else None
    return isinstance(error, KafkaError) and error.txn_requires_abort()


def _retrying(call: Callable[..., Any], deadline: float, *arguments: Any) -> None:
    """Makes a call until it succeeds, fails for good, or the time is over."""
    while True:
        try:
            call(*arguments, max(0.0, deadline - time.monotonic()))
            return
        except RetriableException:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_PAUSE)
