"""PURE: *1, a specialist is asked: the patient hears music, the doctor has one found, talks to them, and comes back.

The private talk ends in one of three ways: both doctors join the patient (*1), the first leaves the patient to the
specialist (*2), or the specialist goes (*9, or hangs up) and the first comes back alone.
"""

from __future__ import annotations

from datetime import timedelta

from config.frozen import replace
from flows import events as heard
from ivr import commands as do
from ivr.consultation import ambulance_first, doctor, holding, search, talk, together
from ivr.consultation.draft import Draft
from ivr.state import Aside, DoctorLeg, Level, Search
from prompts.phrases import category_phrase

# How long a specialist is looked for.
LONGEST_SEARCH = timedelta(seconds=60)
_PATIENT_HOLDS = ("talk.hold",)
# Shorter stretches of music than the patient's: the doctor's time-out is only looked at between two.
_DOCTORS_STRETCH = timedelta(seconds=8)


def begin(draft: Draft, item: DoctorLeg) -> None:
    """The talk is left for a while. Who is a specialist asks for a super-specialist."""
    if len(draft.call.in_talk) > 1 or draft.call.third_talks:
        return  # one colleague at a time, and nobody leaves the ambulance alone with the patient
    draft.write("call.unbridged", offer=item.offer, by="doctor")
    draft.put(replace(item, stage="aside"))
    draft.call = replace(draft.call, aside=Aside(item.offer, draft.at))
    _seek(draft, item, "super" if item.kind == "specialist" else "specialist")
    draft.order(do.TakeOut(item.leg.channel))
    if draft.call.together:
        draft.call = replace(draft.call, together=False)
        draft.order(do.TakeOut(draft.call.patient.channel))


def _seek(draft: Draft, item: DoctorLeg, level: Level) -> None:
    before = draft.call.search
    category, declined = (before.category, before.declined) if before is not None else ("general", ())
    declined = tuple(dict.fromkeys((*declined, item.doctor)))  # a no is final for this call, whatever is asked
    wanted = Search(category, draft.at, "transfer", declined=declined, level=level, kind="specialist")
    draft.call = replace(draft.call, search=wanted)
    draft.write("talk.specialist_sought", offer=item.offer, level=level, category=category)
    draft.order(do.FindDoctor())


def doctor_of(draft: Draft) -> DoctorLeg:
    """The doctor who has the patient."""
    assert draft.call.aside is not None
    return draft.doctor(draft.call.aside.by)


def _specialist(draft: Draft) -> DoctorLeg | None:
    by = doctor_of(draft).offer
    return next((item for item in draft.call.doctors if item.stage == "private" and item.offer != by), None)


# --- who waits --------------------------------------------------------------------------------------------------------


def patient_waits(draft: Draft) -> None:
    """The patient is out of the talk, or has heard something to its end."""
    holding.hold(draft, draft.call.patient, _PATIENT_HOLDS, draft.call.language)


def patient_heard(draft: Draft, event: heard.FlowEvent) -> None:
    """A sentence or a stretch of music is over, or a key was pressed: the ambulance is as near as everywhere."""
    ambulance_first.keyed(draft, event, _PATIENT_HOLDS)


def doctor_waits(draft: Draft, item: DoctorLeg) -> None:
    """The doctor is out of the talk and hears who is looked for."""
    holding.hold(draft, item.leg, _searching(draft), draft.rules.language)


def doctor_heard(draft: Draft, item: DoctorLeg, event: heard.FlowEvent) -> None:
    """A key, or the end of a sentence or of a stretch of music.

    The star before a key is answered by itself here; 1 asks for a super-specialist, 9 goes back to the patient.
    """
    aside, wanted = draft.call.aside, draft.call.search
    if aside is None or wanted is None or item.offer != aside.by:
        return
    key = event.digits if isinstance(event, heard.Keyed) else ""
    if key == "9":
        give_up(draft, "doctor", ())
    elif key == "1" and wanted.level == "specialist":
        search.stop(draft)
        _seek(draft, item, "super")
        doctor_waits(draft, item)
    elif draft.at - wanted.since >= LONGEST_SEARCH:
        give_up(draft, "time", ("talk.no_specialist",))
    else:
        holding.again(draft, item.leg, _searching(draft), draft.rules.language, _DOCTORS_STRETCH)


def _searching(draft: Draft) -> tuple[str, ...]:
    wanted = draft.call.search
    assert wanted is not None
    return (f"talk.{wanted.level}_search", *category_phrase(wanted.category))


def nobody_free(draft: Draft, reason: str) -> None:
    """Somebody busy may become free; who is not there, or has said no, will not come."""
    if reason != "all_busy" and doctor_of(draft).stage == "aside":
        give_up(draft, reason, ("talk.no_specialist",))


def give_up(draft: Draft, reason: str, say: tuple[str, ...]) -> None:
    """No specialist: the doctor comes back to the patient, and is told why before."""
    item = doctor_of(draft)
    draft.write("talk.specialist_none", offer=item.offer, reason=reason)
    search.stop(draft)
    _returns(draft, item, say)
    draft.order(do.TakeOut(item.leg.channel))


def _returns(draft: Draft, item: DoctorLeg, say: tuple[str, ...]) -> None:
    assert draft.call.aside is not None
    draft.call = replace(draft.call, aside=replace(draft.call.aside, say=say))
    draft.put(replace(item, stage="returning", back=False, leg=replace(item.leg, wait=None, music_on=False)))
    if item.back:
        returning(draft, draft.doctor(item.offer))


