"""PURE: the day that is simulated, in numbers: when people call, what for, how long they talk, who is there for them.

The shapes are assumptions, written where they can be read and changed; both sides of a comparison live the same day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DAY_SECONDS = 86_400
# The deployment's zone is India's: the day begins at 00:00 there.
MIDNIGHT = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
ANNOUNCED_EVERY = 45.0  # seconds between two announcements, at which a caller may press 1

# Calls by the hour of the day: a 104 is quiet at night, has its peak in the late morning and a second one at dusk.
CALLS_BY_HOUR = (8, 5, 4, 3, 4, 8, 18, 34, 56, 78, 88, 84, 74, 64, 60, 60, 66, 74, 80, 78, 64, 44, 28, 15)
# When volunteers begin a shift: before work, at noon, and most of all in the evening.
SHIFTS_BY_HOUR = (6, 4, 4, 4, 5, 10, 24, 44, 76, 78, 72, 62, 56, 52, 52, 56, 66, 72, 70, 54, 36, 22, 12, 8)

# What people call about, and of whom: priority by share of the category's callers.
CATEGORIES = {"fever": 36, "general": 22, "child": 12, "maternity": 10, "skin": 8, "heart": 7, "neuro": 5}
PRIORITIES = {"red_flag": 2, "pregnant": 4, "child": 6, "follow_up": 5, "": 83}
LANGUAGES = {"hi": 82, "mr": 8, "en": 6, "gu": 4}
# What doctors treat together.
PRACTICES: dict[tuple[str, ...], float] = {
    ("fever", "general"): 42,
    ("child", "fever", "general"): 12,
    ("child",): 7,
    ("maternity",): 12,
    ("skin",): 9,
    ("heart",): 7,
    ("neuro",): 6,
    ("heart", "general"): 3,
    ("skin", "general"): 2,
}
SPOKEN = {"hi": 0.92, "en": 0.6, "mr": 0.15, "gu": 0.1}  # the share of doctors who speak it


@dataclass(frozen=True)
class Day:
    """How much there is of everything. Times are in seconds, shares in 0-1; medians are of log-normal times."""

    calls: int = 50_000
    doctors: int = 5_000
    districts: int = 52
    talk_median: float = 210.0
    talk_spread: float = 0.6  # sigma of the logarithm: the mean is 20 % above the median
    patience_median: float = 240.0
    patience_spread: float = 0.9
    ask_to_be_called_back: float = 0.3  # of callers, at one of the announcements
    cut_off: float = 0.01  # of talks, half-way, by the doctor's phone
    working: float = 0.48  # of the doctors, on this day
    shift_median: float = 7_200.0
    shift_spread: float = 0.5
    forget_to_leave: float = 0.12  # of shifts: the doctor is gone while still on duty
    local: float = 0.2  # of doctors serve some districts only
    ring_seconds: float = 20.0
    wrap_up_seconds: float = 30.0

    @classmethod
    def quick(cls) -> Day:
        """A tenth of everybody."""
        return cls(calls=5_000, doctors=500)

    @property
    def seconds(self) -> float:
        """Until the last caller of the day is served or gone."""
        return DAY_SECONDS


def moment(seconds: float) -> datetime:
    """The moment so many seconds after midnight."""
    return MIDNIGHT + timedelta(seconds=seconds)


def seconds_at(at: datetime) -> float:
    """The reverse of `moment`."""
    return (at - MIDNIGHT).total_seconds()
