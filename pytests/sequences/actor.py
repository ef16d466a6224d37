"""The process in which a sequence of calls runs: it is asked for one call after the other, and may die of any.

    python actor.py SOCKET

makes a process that has imported the package and waits. Each line that it reads on standard input forks an actor,
which connects to SOCKET, reads calls as lines of JSON, and answers each with a line; the process itself prints the
status that the actor ended with. The fork comes before any client, as in every server that forks.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import socket
import sys
import threading
import time
import traceback
from typing import Any

from mapr_streams_python import Consumer, KafkaException, Producer, TopicPartition

# What a call may raise: the states that a program can bring a client into are told by these.
ALLOWED = (KafkaException, RuntimeError, BufferError, ValueError, TypeError)


class Actor:
    """Clients by name, and the calls that a sequence is made of."""

    def __init__(self) -> None:
        self.clients: dict[str, Any] = {}
        self.commits: list[Any] = []
        self.reports = 0

    # Making clients

    def producer(self, name: str, config: dict[str, Any]) -> None:
        self.clients[name] = Producer(config)

    def consumer(self, name: str, config: dict[str, Any]) -> None:
        self.clients[name] = Consumer({**config, "on_commit": self.on_commit})

    def on_commit(self, error: Any, partitions: Any) -> None:
        self.commits.append((error, partitions))

    # What callbacks do meanwhile

    def inside(self, name: str, calls: list[Any]) -> Any:
        def callback(*arguments: Any) -> None:
            self.reports += 1
            for call in calls:
                self.run(call)

        return callback if calls else None

    # Calls

    def produce(self, name: str, topic: str, size: int, inside: list[Any]) -> None:
        callback = self.inside(name, inside)
        self.clients[name].produce(topic, b"v" * size, key=str(size), on_delivery=callback)

    def subscribe(self, name: str, topics: list[str], on_assign: list[Any], on_revoke: list[Any]) -> None:
        callbacks = {"on_assign": self.inside(name, on_assign), "on_revoke": self.inside(name, on_revoke)}
        self.clients[name].subscribe(topics, **{key: value for key, value in callbacks.items() if value})

    def with_partitions(self, name: str, method: str, partitions: list[Any], *rest: Any) -> None:
        getattr(self.clients[name], method)([TopicPartition(*partition) for partition in partitions], *rest)

    def with_partition(self, name: str, method: str, partition: list[Any], *rest: Any) -> None:
        getattr(self.clients[name], method)(TopicPartition(*partition), *rest)

    def plain(self, name: str, method: str, *arguments: Any, **keywords: Any) -> None:
        getattr(self.clients[name], method)(*arguments, **keywords)

    def length(self, name: str) -> None:
        len(self.clients[name])

    def until_assigned(self, name: str) -> None:
        consumer = self.clients[name]
        deadline = time.monotonic() + 5
        while not consumer.assignment() and time.monotonic() < deadline:
            consumer.poll(0.05)

    def commit_between_polls(self, name: str) -> None:
        """Commits without waiting, goes on polling, and sees that no message of after the commit was committed."""
        consumer = self.clients[name]
        if not consumer.assignment() or consumer.poll(2) is None:
            return
        stored = {(p.topic, p.partition): p.offset for p in consumer.position(consumer.assignment())}
        self.commits.clear()
        consumer.commit()
        deadline = time.monotonic() + 3
        while not self.commits and time.monotonic() < deadline:
            consumer.poll(0.01)
        for error, partitions in self.commits[:1]:
            for partition in partitions if error is None else []:
                at_most = stored.get((partition.topic, partition.partition), partition.offset)
                assert partition.offset <= at_most, f"{partition} was committed, and {at_most} was stored"

    def drop(self, name: str) -> None:
        del self.clients[name]
        gc.collect()

    def together(self, *calls: Any) -> None:
        """Two calls at a time, each in a thread of its own."""
        failures: list[BaseException] = []

        def one(call: Any) -> None:
            try:
                self.run(call)
            except BaseException as failure:
                failures.append(failure)

        threads = [threading.Thread(target=one, args=(call,)) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]

    def run(self, call: list[Any]) -> str:
        """Makes a call. - Returns: what came of it."""
        method, arguments, keywords = call
        if method in CALLS_ON_CLIENTS and arguments[0] not in self.clients:
            return "no such client"
        try:
            getattr(self, method)(*arguments, **keywords)
        except ALLOWED as refused:
            return f"{type(refused).__name__}: {refused}"
        return "done"


CALLS_ON_CLIENTS = {
    "produce",
    "subscribe",
    "with_partitions",
    "with_partition",
    "plain",
    "length",
    "until_assigned",
    "commit_between_polls",
    "drop",
}


def act(path: str) -> None:
    """Serves one sequence, until the other side hangs up: then the process ends, whatever the clients are doing."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    actor = Actor()
    with connection, connection.makefile("rw") as lines:
        for line in lines:
            try:
                answer = [actor.run(json.loads(line)), None]
            except BaseException:
                answer = [None, traceback.format_exc()]
            lines.write(json.dumps(answer) + "\n")
            lines.flush()


def main(path: str) -> None:
    faulthandler.enable()
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            return act(path)
        print(child, flush=True)
        print(os.waitpid(child, 0)[1], flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
