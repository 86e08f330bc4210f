"""PURE: when a doctor may be rung: weekly windows, single dates, leave and the night, all in the doctor's own zone.

Stored as {"weekly": {"mon": [["09:00", "14:00"]], …}, "dates": {"2026-11-22": [["10:00", "12:00"]]}, "leave":
[["2026-11-24", "2026-11-28"]]}. An end that is not after its beginning is on the next day. A date that is named has its
own windows instead of the week's. Leave is from the first to the last of its days; nothing *begins* on them, but the
night before lasts until its morning. Without weekly windows and dates a doctor may be rung whenever on duty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from routing.errors import ScheduleError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS_AHEAD = 60
MOST_WINDOWS = 12  # on a day

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_MINUTES_A_DAY = 24 * 60

Spans = tuple[tuple[int, int], ...]  # (beginning, end) in minutes after the day's midnight
Trouble = Literal["on_leave", "off_schedule"]


@dataclass(frozen=True)
class Schedule:
    """`week` from Monday; `dates` and `leave` (first, last) by date."""

    week: tuple[Spans, ...] = ((),) * 7
    dates: tuple[tuple[date, Spans], ...] = ()
    leave: tuple[tuple[date, date], ...] = ()

    @property
    def has_windows(self) -> bool:
        return bool(self.dates) or any(self.week)

    def spans_on(self, day: date) -> Spans:
        """What begins on the day."""
        if self.is_leave(day):
            return ()
        return next((spans for named, spans in self.dates if named == day), self.week[day.weekday()])

    def is_leave(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.leave)


def zone_named(name: str) -> tzinfo:
    """The zone of a name such as Asia/Kolkata. ScheduleError where there is none."""
    try:
        return _zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ScheduleError(f"{name!r} is no time zone such as Europe/London") from None


@lru_cache(maxsize=512)
def _zone(name: str) -> tzinfo:
    return ZoneInfo(name)


def parse_schedule(stored: Mapping[str, object]) -> Schedule:
    """The schedule as it is stored. ScheduleError names what is wrong."""
    if strangers := sorted(set(stored) - {"weekly", "dates", "leave"}):
        raise ScheduleError(f"{strangers[0]!r} is no part of a schedule; parts are weekly, dates, leave")
    weekly, dates = _mapping("weekly", stored), _mapping("dates", stored)
    if strangers := sorted(set(weekly) - set(DAYS)):
        raise ScheduleError(f"{strangers[0]!r} is no day; days are {', '.join(DAYS)}")
    return Schedule(
        tuple(_spans(day, weekly.get(day, ())) for day in DAYS),
        tuple(sorted((_date(day), _spans(day, spans)) for day, spans in dates.items())),
        tuple(_leave(stored.get("leave") or ())),
    )


def schedule_trouble(schedule: Schedule, zone: str, at: datetime) -> Trouble | None:
    """Why the doctor may not be rung at the moment; None: the schedule allows it."""
    today = at.astimezone(_zone(zone)).date()
    if schedule.has_windows:
        if any(opens <= at < closes for opens, closes in _openings(schedule, zone, today - timedelta(days=1), 1)):
            return None
        return "on_leave" if schedule.is_leave(today) else "off_schedule"
    return "on_leave" if schedule.is_leave(today) else None


def next_opening(schedule: Schedule | None, zone: str, after: datetime, days: int = DAYS_AHEAD) -> datetime | None:
    """When the doctor may be rung next, from `after` on and within so many days; None: not in sight.

    `after` itself where the schedule allows it then.
    """
    if schedule is None or schedule_trouble(schedule, zone, after) is None:
        return after
    today = after.astimezone(_zone(zone)).date()
    if schedule.has_windows:
        return next((opens for opens, _ in _openings(schedule, zone, today, days) if opens > after), None)
    ahead = (today + timedelta(days=offset) for offset in range(1, days + 1))
    return next((_moment(day, 0, _zone(zone)) for day in ahead if not schedule.is_leave(day)), None)


def next_change(schedule: Schedule | None, zone: str, at: datetime, night: tuple[int, int] | None) -> datetime:
    """The next moment, after `at`, at which windows, leave or the night may begin or end; a day later at most."""
    local = at.astimezone(_zone(zone))
    today, moments = local.date(), [at + timedelta(days=1)]
    if schedule is not None:
        moments.append(_moment(today + timedelta(days=1), 0, _zone(zone)))
        for opening in _openings(schedule, zone, today - timedelta(days=1), 2):
            moments.extend(opening)
    if night is not None:
        days = (today, today + timedelta(days=1))
        moments.extend(_moment(day, hour * 60, _zone(zone)) for day in days for hour in night)
    return min(moment for moment in moments if moment > at)


def is_night(zone: str, at: datetime, night: tuple[int, int]) -> bool:
    """Whether it is night where the doctor is; `night` is from one full hour to another, such as (22, 6)."""
    begins, ends = night
    hour = at.astimezone(_zone(zone)).hour
    return begins <= hour < ends if begins <= ends else hour >= begins or hour < ends


def night_began(zone: str, at: datetime, night: tuple[int, int]) -> datetime:
    """When the night of the moment began."""
    begins = night[0]
    local = at.astimezone(_zone(zone))
    day = local.date() if local.hour >= begins else local.date() - timedelta(days=1)
    return _moment(day, begins * 60, _zone(zone))


def day_of(at: datetime, zone: str) -> date:
    """The date of the moment in a zone: limits per day count by the deployment's."""
    return at.astimezone(_zone(zone)).date()


