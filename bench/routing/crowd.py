"""PURE: the callers and doctors of a day, drawn from a seed. What somebody will do belongs to the person, not to the
side that serves them: every strategy meets the same crowd."""

from __future__ import annotations

import bisect
import itertools
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from bench.routing.day import (
    ANNOUNCED_EVERY,
    CALLS_BY_HOUR,
    CATEGORIES,
    DAY_SECONDS,
    LANGUAGES,
    PRACTICES,
    PRIORITIES,
    SHIFTS_BY_HOUR,
    SPOKEN,
    Day,
)

Kind = Literal["accepted", "declined", "no_answer", "unreachable"]
T = TypeVar("T")
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Patient:
    """Somebody who wants a doctor from `at` on. Waits at most `patience`; presses 1 after `asks_after` (inf: never).

    `cut_off` is the share of the talk after which it breaks off, 1.0 where it does not.
    """

    index: int
    at: float
    category: str
    language: str
    district: str
    priority: str
    gender: str
    patience: float
    asks_after: float
    talk: float
    cut_off: float

    @property
    def id(self) -> str:
        return f"call-{self.index:06d}"

    @property
    def leaves_after(self) -> float:
        """Seconds after which the patient waits no longer, for one reason or the other."""
        return min(self.patience, self.asks_after)


@dataclass(frozen=True, slots=True)
class Volunteer:
    """A doctor. `shift` is (from, to), None on a day off; from `gone_from` on the phone is not answered any more."""

    index: int
    practice: tuple[str, ...]
    languages: tuple[str, ...]
    districts: tuple[str, ...]  # empty: everybody
    gender: str
    shift: tuple[float, float] | None
    gone_from: float
    unanswered: float  # the share of rings
    declined: float  # of those answered
    dead: bool  # the number is out of service

    @property
    def id(self) -> str:
        return f"doctor-{self.index:05d}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a doctor's phone does when it is rung: `after` seconds it is known; a phone not answered rings on."""

    kind: Kind
    after: float


@dataclass(frozen=True)
class Crowd:
    seed: int
    patients: tuple[Patient, ...]
    volunteers: tuple[Volunteer, ...]


def draw(day: Day, seed: int) -> Crowd:
    """Everybody of the day; the same seed gives the same people."""
    dice = random.Random(seed)
    arrivals = sorted(_moment_by(CALLS_BY_HOUR, dice) for _ in range(day.calls))
    patients = tuple(_patient(index, at, day, dice) for index, at in enumerate(arrivals))
    return Crowd(seed, patients, tuple(_volunteer(index, day, dice) for index in range(day.doctors)))


def answer(
    crowd: Crowd, volunteer: Volunteer, patient: Patient, at: float, ring_seconds: float, nth: int = 0
) -> Answer:
    """What the volunteer does with the `nth` ring for the patient: the same, whoever asks."""
    if volunteer.dead:
        return Answer("unreachable", 1.5)
    if at >= volunteer.gone_from:
        return Answer("no_answer", ring_seconds)
    lifts, takes, how_long, hears = _fractions(crowd.seed, volunteer.index, patient.index, nth)
    if lifts < volunteer.unanswered:
        return Answer("no_answer", ring_seconds)
    after = 2.0 + 5.0 * how_long + 8.0 * how_long**4  # most within 7 s, the slowest after 15
    if takes < volunteer.declined:
        return Answer("declined", after + 2.0 + 3.0 * hears)
    return Answer("accepted", after + 1.5 + 3.5 * hears)


def _patient(index: int, at: float, day: Day, dice: random.Random) -> Patient:
    category = _pick(CATEGORIES, dice)
    asks = dice.random() < day.ask_to_be_called_back
    announcements = 1 + int(-math.log(1 - dice.random()) * 1.2)
    return Patient(
        index=index,
        at=at,
        category=category,
        language=_pick(LANGUAGES, dice),
        district=f"district-{dice.randrange(day.districts):02d}",
        priority=_pick(PRIORITIES, dice),
        gender="female" if category == "maternity" and dice.random() < 0.3 else "",
        patience=max(5.0, dice.lognormvariate(math.log(day.patience_median), day.patience_spread)),
        asks_after=announcements * ANNOUNCED_EVERY + 6.0 if asks else math.inf,
        talk=min(2_400.0, max(15.0, dice.lognormvariate(math.log(day.talk_median), day.talk_spread))),
        cut_off=dice.uniform(0.2, 0.8) if dice.random() < day.cut_off else 1.0,
    )


def _volunteer(index: int, day: Day, dice: random.Random) -> Volunteer:
    shift = _shift(day, dice) if dice.random() < day.working else None
    gone = shift is not None and dice.random() < day.forget_to_leave
    return Volunteer(
        index=index,
        practice=_pick(PRACTICES, dice),
        languages=tuple(language for language, share in SPOKEN.items() if dice.random() < share) or ("hi",),
        districts=_districts(day, dice) if dice.random() < day.local else (),
        gender="female" if dice.random() < 0.42 else "male",
        shift=shift,
        gone_from=dice.uniform(*shift) if gone and shift else math.inf,
        unanswered=dice.choice((0.02, 0.02, 0.05, 0.05, 0.1, 0.25)),
        declined=dice.choice((0.0, 0.01, 0.03, 0.08)),
        dead=dice.random() < 0.005,
    )


def _districts(day: Day, dice: random.Random) -> tuple[str, ...]:
    return tuple(f"district-{n:02d}" for n in sorted(dice.sample(range(day.districts), min(6, day.districts))))


def _shift(day: Day, dice: random.Random) -> tuple[float, float]:
    begins = _moment_by(SHIFTS_BY_HOUR, dice)
    lasts = dice.lognormvariate(math.log(day.shift_median), day.shift_spread)
    # Night shifts go on from yesterday: a few doctors are there when the day begins.
    begins = begins if dice.random() > 0.04 else -1.0
    return begins, min(begins + min(max(lasts, 1_800.0), 28_800.0), DAY_SECONDS + 3_600.0)


def _moment_by(hours: Sequence[int], dice: random.Random) -> float:
    """A second of the day, by the hours' weights, evenly within the hour."""
    return (_pick_index(hours, dice) + dice.random()) * _HOUR


def _pick(weights: Mapping[T, float], dice: random.Random) -> T:
    return list(weights)[_pick_index(tuple(weights.values()), dice)]


def _pick_index(weights: Sequence[float], dice: random.Random) -> int:
    sums = list(itertools.accumulate(weights))
    return bisect.bisect(sums, dice.random() * sums[-1])


_MASK = (1 << 64) - 1


def _fractions(*numbers: int) -> tuple[float, float, float, float]:
    """Four numbers of 0-1 that depend on nothing but these (splitmix64; seeding a generator costs 30 times as much)."""
    state = 0
    for number in numbers:
        state = _mixed(state ^ (number + 0x9E3779B97F4A7C15))
    found = []
    for _ in range(4):
        state = (state + 0x9E3779B97F4A7C15) & _MASK
        found.append(_mixed(state) / 2**64)
    return found[0], found[1], found[2], found[3]


def _mixed(value: int) -> int:
    value &= _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)
