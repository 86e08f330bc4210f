"""What a doctor's SMS wants: ON, OFF, ON 18-20, ON TILL 20, STATUS, in English or Hindi. PURE.

Strict where it counts: every word must be known (keywords.yaml), since a duty switched on by a misread sentence lets a
patient's call ring at somebody who is not there. Times of twelve hours without am or pm ("6-8") may mean two things;
`span` chooses when the moment is known, and the reply tells the doctor what was understood.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from itertools import product
from pathlib import Path

import yaml

FILE = Path(__file__).parent / "keywords.yaml"
LONGEST_HOURS = 24
_LONGEST_TEXT = 160
_DAY = 24 * 60
_HALF_DAY = 12 * 60
# From minute to minute after midnight; night lasts into the next day.
_PARTS = {"morning": (180, 720), "noon": (660, 1020), "evening": (900, 1320), "night": (1140, 1800)}
_NIGHT = (22 * 60, 6 * 60)  # a time that may mean day or night means the day
_DASHES = re.compile("[\u2010-\u2015\u2212~\uff5e]")
_MERIDIEM = re.compile(r"\b([ap])\.\s?m\b\.?")
_TOKEN = re.compile(r"\d+(?:[:.]\d\d)?(?![\d:])|-|[^\d\s:.-]+|\S")
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d\d))?|(\d{1,2})(\d\d)")
_SIGNS = frozenset(":.")
_NUKTA = "\u093c"

Readings = tuple[int, ...]  # minutes after midnight that a time may mean


@dataclass(frozen=True, slots=True)
class On:
    """On duty: without an end, for `hours`, until `ends`, or from `begins` to `ends`, in the doctor's own zone."""

    begins: Readings = ()
    ends: Readings = ()
    hours: int = 0


@dataclass(frozen=True, slots=True)
class Off:
    """Off duty at once."""


@dataclass(frozen=True, slots=True)
class Status:
    """The doctor asks how the own duty stands."""


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """Nothing is changed."""


Wish = On | Off | Status | NotUnderstood


@dataclass(frozen=True, slots=True)
class Span:
    """When duty is meant, in UTC. `begins` None: at once; `ends` None: until it is changed."""

    begins: datetime | None = None
    ends: datetime | None = None


def parse(text: str) -> Wish:
    """What the message wants; never raises, whatever is in it."""
    if len(text) > _LONGEST_TEXT:
        return NotUnderstood()
    tokens = [(token, _meaning(token)) for token in _TOKEN.findall(_plain(text))]
    wanted = {meaning for _, meaning in tokens if meaning in ("on", "off", "status")}
    rest = [(token, meaning) for token, meaning in tokens if meaning not in wanted and meaning != "filler"]
    match sorted(wanted):
        case ["on"]:
            return _times(rest) or NotUnderstood()
        case ["off"] if not rest:
            return Off()
        case ["status"] if not rest:
            return Status()
    return NotUnderstood()


def span(on: On, at: datetime, zone: tzinfo) -> Span:
    """When that is, said at `at` by somebody in `zone`.

    Hours that are over for today are meant for tomorrow, those that have begun begin at once. Of two things that "6-8"
    may mean, the one that goes on now is meant, else the one that is not at night, else the next.
    """
    if on.hours:
        return Span(ends=at + timedelta(hours=on.hours))
    if not on.ends:
        return Span()
    today = at.astimezone(zone).date()
    if not on.begins:
        ends = (_moment(today, day * _DAY + end, zone) for day in (0, 1, 2) for end in on.ends)
        return Span(ends=min(moment for moment in ends if moment > at))
    choices = [choice for choice in _choices(on, today, zone) if choice[1] > at]
    begins, ends_at, _ = min(choices, key=lambda choice: (choice[0] > at, choice[2], choice[1]))
    return Span(begins if begins > at else None, ends_at)


def _choices(on: On, today: date, zone: tzinfo) -> Iterator[tuple[datetime, datetime, bool]]:
    """The shortest windows that the times may mean, around today, and whether each is at night."""
    windows = [(begins, begins + _length(begins, ends)) for begins, ends in product(on.begins, on.ends)]
    shortest = min(ends - begins for begins, ends in windows)
    for day, (begins, ends) in product((-1, 0, 1, 2), windows):
        if ends - begins == shortest:
            moments = (_moment(today, day * _DAY + minute, zone) for minute in (begins, ends))
            yield *moments, _is_at_night(begins, ends)  # type: ignore[misc]


def _length(begins: int, ends: int) -> int:
    return (ends - begins) % _DAY or _DAY


def _is_at_night(begins: int, ends: int) -> bool:
    minutes = (*range(begins, ends, 30), ends - 1)
    return any(minute % _DAY >= _NIGHT[0] or minute % _DAY < _NIGHT[1] for minute in minutes)