def next_midnight(at: datetime, zone: str) -> datetime:
    return _moment(day_of(at, zone) + timedelta(days=1), 0, _zone(zone))


def _openings(schedule: Schedule, zone: str, day: date, days: int) -> Iterator[tuple[datetime, datetime]]:
    """What begins on `day` or up to `days` days later, in order of days."""
    place = _zone(zone)
    for offset in range(days + 1):
        begins_on = day + timedelta(days=offset)
        for begins, ends in sorted(schedule.spans_on(begins_on)):
            yield _moment(begins_on, begins, place), _moment(begins_on, ends, place)


def _moment(day: date, minutes: int, zone: tzinfo) -> datetime:
    # Wall-clock arithmetic first, then UTC: an hour that a change of clocks skips becomes one that exists.
    days, minutes = divmod(minutes, _MINUTES_A_DAY)
    wall = datetime.combine(day + timedelta(days=days), time(minutes // 60, minutes % 60), zone)
    return wall.astimezone(UTC)


def _mapping(name: str, stored: Mapping[str, object]) -> Mapping[str, object]:
    part = stored.get(name) or {}
    if not isinstance(part, Mapping):
        raise ScheduleError(f"{name} must have a list of windows for each day")
    return part


def _spans(day: str, spans: object) -> Spans:
    if not isinstance(spans, Sequence) or isinstance(spans, str) or len(spans) > MOST_WINDOWS:
        raise ScheduleError(f"{day} must be a list of at most {MOST_WINDOWS} [beginning, end]")
    return tuple(_span(day, span) for span in spans)


def _span(day: str, span: object) -> tuple[int, int]:
    if not isinstance(span, Sequence) or isinstance(span, str) or len(span) != 2:
        raise ScheduleError(f"{day} must be a list of [beginning, end]")
    begins, ends = (_minutes(day, text) for text in span)
    return begins, ends if ends > begins else ends + _MINUTES_A_DAY


def _minutes(day: str, text: object) -> int:
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ScheduleError(f"{day}: {text!r} is no time of day such as 09:00")
    return int(match[1]) * 60 + int(match[2])


def _leave(stored: object) -> Iterator[tuple[date, date]]:
    if not isinstance(stored, Sequence) or isinstance(stored, str):
        raise ScheduleError("leave must be a list of [first day, last day]")
    for span in stored:
        if not isinstance(span, Sequence) or isinstance(span, str) or len(span) != 2:
            raise ScheduleError("leave must be a list of [first day, last day]")
        first, last = (_date(text) for text in span)
        if last < first:
            raise ScheduleError(f"leave ends on {last}, before it begins on {first}")
        yield first, last


def _date(text: object) -> date:
    try:
        return date.fromisoformat(text if isinstance(text, str) else "")
    except ValueError:
        raise ScheduleError(f"{text!r} is no date such as 2026-01-26") from None
