"""The client: its life, and what clients of every kind have. Each family of requests is in a file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..cimpl import _AdminClient
from ._acls import AclRequests
from ._cluster import DescriptionRequests
from ._configs import ConfigRequests
from ._elections import ElectionRequests
from ._offsets import OffsetRequests
from ._records import RecordRequests
from ._reset_offsets import ResetRequests
from ._scram import ScramRequests
from ._topics import TopicRequests
from ._waiting import Waits


def _by_name(config: tuple[Any, ...], properties: dict[str, Any]) -> tuple[Any, ...]:
    """The arguments of the constructor. confluent-kafka's calls its first one ``conf``, and takes it by that name."""
    return (properties.pop("conf"),) if "conf" in properties and not config else config


class AdminClient(
    TopicRequests,
    ConfigRequests,
    DescriptionRequests,
    RecordRequests,
    ElectionRequests,
    AclRequests,
    ScramRequests,
    ResetRequests,
    OffsetRequests,
    Waits,
    _AdminClient,
):
    """AdminClient(config={}, /, **properties)

    A client that administers a cluster.

    A method that asks something of the cluster returns at once, with a ``concurrent.futures.Future`` for each item,
    which is done when the brokers have answered, on a thread of the client's: callbacks of futures run there, so they
    must not wait for another future of the client. Bad arguments raise before anything is sent. ``request_timeout`` of
    all of them is how many seconds to wait for the answer, ``socket.timeout.ms`` where it is not given; a future that
    gets none has a `TimeoutException`.

    A client that is closed or dropped ends its futures with a KafkaException, ``_DESTROY``.

    Args:
        config: the properties that all clients have, ``bootstrap.servers`` above all; as a mapping, as keywords, or
            both. ``error_cb``, ``stats_cb``, ``throttle_cb``, ``oauth_cb`` and ``logger`` are those of
            `mapr_streams_python.Producer`; all but ``oauth_cb`` are called from `poll`.

    Raises:
        TypeError: config is no mapping, or a value has another type.
        KafkaException: a property is unknown, or its value not allowed.
    """

    if not TYPE_CHECKING:

        def __init__(self, *config, **properties):
            super().__init__(*_by_name(config, properties), **properties)
