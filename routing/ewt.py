"""PURE: how long somebody in the queue will wait, from how it went lately. Where nobody can tell, it is not told.

Two readings of the recent past, and the longer one counts: a wait that ends early angers nobody.

- **By talks**: a doctor is taken by a call for so many seconds in the mean (from being claimed to being free again),
  and so many doctors could take this one: one of them becomes free each mean/staff seconds.
- **By turns**: while people wait, as fast as they have been taken lately. Only that shows doctors who do not answer, or
  who take other queues' calls.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

# What is told, in minutes; above the last it is "more than half an hour".
STEPS = (1, 2, 3, 5, 10, 15, 20, 30)
LONG = "long"
# As far back as talks tell anything; of many, the last ones are enough.
LOOK_BACK = timedelta(minutes=60)
RECENTLY = timedelta(minutes=15)
_ENOUGH, _FEWEST = 10, 3
# A queue must have lasted for so long before its turns tell how fast it moves.
_SHORTEST_QUEUE = timedelta(minutes=3)


@dataclass(frozen=True)
class Service:
    """A call that a doctor had: from `begun` on, for `seconds` in all."""

    begun: datetime
    seconds: float


@dataclass(frozen=True)
class Recent:
    """How it went lately: calls that are over, when calls were begun, and since when somebody has always waited."""

    services: Sequence[Service] = ()
    begun: Sequence[datetime] = ()
    waited_since: datetime | None = field(default=None)


def estimate(recent: Recent, position: int, staff: int, at: datetime) -> float | None:
    """About how many seconds until the caller at `position` (from 1) is served; None where nobody can tell."""
    if position < 1 or staff < 1:
        return None
    by_talks, by_turns = _seconds_between_talks(recent, staff, at), _seconds_between_turns(recent, at)
    known = [seconds for seconds in (by_talks, by_turns) if seconds is not None]
    return max(known) * position if known and not math.isinf(max(known)) else None


def in_steps(seconds: float | None) -> str:
    """What is told of a wait: minutes of STEPS, rounded up; LONG above them; empty where it is not known."""
    if seconds is None:
        return ""
    return next((str(step) for step in STEPS if seconds <= step * 60), LONG)


def _seconds_between_talks(recent: Recent, staff: int, at: datetime) -> float | None:
    last = [service for service in recent.services if at - service.begun <= LOOK_BACK]
    newest = [service for service in last if at - service.begun <= RECENTLY]
    counted = newest if len(newest) >= _ENOUGH else last
    if len(counted) < _FEWEST:
        return None
    return sum(service.seconds for service in counted) / len(counted) / staff


def _seconds_between_turns(recent: Recent, at: datetime) -> float | None:
    """Infinite where people wait and nobody is taken: then nothing is told at all."""
    if recent.waited_since is None or at - recent.waited_since < _SHORTEST_QUEUE:
        return None
    since = max(recent.waited_since, at - RECENTLY)
    turns = sum(1 for begun in recent.begun if begun >= since)
    return (at - since).total_seconds() / turns if turns else math.inf
