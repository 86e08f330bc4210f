"""PURE: after a restart or a broken line, a survey tells where every leg stands, and what was missed is made good."""

from __future__ import annotations

from datetime import timedelta

from ivr import commands as do
from ivr import events as ev
from ivr.consultation import bridge, endings, returns, third
from ivr.consultation.draft import Draft
from ivr.consultation.result import LOST
from ivr.moments import moved
from ivr.state import DoctorLeg

# Who stands in a talk all the same was to be fetched from it when the line or the controller was lost.
_OUT_OF_THE_TALK = ("aside", "wrap_up")


def surveyed(draft: Draft, event: ev.Surveyed) -> None:
    """Take the call up again."""
    for item in draft.call.doctors:
        if not item.gone:
            _doctor_seen(draft, draft.doctor(item.offer), event)
    _third_seen(draft, event)
    channel = draft.call.patient.channel
    if draft.call.patient_gone:
        return
    if draft.call.reach == "to_ring":
        _adopted(draft, event)
    elif channel not in event.present:
        _lost(draft, channel)
    elif channel in event.taken:
        endings.taken_back(draft)
    else:
        _adopted(draft, event)


def clock_set(draft: Draft, by: timedelta) -> None:
    """Whoever waits or talks has done so for as long as before; when the call came stays as it was written."""
    draft.write("clock.set", seconds=round(by.total_seconds(), 3))
    draft.call = moved(draft.call, by, but=frozenset({"arrived_at"}))
    if draft.call.wants_a_doctor:
        draft.order(do.FindDoctor())


def _adopted(draft: Draft, event: ev.Surveyed) -> None:
    draft.write("call.adopted")
    if draft.call.patient.channel in event.ours:
        _patient_stands_here(draft)
    elif draft.call.patient.channel in event.room and not draft.call.together:
        draft.order(do.TakeOut(draft.call.patient.channel))
    if draft.call.wants_a_doctor:
        draft.order(do.FindDoctor())


def _patient_stands_here(draft: Draft) -> None:
    patient = draft.call.patient
    if patient.hung_up_by_us:
        draft.order(do.HangUp(patient.channel))
    elif draft.call.reach == "ringing":
        returns.patient_ready(draft)
    elif patient.wait is not None:
        draft.order(do.Probe(patient.channel, patient.wait))
    elif patient.flow is not None and patient.flow.waiting == "bridge":
        returns.patient_ready(draft)


def _doctor_seen(draft: Draft, item: DoctorLeg, event: ev.Surveyed) -> None:
    channel = item.leg.channel
    if channel not in event.present:
        _lost(draft, channel)
    elif item.stage in ("accepted", "returning") and item.leg.wait is None:
        _bridge_in_doubt(draft, item, event)
    elif channel in event.bridged and item.stage in _OUT_OF_THE_TALK:
        draft.order(do.TakeOut(channel))
    elif item.stage == "joined" and channel in event.bridged - event.room:
        draft.order(do.Join(channel))
    elif item.leg.hung_up_by_us:
        # Also a phone that still rings, and a colleague who was to leave a private talk.
        draft.order(do.HangUp(channel, polite=channel in event.ours))
    elif channel in event.ours:
        _doctor_stands_here(draft, item)


def _bridge_in_doubt(draft: Draft, item: DoctorLeg, event: ev.Surveyed) -> None:
    partner = draft.partner if item.stage == "accepted" else draft.call.patient.channel
    if item.leg.channel in event.bridged and partner in event.bridged - event.room:
        bridge.made(draft, item.offer)
    elif item.leg.channel in event.bridged:
        draft.order(do.TakeOut(item.leg.channel))  # still in the private talk
    elif partner in event.ours:
        draft.order(do.BridgeLegs(item.offer, partner, item.leg.channel))


def _third_seen(draft: Draft, event: ev.Surveyed) -> None:
    third_leg = draft.call.third
    if third_leg is None or third_leg.gone:
        return
    if third_leg.leg.channel not in event.present:
        _lost(draft, third_leg.leg.channel)
    elif third_leg.leg.hung_up_by_us:
        draft.order(do.HangUp(third_leg.leg.channel))
    elif third_leg.leg.channel in event.ours:
        third.ready(draft)


def _doctor_stands_here(draft: Draft, item: DoctorLeg) -> None:
    if item.leg.wait is not None:
        draft.order(do.Probe(item.leg.channel, item.leg.wait))
    else:
        returns.leg_ready(draft, item.leg.channel)


def _lost(draft: Draft, channel: str) -> None:
    endings.leg_ended(draft, ev.LegEnded(draft.at, channel, 0, LOST))
