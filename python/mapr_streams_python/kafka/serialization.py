"""Serializers and deserializers: see `mapr_streams_python.serialization`, whose names these are."""

from ..serialization import *  # noqa: F403
from ..serialization import __all__ as __all__
