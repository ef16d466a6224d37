"""Requests about configurations: of topics, brokers and groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from enum import Enum
from functools import total_ordering
from typing import Any, ClassVar
from warnings import warn

from ..cimpl import KafkaError, _AdminClient
from ._requests import OrderedEnum, elements, member, once, properties, property_value, request, text


class ResourceType(OrderedEnum):
    """What has a configuration, or permissions."""

    UNKNOWN = 0
    ANY = 1
    TOPIC = 2
    GROUP = 3
    BROKER = 4
    TRANSACTIONAL_ID = 5


class ConfigSource(OrderedEnum):
    """Where the value of a property comes from."""

    UNKNOWN_CONFIG = 0
    DYNAMIC_TOPIC_CONFIG = 1
    DYNAMIC_BROKER_CONFIG = 2
    DYNAMIC_DEFAULT_BROKER_CONFIG = 3
    STATIC_BROKER_CONFIG = 4
    DEFAULT_CONFIG = 5
    GROUP_CONFIG = 8


class AlterConfigOpType(Enum):
    """How one property is to be changed."""

    SET = 0
    #: Back to the default.
    DELETE = 1
    #: To the end of a list.
    APPEND = 2
    #: Out of a list.
    SUBTRACT = 3


RESOURCE_UNKNOWN = ResourceType.UNKNOWN.value
RESOURCE_ANY = ResourceType.ANY.value
RESOURCE_TOPIC = ResourceType.TOPIC.value
RESOURCE_GROUP = ResourceType.GROUP.value
RESOURCE_BROKER = ResourceType.BROKER.value
RESOURCE_TRANSACTIONAL_ID = ResourceType.TRANSACTIONAL_ID.value

CONFIG_SOURCE_UNKNOWN_CONFIG = ConfigSource.UNKNOWN_CONFIG.value
CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG = ConfigSource.DYNAMIC_TOPIC_CONFIG.value
CONFIG_SOURCE_DYNAMIC_BROKER_CONFIG = ConfigSource.DYNAMIC_BROKER_CONFIG.value
CONFIG_SOURCE_DYNAMIC_DEFAULT_BROKER_CONFIG = ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG.value
CONFIG_SOURCE_STATIC_BROKER_CONFIG = ConfigSource.STATIC_BROKER_CONFIG.value
CONFIG_SOURCE_DEFAULT_CONFIG = ConfigSource.DEFAULT_CONFIG.value
CONFIG_SOURCE_GROUP_CONFIG = ConfigSource.GROUP_CONFIG.value


def _entries_of(name: str, given: object) -> list[ConfigEntry]:
    return elements(name, given, ConfigEntry, "ConfigEntry", may_be_empty=True)


class ConfigEntry:
    """A property of a resource, as the cluster has it, or a change of one.

    Attributes:
        name: of the property.
        value: as text; None where the cluster does not tell, since it is sensitive.
        source: the `ConfigSource` of the value; a number where the cluster has told it.
        is_read_only: it cannot be changed while the cluster runs.
        is_default: the value is the default.
        is_sensitive: the value is a secret.
        is_synonym: it stands among the synonyms of another one.
        synonyms: by name the places that the value is looked for at, in their order.
        incremental_operation: of a change, how it changes the property.
    """

    def __init__(
        self,
        name: str,
        value: str | None,
        source: ConfigSource | int = ConfigSource.UNKNOWN_CONFIG,
        is_read_only: bool = False,
        is_default: bool = False,
        is_sensitive: bool = False,
        is_synonym: bool = False,
        synonyms: Mapping[str, ConfigEntry] | Sequence[ConfigEntry] = (),
        incremental_operation: AlterConfigOpType | None = None,
    ) -> None:
        self.name = name
        self.value = value
        self.source = source
        self.is_read_only = bool(is_read_only)
        self.is_default = bool(is_default)
        self.is_sensitive = bool(is_sensitive)
        self.is_synonym = bool(is_synonym)
        if not isinstance(synonyms, Mapping):
            synonyms = {entry.name: entry for entry in _entries_of("synonyms", synonyms)}
        self.synonyms = dict(synonyms)
        self.incremental_operation = incremental_operation

    def __repr__(self) -> str:
        return f"ConfigEntry({self.name}={self.value!r})"

    def __str__(self) -> str:
        return f'{self.name}="{self.value}"'


@total_ordering
class ConfigResource:
    """What has a configuration, and what is to be changed of it.

    Attributes:
        restype: its `ResourceType`.
        name: of a topic its name, of a broker its id, of a group its name.
        set_config_dict: what `AdminClient.alter_configs` is to set.
        incremental_configs: what `AdminClient.incremental_alter_configs` is to change.
        configs: what it has, by name.
        error: the KafkaError of the cluster's answer, or None.
    """

    Type: ClassVar = ResourceType

    def __init__(
        self,
        restype: ResourceType | str | int,
        name: str,
        set_config: Mapping[str, object] | None = None,
        described_configs: Mapping[str, ConfigEntry] | None = None,
        error: KafkaError | None = None,
        incremental_configs: Sequence[ConfigEntry] | None = None,
    ) -> None:
        """ConfigResource(restype, name, set_config=None, …)

        Args:
            restype: a `ResourceType`, or its name or number: ``"topic"``.
            name: of the topic, the broker (its id) or the group.
            set_config: properties for `AdminClient.alter_configs`.
            described_configs: what it has.
            error: of an answer.
            incremental_configs: changes for `AdminClient.incremental_alter_configs`, each with an
                ``incremental_operation``.

        Raises:
            TypeError: an argument has another type.
            ValueError: there is no such type, or the name is empty.
        """
        self.restype = member("restype", restype, ResourceType)
        self.name = text("name", name)
        if set_config is not None and not isinstance(set_config, Mapping):
            raise TypeError(f"set_config must be a dict, not {type(set_config).__name__}")
        self.set_config_dict: dict[str, object] = dict(set_config or {})
        self.configs = described_configs
        self.error = error
        self.incremental_configs = _entries_of("incremental_configs", incremental_configs or ())

    @property
    def restype_int(self) -> int:
        """``restype`` by number."""
        return self.restype.value

    def __repr__(self) -> str:
        error = "" if self.error is None else f",{self.error!r}"
        return f"ConfigResource({self.restype},{self.name}{error})"

    def __hash__(self) -> int:
        return hash((self.restype, self.name))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ConfigResource):
            return (self.restype, self.name) == (other.restype, other.name)
        return NotImplemented

    def __lt__(self, other: object) -> bool:
        if isinstance(other, ConfigResource):
            return (self.restype, self.name) < (other.restype, other.name)
        return NotImplemented

    def __len__(self) -> int:
        return len(self.set_config_dict)

    def set_config(self, name: str, value: object, overwrite: bool = True) -> None:
        """Note what `AdminClient.alter_configs` is to set.

        Args:
            name: of a property.
            value: str, int, float or bool.
            overwrite: False to leave what was noted before.
        """
        if overwrite or name not in self.set_config_dict:
            self.set_config_dict[name] = value

    def add_incremental_config(self, config_entry: ConfigEntry) -> None:
        """Note a change for `AdminClient.incremental_alter_configs`.

        Args:
            config_entry: the property, with its ``incremental_operation`` and its value.
        """
        self.incremental_configs.append(config_entry)


def _entries(found: list[tuple[Any, ...]]) -> list[ConfigEntry]:
    return [ConfigEntry(*(*entry[:7], _entries(entry[7]))) for entry in found]


def _described(item: tuple[int, str, BaseException | None, list[Any]]) -> tuple[BaseException | None, Any]:
    return item[2], {entry.name: entry for entry in _entries(item[3])}


def _altered(item: tuple[int, str, BaseException | None, list[Any]]) -> tuple[BaseException | None, None]:
    return item[2], None


def _resources(name: str, given: object) -> list[ConfigResource]:
    found = elements(name, given, ConfigResource, "ConfigResource")
    once(name, found)
    return found


def _change(name: str, given: ConfigEntry) -> tuple[int, str, str | None]:
    operation = given.incremental_operation
    if not isinstance(operation, AlterConfigOpType):
        raise TypeError(
            f"{name}.incremental_operation must be an AlterConfigOpType, not {type(operation).__name__}: SET, say"
        )
    property_name = text(f"{name}.name", given.name)
    if operation is AlterConfigOpType.DELETE:
        return operation.value, property_name, None
    if given.value is None:
        raise TypeError(f"{name}.value must be str, not None: to go back to the default is AlterConfigOpType.DELETE")
    return operation.value, property_name, property_value(name, property_name, given.value)


def _set(resource: ConfigResource) -> object:
    """What is to be set: what is not goes back to its default, and so does what is None."""
    given = resource.set_config_dict
    return {name: value for name, value in given.items() if value is not None} if isinstance(given, dict) else given


class ConfigRequests(_AdminClient):
    """The requests about configurations."""

    def describe_configs(
        self,
        resources: Sequence[ConfigResource],
        *,
        request_timeout: float | None = None,
        broker: int | None = None,
    ) -> dict[ConfigResource, Future[dict[str, ConfigEntry]]]:
        """Ask for configurations.

        Args:
            resources: of what.
            request_timeout: how many seconds to wait for the answer.
            broker: the id of the broker that is asked, where it is not to be the one that has to know.

        Returns:
            A future for each resource, whose result is a dict of `ConfigEntry` by name. Resources of two brokers in one
            request end them with a KafkaException: librdkafka asks one broker at a time.

        Raises:
            TypeError, ValueError: of an argument, which is named.
            RuntimeError: the client is closed.

        ``rd_kafka_DescribeConfigs``.
        """
        found = _resources("resources", resources)
        arguments = [(resource.restype.value, resource.name) for resource in found]
        return request(
            self, "describe_configs", arguments, found, _described, request_timeout=request_timeout, broker=broker
        )

    def alter_configs(
        self,
        resources: Sequence[ConfigResource],
        *,
        request_timeout: float | None = None,
        validate_only: bool = False,
        broker: int | None = None,
    ) -> dict[ConfigResource, Future[None]]:
        """Replace configurations: what is not set goes back to its default.

        Deprecated: `incremental_alter_configs` changes what it is told to, and no more.

        Args:
            resources: with what is to be set in ``set_config_dict``; None stands for the default there.
            request_timeout: how many seconds to wait for the answer.
            validate_only: have the brokers only say whether they would do so.
            broker: the id of the broker that is asked.

        Returns:
            A future for each resource.

        Raises:
            TypeError, ValueError: of an argument, which is named.
            RuntimeError: the client is closed.

        ``rd_kafka_AlterConfigs``.
        """
        warn(
            "alter_configs() takes back what it does not set: incremental_alter_configs() does not",
            category=DeprecationWarning,
            stacklevel=2,
        )
        found = _resources("resources", resources)
        arguments = [
            (
                resource.restype.value,
                resource.name,
                properties(f"resources[{index}].set_config_dict", _set(resource)),
            )
            for index, resource in enumerate(found)
        ]
        return request(
            self,
            "alter_configs",
            arguments,
            found,
            _altered,
            request_timeout=request_timeout,
            validate_only=validate_only,
            broker=broker,
        )

    def incremental_alter_configs(
        self,
        resources: Sequence[ConfigResource],
        *,
        request_timeout: float | None = None,
        validate_only: bool = False,
        broker: int | None = None,
    ) -> dict[ConfigResource, Future[None]]:
        """Change properties, and leave those that are not named.

        Args:
            resources: with the changes in ``incremental_configs``.
            request_timeout: how many seconds to wait for the answer.
            validate_only: have the brokers only say whether they would do so.
            broker: the id of the broker that is asked.

        Returns:
            A future for each resource.

        Raises:
            TypeError, ValueError: of an argument, which is named.
            KafkaException: the loaded librdkafka is older than 2.2.0 (``_NOT_IMPLEMENTED``).
            RuntimeError: the client is closed.

        ``rd_kafka_IncrementalAlterConfigs``.
        """
        found = _resources("resources", resources)
        arguments = []
        for index, resource in enumerate(found):
            name = f"resources[{index}].incremental_configs"
            entries = _entries_of(name, resource.incremental_configs)
            changes = [_change(f"{name}[{place}]", entry) for place, entry in enumerate(entries)]
            if not changes:
                raise ValueError(f"{name} must not be empty: it is what is to be changed")
            arguments.append((resource.restype.value, resource.name, changes))
        return request(
            self,
            "incremental_alter_configs",
            arguments,
            found,
            _altered,
            request_timeout=request_timeout,
            validate_only=validate_only,
            broker=broker,
        )
