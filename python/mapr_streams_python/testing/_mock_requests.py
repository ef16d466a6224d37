"""What a mock cluster answers to requests, and which ones it got."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import NamedTuple

from ..cimpl import libversion
from ._mock_handle import MockHandle, partition_number
from ._protocol import API_NAMES, APIS_OF_PARTITIONS, DelayedError, api_key, delayed_error
from ._versions import implemented_versions


class MockRequest(NamedTuple):
    """A request that a broker of a `MockCluster` got.

    Attributes:
        broker_id: the broker.
        api: the request's name, as ``'Produce'``, or its number where it has no name here.
        timestamp: seconds of a clock of librdkafka's: only differences between two mean something.
    """

    broker_id: int
    api: str | int
    timestamp: float


class MockRequests(MockHandle):
    """The part of `MockCluster` that is about requests."""

    # Requests that fail

    def set_api_versions(self, api: int | str, min_version: int | None = None, max_version: int | None = None) -> None:
        """Set which versions of a request the brokers say they understand (``rd_kafka_mock_set_apiversion``).

        Clients that connect from then on send what both sides understand.

        Args:
            api: the request's type, by name (``'Produce'``) or by its API key (0).
            min_version: the lowest version; None for the lowest that the mock cluster implements.
            max_version: the highest version; None for the highest that the mock cluster implements.

        Raises:
            ValueError: the mock cluster of the loaded librdkafka does not implement the request, or the versions.
        """
        native, key = self._open(), api_key(api)
        if key not in implemented_versions():
            raise ValueError(f"api {api!r}: the mock cluster of librdkafka {libversion()[0]} does not implement it")
        lowest, highest = implemented_versions()[key]
        first = lowest if min_version is None else operator.index(min_version)
        last = highest if max_version is None else operator.index(max_version)
        if not lowest <= first <= last <= highest:
            raise ValueError(
                f"api {api!r}: the mock cluster of librdkafka {libversion()[0]} implements the versions {lowest} to "
                f"{highest}, of which min_version ({first}) and max_version ({last}) must be a range"
            )
        native.set_api_versions(key, first, last)

    def disable_api(self, api: int | str) -> None:
        """Let the brokers say that they do not know this type of request (``rd_kafka_mock_set_apiversion``).

        `set_api_versions(api)` ends it. Clients that connect from then on do not send it. Without ``'ApiVersions'``
        they take the broker for one that is older than any that the mock cluster can play.

        Args:
            api: the request's type, by name (``'InitProducerId'``) or by its API key (22).
        """
        native, key = self._open(), api_key(api)
        if key in implemented_versions():
            native.set_api_versions(key, -1, -1)

    def push_request_errors(
        self,
        api: int | str,
        errors: Iterable[DelayedError],
        *,
        broker_id: int | None = None,
        topic: str | None = None,
        partition: int | None = None,
    ) -> None:
        """Let the next requests of one type fail, one after the other.

        Without `broker_id` and `topic`, whichever broker they go to (``rd_kafka_mock_push_request_errors_array``); but
        librdkafka does not answer with these where a broker was ever given errors of its own, by `broker_id`, for this
        type of request.

        Args:
            api: the request's type, by name (``'Produce'``) or by its API key (0).
            errors: the error of the next such request, of the one after it, and so on: constants of KafkaError,
                KafkaErrors, or their names, as in ``'NOT_LEADER_FOR_PARTITION'``. ``KafkaError._TRANSPORT`` closes the
                connection instead of answering; None answers as usual. A pair of an error and seconds holds the answer
                back for so long, to the millisecond; in a cluster of several brokers it needs `broker_id`.
            broker_id: for requests to this broker alone (``rd_kafka_mock_broker_push_request_error_rtts``).
            topic: together with `partition`: answers to ``'Produce'`` or ``'Fetch'`` say the error of this partition
                alone, without a delay (``rd_kafka_mock_partition_push_request_errors``, of librdkafka 2.15 and later;
                before, give the `broker_id` of the partition's leader). A topic that does not exist is created, with
                partitions up to this one.
            partition: the partition's number.

        Raises:
            ValueError: there is no such request type, error or broker, or the arguments do not go together.
            KafkaException: the loaded librdkafka cannot do it (_NOT_IMPLEMENTED), or the topic has no such partition
                (UNKNOWN_TOPIC_OR_PART).
        """
        native, key = self._open(), api_key(api)
        if isinstance(errors, str):
            raise TypeError(f"errors must be a list of errors, not the str {errors!r}")
        pairs = [delayed_error(error) for error in errors]
        codes, delays = [code for code, _ in pairs], [delay for _, delay in pairs]
        if (topic is None) != (partition is None):
            raise ValueError("topic and partition must be given together")
        if topic is not None and partition is not None:
            if broker_id is not None:
                raise ValueError("broker_id must not be given together with topic and partition")
            if any(delays):
                raise ValueError("errors of a partition cannot be delayed: leave the seconds out, or give broker_id")
            if key not in APIS_OF_PARTITIONS:
                known = " and ".join(repr(API_NAMES[known]) for known in sorted(APIS_OF_PARTITIONS))
                raise ValueError(f"api {api!r}: librdkafka answers {known} alone with errors of a partition")
            native.push_partition_errors(key, codes, self._topic(topic), partition_number(partition))
        elif broker_id is not None:
            native.push_broker_errors(key, codes, delays, self._broker(broker_id, None))
            self._delayed.add(key)
        elif self._brokers == 1 and (any(delays) or key in self._delayed):
            # To the one broker, as all that follow: it takes none of the cluster once it was given some of its own.
            native.push_broker_errors(key, codes, delays, 1)
            self._delayed.add(key)
        elif any(delays):
            raise ValueError("a delayed error needs broker_id: librdkafka delays the answers of one broker")
        else:
            native.push_request_errors(key, codes)

    def clear_request_errors(self, api: int | str) -> None:
        """Forget the errors that are left for requests of this type to whichever broker.

        ``rd_kafka_mock_clear_request_errors``. Those that were pushed with `broker_id`, a delay or a partition stay.

        Args:
            api: the request's type, by name (``'Produce'``) or by its API key (0).
        """
        self._open().clear_request_errors(api_key(api))

    def request_errors_left(self, api: int | str, broker_id: int) -> int:
        """Return how many errors that were pushed with `broker_id` are left (``rd_kafka_mock_broker_error_stack_cnt``).

        In a cluster of one broker those that were pushed with a delay count too.

        Args:
            api: the request's type, by name (``'Produce'``) or by its API key (0).
            broker_id: the broker.
        """
        return self._open().request_errors_left(api_key(api), self._broker(broker_id, None))

    # Requests that came: librdkafka before 2.3 cannot tell

    def start_request_tracking(self) -> None:
        """Begin to note requests, of which none is noted yet.

        ``rd_kafka_mock_start_request_tracking``, of librdkafka 2.3 and later, as the three others.
        """
        self._open().start_request_tracking()

    def stop_request_tracking(self) -> None:
        """Note no more requests, and forget those that were noted (``rd_kafka_mock_stop_request_tracking``)."""
        self._open().stop_request_tracking()

    def clear_requests(self) -> None:
        """Forget the requests that were noted (``rd_kafka_mock_clear_requests``)."""
        self._open().clear_requests()

    def requests(self) -> list[MockRequest]:
        """Return the requests since `start_request_tracking`, in their order (``rd_kafka_mock_get_requests``)."""
        return [
            MockRequest(broker, API_NAMES.get(key, key), microseconds / 1e6)
            for broker, key, microseconds in self._open().requests()
        ]
