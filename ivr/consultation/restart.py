"""PURE: after a restart or a broken line, a survey tells where every leg stands, and what was missed is made good."""

from __future__ import annotations

from ivr import commands as do
from ivr import events as ev
from ivr.consultation import bridge, endings, returns
from ivr.consultation.draft import Draft
from ivr.consultation.result import LOST
from ivr.state import DoctorLeg


def surveyed(draft: Draft, event: ev.Surveyed) -> None:
    """Take the call up again."""
    for item in draft.call.doctors:
        if not item.gone:
            _doctor_seen(draft, item, event)
    channel = draft.call.patient.channel
    if draft.call.patient_gone:
        return
    if draft.call.reach == "to_ring":
        _adopted(draft, event)
    elif channel not in event.present:
        _lost(draft, channel)
    elif channel in event.taken:
        endings.taken_back(draft)
    else:
        _adopted(draft, event)


def _adopted(draft: Draft, event: ev.Surveyed) -> None:
    draft.write("call.adopted")
    if draft.call.patient.channel in event.ours:
        _patient_stands_here(draft)
    if draft.call.wants_a_doctor:
        draft.order(do.FindDoctor())


def _patient_stands_here(draft: Draft) -> None:
    patient = draft.call.patient
    if patient.hung_up_by_us:
        draft.order(do.HangUp(patient.channel))
    elif draft.call.reach == "ringing" or (patient.flow is not None and patient.flow.waiting == "bridge"):
        returns.patient_ready(draft)
    elif patient.wait is not None:
        draft.order(do.Probe(patient.channel, patient.wait))


def _doctor_seen(draft: Draft, item: DoctorLeg, event: ev.Surveyed) -> None:
    channel = item.leg.channel
    if channel not in event.present:
        _lost(draft, channel)
    elif item.stage == "accepted":
        _bridge_in_doubt(draft, item, event)
    elif item.leg.hung_up_by_us:
        # Also a phone that still rings.
        if channel not in event.bridged:
            draft.order(do.HangUp(channel, polite=channel in event.ours))
    elif channel in event.ours:
        _doctor_stands_here(draft, item)


def _bridge_in_doubt(draft: Draft, item: DoctorLeg, event: ev.Surveyed) -> None:
    if item.leg.channel in event.bridged:
        bridge.made(draft, item.offer)
    elif draft.call.patient.channel in event.ours:
        draft.order(do.BridgeLegs(item.offer, draft.call.patient.channel, item.leg.channel))


def _doctor_stands_here(draft: Draft, item: DoctorLeg) -> None:
    if item.leg.wait is not None:
        draft.order(do.Probe(item.leg.channel, item.leg.wait))
    else:
        returns.leg_ready(draft, item.leg.channel)


def _lost(draft: Draft, channel: str) -> None:
    endings.leg_ended(draft, ev.LegEnded(draft.at, channel, 0, LOST))
