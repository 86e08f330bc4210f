"""Somebody who was 45 two years ago is 47, and a baby's age stays in months."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.ages import age_on, year_of_birth

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("value", "unit", "days_ago", "age"),
    [
        (45, "years", 0, (45, "years")),
        (45, "years", 364, (45, "years")),
        (45, "years", 731, (47, "years")),
        (8, "months", 0, (8, "months")),
        (8, "months", 31, (9, "months")),
        (8, "months", 500, (2, "years")),
        (20, "days", 10, (30, "days")),
        (20, "days", 100, (3, "months")),
        (20, "days", 800, (2, "years")),
        (0, "years", 0, (0, "years")),
    ],
)
def test_an_age_grows_by_the_days_that_have_passed(value: int, unit: str, days_ago: int, age: tuple[int, str]) -> None:
    assert age_on(TODAY, value, unit, TODAY - timedelta(days=days_ago)) == age


@pytest.mark.parametrize(("value", "unit", "year"), [(50, "years", 1976), (8, "months", 2026), (11, "months", 2025)])
def test_the_year_of_birth_is_the_recorded_year_less_the_age(value: int, unit: str, year: int) -> None:
    assert year_of_birth(value, unit, TODAY) == year


def test_an_unknown_unit_is_refused() -> None:
    for question in (lambda: age_on(TODAY, 1, "moons", TODAY), lambda: year_of_birth(1, "moons", TODAY)):
        with pytest.raises(ValueError, match="moons"):
            question()


@given(st.integers(0, 120), st.sampled_from(["years", "months", "days"]), st.integers(0, 10_000))
def test_nobody_grows_younger_as_days_pass(value: int, unit: str, days: int) -> None:
    recorded = TODAY - timedelta(days=days)
    before, after = age_on(recorded, value, unit, recorded), age_on(TODAY, value, unit, recorded)
    in_days = {"days": 1.0, "months": 365.25 / 12, "years": 365.25}
    # A change of unit may lose the part of a month or year that was not yet whole.
    assert (after[0] + 1) * in_days[after[1]] > before[0] * in_days[before[1]]
