"""librdkafka's statistics as objects: what ``metrics()`` of a client returns.

    producer = Producer({"bootstrap.servers": "localhost:9092", "statistics.interval.ms": 5000})
    metrics = producer.metrics()
    if metrics is not None:
        print(metrics.txmsgs, metrics.brokers)

Attributes have the names and units of librdkafka's STATISTICS.md. What the loaded librdkafka does not tell is 0, "" or
None. The modules `prometheus` and `opentelemetry` in here need the extras of the same names.
"""

from __future__ import annotations

import json
import re
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

__all__ = ["Broker", "ConsumerGroup", "Eos", "Metrics", "Partition", "Sample", "Topic", "Window"]

T = TypeVar("T")


@dataclass(frozen=True)
class Window:
    """A histogram of the time since the last statistics. Microseconds, but for sizes and counts of batches."""

    min: int = 0
    max: int = 0
    avg: int = 0
    sum: int = 0
    stddev: int = 0
    p50: int = 0
    p75: int = 0
    p90: int = 0
    p95: int = 0
    p99: int = 0
    p99_99: int = 0
    outofrange: int = 0
    hdrsize: int = 0
    cnt: int = 0


@dataclass(frozen=True)
class Broker:
    """A connection to a broker."""

    name: str
    nodeid: int = -1
    nodename: str = ""
    source: str = ""
    state: str = ""
    stateage: int = 0
    outbuf_cnt: int = 0
    outbuf_msg_cnt: int = 0
    waitresp_cnt: int = 0
    waitresp_msg_cnt: int = 0
    tx: int = 0
    txbytes: int = 0
    txerrs: int = 0
    txretries: int = 0
    txidle: int = 0
    req_timeouts: int = 0
    rx: int = 0
    rxbytes: int = 0
    rxerrs: int = 0
    rxcorriderrs: int = 0
    rxpartial: int = 0
    rxidle: int = 0
    zbuf_grow: int = 0
    buf_grow: int = 0
    wakeups: int = 0
    connects: int = 0
    disconnects: int = 0
    int_latency: Window = Window()
    outbuf_latency: Window = Window()
    rtt: Window = Window()
    throttle: Window = Window()
    req: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Partition:
    """A partition. Offsets that are not known are -1001, lags -1."""

    partition: int
    broker: int = -1
    leader: int = -1
    desired: bool = False
    unknown: bool = False
    msgq_cnt: int = 0
    msgq_bytes: int = 0
    xmit_msgq_cnt: int = 0
    xmit_msgq_bytes: int = 0
    fetchq_cnt: int = 0
    fetchq_size: int = 0
    fetch_state: str = ""
    query_offset: int = -1001
    next_offset: int = -1001
    app_offset: int = -1001
    stored_offset: int = -1001
    stored_leader_epoch: int = -1
    committed_offset: int = -1001
    committed_leader_epoch: int = -1
    eof_offset: int = -1001
    lo_offset: int = -1001
    hi_offset: int = -1001
    ls_offset: int = -1001
    consumer_lag: int = -1
    consumer_lag_stored: int = -1
    leader_epoch: int = -1
    txmsgs: int = 0
    txbytes: int = 0
    rxmsgs: int = 0
    rxbytes: int = 0
    msgs: int = 0
    rx_ver_drops: int = 0
    msgs_inflight: int = 0
    next_ack_seq: int = 0
    next_err_seq: int = 0
    acked_msgid: int = 0

    @property
    def lag(self) -> int | None:
        """How many records the consumer is behind: from the offset that is stored, or else from the committed one.

        None where neither is known, or the end of the partition is not.
        """
        return next((lag for lag in (self.consumer_lag_stored, self.consumer_lag) if lag >= 0), None)


@dataclass(frozen=True)
class Topic:
    """A topic that the client uses."""

    topic: str
    age: int = 0
    metadata_age: int = 0
    batchsize: Window = Window()
    batchcnt: Window = Window()
    partitions: Mapping[int, Partition] | None = None


@dataclass(frozen=True)
class ConsumerGroup:
    """The group of a consumer."""

    state: str = ""
    stateage: int = 0
    join_state: str = ""
    rebalance_age: int = 0
    rebalance_cnt: int = 0
    rebalance_reason: str = ""
    assignment_size: int = 0


@dataclass(frozen=True)
class Eos:
    """The state of an idempotent or transactional producer."""

    idemp_state: str = ""
    idemp_stateage: int = 0
    txn_state: str = ""
    txn_stateage: int = 0
    txn_may_enq: bool = False
    producer_id: int = -1
    producer_epoch: int = -1
    epoch_cnt: int = 0


