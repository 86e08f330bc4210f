"""PURE: what a leg is asked to do. A wait begins under a number of its own, and is asked again where it was lost."""

from __future__ import annotations

from config.frozen import replace
from ivr import commands as do
from ivr import events as ev
from ivr.consultation.draft import Draft
from ivr.state import Leg, Wait


def begin(draft: Draft, leg: Leg, wait: Wait) -> Leg:
    """Have the leg do `wait` under its next number; returns the leg that does it."""
    wait = replace(wait, seq=leg.seq + 1)
    # Asterisk stops the music by itself when a prompt begins, so it only ever has to be started; after prompts the wait
    # does so itself.
    draft.order(do.Perform(leg.channel, wait, start_music=wait.music and not wait.prompts and not leg.music_on))
    return replace(leg, seq=wait.seq, wait=wait, music_on=wait.music)


def is_asked(draft: Draft, channel: str, seq: int) -> bool:
    """Whether `seq` is what the leg was asked last."""
    leg = draft.leg_on(channel)
    return leg is not None and leg.wait is not None and leg.wait.seq == seq


def repeat(draft: Draft, channel: str) -> None:
    """Ask again what was asked last: somebody stands there and hears nothing."""
    leg = draft.leg_on(channel)
    if leg is not None and leg.wait is not None:
        draft.put_leg(begin(draft, replace(leg, music_on=False), leg.wait))


def lost(draft: Draft, event: ev.WaitLost) -> None:
    """Nothing runs on the leg: the wait was lost with an earlier controller."""
    if draft.is_patient(event.channel) and draft.is_being_bridged:
        return
    if is_asked(draft, event.channel, event.seq):
        repeat(draft, event.channel)
