"""PURE: somebody in a talk is kept waiting for it to go on: a sentence, then music, again and again, never silence."""

from __future__ import annotations

from datetime import timedelta

from ivr.consultation import waits
from ivr.consultation.draft import Draft
from ivr.speaking import spoken
from ivr.state import Leg, Wait

# The music between two sentences; a key interrupts it.
STRETCH = timedelta(seconds=15)
# After a sentence, in which a late key still counts.
_AFTER_SENTENCE_SECONDS = 0.4


def hold(draft: Draft, leg: Leg, prompts: tuple[str, ...], language: str) -> None:
    """The sentence, and then the music; `again` goes on when either has ended."""
    said = spoken(prompts, language, draft.rules.catalogues)
    draft.put_leg(waits.begin(draft, leg, Wait(0, "ask", said, 1, _AFTER_SENTENCE_SECONDS)))


def again(draft: Draft, leg: Leg, prompts: tuple[str, ...], language: str, stretch: timedelta = STRETCH) -> None:
    """What comes after what has just ended: music after the sentence, the sentence after the music."""
    if leg.wait is not None and leg.wait.music:
        hold(draft, leg, prompts, language)
    else:
        draft.put_leg(waits.begin(draft, leg, Wait(0, "ask", (), 1, stretch.total_seconds(), music=True)))


def tell(draft: Draft, leg: Leg, prompts: tuple[str, ...], language: str) -> None:
    """Something to be heard to its end; the answer is PlaybackEnded."""
    draft.put_leg(waits.begin(draft, leg, Wait(0, "play", spoken(prompts, language, draft.rules.catalogues))))
