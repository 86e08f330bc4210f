"""PURE: opening hours as people write them, "mon-sat 09:00-14:00; sun 10:00-12:00", and as they are stored."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cli.lines.errors import LineRefused
from directory.calendar import DAYS

ALWAYS = "always"

_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN = re.compile(r"(\d{1,2}:\d{2})-(\d{1,2}:\d{2})")
_HOW = 'write hours as "mon-sat 09:00-14:00; sun 10:00-12:00", or "always"'

Hours = dict[str, list[list[str]]]


def read_hours(text: str) -> Hours | None:
    """What is stored of hours in words; None: day and night. LineRefused where they cannot be understood.

    Days ("mon", "mon-sat", "daily") are followed by one or more times. Whether the times exist is
    `directory.calendar.parse_calendar`'s to say.
    """
    if text.strip().lower() in (ALWAYS, "24x7"):
        return None
    hours: Hours = {}
    days: list[str] = []
    timed = True
    for word in re.split(r"[\s,;]+", text.strip().lower()):
        if span := _SPAN.fullmatch(word):
            if not days:
                raise LineRefused(f"{word} has no day; {_HOW}")
            for day in days:
                hours.setdefault(day, []).append([span[1].zfill(5), span[2].zfill(5)])
            timed = True
        else:
            days = _days(word) if timed else [*days, *_days(word)]
            timed = False
    if not timed:
        raise LineRefused(f"{' '.join(days)} has no hours; {_HOW}")
    return hours


def hours_in_words(hours: Mapping[str, Sequence[Any]] | None) -> str:
    """Stored hours as `read_hours` understands them; days one after the other with the same hours stand together."""
    if hours is None:
        return ALWAYS
    groups: list[tuple[list[str], str]] = []
    for day in DAYS:
        spans = " ".join(f"{begins}-{ends}" for begins, ends in hours.get(day, ()))
        if groups and groups[-1][1] == spans:
            groups[-1][0].append(day)
        else:
            groups.append(([day], spans))
    return "; ".join(f"{_together(days)} {spans}" for days, spans in groups if spans) or "never"


def _together(days: Sequence[str]) -> str:
    if len(days) == len(DAYS):
        return "daily"
    return days[0] if len(days) == 1 else f"{days[0]}-{days[-1]}"


def _days(word: str) -> list[str]:
    if word == "daily":
        return list(DAYS)
    first, _, last = word.partition("-")
    begin, end = _day(first, word), _day(last or first, word)
    return [DAYS[place % 7] for place in range(begin, (end if end >= begin else end + 7) + 1)]


def _day(name: str, word: str) -> int:
    found = [place for place, full in enumerate(_NAMES) if name in (full[:3], full)]
    if not found:
        raise LineRefused(f"{word!r} is neither a day nor a time; {_HOW}")
    return found[0]
