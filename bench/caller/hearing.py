"""PURE: from a caller's recording and keys to the table of nodes: what was said at each, and how long it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from phones.ears import RATE, Samples, first_sound, silences

# Shorter pauses are between the words of a sentence that still goes on behind the key.
_GAP_SECONDS = 0.06


@dataclass(frozen=True)
class Pressed:
    """A step's keys: when the first began and the last ended, in seconds since the answer."""

    node: str
    keys: str
    began: float
    ended: float


@dataclass(frozen=True)
class Row:
    """What happened at a node: `words` as heard (a prompt cut short counts in part), `seconds` from the key before it
    to the end of its own, `total` since the answer, `sound_after` the silence before its first word."""

    node: str
    keys: str
    prompts: tuple[str, ...]
    words: float
    seconds: float
    total: float
    sound_after: float


def next_question(sound: Samples, after: float) -> float | None:
    """When a question began, that comes after the key which ended at `after`; None: not yet."""
    if after <= 0:
        return first_sound(sound)
    rest = sound[round(after * RATE) :]
    for start, seconds in silences(rest):
        end = start + seconds
        if seconds >= _GAP_SECONDS and end * RATE < len(rest) - RATE // 50:
            return after + end
    return None


def word_count(text: str) -> int:
    """Words as people count them; a lone sign is none."""
    return sum(any(sign.isalnum() for sign in word) for word in text.split())


def rows(
    pressed: Sequence[Pressed],
    heard: Sequence[Sequence[tuple[float, str]]],
    sound: Samples,
    texts: Mapping[str, str],
    lengths: Mapping[str, float],
) -> list[Row]:
    """The table. `heard` are the prompts recognised at each step, as (begin in seconds since the answer, id)."""
    found = []
    before = 0.0
    for step, prompts in zip(pressed, heard, strict=True):
        words = sum(
            word_count(texts.get(name, "")) * min(1.0, (step.began - begin) / lengths[name]) for begin, name in prompts
        )
        starts = next_question(sound, before)
        found.append(
            Row(
                step.node,
                step.keys,
                tuple(name for _, name in prompts),
                words,
                step.ended - before,
                step.ended,
                (step.began if starts is None else min(starts, step.began)) - before,
            )
        )
        before = step.ended
    return found
