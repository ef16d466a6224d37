"""What may be done to a resource."""

from __future__ import annotations

from ._requests import OrderedEnum


class AclOperation(OrderedEnum):
    """What is done to a resource."""

    UNKNOWN = 0
    #: In a filter: any of them.
    ANY = 1
    #: All of them.
    ALL = 2
    READ = 3
    WRITE = 4
    CREATE = 5
    DELETE = 6
    ALTER = 7
    DESCRIBE = 8
    CLUSTER_ACTION = 9
    DESCRIBE_CONFIGS = 10
    ALTER_CONFIGS = 11
    IDEMPOTENT_WRITE = 12
