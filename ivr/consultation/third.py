"""PURE: *3, the ambulance is asked into a talk that goes on; as soon as it answers, all three talk."""

from __future__ import annotations

from config.frozen import replace
from ivr import commands as do
from ivr import events as ev
from ivr.causes import offer_result
from ivr.consultation import together
from ivr.consultation.draft import Draft
from ivr.state import DoctorLeg, Leg, Third

# What the doctor alone hears: it is being dialled; nobody came.
_DIALLED_BEEP, _NOBODY_BEEPS = "3", "999"

_STATUS = {"busy": "BUSY", "declined": "BUSY", "no_answer": "NOANSWER", "unreachable": "CHANUNAVAIL"}


def dial(draft: Draft, item: DoctorLeg) -> None:
    """Dial the line's ambulance once; patient and doctor go on talking meanwhile."""
    call = draft.call
    if call.third is not None and not call.third.gone:
        return
    channel = f"leg-third-{item.offer}-{0 if call.third is None else call.third.leg.seq + 1}"
    leg = Leg(channel, channel, seq=0 if call.third is None else call.third.leg.seq + 1)
    draft.call = replace(call, third=Third(leg, item.offer))
    draft.write("ambulance.dialled", number=call.ambulance_number, offer=item.offer)
    draft.write("leg.started", leg=leg.id, role="ambulance", channel=channel)
    draft.order(do.RingThird(channel, call.ambulance_number, call.caller), do.Signal(item.leg.channel, _DIALLED_BEEP))


def ready(draft: Draft) -> None:
    """The ambulance has answered: into the room with everybody."""
    third = draft.call.third
    assert third is not None
    if third.leg.hung_up_by_us or draft.call.patient_gone or not draft.call.in_talk:
        draft.order(do.HangUp(third.leg.channel))
        return
    if third.answered_at is None:
        draft.write("leg.answered", leg=third.leg.id)
        draft.write("ambulance.answered")
        draft.call = replace(draft.call, ambulance_reached=True, third=replace(third, answered_at=draft.at))
        if not draft.call.together:
            together.all_join(draft, draft.call.in_talk)
    draft.order(do.Join(third.leg.channel))


def ended(draft: Draft, event: ev.LegEnded) -> None:
    """The ambulance has hung up, or could not be reached."""
    third = draft.call.third
    assert third is not None
    if third.gone:
        return
    draft.call = replace(draft.call, third=replace(third, gone=True))
    draft.write("leg.ended", leg=third.leg.id, cause=event.cause, cause_text=event.cause_text)
    if third.answered_at is not None:
        seconds = round((draft.at - third.answered_at).total_seconds())
        draft.write("ambulance.ended", status="ANSWER", seconds=seconds)
        together.left_alone(draft)
        return
    status = "CANCEL" if third.leg.hung_up_by_us else _STATUS[offer_result(event.cause)]
    draft.write("ambulance.ended", status=status, seconds=0)
    for item in draft.call.in_talk:
        if item.offer == third.by:
            draft.order(do.Signal(item.leg.channel, _NOBODY_BEEPS))
