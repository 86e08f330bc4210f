"""PURE: patient and doctor talk. The bridge lives in Asterisk: here is what its beginning and its end mean."""

from __future__ import annotations

from typing import Literal

from config.frozen import replace
from flows import events as heard
from ivr import commands as do
from ivr.consultation import aside, offers, patient, requests, search, waits
from ivr.consultation.draft import Draft
from ivr.state import DoctorLeg


def made(draft: Draft, offer: str) -> None:
    """They talk; both outstanding questions are void."""
    item = next((item for item in draft.call.doctors if item.offer == offer), None)
    if item is None or item.stage not in ("accepted", "returning"):
        return
    if item.stage == "returning":
        _again(draft, item)
    elif draft.call.aside is not None:
        aside.met(draft, item)
    else:
        if item.bridged_at is None:  # else the patient has been rung again for a doctor who had accepted long ago
            draft.write("offer.ended", offer=offer, result="accepted")
        requests.talk_begins(draft)
        _talks(draft, item)
        search.end(draft)
        patient.walk(draft, heard.Bridged())


def _again(draft: Draft, item: DoctorLeg) -> None:
    """A doctor is back from asking a specialist, or the specialist has taken over."""
    draft.call = replace(draft.call, aside=None)
    _talks(draft, item)


def _talks(draft: Draft, item: DoctorLeg) -> None:
    since = item.bridged_at or draft.at
    leg = replace(item.leg, wait=None, music_on=False)
    draft.put(replace(item, stage="bridged", back=False, bridged_at=since, leg=leg))
    leg = replace(draft.call.patient, wait=None, music_on=False)
    draft.call = replace(draft.call, bridged_once=True, patient=leg, patient_back=False)
    draft.write("call.bridged", offer=item.offer, doctor=item.doctor)


def failed(draft: Draft, offer: str) -> None:
    """Asterisk could not join them."""
    item = next((item for item in draft.call.doctors if item.offer == offer), None)
    if item is not None and item.stage == "accepted":
        fell_apart(draft, item)
    elif item is not None and item.stage == "returning":
        aside.could_not_return(draft, item)


def fell_apart(draft: Draft, item: DoctorLeg) -> None:
    """Never made, or over before we heard that it was made: the doctor is let go, the patient waits on."""
    offers.failed(draft, replace(item, leg=replace(item.leg, hung_up_by_us=True)), "lost")
    draft.order(do.HangUp(item.leg.channel, polite=True))
    if draft.call.aside is None:
        waits.repeat(draft, draft.call.patient.channel)


def over(draft: Draft, item: DoctorLeg, by: Literal["patient", "doctor", "system"]) -> None:
    """The talk has ended; `by` is who left, or is leaving at this moment."""
    draft.put(replace(item, stage="wrap_up"))
    draft.write("call.unbridged", offer=item.offer, by=by)
