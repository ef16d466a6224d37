"""The types of all configuration properties, for type checkers.

    config: ProducerProperties = {"bootstrap.servers": "localhost:9092", "linger.ms": 5}
    producer = Producer(config)

A name that no client has, and a value of another type, are errors then. Clients take any other mapping too, and text in
place of numbers, which these types leave out.
"""

# Written by tools/property_types.py, from the table of librdkafka 2.16.0.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, Literal, Optional, TypedDict, Union

from . import ThrottleEvent
from .cimpl import Consumer, KafkaError, Message, TopicPartition
from .serialization import DeserializerBuilder, SerializationContext, SerializerBuilder

__all__ = [
    "ConsumerProperties",
    "DeserializingConsumerProperties",
    "ProducerProperties",
    "SerializingProducerProperties",
]

_List = Union[str, list[str], tuple[str, ...]]

_ClientProperties = TypedDict(
    "_ClientProperties",
    {
        "allow.auto.create.topics": bool,
        "api.version.fallback.ms": int,
        "api.version.request": bool,
        "api.version.request.timeout.ms": int,
        "bootstrap.servers": _List,
        "broker.address.family": Literal["any", "v4", "v6"],
        "broker.address.ttl": int,
        "broker.version.fallback": str,
        "builtin.features": _List,
        "client.dns.lookup": Literal["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"],
        "client.id": str,
        "client.rack": str,
        "connections.max.idle.ms": int,
        "debug": _List,
        "default.topic.config": Mapping[str, object],
        "enable.metrics.push": bool,
        "enable.random.seed": bool,
        "enable.sasl.oauthbearer.unsecure.jwt": bool,
        "enable.ssl.certificate.verification": bool,
        "enabled_events": int,
        "error_cb": Callable[[KafkaError], object],
        "https.ca.location": str,
        "https.ca.pem": str,
        "internal.termination.signal": int,
        "log.connection.close": bool,
        "log.queue": bool,
        "log.thread.name": bool,
        "log_level": int,
        "logger": object,
        "max.in.flight": int,
        "max.in.flight.requests.per.connection": int,
        "message.copy.max.bytes": int,
        "message.max.bytes": int,
        "metadata.broker.list": _List,
        "metadata.max.age.ms": int,
        "metadata.recovery.rebootstrap.trigger.ms": int,
        "metadata.recovery.strategy": Literal["none", "rebootstrap"],
        "oauth_cb": Callable[[str], tuple[Any, ...]],
        "plugin.library.paths": _List,
        "receive.message.max.bytes": int,
        "reconnect.backoff.jitter.ms": int,
        "reconnect.backoff.max.ms": int,
        "reconnect.backoff.ms": int,
        "retry.backoff.max.ms": int,
        "retry.backoff.ms": int,
        "sasl.kerberos.keytab": str,
        "sasl.kerberos.kinit.cmd": str,
        "sasl.kerberos.min.time.before.relogin": int,
        "sasl.kerberos.principal": str,
        "sasl.kerberos.service.name": str,
        "sasl.mechanism": str,
        "sasl.mechanisms": str,
        "sasl.oauthbearer.assertion.algorithm": Literal["RS256", "ES256"],
        "sasl.oauthbearer.assertion.claim.aud": str,
        "sasl.oauthbearer.assertion.claim.exp.seconds": int,
        "sasl.oauthbearer.assertion.claim.iss": str,
        "sasl.oauthbearer.assertion.claim.jti.include": bool,
        "sasl.oauthbearer.assertion.claim.nbf.seconds": int,
        "sasl.oauthbearer.assertion.claim.sub": str,
        "sasl.oauthbearer.assertion.file": str,
        "sasl.oauthbearer.assertion.jwt.template.file": str,
        "sasl.oauthbearer.assertion.private.key.file": str,
        "sasl.oauthbearer.assertion.private.key.passphrase": str,
        "sasl.oauthbearer.assertion.private.key.pem": str,
        "sasl.oauthbearer.client.credentials.client.id": str,
        "sasl.oauthbearer.client.credentials.client.secret": str,
        "sasl.oauthbearer.client.id": str,
        "sasl.oauthbearer.client.secret": str,
        "sasl.oauthbearer.config": str,
        "sasl.oauthbearer.extensions": _List,
        "sasl.oauthbearer.grant.type": Literal["client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
        "sasl.oauthbearer.metadata.authentication.type": Literal["none", "azure_imds", "aws_iam"],
        "sasl.oauthbearer.method": Literal["default", "oidc"],
        "sasl.oauthbearer.scope": str,
        "sasl.oauthbearer.sub.claim.name": str,
        "sasl.oauthbearer.token.endpoint.url": str,
        "sasl.password": str,
        "sasl.username": str,
        "security.protocol": Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"],
        "socket.blocking.max.ms": int,
        "socket.connection.setup.timeout.ms": int,
        "socket.keepalive.enable": bool,
        "socket.max.fails": int,
        "socket.nagle.disable": bool,
        "socket.receive.buffer.bytes": int,
        "socket.send.buffer.bytes": int,
        "socket.timeout.ms": int,
        "ssl.ca.certificate.stores": _List,
        "ssl.ca.location": str,
        "ssl.ca.pem": str,
        "ssl.certificate.location": str,
        "ssl.certificate.pem": str,
        "ssl.cipher.suites": str,
        "ssl.crl.location": str,
        "ssl.curves.list": str,
        "ssl.endpoint.identification.algorithm": Literal["none", "https"],
        "ssl.engine.id": str,
        "ssl.engine.location": str,
        "ssl.key.location": str,
        "ssl.key.password": str,
        "ssl.key.pem": str,
        "ssl.keystore.location": str,
        "ssl.keystore.password": str,
        "ssl.providers": _List,
        "ssl.sigalgs.list": str,
        "statistics.interval.ms": int,
        "stats_cb": Callable[[str], object],
        "streams.compatibility": Literal["mapr", "kafka"],
        "streams.rpc.timeout.ms": int,
        "streams.topic.mapping": bool,
        "throttle_cb": Callable[[ThrottleEvent], object],
        "topic.blacklist": _List,
        "topic.metadata.propagation.max.ms": int,
        "topic.metadata.refresh.fast.cnt": int,
        "topic.metadata.refresh.fast.interval.ms": int,
        "topic.metadata.refresh.interval.ms": int,
        "topic.metadata.refresh.sparse": bool,
    },
    total=False,
)

_ProducerProperties = TypedDict(
    "_ProducerProperties",
    {
        "acks": Union[int, Literal["all"]],
        "batch.num.messages": int,
        "batch.size": int,
        "buffer.memory": int,
        "compression.codec": Literal["none", "gzip", "snappy", "lz4", "zstd", "inherit"],
        "compression.level": int,
        "compression.type": Literal["none", "gzip", "snappy", "lz4", "zstd"],
        "delivery.report.only.error": bool,
        "delivery.timeout.ms": int,
        "dr_cb": Callable[[Optional[KafkaError], Message], object],
        "dr_msg_cb": Callable[[Optional[KafkaError], Message], object],
        "enable.gapless.guarantee": bool,
        "enable.idempotence": bool,
        "linger.ms": float,
        "message.send.max.retries": int,
        "message.timeout.ms": int,
        "on_delivery": Callable[[Optional[KafkaError], Message], object],
        "partitioner": str,
        "produce.offset.report": bool,
        "queue.buffering.backpressure.threshold": int,
        "queue.buffering.max.kbytes": int,
        "queue.buffering.max.messages": int,
        "queue.buffering.max.ms": float,
        "queuing.strategy": Literal["fifo", "lifo"],
        "request.required.acks": Union[int, Literal["all"]],
        "request.timeout.ms": int,
        "retries": int,
        "sticky.partitioning.linger.ms": int,
        "streams.buffer.max.time.ms": int,
        "streams.parallel.flushers.per.partition": bool,
        "streams.producer.default.stream": str,
        "transaction.timeout.ms": int,
        "transactional.id": str,
    },
    total=False,
)

_ConsumerProperties = TypedDict(
    "_ConsumerProperties",
    {
        "auto.commit.enable": bool,
        "auto.commit.interval.ms": int,
        "auto.offset.reset": Literal["smallest", "earliest", "beginning", "largest", "latest", "end", "error"],
        "check.crcs": bool,
        "consume.callback.max.messages": int,
        "coordinator.query.interval.ms": int,
        "enable.auto.commit": bool,
        "enable.auto.offset.store": bool,
        "enable.partition.eof": bool,
        "fetch.error.backoff.ms": int,
        "fetch.max.bytes": int,
        "fetch.message.max.bytes": int,
        "fetch.min.bytes": int,
        "fetch.queue.backoff.ms": int,
        "fetch.wait.max.ms": int,
        "group.id": str,
        "group.instance.id": str,
        "group.protocol": Literal["auto", "classic", "consumer"],
        "group.protocol.type": str,
        "group.remote.assignor": str,
        "heartbeat.interval.ms": int,
        "isolation.level": Literal["read_uncommitted", "read_committed"],
        "max.partition.fetch.bytes": int,
        "max.poll.interval.ms": int,
        "max.poll.records": int,
        "offset.store.method": Literal["none", "file", "broker"],
        "offset.store.path": str,
        "offset.store.sync.interval.ms": int,
        "offset_commit_cb": Callable[[Optional[KafkaError], list[TopicPartition]], object],
        "on_commit": Callable[[Optional[KafkaError], list[TopicPartition]], object],
        "partition.assignment.strategy": _List,
        "queued.max.messages.kbytes": int,
        "queued.min.messages": int,
        "rebalance_cb": Callable[[Consumer, KafkaError, list[TopicPartition]], object],
        "session.timeout.ms": int,
        "share.acknowledgement.mode": str,
        "streams.clientside.partition.assignment": bool,
        "streams.consumer.buffer.memory": int,
        "streams.consumer.default.stream": str,
        "streams.negativeoffset.record.on.eof": bool,
        "streams.zerooffset.record.on.eof": bool,
    },
    total=False,
)


class ProducerProperties(_ClientProperties, _ProducerProperties, total=False):
    """What a `Producer` takes."""


class ConsumerProperties(_ClientProperties, _ConsumerProperties, total=False):
    """What a `Consumer` takes."""


_Serializers = TypedDict(
    "_Serializers",
    {
        "key.serializer": Callable[[Any, SerializationContext], Optional[bytes]],
        "key.serializer.builder": SerializerBuilder,
        "value.serializer": Callable[[Any, SerializationContext], Optional[bytes]],
        "value.serializer.builder": SerializerBuilder,
    },
    total=False,
)

_Deserializers = TypedDict(
    "_Deserializers",
    {
        "key.deserializer": Callable[[Optional[bytes], SerializationContext], Any],
        "key.deserializer.builder": DeserializerBuilder,
        "value.deserializer": Callable[[Optional[bytes], SerializationContext], Any],
        "value.deserializer.builder": DeserializerBuilder,
    },
    total=False,
)


class SerializingProducerProperties(ProducerProperties, _Serializers, total=False):
    """What a `SerializingProducer` takes."""


class DeserializingConsumerProperties(ConsumerProperties, _Deserializers, total=False):
    """What a `DeserializingConsumer` takes."""