def _moment(day: date, minutes: int, zone: tzinfo) -> datetime:
    # Wall-clock arithmetic first, then UTC: an hour that a change of clocks skips becomes one that exists.
    days, minutes = divmod(minutes, _DAY)
    wall = datetime.combine(day + timedelta(days=days), time(minutes // 60, minutes % 60), zone)
    return wall.astimezone(UTC)


# --- times --------------------------------------------------------------------------------------------------------


def _times(tokens: list[tuple[str, str]]) -> On | None:
    """What is said besides ON; None where it is no time we know."""
    if not tokens:
        return On()
    if hours := _hours(tokens):
        return On(hours=hours)
    pieces = _pieces(tokens)
    if pieces is None:
        return None
    shape = " ".join(piece if isinstance(piece, str) else "T" for piece in pieces)
    times = [piece for piece in pieces if not isinstance(piece, str)]
    if shape in ("till T", "T till"):
        return On(ends=times[0])
    if shape in ("T range T", "from T range T", "T range T till", "from T till T", "T till T"):
        return None if len(times[0]) == 1 and times[0] == times[1] else On(times[0], times[1])
    return None


def _hours(tokens: list[tuple[str, str]]) -> int:
    """ "for 2 hours", "2 घंटे"; 0: it is nothing of the kind."""
    kinds = [meaning for _, meaning in tokens]
    if kinds[:1] == ["for"]:
        tokens, kinds = tokens[1:], kinds[1:]
    if kinds[-1:] == ["till"]:
        tokens, kinds = tokens[:-1], kinds[:-1]
    if kinds != ["number", "hours"] or not tokens[0][0].isdecimal():
        return 0
    hours = int(tokens[0][0])
    return hours if 0 < hours <= LONGEST_HOURS else 0


def _pieces(tokens: list[tuple[str, str]]) -> list[str | Readings] | None:
    """Times as readings, each with the part of the day beside it; None where something is no time."""
    pieces: list[str | Readings] = []
    waiting = ""  # a part of the day before its time: "शाम 6 से 8"
    for position, (token, meaning) in enumerate(tokens):
        if meaning == "number":
            part, waiting = waiting or _following(tokens, position), ""
            readings = _readings(token, part)
            if not readings:
                return None
            pieces.append(readings)
        elif meaning in ("range", "till", "from"):
            pieces.append(meaning)
        elif _belongs_before(tokens, position):
            continue  # "6 pm": taken with its time
        elif meaning in _PARTS and not waiting:
            waiting = meaning
        else:
            return None
    return None if waiting else pieces


def _following(tokens: list[tuple[str, str]], position: int) -> str:
    """The part of the day that is said after a time."""
    return tokens[position + 1][1] if _belongs_before(tokens, position + 1) else ""


def _belongs_before(tokens: list[tuple[str, str]], position: int) -> bool:
    if not 0 < position < len(tokens) or tokens[position - 1][1] != "number":
        return False
    meaning = tokens[position][1]
    before_a_time = position + 1 < len(tokens) and tokens[position + 1][1] == "number"
    return meaning in ("am", "pm") or (meaning in _PARTS and not before_a_time)


def _readings(token: str, part: str) -> Readings:
    """What a time may mean; empty where it is none. A leading zero or more than twelve is of twenty-four hours."""
    match = _TIME.fullmatch(token)
    if match is None:
        return ()
    hour_text, minute = match[1] or match[3], int(match[2] or match[4] or 0)
    hour = int(hour_text)
    if hour > 24 or minute > 59 or (hour == 24 and minute):
        return ()
    minutes = (hour * 60 + minute) % _DAY
    if hour > 12 or hour == 0:
        return () if part in ("am", "pm") and hour == 0 else (minutes,)
    both = tuple(sorted({minutes % _HALF_DAY, minutes % _HALF_DAY + _HALF_DAY}))
    if part in ("am", "pm"):
        return (both[part == "pm"],)
    if part:
        opens, closes = _PARTS[part]
        return tuple(m for m in both if opens <= m < closes or opens <= m + _DAY < closes)
    return (minutes,) if hour_text.startswith("0") else both


# --- words --------------------------------------------------------------------------------------------------------


def _plain(text: str) -> str:
    """Small letters, plain digits and dashes, and nothing that is not said: full stops, joiners, emoji."""
    text = _DASHES.sub("-", unicodedata.normalize("NFKC", text)).casefold()
    text = _MERIDIEM.sub(r"\1m ", text).replace(_NUKTA, "").replace("\u200c", "").replace("\u200d", "")
    plain: list[str] = []
    before = ""
    for character in text:
        kind = _kind(character)
        if {before, kind} == {"letter", "digit"}:
            plain.append(" ")  # 6pm, 18से20
        plain.append(str(unicodedata.digit(character)) if kind == "digit" else character if kind != "none" else " ")
        before = kind
    return "".join(plain)


def _kind(character: str) -> str:
    if unicodedata.category(character) == "Nd":
        return "digit"
    if unicodedata.category(character)[0] in "LM" or character == "ः":
        return "letter"
    return "sign" if character in ":.-" else "none"


def _meaning(token: str) -> str:
    if token[0].isdecimal():
        return "number"
    return "filler" if token in _SIGNS else _vocabulary().get(token, "unknown")


@cache
def _vocabulary() -> Mapping[str, str]:
    read: Mapping[str, list[str]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {_plain(word): meaning for meaning, words in read.items() for word in words}
