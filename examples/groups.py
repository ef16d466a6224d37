"""Tells of a group of consumers: its state, its members, and where it is. With a place, has it go on from there.

python examples/groups.py localhost:9092 readers
python examples/groups.py localhost:9092 readers earliest
python examples/groups.py localhost:9092 readers -100
"""

import sys

from mapr_streams_python import KafkaException
from mapr_streams_python.admin import AdminClient, ConsumerGroupTopicPartitions, ShiftBy


def tell(admin: AdminClient, name: str) -> None:
    group = admin.describe_consumer_groups([name])[name].result()
    print(f"{name} is {group.state.name if group.state else 'unknown'}")
    for member in group.members:
        print(f"  {member.client_id} at {member.host}: {len(member.assignment.topic_partitions or [])} partitions")
    request = [ConsumerGroupTopicPartitions(name)]
    offsets = admin.list_consumer_group_offsets(request)[name].result().topic_partitions
    for partition in sorted(offsets or []):
        print(f"  {partition.topic} [{partition.partition}] at {partition.offset}")


def main(servers: str, name: str, place: str = "") -> None:
    with AdminClient({"bootstrap.servers": servers}) as admin:
        tell(admin, name)
        if not place:
            return
        # Nothing is committed before it is applied.
        plan = admin.reset_offsets(name, to=place if place.isalpha() else ShiftBy(int(place)))
        print(plan)
        plan.apply()
        print("applied")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except KafkaException as exception:
        sys.exit(f"{exception.args[0].str()}")
