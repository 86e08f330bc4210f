"""PURE: an age is told once and goes on growing; what is stored is the age as it was told, and when."""

from __future__ import annotations

from datetime import date, timedelta

_DAYS_A_YEAR = 365.25
_DAYS = {"days": 1.0, "months": _DAYS_A_YEAR / 12, "years": _DAYS_A_YEAR}
# Below these a smaller unit says more: a dose for a child depends on months.
_SAID_IN_DAYS, _SAID_IN_MONTHS = 60, 24


def age_on(day: date, value: int, unit: str, recorded_on: date) -> tuple[int, str]:
    """The age on `day` as (value, unit) of somebody who was `value` `unit` (years, months, days) on `recorded_on`.

    Whole units, the birthday taken to be a whole unit before the recording. ValueError for another unit.
    """
    if unit not in _DAYS:
        raise ValueError(f"an age has no unit {unit!r}")
    elapsed = max(0, (day - recorded_on).days)
    if unit == "years":
        return value + int(elapsed / _DAYS_A_YEAR), unit
    days = value * _DAYS[unit] + elapsed
    if unit == "days" and days < _SAID_IN_DAYS:
        return int(days), unit
    months = int(days / _DAYS["months"] + 1e-9)
    return (months, "months") if months < _SAID_IN_MONTHS else (int(days / _DAYS_A_YEAR), "years")


def year_of_birth(value: int, unit: str, recorded_on: date) -> int:
    """The year somebody was born in, give or take the one that a whole age leaves open. ValueError as `age_on`."""
    if unit not in _DAYS:
        raise ValueError(f"an age has no unit {unit!r}")
    if unit == "years":
        return recorded_on.year - value
    return (recorded_on - timedelta(days=round(value * _DAYS[unit]))).year
