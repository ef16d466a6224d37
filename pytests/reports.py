"""One message, and what its delivery report says: that it failed is for the test to judge."""

from __future__ import annotations

from typing import Any

from limits import HANG

from mapr_streams_python import KafkaError, Message, Producer


def report_of(
    producer: Producer, topic: str = "t", timeout: float = HANG, **arguments: Any
) -> tuple[KafkaError | None, Message]:
    """Produce one message and return what its delivery callback got."""
    reports: list[tuple[KafkaError | None, Message]] = []
    producer.produce(topic, on_delivery=lambda error, message: reports.append((error, message)), **arguments)
    assert producer.flush(timeout) == 0
    (report,) = reports
    return report
