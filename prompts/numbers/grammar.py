"""What a language knows of numbers, as plain data, and how its cardinals are put together from it."""

from collections.abc import Mapping
from dataclasses import dataclass

from prompts.errors import NumberError
from prompts.numbers.pattern import Pattern

HIGHEST = 9999


@dataclass(frozen=True)
class Cardinals:
    """Counting: a word for each of 0 to 99, words for whole hundreds and thousands, and the order of the parts."""

    below_hundred: tuple[str, ...]
    round_numbers: Mapping[int, str]  # 100 ... 900, 1000 ... 9000
    joiner: str
    order: Pattern  # thousands, hundreds, joiner, rest

    def parts(self, number: int) -> dict[str, int]:
        """Return what 0 to 9999 is made of: thousands, hundreds and rest, those of them that are said.

        Raises NumberError outside the range.
        """
        if not 0 <= number <= HIGHEST:
            raise NumberError(f"numbers are known from 0 to {HIGHEST}, not {number}")
        hundreds, rest = divmod(number, 100)
        found = {"thousands": hundreds // 10 * 1000, "hundreds": hundreds % 10 * 100}
        found = {name: value for name, value in found.items() if value}
        return found if found and not rest else {**found, "rest": rest}

    def word(self, part: int) -> str:
        """Return the word of a part: 0 to 99, or a whole hundred or thousand."""
        return self.below_hundred[part] if part < 100 else self.round_numbers[part]

    def cardinal(self, number: int) -> str:
        """Return `number` (0 to 9999) in words. Raises NumberError outside the range."""
        parts = self.parts(number)
        words = {"thousands": "", "hundreds": "", "rest": "", **{name: self.word(part) for name, part in parts.items()}}
        return self.order.filled(**words, joiner=self.joiner if self.joins(parts) else "")

    def joins(self, parts: Mapping[str, int]) -> bool:
        """Tell whether a joiner ("and") is said: before what is left below a hundred, if the language has one."""
        return bool(self.joiner) and "rest" in parts and len(parts) > 1


@dataclass(frozen=True)
class Counted:
    """One thing and several of it: "एक महीना", "{number} महीने"."""

    one: str
    many: Pattern


@dataclass(frozen=True)
class Hours:
    """Lengths of time in hours; half hours have words of their own in Indian languages (डेढ़, ढाई, साढ़े)."""

    counted: Counted
    halves: tuple[str, str, str]  # half an hour, one and a half, two and a half
    and_half: Pattern
    about: Pattern


@dataclass(frozen=True)
class Clock:
    """Times of day. `parts` are the words for the part of the day by the minute since midnight at which it begins."""

    parts: Mapping[int, str]
    quarters: tuple[Pattern, Pattern, Pattern, Pattern]  # :00, :15, :30, :45
    exceptions: Mapping[int, str]  # by minutes since midnight
    below_ten: Pattern  # nine oh five
    other: Pattern

    def part_start(self, minutes: int) -> int:
        """Return when the part of the day of this moment began; before the first of a day it is still the last."""
        return max((start for start in self.parts if start <= minutes), default=max(self.parts))


@dataclass(frozen=True)
class Calendar:
    """Dates and years. `weekdays` begin with Monday."""

    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    day_is_ordinal: bool
    date: Pattern  # weekday, day, month
    centuries: Mapping[int, tuple[str, str, str]]  # before 10 to 99, alone, before 1 to 9


@dataclass(frozen=True)
class Grammar:
    """Everything a language says that is not a written prompt."""

    unknown: str
    cardinals: Cardinals
    digits: tuple[str, ...]
    letters: tuple[str, ...]
    phone_group: int
    ordinals: Mapping[str, tuple[str, ...]]  # by form: m, f, o
    ordinal_beyond: Pattern
    years_old: Counted
    under_one_year: str
    months_old: Counted
    days_old: Counted
    minutes: Counted
    under_one_minute: str
    hours: Hours
    clock: Clock
    calendar: Calendar
    genders: Mapping[str, str]
