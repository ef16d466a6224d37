"""Lists the topics of a cluster that takes tokens (SASL OAUTHBEARER) as logins.

python examples/tokens.py host:9092 alice

It makes tokens itself that nobody has signed, as test clusters take them. A real program asks its identity provider; or
has librdkafka do so, by sasl.oauthbearer.method=oidc, and no oauth_cb.
"""

from __future__ import annotations

import base64
import json
import sys
import time

from mapr_streams_python import Consumer, KafkaException


def part(values: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).rstrip(b"=").decode()


def oauth_cb(config: str) -> tuple[str, float]:
    """Called on a thread of its own, whenever a token is wanted: before the first poll(), and while the client is idle.

    It is told what sasl.oauthbearer.config says.
    """
    user = config.partition("principal=")[2]
    now = int(time.time())
    print(f"a token for {user}", file=sys.stderr)
    return f"{part({'alg': 'none'})}.{part({'sub': user, 'iat': now, 'exp': now + 300})}.", now + 300


def main(servers: str, user: str) -> None:
    config = {
        "bootstrap.servers": servers,
        "group.id": "example-tokens",
        "security.protocol": "sasl_plaintext",
        "sasl.mechanism": "OAUTHBEARER",
        "sasl.oauthbearer.config": f"principal={user}",
        "oauth_cb": oauth_cb,
    }
    with Consumer(config) as consumer:
        for topic in sorted(consumer.list_topics(timeout=30).topics):
            print(topic)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except KafkaException as exception:
        sys.exit(exception.args[0].str())