@dataclass(frozen=True)
class Sample:
    """A number, by the name and the labels that librdkafka's own dashboard has for it.

    A text is a 1 with the label ``value``.
    """

    name: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class Metrics:
    """The statistics of a client at one moment."""

    name: str
    client_id: str = ""
    type: str = ""
    ts: int = 0
    time: int = 0
    age: int = 0
    replyq: int = 0
    msg_cnt: int = 0
    msg_size: int = 0
    msg_max: int = 0
    msg_size_max: int = 0
    simple_cnt: int = 0
    metadata_cache_cnt: int = 0
    tx: int = 0
    tx_bytes: int = 0
    rx: int = 0
    rx_bytes: int = 0
    txmsgs: int = 0
    txmsg_bytes: int = 0
    rxmsgs: int = 0
    rxmsg_bytes: int = 0
    brokers: Mapping[str, Broker] | None = None
    topics: Mapping[str, Topic] | None = None
    cgrp: ConsumerGroup | None = None
    eos: Eos | None = None
    #: All that librdkafka has told, with what this module does not know yet.
    raw: Mapping[str, Any] | None = None

    @property
    def lag(self) -> dict[tuple[str, int], int]:
        """By topic and partition, how many records a consumer is behind; without those of which that is not known."""
        return {
            (topic.topic, number): partition.lag
            for topic in (self.topics or {}).values()
            for number, partition in (topic.partitions or {}).items()
            if number >= 0 and partition.lag is not None
        }

    def samples(self) -> Iterator[Sample]:
        """All of it as numbers, for a system that keeps them.

        A name is ``librdkafka_`` and the way to the number in librdkafka's JSON, as in
        ``librdkafka_topics_partitions_consumer_lag``; what depends on the client, broker, topic and partition is a
        label: ``instance``, ``broker``, ``topic``, ``partition``.
        """
        yield from _samples(self.raw or {}, ["librdkafka"], {"instance": self.name})


# Objects whose keys are no names of numbers but labels.
_LABELS = {"brokers": "broker", "topics": "topic", "partitions": "partition"}


def _samples(values: Mapping[str, Any], path: list[str], labels: dict[str, str]) -> Iterator[Sample]:
    for key, value in values.items():
        way = [*path, key]
        if isinstance(value, str):
            yield Sample(_name(way), {**labels, "value": value}, 1.0)
        elif key in _LABELS:
            for label, one in value.items():
                yield from _samples(one, way, {**labels, _LABELS[key]: label})
        elif isinstance(value, Mapping):
            # Which partitions a broker has says each partition's "broker".
            if key != "toppars":
                yield from _samples(value, way, labels)
        elif value is not None:
            yield Sample(_name(way), labels, float(value))


def _name(path: list[str]) -> str:
    return re.sub(r"[^a-z0-9_]", "_", "_".join(path).lower())


def _made(kind: type[T], values: Mapping[str, Any], **more: Any) -> T:
    """An object with those of the values that it has a field for."""
    known: dict[str, Any] = {field.name: values[field.name] for field in fields(kind) if field.name in values}  # type: ignore[arg-type]
    for name in ("int_latency", "outbuf_latency", "rtt", "throttle", "batchsize", "batchcnt"):
        if name in known:
            known[name] = _made(Window, known[name])
    return kind(**{**known, **more})


def parsed(text: bytes) -> Metrics:
    """What librdkafka's JSON says."""
    values = json.loads(text)
    brokers = {name: _made(Broker, broker) for name, broker in values.get("brokers", {}).items()}
    topics = {}
    for name, topic in values.get("topics", {}).items():
        # The one of number -1 has what waits for a partition to be chosen.
        partitions = {int(number): _made(Partition, one) for number, one in topic.get("partitions", {}).items()}
        topics[name] = _made(Topic, topic, partitions=partitions)
    return _made(
        Metrics,
        values,
        brokers=brokers,
        topics=topics,
        cgrp=_made(ConsumerGroup, values["cgrp"]) if "cgrp" in values else None,
        eos=_made(Eos, values["eos"]) if "eos" in values else None,
        raw=values,
    )


# What was made of the statistics of each client that was asked: the number of them, and the object.
_latest: weakref.WeakKeyDictionary[Any, tuple[int, Metrics]] = weakref.WeakKeyDictionary()


def _of(client: Any, number: int, text: bytes) -> Metrics:
    """What `metrics()` of a client returns: each text is read once."""
    known = _latest.get(client)
    if known is None or known[0] < number:
        known = _latest[client] = (number, parsed(text))
    return known[1]
