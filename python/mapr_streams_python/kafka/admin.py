"""The names of `mapr_streams_python.admin`, with a client that follows librdkafka's rules where MapR's differ.

from mapr_streams_python.kafka.admin import AdminClient, NewTopic
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import admin as _admin
from ..admin import *  # noqa: F403  # all of them, and one that is another
from ..admin._client import _by_name
from . import _with_dialect

__all__ = [*_admin.__all__]


class AdminClient(_admin.AdminClient):  # type: ignore[no-redef]
    """A client that administers a cluster by librdkafka's rules: see `mapr_streams_python.admin.AdminClient`."""

    if not TYPE_CHECKING:

        def __init__(self, *config, **properties):
            super().__init__(*_with_dialect(_by_name(config, properties), properties), **properties)
