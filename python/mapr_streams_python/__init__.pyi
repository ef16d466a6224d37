from ._librdkafka import KnownFault
from ._version import __version__ as __version__
from .admin import (
    ConsumerGroupState as ConsumerGroupState,
    ConsumerGroupTopicPartitions as ConsumerGroupTopicPartitions,
    ConsumerGroupType as ConsumerGroupType,
    ElectionType as ElectionType,
    IsolationLevel as IsolationLevel,
    Node as Node,
    TopicCollection as TopicCollection,
    TopicPartitionInfo as TopicPartitionInfo,
    Uuid as Uuid,
)
from .cimpl import (
    OFFSET_BEGINNING as OFFSET_BEGINNING,
    OFFSET_END as OFFSET_END,
    OFFSET_INVALID as OFFSET_INVALID,
    OFFSET_STORED as OFFSET_STORED,
    TIMESTAMP_CREATE_TIME as TIMESTAMP_CREATE_TIME,
    TIMESTAMP_LOG_APPEND_TIME as TIMESTAMP_LOG_APPEND_TIME,
    TIMESTAMP_NOT_AVAILABLE as TIMESTAMP_NOT_AVAILABLE,
    AbortableException as AbortableException,
    AuthenticationException as AuthenticationException,
    AuthorizationException as AuthorizationException,
    Consumer as Consumer,
    FatalException as FatalException,
    KafkaError as KafkaError,
    KafkaException as KafkaException,
    Message as Message,
    Producer as Producer,
    RetriableException as RetriableException,
    TimeoutException as TimeoutException,
    TopicPartition as TopicPartition,
    UnknownTopicException as UnknownTopicException,
    consistent as consistent,
    fnv1a as fnv1a,
    libversion as libversion,
    murmur2 as murmur2,
    version as version,
)
from .deserializing_consumer import DeserializingConsumer as DeserializingConsumer
from .serializing_producer import SerializingProducer as SerializingProducer

__all__ = [
    "OFFSET_BEGINNING",
    "OFFSET_END",
    "OFFSET_INVALID",
    "OFFSET_STORED",
    "TIMESTAMP_CREATE_TIME",
    "TIMESTAMP_LOG_APPEND_TIME",
    "TIMESTAMP_NOT_AVAILABLE",
    "AbortableException",
    "AuthenticationException",
    "AuthorizationException",
    "Consumer",
    "FatalException",
    "KafkaError",
    "KafkaException",
    "Message",
    "Producer",
    "RetriableException",
    "ThrottleEvent",
    "TimeoutException",
    "TopicPartition",
    "UnknownTopicException",
    "__version__",
    "consistent",
    "fnv1a",
    "install_as",
    "known_faults",
    "libversion",
    "murmur2",
    "version",
]

def install_as(name: str = "confluent_kafka", dialect: str = "kafka") -> str | None: ...
def known_faults() -> list[KnownFault]: ...

class ThrottleEvent:
    broker_name: str
    broker_id: int
    throttle_time: float
    def __init__(self, broker_name: str, broker_id: int, throttle_time: float) -> None: ...
