import builtins
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, ClassVar, Final, Literal, Protocol, overload

from typing_extensions import Buffer, Self, TypeAlias, disjoint_base

from ._metadata import ClusterMetadata

OFFSET_BEGINNING: Final[int]
OFFSET_END: Final[int]
OFFSET_INVALID: Final[int]
OFFSET_STORED: Final[int]
TIMESTAMP_CREATE_TIME: Final[int]
TIMESTAMP_LOG_APPEND_TIME: Final[int]
TIMESTAMP_NOT_AVAILABLE: Final[int]

# A payload: str is sent as UTF-8.
_Payload: TypeAlias = str | Buffer
_Headers: TypeAlias = dict[str, Any] | list[tuple[str, Any]]
_OnDelivery: TypeAlias = Callable[[KafkaError | None, Message], object]
_OnRebalance: TypeAlias = Callable[[Consumer, list[TopicPartition]], object]

class _AssignListener(Protocol):
    def on_assign(self, consumer: Consumer, partitions: list[TopicPartition], /) -> object: ...

class _RevokeListener(Protocol):
    def on_revoke(self, consumer: Consumer, partitions: list[TopicPartition], /) -> object: ...

_Listener: TypeAlias = _AssignListener | _RevokeListener

def version() -> tuple[str, int]: ...
def libversion() -> tuple[str, int]: ...

@disjoint_base
class Consumer:
    def __init__(self, config: Mapping[str, Any] = ..., /, **properties: Any) -> None: ...
    def assign(self, partitions: Sequence[TopicPartition], /) -> None: ...
    def assignment(self, *args: object, **kwargs: object) -> list[TopicPartition]: ...
    def unassign(self) -> None: ...
    def incremental_assign(self, partitions: Sequence[TopicPartition], /) -> None: ...
    def incremental_unassign(self, partitions: Sequence[TopicPartition], /) -> None: ...
    @overload
    def subscribe(
        self,
        topics: list[str] | tuple[str, ...],
        on_assign: _OnRebalance | None = None,
        on_revoke: _OnRebalance | None = None,
        on_lost: _OnRebalance | None = None,
    ) -> None: ...
    @overload
    def subscribe(self, topics: list[str] | tuple[str, ...], on_assign: _Listener) -> None: ...
    @overload
    def subscribe(
        self,
        topics: list[str] | tuple[str, ...],
        on_assign: None = None,
        on_revoke: None = None,
        on_lost: None = None,
        listener: _Listener | None = None,
    ) -> None: ...
    def unsubscribe(self) -> None: ...
    def poll(self, timeout: float | None = None) -> Message | None: ...
    def consume(self, num_messages: int = 1, timeout: float | None = None) -> list[Message]: ...
    # `async` is a keyword of the language: it is passed as commit(**{"async": False}).
    @overload
    def commit(
        self,
        message: Message | None = None,
        offsets: Sequence[TopicPartition] | None = None,
        asynchronous: Literal[True] = True,
    ) -> None: ...
    @overload
    def commit(
        self,
        message: Message | None = None,
        offsets: Sequence[TopicPartition] | None = None,
        *,
        asynchronous: Literal[False],
    ) -> list[TopicPartition]: ...
    @overload
    def commit(
        self,
        message: Message | None = None,
        offsets: Sequence[TopicPartition] | None = None,
        asynchronous: bool = True,
        **kwargs: bool,
    ) -> list[TopicPartition] | None: ...
    # The same with `async`: a dictionary that is unpacked could hold any parameter that an overload names.
    @overload
    def commit(self, **kwargs: bool) -> list[TopicPartition] | None: ...
    @overload
    def commit(self, message: Message | None, **kwargs: bool) -> list[TopicPartition] | None: ...
    @overload
    def commit(self, *, offsets: Sequence[TopicPartition] | None, **kwargs: bool) -> list[TopicPartition] | None: ...
    def committed(self, partitions: Sequence[TopicPartition], timeout: float | None = None) -> list[TopicPartition]: ...
    def position(self, partitions: Sequence[TopicPartition], timeout: float | None = None) -> list[TopicPartition]: ...
    def store_offsets(
        self, message: Message | None = None, offsets: Sequence[TopicPartition] | None = None
    ) -> None: ...
    def seek(self, partition: TopicPartition) -> None: ...
    def pause(self, partitions: Sequence[TopicPartition]) -> None: ...
    def resume(self, partitions: Sequence[TopicPartition]) -> None: ...
    def get_watermark_offsets(
        self, partition: TopicPartition, timeout: float | None = None, cached: bool = False
    ) -> tuple[int, int] | None: ...
    def offsets_for_times(
        self, partitions: Sequence[TopicPartition], timeout: float | None = None
    ) -> list[TopicPartition]: ...
    def list_topics(self, topic: str | None = None, timeout: float | None = None) -> ClusterMetadata: ...
    def memberid(self) -> str | None: ...
    def close(self) -> None: ...
    def __iter__(self) -> Iterator[Message]: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...

