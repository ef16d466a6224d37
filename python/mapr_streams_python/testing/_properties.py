"""The server.properties of one node of a `KafkaServer`, and the properties of its clients."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ._certificates import Certificates
from ._ports import CONTROLLER, LISTENERS
from ._token import unsecured_token

USERS: dict[str, str] = {"alice": "alice-secret", "bob": "bob-secret", "admin": "admin-secret"}
"""The users of a `KafkaServer` and their passwords. ``admin`` is a super user."""

_LOGIN_MODULE = "org.apache.kafka.common.security"


def server_properties(
    node: int, ports: list[dict[str, int]], folder: Path, certificates: Certificates, extra: Mapping[str, str]
) -> str:
    """Return the text of a node's server.properties.

    Args:
        node: the node's id; ids begin at 1.
        ports: the ports of the listeners of every node of the cluster.
        folder: where the node keeps its data.
        certificates: of its TLS listeners.
        extra: properties that are added, or take the place of ours.
    """
    own = ports[node - 1]
    listeners = ",".join(f"{name.upper()}://127.0.0.1:{own[name]}" for name in LISTENERS)
    protocols = ",".join(f"{name.upper()}:{protocol}" for name, protocol in LISTENERS.items())
    voters = ",".join(f"{number}@127.0.0.1:{other[CONTROLLER]}" for number, other in enumerate(ports, 1))
    replicas = min(3, len(ports))
    in_sync = min(2, replicas)
    lines: dict[str, object] = {
        "process.roles": "broker,controller",
        "node.id": node,
        "controller.quorum.voters": voters,
        "listeners": f"{listeners},{CONTROLLER.upper()}://127.0.0.1:{own[CONTROLLER]}",
        "advertised.listeners": listeners,
        "listener.security.protocol.map": f"{CONTROLLER.upper()}:PLAINTEXT,{protocols}",
        "controller.listener.names": CONTROLLER.upper(),
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": folder / "data",
        "default.replication.factor": replicas,
        "min.insync.replicas": in_sync,
        # The internal topics are as small as they may be: their first user waits for them.
        "offsets.topic.num.partitions": 5,
        "offsets.topic.replication.factor": replicas,
        "transaction.state.log.num.partitions": 5,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": in_sync,
        "share.coordinator.state.topic.replication.factor": replicas,
        "share.coordinator.state.topic.min.isr": in_sync,
        # Tests wait for these: groups form at once, and a node that was killed is given up after seconds.
        "group.initial.rebalance.delay.ms": 0,
        # What a test has written stays, however old its time stamps are: by default a broker deletes it after minutes.
        "log.retention.ms": -1,
        "broker.heartbeat.interval.ms": 500,
        "broker.session.timeout.ms": 3000,
        # A user may do what no ACL forbids, until there is an ACL for that resource.
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "true",
        "super.users": "User:ANONYMOUS;User:admin",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": certificates.broker,
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": certificates.ca,
        "listener.name.mutual_ssl.ssl.client.auth": "required",
    }
    for listener in ("sasl_plaintext", "sasl_ssl"):
        lines.update(_sasl_properties(f"listener.name.{listener}"))
    lines.update(extra)
    return "".join(f"{name}={value}\n" for name, value in lines.items())


def client_properties(
    servers: str, listener: str, certificates: Certificates, mechanism: str, user: str
) -> dict[str, Any]:
    """Return the properties with which a client connects to a listener.

    Args:
        servers: ``host:port`` of the listener at each node.
        listener: its name.
        certificates: of listeners with TLS.
        mechanism: of listeners with SASL.
        user: one of `USERS`, for listeners with SASL.
    """
    protocol = LISTENERS[listener]
    config: dict[str, Any] = {"bootstrap.servers": servers, "security.protocol": protocol}
    if protocol.endswith("SSL"):
        config["ssl.ca.location"] = str(certificates.ca)
    if listener == "mutual_ssl":
        config["ssl.certificate.location"] = str(certificates.client)
        config["ssl.key.location"] = str(certificates.client_key)
    if protocol.startswith("SASL"):
        config["sasl.mechanism"] = mechanism
        if mechanism == "OAUTHBEARER":
            config["oauth_cb"] = lambda _config: unsecured_token(user)
        else:
            config.update({"sasl.username": user, "sasl.password": USERS[user]})
    return config


def _sasl_properties(prefix: str) -> dict[str, str]:
    users = " ".join(f'user_{user}="{password}"' for user, password in USERS.items())
    scram = f"{_LOGIN_MODULE}.scram.ScramLoginModule required;"
    return {
        f"{prefix}.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
        f"{prefix}.plain.sasl.jaas.config": f"{_LOGIN_MODULE}.plain.PlainLoginModule required {users};",
        f"{prefix}.scram-sha-256.sasl.jaas.config": scram,
        f"{prefix}.scram-sha-512.sasl.jaas.config": scram,
        # Without a validator of its own the broker takes unsecured tokens; the module wants a subject all the same.
        f"{prefix}.oauthbearer.sasl.jaas.config": f"{_LOGIN_MODULE}.oauthbearer.OAuthBearerLoginModule required "
        'unsecuredLoginStringClaim_sub="admin";',
    }
