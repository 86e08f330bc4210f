"""PURE: which prompts say a value. What cannot be said is said to be unknown: no call ends for a wrong value."""

import re
from collections.abc import Callable, Mapping
from datetime import date

from prompts.numbers.generated import (
    LONGEST_HOURS,
    LONGEST_MINUTES,
    OLDEST_AGE,
    OLDEST_IN_DAYS,
    OLDEST_IN_MONTHS,
    UNKNOWN,
    part_id,
)
from prompts.numbers.grammar import HIGHEST, Grammar

PAUSE = "pause"
Said = tuple[str, ...]
_UNSAID: Said = (UNKNOWN,)
_LONGEST_PHONE = 15  # ITU-T E.164
_MIDNIGHT = 24 * 60


def say(grammar: Grammar, kind: str, value: str) -> Said:
    """Return the prompts that say `value`. Raises ValueError only for a kind that is not in KINDS."""
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is nothing that can be spoken; known are {', '.join(sorted(KINDS))}")
    try:
        return KINDS[kind](grammar, value.strip())
    except (ValueError, KeyError):
        return _UNSAID


def _number(grammar: Grammar, value: str) -> Said:
    return _cardinal(grammar, _whole(value))


def _cardinal(grammar: Grammar, number: int) -> Said:
    cardinals = grammar.cardinals
    parts = cardinals.parts(number)
    said: dict[str, Said] = dict.fromkeys(("thousands", "hundreds", "rest"), ())
    said |= {name: (f"number.{part}",) for name, part in parts.items()}
    return cardinals.order.ids(**said, joiner=("number.joiner",) if cardinals.joins(parts) else ())


def _digits(grammar: Grammar, value: str) -> Said:
    return tuple(f"digit.{_whole(digit)}" for digit in value) or _UNSAID


def _phone(grammar: Grammar, value: str) -> Said:
    """Digit by digit, in groups counted from the end, as Indians tell a mobile number: five and five.

    Of an Indian number in E.164 the ten digits are said, which is what its owner keys and knows.
    """
    digits = re.sub(r"[\s\-()]", "", value)
    digits = digits.removeprefix("+91" if re.fullmatch(r"\+91\d{10}", digits) else "+")
    if not 0 < len(digits) <= _LONGEST_PHONE:
        return _UNSAID
    size = grammar.phone_group
    said: list[str] = []
    for place, digit in enumerate(_digits(grammar, digits)):
        if place and (len(digits) - place) % size == 0:
            said.append(PAUSE)
        said.append(digit)
    return tuple(said)


def _token(grammar: Grammar, value: str) -> Said:
    """Sign by sign, letters by their names: "A-17" is A, one, seven; so is a slip's number, "P-7K3M-22QX-5"."""
    if not re.fullmatch(r"[A-Za-z]{0,3}-?\d{1,6}|P-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]", value, re.ASCII):
        return _UNSAID
    return tuple(f"{'letter' if sign.isalpha() else 'digit'}.{sign.lower()}" for sign in value if sign != "-")


def _ordinal(grammar: Grammar, value: str) -> Said:
    """ "3", or with its form: "3:f" feminine, "3:o" oblique; a form the language lacks is its first."""
    text, _, form = value.partition(":")
    number = _whole(text)
    if number < 1:
        return _UNSAID
    chosen = form if form in grammar.ordinals else next(iter(grammar.ordinals))
    if number <= len(grammar.ordinals[chosen]):
        return (f"ordinal.{chosen}.{number}",)
    return grammar.ordinal_beyond.ids(number=_cardinal(grammar, number))


def _position(grammar: Grammar, value: str) -> Said:
    """ "3": a place in a queue, as a postposition has it (तीसरे स्थान पर)."""
    return _ordinal(grammar, f"{_whole(value)}:o")


