"""What brokers take a while for after they have answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from .._metadata import TopicMetadata
from ..cimpl import KafkaError, KafkaException, TimeoutException, _AdminClient
from ._deadline import Deadline
from ._requests import elements, text

_PAUSE = 0.02
_PASSING = (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN)


def _is_usable(topic: TopicMetadata | None) -> bool:
    return (
        topic is not None
        and topic.error is None
        and bool(topic.partitions)
        and all(partition.leader >= 0 for partition in topic.partitions.values())
    )


class Waits(_AdminClient):
    """The calls that wait until the brokers know of a change."""

    def wait_for_topics(self, topics: Sequence[str], *, timeout: float = 60.0) -> None:
        """Wait until topics are there, and each of their partitions has a leader. It makes none.

        Args:
            topics: their names.
            timeout: seconds.

        Raises:
            TypeError, ValueError: of an argument, which is named.
            KafkaException: a TimeoutException, which names the topics that are missing; a name cannot be a topic's.
            RuntimeError: the client is closed.

        ``rd_kafka_metadata``, again and again: of the broker that librdkafka asks. Another one may come to know a
        little later.
        """
        self._wait(topics, timeout, "are not there with leaders for all of their partitions", _is_usable)

    def wait_until_deleted(self, topics: Sequence[str], *, timeout: float = 60.0) -> None:
        """Wait until topics are gone.

        Args:
            topics: their names.
            timeout: seconds.

        Raises:
            TypeError, ValueError: of an argument, which is named.
            KafkaException: a TimeoutException, which names the topics that are left; a name cannot be a topic's.
            RuntimeError: the client is closed.

        ``rd_kafka_metadata``, as for `wait_for_topics`.
        """
        self._wait(topics, timeout, "are still there", lambda topic: topic is None)

    def _wait(
        self, topics: Sequence[str], timeout: float, what: str, is_done: Callable[[TopicMetadata | None], bool]
    ) -> None:
        names = elements("topics", topics, str, "str")
        for index, name in enumerate(names):
            text(f"topics[{index}]", name)
        deadline = Deadline(timeout, f"topics {', '.join(names)} {what}")
        waiting = self._settled_topics(names)
        while True:
            reason = ""
            try:
                # Of all topics: asked for one, the brokers may make it.
                known = self.list_topics(timeout=deadline.left()).topics
                waiting = [name for name in waiting if not is_done(known.get(name))]
            except TimeoutException:
                pass
            except KafkaException as failure:
                error = failure.args[0]
                # Brokers that are away may come back within the time.
                if error.code() not in _PASSING and not error.retriable():
                    raise
                reason = f" ({error.str()})"
            if not waiting:
                return
            deadline.what = f"topics {', '.join(waiting)} {what}{reason}"
            time.sleep(min(_PAUSE, deadline.left()))
