"""PURE: a leg stands before us: a doctor has picked up, or somebody is back from a bridge."""

from __future__ import annotations

from flows import events as heard
from ivr import commands as do
from ivr.consultation import bridge, doctor, patient, waits
from ivr.consultation.draft import Draft
from ivr.state import DoctorLeg


def leg_ready(draft: Draft, channel: str) -> None:
    """The leg on `channel` is in AGI."""
    if draft.is_patient(channel):
        patient_ready(draft)
    elif (item := draft.call.doctor_on(channel)) is not None and not item.gone:
        _doctor_ready(draft, item)


def patient_ready(draft: Draft) -> None:
    """The patient is back from a bridge (the doctor left first), or from one that never came to be."""
    leg, offer = draft.call.patient, draft.call.offer
    if leg.flow is not None and leg.flow.waiting == "bridge":
        if offer is not None:
            bridge.over(draft, offer, by="doctor")
        patient.walk(draft, heard.BridgeEnded())
    elif offer is not None and offer.stage == "accepted":
        bridge.fell_apart(draft, offer)
    else:
        waits.repeat(draft, leg.channel)


def _doctor_ready(draft: Draft, item: DoctorLeg) -> None:
    match item.stage:
        case "ringing":
            doctor.answered(draft, item)
        case "bridged":
            bridge.over(draft, item, by="patient")
            doctor.ask_outcome(draft, draft.doctor(item.offer))
        case "wrap_up" if not doctor.is_asked_outcome(draft, item):
            # The patient's Hangup may be told before the doctor's return from the bridge.
            doctor.ask_outcome(draft, item)
        case "accepted":
            bridge.fell_apart(draft, item)
        case "leaving":
            draft.order(do.HangUp(item.leg.channel, polite=True))
        case _:
            waits.repeat(draft, item.leg.channel)
