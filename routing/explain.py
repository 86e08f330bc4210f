"""PURE: why a call got whom it got: its journal read again, and everybody ranked once more as of then.

What the snapshot was at a decision is on record in a short line (`route.decided`: how many each rule excluded, and the
points of whoever was chosen). The rest is found out again: who was in a call at that moment stands in the offers; duty,
hours and categories are taken as they are stored now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from config.frozen import replace
from routing.model import DoctorSnapshot, Ranking, Snapshot, WaitingCall
from routing.policy import rank
from routing.rules import RoutingRules
from routing.schedule import day_of

UNREACHED = ("no_answer", "busy", "unreachable", "unconfirmed")
COOLS_DOWN = ("no_answer", "unconfirmed", "busy")
KEEPS_PLACE = ("withdrawn", "lost")


@dataclass(frozen=True)
class Deed:
    """An entry of the call's journal (cdr/events.py)."""

    at: datetime
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Stint:
    """A doctor was held by an offer: from `began` until the phone was down (`ended`, None: still is)."""

    doctor: str
    began: datetime
    ended: datetime | None
    result: str = ""
    talked_seconds: int | None = None


@dataclass(frozen=True)
class OfferTold:
    """An offer as the journal has it: why this doctor, and what came of it ("" while it is open)."""

    offer: str
    doctor: str
    at: datetime
    kind: str = "call"
    excluded: Mapping[str, int] = field(default_factory=dict)
    points: Mapping[str, float] = field(default_factory=dict)
    result: str = ""
    reason: str = ""
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Explanation:
    """The search as it stood `at` that moment (None: no doctor was sought), everybody ranked for it, and the offers.

    `is_now`: the call waits at this moment. `told` is why nobody could be rung, as the caller was told last.
    """

    at: datetime
    is_now: bool
    call: WaitingCall | None
    ranking: Ranking | None
    offers: tuple[OfferTold, ...]
    told: str = ""


def explain(
    call_id: str,
    deeds: Sequence[Deed],
    doctors: Iterable[DoctorSnapshot],
    stints: Iterable[Stint],
    rules: RoutingRules,
    now: datetime,
    best: int = 10,
) -> Explanation:
    """Explain the call's last decision, or, while it waits for somebody, how it stands now."""
    offers = offers_of(deeds)
    told = next((str(deed.data.get("reason", "")) for deed in reversed(deeds) if deed.kind == "seek.nobody_free"), "")
    waits = is_waiting(deeds)
    decided = next((n for n in range(len(deeds) - 1, -1, -1) if deeds[n].kind == "doctor.offered"), None)
    if waits or decided is None:
        at, before = (now if waits else deeds[-1].at), deeds
        call = search_of(call_id, deeds)
    else:
        at, before = deeds[decided].at, deeds[:decided]
        call = search_of(call_id, before)
    if call is None:
        return Explanation(at, waits, None, None, offers, told)
    then = tuple(doctors) if waits else as_of(doctors, stints, at, rules)
    return Explanation(at, waits, call, rank(Snapshot(at, then), call, rules, best), offers, told)


def is_waiting(deeds: Sequence[Deed]) -> bool:
    """Whether the call looks for a doctor at the journal's end, and no phone rings for it."""
    ends = {"call.bridged", "call.ended"}
    last = next((deed.kind for deed in reversed(deeds) if deed.kind in ends | _BEGINNINGS), "")
    return last in _BEGINNINGS and all(offer.result for offer in offers_of(deeds))


_BEGINNINGS = {"seek.started", "talk.specialist_sought", "talk.handed_over", "talk.cut_off"}


