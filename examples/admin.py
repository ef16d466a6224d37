"""Makes a topic, tells of its configuration, gives it more partitions, and deletes it again.

python examples/admin.py localhost:9092 orders
"""

import sys

from mapr_streams_python import KafkaException
from mapr_streams_python.admin import AdminClient, ConfigResource, NewPartitions, NewTopic


def main(servers: str, topic: str) -> None:
    with AdminClient({"bootstrap.servers": servers}) as admin:
        # One future for each topic.
        new = NewTopic(topic, 1, config={"cleanup.policy": "compact"})
        admin.create_topics([new], timeout=30)[topic].result()
        admin.wait_for_topics([topic], timeout=30)
        print(f"made {topic}")

        resource = ConfigResource("topic", topic)
        entries = admin.describe_configs([resource])[resource].result()
        print(f"its {entries['cleanup.policy']}")

        admin.create_partitions([NewPartitions(topic, 3)])[topic].result()
        print("it gets 3 partitions")

        admin.delete_topics([topic], timeout=30)[topic].result()
        admin.wait_until_deleted([topic], timeout=30)
        print(f"deleted {topic}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except KafkaException as exception:
        sys.exit(f"{exception.args[0].str()}")
