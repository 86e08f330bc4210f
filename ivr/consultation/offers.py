"""PURE: a call is offered to a doctor, who takes it or not; whoever said no is not asked again in this call."""

from __future__ import annotations

from datetime import datetime

from config.frozen import replace
from ivr import commands as do
from ivr import events as ev
from ivr.consultation import reaching
from ivr.consultation.draft import Draft
from ivr.state import DoctorLeg, Leg, Search


def claimed(draft: Draft, event: ev.DoctorClaimed) -> None:
    """The search has reserved a doctor: the phone rings, unless things have changed meanwhile."""
    call = draft.call
    if any(item.offer == event.offer for item in call.doctors):
        return
    if not call.wants_a_doctor:
        draft.order(do.Release(event.offer, draft.at, keep_place=True))
    elif call.search is not None and event.doctor in call.search.declined:
        # Claimed before the no was known.
        draft.order(do.Release(event.offer, draft.at, keep_place=True), do.FindDoctor())
    else:
        _ring(draft, event)


def _ring(draft: Draft, event: ev.DoctorClaimed) -> None:
    search = draft.call.search
    assert search is not None
    leg = Leg(event.leg, event.leg)
    item = DoctorLeg(
        event.offer,
        event.doctor,
        event.phone,
        leg,
        kind=search.kind,
        wrap_up_seconds=event.wrap_up_seconds,
        room=event.room,
    )
    draft.call = replace(draft.call, doctors=(*draft.call.doctors, item))
    if event.why:
        draft.write("route.decided", offer=event.offer, **event.why)
    draft.write(
        "doctor.offered",
        offer=event.offer,
        doctor=event.doctor,
        phone=event.phone,
        leg=event.leg,
        **({} if search.kind == "call" else {"kind": search.kind}),
    )
    draft.write("leg.started", leg=event.leg, role="doctor", channel=event.leg)
    draft.order(do.Ring(event.offer, event.leg, event.number))


def rings(draft: Draft, channel: str) -> None:
    """A phone has begun to ring."""
    item = draft.call.doctor_on(channel)
    if item is not None and item.gone:
        # Taken for lost while the line to Asterisk was broken; the order to ring got through late.
        draft.order(do.HangUp(channel))
    elif item is not None and item.stage == "ringing":
        draft.write("doctor.ringing", offer=item.offer)


def accepted(draft: Draft, item: DoctorLeg) -> None:
    """The doctor has pressed 1, the first of those whose phones rang: the others' phones stop, or they are told."""
    draft.put(replace(item, stage="accepted", result="accepted", leg=replace(item.leg, wait=None)))
    draft.write("doctor.accepted", offer=item.offer)
    for other in draft.call.offers:
        withdraw(draft, other, taken=True)
    draft.order(do.StopFinding())
    if draft.call.reach:
        reaching.wait_for_patient(draft, draft.doctor(item.offer))
    else:
        draft.order(do.BridgeLegs(item.offer, draft.partner, item.leg.channel))


def failed(draft: Draft, item: DoctorLeg, result: str, cause: int | None = None) -> None:
    """Not this doctor: remember why, and look for the next. `cause` is the Q.850 number where a leg's end told it."""
    draft.write("offer.ended", offer=item.offer, result=result, **({} if cause is None else {"cause": cause}))
    draft.put(replace(item, stage="leaving", result=result))
    if draft.call.search is None:
        return
    draft.call = replace(draft.call, search=_remembering(draft.call.search, item, result, draft.at))
    if draft.call.wants_a_doctor:
        draft.order(do.FindDoctor())


def _remembering(search: Search, item: DoctorLeg, result: str, at: datetime) -> Search:
    if result == "declined":
        return replace(search, declined=(*search.declined, item.doctor))
    search = replace(search, tried={**search.tried, item.doctor: at})
    # The doctor's second phone, if there is one, is for those who do not answer the first.
    return replace(search, tried_phones=(*search.tried_phones, item.phone)) if result in _UNREACHED else search


_UNREACHED = ("no_answer", "busy", "unreachable", "unconfirmed")


def withdraw(draft: Draft, item: DoctorLeg, taken: bool = False) -> None:
    """The caller is gone, or `taken` by another doctor: the phone stops ringing, or who has lifted is told."""
    draft.write("offer.ended", offer=item.offer, result="withdrawn", **({"reason": "taken"} if taken else {}))
    leg = replace(item.leg, wait=None, hung_up_by_us=True)
    draft.put(replace(item, stage="leaving", result="withdrawn", leg=leg))
    draft.order(do.HangUp(item.leg.channel, polite=item.stage != "ringing", taken=taken))
