"""A real Apache Kafka on loopback, from a distribution on disk."""

from __future__ import annotations

import atexit
import os
import signal
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Callable

from ..cimpl import TimeoutException
from ..kafka.admin import AdminClient, NewTopic
from ._certificates import Certificates, make_certificates
from ._distribution import Distribution, new_cluster_id
from ._mock_handle import whole_number
from ._names import check_topic_name
from ._node_files import NodeFiles
from ._ports import LISTENERS, ReservedPorts
from ._processes import Processes
from ._properties import USERS, client_properties, server_properties
from ._waiting import wait_for
from ._wire import ClusterState, PartitionState, cluster_state

# Of silence: a node that starts on a busy machine is slow, but goes on writing to its log.
_START_TIMEOUT = 300.0
_STOP_TIMEOUT = 60.0
_TOPIC_TIMEOUT = 30.0
_ANSWER_TIMEOUT = 30.0
_ATTEMPTS = 3


class _PortTaken(RuntimeError):
    """Another program has taken one of our ports since we looked."""


class KafkaServer:
    """An Apache Kafka cluster (KRaft) for tests, in a temporary folder and on free ports of loopback.

    The cluster is up when the constructor returns: after some 7 seconds for one node on two cores, 15 for three. It
    is stopped, and its folder removed, by `close()`, at the end of a ``with`` block, and at the latest when this
    process ends, whatever ends it. Needs Java 17 or newer and openssl, on Linux or macOS.

    Every node is broker and controller, has an id from 1 on, and these listeners:

    - ``plaintext``: no authentication; every client is ``User:ANONYMOUS``, a super user.
    - ``ssl``: TLS without client certificates; every client is ``User:ANONYMOUS``.
    - ``mutual_ssl``: TLS that wants a client certificate, as that of `certificates`, which is ``User:CN=client``.
    - ``sasl_plaintext``: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER (unsecured tokens) for `USERS`.
    - ``sasl_ssl``: the same over TLS.

    Access control is on and open: a user may do what no ACL forbids, until there is an ACL for that resource.

    Args:
        nodes: how many nodes the cluster has.
        home: the folder of an Apache Kafka distribution, 3.7 or newer: the one with ``bin/kafka-server-start.sh``.
            Default: the environment variable KAFKA_HOME.
        properties: more server properties for every node; they win over those that this class sets.

    Raises:
        RuntimeError: there is no distribution, Java or openssl, or a node does not start; the message says why.
    """

    def __init__(
        self,
        nodes: int = 1,
        home: str | os.PathLike[str] | None = None,
        *,
        properties: Mapping[str, str] | None = None,
    ) -> None:
        if nodes < 1:
            raise ValueError(f"nodes must be at least 1, not {nodes}")
        self._distribution = Distribution(home)
        self._closed = False
        for attempt in range(1, _ATTEMPTS + 1):
            self._pids: dict[int, int | None] = {node: None for node in range(1, nodes + 1)}
            self._paused: set[int] = set()
            self._folder = Path(tempfile.mkdtemp(prefix="kafka-server-"))
            self._files = NodeFiles(self._folder, nodes)
            self._processes = Processes(self._folder)
            self._reserved = ReservedPorts(nodes)
            try:
                self._start(properties or {})
                break
            except BaseException as error:
                self._reserved.close()
                self._processes.close()
                if not isinstance(error, _PortTaken) or attempt == _ATTEMPTS:
                    raise
        atexit.register(self.close)

    @property
    def bootstrap_servers(self) -> str:
        """The value for a client's ``bootstrap.servers``: ``host:port`` of every node's plaintext listener."""
        return self.listener("plaintext")

    def listener(self, name: str) -> str:
        """Return ``host:port`` of one listener of every node, separated by commas.

        Args:
            name: ``'plaintext'``, ``'ssl'``, ``'mutual_ssl'``, ``'sasl_plaintext'`` or ``'sasl_ssl'``.
        """
        if name not in LISTENERS:
            raise ValueError(f"listener must be one of {', '.join(LISTENERS)}, not {name!r}")
        return ",".join(f"127.0.0.1:{ports[name]}" for ports in self._ports)

    @property
    def nodes(self) -> list[int]:
        """The ids of all nodes, running or not."""
        return list(self._pids)

    @property
    def brokers(self) -> int:
        """How many nodes the cluster has, running or not."""
        return len(self._pids)

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    @property
    def certificates(self) -> Certificates:
        """PEM files for clients of the listeners with TLS."""
        return self._certificates

    def client_config(
        self, listener: str = "plaintext", mechanism: str = "PLAIN", user: str = "alice"
    ) -> dict[str, Any]:
        """Return the properties with which a client connects to a listener.

        Args:
            listener: ``'plaintext'``, ``'ssl'``, ``'mutual_ssl'``, ``'sasl_plaintext'`` or ``'sasl_ssl'``.
            mechanism: with ``sasl_…``: ``'PLAIN'``, ``'SCRAM-SHA-256'``, ``'SCRAM-SHA-512'`` or ``'OAUTHBEARER'``.
            user: with ``sasl_…``: one of `USERS`.
        """
        return client_properties(self.listener(listener), listener, self._certificates, mechanism, user)

    def create_topic(
        self,
        topic: str,
        partitions: int = 1,
        replication_factor: int = 1,
        *,
        properties: Mapping[str, str] | None = None,
    ) -> None:
        """Create a topic, and wait until every running node knows a leader for each of its partitions.

        Args:
            topic: the topic's name.
            partitions: number of partitions.
            replication_factor: on how many nodes each partition is.
            properties: properties of the topic, as ``{'retention.ms': '1000'}``.

        Raises:
            ValueError: Kafka would refuse the name, or a number is out of range.
            KafkaException: the cluster refuses, for example because the topic exists.
        """
        check_topic_name(topic)
        partitions = whole_number("partitions", partitions, 1, 2**31 - 1)
        replication_factor = whole_number("replication_factor", replication_factor, 1, 2**15 - 1)
        running = self._running()
        self._create(NewTopic(topic, partitions, replication_factor, config=properties))
        for node in running:
            self._await(node, partial(self._leads_all, node, topic, partitions), f"it knows no leaders of {topic}")

    def leader(self, topic: str, partition: int = 0) -> int:
        """Return the node that leads a partition, or -1 when none does.

        Raises:
            LookupError: there is no such topic or partition.
        """
        return self._partition(topic, partition).leader

    def in_sync(self, topic: str, partition: int = 0) -> list[int]:
        """Return the nodes that hold all of a partition: its in-sync replicas.

        Raises:
            LookupError: there is no such topic or partition.
        """
        return sorted(self._partition(topic, partition).in_sync)

    def kill(self, node: int) -> None:
        """End a node at once (SIGKILL), as a power cut would."""
        self._processes.signal(self._pid(node), signal.SIGKILL)
        self._wait_ended(node)

    def shut_down(self, node: int) -> None:
        """Stop a node cleanly (SIGTERM): it hands its leaderships over first."""
        pid = self._pid(node)
        if node in self._paused:
            raise RuntimeError(f"node {node} is paused")
        self._processes.signal(pid, signal.SIGTERM)
        self._wait_ended(node)

    def restart(self, node: int) -> None:
        """Start a node that was killed or shut down, on its old ports and data, and wait until it serves.

        It does when each node that runs says that it is part of the cluster.
        """
        self._check(node)
        if self._pids[node] is not None:
            raise RuntimeError(f"node {node} is running")
        self._launch(node)
        for running in self._running():
            self._await(running, partial(self._sees, running, node), f"node {node} has not joined the cluster")

    def pause(self, node: int) -> None:
        """Stop a node in its tracks (SIGSTOP): its connections stay open, and nothing answers."""
        pid = self._pid(node)
        self._paused.add(node)
        self._processes.pause(pid, _STOP_TIMEOUT)

    def resume(self, node: int) -> None:
        """Let a paused node go on (SIGCONT)."""
        self._processes.signal(self._pid(node), signal.SIGCONT)
        self._paused.discard(node)

    def restore(self) -> None:
        """Resume every node that is paused, restart every one that was killed or shut down, and wait for all.

        One that was paused for some seconds was given up by the others, and comes back after it goes on. None once
        closed.
        """
        if self._closed:
            return
        for node in sorted(self._paused):
            self.resume(node)
        ended = [node for node, pid in self._pids.items() if pid is None or self._has_ended(pid)]
        self._pids.update(dict.fromkeys(ended))
        for node in ended:
            self._launch(node)  # All of them at once: one alone may wait for others to elect a controller.
        self._await_all()

    def log(self, node: int) -> str:
        """Return what a node has written to its log, through all of its starts."""
        self._check(node)
        return self._files.read_log(node)

    def close(self) -> None:
        """Kill every node and remove the folder. A second call does nothing."""
        if not self._closed:
            self._closed = True
            atexit.unregister(self.close)
            self._processes.close()
            self._reserved.close()

    def __enter__(self) -> KafkaServer:
        self._running()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<KafkaServer {'closed' if self._closed else self.bootstrap_servers}>"

    # How nodes start and end.

    def _start(self, properties: Mapping[str, str]) -> None:
        self._certificates = make_certificates(self._folder / "tls")
        self._ports = self._reserved.of_nodes
        for node in self._pids:
            folder = self._files.folder(node)
            folder.mkdir()
            text = server_properties(node, self._ports, folder, self._certificates, properties)
            self._files.properties(node).write_text(text)
        self._format()
        for node in self._pids:
            self._launch(node)
        self._await_all()

    def _format(self) -> None:
        cluster_id = new_cluster_id()
        running = {
            node: self._run(self._distribution.format_command(self._files.properties(node), cluster_id, USERS), node)
            for node in self._pids
        }
        for node, pid in running.items():
            wait_for(partial(self._has_ended, pid), _START_TIMEOUT, "formatting the storage has not ended")
            if self._processes.status(pid) != 0:
                raise RuntimeError(f"formatting the storage of node {node} failed:\n{self._files.end_of_log(node)}")

    def _launch(self, node: int) -> None:
        self._pids[node] = self._run(self._distribution.start_command(self._files.properties(node)), node)

    def _run(self, command: list[str], node: int) -> int:
        environment = self._distribution.environment(self._files.folder(node) / "logs")
        return self._processes.start(command, environment, self._files.log(node))

    def _await(self, node: int, ready: Callable[[], bool], otherwise: str) -> None:
        """Wait until a node that was started is as wanted; if it does not get there, raise with the ends of all logs.

        Every node that was started is looked at: the one that is waited for may wait for another, which has ended.
        """

        def is_ready() -> bool:
            for other, pid in self._pids.items():
                if other == node or pid is not None:
                    self._check_started(other)
            try:
                return ready()
            except OSError:
                return False  # It does not listen yet, or does not answer yet.

        try:
            wait_for(is_ready, _START_TIMEOUT, otherwise, self._files.log_sizes)
        except TimeoutError as error:
            raise RuntimeError(f"node {node}: {error}:\n{self._files.ends_of_logs()}") from None

    def _await_all(self) -> None:
        for node in self._pids:
            self._await(node, partial(self._sees_all, node), "it does not see every node")

    def _check_started(self, node: int) -> None:
        pid = self._pids[node]
        if pid is None or self._has_ended(pid):
            self._pids[node] = None
            kind = _PortTaken if "Address already in use" in self._files.read_log(node) else RuntimeError
            raise kind(f"node {node} has ended:\n{self._files.end_of_log(node)}")

    def _wait_ended(self, node: int) -> None:
        wait_for(partial(self._has_ended, self._pid(node)), _STOP_TIMEOUT, f"node {node} has not ended")
        self._pids[node] = None
        self._paused.discard(node)

    def _has_ended(self, pid: int) -> bool:
        return self._processes.status(pid) is not None

    def _create(self, topic: NewTopic) -> None:
        # Brokers name any node that they take for alive as the one to ask, for some seconds one that is paused, too.
        for attempt in range(_ATTEMPTS, 0, -1):
            timeout = _TOPIC_TIMEOUT if attempt == 1 or not self._paused else _TOPIC_TIMEOUT / _ATTEMPTS
            with AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0}) as client:
                try:
                    return client.create_topics([topic], timeout=timeout)[topic.topic].result()
                except TimeoutException:
                    if attempt == 1 or not self._paused:
                        raise

    # What a node says of the cluster.

    def _state(self, node: int, *topics: str) -> ClusterState:
        return cluster_state(self._ports[node - 1]["plaintext"], topics, _ANSWER_TIMEOUT)

    def _sees(self, node: int, other: int) -> bool:
        return other in self._state(node).brokers

    def _sees_all(self, node: int) -> bool:
        return self._state(node).brokers == self.nodes

    def _leads_all(self, node: int, topic: str, partitions: int) -> bool:
        found = self._state(node, topic).topics.get(topic, {})
        return len(found) == partitions and all(partition.leader >= 0 for partition in found.values())

    def _partition(self, topic: str, partition: int) -> PartitionState:
        state = self._state(self._running()[0], topic)
        try:
            return state.topics[topic][partition]
        except KeyError:
            raise LookupError(f"no partition {partition} of topic {topic!r}") from None

    # Which nodes there are.

    def _running(self) -> list[int]:
        if self._closed:
            raise RuntimeError("KafkaServer closed")
        running = [node for node, pid in self._pids.items() if pid is not None and node not in self._paused]
        if not running:
            raise RuntimeError("no node of the cluster is running")
        return running

    def _check(self, node: int) -> None:
        if self._closed:
            raise RuntimeError("KafkaServer closed")
        if node not in self._pids:
            raise ValueError(f"no node {node}: there are {self.nodes}")

    def _pid(self, node: int) -> int:
        self._check(node)
        pid = self._pids[node]
        if pid is None:
            raise RuntimeError(f"node {node} is not running")
        return pid
