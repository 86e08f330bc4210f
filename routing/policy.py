"""Which doctor is offered which call. Pure: it decides over a snapshot, and the claim finds out if that was stale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

GENERAL = "general"  # the category of the helper, key 0, and of "anything else", key 7
REST_AFTER_NO_ANSWER = timedelta(seconds=60)

# Who goes before whom: a smaller number first. Unknown ones wait like everybody.
PRIORITIES = {"red_flag": 0, "pregnant": 1, "child": 2, "spoke": 2, "follow_up": 2, "callback": 2, "": 3}

Reason = Literal["nobody_on_duty", "all_busy", "all_declined"]


@dataclass(frozen=True)
class Phone:
    """One of a doctor's phones; `number` is E.164 and validated when it was stored."""

    id: str
    number: str


@dataclass(frozen=True)
class DoctorSnapshot:
    """A doctor as of the snapshot's moment. `phones` are the active ones, the first to be rung first.

    `free_since` is the end of the last wrap-up: None where the doctor has not had a call, in the future while the
    wrap-up lasts.
    """

    id: str
    categories: frozenset[str]
    duty: str
    active: bool
    claimed: bool
    free_since: datetime | None
    phones: tuple[Phone, ...]
    duty_until: datetime | None = None


@dataclass(frozen=True)
class WaitingCall:
    """A call that wants a doctor. `tried` has the moment of the last unanswered offer by doctor.

    `skills` are what the doctor must have, such as hub:h01; `priority` is one of PRIORITIES.
    """

    call_id: str
    category: str
    waiting_since: datetime
    declined_by: frozenset[str] = frozenset()
    tried: Mapping[str, datetime] = field(default_factory=dict)
    priority: str = ""
    skills: tuple[str, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    at: datetime
    doctors: tuple[DoctorSnapshot, ...]


@dataclass(frozen=True)
class Choice:
    """Offer the call to this doctor on this phone, once the claim has succeeded."""

    doctor_id: str
    phone: Phone


@dataclass(frozen=True)
class NobodyFree:
    """Nobody can be offered the call now; `on_duty_count` doctors on duty could in principle take it."""

    reason: Reason
    on_duty_count: int


def choose(snapshot: Snapshot, call: WaitingCall, rest: timedelta = REST_AFTER_NO_ANSWER) -> Choice | NobodyFree:
    """The doctor who has been idle longest among those who may be rung for this call now.

    Only a doctor on duty with an active phone and the call's category counts; where nobody of the category is on
    duty, general doctors stand in. A call that asks for skills gets a doctor who has all of them, whatever the
    category, and nobody stands in: a hub's specialists are there for their own spokes. A doctor who declined this
    call is never offered it again, one who did not answer not within `rest`. Equally idle doctors are told apart by
    id, so that the same snapshot gives the same answer.
    """
    staff = _on_duty(snapshot, call)
    if not staff:
        return NobodyFree("nobody_on_duty", 0)
    willing = [doctor for doctor in staff if doctor.id not in call.declined_by]
    if not willing:
        return NobodyFree("all_declined", len(staff))
    free = [
        doctor for doctor in willing if _is_free(doctor, snapshot.at) and not _rests(doctor, call, snapshot.at, rest)
    ]
    if not free:
        return NobodyFree("all_busy", len(staff))
    chosen = min(free, key=_longest_idle_first)
    return Choice(chosen.id, chosen.phones[0])


def next_waiting(calls: Iterable[WaitingCall]) -> WaitingCall | None:
    """The call to be served next; None where nobody waits."""
    return min(calls, key=in_turn, default=None)


def in_turn(call: WaitingCall) -> tuple[int, datetime, str]:
    """What waiting calls are sorted by: priority, then first come, first served."""
    return (PRIORITIES.get(call.priority, PRIORITIES[""]), call.waiting_since, call.call_id)


def on_duty(doctor: DoctorSnapshot, at: datetime) -> bool:
    """Whether the doctor works now; duty taken on for some hours ends by the clock."""
    return doctor.active and doctor.duty == "on" and (doctor.duty_until is None or doctor.duty_until > at)


def _on_duty(snapshot: Snapshot, call: WaitingCall) -> list[DoctorSnapshot]:
    reachable = [doctor for doctor in snapshot.doctors if on_duty(doctor, snapshot.at) and doctor.phones]
    if call.skills:
        return [doctor for doctor in reachable if doctor.categories.issuperset(call.skills)]
    of_category = [doctor for doctor in reachable if call.category in doctor.categories]
    return of_category or [doctor for doctor in reachable if GENERAL in doctor.categories]


def _is_free(doctor: DoctorSnapshot, at: datetime) -> bool:
    return not doctor.claimed and (doctor.free_since is None or doctor.free_since <= at)


def _rests(doctor: DoctorSnapshot, call: WaitingCall, at: datetime, rest: timedelta) -> bool:
    last = call.tried.get(doctor.id)
    return last is not None and at - last < rest


def _longest_idle_first(doctor: DoctorSnapshot) -> tuple[bool, datetime | str, str]:
    # None (never had a call) sorts before any moment; the id only decides between equals.
    return (doctor.free_since is not None, doctor.free_since or "", doctor.id)
