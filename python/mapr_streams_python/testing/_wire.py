"""The few requests of Kafka's protocol that are for one broker alone, as no client of librdkafka's sends them.

What a node that has just started knows of the cluster and its topics, and which requests a broker understands. They are
sent in versions whose encoding is the old one, without tagged fields, which Kafka 2.1 to 4.x serve.
"""

from __future__ import annotations

import socket
import struct
from typing import NamedTuple

_API_VERSIONS = 18
_METADATA, _METADATA_VERSION = 3, 4
_LOOPBACK = "127.0.0.1"


class PartitionState(NamedTuple):
    """A partition as one broker knows it."""

    leader: int  # -1: none
    replicas: list[int]
    in_sync: list[int]


class ClusterState(NamedTuple):
    """A cluster as one broker knows it."""

    brokers: list[int]
    topics: dict[str, dict[int, PartitionState]]


class _Reader:
    """Reads the fields of an answer one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def _number(self, code: str) -> int:
        value: int
        (value,) = struct.unpack_from(">" + code, self._data, self._at)
        self._at += struct.calcsize(">" + code)
        return value

    def int8(self) -> int:
        return self._number("b")

    def int16(self) -> int:
        return self._number("h")

    def int32(self) -> int:
        return self._number("i")

    def string(self) -> str | None:
        length = self.int16()
        if length < 0:
            return None
        text = self._data[self._at : self._at + length].decode()
        self._at += length
        return text

    def int32s(self) -> list[int]:
        return [self.int32() for _ in range(self.int32())]


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">h", len(data)) + data


def _ask(port: int, key: int, version: int, body: bytes, timeout: float, host: str = _LOOPBACK) -> _Reader:
    """Send one request to the broker at this port. OSError when it does not answer in time."""
    request = struct.pack(">hhi", key, version, 1) + _string("mapr_streams_python.testing") + body
    with socket.create_connection((host, port), timeout) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        with connection.makefile("rb") as stream:
            head = stream.read(4)
            answer = stream.read(*struct.unpack(">i", head)) if len(head) == 4 else b""
    if len(answer) < 4:
        raise ConnectionResetError(f"the broker at port {port} closed the connection")
    reader = _Reader(answer)
    reader.int32()  # the request's number
    return reader


def cluster_state(port: int, topics: tuple[str, ...] = (), timeout: float = 5.0, host: str = _LOOPBACK) -> ClusterState:
    """Ask the broker at this port for the running brokers and for these topics.

    Args:
        port: the broker's port.
        topics: topic names; one that does not exist is left out of the answer.
        timeout: seconds for connecting, and for the answer.
        host: the broker's host.
    """
    names = struct.pack(">i", len(topics)) + b"".join(map(_string, topics))
    answer = _ask(port, _METADATA, _METADATA_VERSION, names + b"\0", timeout, host)
    answer.int32()  # throttling time
    brokers = []
    for _ in range(answer.int32()):
        brokers.append(answer.int32())
        _host, _port, _rack = answer.string(), answer.int32(), answer.string()
    _cluster_id, _controller = answer.string(), answer.int32()
    found: dict[str, dict[int, PartitionState]] = {}
    for _ in range(answer.int32()):
        error, name, _internal = answer.int16(), answer.string() or "", answer.int8()
        partitions = {}
        for _ in range(answer.int32()):
            answer.int16()  # the partition's error, which a leader of -1 tells as well
            index, leader = answer.int32(), answer.int32()
            partitions[index] = PartitionState(leader, answer.int32s(), answer.int32s())
        if error == 0:
            found[name] = partitions
    return ClusterState(sorted(brokers), found)


def topic_names(port: int, timeout: float) -> list[str]:
    """Ask the broker at this port of loopback for the names of its topics, in a version that every mock cluster knows.

    Those that it reports an error for, as that their names are illegal, are left out.

    Args:
        port: the broker's port.
        timeout: seconds for connecting, and for the answer.
    """
    answer = _ask(port, _METADATA, 1, struct.pack(">i", -1), timeout)
    for _ in range(answer.int32()):
        _id, _host, _port, _rack = answer.int32(), answer.string(), answer.int32(), answer.string()
    _controller = answer.int32()
    names = []
    for _ in range(answer.int32()):
        error, name, _internal = answer.int16(), answer.string() or "", answer.int8()
        if error == 0:
            names.append(name)
        for _ in range(answer.int32()):
            _error, _index, _leader = answer.int16(), answer.int32(), answer.int32()
            _replicas, _in_sync = answer.int32s(), answer.int32s()
    return names


def api_versions(port: int, timeout: float = 10.0, host: str = _LOOPBACK) -> dict[int, tuple[int, int]]:
    """Ask the broker at this port for the lowest and the highest version of each request, by its API key.

    Args:
        port: the broker's port.
        timeout: seconds for connecting, and for the answer.
        host: where the broker is.
    """
    answer = _ask(port, _API_VERSIONS, 0, b"", timeout, host)
    answer.int16()  # error
    return {answer.int16(): (answer.int16(), answer.int16()) for _ in range(answer.int32())}
