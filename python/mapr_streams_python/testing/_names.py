"""Which topic names Kafka takes."""

from __future__ import annotations

import re

_LEGAL = re.compile(r"[a-zA-Z0-9._-]+")
_MAX_LENGTH = 249


def check_topic_name(topic: str) -> str:
    """Return `topic`; raise ValueError where Apache Kafka would answer INVALID_TOPIC_EXCEPTION.

    librdkafka's mock cluster takes any name, so that a test would pass with a topic that no cluster can have.
    """
    if not isinstance(topic, str):
        raise TypeError(f"topic must be str, not {type(topic).__name__}")
    if topic in ("", ".", ".."):
        raise ValueError(f"topic {topic!r}: Kafka does not take this name")
    if len(topic) > _MAX_LENGTH:
        raise ValueError(f"topic {topic[:20]!r}...: {len(topic)} characters, Kafka takes at most {_MAX_LENGTH}")
    if not _LEGAL.fullmatch(topic):
        raise ValueError(f'topic {topic!r}: Kafka takes only letters and digits of ASCII, ".", "_" and "-"')
    return topic
