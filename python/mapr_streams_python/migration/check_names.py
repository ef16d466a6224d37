"""What names of streams become, over all files of a check."""

from __future__ import annotations

from collections.abc import Callable

from ..cimpl import KafkaException, _TopicNames


class Names:
    """The mapping of names, and what has been mapped."""

    def __init__(self, make_mapping: Callable[[], _TopicNames]) -> None:
        self._make_mapping = make_mapping
        self._mapping = make_mapping()
        self.topics: dict[str, str] = {}
        self._folded: dict[str, str] = {}

    def kafka_topic(self, name: str) -> str:
        """Return the Kafka topic of a full name.

        Raises:
            ValueError: there is none. The message says why.
        """
        try:
            topic = self._mapping.kafka_topic(name)
        except KafkaException as error:
            raise ValueError(error.args[0].str()) from None
        if not topic.startswith("^"):
            self.topics[name] = topic
        return topic

    def beginning(self, stream: str) -> str:
        """Return what the Kafka topics of a stream look like.

        Raises:
            ValueError: it is no stream. The message says why.
        """
        try:
            # One of its own, since the example is no name that another could collide with.
            return self._make_mapping().kafka_topic(f"{stream}:TOPIC")
        except KafkaException as error:
            raise ValueError(error.args[0].str()) from None

    def folded(self, topic: str) -> str | None:
        """Another topic that Kafka would take this one for, since it takes "." and "_" for one."""
        other = self._folded.setdefault(topic.replace(".", "_"), topic)
        return other if other != topic else None