def _minutes(grammar: Grammar, value: str) -> Said:
    """About so many minutes; above an hour to the nearest half hour."""
    minutes = _whole(value)
    if minutes <= LONGEST_MINUTES:
        return (f"minutes.{minutes}",)
    return grammar.hours.about.ids(duration=_half_hours(grammar, (minutes + 15) // 30))


def _duration_hours(grammar: Grammar, value: str) -> Said:
    """ "2" or "1.5": hours, to the nearest half."""
    if not re.fullmatch(r"\d{1,4}(\.\d{1,3})?", value, re.ASCII):
        return _UNSAID
    return _half_hours(grammar, int(float(value) * 2 + 0.5))


def _half_hours(grammar: Grammar, halves: int) -> Said:
    hours, half = divmod(halves, 2)
    if not halves:
        return _UNSAID
    if half and hours < LONGEST_HOURS:
        return (f"hours.half.{hours}",)
    if hours <= LONGEST_HOURS:
        return (f"hours.{hours}",)
    return grammar.hours.counted.many.ids(number=_cardinal(grammar, hours))


def _age(grammar: Grammar, value: str) -> Said:
    """ "45" or "45:years", "8:months", "20:days"; two years and more are said in whole years."""
    text, _, unit = value.partition(":")
    count = _whole(text)
    if unit == "days" and count <= OLDEST_IN_DAYS:
        return _days_old(grammar, count)
    months = count * 12 if unit in ("", "years") else count if unit == "months" else _months_of(unit, count)
    if unit in ("months", "days") and 1 <= months <= OLDEST_IN_MONTHS:
        return (f"age.months.{months}",)
    return (f"age.{months // 12}",) if months // 12 <= OLDEST_AGE else _UNSAID


def _days_old(grammar: Grammar, days: int) -> Said:
    if days == 1:
        return ("age.days.1",)
    return grammar.days_old.many.ids(number=_cardinal(grammar, days)) if days else ("age.0",)


def _months_of(unit: str, days: int) -> int:
    if unit != "days":
        raise ValueError(unit)
    return days * 12 // 365


def _date(grammar: Grammar, value: str) -> Said:
    """ "2026-11-24": weekday, day and month."""
    day = date.fromisoformat(value)
    form = next(iter(grammar.ordinals))
    number = f"ordinal.{form}.{day.day}" if grammar.calendar.day_is_ordinal else f"number.{day.day}"
    return grammar.calendar.date.ids(
        weekday=(f"weekday.{day.isoweekday()}",), day=(number,), month=(f"date.month.{day.month}",)
    )


def _time(grammar: Grammar, value: str) -> Said:
    """ "09:30": a quarter of an hour is a sentence of its own, any other minute is put together."""
    if not re.fullmatch(r"\d{1,2}:\d{2}", value, re.ASCII):
        return _UNSAID
    hour, minute = (int(part) for part in value.split(":"))
    now = hour * 60 + minute
    if minute >= 60 or now >= _MIDNIGHT:
        return _UNSAID
    if minute % 15 == 0:
        return (f"time.{hour:02}{minute:02}",)
    pattern = grammar.clock.below_ten if minute < 10 else grammar.clock.other
    part = part_id(grammar.clock.part_start(now))
    return pattern.ids(part=(part,), hour=(f"number.{(hour - 1) % 12 + 1}",), minute=(f"number.{minute}",))


def _year(grammar: Grammar, value: str) -> Said:
    """ "1976": as a century and the rest where the language counts years so, else as a number."""
    year = _whole(value)
    century, rest = divmod(year, 100)
    if century not in grammar.calendar.centuries or len(value) != 4:
        return _cardinal(grammar, year)
    before, alone, below_ten = grammar.calendar.centuries[century]
    name = f"year.{century}"
    if not rest:
        return (name if alone == before else f"{name}.alone",)
    prefix = f"{name}.below_ten" if rest < 10 and below_ten != before else name
    return (prefix, *_cardinal(grammar, rest))


def _gender(grammar: Grammar, value: str) -> Said:
    return (f"gender.{value}",) if value in grammar.genders else _UNSAID


def _whole(text: str) -> int:
    """Return a whole number written in the digits 0 to 9. Raises ValueError."""
    if not re.fullmatch(r"\d{1,6}", text, re.ASCII) or int(text) > HIGHEST:
        raise ValueError(text)
    return int(text)


KINDS: Mapping[str, Callable[[Grammar, str], Said]] = {
    "number": _number,
    "digits": _digits,
    "phone": _phone,
    "token": _token,
    "ordinal": _ordinal,
    "position": _position,
    "minutes": _minutes,
    "duration_hours": _duration_hours,
    "age": _age,
    "date": _date,
    "time": _time,
    "year": _year,
    "gender": _gender,
}
