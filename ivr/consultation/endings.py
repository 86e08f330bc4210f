"""PURE: a leg has ended, or the dialplan has taken the patient back."""

from __future__ import annotations

from config.frozen import replace
from ivr import commands as do
from ivr import events as ev
from ivr.causes import by_network, offer_result, was_cut_off
from ivr.consultation import (
    aside,
    bridge,
    doctor,
    message,
    offers,
    reaching,
    requests,
    search,
    talk,
    third,
    together,
    waits,
)
from ivr.consultation.draft import Draft
from ivr.consultation.result import LOST, result_of
from ivr.state import DoctorLeg, Leg


def leg_ended(draft: Draft, event: ev.LegEnded) -> None:
    """Somebody has hung up, or was lost."""
    third_leg = draft.call.third
    if third_leg is not None and event.channel == third_leg.leg.channel:
        third.ended(draft, event)
    elif draft.is_patient(event.channel):
        if not draft.call.patient_gone:
            _patient_left(draft, event)
    elif (item := draft.call.doctor_on(event.channel)) is not None and not item.gone:
        _doctor_left(draft, item, event)


def _doctor_left(draft: Draft, item: DoctorLeg, event: ev.LegEnded) -> None:
    _write_end(draft, item.leg, event)
    item = replace(item, gone=True, leg=replace(item.leg, wait=None))
    draft.put(item)
    match item.stage:
        case "ringing":
            # One that was lost with the line to Asterisk says nothing about the doctor.
            result = "lost" if event.cause_text == LOST else offer_result(event.cause)
            offers.failed(draft, item, result, event.cause)
        case "offered":
            # Heard the offer and hung up: that is a no, and a no is final for this call.
            offers.failed(draft, item, "declined", event.cause)
        case "reaching" if draft.call.redialled:
            draft.put(replace(item, stage="wrap_up"))
        case "reaching":
            offers.failed(draft, item, "lost", event.cause)
        case "accepted":
            offers.failed(draft, item, "lost", event.cause)
            waits.repeat(draft, draft.call.patient.channel)
        case "bridged":
            _left_a_talk_of_two(draft, item, event)
        case "joined":
            together.doctor_leaves(draft, item, "doctor")
        case "aside" | "private" | "returning":
            draft.put(replace(item, stage="leaving" if item.stage == "private" else "wrap_up"))
            aside.doctor_left(draft, draft.doctor(item.offer))
    doctor.let_go(draft, draft.doctor(item.offer))


def _left_a_talk_of_two(draft: Draft, item: DoctorLeg, event: ev.LegEnded) -> None:
    bridge.over(draft, item, by="doctor")
    talk.doctor_was_lost(draft, draft.doctor(item.offer), event)
    if draft.call.patient_back:
        draft.call = replace(draft.call, patient_back=False)
        talk.patient_is_free(draft)


def _patient_left(draft: Draft, event: ev.LegEnded) -> None:
    before, leg, result = draft.call, draft.call.patient, result_of(draft.call, event)
    cut_off = was_cut_off(event.cause)
    draft.call = replace(draft.call, patient_gone=True, cut_off=cut_off, patient=replace(leg, wait=None))
    _leave_the_doctor(draft)
    _write_end(draft, leg, event)
    by = "system" if leg.hung_up_by_us else "network" if by_network(event.cause) else "patient"
    draft.write("call.ended", by=by, cause=event.cause, cause_text=event.cause_text, result=result)
    if before.message:
        message.ended(draft, before, event)
    else:
        requests.ended(draft, before, event)


def _leave_the_doctor(draft: Draft) -> None:
    """What the patient's end means for whoever was sought, offered or talking."""
    offer = draft.call.offer
    together.patient_left(draft)
    aside.patient_left(draft)
    if offer is not None and offer.stage == "bridged":
        bridge.over(draft, offer, by="patient")
        if offer.back:
            doctor.ask_outcome(draft, draft.doctor(offer.offer))
    elif offer is not None and offer.stage == "accepted":
        offers.withdraw(draft, offer)
    elif offer is not None and offer.stage == "reaching":
        search.end(draft)
        reaching.not_reached(draft, offer)
    elif draft.call.is_searching:
        search.stop(draft)


def _write_end(draft: Draft, leg: Leg, event: ev.LegEnded) -> None:
    draft.write("leg.ended", leg=leg.id, cause=event.cause, cause_text=event.cause_text)


def taken_back(draft: Draft) -> None:
    """We were hung or away for too long; the duty doctor may have the patient by now. Nothing more is done here."""
    leg = draft.call.patient
    if draft.call.patient_gone or leg.flow is None:
        return
    draft.put_leg(replace(leg, wait=None, music_on=False, flow=replace(leg.flow, waiting="ended")))
    search.stop(draft)
    if (offer := draft.call.offer) is not None and offer.stage == "accepted":
        offers.withdraw(draft, offer)
    draft.order(do.LetBe(leg.channel))


def finish_if_over(draft: Draft) -> None:
    """When every leg has ended, the call is over."""
    call = draft.call
    doctors_gone = all(item.gone for item in call.doctors)
    third_gone = call.third is None or call.third.gone
    if call.patient_gone and doctors_gone and third_gone and not call.over:
        draft.call = replace(call, over=True)
        draft.order(do.Finish())
