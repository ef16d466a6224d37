"""Random programs that end in the middle of what their clients do.

    python pytests/exit_sequences.py FIRST COUNT [PYTHON ...]

runs the programs FIRST to FIRST + COUNT - 1 on each of these interpreters, against one mock cluster, two side by side,
and says which of them crashed, hung, or ended with another status than they asked for. The same number is the same
program, but for how far its threads have come when it ends.

    python pytests/exit_sequences.py --one SERVERS TOPIC NUMBER

is one such program.
"""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable

STATUS = 7
"""What a program ends with that ends by an exit of its own."""


class Program:
    """Some clients, threads inside their calls, and an end at a moment that nobody chose."""

    def __init__(self, servers: str, topic: str, number: int) -> None:
        self.random = random.Random(number)
        self.servers = servers
        self.topic = topic
        self.name = f"exit-{number}-{os.getpid()}"
        self.begun = threading.Event()
        self.kept: list[Any] = []
        choose = self.random.choice
        self.kinds = choose(
            [
                ["producer"],
                ["consumer"],
                ["consumer"],
                ["producer", "consumer"],
                ["transactional"],
                ["oauth"],
                ["admin"],
                ["admin", "transactional", "oauth"],
            ]
        )
        self.threads = choose([0, 1, 1, 3])
        self.are_daemons = choose([True, True, True, False])
        self.end = choose(["return", "return", "exit", "raise", "_exit", "callback", "thread", "signal", "signal"])
        self.signal = choose([signal.SIGTERM, signal.SIGINT, signal.SIGALRM])
        self.at_exit = choose([0, 0, 1, 3])
        self.has_finalizers = choose([False, True])
        self.slow = choose([0, 0, 0.001, 0.05])
        self.patience = choose([0, 0.002, 0.02, 0.2, 0.6, 4])
        self.drops = choose([False, False, True])

    def statuses(self) -> set[int]:
        """What it may end with."""
        if self.end == "raise":
            # A Python that nobody has caught Ctrl-C in ends by that signal.
            return {-signal.SIGINT, 128 + signal.SIGINT}
        if self.end == "signal":
            # It may come when all is over, or while what it raises is told of and forgotten.
            return {0, STATUS, -self.signal, 128 + self.signal}
        if self.end == "callback":
            # Nobody knows whether one runs, nor on which thread.
            return {0, STATUS}
        is_exit_of_the_program = self.end in ("exit", "_exit") or (self.end == "thread" and not self.threads)
        return {STATUS} if is_exit_of_the_program else {0}

    def callback(self, *_arguments: Any) -> None:
        if self.slow:
            time.sleep(self.slow)
        if self.end == "callback":
            sys.exit(STATUS)

    def producer(self) -> Any:
        from mapr_streams_python import Producer

        return Producer(
            {
                "bootstrap.servers": self.servers,
                "linger.ms": self.random.choice([0, 1, 500]),
                "statistics.interval.ms": self.random.choice([0, 5]),
                "stats_cb": self.callback,
                "on_delivery": self.callback,
                "log_level": 0,
            }
        )

    def transactional(self) -> Any:
        from mapr_streams_python import Producer

        callbacks = {"stats_cb": self.callback, "on_delivery": self.callback}
        properties = {"statistics.interval.ms": self.random.choice([0, 5]), "log_level": 0, **callbacks}
        return Producer({"bootstrap.servers": self.servers, "transactional.id": self.name, **properties})

    def oauth(self) -> Any:
        from mapr_streams_python import Producer

        def token(config: str) -> tuple[str, float]:
            self.callback()
            return "token", time.time() + 0.5

        return Producer(
            {
                "bootstrap.servers": self.servers,
                "security.protocol": "sasl_plaintext",
                "sasl.mechanism": "OAUTHBEARER",
                "oauth_cb": token,
                "log_level": 0,
            }
        )

    def admin(self) -> Any:
        from mapr_streams_python.admin import AdminClient

        return AdminClient({"bootstrap.servers": "127.0.0.1:1", "log_level": 0})

    def ask(self, client: Any) -> None:
        timeout = self.random.choice([0.01, 0.1, 5])
        for future in client.delete_topics(["t"], request_timeout=timeout).values():
            future.add_done_callback(self.callback)
            self.kept.append(future)

    def transact(self, producer: Any) -> None:
        with producer.transaction(timeout=5):
            producer.produce(self.topic, b"v")
            if self.slow:
                raise ValueError

    def consumer(self) -> Any:
        from mapr_streams_python import Consumer

        strategy = self.random.choice(["range", "range", "cooperative-sticky"])
        # librdkafka's mock cluster aborts where members of one group have different ones in front.
        consumer = Consumer(
            {
                "bootstrap.servers": self.servers,
                "group.id": f"shared {strategy}" if self.random.random() < 0.3 else self.name,
                "auto.offset.reset": "earliest",
                "session.timeout.ms": 6000,
                "heartbeat.interval.ms": 100,
                "partition.assignment.strategy": strategy,
                "statistics.interval.ms": self.random.choice([0, 5]),
                "stats_cb": self.callback,
                "on_commit": self.callback,
                "log_level": 0,
            }
        )
        consumer.subscribe([self.topic], on_assign=self.callback, on_revoke=self.callback)
        return consumer

    def produce(self, producer: Any) -> None:
        for index in range(self.random.choice([1, 50, 2000])):
            producer.produce(self.topic, b"v%d" % index)
            if index % 100 == 0:
                producer.poll(0)

    def calls(self, client: Any) -> list[Callable[[], object]]:
        if hasattr(client, "delete_topics"):
            return [
                lambda: self.ask(client),
                lambda: self.ask(client),
                lambda: client.poll(0.1),
                lambda: self.kept[-1].result(1),
                lambda: client.close(),
            ]
        if hasattr(client, "flush"):
            return [
                lambda: client.init_transactions(5),
                lambda: self.transact(client),
                lambda: self.produce(client),
                lambda: self.produce(client),
                lambda: client.poll(0.1),
                lambda: client.poll(5),
                lambda: client.flush(5),
                lambda: client.purge(),
                lambda: client.list_topics(timeout=5),
                lambda: client.close(5),
            ]
        return [
            lambda: client.poll(0.1),
            lambda: client.poll(5),
            lambda: client.poll(5),
            lambda: self.kept.extend(client.consume(100, 0.3)),
            lambda: client.commit(),
            lambda: client.assignment(),
            lambda: client.subscribe([self.topic], on_assign=self.callback),
            lambda: client.unsubscribe(),
            lambda: client.list_topics(timeout=5),
            lambda: client.close(),
        ]

    def use(self, client: Any, seed: int) -> None:
        chance = random.Random(seed)
        calls = self.calls(client)
        self.begun.set()
        for _ in range(chance.randint(1, 5)):
            # Closed, a full queue, refused: what a call raises is not the question.
            with contextlib.suppress(Exception):
                chance.choice(calls)()
        if self.end == "thread":
            sys.exit(STATUS)

    def prepare_end(self, clients: list[Any]) -> None:
        """Functions at exit, finalizers that raise, and the signal."""

        def handler(number: int, frame: object) -> None:
            sys.exit(STATUS)

        class Ends:
            def __del__(self, use: Callable[[], None] = lambda: self.use_at_end(clients)) -> None:
                use()
                raise ValueError

        for _ in range(self.at_exit):
            atexit.register(self.use_at_end, clients)
        if self.has_finalizers:
            self.kept.append(Ends())
            globals()["ends"] = Ends()
        if self.end == "signal":
            if self.random.random() < 0.5:
                signal.signal(self.signal, handler)
            timer = threading.Timer(self.random.random(), os.kill, (os.getpid(), self.signal))
            timer.daemon = True
            timer.start()

    def use_at_end(self, clients: list[Any]) -> None:
        for client in clients:
            call = self.random.choice(self.calls(client))
            with contextlib.suppress(Exception):
                call()

    def run(self) -> None:
        clients = [getattr(self, kind)() for kind in self.kinds]
        self.prepare_end([] if self.drops else list(clients))
        for client in clients:
            for _ in range(self.threads):
                seed = self.random.random()
                thread = threading.Thread(target=self.use, args=(client, seed), daemon=self.are_daemons)
                thread.start()
        if self.threads:
            self.begun.wait()
            time.sleep(self.random.random() * self.patience)
        else:
            for client in clients:
                self.use(client, self.random.random())
        if self.drops:
            del client, clients
        else:
            self.kept.extend(clients)
        if self.end == "exit":
            sys.exit(STATUS)
        if self.end == "raise":
            raise KeyboardInterrupt
        if self.end == "_exit":
            os._exit(STATUS)


