"""PURE: what any leg's flow may wish for, the patient's and the doctors' alike."""

from __future__ import annotations

from config.frozen import replace
from flows import commands as wish
from ivr import commands as do
from ivr.consultation import waits
from ivr.consultation.draft import Draft
from ivr.speaking import spoken
from ivr.state import Leg, Wait


def grant(draft: Draft, leg: Leg, wanted: wish.FlowCommand, language: str) -> Leg:
    """Order what the flow wishes, said in `language`; returns the leg with its new wait."""
    match wanted:
        case wish.Note(kind, data):
            draft.write(kind, **data)
        case wish.HangUp():
            draft.order(do.HangUp(leg.channel))
            return replace(leg, wait=None, hung_up_by_us=True)
        case wish.Ask() | wish.Play() | wish.RecordMessage() | wish.Serve():
            return waits.begin(draft, leg, _wait_for(draft, wanted, language))
    return leg


def _wait_for(draft: Draft, wanted: wish.Ask | wish.Play | wish.RecordMessage | wish.Serve, language: str) -> Wait:
    if isinstance(wanted, wish.Serve):
        return Wait(0, "service", service=wanted.service, arguments=dict(wanted.arguments))
    prompts = spoken(wanted.prompts, language, draft.rules.catalogues)
    match wanted:
        case wish.Ask(_, max_digits, seconds, music, passing):
            return Wait(0, "ask", prompts, max_digits, seconds, music, passing=passing)
        case wish.RecordMessage(_, seconds):
            return Wait(0, "record", prompts, seconds=seconds)
        case wish.Play():
            return Wait(0, "play", prompts)
