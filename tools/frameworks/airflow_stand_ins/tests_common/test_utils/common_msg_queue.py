"""What tests of the trigger for queues of messages ask for."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterator

import pytest

mark_common_msg_queue_test = pytest.mark.skipif(
    importlib.util.find_spec("airflow.providers.common.messaging") is None,
    reason="apache-airflow-providers-common-messaging is not installed",
)


@pytest.fixture
def collect_queue_param_deprecation_warning() -> Iterator[None]:
    """The parameter `queue` is said to be deprecated, which is no error in a test that gives it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*queue.*")
        yield