def search_of(call_id: str, deeds: Iterable[Deed]) -> WaitingCall | None:
    """The call as routing saw it after these entries; None where no doctor was sought."""
    call: WaitingCall | None = None
    known: dict[str, Any] = {}
    offers: dict[str, OfferTold] = {}
    phones: dict[str, str] = {}
    for deed in deeds:
        data = deed.data
        match deed.kind:
            case "call.arrived":
                known |= {"language": data.get("language") or "hi", "line": str(data.get("dialled", ""))}
            case "language.chosen":
                known["language"] = data.get("language") or "hi"
            case "place.given":
                known |= {"district": str(data.get("district", "")), "state": str(data.get("state", ""))}
            case "seek.started":
                same = call is not None and call.category == data.get("category")
                since = call.waiting_since if same and call is not None else deed.at
                wanted: dict[str, Any] = {
                    "category": str(data.get("category", "")),
                    "priority": str(data.get("priority", "")),
                    "skills": tuple(data.get("skills", ())),
                    "waiting_since": datetime.fromisoformat(data["since"]) if data.get("since") else since,
                    "level": "general",
                }
                call = replace(call, **wanted) if call is not None else WaitingCall(call_id, **wanted)
            case "talk.specialist_sought" if call is not None:
                call = replace(call, level=data.get("level"), waiting_since=deed.at, priority="transfer")
            case "talk.handed_over" | "talk.cut_off" if call is not None:
                call = replace(call, priority="transfer", waiting_since=deed.at)
            case "route.decided" if call is not None and data.get("preferred"):
                call = replace(call, preferred=str(data["preferred"]))
            case "doctor.offered":
                told = OfferTold(str(data.get("offer")), str(data.get("doctor")), deed.at)
                offers[told.offer], phones[told.offer] = told, str(data.get("phone"))
                call = _offered(call, told.doctor, True)
            case "offer.ended" if str(data.get("offer")) in offers:
                told = offers[str(data["offer"])]
                call = _remembering(_offered(call, told.doctor, False), told, phones[told.offer], data, deed.at)
        if call is not None and known:
            call = replace(call, **known)
    return call


def offers_of(deeds: Iterable[Deed]) -> tuple[OfferTold, ...]:
    """Every offer that was made, in order."""
    offers: dict[str, OfferTold] = {}
    decided: dict[str, Mapping[str, Any]] = {}
    for deed in deeds:
        offer = str(deed.data.get("offer", ""))
        if deed.kind == "route.decided":
            decided[offer] = deed.data
        elif deed.kind == "doctor.offered":
            why = decided.get(offer, {})
            kind = str(deed.data.get("kind", "call"))
            doctor = str(deed.data.get("doctor"))
            offers[offer] = OfferTold(offer, doctor, deed.at, kind, why.get("excluded", {}), why.get("points", {}))
        elif deed.kind == "offer.ended" and offer in offers:
            result, reason = str(deed.data.get("result", "")), str(deed.data.get("reason", ""))
            offers[offer] = replace(offers[offer], result=result, reason=reason, ended_at=deed.at)
    return tuple(offers.values())


def as_of(
    doctors: Iterable[DoctorSnapshot], stints: Iterable[Stint], at: datetime, rules: RoutingRules
) -> tuple[DoctorSnapshot, ...]:
    """The doctors with what the offers tell of them at that moment; all else as it is now."""
    of_doctor: dict[str, list[Stint]] = {}
    for stint in stints:
        if stint.began < at:
            of_doctor.setdefault(stint.doctor, []).append(stint)
    return tuple(_then(doctor, of_doctor.get(doctor.id, []), at, rules) for doctor in doctors)


def _then(doctor: DoctorSnapshot, stints: list[Stint], at: datetime, rules: RoutingRules) -> DoctorSnapshot:
    over = [stint for stint in stints if stint.ended is not None and stint.ended <= at]
    ends = [stint.ended for stint in over if stint.result not in KEEPS_PLACE and stint.ended is not None]
    today = day_of(at, rules.zone)
    talks = [s for s in over if s.talked_seconds is not None and s.ended and day_of(s.ended, rules.zone) == today]
    before = doctor.free_since if doctor.free_since is not None and doctor.free_since <= at else None
    cool = [s.ended + timedelta(seconds=rules.cool_down) for s in over if s.ended and s.result in COOLS_DOWN]
    return replace(
        doctor,
        claimed=any(stint.ended is None or stint.ended > at for stint in stints),
        seat="",
        free_since=max(ends, default=before),
        day=today,
        calls_today=len(talks),
        seconds_today=sum(stint.talked_seconds or 0 for stint in talks),
        cool_down_until=max(cool, default=None),
    )


def _offered(call: WaitingCall | None, doctor: str, is_open: bool) -> WaitingCall | None:
    if call is None:
        return None
    return replace(call, offered=call.offered | {doctor} if is_open else call.offered - {doctor})


def _remembering(
    call: WaitingCall | None, told: OfferTold, phone: str, data: Mapping[str, Any], at: datetime
) -> WaitingCall | None:
    """As ivr/consultation/offers.py does it."""
    result = data.get("result")
    if call is None or result in ("accepted", "withdrawn"):
        return call
    if result == "declined":
        return replace(call, declined_by=call.declined_by | {told.doctor})
    phones = call.tried_phones | {phone} if result in UNREACHED else call.tried_phones
    return replace(call, tried={**call.tried, told.doctor: at}, tried_phones=phones)
