"""What somebody wishes of a line, checked against what the helpline knows: flows, languages, districts, numbers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from cli.lines.errors import LineRefused
from cli.lines.hours import read_hours
from config.numbers import NumberError, dialable, parse_number
from config.schema import TRANSFER_NUMBERS
from directory.calendar import parse_calendar
from directory.errors import CalendarError
from directory.places import place_id

EVERYWHERE = "all"
AMBULANCE = "ambulance"


@dataclass(frozen=True)
class Wish:
    """The options as they were typed; None or nothing: not mentioned."""

    flow: str | None = None
    name: str | None = None
    language: str | None = None
    hours: str | None = None
    closed: str | None = None
    districts: str | None = None
    ambulance: str | None = None
    numbers: Sequence[str] = ()
    missed_call: bool | None = None
    queue_limit: int | None = None  # 0: the deployment's


@dataclass(frozen=True)
class Known:
    """What a line can be made of. `parts` are flows that stand inside others, `inner` what doctors hear in a call.

    `untaken` are flows that came after the start of the helpline that runs: it would have nothing to say to callers.
    """

    flows: Collection[str]
    parts: Collection[str]
    inner: Collection[str]
    untaken: Collection[str]
    languages: Collection[str]
    districts: Collection[str]
    zone: ZoneInfo
    country: str


def line_number(text: str, country: str) -> str:
    """The number in its one spelling. LineRefused where it cannot be a line."""
    return _number("NUMBER", text, country)


def fields(wish: Wish, known: Known, numbers: Mapping[str, str] = TRANSFER_NUMBERS) -> dict[str, Any]:
    """The columns of `config.schema.ServiceLine` that the wish names. `numbers` are those of the line so far.

    LineRefused with a sentence for the first thing that is wrong.
    """
    return dict(_fields(wish, known, numbers))


def _fields(wish: Wish, known: Known, numbers: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    if wish.flow is not None:
        yield "flow", _flow(wish.flow, known)
    if wish.missed_call is not None:
        yield "missed_call", wish.missed_call
    if wish.queue_limit is not None:
        yield "queue_limit", wish.queue_limit or None
    if wish.name is not None:
        yield "name", _name(wish.name)
    if wish.language is not None:
        yield "language", _one_of("language", wish.language, known.languages)
    if wish.hours is not None:
        hours = read_hours(wish.hours)
        _check_calendar(hours or {}, (), known.zone)
        yield "hours", hours
    if wish.closed is not None:
        dates = [date for date in re.split(r"[\s,;]+", wish.closed) if date and date != "none"]
        _check_calendar({}, dates, known.zone)
        yield "closed_dates", dates or None
    if wish.districts is not None:
        yield "districts", _districts(wish.districts, known.districts)
    if wish.ambulance is not None:
        yield "ambulance_number", _number("--ambulance", wish.ambulance, known.country)
    if wish.numbers:
        yield "numbers", _numbers(wish.numbers, numbers, known.country)


def _flow(name: str, known: Known) -> str:
    can_be = f"the flows are {', '.join(sorted(known.flows))}"
    if name in known.parts:
        raise LineRefused(f"{name} is a part of other flows and no line of its own; {can_be}")
    if name in known.inner:
        raise LineRefused(f"{name} is what doctors hear in a call, and no line of its own; {can_be}")
    if name in known.untaken:
        raise LineRefused(f"the helpline takes up {name} when it is started the next time; make it a line then")
    return _one_of("flow", name, known.flows)


def _one_of(what: str, name: str, known: Collection[str]) -> str:
    if name not in known:
        raise LineRefused(f"there is no {what} {name!r}; there are {', '.join(sorted(known))}")
    return name


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > 80 or not name.isprintable():
        raise LineRefused("a line's name has 1 to 80 printable characters")
    return name


def _check_calendar(hours: Mapping[str, object], closed: Iterable[str], zone: ZoneInfo) -> None:
    try:
        parse_calendar(hours, zone, closed)
    except CalendarError as error:
        raise LineRefused(str(error)) from None


def _districts(text: str, known: Collection[str]) -> list[str] | None:
    if text.strip().lower() == EVERYWHERE:
        return None
    wanted = [place_id(name) for name in re.split(r"[,;]+", text) if name.strip()]
    if not wanted:
        raise LineRefused(f"name districts, or {EVERYWHERE} for every caller")
    strangers = sorted(set(wanted) - set(known))
    if strangers and not known:
        raise LineRefused("no districts are known here yet: ./helpline import pincodes FILE.csv (or: import samples)")
    if strangers:
        raise LineRefused(f"there is no district {', '.join(strangers)}; there are {', '.join(sorted(known))}")
    return list(dict.fromkeys(wanted))


def _numbers(pairs: Sequence[str], so_far: Mapping[str, str], country: str) -> dict[str, str]:
    numbers = dict(so_far)
    for pair in pairs:
        target, found, number = pair.partition("=")
        if target == AMBULANCE:
            raise LineRefused("the ambulance's number is given as --ambulance NUMBER")
        if not found or target not in TRANSFER_NUMBERS:
            raise LineRefused(f"{pair!r}: write SERVICE=NUMBER, where SERVICE is {', '.join(sorted(TRANSFER_NUMBERS))}")
        if number:
            numbers[target] = _number(f"--number {target}", number, country)
        else:
            numbers.pop(target, None)  # passed on to nobody: the flow goes on as where nobody answers
    return numbers


def _number(what: str, text: str, country: str) -> str:
    try:
        number = parse_number(text.strip(), country).e164
    except NumberError as error:
        raise LineRefused(f"{what} {text!r} cannot be dialled. {error}") from None
    if not dialable(number):
        raise LineRefused(f"{what} {text!r} cannot be dialled")
    return number
