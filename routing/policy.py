"""PURE: which doctor is offered which call. It decides over a snapshot; the claim finds out if that was stale.

Strict rules first (routing/strict.py): whom one of them excludes is never rung. Among the others the most points win
(routing/score.py). `rank` is the plain reading of both, over everybody; routing/pool.py gives the same answer without
looking at everybody.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from routing.model import (
    GENERAL,
    Choice,
    DoctorSnapshot,
    Exclusion,
    Level,
    NobodyFree,
    Phone,
    Ranking,
    Reason,
    Scored,
    Snapshot,
    WaitingCall,
)
from routing.rules import DEFAULT_RULES, RoutingRules
from routing.score import preferred_points, profile_parts, standing_parts, standing_points, suits
from routing.strict import WORTH_WAITING_FOR, Look, may_stand_in, misfit, phone_for

__all__ = [
    "GENERAL",
    "PRIORITIES",
    "Choice",
    "DoctorSnapshot",
    "Exclusion",
    "Level",
    "NobodyFree",
    "Phone",
    "Ranking",
    "Reason",
    "Scored",
    "Snapshot",
    "WaitingCall",
    "choose",
    "in_turn",
    "nobody",
    "rank",
    "score",
]

# Who goes before whom: a smaller number first. Unknown ones wait like everybody.
PRIORITIES = {
    "red_flag": 0,
    "transfer": 1,  # handed over or cut off: was talking already
    "pregnant": 2,
    "child": 3,
    "spoke": 3,
    "follow_up": 3,
    "callback": 3,
    "": 4,
    "spare": 5,  # a callback whose turn it is not: it gets a doctor whom nobody else wants (routing/agenda.py)
}


def in_turn(call: WaitingCall) -> tuple[int, datetime, str]:
    """What waiting calls are sorted by: priority, then first come, first served."""
    return (PRIORITIES.get(call.priority, PRIORITIES[""]), call.waiting_since, call.call_id)


def rank(snapshot: Snapshot, call: WaitingCall, rules: RoutingRules = DEFAULT_RULES, best: int = 10) -> Ranking:
    """Everybody in the snapshot, looked at by the strict rules and then by points; at most `best` are told.

    A call that asks for skills gets a doctor who has all of them, and nobody stands in: a hub's specialists are there
    for their own spokes. Otherwise, where nobody of the category is on duty, general doctors stand in for an ordinary
    call. Equal points go to who stands first among equals, then by id: the same snapshot gives the same answer.
    """
    look = Look(snapshot.at, rules)
    seats = {doctor.seat for doctor in snapshot.doctors if doctor.claimed and doctor.seat}
    stands_in = may_stand_in(call) and not any(
        misfit(doctor.categories, call, False) is None and look.duty_trouble(doctor) is None
        for doctor in snapshot.doctors
    )
    excluded: Counter[Exclusion] = Counter()
    staff = willing = 0
    held = False
    ready: list[tuple[tuple[float, float, str], Scored]] = []
    for doctor in snapshot.doctors:
        trouble = misfit(doctor.categories, call, stands_in) or look.duty_trouble(doctor)
        if trouble is None:
            staff += 1
            willing += doctor.id not in call.declined_by
            trouble = look.trouble_now(doctor)
            held |= trouble in WORTH_WAITING_FOR and look.holds_for(doctor.id, call)
            trouble = trouble or look.trouble_with(doctor, call)
        seat = None if trouble else phone_for(doctor, call, seats)
        if seat is None:
            excluded[trouble or "number_in_use"] += 1
        else:
            scored = score(doctor, call, seat, look)
            ready.append(((-scored.total, look.standing(doctor), doctor.id), scored))
    ready.sort(key=lambda each: each[0])
    return Ranking(dict(excluded), tuple(scored for _, scored in ready[:best]), staff, willing, held, len(ready))


def choose(snapshot: Snapshot, call: WaitingCall, rules: RoutingRules = DEFAULT_RULES) -> Choice | NobodyFree:
    """Who is to be rung for the call now, or why nobody is."""
    ranking = rank(snapshot, call, rules, best=1)
    if ranking.best and not ranking.held:
        return ranking.best[0].choice
    return nobody(ranking.staff, ranking.willing)


def nobody(staff: int, willing: int) -> NobodyFree:
    """Why nobody is rung, when so many are on duty for the call and so many of them have not said no."""
    if not staff:
        return NobodyFree("nobody_on_duty", 0)
    return NobodyFree("all_busy" if willing else "all_declined", staff)


def score(doctor: DoctorSnapshot, call: WaitingCall, seat: tuple[Phone, str], look: Look) -> Scored:
    """The points of a doctor who may be rung."""
    rules = look.rules
    step = rules.step((look.at - call.waiting_since).total_seconds())
    parts = profile_parts(suits(doctor, call), step, rules)
    preferred = preferred_points(doctor.id, call, look.at, rules)
    total = sum(parts.values()) + preferred + standing_points(look.standing(doctor), look.at, rules)
    parts["preferred"] = preferred
    parts |= standing_parts(doctor, look.at, look.today, rules)
    return Scored(doctor.id, total, parts, *seat)
