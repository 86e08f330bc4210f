"""PURE: how well a doctor who may be rung suits a call, in points by name; the table is config/routing.yaml's.

What a doctor *is* (categories, languages, places, gender: the profile) is told apart from where the doctor *stands*
among equals (idle since when, how many calls today). Points for the standing grow with time, for all of a profile at
the same pace: so whoever is first in a profile stays first, which routing/pool.py lives on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from routing.rules import RoutingRules

if TYPE_CHECKING:
    from routing.model import DoctorSnapshot, Level, WaitingCall


class Profile(Protocol):
    """What the points of a profile look at; a DoctorSnapshot is one."""

    @property
    def categories(self) -> Mapping[str, Level]: ...
    @property
    def languages(self) -> frozenset[str]: ...
    @property
    def serves(self) -> frozenset[str] | None: ...
    @property
    def gender(self) -> str: ...


# How well a profile suits a call, part by part: skill, language, district, gender.
Suits = tuple[float, float, float, float]


def suits(who: Profile, call: WaitingCall) -> Suits:
    """What the profile has of each part, before any points: as a rule 1 or 0."""
    return (
        float(_skill(who, call)),
        float(call.language in who.languages),
        _district(who, call),
        float(bool(call.gender) and who.gender == call.gender),
    )


def profile_parts(suited: Suits, step: int, rules: RoutingRules) -> dict[str, float]:
    """The points for what the doctor is, after the `step`-th line of the relaxations."""
    points, left = rules.points, rules.relax[step]
    skill, language, district, gender = suited
    return {
        "skill": points.skill * left.skill * skill,
        "language": points.language * left.language * language,
        "district": points.district * left.district * district + 0.0,  # never a minus before a nought
        "gender": points.gender * left.gender * gender,
    }


def profile_points(suited: Suits, step: int, rules: RoutingRules) -> float:
    return sum(profile_parts(suited, step, rules).values())


def standing(doctor: DoctorSnapshot, today: date, rules: RoutingRules) -> float:
    """Seconds since 1970 from which the doctor counts as idle: who is smaller is first among equals.

    Each call of today counts as some minutes less; who has never had a call is idle since 1970.
    """
    since = doctor.free_since.timestamp() if doctor.free_since is not None else 0.0
    return since + calls_on(doctor, today) * rules.minutes_per_call * 60


def standing_points(standing: float, at: datetime, rules: RoutingRules) -> float:
    """Points for being idle, between minus and plus `points.idle`."""
    return rules.points.idle * min(1.0, max(-1.0, (at.timestamp() - standing) / (rules.idle_minutes * 60)))


def standing_parts(doctor: DoctorSnapshot, at: datetime, today: date, rules: RoutingRules) -> dict[str, float]:
    """The same points in two parts: for being idle, and what the calls of today take away."""
    since = doctor.free_since.timestamp() if doctor.free_since is not None else 0.0
    idle = standing_points(since, at, rules)
    return {"idle": idle, "fewest_today": standing_points(standing(doctor, today, rules), at, rules) - idle}


def calls_on(doctor: DoctorSnapshot, today: date) -> int:
    return doctor.calls_today if doctor.day == today else 0


def _skill(who: Profile, call: WaitingCall) -> bool:
    wanted = call.skills or (call.category,)
    return all(who.categories.get(name) == call.level for name in wanted)


def _district(who: Profile, call: WaitingCall) -> float:
    if who.serves is None or not (call.district or call.state):
        return 0.0
    if call.district and call.district in who.serves:
        return 1.0
    return 0.5 if call.state and call.state in who.serves else -1.0


def preferred_points(doctor_id: str, call: WaitingCall, at: datetime, rules: RoutingRules) -> float:
    return rules.points.preferred if doctor_id == preferred_of(call, at) else 0.0


def preferred_of(call: WaitingCall, at: datetime) -> str:
    """The doctor whom the call would rather have, as long as that lasts; "" for nobody."""
    over = call.preferred_until is not None and call.preferred_until <= at
    return "" if over else call.preferred
