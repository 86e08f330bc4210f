"""PURE: a patient's phone is rung, and a doctor who has accepted waits for whoever presses 1 there."""

from __future__ import annotations

from config.frozen import replace
from ivr import commands as do
from ivr.consultation import dial_back, holding
from ivr.consultation.draft import Draft
from ivr.state import DoctorLeg

_RINGING = ("callback.ringing",)
_NOT_REACHED = ("callback.not_reached",)
_TO_AMBULANCE = ("disposition.ambulance",)


def ring(draft: Draft) -> None:
    """Ring the patient's phone, which becomes the patient's leg; its flow is the question, not begun yet."""
    call = draft.call
    if call.caller is None:
        return
    draft.call = replace(call, reach="ringing", rang=False, patient_gone=False)
    draft.write("leg.started", leg=call.patient.id, role="patient", channel=call.patient.channel)
    draft.order(do.RingPatient(call.patient.channel, call.caller))


def rings(draft: Draft) -> None:
    """The patient's phone has begun to ring: from now on the attempt is a try."""
    if draft.call.reach == "ringing" and not draft.call.rang:
        draft.call = replace(draft.call, rang=True)
        draft.write("callback.rang", request=draft.call.callback or draft.call.message)


def wait_for_patient(draft: Draft, item: DoctorLeg) -> None:
    """A doctor who has accepted hears that the patient is rung, and then music."""
    item = replace(item, stage="reaching", leg=replace(item.leg, wait=None))
    draft.put(item)
    if draft.call.reach == "to_ring":
        ring(draft)
    holding.hold(draft, item.leg, _RINGING, draft.rules.language)


def doctor_heard(draft: Draft, item: DoctorLeg) -> None:
    """What the doctor heard has ended: more music, or the end."""
    if item.stage == "dismissed":
        draft.put(replace(item, leg=replace(item.leg, wait=None, hung_up_by_us=True)))
        draft.order(do.HangUp(item.leg.channel))
    else:
        holding.again(draft, item.leg, _RINGING, draft.rules.language)


def doctor_waiting(draft: Draft) -> DoctorLeg | None:
    """The doctor who waits for the patient to be reached."""
    return next((item for item in draft.call.doctors if item.stage == "reaching" and not item.gone), None)


def join(draft: Draft, item: DoctorLeg) -> None:
    """The patient is there: they are joined at last."""
    draft.put(replace(item, stage="accepted", leg=replace(item.leg, wait=None, music_on=False)))
    draft.order(do.BridgeLegs(item.offer, draft.call.patient.channel, item.leg.channel))


def not_reached(draft: Draft, item: DoctorLeg) -> None:
    """The patient was not: the doctor is fetched away from the music, told, and free as soon as the phone is down."""
    if draft.call.redialled:
        dial_back.not_reached(draft, item)
        return
    draft.write("offer.ended", offer=item.offer, result="withdrawn", reason="not_reached")
    leg = replace(item.leg, wait=None, music_on=False)
    draft.put(replace(item, stage="dismissed", result="withdrawn", leg=leg))
    draft.order(do.TakeOut(item.leg.channel))


def tell_not_reached(draft: Draft, item: DoctorLeg) -> None:
    """The doctor stands here, away from the music."""
    said = _TO_AMBULANCE if draft.call.left_for_ambulance else _NOT_REACHED
    holding.tell(draft, item.leg, said, draft.rules.language)
