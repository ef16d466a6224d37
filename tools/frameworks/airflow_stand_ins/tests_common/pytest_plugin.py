"""The fixtures."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from airflow.models import Connection
from airflow.providers_manager import ProvidersManager


@pytest.fixture
def create_connection_without_db(monkeypatch: pytest.MonkeyPatch) -> Callable[[Connection], None]:
    """A function that makes a connection known: Airflow looks into the environment before it asks its database."""

    def create(connection: Connection) -> None:
        monkeypatch.setenv(f"AIRFLOW_CONN_{connection.conn_id}".upper(), connection.as_json())

    return create


@pytest.fixture
def cleanup_providers_manager() -> Iterator[None]:
    """The providers are looked for anew, here and in the next test."""
    ProvidersManager()._cleanup()
    yield
    ProvidersManager()._cleanup()
