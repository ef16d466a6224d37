"""Which Airflow this is."""

from __future__ import annotations

import re
from importlib.metadata import version


def get_base_airflow_version_tuple() -> tuple[int, ...]:
    """Its version without what a development version or a candidate has behind it."""
    return tuple(int(number) for number in re.findall(r"\d+", version("apache-airflow-core"))[:3])


AIRFLOW_V_3_0_PLUS = get_base_airflow_version_tuple() >= (3, 0, 0)
AIRFLOW_V_3_3_PLUS = get_base_airflow_version_tuple() >= (3, 3, 0)
