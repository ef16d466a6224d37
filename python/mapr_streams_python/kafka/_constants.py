"""The whole numbers that confluent-kafka's `cimpl` has for the members of enumerations, by their names there."""

from __future__ import annotations

from enum import Enum

from .. import admin

# The longer of two that begin alike comes first.
_ENUMERATIONS: dict[str, type[Enum]] = {
    "ACL_OPERATION_": admin.AclOperation,
    "ACL_PERMISSION_TYPE_": admin.AclPermissionType,
    "ALTER_CONFIG_OP_TYPE_": admin.AlterConfigOpType,
    "CONFIG_SOURCE_": admin.ConfigSource,
    "CONSUMER_GROUP_STATE_": admin.ConsumerGroupState,
    "CONSUMER_GROUP_TYPE_": admin.ConsumerGroupType,
    "ELECTION_TYPE_": admin.ElectionType,
    "ISOLATION_LEVEL_": admin.IsolationLevel,
    "RESOURCE_PATTERN_": admin.ResourcePatternType,
    "RESOURCE_": admin.ResourceType,
}
# Whose members have other names.
_OTHERS = {
    "CONSUMER_GROUP_STATE_COMPLETING_REBALANCE": admin.ConsumerGroupState.COMPLETING_REBALANCING.value,
    "CONSUMER_GROUP_STATE_PREPARING_REBALANCE": admin.ConsumerGroupState.PREPARING_REBALANCING.value,
    "OFFSET_SPEC_EARLIEST": -2,
    "OFFSET_SPEC_LATEST": -1,
    "OFFSET_SPEC_MAX_TIMESTAMP": -3,
    **{f"SCRAM_MECHANISM_{one.name.replace('SCRAM_', '')}": one.value for one in admin.ScramMechanism},
}


def constant(name: str) -> int | None:
    """The number of that name; None where there is none."""
    for prefix, enumeration in _ENUMERATIONS.items():
        member = enumeration.__members__.get(name[len(prefix) :]) if name.startswith(prefix) else None
        if member is not None:
            return int(member.value)
    return _OTHERS.get(name)
