"""PURE: the doctor's keys during a talk, and what the end of one party's part means for the others.

*1 a specialist, *2 hand the patient over, *3 the ambulance joins, *7 the caller is abusive, *9 the talk is over.
"""

from __future__ import annotations

from datetime import timedelta

from config.frozen import replace
from flows import events as heard
from ivr import commands as do
from ivr import events as ev
from ivr.causes import was_cut_off
from ivr.consultation import ambulance_first, aside, bridge, holding, patient, third, together
from ivr.consultation.draft import Draft
from ivr.state import DoctorLeg, OfferKind, Search

# A doctor whose line broke is offered the patient before all others for so long.
SAME_DOCTOR_FIRST = timedelta(minutes=5)

# What the patient hears when the search begins anew.
_SOUGHT_AGAIN = {"handed_over": "talk.handed_over", "dial_back": "talk.doctor_cut_off"}


def key(draft: Draft, event: ev.DoctorKey) -> None:
    """A doctor has pressed the star and a key. One that means nothing does nothing."""
    item = draft.call.doctor_on(event.channel)
    if item is None or item.gone:
        return
    draft.write("talk.key", offer=item.offer, key=event.key)
    if item.stage == "private":
        aside.key(draft, item, event.key)
    elif item.stage in ("bridged", "joined"):
        _in_talk(draft, item, event.key)
    elif item.stage == "wrap_up" and event.key == "9" and item.leg.wait is None:
        draft.order(do.TakeOut(item.leg.channel))  # asked for before, and still in the talk


def _in_talk(draft: Draft, item: DoctorLeg, pressed: str) -> None:
    match pressed:
        case "1":
            aside.begin(draft, item)
        case "2":
            hand_over(draft, item)
        case "3":
            third.dial(draft, item)
        case "7":
            flag(draft, item)
        case "9":
            leave(draft, item)


def leave(draft: Draft, item: DoctorLeg) -> None:
    """*9: the doctor is done and goes on to the outcome; others in the talk go on."""
    if item.stage == "joined":
        together.doctor_leaves(draft, item, "doctor")
    else:
        bridge.over(draft, item, by="doctor")
    draft.order(do.TakeOut(item.leg.channel))


def hand_over(draft: Draft, item: DoctorLeg) -> None:
    """*2: the patient goes to another doctor; with a colleague or the ambulance in the talk already, they stay."""
    alone = len(draft.call.in_talk) == 1 and not draft.call.third_talks
    draft.write("talk.handed_over", offer=item.offer)
    if alone:
        _seek_again(draft, item, "handed_over", frozenset({item.doctor}))
    leave(draft, item)
    if alone:
        draft.order(do.FindDoctor())


def _seek_again(draft: Draft, item: DoctorLeg, kind: OfferKind, without: frozenset[str] = frozenset()) -> None:
    before = draft.call.search
    category, skills = (before.category, before.skills) if before is not None else ("general", ())
    declined = (*before.declined, *without) if before is not None else tuple(without)
    wanted = Search(category, draft.at, "transfer", skills, declined, kind=kind)
    if kind == "dial_back":
        until = draft.at + SAME_DOCTOR_FIRST
        wanted = replace(wanted, preferred=item.doctor, preferred_until=until)
    draft.call = replace(draft.call, search=wanted)


def flag(draft: Draft, item: DoctorLeg) -> None:
    """*7: the caller is abusive: a strike, and the call is over for the patient."""
    draft.write("talk.flagged", offer=item.offer, doctor=item.doctor)
    draft.call = replace(draft.call, abused=True)
    if draft.call.caller is not None:
        draft.order(do.Strike(draft.call.caller, item.doctor))
    was_together = draft.call.together
    for one in draft.call.in_talk:
        leave(draft, one)
    if was_together and draft.call.together:  # the ambulance is still in it
        draft.order(do.TakeOut(draft.call.patient.channel))
        draft.call = replace(draft.call, together=False)
    let_third_go(draft)


def notice(draft: Draft) -> None:
    """The patient stands here and hears that the doctor has ended the call; then the line is closed."""
    leg = draft.call.patient
    if leg.flow is None or leg.flow.ended:
        return
    leg = replace(leg, flow=replace(leg.flow, waiting="ended"), wait=None, music_on=False)
    holding.tell(draft, leg, ("abuse.notice",), draft.call.language)


def notice_heard(draft: Draft) -> None:
    draft.put_leg(replace(draft.call.patient, wait=None, hung_up_by_us=True))
    draft.order(do.HangUp(draft.call.patient.channel))


def let_third_go(draft: Draft) -> None:
    if draft.call.third is not None and not draft.call.third.gone:
        leg = replace(draft.call.third.leg, hung_up_by_us=True)
        draft.call = replace(draft.call, third=replace(draft.call.third, leg=leg))
        draft.order(do.HangUp(leg.channel))


# --- after the talk ---------------------------------------------------------------------------------------------------


def patient_is_free(draft: Draft) -> None:
    """The patient stands here after a talk, or will in a moment: on to another doctor, or to the end of the flow."""
    search = draft.call.search
    if ambulance_first.instead_of_the_third(draft):
        return
    if search is not None and draft.call.is_searching and search.kind in _SOUGHT_AGAIN:
        patient.walk(draft, heard.SoughtAgain((_SOUGHT_AGAIN[search.kind],)))
    else:
        patient.walk(draft, heard.BridgeEnded())


def doctor_was_lost(draft: Draft, item: DoctorLeg, event: ev.LegEnded) -> None:
    """A doctor has left the talk; where the line broke, the patient waits for the same one."""
    if draft.call.patient_gone or not was_cut_off(event.cause):
        return
    draft.write("talk.cut_off", offer=item.offer, who="doctor")
    _seek_again(draft, item, "dial_back")
    # Not owed an outcome: the talk goes on as soon as the phone can be rung again.
    draft.put(replace(item, stage="leaving"))
    draft.order(do.FindDoctor())
