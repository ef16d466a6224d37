"""Kafka's request types and errors, as tests name them."""

from __future__ import annotations

import difflib
import operator
from collections.abc import Iterable
from typing import Union

from ..cimpl import KafkaError

# By the names of the protocol's guide, as far as any mock cluster answers them.
API_KEYS = {
    "Produce": 0,
    "Fetch": 1,
    "ListOffsets": 2,
    "Metadata": 3,
    "OffsetCommit": 8,
    "OffsetFetch": 9,
    "FindCoordinator": 10,
    "JoinGroup": 11,
    "Heartbeat": 12,
    "LeaveGroup": 13,
    "SyncGroup": 14,
    "SaslHandshake": 17,
    "ApiVersions": 18,
    "CreateTopics": 19,
    "DeleteTopics": 20,
    "DeleteRecords": 21,
    "InitProducerId": 22,
    "OffsetForLeaderEpoch": 23,
    "AddPartitionsToTxn": 24,
    "AddOffsetsToTxn": 25,
    "EndTxn": 26,
    "TxnOffsetCommit": 28,
    "SaslAuthenticate": 36,
    "ConsumerGroupHeartbeat": 68,
    "GetTelemetrySubscriptions": 71,
    "PushTelemetry": 72,
    "ShareGroupHeartbeat": 76,
    "ShareFetch": 78,
    "ShareAcknowledge": 79,
}
API_NAMES = {key: name for name, key in API_KEYS.items()}
# Those that librdkafka answers with an error of one partition. It takes errors for any other, and forgets them.
APIS_OF_PARTITIONS = {API_KEYS["Produce"], API_KEYS["Fetch"]}

# What an injected error may be: a constant of KafkaError, an error, its name, or None for an answer as usual.
Error = Union[int, str, KafkaError, None]
# The same, or with the seconds that the answer is held back.
DelayedError = Union[Error, "tuple[Error, float]"]


def _suggestion(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, known, 1, 0.5)
    return f'; did you mean "{close[0]}"?' if close else ""


def api_key(api: int | str) -> int:
    """Return the number of a request type that is given by name or by number."""
    if not isinstance(api, str):
        key = operator.index(api)
        if not 0 <= key < 2**15:
            raise ValueError(f"api must be a request's name or number, not {key}")
        return key
    try:
        return API_KEYS[api]
    except KeyError:
        guess = _suggestion(api, API_KEYS)
        raise ValueError(f"api {api!r}: expected a number or one of {', '.join(API_KEYS)}{guess}") from None


def error_code(error: Error) -> int:
    """Return the code of an error; 0 for None."""
    if error is None:
        return 0
    if isinstance(error, KafkaError):
        return error.code()
    if isinstance(error, str):
        code = getattr(KafkaError, error, None)
        # Names of methods are attributes too.
        if not isinstance(code, int):
            names = [name for name in dir(KafkaError) if isinstance(getattr(KafkaError, name), int)]
            raise ValueError(
                f"error {error!r} is no error of librdkafka's, as KafkaError names them{_suggestion(error, names)}"
            )
        return code
    code = operator.index(error)
    if not -(2**15) <= code < 2**15:
        raise ValueError(f"error {code}: an answer has 16 bits for it")
    return code


def delayed_error(error: DelayedError) -> tuple[int, int]:
    """Return an error's code, and the milliseconds that its answer is held back."""
    if not isinstance(error, tuple):
        return error_code(error), 0
    if len(error) != 2:
        raise ValueError(f"errors must be errors or pairs of an error and seconds, not {error!r}")
    kind, seconds = error
    if not 0 <= seconds <= 2**31 / 1000 - 1:
        raise ValueError(f"the seconds of a delayed error must not be negative, and must fit 24 days, not {seconds}")
    return error_code(kind), round(seconds * 1000)
