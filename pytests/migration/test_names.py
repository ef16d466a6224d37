"""The mapping of names, in the extension as it is shipped. What each rule gives is in Tests/StreamsTests."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from mapr_streams_python.cimpl import _TopicNames


def words(letters: str, longest: int) -> Iterator[str]:
    for length in range(1, longest + 1):
        for word in map("".join, itertools.product(letters, repeat=length)):
            if word not in (".", ".."):
                yield word


def test_no_two_names_share_a_kafka_topic_and_each_leads_back():
    """Nor do two after Kafka's folding of "." and "_", other than those that differ in it alone."""
    names = _TopicNames(home_cluster="home")
    paths = ["/" + segment for segment in words("2a-_. ", 2)]
    paths += [f"/{first}/{second}" for first, second in itertools.product(words("a-_.", 2), repeat=2)]
    owners: dict[str, tuple[str, str]] = {}
    for path, topic in itertools.product(paths, list(words("2a-_.", 3))):
        kafka = names.kafka_topic(f"{path}:{topic}")
        assert re.fullmatch(r"[A-Za-z0-9._-]{1,249}", kafka)
        assert names.stream_name(kafka) == f"{path}:{topic}"
        owner = owners.setdefault(kafka.replace(".", "_"), (path, topic.replace(".", "_")))
        assert owner == (path, topic.replace(".", "_"))
    assert len(owners) > 20_000


def test_each_byte_of_a_path_leads_back():
    names = _TopicNames()
    for character in [*map(chr, range(1, 0x180)), "\u20ac", "\U0001f600"]:
        if character not in "/:":
            name = f"/s{character}x:t"
            assert names.stream_name(names.kafka_topic(name)) == name
