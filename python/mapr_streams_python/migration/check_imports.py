"""Which names can be imported from this package."""

from __future__ import annotations

import importlib.util
from functools import lru_cache

from .. import cimpl
from .._alias import KEPT


def missing(problem: str, name: str) -> str:
    """What is to be said of a name that the package does not have."""
    problem = f"mapr_streams_python {problem}"
    if name.split(".")[0] not in KEPT:
        return problem
    return (
        f"{problem}: that of an installed confluent-kafka works on this client, in a program that is started by"
        " python -m mapr_streams_python run and imports it from confluent_kafka"
    )


@lru_cache
def has_module(name: str) -> bool:
    """Whether there is a module of this name below the package."""
    try:
        return importlib.util.find_spec(f"mapr_streams_python.{name}") is not None
    except ModuleNotFoundError:
        return False


def has_name(name: str) -> bool:
    """Whether the package has a name to import."""
    import mapr_streams_python

    return hasattr(mapr_streams_python, name) or hasattr(cimpl, name) or has_module(name)
