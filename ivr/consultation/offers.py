"""PURE: a call is offered to a doctor, who takes it or not; whoever said no is not asked again in this call."""

from __future__ import annotations

from datetime import datetime

from config.frozen import replace
from ivr import commands as do
from ivr import events as ev
from ivr.consultation.draft import Draft
from ivr.state import DoctorLeg, Leg, Search


def claimed(draft: Draft, event: ev.DoctorClaimed) -> None:
    """The search has reserved a doctor: the phone rings, unless things have changed meanwhile."""
    call = draft.call
    if any(item.offer == event.offer for item in call.doctors):
        return
    if not call.wants_a_doctor:
        draft.order(do.Release(event.offer, draft.at))
    elif call.search is not None and event.doctor in call.search.declined:
        # Claimed before the no was known.
        draft.order(do.Release(event.offer, draft.at), do.FindDoctor())
    else:
        _ring(draft, event)


def _ring(draft: Draft, event: ev.DoctorClaimed) -> None:
    item = DoctorLeg(event.offer, event.doctor, event.phone, Leg(event.leg, event.leg))
    draft.call = replace(draft.call, doctors=(*draft.call.doctors, item))
    draft.write("doctor.offered", offer=event.offer, doctor=event.doctor, phone=event.phone, leg=event.leg)
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
    """The doctor has pressed 1."""
    draft.put(replace(item, stage="accepted", leg=replace(item.leg, wait=None)))
    draft.write("doctor.accepted", offer=item.offer)
    draft.order(do.BridgeLegs(item.offer, draft.call.patient.channel, item.leg.channel))


def failed(draft: Draft, item: DoctorLeg, result: str, cause: int | None = None) -> None:
    """Not this doctor: remember why, and look for the next. `cause` is the Q.850 number where a leg's end told it."""
    draft.write("offer.ended", offer=item.offer, result=result, **({} if cause is None else {"cause": cause}))
    draft.put(replace(item, stage="leaving"))
    if draft.call.search is None:
        return
    draft.call = replace(draft.call, search=_remembering(draft.call.search, item.doctor, result, draft.at))
    if draft.call.wants_a_doctor:
        draft.order(do.FindDoctor())


def _remembering(search: Search, doctor: str, result: str, at: datetime) -> Search:
    if result == "declined":
        return replace(search, declined=(*search.declined, doctor))
    return replace(search, tried={**search.tried, doctor: at})


def withdraw(draft: Draft, item: DoctorLeg) -> None:
    """The caller is not there any more: the phone stops ringing, or the doctor is told."""
    draft.write("offer.ended", offer=item.offer, result="withdrawn")
    draft.put(replace(item, stage="leaving", leg=replace(item.leg, wait=None, hung_up_by_us=True)))
    draft.order(do.HangUp(item.leg.channel, polite=item.stage != "ringing"))
