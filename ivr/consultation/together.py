"""PURE: three in one talk: patient, doctor, and a specialist or the ambulance, in a room that anybody may leave."""

from __future__ import annotations

from collections.abc import Sequence

from config.frozen import replace
from ivr import commands as do
from ivr.consultation import talk
from ivr.consultation.draft import Draft
from ivr.state import DoctorLeg


def all_join(draft: Draft, doctors: Sequence[DoctorLeg]) -> None:
    """These doctors talk with the patient from now on, and whoever else is in the talk.

    A leg that is in a bridge of two with another is not fetched by itself: it is back here as soon as the other has
    gone, and is sent after it (returns.py). The patient, who hears music, is sent at once.
    """
    waits = draft.call.aside is not None
    draft.call = replace(draft.call, together=True, aside=None, patient_back=False)
    for item in doctors:
        draft.put(replace(item, stage="joined", back=False, leg=replace(item.leg, wait=None, music_on=False)))
        if item.stage != "bridged":
            draft.write("call.bridged", offer=item.offer, doctor=item.doctor)
    draft.write("talk.joined", offers=[item.offer for item in doctors])
    draft.order(do.Join(doctors[0].leg.channel))
    if waits:
        patient_joins(draft)


def patient_joins(draft: Draft) -> None:
    draft.put_leg(replace(draft.call.patient, wait=None, music_on=False))
    draft.order(do.Join(draft.call.patient.channel))


def doctor_leaves(draft: Draft, item: DoctorLeg, by: str) -> None:
    """One doctor is out, the others go on; a patient who would be alone in the room is fetched."""
    draft.put(replace(item, stage="wrap_up"))
    draft.write("call.unbridged", offer=item.offer, by=by)
    left_alone(draft)


def left_alone(draft: Draft) -> None:
    """Fetch whoever is alone in the room, if anybody is."""
    call = draft.call
    if not call.together or call.third_talks or call.in_talk:
        return
    draft.call = replace(call, together=False)
    if not call.patient_gone:
        draft.order(do.TakeOut(call.patient.channel))


def patient_left(draft: Draft) -> None:
    """The patient has hung up: the doctors are asked for the outcome, the ambulance is let go."""
    for item in draft.call.in_talk:
        if item.stage == "joined":
            draft.put(replace(item, stage="wrap_up"))
            draft.write("call.unbridged", offer=item.offer, by="patient")
            draft.order(do.TakeOut(item.leg.channel))
    draft.call = replace(draft.call, together=False)
    talk.let_third_go(draft)
