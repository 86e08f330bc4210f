"""Opening hours as people write them."""

from __future__ import annotations

import pytest

from cli.lines.errors import LineRefused
from cli.lines.hours import hours_in_words, read_hours

MORNING, EVENING = ["09:00", "14:00"], ["16:00", "19:00"]


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("always", None),
        ("24x7", None),
        ("mon 9:00-14:00", {"mon": [MORNING]}),
        ("mon-wed 09:00-14:00", {"mon": [MORNING], "tue": [MORNING], "wed": [MORNING]}),
        ("Monday, Thursday 09:00-14:00", {"mon": [MORNING], "thu": [MORNING]}),
        ("sat-mon 09:00-14:00", {"sat": [MORNING], "sun": [MORNING], "mon": [MORNING]}),
        ("mon 09:00-14:00 16:00-19:00; tue 16:00-19:00", {"mon": [MORNING, EVENING], "tue": [EVENING]}),
        ("mon 09:00-14:00, mon 16:00-19:00", {"mon": [MORNING, EVENING]}),
        ("daily 20:00-08:00", {day: [["20:00", "08:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}),
    ],
)
def test_hours_in_words_become_a_calendar(text: str, hours: dict[str, list[list[str]]] | None) -> None:
    assert read_hours(text) == hours
    assert read_hours(hours_in_words(hours)) == hours


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "'' is neither a day nor a time"),
        ("09:00-14:00", "09:00-14:00 has no day"),
        ("mon", "mon has no hours"),
        ("mon 09:00-14:00 tue", "tue has no hours"),
        ("noon 09:00-14:00", "'noon' is neither a day nor a time"),
        ("mon-someday 09:00-14:00", "'mon-someday' is neither a day nor a time"),
        ("mon 9-14", "'9-14' is neither a day nor a time"),
    ],
)
def test_hours_that_cannot_be_understood_are_told_and_how_to_write_them(text: str, why: str) -> None:
    with pytest.raises(LineRefused, match=why) as told:
        read_hours(text)
    assert 'write hours as "mon-sat 09:00-14:00; sun 10:00-12:00"' in str(told.value)


def test_days_with_the_same_hours_are_told_together() -> None:
    week = {"mon": [MORNING], "tue": [MORNING], "thu": [MORNING, EVENING]}
    assert hours_in_words(week) == "mon-tue 09:00-14:00; thu 09:00-14:00 16:00-19:00"
    assert hours_in_words(None) == "always"
    assert hours_in_words({}) == "never"
