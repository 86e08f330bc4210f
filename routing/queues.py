"""PURE: where a waiting call stands: among those who could get one of its doctors, in the order they are served.

Callers of one category seldom have doctors of their own: most doctors take several. So everybody counts who goes before
and could be given a doctor who could take this call, too. That is more rather than fewer: nobody is told a better place
than the true one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from routing.model import DoctorSnapshot, Level, WaitingCall
from routing.policy import in_turn
from routing.rules import RoutingRules
from routing.strict import Look, may_stand_in, misfit

Turn = tuple[int, datetime, str]
Profile = tuple[tuple[str, Level], ...]


@dataclass(frozen=True)
class Need:
    """What a call asks of a doctor; calls of one need wait in one queue."""

    category: str
    skills: tuple[str, ...] = ()
    level: Level = "general"


def need_of(call: WaitingCall) -> Need:
    return Need(call.category, call.skills, call.level)


def turn_of(call: WaitingCall) -> Turn:
    """What calls are sorted by."""
    return in_turn(call)


class Staff:
    """The doctors who work at a moment, free or not, by what they take: so many of each profile."""

    def __init__(self, doctors: Iterable[DoctorSnapshot], at: datetime, rules: RoutingRules) -> None:
        self._at = at
        look = Look(at, rules)
        working = (doctor for doctor in doctors if look.duty_trouble(doctor) is None)
        self._profiles: Counter[Profile] = Counter(tuple(sorted(doctor.categories.items())) for doctor in working)
        self._able: dict[Need, frozenset[Profile]] = {}
        self._sharing: dict[tuple[Need, Need], bool] = {}

    def count(self, need: Need) -> int:
        """How many could take such a call, general doctors where they stand in."""
        return sum(self._profiles[profile] for profile in self._fitting(need))

    def share(self, one: Need, other: Need) -> bool:
        """Whether some doctor could take either."""
        key = (one, other)
        if key not in self._sharing:
            self._sharing[key] = one == other or not self._fitting(one).isdisjoint(self._fitting(other))
        return self._sharing[key]

    def _fitting(self, need: Need) -> frozenset[Profile]:
        if need not in self._able:
            self._able[need] = self._able_for(need)
        return self._able[need]

    def _able_for(self, need: Need) -> frozenset[Profile]:
        call = WaitingCall("", need.category, self._at, skills=need.skills, level=need.level)
        own = self._without_trouble(call, stands_in=False)
        return own or (self._without_trouble(call, stands_in=True) if may_stand_in(call) else own)

    def _without_trouble(self, call: WaitingCall, stands_in: bool) -> frozenset[Profile]:
        return frozenset(profile for profile in self._profiles if misfit(dict(profile), call, stands_in) is None)


def position(call_id: str, waiting: Mapping[str, tuple[Turn, Need]], staff: Staff) -> int:
    """The place of a waiting call, from 1; 0 for a call that does not wait."""
    if call_id not in waiting:
        return 0
    turn, need = waiting[call_id]
    before = (other for other_turn, other in waiting.values() if other_turn < turn)
    return 1 + sum(1 for other in before if staff.share(need, other))


def competing(need: Need, others: Collection[Need], staff: Staff) -> list[Need]:
    """Those of `others`, this one among them, that share a doctor with it."""
    return [other for other in others if staff.share(need, other)]
