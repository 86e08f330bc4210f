"""PURE: the door: which part of this package an event concerns."""

from __future__ import annotations

from ivr import commands as do
from ivr import events as ev
from ivr.consultation import (
    answers,
    bridge,
    endings,
    offers,
    outbound,
    patient,
    reaching,
    restart,
    returns,
    talk,
    transfer,
    waits,
)
from ivr.consultation.draft import Draft
from ivr.consultation.rules import Rules
from ivr.state import Call

Decision = tuple[Call, list[do.Command]]


def decide(call: Call, event: ev.Event, rules: Rules) -> Decision:
    """The next state of `call`, and what to do, in order."""
    draft = Draft(call, event.at, rules)
    _take(draft, event)
    endings.finish_if_over(draft)
    return draft.call, draft.commands


def _take(draft: Draft, event: ev.Event) -> None:
    match event:
        case ev.PatientArrived():
            patient.arrived(draft)
        case ev.CallbackBegun():
            outbound.begun(draft)
        case ev.CalledOff():
            outbound.called_off(draft)
        case ev.KeysCollected():
            answers.keys(draft, event)
        case ev.PlaybackEnded():
            answers.played(draft, event)
        case ev.MessageRecorded():
            answers.recorded(draft, event)
        case ev.ServiceAnswered():
            answers.served(draft, event)
        case ev.DialAnswered():
            transfer.answered(draft)
        case ev.DialEnded():
            answers.dialled(draft, event)
        case ev.WaitLost():
            waits.lost(draft, event)
        case ev.NobodyFree(reason=reason):
            patient.nobody_free(draft, reason)
        case ev.DoctorClaimed():
            offers.claimed(draft, event)
        case ev.LegRinging(channel=channel) if draft.is_patient(channel):
            reaching.rings(draft)
        case ev.LegRinging(channel=channel):
            offers.rings(draft, channel)
        case ev.DoctorKey():
            talk.key(draft, event)
        case ev.LegReady(channel=channel):
            returns.leg_ready(draft, channel)
        case ev.LegEnded():
            endings.leg_ended(draft, event)
        case ev.TakenBack():
            endings.taken_back(draft)
        case ev.BridgeMade(offer=offer):
            bridge.made(draft, offer)
        case ev.BridgeFailed(offer=offer):
            bridge.failed(draft, offer)
        case ev.ClockSet(by=by):
            restart.clock_set(draft, by)
        case ev.Surveyed():
            restart.surveyed(draft, event)
