"""PURE: a message is spoken by telephone: when it begins, that it was heard, and how a call without that has ended."""

from __future__ import annotations

from config.frozen import replace
from ivr import commands as do
from ivr import events as ev
from ivr.consultation import requests
from ivr.consultation.draft import Draft
from ivr.state import Call
from routing.spoken_agenda import Spoken

SPEAKING = "voice_message"  # the flow that speaks it
ASKING = "private_message"  # … and the one before it, where it is about a person
HEARD = "heard"  # what that flow concludes once the message was played to its end


def answered(draft: Draft) -> None:
    """Somebody or something has picked up: what anybody may hear is spoken at once."""
    if draft.call.message and not draft.call.then:
        begun(draft)


def begun(draft: Draft) -> None:
    """From here on it is spoken."""
    if draft.call.message:
        draft.call = replace(draft.call, reach="")
        draft.order(do.TellMessage(draft.call.message, "begun"))


def concluded(draft: Draft, result: str) -> None:
    if draft.call.message and result == HEARD and not draft.call.message_heard:
        draft.call = replace(draft.call, message_heard=True)
        draft.order(do.TellMessage(draft.call.message, "heard"))


def ended(draft: Draft, before: Call, end: ev.LegEnded) -> None:
    """The leg has ended; `before` is the call as it was until then."""
    if not before.message_heard:
        draft.order(do.TellMessage(before.message, _outcome_of(before, end)))


def _outcome_of(call: Call, end: ev.LegEnded) -> Spoken:
    if not call.reach:
        return "broken_off"
    if call.reach == "asked":
        return "unconfirmed"
    outcome = requests.outcome_of(call, end)
    return outcome if outcome in ("no_answer", "busy", "unreachable") else "lost"
