"""PURE: opening hours. Is it open at a moment, until when, and when does it open next?

Hours are {"mon": [["09:00", "14:00"], …], …} in the deployment's zone. An end that is not after its beginning is on
the next day: "20:00" to "08:00" is a night, "00:00" to "00:00" a whole day. A closed date is one on which nothing
*begins*: the night before it lasts until its morning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from directory.errors import CalendarError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS_AHEAD = 60

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_MINUTES_A_DAY = 24 * 60
_IN_SIGHT_DAYS = 8


@dataclass(frozen=True)
class Calendar:
    """A week of hours in a zone: for each day from Monday the (beginning, end) in minutes after its midnight."""

    week: tuple[tuple[tuple[int, int], ...], ...]
    zone: tzinfo
    closed: frozenset[date] = frozenset()


@dataclass(frozen=True)
class Opening:
    """A time of being open, from `opens` up to but not including `closes`; both in the calendar's zone."""

    opens: datetime
    closes: datetime

    @property
    def day(self) -> date:
        """The day it counts for, also after midnight."""
        return self.opens.date()


def parse_calendar(hours: Mapping[str, object], zone: tzinfo, closed_dates: Iterable[str] = ()) -> Calendar:
    """The calendar that is stored as `hours` and ISO dates. CalendarError names what is wrong."""
    strangers = sorted(set(hours) - set(DAYS))
    if strangers:
        raise CalendarError(f"{strangers[0]!r} is no day; days are {', '.join(DAYS)}")
    week = tuple(tuple(_spans(day, hours.get(day, ()))) for day in DAYS)
    return Calendar(week, zone, frozenset(_date(text) for text in closed_dates))


def opening_at(calendar: Calendar, at: datetime) -> Opening | None:
    """The opening in which the moment falls, or None: closed. Where two overlap, the one that began last counts."""
    return max(_around(calendar, at), key=lambda each: each.opens, default=None)


def closes_at(calendar: Calendar, at: datetime) -> datetime | None:
    """Until when it stays open, over openings that meet; None where it is closed or no end is in sight for a week."""
    closes = max((each.closes for each in _around(calendar, at)), default=None)
    if closes is None:
        return None
    day = _day(calendar, at)
    for following in _openings(calendar, day, _IN_SIGHT_DAYS):
        if following.opens <= closes:
            closes = max(closes, following.closes)
    return closes if closes.date() < day + timedelta(days=_IN_SIGHT_DAYS) else None


def next_opening(calendar: Calendar, after: datetime, days: int = DAYS_AHEAD) -> Opening | None:
    """The first opening that begins later than `after`, within so many days; None where there is none."""
    return next((each for each in _openings(calendar, _day(calendar, after), days) if each.opens > after), None)


def next_day(calendar: Calendar, after: datetime, days: int = DAYS_AHEAD) -> Opening | None:
    """The first opening that counts for a later day than the moment's own: when today has no place left."""
    now = opening_at(calendar, after)
    today = now.day if now else _day(calendar, after)
    later = _openings(calendar, today, days)
    return next((each for each in later if each.day > today and each.opens > after), None)


def _around(calendar: Calendar, at: datetime) -> list[Opening]:
    day = _day(calendar, at)
    # Yesterday's night may reach into today.
    return [each for each in _openings(calendar, day - timedelta(days=1), 1) if each.opens <= at < each.closes]


def _openings(calendar: Calendar, day: date, days: int) -> Iterator[Opening]:
    """What begins on `day` or up to `days` days later, in order."""
    for offset in range(days + 1):
        yield from _beginning_on(calendar, day + timedelta(days=offset))


def _beginning_on(calendar: Calendar, day: date) -> Iterator[Opening]:
    if day in calendar.closed:
        return
    for begins, ends in sorted(calendar.week[day.weekday()]):
        yield Opening(_moment(day, begins, calendar.zone), _moment(day, ends, calendar.zone))


def _day(calendar: Calendar, at: datetime) -> date:
    return at.astimezone(calendar.zone).date()


def _moment(day: date, minutes: int, zone: tzinfo) -> datetime:
    days, minutes = divmod(minutes, _MINUTES_A_DAY)
    hour, minute = divmod(minutes, 60)
    wall = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone) + timedelta(days=days)
    return wall.astimezone(UTC).astimezone(zone)  # an hour that a change of clocks skips becomes one that exists


def _spans(day: str, spans: object) -> Iterator[tuple[int, int]]:
    if not isinstance(spans, Sequence) or isinstance(spans, str):
        raise CalendarError(f"{day} must be a list of [beginning, end]")
    for span in spans:
        if not isinstance(span, Sequence) or isinstance(span, str) or len(span) != 2:
            raise CalendarError(f"{day} must be a list of [beginning, end]")
        begins, ends = _minutes(day, span[0]), _minutes(day, span[1])
        yield begins, ends if ends > begins else ends + _MINUTES_A_DAY


def _minutes(day: str, text: object) -> int:
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise CalendarError(f"{day}: {text!r} is no time of day such as 09:00")
    return int(match[1]) * 60 + int(match[2])


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise CalendarError(f"{text!r} is no date such as 2026-01-26") from None
