"""PURE: patient and doctor talk. The bridge lives in Asterisk: here is what its beginning and its end mean."""

from __future__ import annotations

from typing import Literal

from config.frozen import replace
from flows import events as heard
from ivr import commands as do
from ivr.consultation import offers, patient, search, waits
from ivr.consultation.draft import Draft
from ivr.state import DoctorLeg


def made(draft: Draft, offer: str) -> None:
    """They talk; both outstanding questions are void."""
    item = draft.call.offer
    if item is None or item.offer != offer or item.stage != "accepted":
        return
    draft.put(replace(item, stage="bridged", leg=replace(item.leg, wait=None)))
    leg = replace(draft.call.patient, wait=None, music_on=False)
    draft.call = replace(draft.call, bridged_once=True, patient=leg)
    draft.write("offer.ended", offer=offer, result="accepted")
    draft.write("call.bridged", offer=offer, doctor=item.doctor)
    search.end(draft)
    patient.walk(draft, heard.Bridged())


def failed(draft: Draft, offer: str) -> None:
    """Asterisk could not join them."""
    item = draft.call.offer
    if item is not None and item.offer == offer and item.stage == "accepted":
        fell_apart(draft, item)


def fell_apart(draft: Draft, item: DoctorLeg) -> None:
    """Never made, or over before we heard that it was made: the doctor is let go, the patient waits on."""
    offers.failed(draft, replace(item, leg=replace(item.leg, hung_up_by_us=True)), "lost")
    draft.order(do.HangUp(item.leg.channel, polite=True))
    waits.repeat(draft, draft.call.patient.channel)


def over(draft: Draft, item: DoctorLeg, by: Literal["patient", "doctor"]) -> None:
    """The talk has ended; `by` is who left, or is leaving at this moment."""
    draft.put(replace(item, stage="wrap_up"))
    draft.write("call.unbridged", offer=item.offer, by=by)
