"""Lets a user read the topics of a stream, tells what the user may do, and takes it back.

python examples/access.py localhost:9092 User:alice /apps/clicks
"""

import sys

from mapr_streams_python import KafkaException
from mapr_streams_python.admin import AclBinding, AclBindingFilter, AdminClient


def main(servers: str, user: str, stream: str) -> None:
    with AdminClient({"bootstrap.servers": servers}) as admin:
        # On Kafka all topics of a stream begin alike.
        acl = AclBinding("topic", f"{stream}:", "prefixed", user, "*", "read", "allow")
        admin.create_acls([acl])[acl].result()
        print(f"{user} may read {stream}")

        # None and "any" stand for everything.
        of_user = AclBindingFilter("any", None, "any", user, None, "any", "any")
        for found in admin.describe_acls(of_user).result():
            print(f"{found.permission_type.name} {found.operation.name} on {found.name} ({found.restype.name})")

        of_stream = AclBindingFilter("topic", f"{stream}:", "prefixed", user, "*", "read", "allow")
        deleted = admin.delete_acls([of_stream])[of_stream].result()
        print(f"took back {len(deleted)}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except KafkaException as exception:
        sys.exit(f"{exception.args[0].str()}")
