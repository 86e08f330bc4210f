"""PURE: a leg stands before us: a doctor has picked up, or somebody is back from a talk.

When a talk of two is over, both legs come back or end, in any order. Whoever is back first waits these milliseconds for
what the other leg tells: has it hung up, was it cut off, or is it back as well?
"""

from __future__ import annotations

from config.frozen import replace
from ivr import commands as do
from ivr.consultation import aside, bridge, doctor, outbound, reaching, talk, third, together, waits
from ivr.consultation.draft import Draft
from ivr.state import DoctorLeg


def leg_ready(draft: Draft, channel: str) -> None:
    """The leg on `channel` is in AGI."""
    if draft.is_patient(channel):
        patient_ready(draft)
    elif draft.call.third is not None and channel == draft.call.third.leg.channel:
        third.ready(draft)
    elif (item := draft.call.doctor_on(channel)) is not None and not item.gone:
        _doctor_ready(draft, item)


def patient_ready(draft: Draft) -> None:
    """The patient is back from a talk, or from a bridge that never came to be."""
    leg, offer = draft.call.patient, draft.call.offer
    if draft.call.reach == "ringing":
        outbound.answered(draft)
    elif draft.call.abused:
        talk.notice(draft)
    elif draft.call.aside is not None:
        aside.patient_waits(draft)
    elif draft.call.together:
        together.patient_joins(draft)
    elif leg.flow is not None and leg.flow.waiting == "bridge":
        _back_from_a_talk(draft, offer)
    elif offer is not None and offer.stage == "accepted":
        bridge.fell_apart(draft, offer)
    else:
        waits.repeat(draft, leg.channel)


def _back_from_a_talk(draft: Draft, offer: DoctorLeg | None) -> None:
    if offer is None or offer.stage != "bridged":
        talk.patient_is_free(draft)
    elif offer.back:
        bridge.over(draft, offer, by="system")
        doctor.ask_outcome(draft, draft.doctor(offer.offer))
        talk.patient_is_free(draft)
    else:
        draft.call = replace(draft.call, patient_back=True)


def _doctor_ready(draft: Draft, item: DoctorLeg) -> None:
    match item.stage:
        case "ringing":
            doctor.answered(draft, item)
        case "bridged":
            _doctor_back(draft, item)
        case "aside":
            aside.doctor_waits(draft, item)
        case "returning":
            aside.returning(draft, item)
        case "dismissed":
            reaching.tell_not_reached(draft, item)
        case "joined":
            draft.order(do.Join(item.leg.channel))
        case "private":
            aside.doctor_back(draft, item)
        case "wrap_up" if not doctor.is_asked_outcome(draft, item):
            # The patient's Hangup may be told before the doctor's return from the bridge.
            doctor.ask_outcome(draft, item)
        case "accepted":
            bridge.fell_apart(draft, item)
        case "leaving":
            draft.order(do.HangUp(item.leg.channel, polite=True))
        case _:
            waits.repeat(draft, item.leg.channel)


def _doctor_back(draft: Draft, item: DoctorLeg) -> None:
    if not draft.call.patient_back:
        draft.put(replace(item, back=True))
        return
    bridge.over(draft, item, by="system")
    doctor.ask_outcome(draft, draft.doctor(item.offer))
    talk.patient_is_free(draft)
