"""Tells what the librdkafka that is loaded can do, and does with less where it is old.

python examples/versions.py --bootstrap host:9092
python examples/versions.py                         on a broker inside this program

One build of the package runs with all releases from 2.0.2 on. To try another one, put its folder on LD_LIBRARY_PATH.
"""

from __future__ import annotations

import argparse
import contextlib

from mapr_streams_python import Consumer, KafkaError, KafkaException, known_faults, libversion
from mapr_streams_python.admin import AdminClient
from mapr_streams_python.testing import MockCluster


def is_since(major: int, minor: int, revision: int = 0) -> bool:
    """Whether the loaded librdkafka is this release or a later one: its number has a byte for each part."""
    return libversion()[1] >= major << 24 | minor << 16 | revision << 8


def consumer_properties() -> dict[str, object]:
    """A property that librdkafka does not know is refused: what is newer than 2.0.2 is asked for before it is used."""
    properties: dict[str, object] = {"group.id": "example-versions"}
    if is_since(2, 2):
        properties["fetch.queue.backoff.ms"] = 100
    return properties


def tell_of_brokers(admin: AdminClient) -> None:
    """A call that librdkafka does not have says so, and then there may be another way."""
    try:
        cluster = admin.describe_cluster(request_timeout=30).result()
    except KafkaException as exception:
        error: KafkaError = exception.args[0]
        if error != KafkaError._NOT_IMPLEMENTED:
            raise
        print("describe_cluster():", error.str())
        metadata = admin.list_topics(timeout=30)
        print(f"brokers {sorted(metadata.brokers)} of metadata, controller {metadata.controller_id}")
        return
    nodes = sorted(node.id for node in cluster.nodes or [])
    print(f"brokers {nodes} of describe_cluster(), controller {cluster.controller.id if cluster.controller else None}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Tell what the librdkafka that is loaded can do.")
    parser.add_argument("--bootstrap", help="host:port of a broker; a broker inside this program if it is left out")
    options = parser.parse_args()
    print("librdkafka", libversion()[0])
    # The others this client keeps from programs.
    for fault in known_faults():
        if not fault.kept:
            print(f"known fault of {fault.meets}: {fault.text}; mended in {fault.mended}")
    with contextlib.ExitStack() as stack:
        servers = options.bootstrap or stack.enter_context(MockCluster()).bootstrap_servers
        with AdminClient({"bootstrap.servers": servers}) as admin:
            tell_of_brokers(admin)
        properties = consumer_properties()
        with Consumer({"bootstrap.servers": servers, **properties}) as consumer:
            print(f"a consumer with {', '.join(properties)} sees the cluster {consumer.cluster_id(30)}")


if __name__ == "__main__":
    main()
