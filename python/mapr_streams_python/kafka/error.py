"""The errors of clients with serializers: see `mapr_streams_python.error`, whose names these are."""

from ..error import *  # noqa: F403
from ..error import __all__ as __all__
