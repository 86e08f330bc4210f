"""PURE: key 5 after a talk: the patient who was cut off is rung again through the helpline, and the doctor waits.

Both numbers stay private, and the talk goes on in the same record. Should nobody answer, the doctor is asked for the
outcome once more.
"""

from __future__ import annotations

from config.frozen import replace
from ivr import commands as do
from ivr.consultation import outbound, reaching
from ivr.consultation.draft import Draft
from ivr.state import DoctorLeg

CALL_BACK = "call_back"  # the result of the disposition flow's key


def is_possible(draft: Draft) -> bool:
    """Whether the patient is gone and can be rung: once a talk, and nobody who was flagged.

    Nor a number abroad or one that costs, whoever it shows itself as: config.numbers.may_be_called_back has said so
    when the call came.
    """
    call, flow = draft.call, draft.call.patient.flow
    may_be_rung = call.caller is not None and flow is not None and flow.callback_possible
    return call.patient_gone and may_be_rung and not call.abused and not call.redialled


def begin(draft: Draft, item: DoctorLeg) -> None:
    draft.write("talk.dialled_back", offer=item.offer)
    draft.call = replace(draft.call, redialled=True, cut_off=False)
    outbound.ring_again(draft)
    reaching.wait_for_patient(draft, replace(item, leg=replace(item.leg, flow=None)))


def not_reached(draft: Draft, item: DoctorLeg) -> None:
    """The doctor, who hears music, is fetched and asked."""
    leg = replace(item.leg, wait=None, music_on=False)
    draft.put(replace(item, stage="wrap_up", leg=leg))
    draft.order(do.TakeOut(item.leg.channel))


def how_it_ended(draft: Draft) -> tuple[str, ...]:
    """What the doctor hears before being asked for the outcome."""
    if draft.call.left_for_ambulance:
        return ("disposition.ambulance",)
    if draft.call.redialled and not draft.call.agreed:
        return ("callback.not_reached",)
    return ("disposition.cut_off",) if draft.call.cut_off else ()