@disjoint_base
class Producer:
    def __init__(self, config: Mapping[str, Any] = ..., /, **properties: Any) -> None: ...
    def produce(
        self,
        topic: str,
        value: _Payload | None = None,
        key: _Payload | None = None,
        partition: int | None = -1,
        callback: _OnDelivery | None = None,
        on_delivery: _OnDelivery | None = None,
        timestamp: int = 0,
        headers: _Headers | None = None,
        *,
        partitioner: object = None,
    ) -> None: ...
    def poll(self, timeout: float | None = None) -> int: ...
    def flush(self, timeout: float | None = None) -> int: ...
    def purge(self, in_queue: bool = True, in_flight: bool = True, blocking: bool = True) -> None: ...
    def list_topics(self, topic: str | None = None, timeout: float | None = None) -> ClusterMetadata: ...
    def close(self, timeout: float | None = None) -> bool: ...
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...

@disjoint_base
class Message:
    def __new__(
        cls,
        topic: str,
        value: Any = None,
        key: Any = None,
        headers: Any = None,
        error: KafkaError | None = None,
        partition: int | None = None,
        offset: int | None = None,
        timestamp: tuple[int, int] | None = None,
        latency: float | None = None,
        leader_epoch: int | None = None,
    ) -> Self: ...
    # set_key, set_value and set_headers take any object, which the getter then returns.
    def topic(self) -> str | None: ...
    def partition(self) -> int | None: ...
    def offset(self) -> int | None: ...
    def key(self) -> bytes | None: ...
    def value(self) -> bytes | None: ...
    def headers(self) -> list[tuple[str, bytes | None]] | None: ...
    def error(self) -> KafkaError | None: ...
    def timestamp(self) -> tuple[int, int]: ...
    def latency(self) -> float | None: ...
    def leader_epoch(self) -> int | None: ...
    def set_topic(self, topic: str, /) -> None: ...
    def set_key(self, key: object, /) -> None: ...
    def set_value(self, value: object, /) -> None: ...
    def set_headers(self, headers: object, /) -> None: ...
    def set_error(self, error: KafkaError | None, /) -> None: ...
    def __len__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@disjoint_base
class TopicPartition:
    def __init__(
        self,
        topic: str,
        partition: int = -1,
        offset: int = -1001,
        metadata: str | None = None,
        leader_epoch: int | None = None,
    ) -> None: ...
    partition: int
    offset: int
    @property
    def topic(self) -> str: ...
    @property
    def error(self) -> KafkaError | None: ...
    @property
    def metadata(self) -> str | None: ...
    @property
    def leader_epoch(self) -> int | None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __lt__(self, other: TopicPartition, /) -> bool: ...
    def __le__(self, other: TopicPartition, /) -> bool: ...
    def __gt__(self, other: TopicPartition, /) -> bool: ...
    def __ge__(self, other: TopicPartition, /) -> bool: ...
    def __hash__(self) -> int: ...

# args[0] is the KafkaError of every one that the library raises.
class KafkaException(Exception): ...

