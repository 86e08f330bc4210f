"""PURE. What to do about a service, given what was seen of it: the supervisor's only decisions.

Moments are seconds on a monotonic clock; the caller says what time it is.
"""

from dataclasses import dataclass, replace
from enum import Enum, auto

# A service that lives this long after having been ready is healthy again: its next death counts as the first.
HEALTHY_SECONDS = 60.0
LONGEST_DELAY = 30.0
# How often a ready service is asked again, and after how many noes in a row it is reported.
CHECK_SECONDS = 2.0
MISSES_BEFORE_REPORT = 3


class Phase(Enum):
    """Where a service stands. HUNG: its process lives but it has stopped answering."""

    DOWN = auto()
    STARTING = auto()
    READY = auto()
    HUNG = auto()


@dataclass(frozen=True)
class Rules:
    """One service's limits, in seconds; `hung_restart_seconds` None: never restarted for hanging."""

    ready_seconds: float
    hung_restart_seconds: float | None = None


@dataclass(frozen=True)
class Condition:
    """What is remembered of a service. `start_at` None: it stays down until somebody asks."""

    phase: Phase = Phase.DOWN
    start_at: float | None = None
    started_at: float = 0.0
    ready_at: float | None = None
    deaths: int = 0
    misses: int = 0
    check_at: float = 0.0
    hung_since: float = 0.0


class Act(Enum):
    """What the supervisor is to do now."""

    NOTHING = auto()
    START = auto()
    KILL = auto()
    TELL_READY = auto()
    TELL_DIED = auto()
    TELL_HUNG = auto()
    TELL_RECOVERED = auto()


def restart_delay(deaths: int) -> float:
    """Seconds to wait before the restart after the `deaths`-th death in a row: 1, 2, 4, 8, 16, 30, 30…"""
    return min(LONGEST_DELAY, 2.0 ** min(max(deaths, 1) - 1, 10))


def due(condition: Condition, at: float) -> bool:
    """Whether a stopped service's moment to start has come."""
    return condition.phase is Phase.DOWN and condition.start_at is not None and at >= condition.start_at


def wants_check(condition: Condition, at: float) -> bool:
    """Whether the service's readiness is to be asked now."""
    return condition.phase is not Phase.DOWN and at >= condition.check_at


def started(condition: Condition, at: float) -> Condition:
    """The process has just been started."""
    return replace(condition, phase=Phase.STARTING, start_at=None, started_at=at, ready_at=None, misses=0, check_at=at)


def died(condition: Condition, at: float, restart: bool) -> Condition:
    """The process is gone; unless `restart` is False it is to come back after the delay."""
    healthy = condition.ready_at is not None and at - condition.ready_at >= HEALTHY_SECONDS
    deaths = 1 if healthy else condition.deaths + 1
    start_at = at + restart_delay(deaths) if restart else None
    return replace(condition, phase=Phase.DOWN, start_at=start_at, ready_at=None, deaths=deaths, misses=0)


def answered(condition: Condition, at: float, ready: bool, rules: Rules) -> tuple[Condition, Act]:
    """A live service's readiness was asked. A moment's no is forgiven; several in a row are reported."""
    if ready:
        return _said_yes(condition, at)
    if condition.phase is Phase.STARTING:
        return _not_ready_yet(condition, at, rules)
    misses = condition.misses + 1
    missed = replace(condition, misses=misses, check_at=at + CHECK_SECONDS)
    if condition.phase is Phase.READY and misses >= MISSES_BEFORE_REPORT:
        return replace(missed, phase=Phase.HUNG, hung_since=at), Act.TELL_HUNG
    if condition.phase is Phase.HUNG and _too_long(at - condition.hung_since, rules):
        return missed, Act.KILL
    return missed, Act.NOTHING


def _said_yes(condition: Condition, at: float) -> tuple[Condition, Act]:
    ready_at = at if condition.ready_at is None else condition.ready_at
    act = {Phase.STARTING: Act.TELL_READY, Phase.HUNG: Act.TELL_RECOVERED}.get(condition.phase, Act.NOTHING)
    return replace(condition, phase=Phase.READY, ready_at=ready_at, misses=0, check_at=at + CHECK_SECONDS), act


def _not_ready_yet(condition: Condition, at: float, rules: Rules) -> tuple[Condition, Act]:
    if at - condition.started_at >= rules.ready_seconds:
        late = replace(condition, phase=Phase.HUNG, hung_since=at, check_at=at + CHECK_SECONDS)
        return late, Act.TELL_HUNG
    return replace(condition, check_at=at + 0.05), Act.NOTHING


def _too_long(hung_for: float, rules: Rules) -> bool:
    return rules.hung_restart_seconds is not None and hung_for >= rules.hung_restart_seconds
