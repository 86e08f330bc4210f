"""PURE: whoever is kept waiting in a talk reaches the ambulance by 8, as in every menu; the doctor is told and let go.

The patient's own menus wait for the talk to end: they are led back to where a doctor is sought, and 8 is pressed there.
"""

from __future__ import annotations

from config.frozen import replace
from flows import commands as wish
from flows import engine
from flows import events as heard
from ivr import commands as do
from ivr.consultation import holding, offers, patient, reaching, search, talk, waits, wishes
from ivr.consultation.draft import Draft
from ivr.speaking import spoken
from ivr.state import Wait

_KEY, _AGAIN = "8", ("1", "8")
_CONFIRM = ("ambulance.confirm", "ambulance.decline")
_CONFIRM_SECONDS = 4.0
_TARGET = "ambulance"


def keyed(draft: Draft, event: heard.FlowEvent, hold: tuple[str, ...]) -> None:
    """What a patient who hears music has pressed: 8 is asked about once, and silence means yes, as in the menus."""
    leg, pressed = draft.call.patient, event.digits if isinstance(event, heard.Keyed) else ""
    asked = leg.wait is not None and leg.wait.target == _TARGET
    if asked and (pressed in _AGAIN or not pressed) and not _is_on_the_way_back(draft):
        _go(draft)
    elif pressed == _KEY and _has_the_key(draft):
        said = spoken(_CONFIRM, draft.call.language, draft.rules.catalogues)
        draft.put_leg(waits.begin(draft, leg, Wait(0, "ask", said, 1, _CONFIRM_SECONDS, target=_TARGET)))
    else:
        holding.again(draft, leg, hold, draft.call.language)


def _is_on_the_way_back(draft: Draft) -> bool:
    """The doctor is being joined with the patient at this moment."""
    return any(item.stage == "returning" and item.leg.wait is None and not item.gone for item in draft.call.doctors)


def _go(draft: Draft) -> None:
    assert draft.call.aside is not None
    draft.write("talk.left_for_ambulance", offer=draft.call.aside.by)
    search.stop(draft)
    draft.call = replace(draft.call, aside=None, left_for_ambulance=True)
    for item in draft.call.doctors:
        if item.gone:
            continue
        if item.stage == "accepted":
            offers.withdraw(draft, item)
        elif item.stage in ("aside", "returning", "private"):
            leg = replace(item.leg, wait=None, music_on=False)
            draft.put(replace(item, stage="wrap_up", back=False, leg=leg))
            draft.order(do.TakeOut(item.leg.channel))
    _into_the_menus(draft)


def instead_of_the_third(draft: Draft) -> bool:
    """The doctor has left before the ambulance of *3 has answered: it is dialled for the patient alone, if it is so."""
    third = draft.call.third
    if third is None or third.gone or third.leg.hung_up_by_us or third.answered_at is not None:
        return False
    talk.let_third_go(draft)
    if not _has_the_key(draft):
        return False
    search.stop(draft)
    _into_the_menus(draft)
    return True


def _has_the_key(draft: Draft) -> bool:
    """Whether 8 is the ambulance in the patient's flow: in a department's own it may be missing."""
    leg = draft.call.patient
    return leg.flow is not None and _KEY in draft.rules.flow_of(leg).everywhere


def _into_the_menus(draft: Draft) -> None:
    """8 to be asked, and 8 to confirm; nothing of what the flow would say on the way is said."""
    for event in (heard.SoughtAgain(()), heard.Keyed(_KEY)):
        leg = draft.call.patient
        assert leg.flow is not None
        step = engine.step(draft.rules.flow_of(leg), leg.flow, event)
        draft.put_leg(replace(leg, flow=step.state, wait=None, music_on=False))
        for wanted in step.commands:
            if isinstance(wanted, wish.Note):
                wishes.grant(draft, draft.call.patient, wanted, draft.call.language)
    patient.walk(draft, heard.Keyed(_KEY))


def dialled(draft: Draft) -> None:
    """The ambulance is dialled for somebody whom we have called: no doctor waits for them, or is sought, any longer."""
    if draft.call.reach != "asked":
        return
    draft.call = replace(draft.call, reach="", agreed=True, left_for_ambulance=True)
    search.stop(draft)
    if (waiting := reaching.doctor_waiting(draft)) is not None:
        reaching.not_reached(draft, waiting)
