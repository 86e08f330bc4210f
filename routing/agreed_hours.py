"""PURE: hours as somebody enters them: everything that is wrong with them, each fault with its place and what is right.

`schedule.py` reads what is stored and takes windows as they come; here nobody is let in with two that overlap, which
are nearly always a slip of the pen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from routing.errors import ScheduleError
from routing.schedule import DAYS, Schedule, parse_schedule

_MINUTES_A_DAY = 24 * 60
_MINUTES_A_WEEK = 7 * _MINUTES_A_DAY

Window = tuple[int, int, str, int]  # beginning, end (minutes), day as written, number within the day


@dataclass(frozen=True)
class HoursFault:
    """`place` is the path within the schedule, such as weekly.mon.1; `reason` says what is right."""

    place: str
    reason: str


def faults(stored: Mapping[str, Any]) -> list[HoursFault]:
    """Everything wrong with the hours, in the order in which they are written; empty: they can be stored."""
    found = [*_unreadable(stored)]
    return found or [*_overlaps(stored, parse_schedule(stored))]


def tidied(stored: Mapping[str, Any]) -> dict[str, Any] | None:
    """Hours without faults as they are stored: windows in order, empty days left out; None where nothing is left."""
    weekly = {day: sorted(spans) for day in DAYS if (spans := stored.get("weekly", {}).get(day))}
    dates = {day: sorted(spans) for day, spans in sorted(stored.get("dates", {}).items())}
    leave = sorted(stored.get("leave", ()))
    parts: dict[str, Any] = {"weekly": weekly, "dates": dates, "leave": leave}
    return {name: part for name, part in parts.items() if part} or None


def _unreadable(stored: Mapping[str, Any]) -> Iterator[HoursFault]:
    """Each window, date and leave is read by itself, so that all that is wrong is told at once."""
    for part in ("weekly", "dates"):
        for day, spans in stored.get(part, {}).items():
            for number, span in enumerate(spans):
                yield from _fault(f"{part}.{day}.{number}", {part: {day: [span]}})
            yield from _fault(f"{part}.{day}", {part: {day: [span for span in spans if _is_readable(part, day, span)]}})
    for number, span in enumerate(stored.get("leave", ())):
        yield from _fault(f"leave.{number}", {"leave": [span]})


def _is_readable(part: str, day: str, span: object) -> bool:
    return not list(_fault("", {part: {day: [span]}}))


def _fault(place: str, piece: Mapping[str, Any]) -> Iterator[HoursFault]:
    try:
        parse_schedule(piece)
    except ScheduleError as error:
        yield HoursFault(place, str(error))


def _overlaps(stored: Mapping[str, Any], schedule: Schedule) -> Iterator[HoursFault]:
    week = [
        (number * _MINUTES_A_DAY + begins, number * _MINUTES_A_DAY + ends, day, place)
        for number, (day, spans) in enumerate(zip(DAYS, schedule.week, strict=True))
        for place, (begins, ends) in enumerate(spans)
    ]
    yield from _overlapping(week, stored.get("weekly", {}), "weekly", _MINUTES_A_WEEK)
    for day, spans in schedule.dates:
        windows = [(begins, ends, day.isoformat(), place) for place, (begins, ends) in enumerate(spans)]
        yield from _overlapping(windows, stored.get("dates", {}), "dates", 0)


def _overlapping(
    windows: Iterable[Window], written: Mapping[str, Sequence[Sequence[str]]], part: str, around: int
) -> Iterator[HoursFault]:
    """`around`: after so many minutes it begins again: Sunday's night lasts into Monday; 0: it does not."""
    ordered = sorted(windows)
    pairs = list(pairwise(ordered))
    if around and len(ordered) > 1:  # one window meets nobody: it is no longer than a day
        begins, ends, day, place = ordered[0]
        pairs.append((ordered[-1], (begins + around, ends + around, day, place)))
    for (_, ends, day, place), (begins, _, other, number) in pairs:
        if begins < ends:
            yield HoursFault(
                f"{part}.{other}.{number}",
                f"{_shown(written[other][number])} ({other}) overlaps {_shown(written[day][place])} ({day});"
                " make one window of the two, or let one begin later",
            )


def _shown(span: Sequence[str]) -> str:
    return f"{span[0]}-{span[1]}"
