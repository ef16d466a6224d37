"""The tables of docs/librdkafka.md are those of the client."""

import known_faults
import pytest


def test_the_page_is_up_to_date():
    page = known_faults.PAGE.read_text()
    assert known_faults.written(page) == page, "run tools/known_faults.py"


def test_a_page_that_says_something_else_is_written_anew():
    page = known_faults.PAGE.read_text()
    changed = page.replace("4381", "1834")
    assert changed != page
    assert known_faults.written(changed) == page


def test_a_page_without_a_place_for_a_table_is_refused():
    with pytest.raises(SystemExit, match="has no place for the table 'kept'"):
        known_faults.written("no table")