@disjoint_base
class KafkaError(Exception):
    def __init__(
        self,
        error: int,
        reason: builtins.str | None = None,
        fatal: bool = False,
        retriable: bool = False,
        txn_requires_abort: bool = False,
    ) -> None: ...
    def code(self) -> int: ...
    def name(self) -> builtins.str: ...
    def str(self) -> builtins.str: ...
    def fatal(self) -> bool: ...
    def retriable(self) -> bool: ...
    def txn_requires_abort(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __lt__(self, other: KafkaError | int, /) -> bool: ...
    def __le__(self, other: KafkaError | int, /) -> bool: ...
    def __gt__(self, other: KafkaError | int, /) -> bool: ...
    def __ge__(self, other: KafkaError | int, /) -> bool: ...
    def __hash__(self) -> int: ...

    # The class has one constant for each error that the loaded librdkafka knows. These are librdkafka 2.0.2's.
    PRINCIPAL_DESERIALIZATION_FAILURE: ClassVar[int]
    FEATURE_UPDATE_FAILED: ClassVar[int]
    INVALID_UPDATE_VERSION: ClassVar[int]
    INCONSISTENT_VOTER_SET: ClassVar[int]
    UNACCEPTABLE_CREDENTIAL: ClassVar[int]
    DUPLICATE_RESOURCE: ClassVar[int]
    RESOURCE_NOT_FOUND: ClassVar[int]
    PRODUCER_FENCED: ClassVar[int]
    THROTTLING_QUOTA_EXCEEDED: ClassVar[int]
    UNSTABLE_OFFSET_COMMIT: ClassVar[int]
    INVALID_RECORD: ClassVar[int]
    GROUP_SUBSCRIBED_TO_TOPIC: ClassVar[int]
    NO_REASSIGNMENT_IN_PROGRESS: ClassVar[int]
    ELECTION_NOT_NEEDED: ClassVar[int]
    ELIGIBLE_LEADERS_NOT_AVAILABLE: ClassVar[int]
    FENCED_INSTANCE_ID: ClassVar[int]
    GROUP_MAX_SIZE_REACHED: ClassVar[int]
    PREFERRED_LEADER_NOT_AVAILABLE: ClassVar[int]
    MEMBER_ID_REQUIRED: ClassVar[int]
    OFFSET_NOT_AVAILABLE: ClassVar[int]
    STALE_BROKER_EPOCH: ClassVar[int]
    UNSUPPORTED_COMPRESSION_TYPE: ClassVar[int]
    UNKNOWN_LEADER_EPOCH: ClassVar[int]
    FENCED_LEADER_EPOCH: ClassVar[int]
    TOPIC_DELETION_DISABLED: ClassVar[int]
    LISTENER_NOT_FOUND: ClassVar[int]
    INVALID_FETCH_SESSION_EPOCH: ClassVar[int]
    FETCH_SESSION_ID_NOT_FOUND: ClassVar[int]
    GROUP_ID_NOT_FOUND: ClassVar[int]
    NON_EMPTY_GROUP: ClassVar[int]
    INVALID_PRINCIPAL_TYPE: ClassVar[int]
    DELEGATION_TOKEN_EXPIRED: ClassVar[int]
    DELEGATION_TOKEN_AUTHORIZATION_FAILED: ClassVar[int]
    DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: ClassVar[int]
    DELEGATION_TOKEN_OWNER_MISMATCH: ClassVar[int]
    DELEGATION_TOKEN_NOT_FOUND: ClassVar[int]
    DELEGATION_TOKEN_AUTH_DISABLED: ClassVar[int]
    REASSIGNMENT_IN_PROGRESS: ClassVar[int]
    UNKNOWN_PRODUCER_ID: ClassVar[int]
    SASL_AUTHENTICATION_FAILED: ClassVar[int]
    LOG_DIR_NOT_FOUND: ClassVar[int]
    KAFKA_STORAGE_ERROR: ClassVar[int]
    OPERATION_NOT_ATTEMPTED: ClassVar[int]
    SECURITY_DISABLED: ClassVar[int]
    TRANSACTIONAL_ID_AUTHORIZATION_FAILED: ClassVar[int]
    TRANSACTION_COORDINATOR_FENCED: ClassVar[int]
    CONCURRENT_TRANSACTIONS: ClassVar[int]
    INVALID_TRANSACTION_TIMEOUT: ClassVar[int]
    INVALID_PRODUCER_ID_MAPPING: ClassVar[int]
    INVALID_TXN_STATE: ClassVar[int]
    INVALID_PRODUCER_EPOCH: ClassVar[int]
    DUPLICATE_SEQUENCE_NUMBER: ClassVar[int]
    OUT_OF_ORDER_SEQUENCE_NUMBER: ClassVar[int]
    POLICY_VIOLATION: ClassVar[int]
    UNSUPPORTED_FOR_MESSAGE_FORMAT: ClassVar[int]
    INVALID_REQUEST: ClassVar[int]
    NOT_CONTROLLER: ClassVar[int]
    INVALID_CONFIG: ClassVar[int]
    INVALID_REPLICA_ASSIGNMENT: ClassVar[int]
    INVALID_REPLICATION_FACTOR: ClassVar[int]
    INVALID_PARTITIONS: ClassVar[int]
    TOPIC_ALREADY_EXISTS: ClassVar[int]
    UNSUPPORTED_VERSION: ClassVar[int]
    ILLEGAL_SASL_STATE: ClassVar[int]
    UNSUPPORTED_SASL_MECHANISM: ClassVar[int]
    INVALID_TIMESTAMP: ClassVar[int]
    CLUSTER_AUTHORIZATION_FAILED: ClassVar[int]
    GROUP_AUTHORIZATION_FAILED: ClassVar[int]
    TOPIC_AUTHORIZATION_FAILED: ClassVar[int]
    INVALID_COMMIT_OFFSET_SIZE: ClassVar[int]
    REBALANCE_IN_PROGRESS: ClassVar[int]
    INVALID_SESSION_TIMEOUT: ClassVar[int]
    UNKNOWN_MEMBER_ID: ClassVar[int]
    INVALID_GROUP_ID: ClassVar[int]
    INCONSISTENT_GROUP_PROTOCOL: ClassVar[int]
    ILLEGAL_GENERATION: ClassVar[int]
    INVALID_REQUIRED_ACKS: ClassVar[int]
    NOT_ENOUGH_REPLICAS_AFTER_APPEND: ClassVar[int]
    NOT_ENOUGH_REPLICAS: ClassVar[int]
    RECORD_LIST_TOO_LARGE: ClassVar[int]
    TOPIC_EXCEPTION: ClassVar[int]
    NOT_COORDINATOR: ClassVar[int]
    COORDINATOR_NOT_AVAILABLE: ClassVar[int]
    COORDINATOR_LOAD_IN_PROGRESS: ClassVar[int]
    NETWORK_EXCEPTION: ClassVar[int]
    OFFSET_METADATA_TOO_LARGE: ClassVar[int]
    STALE_CTRL_EPOCH: ClassVar[int]
    MSG_SIZE_TOO_LARGE: ClassVar[int]
    REPLICA_NOT_AVAILABLE: ClassVar[int]
    BROKER_NOT_AVAILABLE: ClassVar[int]
    REQUEST_TIMED_OUT: ClassVar[int]
    NOT_LEADER_FOR_PARTITION: ClassVar[int]
    LEADER_NOT_AVAILABLE: ClassVar[int]
    INVALID_MSG_SIZE: ClassVar[int]
    UNKNOWN_TOPIC_OR_PART: ClassVar[int]
    INVALID_MSG: ClassVar[int]
    OFFSET_OUT_OF_RANGE: ClassVar[int]
    NO_ERROR: ClassVar[int]
    UNKNOWN: ClassVar[int]
    _AUTO_OFFSET_RESET: ClassVar[int]
    _NOOP: ClassVar[int]
    _ASSIGNMENT_LOST: ClassVar[int]
    _APPLICATION: ClassVar[int]
    _FENCED: ClassVar[int]
    _NOT_CONFIGURED: ClassVar[int]
    _UNKNOWN_BROKER: ClassVar[int]
    _MAX_POLL_EXCEEDED: ClassVar[int]
    _GAPLESS_GUARANTEE: ClassVar[int]
    _INCONSISTENT: ClassVar[int]
    _FATAL: ClassVar[int]
    _PURGE_INFLIGHT: ClassVar[int]
    _PURGE_QUEUE: ClassVar[int]
    _RETRY: ClassVar[int]
    _INVALID_TYPE: ClassVar[int]
    _UNDERFLOW: ClassVar[int]
    _NOENT: ClassVar[int]
    _READ_ONLY: ClassVar[int]
    _PARTIAL: ClassVar[int]
    _VALUE_DESERIALIZATION: ClassVar[int]
    _KEY_DESERIALIZATION: ClassVar[int]
    _VALUE_SERIALIZATION: ClassVar[int]
    _KEY_SERIALIZATION: ClassVar[int]
    _INTR: ClassVar[int]
    _WAIT_CACHE: ClassVar[int]
    _UNSUPPORTED_FEATURE: ClassVar[int]
    _TIMED_OUT_QUEUE: ClassVar[int]
    _OUTDATED: ClassVar[int]
    _NO_OFFSET: ClassVar[int]
    _AUTHENTICATION: ClassVar[int]
    _NOT_IMPLEMENTED: ClassVar[int]
    _UNKNOWN_PROTOCOL: ClassVar[int]
    _STATE: ClassVar[int]
    _CONFLICT: ClassVar[int]
    _REVOKE_PARTITIONS: ClassVar[int]
    _ASSIGN_PARTITIONS: ClassVar[int]
    _EXISTING_SUBSCRIPTION: ClassVar[int]
    _PREV_IN_PROGRESS: ClassVar[int]
    _IN_PROGRESS: ClassVar[int]
    _UNKNOWN_GROUP: ClassVar[int]
    _WAIT_COORD: ClassVar[int]
    _SSL: ClassVar[int]
    _NODE_UPDATE: ClassVar[int]
    _ISR_INSUFF: ClassVar[int]
    _QUEUE_FULL: ClassVar[int]
    _TIMED_OUT: ClassVar[int]
    _INVALID_ARG: ClassVar[int]
    _ALL_BROKERS_DOWN: ClassVar[int]
    _UNKNOWN_TOPIC: ClassVar[int]
    _FS: ClassVar[int]
    _UNKNOWN_PARTITION: ClassVar[int]
    _PARTITION_EOF: ClassVar[int]
    _MSG_TIMED_OUT: ClassVar[int]
    _RESOLVE: ClassVar[int]
    _CRIT_SYS_RESOURCE: ClassVar[int]
    _TRANSPORT: ClassVar[int]
    _FAIL: ClassVar[int]
    _DESTROY: ClassVar[int]
    _BAD_COMPRESSION: ClassVar[int]
    _BAD_MSG: ClassVar[int]

def _tell_undelivered() -> None: ...
def _known_faults() -> list[tuple[str, int | None, str, str | None, str, str | None, bool]]: ...
def _loaded_library() -> tuple[str | None, str]: ...
def _effective_settings(is_consumer: bool, /) -> list[tuple[str, str, str, bool]]: ...
def _property_fate(name: str, /) -> tuple[str, str | None, str]: ...

@disjoint_base
class _TopicNames:
    """From names of MapR streams to Kafka topics, and back. For the commands of ``python -m mapr_streams_python``."""

    def __init__(
        self,
        rules: str | None = None,
        source: str | None = None,
        home_cluster: str | None = None,
        default_stream: str | None = None,
    ) -> None: ...
    def kafka_topic(self, name: str, /) -> str: ...
    def stream_name(self, topic: str, /) -> str | None: ...

@disjoint_base
class _MockCluster:
    def __init__(self, brokers: int, check_topic_names: bool = True) -> None: ...
    def bootstrap_servers(self) -> str: ...
    def close(self) -> None: ...
    def create_topic(self, topic: str, partitions: int, replication_factor: int) -> None: ...
    def delete_topic(self, topic: str) -> None: ...
    def delete_records(self, topic: str, partition: int, before: int) -> None: ...
    def set_partition_leader(self, topic: str, partition: int, broker_id: int) -> None: ...
    def set_partition_follower(self, topic: str, partition: int, broker_id: int) -> None: ...
    def set_follower_watermarks(self, topic: str, partition: int, low: int, high: int) -> None: ...
    def set_coordinator(self, kind: str, key: str, broker_id: int) -> None: ...
    def set_group_initial_rebalance_delay(self, milliseconds: int) -> None: ...
    def set_broker_down(self, broker_id: int) -> None: ...
    def set_broker_up(self, broker_id: int) -> None: ...
    def set_broker_rtt(self, broker_id: int, milliseconds: int) -> None: ...
    def set_broker_rack(self, broker_id: int, rack: str) -> None: ...
    def set_api_versions(self, api_key: int, min_version: int, max_version: int) -> None: ...
    def push_request_errors(self, api_key: int, codes: list[int]) -> None: ...
    def push_broker_errors(self, api_key: int, codes: list[int], delays: list[int], broker_id: int) -> None: ...
    def push_partition_errors(self, api_key: int, codes: list[int], topic: str, partition: int) -> None: ...
    def clear_request_errors(self, api_key: int) -> None: ...
    def request_errors_left(self, api_key: int, broker_id: int) -> int: ...
    def set_topic_error(self, topic: str, code: int) -> None: ...
    def start_request_tracking(self) -> None: ...
    def stop_request_tracking(self) -> None: ...
    def clear_requests(self) -> None: ...
    def requests(self) -> list[tuple[int, int, int]]: ...
