"""Random sequences of calls on consumers of groups, each ended by a close, a drop, or the end of the process.

    python pytests/group_sequences.py SERVERS FIRST COUNT [STRATEGY]

runs the sequences FIRST to FIRST + COUNT - 1 side by side, on the topics a and b, and prints `ended` when all have come
to their end. The same number is the same sequence. A call may be refused; it may not end or stop the process.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import os
import random
import sys
import threading
import time
from typing import Any

from mapr_streams_python import Consumer, KafkaException, TopicPartition

TOPICS = ["a", "b"]
survivors: list[Consumer] = []


class Sequence:
    """One consumer, what it is asked, and how it ends."""

    def __init__(self, servers: str, number: int, strategy: str) -> None:
        self.random = random.Random(number)
        self.number = number
        self.log: list[str] = []
        choose = self.random.choice
        self.consumer = Consumer(
            {
                "bootstrap.servers": servers,
                "group.id": f"group-{number}-{time.time()}",
                "auto.offset.reset": "earliest",
                "session.timeout.ms": 6000,
                "log_level": 0,
                "partition.assignment.strategy": strategy,
                "streams.compatibility": choose(["mapr", "kafka"]),
                "enable.auto.commit": choose([True, False]),
                "on_commit": lambda error, partitions: None,
                "error_cb": lambda error: None,
            }
        )
        self.listens = choose([True, False])
        self.threads = choose([1, 1, 2])
        self.end = choose(["close", "close", "close", "drop", "exit"])
        self.calls = self.random.randint(2, 9)

    def partitions(self) -> list[TopicPartition]:
        return [TopicPartition(self.random.choice(TOPICS), self.random.randint(0, 1), self.random.randint(0, 5))]

    def on_rebalance(self, consumer: Any, partitions: list[TopicPartition]) -> None:
        if self.random.random() < 0.3:
            self.call(self.random.choice(["subscribe", "unsubscribe", "pause", "seek", "commit", "assign", "unassign"]))

    def call(self, name: str) -> None:
        self.log.append(name)
        consumer = self.consumer
        with contextlib.suppress(KafkaException, RuntimeError):
            if name == "subscribe":
                listeners = {"on_assign": self.on_rebalance, "on_revoke": self.on_rebalance} if self.listens else {}
                consumer.subscribe(self.random.choice([["a"], ["b"], ["a", "b"], ["^b"], ["missing"]]), **listeners)
            elif name in ("assign", "seek", "pause", "resume", "incremental_assign", "incremental_unassign"):
                partitions = self.partitions()
                getattr(consumer, name)(partitions[0] if name == "seek" else partitions)
            elif name == "commit offsets":
                consumer.commit(offsets=self.partitions())
            elif name == "poll":
                consumer.poll(self.random.choice([0, 0.01, 0.3]))
            elif name == "poll until assigned":
                deadline = time.monotonic() + 4
                while not consumer.assignment() and time.monotonic() < deadline:
                    consumer.poll(0.05)
            else:
                getattr(consumer, name)()

    def run_calls(self) -> None:
        names = ["subscribe"] * 4 + ["unsubscribe"] * 2 + ["poll until assigned"] * 2 + ["poll"] * 3
        names += ["assign", "unassign", "incremental_assign", "incremental_unassign", "seek", "pause", "resume"]
        names += ["commit", "commit offsets", "memberid", "assignment"]
        if self.random.random() < 0.6:
            # Most faults are those of a group that has formed.
            self.call("subscribe")
            self.call("poll until assigned")
        for _ in range(self.calls):
            self.call(self.random.choice(names))
        if self.random.random() < 0.3:
            self.call("subscribe")

    def run(self) -> None:
        others = [threading.Thread(target=self.run_calls) for _ in range(self.threads - 1)]
        for thread in others:
            thread.start()
        self.run_calls()
        ends_beside_others = self.random.random() < 0.5
        if not ends_beside_others:
            for thread in others:
                thread.join()
        if self.end == "close":
            self.log.append("close")
            self.consumer.close()
        elif self.end == "exit":
            survivors.append(self.consumer)
        for thread in others:
            thread.join()
        del self.consumer


def main(servers: str, first: str, count: str, strategy: str = "range,roundrobin") -> None:
    sequences = [Sequence(servers, int(first) + index, strategy) for index in range(int(count))]
    threads = [threading.Thread(target=sequence.run) for sequence in sequences]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 300
    for thread, sequence in zip(threads, sequences):
        thread.join(max(0, deadline - time.monotonic()))
        if thread.is_alive():
            print("sequence", sequence.number, "hangs:", sequence.log, flush=True)
            faulthandler.dump_traceback()
            os._exit(1)
    threads.clear()
    sequences.clear()
    gc.collect()
    print("ended", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