def returning(draft: Draft, item: DoctorLeg) -> None:
    """The doctor stands here on the way back to the patient: told first, then joined."""
    aside = draft.call.aside
    if aside is not None and aside.say:
        draft.call = replace(draft.call, aside=replace(aside, say=()))
        holding.tell(draft, item.leg, aside.say, draft.rules.language)
    else:
        draft.put(replace(item, leg=replace(item.leg, wait=None)))
        draft.order(do.BridgeLegs(item.offer, draft.call.patient.channel, item.leg.channel))


def could_not_return(draft: Draft, item: DoctorLeg) -> None:
    """Asterisk could not join doctor and patient again: the talk is over."""
    draft.put(replace(item, stage="wrap_up"))
    draft.order(do.TakeOut(item.leg.channel))
    draft.call = replace(draft.call, aside=None)
    if not draft.call.patient_gone:
        talk.patient_is_free(draft)


# --- the private talk -------------------------------------------------------------------------------------------------


def met(draft: Draft, specialist: DoctorLeg) -> None:
    """The two doctors talk; the patient still hears music."""
    for item in (doctor_of(draft), specialist):
        leg = replace(item.leg, wait=None, music_on=False)
        draft.put(replace(item, stage="private", bridged_at=item.bridged_at or draft.at, leg=leg))
    draft.write("offer.ended", offer=specialist.offer, result="accepted")
    draft.write("talk.private", offer=specialist.offer, doctor=specialist.doctor)
    search.end(draft)


def key(draft: Draft, item: DoctorLeg, pressed: str) -> None:
    """A doctor's key in the private talk."""
    if draft.call.aside is None or draft.call.patient_gone:
        if pressed == "9":
            _part(draft)
        return
    match pressed:
        case "1":
            together.all_join(draft, [one for one in draft.call.doctors if one.stage == "private"])
        case "2" if (specialist := _specialist(draft)) is not None:
            first = doctor_of(draft)
            leave_to(draft, specialist)
            draft.order(do.TakeOut(first.leg.channel))
        case "9":
            dismiss(draft, item)


def leave_to(draft: Draft, specialist: DoctorLeg) -> None:
    """The doctor who had the patient is out, whoever of the two wanted it so; the specialist goes to the patient."""
    first = doctor_of(draft)
    draft.write("talk.handed_over", offer=first.offer, to=specialist.offer)
    draft.put(replace(first, stage="wrap_up"))
    draft.call = replace(draft.call, aside=replace(draft.call.aside, by=specialist.offer))
    _returns(draft, specialist, ())


def dismiss(draft: Draft, by: DoctorLeg) -> None:
    """The specialist goes; the first doctor, back from the private talk, is joined with the patient."""
    specialist, first = _specialist(draft), doctor_of(draft)
    say = () if by.offer == first.offer else ("talk.specialist_left",)
    draft.write("talk.specialist_none", offer=first.offer, reason="over")
    _returns(draft, first, say)
    if specialist is not None:
        draft.put(replace(specialist, stage="leaving", leg=replace(specialist.leg, hung_up_by_us=True)))
        draft.order(do.HangUp(specialist.leg.channel))


def doctor_back(draft: Draft, item: DoctorLeg) -> None:
    """Back from the private talk before it is known why: the other doctor's hang-up tells in a moment."""
    other = next((one for one in draft.call.doctors if one.stage == "private" and one.offer != item.offer), None)
    draft.put(replace(item, back=True))
    if draft.call.aside is None:
        draft.put(replace(item, stage="wrap_up"))
        doctor.ask_outcome(draft, draft.doctor(item.offer))
    elif other is None or other.back:
        dismiss(draft, other or item)


def _part(draft: Draft) -> None:
    """The patient has left while two doctors talked: each is asked for the outcome, as after any talk."""
    for item in draft.call.doctors:
        if item.stage == "private":
            draft.put(replace(item, stage="wrap_up"))
            draft.order(do.TakeOut(item.leg.channel))


# --- somebody hangs up ------------------------------------------------------------------------------------------------


def patient_left(draft: Draft) -> None:
    """The search ends. Doctors who talk go on until one of them ends it; one who waits is asked for the outcome."""
    if draft.call.aside is None:
        return
    search.stop(draft)
    draft.call = replace(draft.call, aside=None)
    for item in draft.call.doctors:
        if item.gone or item.stage not in ("aside", "returning"):
            continue
        draft.put(replace(item, stage="wrap_up", leg=replace(item.leg, wait=None, music_on=False)))
        draft.order(do.TakeOut(item.leg.channel))


def doctor_left(draft: Draft, item: DoctorLeg) -> None:
    """One of the doctors has hung up; `item` is gone and its stage is not `private` any more."""
    if draft.call.aside is None:
        _part(draft)
        return
    first, specialist = doctor_of(draft), _specialist(draft)
    if item.offer != first.offer and first.stage == "private":
        draft.write("talk.specialist_none", offer=first.offer, reason="left")
        _returns(draft, first, ("talk.specialist_left",))
    elif item.offer == first.offer and specialist is not None:
        leave_to(draft, specialist)
    elif item.offer == first.offer:
        search.stop(draft)
        draft.put(replace(item, stage="wrap_up"))
        draft.call = replace(draft.call, aside=None)
        talk.patient_is_free(draft)
