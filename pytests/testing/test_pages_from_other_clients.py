"""The programs of the pages for those who come from another client, and of some more, run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["from-confluent-kafka.md", "from-kafka-python.md", "offsets.md", "serialization.md"])
def test_the_program_of_the_page_runs(run_python, page: str) -> None:
    (program,) = re.findall(r"^```python\n(.*?)^```$", (DOCS / page).read_text(), re.M | re.S)
    run_python(program).check()
