"""PURE: what became of a simulated day, and the figures by which two ways of living it are compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from bench.figures import percentile

End = Literal["talk", "callback", "left"]


@dataclass
class Tally:
    """Filled while the day goes by. `waits` are seconds from the wish for a doctor to the (first) talk.

    `calls_of` counts talks by doctor, every doctor who was on duty that day is in it. `offers` counts by result.
    """

    name: str
    ends: dict[int, End] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    left_after: list[float] = field(default_factory=list)
    offers: Counter[str] = field(default_factory=Counter)
    calls_of: dict[str, int] = field(default_factory=dict)
    hours_of: dict[str, float] = field(default_factory=dict)
    own_language: int = 0
    talks: int = 0
    most_waiting: int = 0
    problems: list[str] = field(default_factory=list)

    def end(self, patient: int, how: End) -> None:
        """A patient's call has ended so: once, whatever came before."""
        if patient in self.ends:
            self.problems.append(f"caller {patient} ended as {self.ends[patient]} and again as {how}")
        self.ends[patient] = how


@dataclass(frozen=True)
class Figures:
    """A day in figures. Shares are 0-1 of all callers who wanted a doctor; times in seconds."""

    name: str
    calls: int
    within_20: float
    within_60: float
    answered: float
    abandoned: float  # hung up; who asked to be called back is not among them
    called_back: float
    mean_wait: float  # ASA, of those answered
    p95_wait: float
    gini: float  # of calls per doctor who was on duty
    gini_per_hour: float  # of calls per hour on duty
    offers_per_talk: float
    wasted: float  # of offers
    own_language: float  # of talks
    most_waiting: int


def figures(tally: Tally) -> Figures:
    """A day in figures. The caller has checked `problems`."""
    calls = max(1, len(tally.ends))
    ends = Counter(tally.ends.values())
    offers = sum(tally.offers.values())
    talks = max(1, tally.talks)
    rates = [tally.calls_of[id] / hours for id, hours in tally.hours_of.items() if hours > 0]
    return Figures(
        name=tally.name,
        calls=len(tally.ends),
        within_20=_within(tally.waits, 20) / calls,
        within_60=_within(tally.waits, 60) / calls,
        answered=ends["talk"] / calls,
        abandoned=ends["left"] / calls,
        called_back=ends["callback"] / calls,
        mean_wait=sum(tally.waits) / max(1, len(tally.waits)),
        p95_wait=percentile(tally.waits, 95) or 0.0,
        gini=gini(tally.calls_of.values()),
        gini_per_hour=gini(rates),
        offers_per_talk=offers / talks,
        wasted=1 - tally.talks / max(1, offers),
        own_language=tally.own_language / talks,
        most_waiting=tally.most_waiting,
    )


def gini(values: Iterable[float]) -> float:
    """How unevenly something is shared: 0 where all have the same, near 1 where one has it all."""
    ordered = sorted(values)
    total = sum(ordered)
    if not total:
        return 0.0
    weighted = sum(rank * value for rank, value in enumerate(ordered, start=1))
    return 2 * weighted / (len(ordered) * total) - (len(ordered) + 1) / len(ordered)


def hours_on_duty(shifts: Mapping[str, tuple[float, float]], until: float) -> dict[str, float]:
    """Hours of each doctor within the day."""
    return {id: (min(to, until) - max(begin, 0.0)) / 3600 for id, (begin, to) in shifts.items()}


def _within(waits: Iterable[float], seconds: float) -> int:
    return sum(1 for wait in waits if wait <= seconds)
