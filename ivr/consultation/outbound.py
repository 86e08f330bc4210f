"""PURE: a patient whom we call, and the question that only a person answers.

Nobody is joined with a patient's voicemail: the phone hears who calls and what for, and 1 is pressed, before anything
else happens. That key is also the explicit consent that is owed when the system calls (TPG 2020), on record as such.
Doctor first, a doctor has accepted before and hears music meanwhile; patient first, the search begins with the key.
"""

from __future__ import annotations

from config.frozen import replace
from flows import engine
from flows import events as heard
from ivr import commands as do
from ivr.consultation import message, patient, reaching, search
from ivr.consultation.draft import Draft
from ivr.state import Leg

CALLED_BACK = "called_back"  # the flow of the question
_KEPT_ANSWERS = ("category", "age", "age_unit", "line", "withheld")


def begun(draft: Draft) -> None:
    """Somebody is called back: a doctor has been found for it, or the phone rings at once."""
    patient.write_arrival(draft)
    wanted = draft.call.search
    if wanted is None:
        reaching.ring(draft)
    else:
        draft.write("seek.started", category=wanted.category, priority=wanted.priority, skills=list(wanted.skills))


def ring_again(draft: Draft) -> None:
    """Ring the patient of this call once more, on a new leg: one who was cut off in the middle of a talk.

    Whoever answers and presses 1 is joined with the doctor in the stage `reaching` (reaching.wait_for_patient), or
    waits for one.
    """
    call = draft.call
    answers = {"language": call.language}
    if call.patient.flow is not None:
        known = call.patient.flow.answers
        answers |= {name: known[name] for name in _KEPT_ANSWERS if name in known}
    leg_id = f"{call.patient.id}-again"
    flow = engine.begin(draft.rules.active[CALLED_BACK], answers=answers)
    draft.call = replace(call, patient=Leg(leg_id, leg_id, flow), agreed=False)
    reaching.ring(draft)


def answered(draft: Draft) -> None:
    """Somebody or something has picked up, and is asked."""
    reaching.rings(draft)
    call = draft.call = replace(draft.call, reach="asked")
    draft.write("leg.answered", leg=call.patient.id)
    if call.language != draft.rules.language:
        draft.order(do.SetLanguage(call.patient.channel, call.language))
    message.answered(draft)
    patient.walk(draft, heard.Started())


def called_off(draft: Draft) -> None:
    """The patient is not to be rung now after all, for example because they have called themselves."""
    if draft.call.reach != "to_ring" or draft.call.patient_gone:
        return
    draft.call = replace(draft.call, patient_gone=True)
    search.stop(draft)
    draft.write("call.ended", by="system", cause=0, cause_text="called off", result="withdrawn")
    draft.order(do.EndAttempt(draft.call.callback, "not_rung"))