def run_one(python: str, servers: str, topic: str, number: int, timeout: float) -> str | None:
    """Run a program. What it did wrong, or None."""
    import mapr_streams_python

    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    environ["PYTHONPATH"] = str(Path(mapr_streams_python.__file__).parents[1])
    command = [python, "-B", "-s", "-X", "faulthandler", __file__, "--one", servers, topic, str(number)]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            printed, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            printed, _ = process.communicate()
            return f"hangs:\n{printed}"
    if process.returncode in Program(servers, topic, number).statuses() and "Fatal Python error" not in printed:
        return None
    return f"ended with {process.returncode}:\n{printed}"


def run_all(servers: str, topic: str, numbers: Iterable[int], pythons: Iterable[str], timeout: float) -> list[str]:
    """Run programs on interpreters, two side by side. What they did wrong."""
    tries = [(python, number) for number in numbers for python in pythons]

    def run(task: tuple[str, int]) -> str | None:
        python, number = task
        problem = run_one(python, servers, topic, number, timeout)
        return problem and f"program {number} on {python} {problem}"

    with ThreadPoolExecutor(2) as pool:
        return [problem for problem in pool.map(run, tries) if problem]


def main(first: str, count: str, *pythons: str) -> None:
    from mapr_streams_python import KafkaException
    from mapr_streams_python.testing import MockCluster, unique_name

    with MockCluster(brokers=1) as cluster:
        with contextlib.suppress(KafkaException):
            cluster.set_group_initial_rebalance_delay(0.1)
        topic = unique_name("exit")
        cluster.create_topic(topic, partitions=2)
        numbers = range(int(first), int(first) + int(count))
        problems = run_all(cluster.bootstrap_servers, topic, numbers, pythons or [sys.executable], 120)
    for problem in problems:
        print(problem, flush=True)
    print(len(problems), "problems", flush=True)
    os._exit(bool(problems))


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        faulthandler.enable()
        Program(sys.argv[2], sys.argv[3], int(sys.argv[4])).run()
    else:
        main(*sys.argv[1:])
