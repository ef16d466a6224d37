"""Settings of Airflow that hold for a while."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from unittest import mock


def conf_vars(settings: Mapping[tuple[str, str], str]) -> Any:
    """A context, or a decorator, in which settings have these values: Airflow prefers what the environment says."""
    return mock.patch.dict(
        os.environ, {f"AIRFLOW__{part}__{name}".upper(): text for (part, name), text in settings.items()}
    )
