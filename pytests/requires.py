"""What a test needs of the librdkafka that is loaded."""

from __future__ import annotations

import pytest

from mapr_streams_python import libversion


def _number(version: str) -> int:
    major, minor, revision = (int(part) for part in version.split("."))
    return major << 24 | minor << 16 | revision << 8


def is_since(version: str) -> bool:
    """Whether the loaded librdkafka is that one, or newer."""
    return libversion()[1] >= _number(version)


def since(version: str) -> pytest.MarkDecorator:
    """For a test of what librdkafka has since then."""
    return pytest.mark.skipif(
        not is_since(version), reason=f"the loaded librdkafka {libversion()[0]} is older than {version}"
    )


def lacks(version: str) -> pytest.MarkDecorator:
    """For a test of what is told where librdkafka is older."""
    return pytest.mark.skipif(
        is_since(version),
        reason=f"the loaded librdkafka {libversion()[0]} is not older than {version}",
    )
